"""All smiles of an underlying at one moment: volatility at any strike and date, and the figures read off it.

Between two expirations total variance runs straight in time at constant log-moneyness, which keeps a surface without
calendar arbitrage free of it (Gatheral, The Volatility Surface, 2006). Outside it is extended, and marked as such.
"""

from dataclasses import dataclass

import numpy as np

from engine.analytics.columns import columns
from engine.analytics.kernel import FlagLike, Flags, FloatLike, normal_cdf
from engine.analytics.smile import Smile
from engine.analytics.smile_fit import FEWEST_FOR_SVI, borrow_smile, fit_smile
from engine.domain.chain import Floats

MONTH = 30 / 365
"""The maturity of IV rank and of headline volatilities, in years."""

_DELTA = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceValues:
    """Volatility a year, decimal; `extrapolated` rows lie before the first or after the last expiration."""

    volatility: Floats
    extrapolated: Flags

    @property
    def valid(self) -> Flags:
        """Rows with a volatility."""
        return np.isfinite(self.volatility)


@dataclass(frozen=True, slots=True)
class Skew:
    """Tilt and bend of a smile, volatilities as decimals; NaN where the smile has no strike of 25 delta.

    risk_reversal: call less put volatility at 25 delta (undiscounted, on the forward); butterfly: their middle less
    the one at the money; slope: change of volatility for a change of k = ln(strike / forward) at the money.
    """

    risk_reversal: float
    butterfly: float
    slope: float


@dataclass(frozen=True, slots=True)
class ExpectedMove:
    """How far the price may go until expiry, $: one standard deviation, and what a straddle at the forward costs.

    The second is the expected distance from the forward, about 0.8 of the first.
    """

    deviation: float
    straddle: float


@dataclass(frozen=True, slots=True)
class Surface:
    """Valid smiles in ascending order of time, and those expirations that could not be fitted, with their reasons."""

    smiles: tuple[Smile, ...]
    failed: tuple[Smile, ...] = ()

    def volatility(self, k: FloatLike, years: FloatLike) -> SurfaceValues:
        """Volatility at log-moneyness `k` of the forward of that date; inputs broadcast.

        Before the first expiration its volatility holds. After the last the forward variance between the last two
        goes on (with one expiration: its volatility holds). NaN without smiles, or where an input is not usable.
        """
        inputs = columns(k, years)
        points, at = inputs.flat
        if not self.smiles:
            missing = np.full(inputs.shape, np.nan)
            return SurfaceValues(missing, np.ones(inputs.shape, dtype=np.bool_))
        usable = np.isfinite(points) & np.isfinite(at) & (at > 0)
        dates = np.array([smile.years for smile in self.smiles])
        variance = self._variance(points, np.where(usable, at, np.nan), dates)
        with np.errstate(all="ignore"):
            found = np.where(usable, np.sqrt(variance / at), np.nan)
        outside = ~((at >= dates[0]) & (at <= dates[-1]))
        return SurfaceValues(found.reshape(inputs.shape), outside.reshape(inputs.shape))

    def constant_maturity(self, years: float = MONTH) -> SurfaceValues:
        """Volatility at the money at a fixed distance in time, arrays (1,)."""
        return self.volatility(0.0, years)

    def _variance(self, k: Floats, years: Floats, dates: Floats) -> Floats:
        """Total variance (n,) on the line in time through the two smiles around each row's date."""
        heights = np.stack([smile.total_variance(k) for smile in self.smiles])
        if dates.size == 1:
            held: Floats = heights[0] * years / dates[0]
            return held
        row = np.arange(k.size)
        right = np.clip(np.searchsorted(dates, years), 1, dates.size - 1)
        left = right - 1
        share = (years - dates[left]) / (dates[right] - dates[left])
        on_line = heights[left, row] + share * (heights[right, row] - heights[left, row])
        return np.where(years < dates[0], heights[0] * years / dates[0], on_line)


