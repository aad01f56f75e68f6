"""The history of allocation, folded from the journal alone."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable

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
from engine.domain.records import ACCOUNT, Recorded
from engine.ledger.book import Book
from engine.ledger.book_state import Applied
from engine.ledger.fold_positions import lineage_of

_SETTLED = ev.GainSwept | ev.LossSettled
_CHANGES = ev.MindfolioCreated | ev.BudgetReallocated | ev.CashDeposited | _SETTLED | ev.ModuleAdded | ev.ModuleRemoved
_BOUNDARIES = _CHANGES | ev.SessionOpened


def allocation_history(entries: Iterable[tuple[Recorded, ev.Event]]) -> AllocationHistory:
    """The history of a journal's entries, all of them from the first on. Raises LedgerFault when they contradict.

    P&L is the book's own at each boundary, so the intervals' parts sum to what the ledger says, to the unit.
    """
    fold = AllocationFold()
    for entry, event in entries:
        fold.apply(entry.seq, entry.at, event)
    return fold.history()


class AllocationFold:
    """A book with what it passes through on the way; goes on where it stands when more entries come."""

    def __init__(self) -> None:
        self.book = Book()
        self._changes: list[AllocationChange] = []
        self._intervals: list[AllocationInterval] = []
        self._trades: list[EndedLineage] = []
        self._session: dt.date | None = None
        self._begins: dt.datetime | None = None
        self._nav: Money = 0
        self._used: dict[str, Money] = {}
        self._pnl: dict[str, Money] = {}
        self._nets: Counter[str] = Counter()
        self._most_used: dict[str, Money] = {}

    def apply(self, seq: int, at: dt.datetime, event: ev.Event) -> None:
        """Fold the next entry in. Raises LedgerFault when it contradicts the state."""
        book = self.book
        if isinstance(event, _BOUNDARIES):
            self._close_interval(at)
            nav, before = book.nav, book.plan
            book.apply(seq, at, event)
            if isinstance(event, ev.SessionOpened):
                self._session = event.day
            else:
                self._changes.append(_change(seq, at, event, before, book))
            self._begin_interval(at, nav)
            return
        if isinstance(event, ev.PositionMoved):
            self._hand_over(event)
        self._follow_trades(event, book.apply(seq, at, event))

    def history(self) -> AllocationHistory:
        """What came of all entries so far; the last interval ends with the last of them."""
        running = self._interval(self.book.last_at) if self.book.last_at else None
        intervals = (*self._intervals, running) if running else tuple(self._intervals)
        return AllocationHistory(tuple(self._changes), intervals, tuple(self._trades))

    def _begin_interval(self, at: dt.datetime, nav: Money) -> None:
        book = self.book
        self._begins, self._nav = at, nav
        self._used = {module_id: used for module_id in book.modules if (used := book.used(module_id))}
        self._pnl = self._pnl_now()

    def _close_interval(self, at: dt.datetime) -> None:
        interval = self._interval(at)
        if interval is not None:
            self._intervals.append(interval)

    def _interval(self, at: dt.datetime) -> AllocationInterval | None:
        """The interval that runs, as if it ended now; None before the beginning."""
        if self._begins is None:
            return None
        now = self._pnl_now()
        names = dict.fromkeys((*self._pnl, *now))
        pnl = {name: earned for name in names if (earned := now.get(name, 0) - self._pnl.get(name, 0))}
        book = self.book
        flows = book.nav - self._nav - sum(pnl.values())
        return AllocationInterval(
            self._session, self._begins, at, len(self._changes) - 1, book.plan, self._used, pnl, book.nav, flows
        )

    def _pnl_now(self) -> dict[str, Money]:
        book = self.book
        found = {module_id: book.pnl(module_id) for module_id in book.module_ids}
        return {**found, ACCOUNT: book.realised(ACCOUNT)}

    def _hand_over(self, event: ev.PositionMoved) -> None:
        """What is open in a position that goes to another module is nobody's gain or loss of the interval."""
        position = self.book.positions.get(event.position_id)
        if position is None or event.module_id == EXTERNAL:
            return
        open_pnl = self.book.marks[event.position_id] - position.cost
        for module_id, moved in ((position.module_id, -open_pnl), (event.module_id, open_pnl)):
            if module_id != EXTERNAL:
                self._pnl[module_id] = self._pnl.get(module_id, 0) + moved

    def _follow_trades(self, event: ev.Event, applied: Applied) -> None:
        book = self.book
        touched = [row.position_id for row in applied.fills]
        if isinstance(event, ev.LegSettled):
            touched.append(event.position_id)
        for position_id in touched:
            if position_id in book.positions:
                name = lineage_of(book.positions[position_id])
                used = sum(each.used for each in book.positions.values() if lineage_of(each) == name)
                self._most_used[name] = max(used, self._most_used.get(name, 0))
        for position in applied.closed:
            name = lineage_of(position)
            self._nets[name] += position.net_pnl
            if name in book.lineages:
                continue
            net, used = self._nets.pop(name), self._most_used.pop(name, 0)
            if position.module_id != EXTERNAL and book.last_at is not None:
                self._trades.append(EndedLineage(position.module_id, book.last_at, net, used))


def _change(seq: int, at: dt.datetime, event: "_CHANGES", before: BudgetPlan, book: Book) -> AllocationChange:
    """The record of an entry, `book` being the state after it."""
    module_id = ""
    if isinstance(event, ev.ModuleAdded):
        module_id = event.spec.module_id
    elif isinstance(event, _SETTLED | ev.ModuleRemoved):
        module_id = event.module_id
    who, why = ("", "") if isinstance(event, ev.MindfolioCreated) else (event.who, event.why)
    return AllocationChange(seq, at, _cause(event), who, why, book.version, module_id, before, book.plan)


def _cause(event: "_CHANGES") -> AllocationCause:
    if isinstance(event, ev.CashDeposited) and event.amount < 0:
        return AllocationCause.WITHDRAWAL
    return _CAUSES[type(event)]


_CAUSES: dict[type[ev.Event], AllocationCause] = {
    ev.MindfolioCreated: AllocationCause.CREATED,
    ev.BudgetReallocated: AllocationCause.REALLOCATED,
    ev.CashDeposited: AllocationCause.DEPOSIT,
    ev.GainSwept: AllocationCause.GAIN_SWEPT,
    ev.LossSettled: AllocationCause.LOSS_SETTLED,
    ev.ModuleAdded: AllocationCause.MODULE_ADDED,
    ev.ModuleRemoved: AllocationCause.MODULE_REMOVED,
}
