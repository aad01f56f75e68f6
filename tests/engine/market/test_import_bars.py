"""Files of bars, factors and rates, as people own them."""

import datetime as dt
import gzip
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from engine.core.errors import ImportRefused
from engine.market import text_rows
from engine.market.bars import Adjustment, read_bars, read_rates
from engine.market.events import EventKind, read_calendar
from engine.market.import_bars import import_table
from engine.market.tables import Merged

PLAIN = "date,open,high,low,close,volume\n2026-03-16,10,12,9,11,500\n"
BOTH = (
    "symbol,date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor\n"
    "ABC,2021-03-18,100,101,99,100,5,49,50,48,49,10,0.0,1.0\n"
    "ABC,2021-03-19,50,51,49,50,5,50,51,49,50,5,1.25,2.0\n"
)


def written(folder: Path, text: str, name: str = "ABC.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_plain_bars_need_a_word_on_adjustment(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN)
    with pytest.raises(ImportRefused, match=r"ABC\.csv: does not say whether its prices are adjusted; say --prices"):
        import_table(path, tmp_path)
    report = import_table(path, tmp_path, adjustment=Adjustment.SPLITS)
    assert report.kept == {"bars": Merged(added=1, same=0, differing=0)}
    bars = read_bars(tmp_path, "ABC", Adjustment.SPLITS)
    assert bars is not None
    figures = (bars.day, bars.open, bars.high, bars.low, bars.close, bars.volume)
    assert [column.tolist() for column in figures] == [
        [dt.date(2026, 3, 16).toordinal()], [10.0], [12.0], [9.0], [11.0], [500.0],
    ]  # fmt: skip


def test_a_file_with_both_prices_gives_both_and_its_events(tmp_path: Path) -> None:
    report = import_table(written(tmp_path, BOTH, "any.csv"), tmp_path)
    assert [(name, merged.added) for name, merged in report.kept.items()] == [
        ("bars", 2), ("events", 2), ("adjusted bars", 2),
    ]  # fmt: skip
    traded, made = read_bars(tmp_path, "ABC"), read_bars(tmp_path, "ABC", Adjustment.ALL)
    assert traded is not None
    assert made is not None
    assert (traded.close.tolist(), made.close.tolist()) == ([100.0, 50.0], [49.0, 50.0])
    calendar, first, last = read_calendar(tmp_path), dt.date(2021, 3, 18), dt.date(2021, 3, 19)
    assert calendar.events("ABC", EventKind.EX_DIVIDEND).value.tolist() == [1.25]
    assert calendar.events("ABC", EventKind.SPLIT).value.tolist() == [2.0]
    assert calendar.is_covered("ABC", EventKind.EX_DIVIDEND, first, last)
    assert not calendar.is_covered("ABC", EventKind.EX_DIVIDEND, first, dt.date(2021, 3, 20))
    assert not calendar.is_covered("ABC", EventKind.EARNINGS, first, last)


def test_an_index_without_volume_is_what_was_traded(tmp_path: Path) -> None:
    import_table(written(tmp_path, "DATE,OPEN,HIGH,LOW,CLOSE\n2026-03-16,20,22,19,21\n", "vix_daily.csv"), tmp_path)
    bars = read_bars(tmp_path, "VIX")
    assert bars is not None
    assert bars.close.tolist() == [21.0]
    assert np.isnan(bars.volume).tolist() == [True]


def test_a_lean_zip_has_prices_in_ten_thousandths(tmp_path: Path) -> None:
    path = tmp_path / "abc.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("abc.csv", "20260316 00:00,100000,120000,90000,110000,500\n")
    import_table(path, tmp_path)
    bars = read_bars(tmp_path, "ABC")
    assert bars is not None
    assert (bars.open.tolist(), bars.close.tolist(), bars.volume.tolist()) == ([10.0], [11.0], [500.0])


def test_gzip_is_looked_through(tmp_path: Path) -> None:
    path = tmp_path / "ABC.csv.gz"
    path.write_bytes(gzip.compress(PLAIN.encode()))
    assert import_table(path, tmp_path, adjustment=Adjustment.NONE).kept["bars"].added == 1
    path.write_bytes(gzip.compress(PLAIN.encode())[:-12])
    with pytest.raises(ImportRefused, match="cannot be unpacked"):
        import_table(path, tmp_path, adjustment=Adjustment.NONE)


def test_factors_give_splits_and_dividends_on_the_session_after(tmp_path: Path) -> None:
    # The close of Friday 2020-08-28 was 500, the next session is Monday: four new shares. In November, 0.205 on 119.03.
    text = "20200101,0.9970,0.25,1\n20200828,0.9970,0.25,500\n20201105,0.9970,1,119.03\n20501231,0.99872,1,0\n"
    import_table(written(tmp_path, text, "abc.csv"), tmp_path)
    calendar = read_calendar(tmp_path)
    splits, dividends = (calendar.events("ABC", kind) for kind in (EventKind.SPLIT, EventKind.EX_DIVIDEND))
    assert (splits.day.tolist(), splits.value.tolist()) == ([dt.date(2020, 8, 31).toordinal()], [4.0])
    assert dividends.day.tolist() == [dt.date(2020, 11, 6).toordinal()]
    assert dividends.value.tolist() == pytest.approx([0.205], abs=1e-4)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("soon,10,12,9,11,500", "no day"),
        ("infinity,10,12,9,11,500", "no day"),
        ("9999-12-31,10,12,9,11,500", "no day"),
        ("2026-03-17,10,12,9,,500", "a price is missing or not above zero"),
        ("2026-03-17,10,12,9,0,500", "a price is missing or not above zero"),
        ("2026-03-17,10,inf,9,11,500", "a price is missing or not above zero"),
        ("2026-03-17,10,10.5,9,11,500", "high and low do not enclose open and close"),
        ("2026-03-17,10,12,9,11,-1", "volume below zero"),
    ],
)
def test_a_bar_that_cannot_be_is_rejected_with_its_reason(tmp_path: Path, row: str, reason: str) -> None:
    report = import_table(written(tmp_path, f"{PLAIN}{row}\n"), tmp_path, adjustment=Adjustment.NONE)
    assert report.kept["bars"].added == 1
    assert report.rejected == {reason: (1, 2)}


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        ("ABC.csv", "date,open,high,low,volume\n", "column close is missing"),
        ("ABC.csv", "date,day,open,high,low,close\n", "column day is there twice"),
        ("ABC.csv", "date,open,high,low,close,volume\nx,1,1,1,1,1\n", "no bar can be used"),
        ("ABC.csv", "20260316,1\n", "has no header, and its lines are no bars or factors"),
        ("ABC.csv", PLAIN + "2026-03-16 10:00,10,12,9,11.5,500\n", "has several bars of one day"),
        ("daily prices.csv", PLAIN, "'DAILY PRICES' is no symbol"),
    ],
)
def test_what_is_no_file_of_bars_is_refused(tmp_path: Path, name: str, content: str, cause: str) -> None:
    with pytest.raises(ImportRefused, match=cause):
        import_table(written(tmp_path, content, name), tmp_path, adjustment=Adjustment.NONE)
    assert read_bars(tmp_path, "ABC") is None


