"""What bought options have earned by movement, and what time has taken: from a position's lots, its mark and a spot.

Nothing is remembered from day to day. What the lots cost at their time tells the forward and the volatility that they
were bought at, and with those two held still the passing of time has one price. The three parts of a result are

    theta paid = premium - options valued now at the forward and the volatility of their purchase
    volatility = options at mid now - options valued at today's forward and the volatility of their purchase
    gamma      = what is left: the movement of the underlying through the options, and the hedges

so that gamma - theta paid + volatility is the result before commissions and fees, to the last unit of money.
"""

import datetime as dt
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.analytics.black_scholes import EuropeanValues, european
from engine.core.calendar import years_to_expiry
from engine.core.money import UNIT, Money
from engine.domain.instrument import MULTIPLIER, Right
from engine.domain.position import Lot, Position

_STEPS = 50
_CLOSE = 1e-7
"""Of a price in dollars: finer than money is."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """A long call and a long put as they were bought: the forward in $ and the volatility a year that explain both."""

    call: Lot
    put: Lot
    forward: float
    volatility: float
    rate: float

    def value(self, forward: float, now: dt.datetime) -> Money:
        """The options' value at a forward and the volatility of their purchase, with the time left at `now`."""
        years = max(0.0, _years(self.call, now))
        each = _values(self.call, self.put, forward, self.volatility, years, self.rate).price
        counts = np.array([self.call.quantity, self.put.quantity])
        return round(float(each @ counts) * MULTIPLIER * UNIT)

    @property
    def premium(self) -> Money:
        """What they cost, without commissions."""
        return self.call.cost + self.put.cost


@dataclass(frozen=True, slots=True)
class GammaResult:
    """The result of a hedged purchase so far, before commissions and fees, in parts that add up exactly.

    `theta_paid` is positive when time has cost something. `gamma` includes `hedges`: the shares' result, open and
    realised, with dividends and borrowing; whatever was realised on options closed in part counts there as well.
    """

    premium: Money
    theta_paid: Money
    gamma: Money
    volatility: Money
    hedges: Money

    @property
    def total(self) -> Money:
        """Gamma less theta paid, and what the change of volatility has brought."""
        return self.gamma - self.theta_paid + self.volatility


def purchase(position: Position, rate: float) -> Purchase | None:
    """How a position's options were bought; `rate` continuously compounded a year.

    None unless they are one lot of calls and one of puts, both long, of one expiration, and one forward and volatility
    explain what was paid for them.
    """
    options = [lot for lot in position.lots if lot.contract is not None]
    if len(options) != 2:
        return None
    put, call = sorted(options, key=lambda lot: lot.contract is not None and lot.contract.right is Right.CALL)
    return _purchase(call, put, rate)


def theta_paid(position: Position, now: dt.datetime, rate: float) -> Money | None:
    """What time has taken of a position's premium by `now`, None where `purchase` cannot tell."""
    bought = purchase(position, rate)
    return None if bought is None else bought.premium - bought.value(bought.forward, now)


def gamma_result(position: Position, mark: Money, spot: Money, now: dt.datetime, rate: float) -> GammaResult | None:
    """Gamma P&L against theta paid, of a position worth `mark` at mid, shares included, with its underlying at `spot`.

    `spot` a share, `rate` continuously compounded a year; the forward is the spot carried by the rate. None where
    `purchase` cannot tell.
    """
    bought = purchase(position, rate)
    if bought is None:
        return None
    years = max(0.0, _years(bought.call, now))
    paid = bought.premium - bought.value(bought.forward, now)
    options = mark - position.shares * spot
    volatility = options - bought.value(spot / UNIT * math.exp(rate * years), now)
    shares = sum(lot.cost for lot in position.lots if lot.contract is None)
    hedges = position.realised + position.income + position.shares * spot - shares
    total = options - bought.premium + hedges
    return GammaResult(bought.premium, paid, total + paid - volatility, volatility, hedges)


@lru_cache(maxsize=4096)
def _purchase(call: Lot, put: Lot, rate: float) -> Purchase | None:
    """Kept, because every quote asks for it: lots do not change while they are held."""
    if call.contract is None or put.contract is None or call.quantity <= 0 or put.quantity <= 0:
        return None
    is_pair = call.contract.right is Right.CALL and put.contract.right is Right.PUT
    years = _years(call, call.opened_at)
    if not is_pair or call.contract.expiration != put.contract.expiration or years <= 0:
        return None
    paid = np.array([lot.cost / (lot.quantity * MULTIPLIER * UNIT) for lot in (call, put)])
    discount = math.exp(-rate * years)
    # Exact for a straddle, by parity; for a strangle as if both options had the same time value.
    low, high = put.contract.strike / UNIT, call.contract.strike / UNIT
    forward = (low + high) / 2 + (paid[0] - paid[1]) / discount
    if forward <= 0 or not (paid > 0).all():
        return None
    # A straddle's volatility at the money; for a strangle too high, from where the search falls safely.
    volatility = (paid.sum() + abs(high - low) / 2) / forward * math.sqrt(math.pi / 2 / years)
    for _ in range(_STEPS):
        found = _values(call, put, forward, volatility, years, rate)
        missing = paid - found.price
        if np.abs(missing).max() < _CLOSE:
            return Purchase(call, put, float(forward), float(volatility), rate)
        slope, vega = found.delta * discount, found.vega * 100
        scale = slope[0] * vega[1] - slope[1] * vega[0]
        if not np.isfinite(scale) or scale <= 0:
            return None
        # Damped: a step takes no more than half a deviation, and half of the volatility.
        reach = forward * volatility * math.sqrt(years) / 2
        forward += _bounded((missing[0] * vega[1] - missing[1] * vega[0]) / scale, reach)
        volatility += _bounded((slope[0] * missing[1] - slope[1] * missing[0]) / scale, volatility / 2)
    return None


def _bounded(step: float, most: float) -> float:
    return max(-most, min(most, step))


def _years(lot: Lot, now: dt.datetime) -> float:
    return 0.0 if lot.contract is None else years_to_expiry(now, lot.contract.expiration)


def _values(call: Lot, put: Lot, forward: float, volatility: float, years: float, rate: float) -> EuropeanValues:
    """Values of one call and one put a share, each (2,)."""
    strikes = np.array([0.0 if lot.contract is None else lot.contract.strike / UNIT for lot in (call, put)])
    spot = forward * math.exp(-rate * years)
    return european(spot, forward, strikes, years, rate, volatility, np.array([False, True]))
