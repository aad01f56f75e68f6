"""Volatility between two dates, and what an earnings announcement adds to it.

Variances add up over time: what lies between two expirations is the difference of their total variances. An
announcement is one more variance on its day, the same for every expiration behind it.
Sources: Gatheral, The Volatility Surface (2006), chapter 1; Dubinsky, Johannes, Kaeck and Seeger, Option pricing of
earnings announcement risks (2019), for announcements as a jump of known date.
"""

import math
from dataclasses import dataclass

import numpy as np

from engine.analytics.columns import columns
from engine.analytics.kernel import FloatLike
from engine.analytics.surface import Surface
from engine.domain.chain import Floats

_REVERSION = 4.0
"""Pull of the variance back to its long-run level, a year: half of a disturbance is gone after two months."""

NO_EARNINGS: Floats = np.empty(0)


@dataclass(frozen=True, slots=True)
class TermStructure:
    """Volatilities at the money of two dates with earnings removed, decimals a year; NaN where unknown.

    forward: between the dates, NaN when the back has less variance than the front. earnings: the variance of the log
    price that was removed for each announcement. extrapolated: a date lies outside the listed expirations.
    """

    front: float
    back: float
    forward: float
    earnings: float
    extrapolated: bool

    @property
    def ratio(self) -> float:
        """Front volatility over the forward one: above 1 the front is dear."""
        return self.front / self.forward if self.forward > 0 else math.nan


def forward_volatility(
    front_iv: FloatLike, front_years: FloatLike, back_iv: FloatLike, back_years: FloatLike
) -> Floats:
    """Volatility between two dates, decimal a year, in the common shape of the inputs.

    Inputs are volatilities up to the dates and the years to them. NaN where the back does not come after the front, has
    less total variance, or an input is not usable. Raises ValueError when the shapes do not broadcast.
    """
    inputs = columns(front_iv, front_years, back_iv, back_years)
    near_iv, near, far_iv, far = inputs.flat
    with np.errstate(all="ignore"):
        variance = (far_iv * far_iv * far - near_iv * near_iv * near) / (far - near)
        known = (near_iv >= 0) & (far_iv >= 0) & (near >= 0) & (far > near) & (variance >= 0) & np.isfinite(variance)
        found = np.where(known, np.sqrt(variance), np.nan)
    return found.reshape(inputs.shape)


def earnings_variance(years: Floats, iv: Floats, announcements: Floats) -> float:
    """Variance of the log price on a day of earnings, from volatilities `iv` (n,) at the money of dates `years` (n,).

    `announcements` (m,) are years from now; all weigh alike, and each counts for dates at or after it. Least squares
    for iv^2 years = long-run level, a start level that reverts to it, and a variance for each announcement passed.
    Without a date before the first announcement, or with two dates only, one level does for both. Never below zero.
    Zero when no date has one before it; NaN when fewer than two dates are usable, when nothing tells the announcement
    from the level, or an announcement is not finite. Raises ValueError when years and iv differ in shape.
    """
    if years.shape != iv.shape:
        raise ValueError("each date has one volatility")
    usable = np.isfinite(years) & (years > 0) & np.isfinite(iv) & (iv > 0)
    at, variance = years[usable], iv[usable] ** 2 * years[usable]
    if not np.isfinite(announcements).all() or at.size == 0:
        return math.nan
    passed = _passed(at, announcements)
    if not passed.any():
        return 0.0
    reverting = (1 - np.exp(-_REVERSION * at)) / _REVERSION
    terms = [at, passed] if passed.all() or at.size < 3 else [at, passed, reverting]
    # A volatility is told with about the same error at every date, a total variance with one that grows like this.
    weight = 1 / (iv[usable] * at)
    design = np.stack(terms, axis=1) * weight[:, None]
    design_scale = np.linalg.norm(design, axis=0)
    found, _, rank, _ = np.linalg.lstsq(design / design_scale, variance * weight, rcond=1e-6)
    if rank < len(terms):
        return math.nan
    return max(0.0, float(found[1] / design_scale[1]))


def without_earnings(years: Floats, iv: Floats, announcements: Floats, variance: float) -> Floats:
    """Volatilities (n,) less the earnings before their dates (n,), each of `variance`; NaN where nothing would remain.

    An announcement that is not finite makes all of them NaN: unknown is not none.
    """
    if not np.isfinite(announcements).all():
        return np.full(years.shape, np.nan)
    counted = _passed(years, announcements)
    with np.errstate(all="ignore"):
        # An unknown variance hides only the dates that have an announcement before them.
        left = iv * iv - np.where(counted > 0, counted * variance, 0.0) / years
        return np.where((left > 0) & (years > 0) & (iv > 0), np.sqrt(left), np.nan)


def term_structure(
    surface: Surface, front: float, back: float, announcements: Floats = NO_EARNINGS, variance: float | None = None
) -> TermStructure:
    """Volatility at the money at `front` and `back` (years) and between them, earnings removed.

    `announcements` (m,) in years from now, those up to the back date; `variance` of each, or None to estimate it from
    the surface's own expirations. A back date that is not after the front gives no forward volatility.
    """
    if variance is None:
        dates = np.array([smile.years for smile in surface.smiles])
        levels = np.array([smile.at_the_money for smile in surface.smiles])
        variance = earnings_variance(dates, levels, announcements)
    asked = np.array([front, back])
    found = surface.volatility(0.0, asked)
    clean = without_earnings(asked, found.volatility, announcements, variance)
    between = forward_volatility(clean[0], front, clean[1], back)
    return TermStructure(float(clean[0]), float(clean[1]), float(between[0]), variance, bool(found.extrapolated.any()))


def _passed(years: Floats, announcements: Floats) -> Floats:
    """How many announcements lie ahead and at or before each date, (n,)."""
    behind = (announcements >= 0) & (announcements <= years[:, None])
    counts: Floats = behind.sum(axis=1, dtype=np.float64)
    return counts
