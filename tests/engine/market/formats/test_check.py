"""One set of checks: what of a row is read, and which rows are left out."""

import struct
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import ImportRefused
from engine.core.money import from_float
from engine.domain.ports import ChainUpdate
from engine.market.duck import connect
from engine.market.formats.check import _MACROS as CHECK_MACROS
from engine.market.formats.layout import _MACROS
from engine.market.history import HistoryStore
from engine.market.importer import ImportReport, import_files

AT = datetime(2026, 3, 16, 19, 55, 34, tzinfo=UTC)
HEADER = (
    "snapshot_et", "ticker", "expiration", "type", "strike", "bid", "ask", "lastPrice", "volume", "openInterest",
    "spot_price",
)  # fmt: skip
Row = tuple[object, ...]
MakeRow = Callable[..., Row]
Write = Callable[..., Path]


def bring_in(path: Path, history: HistoryStore) -> ImportReport:
    (report,) = import_files([path], history, lambda _: None)
    return report


def only_quote(update: ChainUpdate) -> tuple[int | None, int | None]:
    assert update.key.size == 1
    return from_float(update.bid[0].item()), from_float(update.ask[0].item())


def test_a_price_stored_as_a_32_bit_float_is_exactly_what_was_quoted(
    write_parquet: Write, row: MakeRow, history: HistoryStore
) -> None:
    bring_in(write_parquet([row(bid=2.13, ask=5000.15, spot_price=599.9605, strike=662.5)]), history)
    update = history.read("SPY", AT)
    assert only_quote(update) == (21_300, 50_001_500)
    assert update.spot == 599.9605
    assert int(update.key[0]) & 0xFFFFFFFF == 6_625_000


def test_a_price_widened_from_a_32_bit_float_is_still_exact(
    write_parquet: Write, row: MakeRow, history: HistoryStore
) -> None:
    widened = struct.unpack("f", struct.pack("f", 2.13))[0]
    bring_in(write_parquet([row(bid=widened)], bid="DOUBLE"), history)
    assert only_quote(history.read("SPY", AT))[0] == 21_300


@settings(max_examples=20)
@given(st.lists(st.integers(0, 9_999_99), min_size=1, max_size=200))
def test_every_price_in_cents_survives_every_number_type(prices: list[int]) -> None:
    with connect() as connection:
        connection.execute(_MACROS + CHECK_MACROS)
        connection.execute("create table quoted (float float, double double, decimal decimal(12, 3), text varchar)")
        texts = [f"{cents // 100}.{cents % 100:02d}" for cents in prices]
        connection.execute("insert into quoted select t, t, t, t from (select unnest(?::varchar[]) as t)", [texts])
        read = connection.execute(
            "select units(cell(float)), units(cell(double)), units(cell(decimal)), units(cell(text)) from quoted"
        )
        assert read.fetchall() == [(cents * 100,) * 4 for cents in prices]


def test_a_missing_bid_stays_missing_and_a_zero_bid_stays_zero(
    write_parquet: Write, row: MakeRow, history: HistoryStore
) -> None:
    nothing = [row(strike=strike, bid=bid) for strike, bid in ((600, None), (610, float("nan")), (620, 0.0))]
    report = bring_in(write_parquet(nothing), history)
    assert (report.rows_kept, report.rejected) == (3, {})
    bid = history.read("SPY", AT).bid
    assert np.isnan(bid[:2]).all()
    assert bid[2] == 0.0


def test_a_crossed_quote_is_kept_for_the_gate_to_judge(write_csv: Write, row: MakeRow, history: HistoryStore) -> None:
    bring_in(write_csv([row(bid=3, ask=2)]), history)
    assert only_quote(history.read("SPY", AT)) == (30_000, 20_000)


ABSURD = ("1e10", "1e12", "123456789012", "99999999999999.9", "1e17", "-1e12", "1e400")


@pytest.mark.parametrize("column", ["bid", "ask", "strike", "volume", "openInterest", "spot_price"])
def test_a_figure_of_absurd_size_costs_its_row_and_not_the_file(
    write_csv: Write, row: MakeRow, history: HistoryStore, column: str
) -> None:
    absurd = [row(**{"strike": 700 + number, column: figure}) for number, figure in enumerate(ABSURD)]
    report = bring_in(write_csv([*absurd, row(strike=610)]), history)
    assert (report.rows_kept, sum(report.rejected.values())) == (1, len(ABSURD))
    assert [key & 0xFFFFFFFF for key in history.read("SPY", AT).key.tolist()] == [6_100_000]


