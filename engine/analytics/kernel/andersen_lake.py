"""American options by their exercise boundary, in numpy: precise and smooth, for the book, the ticket and the gate.

Everything is a put on one dollar of strike; a call on S struck at K is the put on K struck at S with rate and yield
exchanged. With b(t) the price below which the put is exercised, t the time left, the premium over the European value
is an integral over b (Kim 1990), and b solves a fixed-point equation ("A" of the source), which is iterated at a few
Chebyshev nodes in sqrt(t) on the transformed boundary log(b / b(0+)) squared. The places where the iteration asks for
the boundary are the same fractions of the life for every option, so interpolation is one small matrix for all of them.
The start is the boundary of Barone-Adesi and Whaley (1987), found by Newton's method at every node.

Source: Andersen, Lake and Offengenden, High-performance American option pricing, Journal of Computational Finance 20
(2016).
"""

from dataclasses import dataclass

import numpy as np

from engine.analytics.kernel.blocks import Flags, blocks
from engine.analytics.kernel.normal import density_and_tail
from engine.domain.chain import Floats

NODES = 6
"""Chebyshev nodes of the boundary after its start at expiry."""

_INNER = 10
"""Quadrature points of the fixed-point equation at each node."""

_OUTER = 24
"""Quadrature points of the premium."""

_ROUNDS = 4
_NEWTON_ROUNDS = 4
_BLOCK = 128
"""Options a block: a temporary of nodes x points x options then fits the second-level cache."""

_MOST_DRIFT = 0.9
"""Deviations by which the price may drift over the life: with more the few quadrature points no longer see the hump."""

_LEAST_RATE = 1e-10
"""Stands for a rate of zero where the asset's growth alone makes exercise pay."""

_LEAST_BOUNDARY = 1e-9


def _unit_rule(points: int) -> tuple[Floats, Floats]:
    """Fractions h in (0, 1) and weights w, so that the integral of f(v) over (0, t) is t sum w f(t h h).

    The square takes the root singularity at v = 0 out of the integrand.
    """
    x, w = np.polynomial.legendre.leggauss(points)
    half = 0.5 * (1.0 + x)
    return half, w * half


def _interpolation(at: Floats) -> Floats:
    """Matrix (m, NODES) from values at the nodes to values at `at` (m,), fractions of sqrt(life); zero at expiry."""
    order = np.arange(NODES + 1)
    nodes = -np.cos(np.pi * order / NODES)
    weights = np.where(order % 2, -1.0, 1.0)
    weights[[0, -1]] *= 0.5
    gaps = (2.0 * at - 1.0)[:, None] - nodes
    terms = weights / np.where(gaps == 0, np.finfo(np.float64).tiny, gaps)
    matrix: Floats = (terms / terms.sum(axis=1, keepdims=True))[:, 1:]
    return matrix


_AT = 0.5 * (1.0 - np.cos(np.pi * np.arange(1, NODES + 1) / NODES))
_INNER_HALF, _INNER_WEIGHT = _unit_rule(_INNER)
_OUTER_HALF, _OUTER_WEIGHT = _unit_rule(_OUTER)
_TO_INNER = _interpolation((_AT[:, None] * np.sqrt(1.0 - np.square(_INNER_HALF))).reshape(-1))
_TO_OUTER = _interpolation(np.sqrt(1.0 - np.square(_OUTER_HALF)))


@dataclass(frozen=True, slots=True, eq=False)
class Boundary:
    """Exercise boundaries of puts on one dollar of strike; arrays (n,) but `bend` (NODES, n).

    rate and carry (the dividend yield) continuously compounded, volatility a year, years left. `limit` is the boundary
    just before expiry, `bend` the squared log of the boundary over it at the nodes, the last one now.
    """

    rate: Floats
    carry: Floats
    volatility: Floats
    years: Floats
    limit: Floats
    bend: Floats

    @property
    def now(self) -> Floats:
        """Boundary at the full life: the put is exercised at and below it."""
        present: Floats = self.limit * np.exp(-np.sqrt(self.bend[-1]))
        return present


