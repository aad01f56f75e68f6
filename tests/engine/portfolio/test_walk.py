"""The walk: every onlooker sees every entry, before and after it is applied."""

import pytest

from engine.core.errors import LedgerFault
from engine.domain.events import Event
from engine.domain.records import Recorded
from engine.ledger.book import Book
from engine.ledger.book_state import Applied
from engine.portfolio.walk import walk
from tests.builders import Clerk
from tests.engine.portfolio.papers import journal, march


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
