"""Chance of profit and expected result at expiry under a distribution of the price, exactly and piece by piece.

The distribution is a `Smile`, fitted or flat: risk-neutral, mean at the forward, no view on drift. A result at expiry
is a broken line over the price, so its chance to be above zero is a sum of probabilities, and its expectation one of
option values, each from the smile's own volatility at that strike. The result is the one at expiry if left alone, in
dollars of that day. No simulation, no grid.
Source: Breeden and Litzenberger, Prices of state-contingent claims implicit in option prices (1978).
"""

import math
from collections.abc import Sequence

import numpy as np

from engine.analytics.payoff import PayoffLeg, corner_results, expiry_pnl_at, upper_slope
from engine.analytics.smile import Smile
from engine.core.money import Money, from_float, to_float
from engine.domain.chain import Floats


def chance_of_profit(legs: Sequence[PayoffLeg], cash: Money, smile: Smile, shares: int = 0) -> float | None:
    """Probability of a result above zero at expiry, 0 to 1; None when the smile is not valid.

    `cash` is everything received (+) or paid (-), costs taken off, and the price of the `shares` held in it. Without
    time or volatility the price at expiry is the forward, and the answer 0 or 1.
    """
    if smile.is_certain:
        certain = from_float(smile.forward)
        return None if certain is None else float(expiry_pnl_at(legs, cash, certain, shares) > 0)
    prices, results = _line(legs, cash, shares)
    return _known(chance_above_zero(prices, results, upper_slope(legs, shares), smile))


def expected_result(legs: Sequence[PayoffLeg], cash: Money, smile: Smile, shares: int = 0) -> float | None:
    """Expected result at expiry in dollars, same inputs as `chance_of_profit`; None when the smile is not valid."""
    prices, results = _line(legs, cash, shares)
    return _known(expectation(prices, results, upper_slope(legs, shares), smile))


def chance_above_zero(prices: Floats, results: Floats, slope: float, smile: Smile) -> float:
    """Probability that a broken line of results lies above zero; NaN when an input is not usable.

    The line goes through `results` (n,) at `prices` (n,) of the underlying, $, ascending from zero on, and has `slope`
    dollars per dollar beyond the last. For positions of two expirations: their values at the front one. Raises
    ValueError when the arrays differ in shape, or the prices do not rise from zero.
    """
    if not (_is_usable(prices, results, slope) and smile.valid):
        return math.nan
    if smile.is_certain:
        return float(_value_at(smile.forward, prices, results, slope) > 0)
    left, right, last = results[:-1], results[1:], results[-1]
    with np.errstate(all="ignore"):
        # Between two results of the same sign the crossing is outside and not used.
        crossing = prices[:-1] + np.diff(prices) * (left / (left - right))
    won = (left > 0) | (right > 0)
    starts, ends = np.where(left > 0, prices[:-1], crossing)[won], np.where(right > 0, prices[1:], crossing)[won]
    if last > 0 or slope > 0:
        zero = prices[-1] - last / slope if slope else math.inf
        starts = np.append(starts, prices[-1] if last > 0 else zero)
        ends = np.append(ends, zero if slope < 0 else math.inf)
    total = float((smile.chance_above(starts) - smile.chance_above(ends)).sum())
    return min(1.0, max(0.0, total))


def expectation(prices: Floats, results: Floats, slope: float, smile: Smile) -> float:
    """Expected value of a broken line of results, $; inputs, NaN and errors as in `chance_above_zero`.

    Its value at the forward, and for each bend an option: puts below the forward and calls above, which are small where
    a bend is far away, so that no digits are lost.
    """
    if not (_is_usable(prices, results, slope) and smile.valid):
        return math.nan
    bends = np.diff(np.append(np.diff(results) / np.diff(prices), slope))
    strikes = prices[1:]
    puts, calls = (smile.undiscounted(strikes, is_put) for is_put in (True, False))
    options = np.where(strikes < smile.forward, puts, calls)
    return float(_value_at(smile.forward, prices, results, slope) + bends @ options)


def _line(legs: Sequence[PayoffLeg], cash: Money, shares: int) -> tuple[Floats, Floats]:
    """Prices and results in dollars of the line's corners."""
    corners = [(to_float(price), to_float(result)) for price, result in corner_results(legs, cash, shares)]
    prices, results = np.array(corners, dtype=np.float64).T
    return prices, results


def _is_usable(prices: Floats, results: Floats, slope: float) -> bool:
    """Whether a line has only finite figures. Raises ValueError when it is none."""
    if prices.ndim != 1 or prices.shape != results.shape or prices.size == 0:
        raise ValueError("a line has one result at each price")
    if not (np.isfinite(prices).all() and np.isfinite(results).all() and math.isfinite(slope)):
        return False
    if prices[0] != 0 or not (np.diff(prices) > 0).all():
        raise ValueError("the prices of a line rise from zero")
    return True


def _value_at(price: float, prices: Floats, results: Floats, slope: float) -> float:
    return float(np.interp(price, prices, results)) + slope * max(0.0, price - float(prices[-1]))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