def exercise_boundary(rate: Floats, carry: Floats, volatility: Floats, years: Floats) -> Boundary:
    """Boundaries of puts; inputs (n,).

    Volatility and years must be above zero, and exercise able to pay (see `pays_early`); other rows give numbers
    without meaning.
    """
    rate = np.maximum(rate, _LEAST_RATE)
    limit = np.where(carry > rate, rate / np.where(carry > rate, carry, 1.0), 1.0)
    bend = np.empty((NODES, rate.size))
    with np.errstate(all="ignore"):
        for rows in blocks(rate.size, _BLOCK):
            bend[:, rows] = _solve(rate[rows], carry[rows], volatility[rows], years[rows], limit[rows])
    return Boundary(rate, carry, volatility, years, limit, bend)


def pays_early(rate: Floats, carry: Floats) -> Flags:
    """Whether the right to exercise a put early is worth anything; False also where two boundaries would exist."""
    pays: Flags = (rate > 0) | ((rate == 0) & (carry < 0))
    return pays


def is_drifting(rate: Floats, carry: Floats, volatility: Floats, years: Floats) -> Flags:
    """Rows (n,) with so little volatility beside the carry that the boundary is not to be trusted: use a tree."""
    drifting: Flags = ~(np.abs(rate - carry) * np.sqrt(years) <= _MOST_DRIFT * volatility)
    return drifting


def exercise_premium(boundary: Boundary, price: Floats) -> tuple[Floats, Floats, Floats]:
    """Premium over the European put, and its first and second derivative in the price of the underlying.

    `price` (n,) is a multiple of the strike. At and below the boundary the figures are those of the integral and not of
    exercise: the caller knows from `boundary.now`.
    """
    out = np.empty((3, price.size))
    with np.errstate(all="ignore"):
        for rows in blocks(price.size, _BLOCK):
            out[:, rows] = _premium_block(price[rows], *_quadrature(boundary, rows))
    return out[0], out[1], out[2]


def premium_value(boundary: Boundary, prices: Floats) -> Floats:
    """The premium alone, of many prices on one boundary: `prices` and result (p, n). See `exercise_premium`."""
    out = np.empty_like(prices)
    with np.errstate(all="ignore"):
        for rows in blocks(prices.shape[1], _BLOCK):
            deviation, drift, earned, lost = _quadrature(boundary, rows)
            inverse = 1.0 / deviation
            d = np.empty((2, *deviation.shape))
            for place, price in enumerate(prices[:, rows]):
                np.add(np.log(price) * inverse, drift, out=d[0])
                np.subtract(d[0], deviation, out=d[1])
                _, tail = density_and_tail(np.abs(d))
                below = np.where(d > 0, tail, 1.0 - tail)
                out[place, rows] = (earned * below[1] - lost * price * below[0]).sum(axis=0)
    return out


def _quadrature(boundary: Boundary, rows: slice) -> tuple[Floats, Floats, Floats, Floats]:
    """Deviation, drift over it less the log of the level, interest earned and yield lost: each (points, n)."""
    bend = np.maximum(_TO_OUTER @ boundary.bend[:, rows], 0.0)
    lag = boundary.years[rows] * np.square(_OUTER_HALF)[:, None]
    deviation = boundary.volatility[rows] * np.sqrt(lag)
    level = boundary.limit[rows] * np.exp(-np.sqrt(bend))
    weight = boundary.years[rows] * _OUTER_WEIGHT[:, None]
    rate, carry = boundary.rate[rows], boundary.carry[rows]
    drift = (rate - carry) * lag / deviation + 0.5 * deviation - np.log(level) / deviation
    return deviation, drift, weight * rate * np.exp(-rate * lag), weight * carry * np.exp(-carry * lag)


def _premium_block(price: Floats, deviation: Floats, drift: Floats, earned: Floats, lost: Floats) -> Floats:
    d = np.empty((2, *deviation.shape))
    np.add(np.log(price) / deviation, drift, out=d[0])
    np.subtract(d[0], deviation, out=d[1])
    density, below = _density_and_cdf(-d)
    pull, push = lost * density[0] / deviation, earned * density[1] / (price * deviation)
    value = earned * below[1] - lost * price * below[0]
    slope = pull - push - lost * below[0]
    bend = push / price * (d[1] / deviation + 1.0) + pull / price * (1.0 - d[0] / deviation)
    return np.stack((value.sum(axis=0), slope.sum(axis=0), bend.sum(axis=0)))


