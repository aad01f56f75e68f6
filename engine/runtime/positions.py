"""What happens to open positions by the clock: marks, exits, daily loss limits, waiting for the broker's word."""

import datetime as dt

from engine.core.calendar import days_to_expiry, expiry_at, market_day, session_at
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.mindfolio import MindfolioStatus, ModuleSpec, ModuleStatus
from engine.domain.position import Position, PositionStatus
from engine.domain.scan import Exit, ManageContext
from engine.modules.registry import strategy_for
from engine.risk.breaker import daily_loss_reached
from engine.runtime.closings import close_position
from engine.runtime.desk import Desk
from engine.runtime.orders import request_cancel, rests
from engine.runtime.pausing import set_module_status

MARK_INTERVAL = dt.timedelta(minutes=1)
"""Marks are journaled at most this often, and whenever they were acted on."""

WORD_TIME = dt.timedelta(days=4)
"""Outcomes of an expiry are told the next morning, over a long weekend at the latest."""

_MANAGED = frozenset({PositionStatus.MONITORING, PositionStatus.ASSIGNED, PositionStatus.CLOSING})

STUCK_FOR = dt.timedelta(minutes=15)
"""How long an exit is due and cannot be priced before the user hears of it: quotes fail for minutes every day."""


def record_marks(desk: Desk) -> None:
    """Journal the marks of all positions that can be marked now, and the NAV they give."""
    book = desk.book
    marks: dict[str, Money] = {}
    for position in book.positions.values():
        mark = desk.mark_of(position)
        if mark is not None:
            marks[position.position_id] = mark
    moved = sum(
        mark - book.marks[position_id]
        for position_id, mark in marks.items()
        if book.positions[position_id].module_id != EXTERNAL
    )
    desk.record(ev.MarksRecorded(marks, book.nav + moved))


def manage_exits(desk: Desk) -> None:
    """Ask each module about each of its positions; close what it wants closed.

    Exits go on while a module is paused; a stop ends them until a person re-arms.
    """
    if desk.book.status is MindfolioStatus.STOPPED or desk.latch.is_set or desk.halted:
        return
    for position in list(desk.book.positions.values()):
        expiration = position.structure.expiration
        is_managed = position.status in _MANAGED and position.module_id in desk.book.modules
        if not is_managed or expiration is None or _has_live_order(desk, position):
            continue
        legs = position.structure.legs
        quotes = desk.fresh_quotes_of(legs)
        module = desk.book.modules[position.module_id].spec
        context = ManageContext(
            now=desk.now,
            module=module,
            quotes=dict(zip(legs, quotes, strict=True)),
            dte=days_to_expiry(desk.now, expiration),
            mark=desk.mark_of(position),
        )
        decision = _decision(desk, module, position, context)
        if decision is None:
            desk.stuck.pop(position.position_id, None)
            continue
        if _makes_way(desk, position, decision.why):
            continue
        if not close_position(desk, position, decision.why):
            _tell_stuck(desk, position, decision.why)
            continue
        desk.stuck.pop(position.position_id, None)
        if desk.book.marked_at[position.position_id] != desk.now:
            record_marks(desk)  # the marks that were acted on belong in the journal


def _tell_stuck(desk: Desk, position: Position, why: str) -> None:
    """Say, once a session, that an exit has been due for a while and cannot be ordered."""
    if session_at(desk.now) is None:
        return
    since = desk.stuck.setdefault(position.position_id, desk.now)
    told = f"exit of {position.position_id} on {market_day(desk.now)}"
    if desk.now - since < STUCK_FOR or told in desk.told:
        return
    desk.told.add(told)
    trade = f"{position.quantity} x {position.structure.symbol} {position.structure.kind.value.lower()}"
    because = "its contracts have no quotes that anybody may trade on; close it by hand if you can"
    desk.alert(position.module_id, f"{trade} should be closed ({why}) and cannot be: {because}", is_urgent=True)


def _decision(desk: Desk, module: ModuleSpec, position: Position, context: ManageContext) -> Exit | None:
    """What a module says of its position. One that fails is paused alone; its positions are then a person's matter."""
    try:
        return strategy_for(module.kind).manage(position, context)
    except Exception as error:  # noqa: BLE001 - a module's fault is its own
        if desk.book.modules[module.module_id].status is ModuleStatus.ACTIVE:
            why = f"its exit rule failed on {position.position_id}: {type(error).__name__}: {error}"
            set_module_status(desk, module.module_id, ModuleStatus.PAUSED, "engine", why, code="MODULE_FAULT")
        return None


def enforce_daily_loss(desk: Desk) -> None:
    """Pause each module whose day P&L has reached its limit; it alone, until a person resumes it."""
    for module_id, module in desk.book.modules.items():
        day_pnl = desk.book.day_pnl(module_id)
        if module.status is ModuleStatus.ACTIVE and daily_loss_reached(day_pnl, module.spec.limits.daily_loss_limit):
            set_module_status(
                desk, module_id, ModuleStatus.PAUSED, "engine", "the daily loss limit is reached", code="DAILY_LOSS"
            )


def await_assignment(desk: Desk) -> None:
    """Contracts that have stopped trading wait for the broker's word: exercised, assigned, worthless; never assumed."""
    for position in list(desk.book.positions.values()):
        expiration = position.structure.expiration
        if expiration is None or desk.now < expiry_at(expiration) or position.status is PositionStatus.AWAITING:
            continue
        desk.record(
            ev.PositionStatusChanged(position.position_id, PositionStatus.AWAITING, f"{expiration} has expired")
        )


def is_word_expected(desk: Desk) -> bool:
    """Whether the broker has yet to tell what became of contracts that expired lately.

    Without a price of the underlying it never will: then nothing is gained by waiting on.
    """
    waiting = [each for each in desk.book.positions.values() if each.status is PositionStatus.AWAITING]
    ends = [each.structure.expiration for each in waiting if each.structure.expiration is not None]
    return any(desk.now < expiry_at(expiration) + WORD_TIME for expiration in ends)


def next_expiry(desk: Desk) -> dt.datetime | None:
    """When the next contracts that are held stop trading."""
    held = (position.structure.expiration for position in desk.book.positions.values())
    times = [expiry_at(expiration) for expiration in held if expiration is not None]
    return min((at for at in times if at > desk.now), default=None)


def open_session(desk: Desk, day: dt.date) -> None:
    """Begin a session: day P&L is measured from the marks of the previous close."""
    desk.record(ev.SessionOpened(day, {module_id: desk.book.pnl(module_id) for module_id in desk.book.modules}))


def _makes_way(desk: Desk, position: Position, why: str) -> bool:
    """Cancel what rests on a position, such as a target, when its module wants it closed; the close follows then."""
    resting = [order for order in desk.book.orders.values() if order.position_id == position.position_id]
    for order in resting:
        request_cancel(desk, order, f"makes way: {why}")
    return bool(resting)


def _has_live_order(desk: Desk, position: Position) -> bool:
    """Whether something works on a position that its exits have to wait for; what a person lets rest does not."""
    return any(order.position_id == position.position_id and not rests(order) for order in desk.book.orders.values())
