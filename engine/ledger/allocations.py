"""The history of allocation, from the read tables and those entries that changed a split or opened a session.

A session goes from close to close, as day P&L does: what comes in the night counts in the session that opens next.
"""

import datetime as dt
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine.core.errors import LedgerFault
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.allocation_history import (
    AllocationCause,
    AllocationChange,
    AllocationHistory,
    AllocationInterval,
    EndedLineage,
)
from engine.domain.budget import BudgetPlan
from engine.domain.position import Position, PositionStatus
from engine.domain.records import ACCOUNT, BoundaryRow, CloseRow, PowerRow, Recorded
from engine.ledger.book_state import BookState
from engine.ledger.fold_history import pnl_by_holder
from engine.ledger.fold_positions import lineage_of

_Change = (
    ev.MindfolioCreated
    | ev.BudgetReallocated
    | ev.CashDeposited
    | ev.GainSwept
    | ev.LossSettled
    | ev.ModuleAdded
    | ev.ModuleRemoved
)

_CAUSES: dict[type[ev.Event], AllocationCause] = {
    ev.MindfolioCreated: AllocationCause.CREATED,
    ev.BudgetReallocated: AllocationCause.REALLOCATED,
    ev.CashDeposited: AllocationCause.DEPOSIT,
    ev.GainSwept: AllocationCause.GAIN_SWEPT,
    ev.LossSettled: AllocationCause.LOSS_SETTLED,
    ev.ModuleAdded: AllocationCause.MODULE_ADDED,
    ev.ModuleRemoved: AllocationCause.MODULE_REMOVED,
}

TYPES = tuple(kind.__name__ for kind in (*_CAUSES, ev.SessionOpened, ev.LegSettled))
"""The types of the entries that the history is told by."""

_BEFORE_ALL = BudgetPlan({}, 0)


@dataclass(frozen=True, slots=True)
class AllocationRows:
    """What the history is told by, each in order of its entries.

    `entries` are those of `TYPES`, `closes` the ends of sessions, `fills` the entry and the position of each fill,
    `ended` all positions that ended.
    """

    entries: tuple[tuple[Recorded, ev.Event], ...]
    boundaries: tuple[BoundaryRow, ...]
    closes: tuple[CloseRow, ...]
    power: tuple[PowerRow, ...]
    fills: tuple[tuple[int, str], ...]
    ended: tuple[Position, ...]


def allocation_history(rows: AllocationRows, book: BookState) -> AllocationHistory:
    """The history up to the book's last entry, with which the last interval ends. Raises LedgerFault where a row lacks.

    P&L is the book's own at each boundary, so the intervals' parts sum to what the ledger says, to the unit. The rows
    may be newer than the book, never older.
    """
    boundaries: dict[int, dict[str, BoundaryRow]] = defaultdict(dict)
    closes = _closing(rows.closes)
    for row in (*rows.boundaries, *closes):
        if row.seq <= book.seq:
            boundaries[row.seq][row.module_id] = row
    bells = {row.seq for row in closes}
    told = {
        entry.seq: (entry, event)
        for entry, event in rows.entries
        if entry.seq <= book.seq and not isinstance(event, ev.LegSettled)
    }
    passed = _Passed()
    try:
        for seq in sorted({*told, *boundaries}):
            entry, event = told.get(seq, (None, None))
            passed.boundary(entry, event, boundaries[seq], is_close=seq in bells)
        passed.end(book)
        return AllocationHistory(tuple(passed.changes), tuple(passed.intervals), _ended_lineages(rows, book))
    except (KeyError, IndexError) as error:
        raise LedgerFault(f"the history of splits lacks a row ({error}): mindfolio verify tells which") from error


def _closing(closes: Iterable[CloseRow]) -> list[BoundaryRow]:
    """Closes as boundaries: nothing is earned by a bell. What no module realised is the account's own."""
    by_seq: dict[int, dict[str, CloseRow]] = defaultdict(dict)
    for row in closes:
        by_seq[row.seq][row.module_id] = row
    found: list[BoundaryRow] = []
    for seq, rows in by_seq.items():
        account = rows.pop(ACCOUNT)
        own = account.realised - sum(row.realised for row in rows.values())
        reserve = account.budget - sum(row.budget for row in rows.values())
        found.append(BoundaryRow(seq, account.at, ACCOUNT, own, own, reserve, 0, account.value))
        for row in rows.values():
            pnl = row.realised + row.open_pnl
            found.append(BoundaryRow(seq, row.at, row.module_id, pnl, pnl, row.budget, row.used, 0))
    return found


# --- splits and what was earned under them ---------------------------------------------------------------------------
@dataclass(slots=True)
class _Running:
    """The interval that runs: `nav` is that just before it, `since` P&L of each holder when it was last counted."""

    session: dt.date | None
    begins: dt.datetime
    change: int
    plan: BudgetPlan
    used: dict[str, Money]
    nav: Money
    since: dict[str, Money]
    earned: Counter[str]

    def earn(self, pnl: Mapping[str, Money]) -> None:
        """Count P&L up to now."""
        for name, amount in pnl.items():
            self.earned[name] += amount - self.since.get(name, 0)

    def ended(self, at: dt.datetime, nav: Money) -> AllocationInterval:
        """It ends now."""
        pnl = {name: amount for name, amount in self.earned.items() if amount}
        flows = nav - self.nav - sum(pnl.values())
        return AllocationInterval(self.session, self.begins, at, self.change, self.plan, self.used, pnl, nav, flows)


