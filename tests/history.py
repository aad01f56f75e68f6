"""What performance is measured by, of a ledger in memory, the splits that it tells, and sessions for a clerk."""

import datetime as dt
from collections.abc import Iterable
from typing import TypeVar

from engine.core.calendar import session_on
from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.allocation_history import AllocationHistory
from engine.domain.performance import Performance
from engine.domain.ports import LedgerStore
from engine.domain.position import Position
from engine.domain.records import BoundaryRow, CloseRow, FlowRow, HistoryRow, OpeningRow, PowerRow, ResultRow
from engine.ledger.allocations import TYPES, AllocationRows, allocation_history
from engine.ledger.ledger import Ledger, checked_entries
from engine.portfolio.performance import performance, read_history
from tests.builders import Clerk, MemoryStore

Kept = TypeVar("Kept", bound=HistoryRow)


class MemoryHistory:
    """A HistoryQuery over a store."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store

    def of(self, kind: type[Kept]) -> tuple[Kept, ...]:
        return tuple(row for row in self._store.history() if isinstance(row, kind))

    def closes(self) -> tuple[CloseRow, ...]:
        return self.of(CloseRow)

    def flows(self) -> tuple[FlowRow, ...]:
        return self.of(FlowRow)

    def openings(self) -> tuple[OpeningRow, ...]:
        return self.of(OpeningRow)

    def power(self) -> tuple[PowerRow, ...]:
        return self.of(PowerRow)

    def ended(self) -> tuple[Position, ...]:
        return tuple({held.position_id: held for held in self._store.closed()}.values())

    def results_at(self, day: dt.date) -> dict[str, Money]:
        return {row.position_id: row.pnl for row in self.of(ResultRow) if row.day == day}


def allocations_of(ledger: Ledger) -> AllocationHistory:
    """The history of splits of a ledger."""
    ledger.commit()
    return allocation_history(allocation_rows(ledger._store), ledger.book)


def allocation_rows(store: LedgerStore) -> AllocationRows:
    """What a store holds of its splits."""
    history = MemoryHistory(store)
    entries = tuple(each for each in checked_entries(store) if each[0].type in TYPES)
    fills = tuple((row.seq, row.position_id) for row in store.fills())
    return AllocationRows(entries, history.of(BoundaryRow), history.closes(), history.power(), fills, history.ended())


def open_session(clerk: Clerk, day: dt.date) -> None:
    """A session opens."""
    book = clerk.ledger.book
    clerk.record(ev.SessionOpened(day, {module_id: book.pnl(module_id) for module_id in book.modules}))


def close_session(clerk: Clerk, day: dt.date) -> None:
    """A session closes, whatever the time."""
    clerk.record(ev.SessionClosed(day))


def bell(clerk: Clerk, day: dt.date) -> None:
    """A session closes, at its time."""
    session = session_on(day)
    assert session is not None
    clerk.at = session.closes - dt.timedelta(seconds=1)
    clerk.record(ev.SessionClosed(day))


def measured(clerk: Clerk, store: MemoryStore, now: dt.datetime | None = None, rate: float = 0.0) -> Performance:
    """Performance of a clerk's books at their last entry, or later."""
    clerk.ledger.commit()
    at = now or clerk.at
    return performance(read_history(MemoryHistory(store), at), clerk.ledger.book, at, rate)


def closes(values: Iterable[tuple[dt.date, str]], module_id: str = "", first: int = 1) -> list[CloseRow]:
    """Closes of a value in dollars on given days, two entries apart, beginning with entry `first`."""
    return [
        CloseRow(first + 2 * number, at_close(day), day, module_id, dollars(value), 0, 0, 0, 0, 0)
        for number, (day, value) in enumerate(values)
    ]


def at_close(day: dt.date) -> dt.datetime:
    """21:00 UTC of a day."""
    return dt.datetime.combine(day, dt.time(21), dt.UTC)


def flow(seq: int, at: dt.datetime, amount: str, value: str = "0") -> FlowRow:
    """What came into the mindfolio, in dollars, and what it was worth before."""
    return FlowRow(seq, at, "", dollars(amount), dollars(value), 0)
