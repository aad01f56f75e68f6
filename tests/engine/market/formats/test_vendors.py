"""Every format: a small file of it is told by its header, and its rows come out as they were written."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from engine.core.errors import ImportRefused
from engine.market.formats.layout import missing_columns, plain
from engine.market.formats.vendors import FORMATS
from engine.market.history import HistoryStore
from engine.market.importer import ImportReport, import_files
from tests.engine.market.formats.samples import SAMPLES, Row, Sample, packed

KEPT = sorted(name for name, sample in SAMPLES.items() if sample.rows)
_STORED = """
    select symbol, quoted_at, expiration, "right", strike / 10000, bid / 10000, ask / 10000, bid_size, ask_size,
           last / 10000, volume, open_interest, spot / 10000, iv, delta
    from read_parquet(?, union_by_name = true) order by quoted_at, symbol, expiration, strike, "right"
"""


def bring_in(sample: Sample, history: HistoryStore, folder: Path) -> ImportReport:
    path = folder / sample.name
    path.write_bytes(sample.content)
    (report,) = import_files([path], history, lambda _: None)
    return report


def stored(history: HistoryStore) -> list[Row]:
    with duckdb.connect() as connection:
        rows = connection.execute(_STORED, [[str(path) for path in history.root.glob("*.parquet")]]).fetchall()
    return [(symbol, from_us(at), str(day), *figures) for symbol, at, day, *figures in rows]


def from_us(at: int) -> str:
    text = (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%M:%S")
    return text.removesuffix(":00")


LEFT_OUT = {
    "cboe_calcs": {"adjusted contract": 1},
    "cboe_interval": {"adjusted contract": 1},
    "option_metrics": {"adjusted contract": 1},
    "yfinance_contracts": {"adjusted contract": 1},
    "dated": {"adjusted contract": 1},
    "lean_daily": {"no underlying price": 1},
    "theta_v2_contracts": {"no underlying price": 1},
}
NOTES = {
    "optionsdx": "the symbol is the file name's",
    "option_metrics": "implied by put-call parity",
    "massive": "last trades only",
    "cboe_eod": "15:45 New York",
}


@pytest.mark.parametrize("name", KEPT)
def test_every_row_comes_out_as_it_was_written(name: str, tmp_path: Path, history: HistoryStore) -> None:
    sample = SAMPLES[name]
    report = bring_in(sample, history, tmp_path)
    assert (report.source, report.rejected) == (sample.source, LEFT_OUT.get(name, {}))
    assert report.rows_read == report.rows_kept + sum(report.rejected.values())
    assert report.rows_kept == report.rows_added == len(sample.rows)
    assert NOTES.get(name, "") in " ".join(report.notes)
    assert name != "yfinance" or report.notes == ()
    for found, wanted in zip(stored(history), sample.rows, strict=True):
        assert found[:4] == wanted[:4]
        assert found[4:] == pytest.approx(wanted[4:], abs=1e-9), found


@pytest.mark.parametrize("name", ["optionsdx", "barchart", "ivolatility"])
def test_a_packed_file_comes_out_like_the_plain_one(name: str, tmp_path: Path, history: HistoryStore) -> None:
    sample = SAMPLES[name]
    bring_in(sample, history, tmp_path)
    before = history.fingerprint()
    for packed_name, content in packed(sample).items():
        (tmp_path / packed_name).write_bytes(content)
    for again in import_files([tmp_path / name for name in packed(sample)], history, lambda _: None):
        assert (again.rows_kept, again.rows_added, again.source) == (len(sample.rows), 0, sample.source)
    assert history.fingerprint() == before


@pytest.mark.parametrize("layout", FORMATS, ids=lambda layout: layout.source)
def test_a_header_of_what_a_format_needs_is_told_as_that_format(layout: object) -> None:
    names = [spellings[0] for spellings in layout.required.values()]  # type: ignore[attr-defined]
    first = next(other for other in FORMATS if not missing_columns(other, names))
    assert first is layout


@pytest.mark.parametrize("layout", FORMATS, ids=lambda layout: layout.source)
def test_no_spelling_stands_for_two_columns_of_a_format(layout: object) -> None:
    columns = {**layout.required, **layout.optional}.values()  # type: ignore[attr-defined]
    spelled = [spelling for spellings in columns for spelling in {plain(text) for text in spellings}]
    assert len(spelled) == len(set(spelled))


def test_the_parquet_twin_of_alpha_vantage_is_the_same(tmp_path: Path, history: HistoryStore) -> None:
    text = SAMPLES["alpha_vantage"].content.replace(b"contractID", b"contract_id")
    (tmp_path / "in.csv").write_bytes(text)
    with duckdb.connect() as connection:
        connection.read_csv(str(tmp_path / "in.csv")).write_parquet(str(tmp_path / "options.parquet"))
    (report,) = import_files([tmp_path / "options.parquet"], history, lambda _: None)
    assert (report.source, report.rows_kept) == ("Alpha Vantage", 2)
    assert [row[4:7] for row in stored(history)] == [(375.0, 280.96, 283.77), (375.0, 0.0, 0.01)]


def test_coins_are_refused_by_name(tmp_path: Path, history: HistoryStore) -> None:
    header = "[QUOTE_READTIME], [INSTRUMENT_NAME], [BASE_CURRENCY], [OPTION_RIGHT], [STRIKE], [BID_PRICE], [ASK_PRICE]"
    coins = Sample("btc_2021.txt", f"{header}\n2021-06-01, B, BTC, call, 1, 2, 3\n".encode(), "", ())
    with pytest.raises(ImportRefused, match=r"btc_2021\.txt: OptionsDX, crypto: options on crypto currencies"):
        bring_in(coins, history, tmp_path)


def test_a_row_of_a_page_without_moneyness_and_bid_is_read_and_its_footer_is_not(
    tmp_path: Path, history: HistoryStore
) -> None:
    page = SAMPLES["barchart"]
    lines = page.content.decode().splitlines()
    blank = '"4,790.00",,,,,,,,,,Call'
    changed = "\n".join([*lines[:-1], blank, lines[-1]]) + "\n"
    report = bring_in(Sample(page.name, changed.encode(), page.source, ()), history, tmp_path)
    assert (report.rows_read, report.rows_kept) == (len(page.rows) + 1, len(page.rows) + 1)


def test_a_contract_alone_tells_no_price_of_its_underlying(tmp_path: Path, history: HistoryStore) -> None:
    with pytest.raises(ImportRefused, match="1 x no underlying price"):
        bring_in(SAMPLES["theta_v2"], history, tmp_path)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("optionsdx", "begins with one"), ("barchart", "keep the name it was saved under"), ("theta_v2", "OCC symbol")],
)
def test_a_file_whose_name_must_tell_and_does_not_is_refused(
    name: str, wanted: str, tmp_path: Path, history: HistoryStore
) -> None:
    sample = SAMPLES[name]
    with pytest.raises(ImportRefused, match=rf"data\.csv: .*{wanted}"):
        bring_in(Sample("data.csv", sample.content, sample.source, ()), history, tmp_path)