def _density_and_cdf(x: Floats) -> tuple[Floats, Floats]:
    density, tail = density_and_tail(np.abs(x))
    return density, np.where(x > 0, 1.0 - tail, tail)


def _solve(rate: Floats, carry: Floats, volatility: Floats, years: Floats, limit: Floats) -> Floats:
    """Squared log of the boundary over its limit, (NODES, n)."""
    time = years * np.square(_AT)[:, None]
    deviation = volatility * np.sqrt(time)
    level = _first_guess(rate, carry, volatility, time, limit)
    shape = (NODES, _INNER, rate.size)
    lag = time[:, None, :] * np.square(_INNER_HALF)[:, None]
    spread = deviation[:, None, :] * _INNER_HALF[:, None]
    inverse = 1.0 / spread
    drift = (rate - carry) * lag * inverse + 0.5 * spread
    earned = rate * time[:, None, :] * _INNER_WEIGHT[:, None] * np.exp(-rate * lag)
    lost = carry * time[:, None, :] * _INNER_WEIGHT[:, None] * np.exp(-carry * lag)
    earned *= inverse
    discount, decay = np.exp(-rate * time), np.exp(-carry * time)
    own_drift = (rate - carry) * time / deviation + 0.5 * deviation
    bend = np.square(np.log(level / limit))
    d = np.empty((2, *shape))
    for _ in range(_ROUNDS):
        ratio = np.sqrt(np.maximum(_TO_INNER @ bend, 0.0)).reshape(shape) - np.sqrt(bend)[:, None, :]
        np.multiply(ratio, inverse, out=d[0])
        d[0] += drift
        np.subtract(d[0], spread, out=d[1])
        density, tail = density_and_tail(np.abs(d))
        cdf = np.where(d[0] > 0, 1.0 - tail[0], tail[0])
        own = np.log(level) / deviation + own_drift
        own_density, own_cdf = _density_and_cdf(np.stack((own, own - deviation)))
        top = discount * own_density[1] / deviation + (earned * density[1]).sum(axis=1)
        bottom = decay * (own_density[0] / deviation + own_cdf[0]) + (lost * (cdf + density[0] * inverse)).sum(axis=1)
        level = np.clip(top / bottom, _LEAST_BOUNDARY, limit)
        bend = np.square(np.log(level / limit))
    return bend


def _first_guess(rate: Floats, carry: Floats, volatility: Floats, time: Floats, limit: Floats) -> Floats:
    """The quadratic approximation's boundary at every node, (NODES, n)."""
    deviation = volatility * np.sqrt(time)
    variance = np.square(volatility)
    grade = 2.0 * (rate - carry) / variance - 1.0
    perpetual = _negative_root(grade, 2.0 * rate / variance)
    lowest = perpetual / (perpetual - 1.0)
    power = _negative_root(grade, 2.0 * rate / variance / -np.expm1(-rate * time))
    discount, decay = np.exp(-rate * time), np.exp(-carry * time)
    level = lowest + (limit - lowest) * np.exp(-2.0 * deviation * lowest / np.maximum(1.0 - lowest, 1e-12))
    for _ in range(_NEWTON_ROUNDS):
        d = np.log(level) / deviation + (rate - carry) * time / deviation + 0.5 * deviation
        density, cdf = _density_and_cdf(np.stack((-d, deviation - d)))
        slope = 1.0 - decay * cdf[0]
        gain = 1.0 - level - (discount * cdf[1] - decay * level * cdf[0])
        error = slope * level + power * gain
        level = level - error / (slope + decay * density[0] / deviation - power * slope)
        level = np.clip(level, np.maximum(0.5 * lowest, _LEAST_BOUNDARY), limit)
    return level


def _negative_root(grade: Floats, product: Floats) -> Floats:
    """The root below zero of x x + grade x - product, without cancellation."""
    root = np.sqrt(np.square(grade) + 4.0 * product)
    return np.where(grade > 0, -0.5 * (grade + root), -2.0 * product / (root - grade))
