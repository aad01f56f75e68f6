"""European options at 40 digits with mpmath, and the sets of options on which the fast ones are held against them."""

from collections.abc import Mapping
from dataclasses import dataclass

import mpmath
import numpy as np

from engine.domain.chain import Floats

mpmath.mp.dps = 40

SETS: Mapping[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float], bool]] = {
    "book": ((0.0, 1.8), (0.02, 2.0), (0.08, 1.2), False),
    "deep out of the money": ((4.0, 8.0), (0.02, 2.0), (0.08, 1.2), False),
    "hours to expiry": ((0.0, 1.8), (0.5 / 8760, 7 / 8760), (0.08, 1.2), False),
    "in the money": ((2.0, 3.0), (0.02, 2.0), (0.08, 1.2), True),
    "150 to 500 % volatility": ((0.0, 1.8), (0.02, 2.0), (1.5, 5.0), False),
}
"""Standard deviations from the money, years, volatility, and whether the option is the one in the money."""


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """Columns (n,) of float64 terms."""

    spot: Floats
    forward: Floats
    strike: Floats
    years: Floats
    rate: Floats
    volatility: Floats
    is_put: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


def options(name: str, count: int, seed: int = 7) -> Options:
    """Seeded options of a set."""
    deviations, years, volatility, in_the_money = SETS[name]
    draw = np.random.default_rng(seed)
    spot, time, sigma = draw.uniform(5, 900, count), draw.uniform(*years, count), draw.uniform(*volatility, count)
    rate, dividend_yield = draw.uniform(0.0, 0.08, count), draw.uniform(0.0, 0.05, count)
    forward = spot * np.exp((rate - dividend_yield) * time)
    distance = draw.uniform(*deviations, count) * draw.choice([-1.0, 1.0], count)
    strike = forward * np.exp(distance * sigma * np.sqrt(time))
    return Options(spot, forward, strike, time, rate, sigma, (distance < 0) != in_the_money)


def exact_values(terms: Options) -> dict[str, Floats]:
    """Price and sensitivities, each correctly rounded, and the scale of those that are sums of terms that cancel."""
    columns = (terms.spot, terms.forward, terms.strike, terms.years, terms.rate, terms.volatility, terms.is_put)
    rows = [_exact(*values) for values in zip(*(c.tolist() for c in columns), strict=True)]
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def _exact(
    spot: float, forward: float, strike: float, years: float, rate: float, volatility: float, is_put: bool
) -> dict[str, mpmath.mpf]:
    s, f, k, t, r, v = (mpmath.mpf(value) for value in (spot, forward, strike, years, rate, volatility))
    side = -1 if is_put else 1
    deviation = v * mpmath.sqrt(t)
    centre = mpmath.log(f / k) / deviation
    d1, d2 = centre + deviation / 2, centre - deviation / 2
    first, second = mpmath.ncdf(side * d1), mpmath.ncdf(side * d2)
    density, discount = mpmath.npdf(d1), mpmath.exp(-r * t)
    q = r - mpmath.log(f / s) / t
    decay = discount * f / s
    parts = (
        -decay * s * density * v / (2 * mpmath.sqrt(t)),
        side * q * s * decay * first,
        -side * r * k * discount * second,
    )
    turns = (
        side * q * decay * first,
        -decay * density * (r - q) / deviation,
        decay * density * d2 / (2 * t),
    )
    vega = s * decay * density * mpmath.sqrt(t)
    return {
        "price": side * discount * (f * first - k * second),
        "delta": side * decay * first,
        "gamma": decay * density / (s * deviation),
        "theta": sum(parts) / 365,
        "theta scale": sum(abs(part) for part in parts) / 365,
        "vega": vega / 100,
        "rho": side * k * t * discount * second / 100,
        "vanna": -decay * density * d2 / v / 100,
        "vanna scale": decay * density * (abs(centre) + deviation / 2) / v / 100,
        "charm": sum(turns) / 365,
        "charm scale": sum(abs(turn) for turn in turns) / 365,
        "volga": vega * d1 * d2 / v / 10_000,
        "volga scale": vega * (centre**2 + deviation**2 / 4) / v / 10_000,
    }


def slopes(
    spot: float, forward: float, strike: float, years: float, rate: float, volatility: float, is_put: bool
) -> dict[str, float]:
    """Each sensitivity as a numeric derivative of the price, good to far more digits than float64 has."""
    s, f, k, t, r, v = (mpmath.mpf(value) for value in (spot, forward, strike, years, rate, volatility))
    side = -1 if is_put else 1
    q = r - mpmath.log(f / s) / t

    def price(s: mpmath.mpf, t: mpmath.mpf, r: mpmath.mpf, v: mpmath.mpf) -> mpmath.mpf:
        deviation = v * mpmath.sqrt(t)
        d1 = (mpmath.log(s / k) + (r - q) * t) / deviation + deviation / 2
        received = s * mpmath.exp(-q * t) * mpmath.ncdf(side * d1)
        return side * (received - k * mpmath.exp(-r * t) * mpmath.ncdf(side * (d1 - deviation)))

    at = (s, t, r, v)
    orders = {
        "delta": ((1, 0, 0, 0), 1),
        "gamma": ((2, 0, 0, 0), 1),
        "theta": ((0, 1, 0, 0), -365),
        "vega": ((0, 0, 0, 1), 100),
        "rho": ((0, 0, 1, 0), 100),
        "vanna": ((1, 0, 0, 1), 100),
        "charm": ((1, 1, 0, 0), -365),
        "volga": ((0, 0, 0, 2), 10_000),
    }
    with mpmath.workdps(60):
        return {name: float(mpmath.diff(price, at, order) / unit) for name, (order, unit) in orders.items()}
