"""Real files of vendors, where they lie beside the repository: every one comes in, and comes out as it is."""

import csv
import datetime as dt
import math
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.core.calendar import NEW_YORK, expiry_at, session_on
from engine.core.errors import ImportRefused
from engine.domain.instrument import OptionContract, Right
from engine.domain.ports import ChainUpdate
from engine.market.history import HistoryStore
from engine.market.importer import ImportReport, import_files

Quote = tuple[str, str, str, str, float, float, float, float]


@pytest.fixture
def samples(shared_dir: Path) -> Path:
    return shared_dir / "data" / "vendor_samples"


@pytest.fixture
def chains(shared_dir: Path) -> Path:
    return shared_dir / "data" / "chains"


def bring_in(path: Path, history: HistoryStore) -> ImportReport:
    (report,) = import_files([path], history, lambda _: None)
    assert report.rows_read == report.rows_kept + sum(report.rejected.values())
    assert report.rows_added == report.rows_kept
    assert sum(history.read(symbol, at).key.size for at, symbol in history.snapshots()) == report.rows_kept
    return report


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def row_of(update: ChainUpdate, expiration: str, right: str, strike: float) -> int:
    side = Right.CALL if right == "C" else Right.PUT
    contract = OptionContract(update.symbol, dt.date.fromisoformat(expiration), round(strike * 10_000), side)
    (row,) = np.flatnonzero(update.key == contract.key)
    return int(row)


def check(history: HistoryStore, *quotes: Quote) -> None:
    """Rows read in the file by hand: symbol, UTC time, expiration, right, strike, bid, ask, spot."""
    for symbol, at, expiration, right, strike, bid, ask, spot in quotes:
        update = history.read(symbol, utc(at))
        row = row_of(update, expiration, right, strike)
        assert (update.bid[row], update.ask[row], update.spot) == (bid, ask, spot), (symbol, at, strike)


SAMPLES: dict[str, tuple[int, tuple[Quote, ...]]] = {
    "alphavantage_historical_options_sample.csv": (
        1,
        (("SPY", "2025-09-12 20:00", "2025-09-12", "C", 375, 280.96, 283.77, 657.365),),
    ),
    "cboe_datashop_eod_26col_sample.csv": (
        2,
        (
            ("XSP", "2006-08-01 19:45", "2006-08-19", "C", 125, 2.15, 2.4, 127.1),
            ("XSP", "2006-08-01 19:45", "2006-08-19", "P", 125, 0.1, 0.2, 127.1),
        ),
    ),
    "cboe_datashop_eodcalcs_34col_sample.csv": (
        2,
        (
            ("A", "2021-04-09 19:45", "2021-04-16", "C", 65, 66, 67, 131.505),
            ("A", "2021-04-09 19:45", "2021-04-16", "P", 65, 0, 0.1, 131.505),
        ),
    ),
    "dolthub_option_chain_sample.csv": (
        1,
        (("A", "2019-02-08 21:00", "2019-02-15", "C", 65, 10.5, 11.25, 75.875),),
    ),
    "historicaloptiondata_L2_published_rows.csv": (
        4,
        (
            ("AAPL", "2025-03-14 20:00", "2025-04-17", "C", 230, 1.88, 1.93, 213.49),
            ("AAPL", "2025-03-14 20:00", "2025-04-17", "P", 230, 17.7, 18, 213.49),
            ("SPY", "2019-09-10 20:00", "2019-12-20", "C", 300, 7.96, 8.06, 298.09),
            ("SPY", "2019-09-10 20:00", "2019-12-20", "P", 300, 10.45, 10.49, 298.09),
        ),
    ),
    "historicaloptiondata_bare_published_row.csv": (
        1,
        (("A", "2013-09-16 20:00", "2013-10-19", "C", 50, 0.67, 0.7, 48.74),),
    ),
    "ivolatility_api_sample_with_bom.csv": (
        4,
        (
            ("SPY", "2026-01-02 21:00", "2026-01-30", "C", 582, 102.1, 104.89, 683.17),
            ("SPY", "2026-01-02 21:00", "2026-01-30", "C", 583, 101.12, 103.9, 683.17),
            ("SPY", "2025-01-02 21:00", "2025-01-31", "C", 455, 131.55, 132.03, 584.64),
            ("SPY", "2025-01-02 21:00", "2025-01-31", "C", 445, 141.48, 141.96, 584.64),
        ),
    ),
    "optionsdx_33col_sample.txt": (
        4,
        (
            ("SPY", "2012-01-03 21:00", "2012-01-06", "C", 115, 12.49, 12.66, 127.54),
            ("SPY", "2012-01-03 21:00", "2012-01-06", "P", 115, 0, 0, 127.54),
            ("SPY", "2023-01-04 21:00", "2023-01-05", "C", 1000, 2846.8, 2848.3, 3853.39),
            ("SPY", "2023-01-04 21:00", "2023-01-05", "P", 1000, 0, 0.05, 3853.39),
        ),
    ),
}
"""Rows kept of each file, and rows of it as they stand there."""
IN_COINS = "optionsdx_28col_crypto_sample.txt"


