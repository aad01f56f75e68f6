"""What the calendar tells modules and the gate: events, none, or nothing."""

import datetime as dt
import weakref
from pathlib import Path

import pytest

from engine.domain.happening import UNKNOWN, Happening, HappeningKind
from engine.market.events import EventCalendar, import_events, read_calendar
from engine.market.happenings import next_dividend, outlook

FIRST, LAST = dt.date(2026, 3, 16), dt.date(2026, 4, 24)
COVERED = "SPY,earnings,2026-01-01,2026-12-31\nSPY,ex-dividend,2026-01-01,2026-06-30\n"


def told(folder: Path, rows: str, symbol: str = "SPY", last: dt.date = LAST) -> tuple[Happening, ...] | None:
    path = folder / "events.csv"
    path.write_text(f"symbol,kind,day,until\n{rows}")
    import_events(path, folder / "history")
    return outlook(read_calendar(folder / "history"), symbol, FIRST).until(last)


def test_none_is_said_only_where_both_kinds_are_listed_to_the_end(tmp_path: Path) -> None:
    assert told(tmp_path, COVERED) == ()
    assert told(tmp_path, COVERED, last=dt.date(2026, 7, 1)) is None
    assert told(tmp_path, COVERED, symbol="QQQ") is None


def test_one_kind_alone_is_not_enough(tmp_path: Path) -> None:
    assert told(tmp_path, COVERED.splitlines()[0] + "\n") is None


@pytest.mark.parametrize("covered", ["", COVERED])
def test_what_is_known_counts_even_where_more_may_come(tmp_path: Path, covered: str) -> None:
    rows = f"{covered}SPY,ex-dividend,2026-03-20,\nSPY,earnings,2026-04-24,\nSPY,earnings,2026-04-25,\n"
    assert told(tmp_path, rows) == (
        Happening(HappeningKind.EARNINGS, dt.date(2026, 4, 24)),
        Happening(HappeningKind.EX_DIVIDEND, dt.date(2026, 3, 20)),
    )


def test_splits_and_meetings_are_not_the_gate_s_events(tmp_path: Path) -> None:
    assert told(tmp_path, f"{COVERED}SPY,split,2026-03-20,\n,fomc,2026-03-18,\n") == ()


def test_without_a_calendar_nobody_knows() -> None:
    assert outlook(EventCalendar(), "SPY", FIRST) == UNKNOWN


def test_an_answer_is_given_again_and_no_calendar_is_kept_by_it(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text(f"symbol,kind,day,until\n{COVERED}SPY,ex-dividend,2026-03-20,\n")
    import_events(tmp_path / "events.csv", tmp_path / "history")
    calendar = read_calendar(tmp_path / "history")
    first = outlook(calendar, "SPY", FIRST)

    assert outlook(calendar, "SPY", FIRST) is first
    assert outlook(calendar, "SPY", LAST) != first
    assert next_dividend(calendar, "SPY", FIRST) is None
    kept = weakref.ref(calendar)
    del calendar
    assert kept() is None, "as many as pages are turned, each with all the events of a market"
