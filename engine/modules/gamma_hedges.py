"""Hedging of bought options with shares: a position's own delta, and how many shares take it back into its band.

The band counts shares a contract of each right. The delta of options at the money moves by some 80 / sqrt(sessions
left) shares a contract on a day of one standard deviation, whatever price and volatility are: 15 at 37 days. A hedge
goes back to an inner band or to none, so that the next one needs another move of about that size.
"""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.analytics.black_scholes import european
from engine.analytics.chain_values import ChainValues, chain_values
from engine.analytics.implied_volatility import implied_volatility
from engine.analytics.kernel import IvStatus
from engine.core.calendar import market_day, years_to_expiry
from engine.core.money import UNIT, Money, from_float
from engine.domain.chain import Chain
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.position import Position
from engine.domain.scan import Hedge, ManageContext
from engine.modules.board import values_with
from engine.modules.gamma_rules import GammaRules
from engine.modules.house_rules import SHORT_STOCK_PCT

AT_ONCE = 2
"""Bands: a delta of so many is hedged without waiting for the cool-down."""

GLANCE = 2
"""Shares a contract that a quick look at a delta may be off: nearer to the band than this it is worked out in full."""

BACKTEST_NOTE = (
    "Hedges are made once a day, at the session's end: what hedging within the day earns and costs is not in this "
    "result, so that moves which come back before the close count for nothing."
)
"""What a backtest of this module has to say of itself."""


@dataclass(frozen=True, slots=True)
class Deltas:
    """Of a whole position, in share equivalents: its options at today's volatility, and the shares held."""

    options: float
    shares: int

    @property
    def total(self) -> float:
        """Both together, without the last bits of a float, which decide nothing."""
        return round(self.options + self.shares, 6)


def deltas(position: Position, chain: Chain, now: dt.datetime, rate: float) -> Deltas | None:
    """A position's own delta at `now`, None when the volatility of one of its options cannot be told.

    An option quoted below its exercise, of which no volatility can be told, moves as the shares that it gives. Quotes
    of any age count: the caller says which are fresh. `rate` continuously compounded a year.
    """
    rows = _rows(position, chain)
    if rows is None:
        return None
    wanted = np.zeros(chain.key.size, dtype=np.bool_)
    wanted[rows] = True
    return _by_values(position, rows, chain_values(chain, now, rate, wanted=wanted))


def _valued_already(position: Position, chain: Chain, context: ManageContext) -> Deltas | None:
    """As `deltas`, of values that are kept with the chain; None where there are none, or not of all its options.

    Those of a backtest's chains are without early exercise: options in the money are some hundredths off.
    """
    values = values_with(chain, context.now, context.rate)
    rows = None if values is None else _rows(position, chain)
    return None if values is None or rows is None else _by_values(position, rows, values)


def _rows(position: Position, chain: Chain) -> list[int] | None:
    """Rows of a position's options, None when one is not in the chain."""
    rows = [chain.row(contract) for contract in _options(position)]
    known = [row for row in rows if row is not None]
    return known if len(known) == len(rows) else None


def _by_values(position: Position, rows: list[int], values: ChainValues) -> Deltas | None:
    held = _options(position)
    sides = np.array([1.0 if contract.right is Right.CALL else -1.0 for contract in held])
    is_exercise = values.status[rows] == IvStatus.BELOW_INTRINSIC
    each = np.where(is_exercise & np.isnan(values.delta[rows]), sides, values.delta[rows])
    total = float(each @ np.array(list(held.values()), dtype=np.float64)) * MULTIPLIER
    return Deltas(total, position.shares) if np.isfinite(total) else None