@pytest.mark.parametrize("name", SAMPLES)
def test_the_rows_of_every_vendors_sample_come_in_as_they_stand_there(
    name: str, samples: Path, tmp_path: Path, history: HistoryStore
) -> None:
    kept, quotes = SAMPLES[name]
    path = samples / name
    symbol = None
    if name.startswith("optionsdx"):  # Its rows name no symbol: the vendor's own file names do, or a person says it.
        with pytest.raises(ImportRefused, match="say --symbol, or rename the file so that it begins with one"):
            bring_in(path, history)
        symbol = "SPY"
    (report,) = import_files([path], history, lambda _: None, symbol)
    assert (report.rows_kept, report.rejected) == (kept, {})
    if symbol is not None:
        (again,) = import_files([shutil.copyfile(path, tmp_path / "spy_eod_201201.txt")], history, lambda _: None)
        assert (again.rows_kept, again.rows_added) == (kept, 0), "its name tells the same"
    check(history, *quotes)


def test_no_sample_is_left_untried(samples: Path) -> None:
    assert {path.name for path in samples.iterdir()} == {*SAMPLES, IN_COINS}


def test_options_on_coins_are_refused(samples: Path, history: HistoryStore) -> None:
    with pytest.raises(ImportRefused, match="options on crypto currencies, priced in coins"):
        bring_in(samples / IN_COINS, history)


def test_spy_of_2021_comes_in_row_by_row(chains: Path, history: HistoryStore) -> None:
    path = chains / "spy_2021_252_sessions.csv"
    report = bring_in(path, history)
    assert (report.rows_kept, report.symbols, report.rejected) == (5040, ("SPY",), {})
    assert len(history.snapshots()) == 252
    check(
        history,
        ("SPY", "2021-01-04 21:00", "2021-01-29", "P", 345, 2.76, 2.78, 368.79),
        ("SPY", "2021-11-26 18:00", "2021-12-17", "C", 437, 24.84, 26.35, 458.97),
        ("SPY", "2021-12-31 21:00", "2022-03-31", "C", 500, 3.28, 3.33, 474.96),
    )
    crossed = 0
    with path.open(newline="") as file:
        for told in csv.DictReader(file):
            session = session_on(dt.date.fromisoformat(told["quotedate"]))
            assert session is not None
            update = history.read("SPY", session.closes)
            row = row_of(update, told["expiration"], told["type"][0].upper(), float(told["strike"]))
            found = (update.bid[row], update.ask[row], update.volume[row], update.open_interest[row], update.spot)
            columns = ("bid", "ask", "volume", "openinterest", "underlying_last")
            assert found == tuple(float(told[column]) for column in columns)
            crossed += bool(found[0] > found[1])
    assert crossed == 17


def test_the_file_without_a_header_comes_in_row_by_row(chains: Path, history: HistoryStore) -> None:
    path = chains / "aapl_2020-06-30_noheader.csv"
    report = bring_in(path, history)
    assert (report.rows_kept, report.rejected) == (154, {})
    update = history.read("AAPL", utc("2020-06-30 18:41"))
    with path.open(newline="") as file:
        for _, _, contract, _, strike, bid, ask in csv.reader(file):
            row = row_of(update, f"20{contract[4:6]}-{contract[6:8]}-{contract[8:10]}", contract[10], float(strike))
            assert (update.bid[row], update.ask[row]) == (float(bid), float(ask))
    assert 364 < update.spot < 365.5  # The day's close was 364.80; these are the quotes of 14:41.
    assert any("implied by put-call parity" in note for note in report.notes)


