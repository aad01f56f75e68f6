"""The NAV at each session's close, recomputed from the journal and nothing else."""

from collections.abc import Iterable

from engine.domain.events import Event
from engine.domain.performance import NavDay
from engine.domain.records import ACCOUNT, CloseRow, FlowRow, HistoryRow, Recorded
from engine.ledger.book import Book


def nav_path(entries: Iterable[tuple[Recorded, Event]]) -> tuple[NavDay, ...]:
    """NAV, units and flows of every session that closed, by folding a whole journal (`chained` checks its hashes).

    Raises LedgerFault when it contradicts itself.
    """
    book, rows = Book(), list[HistoryRow]()
    for entry, event in entries:
        rows += book.apply(entry.seq, entry.at, event).history
    return nav_days(
        [row for row in rows if isinstance(row, CloseRow)], [row for row in rows if isinstance(row, FlowRow)]
    )


def nav_days(closes: Iterable[CloseRow], flows: Iterable[FlowRow]) -> tuple[NavDay, ...]:
    """The same by what the ledger kept when it happened."""
    moved = [row for row in flows if row.module_id == ACCOUNT]
    days: list[NavDay] = []
    since = 0
    for row in closes:
        if row.module_id == ACCOUNT:
            flow = sum(each.amount for each in moved if since < each.seq < row.seq)
            days.append(NavDay(row.day, row.value, row.units, flow))
            since = row.seq
    return tuple(days)
