"""The walk: every onlooker sees every entry, before and after it is applied."""

import datetime as dt

import pytest

from engine.core.errors import LedgerFault
from engine.domain import events as ev
from engine.domain.events import Event
from engine.domain.records import Recorded
from engine.ledger.book import Book
from engine.ledger.book_state import Applied
from engine.portfolio.walk import SessionDays, walk
from tests.builders import ALPHA, BETA, Clerk
from tests.engine.portfolio.papers import at, journal, march


class Watcher:
    """Keeps the number of the book's last entry at each call."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int, int]] = []

    def before(self, book: Book, entry: Recorded, _event: Event) -> None:
        self._book = book.seq
        self._entry = entry.seq

    def after(self, book: Book, entry: Recorded, _event: Event, _applied: Applied) -> None:
        assert entry.seq == self._entry
        self.seen.append((self._book, entry.seq, book.seq))


def test_each_entry_is_shown_before_and_after() -> None:
    clerk, one, two = march(), Watcher(), Watcher()
    book = walk(journal(clerk), [one, two])
    assert one.seen == two.seen == [(seq - 1, seq, seq) for seq in range(1, book.seq + 1)]


def test_it_leads_to_the_book_of_the_ledger() -> None:
    clerk = march()
    assert walk(journal(clerk), []) == clerk.ledger.book


def test_a_journal_with_a_hole_is_refused() -> None:
    entries = list(journal(Clerk(march().ledger)))
    with pytest.raises(LedgerFault, match="does not follow"):
        walk([entries[0], entries[2]], [])


def test_a_day_goes_from_close_to_close() -> None:
    """Friday's evening and Saturday are Monday's; a session whose end is told the next morning goes on until then."""
    clerk, seen = Clerk(), list[tuple[str, dt.date]]()
    friday, monday, tuesday = (dt.date(2026, 3, day) for day in (20, 23, 24))

    def note(clock: dt.datetime, *events: Event) -> None:
        for event in events:
            clerk.at = max(clerk.at, clock)
            clerk.record(event)

    note(at(20, 13, 30), ev.SessionOpened(friday, {ALPHA: 0, BETA: 0}))
    note(at(20, 20), ev.MarksRecorded({}, clerk.ledger.book.nav), ev.SessionClosed(friday), ev.StateSealed("x"))
    note(at(20, 23), ev.AccountReconciled((), 0, 0, 0))
    note(at(21), ev.AccountReconciled((), 0, 0, 0))
    note(at(23, 13, 30), ev.SessionOpened(monday, {ALPHA: 0, BETA: 0}))
    note(at(24, 10), ev.AccountReconciled((), 0, 0, 0), ev.SessionClosed(monday))
    note(at(24, 12), ev.AccountReconciled((), 0, 0, 0))

    class Days:
        def __init__(self) -> None:
            self.days = SessionDays()

        def before(self, book: Book, entry: Recorded, event: Event) -> None:
            seen.append((type(event).__name__, self.days.of(book, entry, event)))

        def after(self, *_: object) -> None:
            pass

    walk(journal(clerk), [Days()])
    assert seen[1:] == [
        ("SessionOpened", friday),
        ("MarksRecorded", friday),
        ("SessionClosed", friday),
        ("StateSealed", friday),
        ("AccountReconciled", monday),
        ("AccountReconciled", monday),
        ("SessionOpened", monday),
        ("AccountReconciled", monday),
        ("SessionClosed", monday),
        ("AccountReconciled", tuesday),
    ]