def lean_members(path: Path) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Every member of an archive: the words of its name, and the cells of its lines."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            lines = archive.read(name).decode().splitlines()
            yield name.removesuffix(".csv").split("_"), [line.split(",") for line in lines if line.strip()]


def bar_end(date: str, cell: str) -> dt.datetime:
    """When a line's bar ends: `date` is that of a minute archive."""
    if date.isdigit():
        midnight = dt.datetime.strptime(date, "%Y%m%d").replace(tzinfo=NEW_YORK)
        return (midnight + dt.timedelta(milliseconds=int(cell), minutes=1)).astimezone(dt.UTC)
    return expiry_at(dt.datetime.strptime(cell[:8], "%Y%m%d").date())  # noqa: DTZ007 - a date has no zone


def check_lean(path: Path, history: HistoryStore, symbol: str, every: int = 1) -> int:
    """Hold the stored quotes beside the lines of every so many members; returns how many lines there are in all."""
    stored: dict[tuple[dt.datetime, int], tuple[float, float]] = {}
    for at, _ in history.snapshots([symbol]):
        update = history.read(symbol, at)
        quotes = zip(update.bid.tolist(), update.ask.tolist(), strict=True)
        stored |= {(at, key): quote for key, quote in zip(update.key.tolist(), quotes, strict=True)}
    count = 0
    for number, (words, lines) in enumerate(lean_members(path)):
        count += len(lines)
        if number % every:
            continue
        kind, strike, expiration = words[-3:]
        day = dt.datetime.strptime(expiration, "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
        contract = OptionContract(symbol, day, int(strike), Right.CALL if kind == "call" else Right.PUT)
        for cells in lines:
            found = stored.get((bar_end(words[0], cells[0]), contract.key))
            if found is not None:  # Else it was rejected: that is counted.
                told = tuple(int(cell) / 10_000 if cell else None for cell in (cells[4], cells[9]))
                assert tuple(None if math.isnan(price) else price for price in found) == told
    return count


def test_daily_quotes_and_open_interest_of_aapl_come_in_line_by_line(chains: Path, history: HistoryStore) -> None:
    path = chains / "aapl_2014_quote_american.zip"
    report = bring_in(path, history)
    assert check_lean(path, history, "AAPL") == report.rows_read == 4532
    assert report.rejected == {}
    first, second = (history.read("AAPL", utc(f"2014-06-{day:02} 20:00")) for day in (6, 9))
    assert abs(first.spot / 645.57 - 1) < 0.003
    assert abs(second.spot / 93.7 - 1) < 0.003
    interest = {
        tuple(words[-3:]): int(cells[1])
        for words, lines in lean_members(chains / "aapl_2014_openinterest_american.zip")
        for cells in lines
        if cells[0].startswith("20140606")
    }
    held = Counter(first.open_interest[~np.isnan(first.open_interest)].astype(int).tolist())
    assert held == Counter(interest.values())
    assert np.isnan(second.open_interest).all()  # Shares were split that day, and the file has the strikes before it.

    (again,) = import_files([chains / "aapl_2014_openinterest_american.zip"], history, lambda _: None)
    assert (again.rows_read, again.rows_kept, again.rows_added) == (6016, 2322, 0)
    assert again.rejected == {"no quote time": 6016 - 2322}


@pytest.mark.parametrize(
    ("name", "lines", "low", "high"),
    [
        ("goog_20151223_quote_american.zip", 28_932, 744.0, 754.21),
        ("goog_20151224_quote_american.zip", 275_552, 746.56, 751.3),
    ],
)
def test_minutes_of_goog_come_in_line_by_line_with_a_price_inside_of_the_days_range(
    name: str, lines: int, low: float, high: float, chains: Path, history: HistoryStore
) -> None:
    path = chains / "lean_minute" / name
    report = bring_in(path, history)
    assert check_lean(path, history, "GOOG", every=25) == report.rows_read == lines
    assert set(report.rejected) <= {"no underlying price"}
    assert report.rows_kept > 0.98 * lines
    spots = np.array([history.read(symbol, at).spot for at, symbol in history.snapshots()])
    assert np.mean((spots > low * 0.999) & (spots < high * 1.001)) > 0.99
    assert np.abs(np.diff(np.log(spots))).max() < 0.01
