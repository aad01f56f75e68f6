"""What is done about every module's positions before its own rules: expiry, early assignment, short stock.

Source: product terms, section 2.9. The same live and in backtests, whatever the module, a user's own included.
"""

import datetime as dt
from itertools import chain, combinations

from engine.analytics.margin import MarginRates
from engine.core.calendar import expiry_at, market_day, session_on
from engine.core.money import CENT, UNIT, Money, from_float, usd
from engine.domain.instrument import MULTIPLIER, Right
from engine.domain.ports import Strategy
from engine.domain.position import Position, PositionStatus
from engine.domain.scan import Action, Exit, ExitCode, ManageContext, Warn
from engine.domain.structure import Leg

CUTOFF = dt.timedelta(hours=1)
"""Before the close of an expiry's last session, what its module could not pay for is closed."""

NEAR_PCT = 1
"""A strike within so much of the price may end on either side of it."""

SHORT_STOCK_PCT = 100 + MarginRates().short_stock_initial_pct
"""Of the price: what shares sold short take of a budget (Reg-T, initial)."""

NO_EXTRINSIC = 2 * CENT
"""A short put in the money that is worth no more than this beyond exercise is about to be assigned."""


def decide(strategy: Strategy, position: Position, context: ManageContext) -> tuple[Action, ...]:
    """What to do about a position: by the rules of the house, a person's target and stop, then its module's own rules.

    Of those the first that close it do.
    """
    house = house_actions(position, context) if context.module.house_rules else ()
    if any(isinstance(action, Exit) for action in house):
        return house
    own = own_exit(position, context)
    if own is not None:
        return (*house, own)
    return (*house, *strategy.manage(position, context))


def own_exit(position: Position, context: ManageContext) -> Exit | None:
    """The exit of a target or stop that a person gave to the position, each counting as reached at its own figure."""
    own, mark, base = context.own_exits, context.mark, abs(position.cost)
    if own is None or mark is None or base == 0 or not position.status.is_open:
        return None
    profit = mark - position.cost
    side = "debit" if position.cost > 0 else "credit"
    if own.stop_pct is not None and -profit * 100 >= own.stop_pct * base:
        why = f"your stop: {-profit * 100 // base} % of the {side} lost"
        return Exit(position.position_id, why, ExitCode.STOP)
    if own.profit_pct is not None and profit * 100 >= own.profit_pct * base:
        why = f"your profit target: {profit * 100 // base} % of the {side}"
        return Exit(position.position_id, why, ExitCode.TARGET)
    return None


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


def last_day_need(position: Position, spot: Money | None, now: dt.datetime) -> Money:
    """What the dearest outcome of a position's last hour takes beyond what it uses, >= 0; zero before that hour.

    Of several positions that end together each may count on the same money: what one that is kept needs is not
    available to the others.
    """
    needed, _, legs = (0, 0, ()) if spot is None else _dearest(position, spot, now)
    return max(0, needed - position.used) if legs else 0


def assignment_need(position: Position, spot: Money | None) -> tuple[Money, int] | None:
    """What an early assignment of all short calls, or all short puts, takes, and the shares it brings (negative: owes).

    The dearer of the two; the long legs stay as they are. None without short legs, or where a price is missing.
    """
    if spot is None:
        return None
    shorts = [leg for leg in position.structure.legs if leg.ratio < 0]
    sides = [tuple(leg for leg in shorts if leg.contract.right is right) for right in Right]
    found = [_outcome(side, position, spot) for side in sides if side]
    after = [(needed, shares - position.shares) for needed, shares in found]
    return max(after, default=None)


def _dearest(position: Position, spot: Money, now: dt.datetime) -> tuple[Money, int, tuple[Leg, ...]]:
    """The dearest outcome of the last hour: what it takes, the shares it leaves, and the legs that may bring it about.

    Legs clearly in the money are assigned or exercised; those near it may be, or not, each by itself.
    """
    session = session_on(market_day(now))
    if session is None or now < session.closes - CUTOFF:
        return 0, 0, ()
    # What expires on a day without a session has its last one before it.
    ending = [leg for leg in position.structure.legs if expiry_at(leg.contract.expiration) == session.closes]
    legs = tuple(leg for leg in ending if _beyond(leg, spot, -NEAR_PCT))
    sure = [leg for leg in legs if _beyond(leg, spot, NEAR_PCT)]
    open_ended = [leg for leg in legs if leg not in sure]
    subsets = chain.from_iterable(combinations(open_ended, count) for count in range(len(open_ended) + 1))
    needed, shares = max((_outcome((*sure, *subset), position, spot) for subset in subsets), default=(0, 0))
    return needed, shares, legs


