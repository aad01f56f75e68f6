"""The journal gone through once, from its first entry, for reports that need what the book was in between."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from engine.domain.account import EXTERNAL
from engine.domain.events import Event, MindfolioCreated, ModuleAdded
from engine.domain.records import Recorded
from engine.ledger.book import Book
from engine.ledger.book_state import Applied


class Onlooker(Protocol):
    """Something that watches entries being applied. The book is the walk's own: what is kept of it must be frozen."""

    def before(self, book: Book, entry: Recorded, event: Event, /) -> None:
        """An entry comes; the book is as it was until now."""
        ...

    def after(self, book: Book, entry: Recorded, event: Event, applied: Applied, /) -> None:
        """It was applied."""
        ...


class ModuleNames(dict[str, str]):
    """What modules are called, by id: those of the entries so far, the account and EXTERNAL."""

    def __init__(self) -> None:
        """Before the first entry."""
        super().__init__({"": "Account", EXTERNAL: "External"})

    def learn(self, event: Event) -> None:
        """Take in what an event names."""
        if isinstance(event, MindfolioCreated):
            self.update({spec.module_id: spec.name for spec in event.spec.modules})
        elif isinstance(event, ModuleAdded):
            self[event.spec.module_id] = event.spec.name


def walk(entries: Iterable[tuple[Recorded, Event]], onlookers: Sequence[Onlooker]) -> Book:
    """Fold all entries and show each to every onlooker; returns the book at the end.

    Raises LedgerFault where an entry contradicts the state.
    """
    book = Book()
    for entry, event in entries:
        for each in onlookers:
            each.before(book, entry, event)
        applied = book.apply(entry.seq, entry.at, event)
        for each in onlookers:
            each.after(book, entry, event, applied)
    return book
