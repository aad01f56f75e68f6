"""Chance of profit and expected result at expiry, integrated exactly piece by piece.

The assumption behind both: the price at expiry is lognormal with its mean at the forward and one volatility for all
strikes (risk-neutral Black 1976 without a smile; no view on drift). The result is the one at expiry if left alone,
in dollars of that day. No simulation, no grid.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from engine.analytics.payoff import PayoffLeg, corner_results, expiry_pnl_at, upper_slope
from engine.core.money import UNIT, Money, from_float, to_float
from engine.domain.instrument import MULTIPLIER, Right


def profit_probability(
    legs: Sequence[PayoffLeg], cash: Money, forward: float, years: float, volatility: float
) -> float | None:
    """Probability of a result above zero at expiry, 0 to 1; None when an input is not usable.

    `cash` is the whole premium received (+) or paid (-), costs taken off. `forward` in $ a share, `volatility` a year
    as a decimal. Without time or volatility the price at expiry is the forward, and the answer 0 or 1.
    """
    deviation = _deviation(forward, years, volatility)
    if deviation is None:
        return None
    if deviation == 0:
        certain = from_float(forward)
        return None if certain is None else float(expiry_pnl_at(legs, cash, certain) > 0)
    total = sum(
        _chance_above(low, forward, deviation) - _chance_above(high, forward, deviation)
        for low, high in _profitable(legs, cash)
    )
    return min(1.0, max(0.0, total))


def expected_pnl(
    legs: Sequence[PayoffLeg], cash: Money, forward: float, years: float, volatility: float
) -> float | None:
    """Expected result at expiry in dollars, same inputs as `profit_probability`; None when an input is not usable."""
    deviation = _deviation(forward, years, volatility)
    if deviation is None:
        return None
    payoff = sum(contracts * _expected_payoff(right, strike, forward, deviation) for right, strike, contracts in legs)
    return to_float(cash) + MULTIPLIER * payoff


def _deviation(forward: float, years: float, volatility: float) -> float | None:
    """Standard deviation of the log price; None when an input is not usable."""
    if not (forward > 0 and years >= 0 and volatility >= 0):
        return None
    deviation = volatility * math.sqrt(years)
    return deviation if math.isfinite(forward) and math.isfinite(deviation) else None


def _profitable(legs: Sequence[PayoffLeg], cash: Money) -> Iterator[tuple[float, float]]:
    """Intervals of the price, in $, with a result above zero inside; infinity ends the last one."""
    corners = corner_results(legs, cash)
    for (left, at_left), (right, at_right) in pairwise(corners):
        if at_left > 0 or at_right > 0:
            # Between two results of the same sign the crossing is outside and not used.
            crossing = left if at_left == at_right else left + (right - left) * at_left / (at_left - at_right)
            yield (crossing if at_left < 0 else left) / UNIT, (crossing if at_right < 0 else right) / UNIT
    last, at_last = corners[-1]
    slope = upper_slope(legs)
    if slope < 0 < at_last:
        yield last / UNIT, (last - at_last / slope) / UNIT
    elif slope > 0 > at_last:
        yield (last - at_last / slope) / UNIT, math.inf
    elif slope >= 0 and (at_last > 0 or slope > 0):
        yield last / UNIT, math.inf


def _chance_above(price: float, forward: float, deviation: float) -> float:
    """Probability of an end above `price`, $; deviation > 0."""
    if price <= 0:
        return 1.0
    if math.isinf(price):
        return 0.0
    return _normal_cdf(math.log(forward / price) / deviation - 0.5 * deviation)


def _expected_payoff(right: Right, strike: Money, forward: float, deviation: float) -> float:
    """Undiscounted value of one option a share, $."""
    price = to_float(strike)
    side = 1.0 if right is Right.CALL else -1.0
    if deviation == 0 or strike <= 0:
        return max(0.0, side * (forward - price))
    centre = math.log(forward / price) / deviation
    at_forward, at_strike = side * (centre + 0.5 * deviation), side * (centre - 0.5 * deviation)
    return side * (forward * _normal_cdf(at_forward) - price * _normal_cdf(at_strike))


def _normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))
