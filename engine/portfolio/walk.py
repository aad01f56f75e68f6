"""The journal gone through once, from its first entry, for reports that need what the book was in between."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Protocol

from engine.core.calendar import session_after, session_day, session_on
from engine.domain.account import EXTERNAL
from engine.domain.events import (
    Event,
    MindfolioCreated,
    ModuleAdded,
    ModuleChanged,
    SessionClosed,
    SessionOpened,
    StateSealed,
)
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
        elif isinstance(event, ModuleAdded | ModuleChanged):
            self[event.spec.module_id] = event.spec.name


class SessionDays:
    """Which session's day each entry belongs to: from the close of the session before to its own close.

    That is the day of day P&L, NAV, statements and sheets alike. A session is over with its SessionClosed, which may
    come late: after a night in which the program did not run.
    """

    def __init__(self) -> None:
        """Before the first entry."""
        self._closed: dt.date | None = None

    def of(self, book: Book, entry: Recorded, event: Event) -> dt.date:
        """The day of the entry that comes; the book is as it was before it. Ask once for each entry, in order."""
        if isinstance(event, StateSealed) and self._closed is not None:
            return self._closed  # it seals what the session has left
        if isinstance(event, SessionOpened | SessionClosed):
            self._closed = event.day if isinstance(event, SessionClosed) else self._closed
            return event.day
        if book.session is not None:
            return book.session
        day = session_day(entry.at)
        session = session_on(day)
        is_over = day == self._closed or (session is not None and entry.at > session.closes)
        return session_after(day).day if is_over else day


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
