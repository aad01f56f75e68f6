"""Both sheets of a day from one walk through a ledger, and the days that there are."""

import datetime as dt
from pathlib import Path

import pytest

from engine.core.errors import MindfolioError
from engine.domain import questions as ask
from engine.domain.mindfolio import Environment
from engine.ledger.query import LedgerQuery
from engine.ledger.store import SqliteStore
from engine.runtime import answers
from engine.runtime.day_records import day_sheets, end_sheet, start_sheet
from engine.runtime.places import Places
from tests.engine.portfolio.papers import journal, march


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """March 2026 in a ledger of the simulated market."""
    made = Places(tmp_path, Environment.SIMULATED)
    made.folder.mkdir()
    march(SqliteStore(made.ledger)).ledger.close()
    return made


def test_both_sheets_of_a_day_are_those_that_the_command_line_prints(places: Places) -> None:
    day = dt.date(2026, 3, 27)
    found = day_sheets(LedgerQuery(places.ledger), day, places)
    clerk = march()
    entries, last = tuple(journal(clerk)), clerk.at
    assert found.start == start_sheet(entries, places, day, last)
    assert found.end == end_sheet(entries, places, day, last)
    assert found.start.today[0].spot is not None, "the market knows a price"
    assert (found.day, found.earlier, found.later) == (day, dt.date(2026, 3, 26), dt.date(2026, 3, 30))
    assert found.is_over


def test_the_newest_day_the_one_to_come_and_the_first(places: Places) -> None:
    query = LedgerQuery(places.ledger)
    newest = day_sheets(query, None, places)
    assert (newest.day, newest.later) == (dt.date(2026, 4, 1), dt.date(2026, 4, 2))
    coming = day_sheets(query, newest.later, places)
    assert coming.end is None, "nothing of it is journaled"
    assert (coming.later, coming.is_over) == (None, False)
    first = day_sheets(query, dt.date(2026, 3, 16), places)
    assert first.earlier is None


def test_a_day_without_a_session_and_an_empty_ledger_are_refused(places: Places, tmp_path: Path) -> None:
    with pytest.raises(MindfolioError, match="the market is closed on 2026-03-22"):
        day_sheets(LedgerQuery(places.ledger), dt.date(2026, 3, 22), places)
    empty = Places(tmp_path / "empty", Environment.REPLAY)
    empty.folder.mkdir(parents=True)
    SqliteStore(empty.ledger).close()
    with pytest.raises(MindfolioError, match="the ledger is empty"):
        day_sheets(LedgerQuery(empty.ledger), None, empty)


def test_pages_are_answered_with_them(places: Places) -> None:
    query = LedgerQuery(places.ledger)
    day = dt.date(2026, 3, 27)
    assert answers.answer_from_ledger(query, ask.SheetsOf(day), places) == day_sheets(query, day, places)
    assert answers.answer_from_ledger(query, ask.ExplainedDays(), places) == query.explained(limit=ask.PAGE)
