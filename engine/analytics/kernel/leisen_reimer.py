"""American options by the tree of Leisen and Reimer, vectorised over options, in numpy: quick, for scans.

Everything is a put on one dollar of strike (see `andersen_lake`). The tree starts two steps before now, so that its
third level holds three prices of the underlying around today's, all of them priced on the same final nodes. What is
kept is the premium over the closed European value at those three; it is smooth, so its differences are good Greeks.
The error of exercise falls with one over the steps, and Richardson's extrapolation from half as many takes most of it.

Source: Leisen and Reimer, Binomial models for option valuation, Applied Mathematical Finance 3 (1996).
"""

import numpy as np

from engine.analytics.kernel.blocks import blocks
from engine.analytics.kernel.normal import density_and_tail
from engine.domain.chain import Floats

STEPS = (25, 51)
"""Steps of the coarse and the fine tree, both odd: the strike then lies in the middle of the final nodes."""

MANY_STEPS = (101, 203)
"""For few options that must be precise."""

_CERTAIN = 8.0
"""Deviations from the strike beyond which the other side has no weight in float64."""

_BLOCK = 256


def tree_premium(
    price: Floats, rate: Floats, carry: Floats, volatility: Floats, years: Floats, steps: tuple[int, int] | None = None
) -> tuple[Floats, Floats, Floats]:
    """Premium of American over European puts, and its first and second derivative in the price of the underlying.

    Inputs (n,): price a multiple of the strike; rate and carry (the dividend yield) continuously compounded, volatility
    a year and years above zero. `steps` of the coarse and the fine tree in place of `STEPS`.
    """
    out = np.empty((3, price.size))
    coarse, fine = steps or STEPS
    weight = fine / (fine - coarse)
    with np.errstate(all="ignore"):
        for rows in blocks(price.size, _BLOCK):
            inputs = (price[rows], rate[rows], carry[rows], volatility[rows], years[rows])
            out[:, rows] = weight * _premium(*inputs, steps=fine) + (1.0 - weight) * _premium(*inputs, steps=coarse)
    return out[0], out[1], out[2]


def _premium(price: Floats, rate: Floats, carry: Floats, volatility: Floats, years: Floats, *, steps: int) -> Floats:
    """Premium, slope and curvature (3, n) by one tree."""
    step = years / steps
    deviation = volatility * np.sqrt(years)
    drift = (rate - carry) * years / deviation
    d1 = np.log(price) / deviation + drift + 0.5 * deviation
    (rising, falling), (rising_in_stock, falling_in_stock) = _branches(d1 - deviation, steps), _branches(d1, steps)
    growth = np.exp((rate - carry) * step)
    up = growth * rising_in_stock / rising
    down = growth * falling_in_stock / falling
    ratio = up / down
    discount = np.exp(-rate * step)
    value = _rolled_back(price * down**steps / ratio, ratio, 1.0 / down, discount * rising, discount * falling, steps)
    at = price * np.stack((1.0 / ratio, np.ones_like(ratio), ratio))
    premium = value - _european_put(at, rate, carry, deviation, drift, years)
    left, right = at[1] - at[0], at[2] - at[1]
    below, above = (premium[1] - premium[0]) / left, (premium[2] - premium[1]) / right
    slope = (below * right + above * left) / (left + right)
    found = np.stack((premium[1], slope, 2.0 * (above - below) / (left + right)))
    # So far from the strike that the end is certain.
    certain = ~np.isfinite(found).all(axis=0) | (np.abs(d1) > _CERTAIN)
    if certain.any():
        rows = np.flatnonzero(certain)
        plain = _european_put(*(c[rows] for c in (price, rate, carry, deviation, drift, years)))
        found[:, rows] = 0.0
        found[0, rows] = np.maximum(1.0 - price[rows] - plain, 0.0)
    return found


def _rolled_back(
    lowest: Floats, ratio: Floats, rise: Floats, up_weight: Floats, down_weight: Floats, steps: int
) -> Floats:
    """Values at the three nodes of now (3, n); `lowest` is the lowest final node, `rise` one over the factor down."""
    nodes = np.empty((steps + 3, lowest.size))
    nodes[0] = lowest
    for level in range(1, steps + 3):
        np.multiply(nodes[level - 1], ratio, out=nodes[level])
    value = np.maximum(1.0 - nodes, 0.0)
    spare = np.empty_like(value)
    for level in range(steps + 1, 1, -1):
        kept, part, node = value[: level + 1], spare[: level + 1], nodes[: level + 1]
        np.multiply(value[1 : level + 2], up_weight, out=part)
        kept *= down_weight
        kept += part
        node *= rise
        np.subtract(1.0, node, out=part)
        np.maximum(kept, part, out=kept)
    return value[:3]


def _branches(z: Floats, steps: int) -> tuple[Floats, Floats]:
    """Probabilities of rising and falling by Peizer and Pratt's second inversion of the normal distribution.

    Their product is known, so the smaller one keeps its digits.
    """
    scaled = z / (steps + 1.0 / 3.0 + 0.1 / (steps + 1.0))
    exponent = -np.square(scaled) * (steps + 1.0 / 6.0)
    greater = 0.5 + 0.5 * np.sqrt(-np.expm1(exponent))
    lesser = 0.25 * np.exp(exponent) / greater
    return np.where(z > 0, greater, lesser), np.where(z > 0, lesser, greater)


def _european_put(
    price: Floats, rate: Floats, carry: Floats, deviation: Floats, drift: Floats, years: Floats
) -> Floats:
    """Closed value at each price (3, n)."""
    d1 = np.log(price) / deviation + drift + 0.5 * deviation
    d = np.stack((d1, d1 - deviation))
    _, tail = density_and_tail(np.abs(d))
    below = np.where(d > 0, tail, 1.0 - tail)
    value: Floats = np.exp(-rate * years) * below[1] - price * np.exp(-carry * years) * below[0]
    return value