def _expiring(position: Position, context: ManageContext, spot: Money) -> Exit | None:
    """On the last day, an hour before the close: what may be assigned or exercised and cannot be paid for."""
    needed, shares, legs = _dearest(position, spot, context.now)
    means = position.used + max(0, context.available)
    if not legs or needed <= means:
        return None
    strikes = ", ".join(f"{leg.contract.strike / UNIT:g} {leg.contract.right.word}" for leg in legs)
    why = (
        f"last day: {strikes} at {spot / UNIT:.2f} could leave {shares:+,d} shares, "
        f"which takes {usd(needed, cents=False)} of {usd(means, cents=False)}"
    )
    return Exit(position.position_id, why, ExitCode.EXPIRY)


def _outcome(exercised: tuple[Leg, ...], position: Position, spot: Money) -> tuple[Money, int]:
    """What a module has to have when these legs are exercised or assigned, and the shares that it then holds."""
    shares, spent = position.shares, 0
    for leg in exercised:
        side = 1 if leg.contract.right is Right.CALL else -1
        bought = side * leg.ratio * position.quantity * MULTIPLIER
        shares, spent = shares + bought, spent + bought * leg.contract.strike
    return (-shares * spot * SHORT_STOCK_PCT // 100 if shares < 0 else max(0, spent)), shares


def _deep_put(position: Position, context: ManageContext, spot: Money) -> Exit | None:
    """A short put that nobody has a reason to hold on to, where its module could not pay for the shares."""
    means = position.used + max(0, context.available)
    for leg in position.structure.legs:
        is_deep = leg.ratio < 0 and leg.contract.right is Right.PUT and leg.contract.strike > spot
        extrinsic = _extrinsic(leg, context, spot)
        needed = leg.contract.strike * -leg.ratio * position.quantity * MULTIPLIER
        if is_deep and extrinsic is not None and extrinsic <= NO_EXTRINSIC and needed > means:
            why = f"the short {leg.contract.strike / UNIT:g} put has no time value left: it may be assigned any day"
            return Exit(position.position_id, why, ExitCode.ASSIGNMENT)
    return None


def _before_dividend(position: Position, context: ManageContext, spot: Money) -> tuple[Action, ...]:
    """On the eve of an ex-dividend day: short calls in the money that are worth less beyond exercise than it pays."""
    ex_day = context.outlook.ex_day_after(context.now)
    if ex_day is None:
        return ()
    for leg in position.structure.legs:
        if leg.ratio > 0 or leg.contract.right is not Right.CALL or leg.contract.strike >= spot:
            continue
        extrinsic = _extrinsic(leg, context, spot)
        pays = context.dividend
        if extrinsic is not None and pays is not None and extrinsic >= pays:
            continue
        text = f"{position.symbol} goes ex-dividend on {ex_day} and the short {leg.contract.strike / UNIT:g} call "
        if extrinsic is None or pays is None:
            text += "is in the money: it may be assigned tonight"
            return (Warn(position.position_id, "dividend", text),)
        text += f"is worth {extrinsic / UNIT:.2f} beyond exercise, less than the {pays / UNIT:.2f} that is paid"
        covered = position.shares >= -leg.ratio * position.quantity * MULTIPLIER
        if covered:
            return (Warn(position.position_id, "dividend", f"{text}: the shares may be called away tonight"),)
        return (Exit(position.position_id, text, ExitCode.DIVIDEND),)
    return ()


def _beyond(leg: Leg, spot: Money, percent: int) -> bool:
    """Whether a leg is in the money by at least so many percent of the price (negative: or so near to it)."""
    return leg.contract.inside(spot) * 100 >= spot * percent


def _extrinsic(leg: Leg, context: ManageContext, spot: Money) -> Money | None:
    """What an option is worth at mid beyond its exercise, None without a fresh quote.

    Nobody offers an option for less than it can be exercised for: such a quote is older than the price, which has moved
    on, and tells nothing.
    """
    quote = context.quotes.get(leg)
    mid = None if quote is None else quote.mid
    gain = leg.contract.inside(spot)
    if quote is None or mid is None or quote.ask is None or quote.ask < gain:
        return None
    return mid - max(0, gain)