def hedge(position: Position, context: ManageContext, rules: GammaRules) -> Hedge | None:
    """The shares that take a position's delta back into its band, None when it is inside or cannot be told.

    Exactly at the band nothing is done. An opening that the module could not pay for in full is cut to what it can.
    """
    contracts = straddles(position)
    is_cooling = _is_cooling(position, context, rules)
    chain = context.chain
    if contracts == 0 or chain is None or context.mark is None:
        return None
    band, spot = rules.hedge_band * contracts, from_float(chain.spot)
    least = AT_ONCE * band if is_cooling else band
    if spot is None or spot <= 0:
        return None
    found = _valued_already(position, chain, context)
    if found is None and abs(_glance(position, chain, context)) >= least - GLANCE * contracts:
        found = deltas(position, chain, context.now, context.rate)
    if found is None:
        return None
    delta = found.total
    if abs(delta) <= band or abs(delta) < least:
        return None
    left = rules.hedge_to * contracts * (1 if delta > 0 else -1)
    wanted = round(left - delta)
    if abs(wanted) < rules.min_hedge:
        return None
    shares = _paid_for(position, wanted, spot, context.available, rules)
    cut = "" if shares == wanted else f", {wanted:+,d} would be right and take more than is available"
    why = f"delta {delta:+.1f} shares is outside {band:g}: {shares:+,d} at {spot / UNIT:.2f}{cut}"
    return Hedge(position.position_id, shares, why)


def _glance(position: Position, chain: Chain, context: ManageContext) -> float:
    """A delta at a fiftieth of the cost of `deltas`, without early exercise and dividends; infinite if it has none."""
    held = _options(position)
    rows = [row for contract in held if (row := chain.row(contract)) is not None]
    mid, years = (chain.bid[rows] + chain.ask[rows]) / 2, np.array([_years(contract, context) for contract in held])
    if mid.size < len(held):
        return math.inf
    is_put = np.array([contract.right is Right.PUT for contract in held])
    strike = np.array([contract.strike / UNIT for contract in held])
    forward = chain.spot * np.exp(context.rate * years)
    implied = implied_volatility(mid, forward, strike, years, context.rate, is_put)
    values = european(chain.spot, forward, strike, years, context.rate, implied.volatility, is_put)
    each = np.where(implied.status == IvStatus.BELOW_INTRINSIC, np.where(is_put, -1.0, 1.0), values.delta)
    total = float(each @ np.array(list(held.values()), dtype=np.float64)) * MULTIPLIER + position.shares
    return total if math.isfinite(total) else math.inf


def _years(contract: OptionContract, context: ManageContext) -> float:
    return years_to_expiry(context.now, contract.expiration)


def straddles(position: Position) -> int:
    """Contracts of the right that is held most: what a position's band is counted by."""
    held = _options(position)
    return max(
        (sum(count for contract, count in held.items() if contract.right is right and count > 0) for right in Right),
        default=0,
    )


def _options(position: Position) -> Mapping[OptionContract, int]:
    held: dict[OptionContract, int] = {}
    for lot in position.lots:
        if lot.contract is not None:
            held[lot.contract] = held.get(lot.contract, 0) + lot.quantity
    return held


def _is_cooling(position: Position, context: ManageContext, rules: GammaRules) -> bool:
    """Whether the newest hedge that is known of is too young: by the desk's memory, or by the newest lot of shares."""
    times = [lot.opened_at for lot in position.lots if lot.contract is None]
    if context.hedged_at is not None:
        times.append(context.hedged_at)
    today = [at for at in times if market_day(at) == market_day(context.now)]
    return bool(today) and context.now - max(today) < dt.timedelta(minutes=rules.cool_down)


def _paid_for(position: Position, wanted: int, spot: Money, available: Money, rules: GammaRules) -> int:
    """As much of a hedge as can be paid for: what is held comes off for nothing, what is added takes buying power.

    The whole position, hedges included, takes no more than its share of the module's means. Where less than the least
    hedge could be added it is asked for in full: the gate then says what is missing.
    """
    held = position.shares
    off = min(abs(held), abs(wanted)) if held * wanted < 0 else 0
    room = (available + position.used) * rules.position_share_pct // 100 - position.used
    each = spot * (SHORT_STOCK_PCT if wanted < 0 else 100) // 100
    most = max(0, min(available, room)) // max(1, each)
    if off or abs(wanted) <= most or most < rules.min_hedge:
        return wanted
    return most if wanted > 0 else -most
