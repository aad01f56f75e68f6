"""Implied volatility of European options on their forward: bracketed, vectorised, every impossible price flagged.

With x = |log(F/K)| and s = volatility * sqrt(years), the undiscounted time value as a share of its maximum min(F, K)
is p(s) = N(-a) - exp(x) N(-b), where a = x/s - s/2 and b = x/s + s/2. By Mills' ratio R this is n(a) (R(a) - R(b)),
and the missing rest is 1 - p = n(a) (R(-a) + R(b)). The curve p(s) turns at s = sqrt(2x), where a = 0. Below it
(-log p)^(-1/2) is nearly a straight line in s, above it -log(1 - p) is nearly a parabola; so Newton's step with the
curvature taken along (Euler's) converges in two or three rounds from the turning point. A step that leaves the bracket
is replaced by bisection. Solving in transformed halves is Jaeckel's idea (Let's Be Rational, 2015).
"""

import math
from collections.abc import Callable
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.analytics.kernel.blocks import BLOCK, FloatLike, blocks
from engine.analytics.kernel.normal import DENSITY_AT_ZERO, LOG_DENSITY_AT_ZERO, mills_ratio
from engine.domain.chain import Floats

_BLOCK = 4 * BLOCK
"""Most rows are done after two rounds, so the arrays shrink: a larger block fits, and its numpy calls cost less."""

_ROUNDS = 100
"""More than bisection needs to exhaust float64; ordinary quotes take two or three."""

_LAST_STEP = 1e-4
"""The error after a step is of the order of the step's cube: below 1e-12 after a relative step as small as this."""

_NARROW = 1e-15
"""A bracket of this relative width holds one number."""

_MOST_BENT = -50.0
"""Far down the curve its second derivative is rounding noise: it may shorten a step to a fifth, not to nothing."""

_NOISE = 8 * float(np.finfo(np.float64).eps)
"""Time value smaller than this share of the intrinsic value is rounding of the price, not information."""

_MILLS_AT_ZERO = math.sqrt(math.pi / 2)


class IvStatus(IntEnum):
    """Whether a price has an implied volatility, and why not."""

    OK = 0
    NOT_FINITE = 1
    """An input is NaN or infinite, or too large for float64."""
    NOT_POSITIVE = 2
    """Forward or strike is zero or negative."""
    NO_TIME = 3
    """Zero or negative time to expiry."""
    BELOW_INTRINSIC = 4
    """The price is at or below the discounted intrinsic value."""
    ABOVE_MAXIMUM = 5
    """The price is at or above what no volatility can exceed: discounted forward (call), discounted strike (put)."""
    NO_CONVERGENCE = 6
    """The price carries too few digits to tell a volatility."""
    NO_PRICE = 7
    """The price is zero or negative: nobody quotes it."""
    CROSSED = 8
    """The bid is above the ask."""
    NOT_ASKED = 9
    """The row was left out by whoever asked."""


def implied_volatility(
    price: Floats, forward: Floats, strike: Floats, years: Floats, rate: Floats, side: Floats
) -> tuple[Floats, NDArray[np.int8]]:
    """Volatility a year (n,), NaN unless OK, and `IvStatus` (n,) as int8; inputs (n,), side +1 calls and -1 puts."""
    volatility = np.full(price.size, np.nan)
    status = np.empty(price.size, dtype=np.int8)
    with np.errstate(all="ignore"):
        for rows in blocks(price.size, _BLOCK):
            volatility[rows], status[rows] = _solve_block(
                price[rows], forward[rows], strike[rows], years[rows], rate[rows], side[rows]
            )
    return volatility, status


def _solve_block(
    price: Floats, forward: Floats, strike: Floats, years: Floats, rate: Floats, side: Floats
) -> tuple[Floats, NDArray[np.int8]]:
    growth = np.exp(rate * years)
    gap = forward - strike
    intrinsic = np.maximum(side * gap, 0.0)
    maximum = np.minimum(forward, strike)
    time_value = price * growth - intrinsic
    share = time_value / maximum
    rest = (maximum - time_value) / maximum
    status = np.zeros(price.size, dtype=np.int8)
    # The later an assignment, the stronger its reason.
    status[rest <= 0] = IvStatus.ABOVE_MAXIMUM
    status[(time_value <= _NOISE * intrinsic) | (share <= 0)] = IvStatus.BELOW_INTRINSIC
    status[price <= 0] = IvStatus.NO_PRICE
    status[years <= 0] = IvStatus.NO_TIME
    status[(forward <= 0) | (strike <= 0)] = IvStatus.NOT_POSITIVE
    status[~np.isfinite(price * growth + forward + strike + years + rate)] = IvStatus.NOT_FINITE
    good = np.flatnonzero(status == IvStatus.OK)
    # The quotient of two close numbers has lost the digits that their difference still has.
    distance = np.log1p(np.abs(gap[good]) / maximum[good])
    volatility = np.full(price.size, np.nan)
    volatility[good] = _total_deviation(share[good], rest[good], distance) / np.sqrt(years[good])
    status[good[~np.isfinite(volatility[good])]] = IvStatus.NO_CONVERGENCE
    return volatility, status


