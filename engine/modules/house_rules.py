"""What is done about every module's positions before its own rules: expiry, early assignment, short stock.

Source: product terms, section 2.9. The same live and in backtests, whatever the module, a user's own included.
"""

import datetime as dt

from engine.core.calendar import market_day, next_session, session_on
from engine.core.money import CENT, UNIT, Money, from_float
from engine.domain.happening import HappeningKind
from engine.domain.instrument import MULTIPLIER, Right
from engine.domain.ports import Strategy
from engine.domain.position import Position, PositionStatus
from engine.domain.scan import Action, Exit, ExitCode, ManageContext, Warn
from engine.domain.structure import Leg

CUTOFF = dt.timedelta(hours=1)
"""Before the close of an expiry's last session, what its module could not pay for is closed."""

NEAR_PCT = 1
"""A strike within so much of the price may end on either side of it."""

NO_EXTRINSIC = 2 * CENT
"""A short put in the money that is worth no more than this beyond exercise is about to be assigned."""


def decide(strategy: Strategy, position: Position, context: ManageContext) -> tuple[Action, ...]:
    """What to do about a position: by the rules of the house, and, unless those close it, by its module's own."""
    house = house_actions(position, context) if context.module.house_rules else ()
    if any(isinstance(action, Exit) for action in house):
        return house
    return (*house, *strategy.manage(position, context))


def house_actions(position: Position, context: ManageContext) -> tuple[Action, ...]:
    """Close short stock that an assignment left, legs that cannot be paid for, and calls about to be exercised early.

    A call that its own shares cover is only warned about: to be called away is what it was sold for.
    """
    if position.shares < 0 and position.status is PositionStatus.ASSIGNED:
        why = f"short {-position.shares} {position.symbol} after an assignment"
        return (Exit(position.position_id, why, ExitCode.SHORT_STOCK),)
    if context.chain is None or context.dte is None:
        return ()
    spot = from_float(context.chain.spot)
    if spot is None:
        return ()
    found = _expiring(position, context, spot) or _deep_put(position, context, spot)
    return (found,) if found is not None else _before_dividend(position, context, spot)


def _expiring(position: Position, context: ManageContext, spot: Money) -> Exit | None:
    """On the last day, an hour before the close: what may be assigned or exercised and cannot be paid for."""
    today = market_day(context.now)
    session = session_on(today)
    if context.dte != 0 or session is None or context.now < session.closes - CUTOFF:
        return None
    means = position.used + max(0, context.available)
    for leg in position.structure.legs:
        if leg.contract.expiration != today or not _may_pay(leg, spot):
            continue
        needed = _needed(leg, position)
        if needed > means:
            verb = "assigned" if leg.ratio < 0 else "exercised"
            why = (
                f"last day: {leg.contract.strike / UNIT:g} {_word(leg)} near {spot / UNIT:.2f} could be {verb}, "
                f"which takes {needed / UNIT:,.0f} of {means / UNIT:,.0f}"
            )
            return Exit(position.position_id, why, ExitCode.EXPIRY)
    return None


def _needed(leg: Leg, position: Position) -> Money:
    """Cash that the assignment or the exercise of a leg takes; shares that are held are delivered first."""
    count = abs(leg.ratio) * position.quantity * MULTIPLIER
    is_bought = (leg.contract.right is Right.PUT) == (leg.ratio < 0)
    if is_bought:
        return leg.contract.strike * (count - min(count, max(0, -position.shares)))
    short = count - min(count, max(0, position.shares))
    return leg.contract.strike * short * 3 // 2  # Reg-T: 150 % of what is sold short


def _deep_put(position: Position, context: ManageContext, spot: Money) -> Exit | None:
    """A short put that nobody has a reason to hold on to, where its module could not pay for the shares."""
    means = position.used + max(0, context.available)
    for leg in position.structure.legs:
        is_deep = leg.ratio < 0 and leg.contract.right is Right.PUT and leg.contract.strike > spot
        extrinsic = _extrinsic(leg, context, spot)
        if is_deep and extrinsic is not None and extrinsic <= NO_EXTRINSIC and _needed(leg, position) > means:
            why = f"the short {leg.contract.strike / UNIT:g} put has no time value left: it may be assigned any day"
            return Exit(position.position_id, why, ExitCode.ASSIGNMENT)
    return None


def _before_dividend(position: Position, context: ManageContext, spot: Money) -> tuple[Action, ...]:
    """On the eve of an ex-dividend day: short calls in the money that are worth less beyond exercise than it pays."""
    tomorrow = next_session(context.now).day
    days = [each.day for each in context.outlook.happenings if each.kind is HappeningKind.EX_DIVIDEND]
    if not any(market_day(context.now) < day <= tomorrow for day in days):
        return ()
    for leg in position.structure.legs:
        if leg.ratio > 0 or leg.contract.right is not Right.CALL or leg.contract.strike >= spot:
            continue
        extrinsic = _extrinsic(leg, context, spot)
        pays = context.dividend
        if extrinsic is not None and pays is not None and extrinsic >= pays:
            continue
        text = f"{position.symbol} goes ex-dividend tomorrow and the short {leg.contract.strike / UNIT:g} call "
        if extrinsic is None or pays is None:
            text += "is in the money: it may be assigned tonight"
            return (Warn(position.position_id, "dividend", text),)
        text += f"is worth {extrinsic / UNIT:.2f} beyond exercise, less than the {pays / UNIT:.2f} that is paid"
        covered = position.shares >= -leg.ratio * position.quantity * MULTIPLIER
        if covered:
            return (Warn(position.position_id, "dividend", f"{text}: the shares may be called away tonight"),)
        return (Exit(position.position_id, text, ExitCode.DIVIDEND),)
    return ()


def _may_pay(leg: Leg, spot: Money) -> bool:
    """Whether a leg ends in the money, or so near that it may."""
    distance = leg.contract.strike - spot if leg.contract.right is Right.PUT else spot - leg.contract.strike
    return distance * 100 >= -spot * NEAR_PCT


def _extrinsic(leg: Leg, context: ManageContext, spot: Money) -> Money | None:
    """What an option is worth at mid beyond its exercise, None without a fresh quote."""
    quote = context.quotes.get(leg)
    mid = None if quote is None else quote.mid
    if mid is None:
        return None
    gain = leg.contract.strike - spot if leg.contract.right is Right.PUT else spot - leg.contract.strike
    return mid - max(0, gain)


def _word(leg: Leg) -> str:
    return "put" if leg.contract.right is Right.PUT else "call"
