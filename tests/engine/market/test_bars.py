"""Daily bars and rates as arrays; what is traded and what is adjusted never mix."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from engine.market.bars import Adjustment, Bars, adjusted, bar_spans, read_bars, read_rates
from engine.market.events import EventKind, read_calendar
from engine.market.import_bars import import_table

MONDAY = dt.date(2026, 3, 16)


def ordinals(*days: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([MONDAY.toordinal() + day for day in days], dtype=np.int64)


def flat_bars(close: list[float]) -> Bars:
    prices, day = np.array(close), ordinals(*range(len(close)))
    return Bars(Adjustment.NONE, day, prices, prices, prices, prices, np.full(prices.size, 100.0))


def write(folder: Path, name: str, close: dict[dt.date, float]) -> Path:
    path = folder / name
    rows = "".join(f"{day},{price},{price},{price},{price},7\n" for day, price in close.items())
    path.write_text(f"date,open,high,low,close,volume\n{rows}")
    return path


def test_a_split_leaves_the_return_of_its_day_alone() -> None:
    made = adjusted(flat_bars([100.0, 102.0, 51.0]), (ordinals(2), np.array([2.0])), (ordinals(), np.empty(0)))
    assert made.adjustment is Adjustment.ALL
    assert made.close.tolist() == [50.0, 51.0, 51.0]
    assert made.volume.tolist() == [200.0, 200.0, 100.0]


def test_a_dividend_lowers_what_was_before_it_by_its_share_of_the_close() -> None:
    made = adjusted(flat_bars([100.0, 100.0, 98.0]), (ordinals(), np.empty(0)), (ordinals(2), np.array([2.0])))
    assert made.close.tolist() == pytest.approx([98.0, 98.0, 98.0])
    assert made.volume.tolist() == [100.0, 100.0, 100.0]


def test_events_before_the_first_bar_change_nothing_and_later_ones_everything() -> None:
    bars = flat_bars([10.0, 10.0])
    none = ordinals(), np.empty(0)
    assert adjusted(bars, (ordinals(-5, 0), np.array([2.0, 2.0])), none).close.tolist() == [10.0, 10.0]
    assert adjusted(bars, (ordinals(9), np.array([2.0])), none).close.tolist() == [5.0, 5.0]


def test_adjusting_twice_is_refused() -> None:
    none = ordinals(), np.empty(0)
    with pytest.raises(ValueError, match="adjusted already"):
        adjusted(adjusted(flat_bars([1.0]), none, none), none, none)


def test_traded_and_adjusted_bars_are_kept_apart(tmp_path: Path) -> None:
    traded = write(tmp_path, "ABC_traded.csv", {MONDAY: 100.0})
    import_table(traded, tmp_path, adjustment=Adjustment.NONE)
    import_table(write(tmp_path, "ABC_adj.csv", {MONDAY: 90.0}), tmp_path, adjustment=Adjustment.ALL)
    found = [read_bars(tmp_path, "ABC", each) for each in Adjustment]
    assert [None if bars is None else bars.close.tolist() for bars in found] == [[100.0], None, [90.0]]
    assert read_bars(tmp_path, "XYZ") is None


def test_of_files_adjusted_at_other_times_the_longest_counts_alone(tmp_path: Path) -> None:
    days = [MONDAY + dt.timedelta(days=day) for day in range(3)]
    import_table(write(tmp_path, "ABC_old.csv", dict.fromkeys(days[:1], 80.0)), tmp_path, adjustment=Adjustment.ALL)
    import_table(write(tmp_path, "ABC_new.csv", dict.fromkeys(days[1:], 90.0)), tmp_path, adjustment=Adjustment.ALL)
    bars = read_bars(tmp_path, "ABC", Adjustment.ALL)
    assert bars is not None
    assert bars.close.tolist() == [90.0, 90.0]
    assert bar_spans(tmp_path) == [
        {
            "symbol": "ABC",
            "adjustment": "splits and dividends",
            "rows": 3,
            "first": "2026-03-16",
            "last": "2026-03-18",
            "sources": "ABC_new.csv, ABC_old.csv",
        }
    ]


def test_a_rate_holds_until_the_next_and_is_unknown_before_the_first(tmp_path: Path) -> None:
    path = tmp_path / "interest-rate.csv"
    path.write_text("DATE,PCREDIT8\n2003-01-09,2.25\n2003-06-26,2.00\n")
    import_table(path, tmp_path)
    rates = read_rates(tmp_path)
    assert rates is not None
    days = [dt.date(2003, 1, 9), dt.date(2003, 6, 25), dt.date(2003, 6, 26), dt.date(2020, 1, 1)]
    assert [rates.at(day.toordinal()) for day in days] == [2.25, 2.25, 2.0, 2.0]
    assert np.isnan(rates.at(dt.date(2003, 1, 8).toordinal()))
    assert read_rates(tmp_path / "elsewhere") is None


def test_real_bars_adjusted_by_factors_have_the_returns_of_a_vendor_s_adjusted_ones(
    shared_dir: Path, tmp_path: Path
) -> None:
    folder = shared_dir / "data" / "underlying"
    import_table(folder / "lean_daily" / "aapl.zip", tmp_path)
    import_table(folder / "factor_files" / "aapl.csv", tmp_path)
    import_table(folder / "etf_daily" / "AAPL.csv", tmp_path, adjustment=Adjustment.ALL)
    traded, vendor = read_bars(tmp_path, "AAPL"), read_bars(tmp_path, "AAPL", Adjustment.ALL)
    assert traded is not None
    assert vendor is not None
    calendar = read_calendar(tmp_path)
    splits, dividends = (calendar.events("AAPL", kind) for kind in (EventKind.SPLIT, EventKind.EX_DIVIDEND))
    # Two for one in 2000 and 2005, seven in 2014, four in 2020.
    assert [str(dt.date.fromordinal(day)) for day in splits.day.tolist()] == [
        "2000-06-21", "2005-02-28", "2014-06-09", "2020-08-31",
    ]  # fmt: skip
    assert splits.value.tolist() == pytest.approx([2, 2, 7, 4], rel=1e-5)
    ours = adjusted(traded, (splits.day, splits.value), (dividends.day, dividends.value))
    _, mine, theirs = np.intersect1d(ours.day, vendor.day, return_indices=True)
    apart = np.abs(np.diff(np.log(ours.close[mine])) - np.diff(np.log(vendor.close[theirs])))
    assert apart.size == 565
    assert float(np.quantile(apart, 0.95)) < 0.0002
    # The day before the split it was traded at $499.23, which is four times what anybody adjusts it to.
    place = int(np.searchsorted(traded.day, dt.date(2020, 8, 28).toordinal()))
    assert traded.close[place] == pytest.approx(499.24, abs=0.02)