def _total_deviation(share: Floats, rest: Floats, distance: Floats) -> Floats:
    """The s with p(s) = share (= 1 - rest); `distance` is x. NaN where it cannot be told."""
    turn = np.sqrt(2.0 * distance)
    ratio = mills_ratio(turn)
    is_low = (share < 0.5 - DENSITY_AT_ZERO * ratio) & (distance > 0)
    result = np.empty_like(share)
    low = np.flatnonzero(is_low)
    if low.size:
        s, x, target = turn[low], distance[low], 1.0 / np.sqrt(-np.log(share[low]))
        start = s - _correction(*_low_curve(_MILLS_AT_ZERO, ratio[low], 0.0, 0.0, target))
        # A hair above the turning point, so that a root that rounding puts there is inside.
        result[low] = _bracketed(_low_step, np.zeros_like(s), s * (1 + 1e-9), start, x, target)
    high = np.flatnonzero(~is_low)
    if high.size:
        s, x = turn[high], distance[high]
        target = -np.where(share[high] < 0.5, np.log1p(-share[high]), np.log(rest[high]))
        start = s - _correction(*_high_curve(_MILLS_AT_ZERO, ratio[high], 0.0, 0.0, target))
        # At the upper end the rest is below N(-9), less than float64 can see beside 1.
        result[high] = _bracketed(_high_step, s * (1 - 1e-9), 9.0 + np.sqrt(81.0 + 2.0 * x), start, x, target)
    return result


_Step: TypeAlias = Callable[[Floats, Floats, Floats], tuple[Floats, Floats]]
"""(s, x, target) -> Newton's step to the target, and the second derivative over the first, on the transformed curve."""


def _bracketed(step: _Step, low: Floats, high: Floats, start: Floats, distance: Floats, target: Floats) -> Floats:
    """Root of each row between `low` and `high`; NaN where the rounds do not suffice."""
    result = np.full(start.size, np.nan)
    rows = np.arange(start.size)
    s = np.where((start > low) & (start < high), start, 0.5 * (low + high))
    for _ in range(_ROUNDS):
        newton, curvature = step(s, distance, target)
        too_high = newton > 0
        high = np.where(too_high, s, high)
        low = np.where(too_high, low, s)
        following = s - _correction(newton, curvature)
        inside = (following > low) & (following < high)
        close = np.abs(newton) <= _LAST_STEP * s
        following = np.where(inside | close, following, 0.5 * (low + high))
        done = close | (high - low <= _NARROW * high)
        result[rows[done]] = following[done]
        if done.all():
            break
        left = ~done
        rows, s, low, high = rows[left], following[left], low[left], high[left]
        distance, target = distance[left], target[left]
    return result


def _correction(newton: Floats, curvature: Floats) -> Floats:
    """The root of the parabola through the curve's value, slope and curvature; Newton's step to first order."""
    bend = np.clip(newton * curvature, _MOST_BENT, 0.5)
    return 2.0 * newton / (1.0 + np.sqrt(1.0 - 2.0 * bend))


def _low_curve(near: FloatLike, far: Floats, a: FloatLike, pull: FloatLike, target: Floats) -> tuple[Floats, Floats]:
    """(-log p)^(-1/2) from `near` = R(a), `far` = R(b) and `pull`, the second derivative of p over its first."""
    gap = near - far
    depth = 0.5 * a * a - LOG_DENSITY_AT_ZERO - np.log(gap)
    value = 1.0 / np.sqrt(depth)
    newton = (value - target) * 2.0 * depth * gap / value
    return newton, (1.5 / depth - 1.0) / gap + pull


def _high_curve(near: FloatLike, far: Floats, a: FloatLike, pull: FloatLike, target: Floats) -> tuple[Floats, Floats]:
    """-log(1 - p) from `near` = R(-a) and `far` = R(b); see `_low_curve`."""
    total = near + far
    value = 0.5 * a * a - LOG_DENSITY_AT_ZERO - np.log(total)
    return (value - target) * total, 1.0 / total + pull


def _low_step(s: Floats, distance: Floats, target: Floats) -> tuple[Floats, Floats]:
    centre, half = distance / s, 0.5 * s
    a, b = centre - half, centre + half
    ratios = mills_ratio(np.stack((a, b)))
    return _low_curve(ratios[0], ratios[1], a, a * b / s, target)


def _high_step(s: Floats, distance: Floats, target: Floats) -> tuple[Floats, Floats]:
    centre, half = distance / s, 0.5 * s
    a, b = half - centre, half + centre
    ratios = mills_ratio(np.stack((a, b)))
    return _high_curve(ratios[0], ratios[1], a, -a * b / s, target)
