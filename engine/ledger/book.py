"""The book: the state of a mindfolio, which is the fold of its journal and nothing else.

The kernel owns one and is the only one to call `apply`. Everything here is a function of the events, never of the
time of day, so a restart gives the same book bit for bit.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from engine.core.errors import LedgerFault
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.candidate import Answer, ApprovalStatus
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.position import OwnExits, Position, PositionStatus
from engine.domain.units import UnitNav, confirmed_peak
from engine.ledger import entries, fold_history, fold_money, fold_orders, fold_positions
from engine.ledger.book_state import Applied, BookState, ModuleBook
from engine.ledger.lots import Trade, booked, named

_ANSWERS = frozenset({ApprovalStatus.REFUSED, ApprovalStatus.EXPIRED})
"""How an approval ends that somebody could have decided: what is voided with its module was not answered."""

_ANSWERS_KEPT = dt.timedelta(days=31)


@dataclass(slots=True)
class Book(BookState):
    """The state, and the one way to change it."""

    def apply(self, seq: int, at: dt.datetime, event: ev.Event) -> Applied:
        """Fold one event in. Raises LedgerFault when it contradicts the state or breaks an invariant."""
        if seq != self.seq + 1:
            raise LedgerFault(f"entry {seq} does not follow entry {self.seq}")
        if self.spec is None and not isinstance(event, ev.MindfolioCreated):
            raise LedgerFault(f"entry {seq} ({type(event).__name__}) comes before the mindfolio was created")
        before = fold_history.before(self, event)
        self._is_folding, self._by_module = True, None
        try:
            applied = _fold(self, seq, at, event)
        except (KeyError, ValueError, StopIteration) as error:
            raise LedgerFault(f"entry {seq} ({type(event).__name__}) contradicts the state: {error}") from error
        finally:
            self._is_folding = False
        for position in applied.closed:
            self.own_exits.pop(position.position_id, None)
        self.seq, self.last_at = seq, at
        for row in applied.postings:
            key = (row.account, row.module_id)
            self.balances[key] = self.balances.get(key, 0) + row.amount
        _assert_invariants(self, applied)
        history = fold_history.rows(self, seq, at, event, before)
        return replace(applied, history=history) if history else applied


def _assert_invariants(book: Book, applied: Applied) -> None:
    """What must hold after every event; a violation means that this program is wrong, and trading halts."""
    if not entries.is_balanced(applied.postings):
        raise LedgerFault(f"postings of entry {book.seq} do not sum to zero")
    plan = book.plan
    if plan.total != book.capital or min([plan.reserve, *plan.budgets.values()], default=0) < 0:
        raise LedgerFault(f"after entry {book.seq} budgets and reserve do not add up to capital")


def _fold(book: Book, seq: int, at: dt.datetime, event: ev.Event) -> Applied:
    if isinstance(event, ev.LegSettled | ev.CashBooked):
        _saw(book, event.activity)
    trading = _TRADING.get(type(event))
    if trading is not None:
        return trading(book, seq, at, event)
    money = _MONEY.get(type(event))
    if money is not None:
        return money(book, seq, event)
    _STATE[type(event)](book, at, event)
    return Applied()


# --- state -----------------------------------------------------------------------------------------------------------
def _scanned(book: Book, at: dt.datetime, event: ev.ScanCompleted) -> None:
    book.modules[event.module_id].scanned_at = at
    book.modules[event.module_id].scans_today += 1


def _skips_followed(_book: Book, _at: dt.datetime, _event: ev.SkipsFollowed) -> None:
    """What might have been changes nothing of what is."""


def _pnl_explained(_book: Book, _at: dt.datetime, _event: ev.PnlExplained) -> None:
    """It says where the P&L came from, and changes none of it."""


def _own_exits_set(book: Book, _at: dt.datetime, event: ev.OwnExitsSet) -> None:
    position_id = book.positions[event.position_id].position_id
    if event.profit_pct is None and event.stop_pct is None:
        book.own_exits.pop(position_id, None)
    else:
        book.own_exits[position_id] = OwnExits(event.profit_pct, event.stop_pct)


def _note_written(_book: Book, _at: dt.datetime, _event: ev.NoteWritten) -> None:
    """What a person thinks changes nothing of what is."""


def _approval_requested(book: Book, _at: dt.datetime, event: ev.ApprovalRequested) -> None:
    book.approvals[event.approval.approval_id] = event.approval
    book.approvals_made += 1


def _approval_decided(book: Book, at: dt.datetime, event: ev.ApprovalDecided) -> None:
    candidate = book.approvals.pop(event.approval_id).candidate
    if event.status not in _ANSWERS:
        return
    about = candidate.position_id or candidate.structure.symbol
    key = f"{candidate.module_id} {candidate.purpose} {about}"
    reason = candidate.reasons[0] if candidate.reasons else ""
    book.answers[key] = Answer(
        candidate.module_id, candidate.purpose, candidate.position_id, candidate.structure.symbol, reason,
        event.status, at,
    )  # fmt: skip


def _reconciled(book: Book, _at: dt.datetime, event: ev.AccountReconciled) -> None:
    book.differences = {each.instrument: each for each in event.differences}


def _closing_planned(book: Book, _at: dt.datetime, event: ev.ClosingPlanned) -> None:
    book.closing, book.closing_by = event.plan, ""
    book.breaker_planned = book.breaker or book.breaker_planned


def _closing_decided(book: Book, _at: dt.datetime, event: ev.ClosingDecided) -> None:
    if book.closing is None or book.closing.plan_id != event.plan_id:
        raise LedgerFault(f"closing plan {event.plan_id} is not the one that waits")
    book.closing_by = event.who if event.is_confirmed else ""
    book.closing = book.closing if event.is_confirmed else None


def _session_opened(book: Book, at: dt.datetime, event: ev.SessionOpened) -> None:
    book.session = event.day
    book.answers = {key: answer for key, answer in book.answers.items() if at - answer.at < _ANSWERS_KEPT}
    book.rested = {key: since for key, since in book.rested.items() if at - since < _ANSWERS_KEPT}
    book.orders_today = book.loss_seen = 0
    book.day_pnl_gone = book.gone_since_close
    # Sessions that older versions have opened do not tell the account's own baseline.
    book.baseline = event.baselines.get("", book.realised(""))
    book.breaker_planned = book.breaker_planned if book.breaker else ""
    for module_id, module in book.modules.items():
        module.baseline = event.baselines[module_id]
        module.scans_today = module.executed_today = 0


def _session_closed(book: Book, _at: dt.datetime, _event: ev.SessionClosed) -> None:
    book.session = None
    book.closed, book.gone_since_close = book.realised(""), 0
    for module_id, module in book.modules.items():
        module.closed = book.pnl(module_id)


def _sealed(_book: Book, _at: dt.datetime, _event: ev.StateSealed) -> None:
    """It says what the state was, and changes none of it."""


def _module_status(book: Book, _at: dt.datetime, event: ev.ModuleStatusChanged) -> None:
    module = book.modules[event.module_id]
    module.status = event.status
    module.status_why = event.why if event.status is ModuleStatus.PAUSED else ""


def _mindfolio_status(book: Book, _at: dt.datetime, event: ev.MindfolioStatusChanged) -> None:
    if MindfolioStatus.STOPPED in (book.status, event.status):
        raise LedgerFault("an emergency stop begins with its latch and ends when a person re-arms")
    book.status = event.status
    book.status_why = event.why if event.status is not MindfolioStatus.ACTIVE else ""


def _breaker_tripped(book: Book, _at: dt.datetime, event: ev.BreakerTripped) -> None:
    book.breaker, book.status_why = event.code, event.why
    if book.status is not MindfolioStatus.STOPPED:
        book.status = MindfolioStatus.PAUSED


def _stopped(book: Book, at: dt.datetime, event: ev.EmergencyStopLatched) -> None:
    book.status, book.stop_why, book.stopped_at = MindfolioStatus.STOPPED, event.why, at


def _rearmed(book: Book, _at: dt.datetime, _event: ev.MindfolioRearmed) -> None:
    book.status, book.stop_why, book.stopped_at = MindfolioStatus.ACTIVE, "", None
    # What is reached from here on is another loss, and another plan.
    book.loss_seen = max(book.loss_seen, book.day_loss) if book.breaker else book.loss_seen
    book.breaker = book.status_why = book.breaker_planned = ""
    book.reference = book.sample
    book.closing, book.closing_by = None, ""


def _marked(book: Book, at: dt.datetime, event: ev.MarksRecorded) -> None:
    if not event.marks.keys() <= book.positions.keys():
        raise LedgerFault(f"marks of positions that are not open: {sorted(event.marks.keys() - book.positions)}")
    for position_id, mark in event.marks.items():
        book.marks[position_id], book.marked_at[position_id] = mark, at
    if book.units == 0:
        return  # everything was withdrawn: there is no price of a unit
    sample = UnitNav(event.nav, book.units)
    book.peak = confirmed_peak(book.sample, sample, book.peak)
    book.reference = confirmed_peak(book.sample, sample, book.reference)
    book.sample = sample


def _reallocated(book: Book, _at: dt.datetime, event: ev.BudgetReallocated) -> None:
    if event.version != book.version + 1:
        raise LedgerFault(f"split {event.version} does not follow split {book.version}")
    if event.budgets.keys() != book.modules.keys():
        raise LedgerFault(f"split {event.version} is of other modules")
    book.version, book.reserve = event.version, event.reserve
    for module_id, module in book.modules.items():
        module.budget = event.budgets[module_id]


def _module_added(book: Book, _at: dt.datetime, event: ev.ModuleAdded) -> None:
    spec = event.spec
    if spec.module_id in (*book.module_ids, EXTERNAL, ""):
        raise LedgerFault(f"there is or was a module {spec.module_id} already")
    why = "set up as paused" if spec.status is ModuleStatus.PAUSED else ""
    book.modules[spec.module_id] = ModuleBook(spec, 0, spec.status, why)
    book.version += 1


def _module_changed(book: Book, _at: dt.datetime, event: ev.ModuleChanged) -> None:
    module = book.modules[event.spec.module_id]
    was = module.spec
    if (event.spec.kind, event.spec.program, event.spec.status) != (was.kind, was.program, was.status):
        raise LedgerFault(f"settings of {was.module_id} that are of another program, or change its status")
    module.spec = event.spec


def _module_removed(book: Book, _at: dt.datetime, event: ev.ModuleRemoved) -> None:
    module_id = event.module_id
    waiting = any(approval.candidate.module_id == module_id for approval in book.approvals.values())
    if book.positions_of(module_id) or book.orders_of(module_id) or waiting:
        raise LedgerFault(f"module {module_id} is not flat")
    book.day_pnl_gone += book.day_pnl(module_id)
    book.gone_since_close += book.pnl(module_id) - book.modules[module_id].closed
    book.reserve += book.modules.pop(module_id).budget
    book.version += 1


def _created(book: Book, seq: int, event: ev.MindfolioCreated) -> Applied:
    if book.spec is not None:
        raise LedgerFault("a journal holds one mindfolio only")
    spec = event.spec
    book.spec, book.environment, book.market, book.seed = spec, event.environment, event.market, event.seed
    book.limits, book.costs, book.waivers = event.limits, event.costs, event.waivers
    book.capital, book.reserve, book.version = spec.capital, spec.reserve, 1
    book.units = spec.capital
    book.sample = book.peak = book.reference = UnitNav(spec.capital, spec.capital)
    book.modules = {
        module.module_id: ModuleBook(
            module,
            spec.budgets[module.module_id],
            module.status,
            "set up as paused" if module.status is ModuleStatus.PAUSED else "",
        )
        for module in spec.modules
    }
    if book.modules.keys() != spec.budgets.keys() or len(book.modules) != len(spec.modules):
        raise LedgerFault("each module needs an id of its own and one budget")
    return Applied(entries.deposit(seq, spec.capital))


def _reversed(book: Book, seq: int, at: dt.datetime, event: ev.FillReversed) -> Applied:
    """Undo a trade that the broker broke. An order that still lives has that much more to do."""
    before = book.positions.get(event.position_id)
    if before is None:
        if event.position_id != book.next_position_id:
            raise LedgerFault(f"a broken trade is about {event.position_id}, which is not open")
        book.positions_made += 1
    if event.module_id not in (EXTERNAL, *book.modules) or (before and before.module_id != event.module_id):
        raise LedgerFault(f"a broken trade is about {event.position_id}, which {event.module_id} does not hold")
    traded = [(leg.contract, leg.ratio) for leg in event.legs] + [(None, event.shares)] * bool(event.shares)
    trades = [Trade(contract, -count, price) for (contract, count), price in zip(traded, event.leg_prices, strict=True)]
    fold_orders.taken_back(book, at, event)
    book.broken += (event.reference,) if event.reference else ()
    position = before or Position(
        event.position_id, event.module_id, event.structure, 0, 0, 0, at, lineage=event.lineage
    )
    done = booked(position.lots, trades, at)
    after = replace(
        position,
        lots=done.lots,
        cost=position.cost + done.cost,
        realised=position.realised + done.gain,
        opening_cost=position.opening_cost + done.opened,
        closing_cash=position.closing_cash + done.closed_cash,
        commissions=position.commissions - event.commission,
        fees=position.fees - event.fees,
        used=event.used,
    )
    if done.lots:
        structure, quantity = named(event.structure.symbol, done.lots)
        after = replace(after, structure=structure, quantity=quantity, opened_quantity=quantity)
    else:
        status = PositionStatus.BROKEN if fold_positions.never_was(book, after) else PositionStatus.CLOSED
        after = replace(after, quantity=0, used=0, status=status, closed_at=at, closed_why=event.why)
    if before is None and done.lots:
        if event.lineage and event.lineage not in book.lineages:
            fold_positions.go_on(book, event)
        fold_positions.count_opening(book, at, after)
    closed = fold_positions.keep(book, at, before, after, traded=sum(trade.paid for trade in trades))
    rows = entries.trade(
        seq, event.module_id, cost=done.cost, gain=done.gain, commission=-event.commission, fees=-event.fees
    )
    return Applied(rows, closed)


def _saw(book: Book, activity: int) -> None:
    """Remember a statement line of the broker, so that it is booked once."""
    if activity <= book.activity_floor:
        return
    ahead = sorted({*book.activity_ahead, activity})
    while ahead and ahead[0] == book.activity_floor + 1:
        book.activity_floor = ahead.pop(0)
    book.activity_ahead = tuple(ahead)


_TRADING: dict[type[ev.Event], Callable[[Any, int, dt.datetime, Any], Applied]] = {
    ev.OrderIntended: fold_orders.intended,
    ev.OrderSubmitted: fold_orders.moved,
    ev.OrderAccepted: fold_orders.moved,
    ev.OrderUnknown: fold_orders.moved,
    ev.OrderRepriced: fold_orders.moved,
    ev.OrderReplaced: fold_orders.moved,
    ev.OrderCancelRequested: fold_orders.moved,
    ev.OrderFilled: fold_orders.filled,
    ev.OrderEnded: fold_orders.ended,
    ev.FillReversed: _reversed,
    ev.PositionSettled: fold_positions.settled_in_cash,
    ev.LegSettled: fold_positions.leg_settled,
    ev.PositionMoved: fold_positions.went_over,
    ev.PositionStatusChanged: fold_positions.status_changed,
    ev.DifferenceResolved: fold_money.difference_resolved,
}
"""Orders and positions."""

_MONEY: dict[type[ev.Event], Callable[[Any, int, Any], Applied]] = {
    ev.MindfolioCreated: _created,
    ev.CashDeposited: fold_money.deposited,
    ev.GainSwept: fold_money.gain_swept,
    ev.LossSettled: fold_money.loss_settled,
    ev.CashBooked: fold_money.cash_booked,
}
"""Capital, and cash that no trade moves."""

_STATE: dict[type[ev.Event], Callable[[Any, dt.datetime, Any], None]] = {
    ev.SessionOpened: _session_opened,
    ev.SessionClosed: _session_closed,
    ev.StateSealed: _sealed,
    ev.ModuleAdded: _module_added,
    ev.ModuleChanged: _module_changed,
    ev.ModuleRemoved: _module_removed,
    ev.BudgetReallocated: _reallocated,
    ev.ModuleStatusChanged: _module_status,
    ev.MindfolioStatusChanged: _mindfolio_status,
    ev.BreakerTripped: _breaker_tripped,
    ev.ClosingPlanned: _closing_planned,
    ev.ClosingDecided: _closing_decided,
    ev.EmergencyStopLatched: _stopped,
    ev.MindfolioRearmed: _rearmed,
    ev.ScanCompleted: _scanned,
    ev.SkipsFollowed: _skips_followed,
    ev.PnlExplained: _pnl_explained,
    ev.OwnExitsSet: _own_exits_set,
    ev.ApprovalRequested: _approval_requested,
    ev.ApprovalDecided: _approval_decided,
    ev.AccountReconciled: _reconciled,
    ev.MarksRecorded: _marked,
    ev.NoteWritten: _note_written,
}
"""Everything that moves no money."""
