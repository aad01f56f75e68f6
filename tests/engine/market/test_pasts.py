"""Closes as they were known on each day, by hand."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from engine.domain.scan import NO_PAST
from engine.market.bars import Adjustment
from engine.market.events import EventCalendar
from engine.market.import_bars import import_table
from engine.market.pasts import Closes, read_closes

DAYS = np.arange(100, 105)
NOTHING = np.empty(0, dtype=np.int64), np.empty(0)


def events(*found: tuple[int, float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([day for day, _ in found], dtype=np.int64), np.array([value for _, value in found])


def test_before_a_day_there_are_only_earlier_closes() -> None:
    closes = Closes(DAYS, np.array([10.0, 11.0, 12.0, 13.0, 14.0]), NOTHING, NOTHING)

    assert closes.before(100) is NO_PAST
    assert closes.before(101).close.tolist() == [10.0]
    assert closes.before(104).day.tolist() == [100, 101, 102, 103]
    assert closes.before(999).close.tolist() == [10.0, 11.0, 12.0, 13.0, 14.0]


def test_a_split_divides_what_was_before_it_from_its_day_on() -> None:
    closes = Closes(DAYS, np.array([100.0, 120.0, 62.0, 61.0, 60.0]), events((102, 2.0)), NOTHING)

    assert closes.before(102).close.tolist() == [100.0, 120.0], "the day before, nobody traded new shares"
    assert closes.before(103).close.tolist() == [50.0, 60.0, 62.0]


def test_a_dividend_lowers_what_was_before_it_by_its_share_of_the_close_before() -> None:
    closes = Closes(DAYS, np.array([80.0, 100.0, 98.0, 99.0, 97.0]), NOTHING, events((102, 2.0)))

    assert closes.before(102).close.tolist() == [80.0, 100.0]
    assert closes.before(103).close == pytest.approx([78.4, 98.0, 98.0]), "2 of 100 dollars: a fiftieth"


def test_a_split_and_a_dividend_on_one_day_count_in_the_new_shares() -> None:
    closes = Closes(DAYS, np.array([100.0, 100.0, 49.0, 49.0, 49.0]), events((102, 2.0)), events((102, 1.0)))

    assert closes.before(103).close == pytest.approx([49.0, 49.0, 49.0]), "a hundred is fifty, less one"


def test_events_outside_the_closes_change_nothing() -> None:
    outside = events((90, 2.0), (100, 2.0), (200, 2.0))
    closes = Closes(DAYS, np.full(5, 10.0), outside, outside)

    assert closes.before(105).close.tolist() == [10.0] * 5


def test_a_dividend_of_unknown_size_changes_nothing() -> None:
    closes = Closes(DAYS, np.full(5, 10.0), NOTHING, events((102, float("nan"))))

    assert closes.before(105).close.tolist() == [10.0] * 5


def test_the_close_of_a_day_is_the_one_that_was_traded() -> None:
    closes = Closes(DAYS, np.array([100.0, 120.0, 62.0, 61.0, 60.0]), events((102, 2.0)), NOTHING)

    assert closes.on(101) == 120.0
    assert np.isnan(closes.on(105))


def test_no_close_looks_ahead() -> None:
    close = np.array([100.0, 120.0, 62.0, 61.0, 60.0])
    here = Closes(DAYS, close, events((102, 2.0)), events((103, 1.0)))
    later = close.copy()
    later[3:] *= 1.7
    there = Closes(DAYS, later, events((102, 2.0)), events((103, 9.0), (104, 3.0)))

    for day in (101, 102, 103):
        assert np.array_equal(here.before(day).close, there.before(day).close)
    assert not np.array_equal(here.before(105).close, there.before(105).close)


def test_imported_bars_are_read(tmp_path: Path) -> None:
    file = tmp_path / "KO.csv"
    file.write_text("date,open,high,low,close,volume\n2026-03-16,10,11,9,10.5,100\n2026-03-17,10,11,9,10.25,100\n")
    import_table(file, tmp_path / "history", adjustment=Adjustment.NONE)

    closes = read_closes(tmp_path / "history", "KO", EventCalendar())

    assert closes.before(dt.date(2026, 3, 17).toordinal()).close.tolist() == [10.5]
    assert read_closes(tmp_path / "history", "PEP", EventCalendar()).before(999_999) is NO_PAST
