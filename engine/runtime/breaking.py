"""Account limits and the closing plan: suspicion halts at once, proof closes the riskiest, whole structures first.

The plan is worked out anew after every step, from what is then held and quoted; it is shown with its cost before the
first order, and it ends when the worst case has come down to its target, or when nothing can be closed.
"""

import datetime as dt
from collections.abc import Container
from dataclasses import replace

from engine.core.calendar import market_day, session_at
from engine.core.errors import DenialCode
from engine.core.money import Money, usd
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.closing import ClosingPlan, ClosingStep
from engine.domain.denial import Denial
from engine.domain.limits import AccountLimits
from engine.domain.mindfolio import MindfolioStatus
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.position import Position, PositionStatus
from engine.domain.units import drawdown_bp
from engine.ledger.book import Book
from engine.market.happenings import outlook
from engine.portfolio.comovement import betas_of, known_betas
from engine.portfolio.held_legs import prices_of
from engine.risk.breaker import BreachSample, daily_loss_reached, drawdown_reached, has_evidence
from engine.risk.closing_plan import closing_plan
from engine.runtime.closings import Closing, close
from engine.runtime.desk import RISK_FREE_RATE, Desk
from engine.runtime.orders import request_cancel
from engine.runtime.pausing import withdraw_all
from engine.runtime.positions import record_marks

LOOK_AGAIN = dt.timedelta(seconds=5)
"""While a plan is carried out."""

SAMPLES_KEPT = dt.timedelta(minutes=10)

Denials = tuple[Denial, ...]


# --- limits ----------------------------------------------------------------------------------------------------------
def watch(desk: Desk, *, has_quotes: bool) -> None:
    """Look at the account's limits with every new quote, and carry a confirmed plan on."""
    session, spec = session_at(desk.now), desk.book.spec
    if has_quotes and session is not None and spec is not None:
        _look(desk, spec.account_limits, session.opens)
    if desk.book.closing_by and (desk.look_at is None or desk.look_at <= desk.now):
        _carry_out(desk)


def next_look(desk: Desk) -> dt.datetime | None:
    """When the plan under way is looked at next, None without one."""
    return desk.look_at if desk.book.closing_by else None


def _look(desk: Desk, limits: AccountLimits, opened: dt.datetime) -> None:
    book = desk.book
    marks = {
        position_id: desk.mark_of(position)
        for position_id, position in book.positions.items()
        if position.module_id != EXTERNAL
    }
    moved = sum(mark - book.marks[position_id] for position_id, mark in marks.items() if mark is not None)
    day = book.account_day_pnl + book.loss_seen + moved
    breach = _breach(book, limits, day, book.nav + moved)
    is_clean = None not in marks.values()
    desk.samples = [each for each in desk.samples if desk.now - each.at <= SAMPLES_KEPT]
    desk.samples.append(BreachSample(desk.now, is_clean, breach is not None))
    if breach is not None and not book.breaker and book.status is not MindfolioStatus.STOPPED:
        record_marks(desk)  # what was acted on belongs in the journal
        desk.told.discard(breach.code)
        desk.record(breach)
        withdraw_all(desk, breach.why)
        desk.reconcile_at = desk.now
        desk.alert("", f"Trading paused: {breach.why}", is_urgent=True, is_standing=True)
    # Once, also after a restart. A plan that nobody has confirmed does not stand in its way.
    is_answered = book.breaker in (book.breaker_planned, *desk.told) or bool(book.closing_by)
    if book.breaker and not is_answered:
        _close_on_evidence(desk, limits, opened)


def _breach(book: Book, limits: AccountLimits, day: Money, nav: Money) -> ev.BreakerTripped | None:
    if limits.day_loss is not None and daily_loss_reached(day, limits.day_loss):
        why = f"the account's day loss of {usd(-day)} has reached its limit of {usd(limits.day_loss)}"
        return ev.BreakerTripped("ACCOUNT_LOSS", -day, limits.day_loss, why)
    drawdown = drawdown_bp(nav, book.units, book.reference.nav, book.reference.units)
    if drawdown is not None and limits.drawdown_pct is not None and drawdown_reached(drawdown, limits.drawdown_pct):
        why = f"the drawdown of {drawdown / 100:.2f} % has reached its limit of {limits.drawdown_pct} %"
        return ev.BreakerTripped("DRAWDOWN", drawdown, limits.drawdown_pct * 100, why)
    return None


def _close_on_evidence(desk: Desk, limits: AccountLimits, opened: dt.datetime) -> None:
    """Plan, and unless the user wants to be asked first, begin: only on proof that the loss is real."""
    book = desk.book
    is_reconciled = desk.is_reconciled and not book.differences and not desk.suspects
    if not has_evidence(desk.samples, desk.now, opened, is_reconciled=is_reconciled):
        return
    plan = _plan(desk, limits.target_pct)
    if not plan.steps:
        desk.told.add(book.breaker)  # a person may ask for a plan later
        desk.alert("", "Nothing can be closed now that would bring the worst case down", is_urgent=True)
        return
    desk.record(ev.ClosingPlanned(plan))
    if limits.asks_first or desk.latch.is_set or book.status is MindfolioStatus.STOPPED:
        desk.alert(
            "",
            f"A plan to close the riskiest positions waits for you; it costs about {usd(plan.cost)}",
            is_urgent=True,
        )
        return
    desk.record(ev.ClosingDecided(plan.plan_id, is_confirmed=True, who="engine", why=book.breaker))
    desk.alert("", f"Closing the riskiest positions, for about {usd(plan.cost)}", is_urgent=True)