def test_spellings_of_nothing_in_a_csv_are_missing_values(
    write_csv: Write, row: MakeRow, history: HistoryStore
) -> None:
    spellings = ("", "NaN", "None", "null", "<NA>")
    rows = [row(strike=610 + number, bid=said, volume=said, openInterest=said) for number, said in enumerate(spellings)]
    assert bring_in(write_csv([row(), *rows]), history).rejected == {}
    update = history.read("SPY", AT)
    assert np.isnan([update.bid[1:], update.volume[1:], update.open_interest[1:]]).all()
    assert update.bid.size == 1 + len(spellings)
    assert (update.volume[0], update.open_interest[0]) == (12.0, 340.0)


BAD_ROWS: tuple[tuple[dict[str, object], str], ...] = (
    ({"snapshot_et": ""}, "no quote time"),
    ({"snapshot_et": "yesterday"}, "no quote time"),
    ({"ticker": ""}, "no symbol"),
    ({"ticker": "../SPY"}, "no symbol"),
    ({"expiration": ""}, "no expiration"),
    ({"expiration": "2026-02-30"}, "no expiration"),
    ({"expiration": "infinity"}, "no expiration"),
    ({"type": "future"}, "neither call nor put"),
    ({"strike": ""}, "no strike"),
    ({"strike": 0}, "no strike"),
    ({"strike": -600}, "no strike"),
    ({"strike": "inf"}, "no strike"),
    ({"strike": 429_496.7296}, "no strike"),
    ({"expiration": "2026-03-15"}, "expired before the quote"),
    ({"spot_price": ""}, "no underlying price"),
    ({"spot_price": 0}, "no underlying price"),
    ({"bid": -0.01}, "negative price"),
    ({"ask": -1}, "negative price"),
    ({"bid": "inf"}, "price is not a number"),
    ({"ask": "two"}, "price is not a number"),
    ({"ask": 1_000_000.01}, "price is not a number"),
    ({"volume": -1}, "volume or open interest is not a count"),
    ({"volume": 1.5}, "volume or open interest is not a count"),
    ({"openInterest": "many"}, "volume or open interest is not a count"),
)


def test_a_bad_row_is_counted_by_reason_and_shown_and_its_neighbours_are_kept(
    write_csv: Write, row: MakeRow, history: HistoryStore
) -> None:
    rows: list[Row] = []
    for number, (changes, _) in enumerate(BAD_ROWS):
        rows += [row(strike=700 + number), row(**changes)]
    report = bring_in(write_csv(rows), history)
    assert report.rejected == Counter(reason for _, reason in BAD_ROWS)
    assert (report.rows_read, report.rows_kept) == (len(rows), len(BAD_ROWS))
    for reason, example in report.examples.items():
        first = next(number for number, (_, why) in enumerate(BAD_ROWS) if why == reason)
        assert example.startswith(f"row {2 * first + 2}: ")
    strikes = {key & 0xFFFFFFFF for key in history.read("SPY", AT).key.tolist()}
    assert strikes == {(700 + number) * 10_000 for number in range(len(BAD_ROWS))}


def test_rows_at_the_edge_of_what_is_possible_are_kept(write_csv: Write, row: MakeRow, history: HistoryStore) -> None:
    edges: tuple[dict[str, object], ...] = (
        {"expiration": "2026-03-16"},
        {"strike": 429_496.7295},
        {"ask": 1_000_000},
        {"strike": 0.0001},
        {"ticker": "^SPX"},
        {"ticker": "BRK-B"},
        {"ticker": " qqq "},
        {"type": "C"},
    )
    report = bring_in(write_csv([row(**changes) for changes in edges]), history)
    assert (report.rows_kept, report.rejected) == (len(edges), {})
    assert report.symbols == history.symbols == ("BRK-B", "QQQ", "SPX", "SPY")


def test_a_quote_late_in_the_evening_belongs_to_that_new_york_day(
    write_csv: Write, row: MakeRow, history: HistoryStore
) -> None:
    evening = row(snapshot_et="2026-03-17T00:30:00+00:00", expiration="2026-03-16")
    assert bring_in(write_csv([evening]), history).rejected == {}


def test_an_adjusted_contract_is_not_taken_for_the_standard_one(
    write_csv: Write, row: MakeRow, history: HistoryStore
) -> None:
    header = (*HEADER, "contractSize")
    rows = [(*row(), "REGULAR"), (*row(strike=610), "ADJUSTED"), (*row(strike=620), "")]
    report = bring_in(write_csv(rows, header=header), history)
    assert (report.rows_kept, report.rejected) == (2, {"adjusted contract": 1})