class _Passed:
    """Changes and intervals that were passed on the way from boundary to boundary."""

    def __init__(self) -> None:
        self.changes: list[AllocationChange] = []
        self.intervals: list[AllocationInterval] = []
        self._running: _Running | None = None
        self._session: dt.date | None = None
        self._night = 0
        """The first interval since the newest close."""

    def boundary(
        self, entry: Recorded | None, event: ev.Event | None, rows: Mapping[str, BoundaryRow], *, is_close: bool
    ) -> None:
        """The next one; where no entry is given a session closed, or a position went over to another module."""
        account, running = rows[ACCOUNT], self._running
        since = {name: row.pnl_after for name, row in rows.items()}
        if running is not None:
            running.earn({name: row.pnl_before for name, row in rows.items()})
            if event is None and not is_close:
                running.since = since
                return
            self.intervals.append(running.ended(account.at, account.nav))
        if is_close:
            self._session, self._night = None, len(self.intervals)
        elif isinstance(event, ev.SessionOpened):
            self._session = event.day
            self.intervals[self._night :] = [replace(each, session=event.day) for each in self.intervals[self._night :]]
        elif entry is not None and isinstance(event, _Change):
            self.changes.append(self._changed(entry, event, rows))
        plan, change = self.changes[-1].after, len(self.changes) - 1
        used = {name: rows[name].used for name in plan.budgets if rows[name].used}
        self._running = _Running(self._session, account.at, change, plan, used, account.nav, since, Counter())

    def end(self, book: BookState) -> None:
        """The last interval ends with the book's last entry."""
        if self._running is not None and book.last_at is not None:
            self._running.earn(pnl_by_holder(book))
            self.intervals.append(self._running.ended(book.last_at, book.nav))

    def _changed(self, entry: Recorded, event: _Change, rows: Mapping[str, BoundaryRow]) -> AllocationChange:
        before = self.changes[-1].after if self.changes else _BEFORE_ALL
        version = self.changes[-1].version if self.changes else 0
        names, module_id = set(before.budgets), ""
        match event:
            case ev.MindfolioCreated():
                names, version = {spec.module_id for spec in event.spec.modules}, 1
            case ev.BudgetReallocated():
                version = event.version
            case ev.ModuleAdded():
                module_id, version = event.spec.module_id, version + 1
                names.add(module_id)
            case ev.ModuleRemoved():
                module_id, version = event.module_id, version + 1
                names.remove(module_id)
            case ev.GainSwept() | ev.LossSettled():
                module_id = event.module_id
        after = BudgetPlan({name: row.budget for name, row in rows.items() if name in names}, rows[ACCOUNT].budget)
        who, why = ("", "") if isinstance(event, ev.MindfolioCreated) else (event.who, event.why)
        return AllocationChange(entry.seq, entry.at, _cause(event), who, why, version, module_id, before, after)


def _cause(event: _Change) -> AllocationCause:
    if isinstance(event, ev.CashDeposited) and event.amount < 0:
        return AllocationCause.WITHDRAWAL
    return _CAUSES[type(event)]


# --- trades ----------------------------------------------------------------------------------------------------------
def _ended_lineages(rows: AllocationRows, book: BookState) -> tuple[EndedLineage, ...]:
    """Lineages of ours that ended, in the order in which they did."""
    settled = [(entry.seq, event) for entry, event in rows.entries if isinstance(event, ev.LegSettled)]
    # What is split off and ends with the very same entry never had buying power of its own.
    last_row = {event.split_into: seq for seq, event in settled} | {row.position_id: row.seq for row in rows.power}
    ends = {
        held.position_id: seq
        for held in rows.ended
        if held.status is not PositionStatus.BROKEN and (seq := last_row[held.position_id]) <= book.seq
    }
    ended = sorted((held for held in rows.ended if held.position_id in ends), key=lambda held: ends[held.position_id])
    going = {lineage_of(held) for held in book.positions.values()}
    names = {held.position_id: lineage_of(held) for held in (*ended, *book.positions.values())}
    looks = [*rows.fills, *((seq, event.position_id) for seq, event in settled)]
    looks = [(seq, position_id) for seq, position_id in looks if position_id in names and seq != ends.get(position_id)]
    most_used = _most_used(rows.power, names, looks)
    nets: Counter[str] = Counter()
    last: dict[str, Position] = {}
    for held in ended:
        name = lineage_of(held)
        nets[name] += held.net_pnl
        last.pop(name, None)  # a lineage stands where its last position ended
        last[name] = held
    return tuple(
        EndedLineage(held.module_id, held.closed_at, nets[name], most_used.get(name, 0))
        for name, held in last.items()
        if name not in going and held.module_id != EXTERNAL and held.closed_at is not None
    )


def _most_used(
    power: Iterable[PowerRow], names: Mapping[str, str], looks: Iterable[tuple[int, str]]
) -> dict[str, Money]:
    """The most buying power of each lineage, looked at after the fills and ends of contracts that left a position open.

    `names` are the lineages of positions. What was only taken in from the broker's account is of unknown risk.
    """
    used: Counter[str] = Counter()
    by_lineage: Counter[str] = Counter()
    most: dict[str, Money] = {}
    to_come = deque(row for row in power if row.position_id in names)
    for seq, position_id in sorted(looks):
        while to_come and to_come[0].seq <= seq:
            row = to_come.popleft()
            by_lineage[names[row.position_id]] += row.used - used[row.position_id]
            used[row.position_id] = row.used
        name = names[position_id]
        most[name] = max(by_lineage[name], most.get(name, 0))
    return most