# --- the plan --------------------------------------------------------------------------------------------------------
def plan_closing(desk: Desk, command: cmd.PlanClosing) -> Denials:
    """Work a plan out and show it; nothing is sent by this."""
    if not 0 <= command.target_pct < 100:
        return (Denial(DenialCode.NEGATIVE_AMOUNT, command.target_pct, 99, "pct"),)
    if desk.book.closing_by:
        return (Denial(DenialCode.ORDER_STATE, facts={"why": "a closing plan is being carried out"}),)
    plan = _plan(desk, command.target_pct)
    if not plan.steps:
        why = "; ".join(f"{position_id}: {reason}" for position_id, reason in plan.left.items())
        return (Denial(DenialCode.UNKNOWN_PLAN, facts={"why": why or "no closing would bring the worst case down"}),)
    desk.record(ev.ClosingPlanned(plan))
    return ()


def confirm_closing(desk: Desk, command: cmd.ConfirmClosing) -> Denials:
    """Carry out the plan that was shown, and no other."""
    plan = desk.book.closing
    if plan is None or plan.plan_id != command.plan_id:
        shown = "" if plan is None else plan.plan_id
        return (Denial(DenialCode.UNKNOWN_PLAN, command.plan_id, shown),)
    if not desk.book.closing_by:
        desk.record(ev.ClosingDecided(plan.plan_id, is_confirmed=True, who=command.who, why=""))
        desk.look_at = desk.now
    return ()


def _plan(desk: Desk, target_pct: int = 0, target: Money | None = None) -> ClosingPlan:
    """What to close now; only what is the mindfolio's own."""
    book, today = desk.book, market_day(desk.now)
    held = [_as_open(desk, position) for position in book.positions.values() if position.module_id != EXTERNAL]
    symbols = sorted({position.symbol for position in held})
    betas = known_betas(betas_of(symbols, desk.pasts_on(today)))
    return closing_plan(
        held,
        prices_of(held, desk.market.chains(), desk.now, RISK_FREE_RATE, betas),
        plan_id=f"C{book.seq + 1:06d}",
        costs=book.costs,
        target_pct=target_pct,
        target=target,
        max_age=book.limits.max_quote_age or dt.timedelta(0),
        outlooks={symbol: outlook(desk.events_on(today), symbol, today) for symbol in symbols},
    )


def _as_open(desk: Desk, position: Position) -> Position:
    """A position on which a person lets an order rest is one that can be closed: the order makes way for the plan."""
    closings = [order for order in desk.book.orders.values() if not order.adds_risk]
    going = [order for order in closings if order.position_id == position.position_id]
    is_free = position.status is PositionStatus.CLOSING and all(order.rests for order in going)
    return replace(position, status=PositionStatus.MONITORING) if is_free else position


def _carry_out(desk: Desk) -> None:
    """One step: what a person lets rest makes way, and with nothing under way the next one begins."""
    plan = desk.book.closing
    if plan is None or desk.halted:
        return
    desk.look_at = desk.now + LOOK_AGAIN
    if session_at(desk.now) is None:
        return
    planned = {step.position_id for step in plan.steps}
    orders = list(desk.book.orders.values())
    going = [order for order in orders if order.purpose is OrderPurpose.CLOSE and order.position_id in planned]
    for order in going:
        if order.rests:
            request_cancel(desk, order, "makes way for the closing plan")
    if not going:
        _next_step(desk, plan)


def _next_step(desk: Desk, plan: ClosingPlan) -> None:
    """What is riskiest now is closed; with nothing left to do, it is said.

    A roll, a hedge or a target that works on what is to be closed makes way, and the plan waits until it is gone.
    """
    who = desk.book.closing_by
    newest = _plan(desk, target=plan.target)
    if newest.worst_before is not None and newest.worst_before <= plan.target:
        _finish(desk, plan, f"the worst case is down to {usd(newest.worst_before)}")
        return
    in_the_way = _in_the_way(desk, {step.position_id for step in newest.steps})
    for order in in_the_way:
        request_cancel(desk, order, "makes way for the closing plan")
    for step in newest.steps:
        if not _begin(desk, step):
            if newest.steps != plan.steps:
                desk.record(ev.ClosingPlanned(newest))
                desk.record(ev.ClosingDecided(newest.plan_id, is_confirmed=True, who=who, why="carried on"))
            return
    if not in_the_way:
        _finish(desk, plan, "nothing more can be closed now; look at what is left")


def _in_the_way(desk: Desk, positions: Container[str]) -> list[Order]:
    """What works on positions and keeps them from being closed; cancelled, it is gone soon.

    Legs that are done are risk by themselves: what would complete them is not cancelled blindly, nor waited for.
    """
    going = [order for order in desk.book.orders.values() if order.position_id in positions]
    return [order for order in going if order.status is not OrderStatus.LEGGED]


def _begin(desk: Desk, step: ClosingStep) -> Denials:
    closing = Closing(step.structure, step.quantity, f"closing plan: {step.why}", desk.book.closing_by, is_planned=True)
    return close(desk, desk.book.positions[step.position_id], closing)


def _finish(desk: Desk, plan: ClosingPlan, why: str) -> None:
    desk.look_at = None
    desk.record(ev.ClosingDecided(plan.plan_id, is_confirmed=False, who="engine", why=why))
    desk.alert("", f"The closing plan has ended: {why}", is_urgent=True)
