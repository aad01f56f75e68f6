"""One smile as five numbers: Gatheral's raw SVI of the total variance, and what makes it free of arbitrage.

w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)), where k = ln(strike / forward) and w = volatility^2 * years.
Sources: Gatheral, The Volatility Surface (2006); Gatheral and Jacquier, Arbitrage-free SVI volatility surfaces (2014);
Lee, The moment formula for implied volatility at extreme strikes (2004).
"""

import math
from dataclasses import dataclass

import numpy as np

from engine.domain.chain import Floats

STEEPEST_WING = 1.98
"""Slope of total variance far out. Lee's bound is 2; at the bound itself the price would lose its mean."""

_ROUNDING = 1e-12

FAR = 3.0
"""Log-moneyness up to which quotes count: from a twentieth of the forward to twenty times the forward."""

REACH = 60.0
"""Log-moneyness up to which a smile is checked: the wings of wild quotes may cross long after the last price."""


@dataclass(frozen=True, slots=True)
class Svi:
    """Raw parameters: a (level), b (slope), rho (tilt, -1 to 1), m (where it turns), sigma (how sharply)."""

    a: float
    b: float
    rho: float
    m: float
    sigma: float

    def total_variance(self, k: Floats) -> Floats:
        """Variance up to expiry at log-moneyness `k`, any shape."""
        moved = k - self.m
        return self.a + self.b * (self.rho * moved + np.hypot(moved, self.sigma))

    def slope(self, k: Floats) -> Floats:
        """First derivative of the total variance by k."""
        moved = k - self.m
        root = np.maximum(np.hypot(moved, self.sigma), np.finfo(np.float64).tiny)
        return self.b * (self.rho + moved / root)

    def curvature(self, k: Floats) -> Floats:
        """Second derivative of the total variance by k."""
        root = np.maximum(np.hypot(k - self.m, self.sigma), np.finfo(np.float64).tiny)
        return self.b * (self.sigma / root) ** 2 / root

    def durrleman(self, k: Floats) -> Floats:
        """Durrleman's g(k): the density of the price over that of a lognormal; below zero is a butterfly arbitrage."""
        return durrleman(k, self.total_variance(k), self.slope(k), self.curvature(k))

    @property
    def wings(self) -> tuple[float, float]:
        """Slopes of the total variance far out, left and right, as distances from the money grow: both >= 0."""
        return self.b * (1 - self.rho), self.b * (1 + self.rho)

    def stretched(self, factor: float) -> "Svi":
        """`factor` times the variance, at the same number of standard deviations from the money.

        That is f w(k / sqrt(f)), which grows with f wherever there is no arbitrage: k / sqrt(w) rises with k (Fukasawa,
        The normalizing transformation of the implied volatility smile, 2012). So a factor up to 1 makes no calendar
        arbitrage, nor one between strikes: of the terms of Durrleman's g only w'^2 / 16 changes, by f.
        """
        root = math.sqrt(factor)
        return Svi(factor * self.a, root * self.b, self.rho, root * self.m, root * self.sigma)


def flat_svi(variance: float) -> Svi:
    """The same total variance at every strike."""
    return Svi(variance, 0.0, 0.0, 0.0, 1.0)


def durrleman(k: Floats, variance: Floats, slope: Floats, curvature: Floats) -> Floats:
    """(1 - k w' / 2w)^2 - w'^2 / 4 (1/w + 1/4) + w'' / 2; arrays of one shape, variance above zero."""
    return (1 - 0.5 * k * slope / variance) ** 2 - 0.25 * slope * slope * (1 / variance + 0.25) + 0.5 * curvature


def svi_from_wings(left: float, right: float, lowest: float, m: float, sigma: float) -> Svi:
    """Raw parameters from the slopes of both wings (> 0) and the lowest total variance."""
    b = 0.5 * (left + right)
    rho = (right - left) / (left + right)
    return Svi(lowest - b * sigma * float(np.sqrt(1 - rho * rho)), b, rho, m, sigma)


def ssvi_slice(theta: float, rho: float, share: float) -> Svi:
    """A slice of the surface SVI: free of butterfly arbitrage by construction.

    `theta` is the total variance at the money, `rho` the tilt, `share` (0 to 1) how much of the steepness that theorem
    4.2 of Gatheral and Jacquier admits is used: theta phi (1 + |rho|) < 4 and theta phi^2 (1 + |rho|) <= 4.
    """
    tilt = 1 + abs(rho)
    phi = share * min(2 * STEEPEST_WING / (theta * tilt), 2 / float(np.sqrt(theta * tilt)))
    rest = float(np.sqrt(1 - rho * rho))
    return Svi(0.5 * theta * rest * rest, 0.5 * theta * phi, rho, -rho / phi, rest / phi)


def check_points(svi: Svi, scale: float) -> Floats:
    """Dense log-moneyness (n,) on which a smile is checked: close around its turn and the money, and far beyond.

    `scale` is the deviation of the log price. Spacing grows with the distance, as the smile gets straighter.
    """
    fine = np.linspace(-1.0, 1.0, 1001)
    near_money = _spread(fine, scale)
    near_turn = svi.m + _spread(fine, min(max(svi.sigma, 1e-6), REACH))
    return np.sort(np.concatenate((near_money, near_turn)))


def has_butterfly(svi: Svi, scale: float) -> bool:
    """Whether the density is negative somewhere, or a wing steeper than Lee's bound.

    Also where k / sqrt(w) falls with k, which no density gives (Fukasawa, The normalizing transformation of the implied
    volatility smile, 2012): the same smile stretched to a nearer date would have more variance there.
    """
    k = check_points(svi, scale)
    variance = svi.total_variance(k)
    if not bool((variance > 0).all()) or max(svi.wings) > 2 or bool((k * svi.slope(k) > 2 * variance).any()):
        return True
    return bool((svi.durrleman(k) < 0).any())


def has_calendar(earlier: Svi, later: Svi, scale: float) -> bool:
    """Whether the later smile has less total variance than the earlier one at some strike, both wings included."""
    k = np.concatenate((check_points(earlier, scale), check_points(later, scale)))
    before, after = earlier.total_variance(k), later.total_variance(k)
    if bool((after < before * (1 - _ROUNDING)).any()):
        return True
    return any(far < near - _ROUNDING for near, far in zip(earlier.wings, later.wings, strict=True))


def _spread(unit: Floats, scale: float) -> Floats:
    """Points from -REACH to REACH that are dense within `scale` of zero."""
    spread: Floats = scale * np.sinh(unit * math.asinh(REACH / scale))
    return spread
