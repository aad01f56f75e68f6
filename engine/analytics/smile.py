"""The smile of one expiration: volatility at every strike, and the distribution of the price that it says.

The distribution is risk-neutral. Where the smile is free of butterfly arbitrage (every smile of `smile_fit` is), its
density is nowhere negative, it sums to one and its mean is the forward. Source: Breeden and Litzenberger, Prices of
state-contingent claims implicit in option prices (1978); Gatheral, The Volatility Surface (2006).
"""

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from engine.analytics.kernel import FloatLike, normal_cdf
from engine.analytics.svi import Svi, flat_svi
from engine.domain.chain import Floats


class SmileSource(IntEnum):
    """Where a smile comes from, or why there is none."""

    SVI = 0
    SSVI = 1
    """Fewer than five quotes, or no arbitrage-free SVI was found: three parameters, safe by construction."""
    FLAT = 2
    """One volatility for all strikes: fewer than three quotes, or given as such."""
    SCALED = 3
    """A neighbouring expiration's smile, its variance scaled to the quotes: few quotes, or nothing else was safe."""
    NO_QUOTES = 4
    NO_FORWARD = 5
    NO_TIME = 6


@dataclass(frozen=True, slots=True)
class Smile:
    """Smile of an expiration `years` away, over k = ln(strike / forward); forward in $ a share.

    `quotes` were fitted, with an `error` that is the weighted root mean square in volatility (0.01 = one point; NaN
    when nothing was fitted). An invalid smile says why in `source`, and answers NaN.
    """

    forward: float
    years: float
    svi: Svi
    source: SmileSource
    quotes: int = 0
    error: float = math.nan

    @property
    def valid(self) -> bool:
        """Whether there is a smile at all."""
        return self.source < SmileSource.NO_QUOTES

    @property
    def is_certain(self) -> bool:
        """Whether the price at expiry is the forward: no time or no volatility."""
        return self.valid and self.svi.a == 0 and self.svi.b == 0

    def log_moneyness(self, strike: FloatLike) -> Floats:
        """K of strikes in $, at least (1,); NaN unless above zero."""
        with np.errstate(all="ignore"):
            k: Floats = np.log(np.atleast_1d(np.asarray(strike, dtype=np.float64)) / self.forward)
        return np.where(np.isfinite(k), k, np.nan)

    def total_variance(self, k: FloatLike) -> Floats:
        """Variance up to expiry at log-moneyness, any shape, at least (1,)."""
        points = np.atleast_1d(np.asarray(k, dtype=np.float64))
        return self.svi.total_variance(points) if self.valid else np.full(points.shape, np.nan)

    def volatility(self, k: FloatLike) -> Floats:
        """Volatility a year, decimal, at log-moneyness, any shape; NaN without time."""
        with np.errstate(all="ignore"):
            found: Floats = np.sqrt(self.total_variance(k) / self.years)
        return found

    def volatility_at(self, strike: FloatLike) -> Floats:
        """Volatility a year, decimal, at strikes in $."""
        return self.volatility(self.log_moneyness(strike))

    @property
    def at_the_money(self) -> float:
        """Volatility a year at the forward."""
        return float(self.volatility(0.0)[0])

    def chance_above(self, price: FloatLike) -> Floats:
        """Probability that the price at expiry lies above `price`, $, at least (1,): N(d2) - n(d2) dsqrt(w)/dk.

        One at and below zero, zero at infinity. Without variance a step at the forward.
        """
        prices = np.atleast_1d(np.asarray(price, dtype=np.float64))
        if not self.valid:
            return np.full(prices.shape, np.nan)
        with np.errstate(all="ignore"):
            k, deviation, d2 = self._standardised(prices)
            skew = _density(d2) * self.svi.slope(k) / (2 * deviation)
            found = np.clip(normal_cdf(d2) - skew, 0.0, 1.0)
        found = np.where(deviation == 0, prices < self.forward, found)
        found = np.where(prices <= 0, 1.0, found)
        return np.where(np.isposinf(prices), 0.0, found)

    def density(self, price: FloatLike) -> Floats:
        """Probability per $ of the price at expiry, $, at least (1,); zero at and below zero, NaN without variance."""
        prices = np.atleast_1d(np.asarray(price, dtype=np.float64))
        if not self.valid:
            return np.full(prices.shape, np.nan)
        with np.errstate(all="ignore"):
            k, deviation, d2 = self._standardised(prices)
            found = self.svi.durrleman(k) * _density(d2) / (prices * deviation)
        return np.where(prices <= 0, 0.0, found)

    def _standardised(self, price: Floats) -> tuple[Floats, Floats, Floats]:
        """Log-moneyness, deviation and d2 of prices in $, each (n,)."""
        k = self.log_moneyness(price)
        deviation = np.sqrt(self.svi.total_variance(k))
        return k, deviation, -k / deviation - 0.5 * deviation

    def undiscounted(self, strike: FloatLike, is_put: bool) -> Floats:
        """Expected payoff of an option, $ a share, at strikes >= 0 in $ (n,): its price but for the discount."""
        strikes = np.atleast_1d(np.asarray(strike, dtype=np.float64))
        if not self.valid:
            return np.full(strikes.shape, np.nan)
        side = -1.0 if is_put else 1.0
        with np.errstate(all="ignore"):
            k = self.log_moneyness(strikes)
            deviation = np.sqrt(self.svi.total_variance(k))
            d1 = -k / deviation + 0.5 * deviation
            found = side * (self.forward * normal_cdf(side * d1) - strikes * normal_cdf(side * (d1 - deviation)))
        certain = ~(deviation > 0) & (strikes >= 0)
        return np.where(certain, np.maximum(0.0, side * (self.forward - strikes)), found)


def flat_smile(forward: float, years: float, volatility: float) -> Smile:
    """One volatility a year, decimal, for all strikes: the lognormal distribution. Invalid when an input is unusable.

    Without time or volatility the price at expiry is the forward.
    """
    if not (math.isfinite(forward) and forward > 0):
        return no_smile(forward, years, SmileSource.NO_FORWARD)
    if not (math.isfinite(years) and years >= 0):
        return no_smile(forward, years, SmileSource.NO_TIME)
    if not (volatility >= 0 and math.isfinite(volatility * volatility * years)):
        return no_smile(forward, years, SmileSource.NO_QUOTES)
    return Smile(forward, years, flat_svi(volatility * volatility * years), SmileSource.FLAT)


def no_smile(forward: float, years: float, why: SmileSource) -> Smile:
    """An invalid smile."""
    return Smile(forward, years, flat_svi(math.nan), why)


def _density(x: Floats) -> Floats:
    density: Floats = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    return density