def test_a_repeated_row_counts_once_and_contradicting_rows_not_at_all(
    write_csv: Write, row: MakeRow, history: HistoryStore
) -> None:
    rows = [row(), row(), row(strike=610, bid=1), row(strike=610, bid=1.01), row(strike=620)]
    report = bring_in(write_csv(rows), history)
    assert report.rows_kept == 2
    assert report.rejected == {"repeated row": 1, "rows that contradict each other": 2}
    assert report.rows_read == report.rows_kept + sum(report.rejected.values())


@pytest.mark.parametrize(
    "header",
    [
        "Snapshot_ET,TICKER,Expiration,Type,Strike,Bid,Ask,LastPrice,Volume,OpenInterest,Spot_Price",
        "snapshot,symbol,expiry,optionType,strike,bid,ask,lastPrice,volume,open interest,S",
        "snapshotTime,ticker,expirationDate,option_type,STRIKE,BID,ASK,last,volume,[OPEN_INTEREST],underlyingPrice",
    ],
)
def test_columns_are_known_by_name_however_it_is_written(
    write_csv: Write, row: MakeRow, history: HistoryStore, header: str
) -> None:
    bring_in(write_csv([row()], header=header.split(",")), history)
    assert only_quote(history.read("SPY", AT)) == (21_300, 22_000)


def test_columns_may_stand_in_any_order(write_csv: Write, row: MakeRow, history: HistoryStore) -> None:
    bring_in(write_csv([row()[::-1]], header=HEADER[::-1]), history)
    assert only_quote(history.read("SPY", AT)) == (21_300, 22_000)


def test_an_unknown_set_of_columns_is_refused_with_the_missing_ones(write_csv: Write, history: HistoryStore) -> None:
    path = write_csv([(1, 2, 3)], header=("date", "strike", "bid"))
    with pytest.raises(ImportRefused) as refused:
        bring_in(path, history)
    assert str(refused.value) == (
        f"{path}: not a known format of option chains; missing columns: "
        "act_symbol, expiration, call_put, ask (of the closest format, DoltHub option_chain)"
    )


def test_two_columns_of_one_meaning_are_refused(write_csv: Write, row: MakeRow, history: HistoryStore) -> None:
    path = write_csv([(*row(), 1)], header=(*HEADER, "spot"))
    with pytest.raises(ImportRefused, match="columns spot_price and spot have the same meaning"):
        bring_in(path, history)


@pytest.mark.parametrize(
    ("column", "kind", "value"),
    [
        ("bid", "BOOLEAN", True),
        ("strike", "TIMESTAMP", "2026-03-16"),
        ("ticker", "DOUBLE", 1.0),
        ("expiration", "DOUBLE", 1.0),
    ],
)
def test_a_parquet_column_of_the_wrong_type_is_refused(
    write_parquet: Write, row: MakeRow, history: HistoryStore, column: str, kind: str, value: object
) -> None:
    path = write_parquet([row(**{column: value})], **{column: kind})
    with pytest.raises(ImportRefused, match=rf"column {column} has the wrong type \({kind}\)"):
        bring_in(path, history)


@pytest.mark.parametrize("column", ["bid", "strike", "spot_price", "volume", "expiration", "type"])
def test_a_csv_column_without_one_readable_value_is_refused(
    write_csv: Write, row: MakeRow, history: HistoryStore, column: str
) -> None:
    path = write_csv([row(**{column: "abc"}), row(**{column: ""})])
    with pytest.raises(ImportRefused, match=rf"column {column} cannot be read: 'abc'"):
        bring_in(path, history)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("2026-03-16 15:55:34", "has no UTC offset"),
        ("2026-03-16", "has no UTC offset"),
        ("16.3.2026 15:55", "no snapshot time can be read"),
    ],
)
def test_a_snapshot_time_that_names_no_instant_is_refused(
    write_csv: Write, row: MakeRow, history: HistoryStore, text: str, cause: str
) -> None:
    with pytest.raises(ImportRefused, match=cause):
        bring_in(write_csv([row(snapshot_et=text)]), history)


def test_dates_and_decimals_of_a_typed_file_are_read(write_parquet: Write, row: MakeRow, history: HistoryStore) -> None:
    path = write_parquet([row()], expiration="DATE", bid="DECIMAL(12, 2)", ask="DOUBLE", volume="BIGINT")
    bring_in(path, history)
    assert only_quote(history.read("SPY", AT)) == (21_300, 22_000)


def test_text_from_the_file_is_shown_on_one_line_only(write_csv: Write, row: MakeRow, history: HistoryStore) -> None:
    report = bring_in(write_csv([row(), row(strike=610, type="call\n\x1b[31m" + "x" * 500)]), history)
    (example,) = report.examples.values()
    assert example.isprintable()
    assert len(example) < 250