def test_archives_that_are_none_or_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImportRefused, match=r"none\.zip: .*No such file|none\.zip: does not exist"):
        import_table(tmp_path / "none.zip", tmp_path)
    broken = tmp_path / "abc.zip"
    broken.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ImportRefused, match="cannot be unpacked"):
        import_table(broken, tmp_path)
    many = tmp_path / "many.zip"
    with ZipFile(many, "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "x")
    with pytest.raises(ImportRefused, match="holds 2 files"):
        import_table(many, tmp_path)
    monkeypatch.setattr(text_rows, "LARGEST_MEMBER", 10)
    large = tmp_path / "large.zip"
    with ZipFile(large, "w") as archive:
        archive.writestr("a.csv", "x" * 11)
    (tmp_path / "large.gz").write_bytes(gzip.compress(b"x" * 11))
    for path in (large, tmp_path / "large.gz"):
        with pytest.raises(ImportRefused, match="unpacks to more than 10 bytes"):
            import_table(path, tmp_path)


@pytest.mark.parametrize("cell", ["inf", "-0.5", "abc", "1e300"])
def test_a_dividend_that_is_no_figure_is_never_taken_for_none(tmp_path: Path, cell: str) -> None:
    rows = f"date,open,high,low,close,dividends\n2026-03-16,1,2,1,2,0\n2026-03-17,1,2,1,2,{cell}\n"
    with pytest.raises(ImportRefused, match=r"ABC\.csv: row 2: its dividend or split is no figure"):
        import_table(written(tmp_path, rows, "ABC.csv"), tmp_path, adjustment=Adjustment.NONE)


@pytest.mark.parametrize("cell", ["nan", "inf", "0", "x"])
def test_a_factor_that_is_no_figure_is_never_taken_for_none(tmp_path: Path, cell: str) -> None:
    rows = f"20260316,0.5,1,10\n20260317,{cell},1,10\n20501231,1,1,0\n"
    with pytest.raises(ImportRefused, match=r"ABC\.csv: row 2 holds no day and factors"):
        import_table(written(tmp_path, rows, "ABC.csv"), tmp_path)


def test_a_rate_that_is_none_is_counted(tmp_path: Path) -> None:
    rows = "DATE,PCREDIT8\n2026-03-16,.\n2026-03-17,5\n2026-03-18,1e400\n"
    report = import_table(written(tmp_path, rows, "rates.csv"), tmp_path)
    assert (report.kept["rates"].added, report.rejected) == (1, {"no day or no rate": (2, 1)})


def test_real_files_are_kept_whole_and_once(shared_dir: Path, tmp_path: Path) -> None:
    folder = shared_dir / "data" / "underlying"
    for path, added in (
        (folder / "spy_2021.csv", {"bars": 252, "events": 4, "adjusted bars": 252}),
        (folder / "vix_daily.csv", {"bars": 9188}),
        (folder / "interest-rate.csv", {"rates": 56}),
        (folder / "lean_daily" / "spy.zip", {"bars": 5788}),
        (folder / "factor_files" / "spy.csv", {"events": 93}),
    ):
        report = import_table(path, tmp_path)
        assert {name: merged.added for name, merged in report.kept.items()} == added
        again = import_table(path, tmp_path)
        assert sum(merged.added for merged in again.kept.values()) == 0
    spy, rates = read_bars(tmp_path, "SPY"), read_rates(tmp_path)
    assert spy is not None
    assert rates is not None
    # By hand from the file: 2021-01-04 opened at 375.31 and closed at 368.79.
    place = int(np.searchsorted(spy.day, dt.date(2021, 1, 4).toordinal()))
    assert (spy.open[place], spy.close[place]) == (375.31, 368.79)
    assert rates.percent[0] == 2.25
    # The four dividends of 2021 stand in both files; one of them to the last digit in both.
    dividends = read_calendar(tmp_path).events("SPY", EventKind.EX_DIVIDEND)
    in_2021 = (dividends.day >= dt.date(2021, 1, 1).toordinal()) & (dividends.day <= dt.date(2021, 12, 31).toordinal())
    assert dividends.value[in_2021].tolist() == pytest.approx([1.278, 1.376, 1.428, 1.633], abs=0.001)