def fit_surface(
    years: Floats, forward: Floats, strike: Floats, iv: Floats, iv_uncertainty: Floats, is_put: FlagLike
) -> Surface:
    """Fit all expirations of a chain, arrays (n,), one row an option: years to expiry, its forward and strike in $.

    iv a year and its uncertainty (half spread / vega) as decimals; NaN rows are not used. Of each strike the
    out-of-the-money side counts, which trades more tightly and depends least on early exercise. No butterfly, and no
    calendar arbitrage against the expiration before. Raises ValueError when the shapes differ.
    """
    puts = np.asarray(is_put, dtype=np.bool_)
    if len({array.shape for array in (years, forward, strike, iv, iv_uncertainty, puts)}) != 1:
        raise ValueError("the columns of a surface must have one shape")
    usable = np.where(puts, strike < forward, strike >= forward) & np.isfinite(iv) & np.isfinite(iv_uncertainty)
    fitted: list[Smile] = []
    failed: list[Smile] = []
    for date in _order(years, usable):
        at_date = years == date
        rows = at_date & usable
        known = forward[at_date & np.isfinite(forward)]
        centre = float(known[0]) if known.size else float("nan")
        earlier = max((smile for smile in fitted if smile.years < date), key=_time, default=None)
        later = min((smile for smile in fitted if smile.years > date), key=_time, default=None)
        quotes = date, centre, strike[rows], iv[rows], iv_uncertainty[rows]
        if earlier is None and (later is None or rows.sum() >= FEWEST_FOR_SVI):
            smile = fit_smile(*quotes, later)
        else:
            smile = borrow_smile(*quotes, earlier, later)
        (fitted if smile.valid else failed).append(smile)
    return Surface(tuple(sorted(fitted, key=_time)), tuple(sorted(failed, key=_time)))


def _order(years: Floats, usable: Flags) -> list[float]:
    """Dates in the order in which they are fitted: those with quotes for a whole smile first, from the last one on.

    A smile bounds the earlier ones from above: so the noise of the last days before expiry bounds nothing. The others
    follow, the best quoted first, and fit in between.
    """
    dates = np.unique(years[np.isfinite(years)])
    counts = np.array([int((usable & (years == date)).sum()) for date in dates])
    enough = np.minimum(counts, FEWEST_FOR_SVI)
    order: list[float] = dates[np.lexsort((-dates, -enough))].tolist()
    return order


def _time(smile: Smile) -> float:
    return smile.years


def iv_uncertainty(bid: Floats, ask: Floats, vega: Floats) -> Floats:
    """Volatility that half the spread is worth, decimals (n,); NaN where that is unknown.

    bid and ask in $ a share, vega in $ a volatility point (0.01).
    """
    with np.errstate(all="ignore"):
        found = 0.5 * (ask - bid) / (100 * vega)
    return np.where(np.isfinite(found) & (found >= 0), found, np.nan)


def skew(smile: Smile) -> Skew:
    """Skew of one expiration."""
    slope = np.nan
    if smile.valid and smile.years > 0 and smile.at_the_money > 0:
        slope = float(smile.svi.slope(np.zeros(1))[0]) / (2 * smile.at_the_money * smile.years)
    call, put = (smile.volatility(_strike_of_delta(smile, is_put)) for is_put in (False, True))
    risk_reversal, butterfly = call - put, 0.5 * (call + put) - smile.at_the_money
    return Skew(float(risk_reversal[0]), float(butterfly[0]), float(slope))


def expected_move(smile: Smile) -> ExpectedMove:
    """Expected move until expiry by the volatility at the money; the straddle at the forward, undiscounted."""
    deviation = smile.forward * float(np.sqrt(smile.total_variance(0.0))[0])
    straddle = smile.undiscounted(smile.forward, is_put=False) + smile.undiscounted(smile.forward, is_put=True)
    return ExpectedMove(deviation, float(straddle[0]))


def _strike_of_delta(smile: Smile, is_put: bool) -> float:
    """Log-moneyness at which the forward delta is 0.25, seen from the money outwards; NaN when there is none."""
    width = float(np.sqrt(smile.total_variance(0.0))[0])
    if not width > 0:
        return float("nan")
    side = -1.0 if is_put else 1.0
    k = side * np.linspace(0.0, 6.0, 1201) * width
    deviation = np.sqrt(smile.total_variance(k))
    delta = normal_cdf(side * (-k / deviation + 0.5 * deviation))
    below = np.flatnonzero(delta < _DELTA)
    if below.size == 0 or below[0] == 0:
        return float("nan")
    last = int(below[0])
    share = (delta[last - 1] - _DELTA) / (delta[last - 1] - delta[last])
    return float(k[last - 1] + share * (k[last] - k[last - 1]))
