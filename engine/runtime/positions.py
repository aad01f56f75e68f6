"""What happens to open positions as quotes arrive: marks, exits, daily loss limits, expiry."""

import datetime as dt

from engine.core.calendar import days_to_expiry, expiry_at, market_day, session_at
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.instrument import MULTIPLIER, Right
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.package import clean_mark
from engine.domain.position import Position, PositionStatus
from engine.domain.quote import Quote
from engine.domain.scan import ManageContext
from engine.modules.registry import strategy_for
from engine.risk.breaker import daily_loss_reached
from engine.runtime.desk import Desk
from engine.runtime.handlers import set_module_status
from engine.runtime.trading import close_position

MARK_INTERVAL = dt.timedelta(minutes=1)
"""Marks are journaled at most this often, and whenever they were acted on."""

CLOSING_WINDOW = dt.timedelta(minutes=15)
"""How long before the close a price may be to stand for it."""


def mark_at(position: Position, quotes: tuple[Quote | None, ...]) -> Money | None:
    """Value of a position at mid from the quotes of its legs, None when one is missing or they cannot be true."""
    per_share = clean_mark(position.structure, quotes)
    return None if per_share is None else per_share * MULTIPLIER * position.quantity


def record_marks(desk: Desk) -> None:
    """Journal the marks of all positions that can be marked now, and the NAV they give."""
    book = desk.book
    marks: dict[str, Money] = {}
    for position in book.positions.values():
        mark = mark_at(position, desk.fresh_quotes_of(position.structure.legs))
        if mark is not None:
            marks[position.position_id] = mark
    nav = book.nav + sum(mark - book.marks[position_id] for position_id, mark in marks.items())
    desk.record(ev.MarksRecorded(marks, nav))


def manage_exits(desk: Desk) -> None:
    """Ask each module about each of its positions; close what it wants closed.

    Exits go on while a module is paused; a stop ends them until a person re-arms.
    """
    if desk.book.status is MindfolioStatus.STOPPED or desk.latch.is_set or desk.halted:
        return
    for position in list(desk.book.positions.values()):
        if position.status is not PositionStatus.MONITORING or _has_live_order(desk, position):
            continue
        legs = position.structure.legs
        quotes = desk.fresh_quotes_of(legs)
        module = desk.book.modules[position.module_id].spec
        context = ManageContext(
            now=desk.now,
            module=module,
            quotes=dict(zip(legs, quotes, strict=True)),
            dte=days_to_expiry(desk.now, position.structure.expiration),
            mark=mark_at(position, quotes),
        )
        decision = strategy_for(module.kind).manage(position, context)
        if decision is None or not close_position(desk, position, decision.why):
            continue
        if desk.book.marked_at[position.position_id] != desk.now:
            record_marks(desk)  # the marks that were acted on belong in the journal


def enforce_daily_loss(desk: Desk) -> None:
    """Pause each module whose day P&L has reached its limit; it alone, until a person resumes it."""
    for module_id, module in desk.book.modules.items():
        day_pnl = desk.book.day_pnl(module_id)
        if module.status is ModuleStatus.ACTIVE and daily_loss_reached(day_pnl, module.spec.limits.daily_loss_limit):
            set_module_status(
                desk, module_id, ModuleStatus.PAUSED, "engine", "the daily loss limit is reached", code="DAILY_LOSS"
            )


def settle_expired(desk: Desk, *, is_over: bool) -> None:
    """Settle positions whose contracts have stopped, each leg at its intrinsic value.

    The price is the underlying's from the last quarter hour of the expiration day, or the first known one after it.
    Where the recording has neither by the next session, or its end (`is_over`), the last price of the expiration day
    stands in; without any of that day the position waits for the next one.
    """
    running = session_at(desk.now)
    for position in list(desk.book.positions.values()):
        expiration = position.structure.expiration
        stopped_at = expiry_at(expiration)
        if desk.now < stopped_at or _has_live_order(desk, position):
            continue
        chain = desk.market.chain(position.structure.symbol)
        spot = desk.market.spot(position.structure.symbol)
        if chain is None or spot is None:
            continue
        is_late_enough = chain.spot_at >= stopped_at - CLOSING_WINDOW
        no_better_comes = is_over or (running is not None and running.day > expiration)
        if not is_late_enough and not (no_better_comes and market_day(chain.spot_at) == expiration):
            continue
        cash = sum(
            leg.ratio * intrinsic(leg.contract.right, leg.contract.strike, spot) for leg in position.structure.legs
        )
        desk.record(
            ev.PositionSettled(position.position_id, spot, chain.spot_at, cash * MULTIPLIER * position.quantity)
        )
        desk.alert(position.module_id, f"{position.structure.symbol} expired and was settled in cash (paper)")


def intrinsic(right: Right, strike: Money, spot: Money) -> Money:
    """What an option is worth per share when exercised at `spot`."""
    return max(0, spot - strike if right is Right.CALL else strike - spot)


def open_session(desk: Desk, day: dt.date) -> None:
    """Begin a session: day P&L is measured from the marks of the previous close."""
    desk.record(ev.SessionOpened(day, {module_id: desk.book.pnl(module_id) for module_id in desk.book.modules}))


def _has_live_order(desk: Desk, position: Position) -> bool:
    return any(order.position_id == position.position_id for order in desk.book.orders.values())
