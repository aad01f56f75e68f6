"""Fits a smile to quoted volatilities, robustly, and never one with an arbitrage.

A grid over the two parameters in which SVI is not linear gives the start (Zeliade Systems, Quasi-explicit calibration
of Gatheral's SVI model, 2009). Levenberg and Marquardt then move all five, in variables that keep every wing within
Lee's bound and no flatter than the earlier expiration's; negative density and less variance than the earlier
expiration cost extra. What is still not free of both after that is thrown away for a shape that is.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.analytics.smile import Smile, SmileSource, no_smile
from engine.analytics.svi import (
    FAR,
    STEEPEST_WING,
    Svi,
    durrleman,
    flat_svi,
    has_butterfly,
    has_calendar,
    ssvi_slice,
    svi_from_wings,
)
from engine.domain.chain import Floats

FEWEST_FOR_SVI = 5
FEWEST_FOR_SKEW = 3

MODEL_ERROR = 0.001
"""Volatility that five numbers cannot be expected to follow, however tight the spread: no quote rules alone."""

_PENALTIES = (30.0, 1000.0)
_MARGIN = 0.002
_STEPS = 40
_ENOUGH = 1e-5
_HALVINGS = 40
_HAIR = 1e-5
_STRETCHES = (1e-5, 1e5)
_HIGHEST_VOLATILITY = 20.0
_FLATTEST_CEILING = 1e-9
_LARGEST = 12.0
"""Bound of the fit's variables where they are exponents."""


@dataclass(frozen=True, slots=True, eq=False)
class _Quotes:
    """What is fitted: arrays (n,)."""

    years: float
    k: Floats
    iv: Floats
    uncertainty: Floats
    deviation: float
    """Of the log price, roughly: the median over the quotes nearest to the money."""
    ceilings: tuple[float, float]
    """The slopes that the wings may at most have, left and right."""
    later: Svi | None

    def misses(self, variance: Floats) -> Floats:
        """Model less quote over the quote's uncertainty, for total variances (..., n)."""
        found: Floats = (np.sqrt(np.maximum(variance, 0.0) / self.years) - self.iv) / self.uncertainty
        return found


def fit_smile(
    years: float, forward: float, strike: Floats, iv: Floats, iv_uncertainty: Floats, later: Smile | None = None
) -> Smile:
    """Fit one expiration. `strike` in $, `iv` a year and its uncertainty (half spread / vega), decimals: arrays (n,).

    Rows that are not finite or not above zero are not used; an uncertainty of zero is one. `later` is the smile of
    the expiration after: at no k will the answer have more total variance. Five quotes give SVI, three a skew, fewer
    a flat smile. Raises ValueError when the arrays differ in shape.
    """
    quotes = _quotes(years, forward, strike, iv, iv_uncertainty, later)
    if isinstance(quotes, SmileSource):
        return no_smile(forward, years, quotes)
    return _smile(quotes, forward, *_safe(quotes))


def borrow_smile(
    years: float,
    forward: float,
    strike: Floats,
    iv: Floats,
    iv_uncertainty: Floats,
    earlier: Smile | None,
    later: Smile | None,
) -> Smile:
    """A neighbour's smile with its variance scaled to the quotes: one figure, for expirations with few quotes.

    Arguments as in `fit_smile`. The later neighbour is preferred: scaling down is always safe. No k will have less
    total variance than in `earlier`, nor more than in `later`, which must themselves be free of calendar arbitrage.
    Raises ValueError when the arrays differ in shape, or when no valid neighbour is given.
    """
    before, after = (smile.svi if smile is not None and smile.valid else None for smile in (earlier, later))
    if before is None and after is None:
        raise ValueError("there is no neighbour to borrow from")
    quotes = _quotes(years, forward, strike, iv, iv_uncertainty, later)
    if isinstance(quotes, SmileSource):
        return no_smile(forward, years, quotes)
    svi = _scaled_down(quotes, after, before) if after is not None else _scaled_up(quotes, before or flat_svi(0.0))
    return _smile(quotes, forward, svi, SmileSource.SCALED)


def _quotes(
    years: float, forward: float, strike: Floats, iv: Floats, iv_uncertainty: Floats, later: Smile | None
) -> _Quotes | SmileSource:
    """The rows to fit, or why there are none."""
    if not strike.shape == iv.shape == iv_uncertainty.shape:
        raise ValueError("strike, iv and iv_uncertainty must have one shape")
    if not (math.isfinite(forward) and forward > 0):
        return SmileSource.NO_FORWARD
    if not (math.isfinite(years) and years > 0):
        return SmileSource.NO_TIME
    with np.errstate(all="ignore"):
        k = np.log(strike / forward)
        usable = (np.abs(k) <= FAR) & (iv > 0) & (iv <= _HIGHEST_VOLATILITY) & (iv * math.sqrt(years) <= FAR)
        usable &= np.isfinite(iv_uncertainty) & (iv_uncertainty >= 0)
    if not usable.any():
        return SmileSource.NO_QUOTES
    after = later.svi if later is not None and later.valid else None
    slopes = after.wings if after is not None else (STEEPEST_WING, STEEPEST_WING)
    left, right = (max(_FLATTEST_CEILING, (1 - 1e-9) * min(slope, STEEPEST_WING)) for slope in slopes)
    k, iv, uncertainty = k[usable], iv[usable], np.hypot(iv_uncertainty[usable], MODEL_ERROR)
    nearest = np.argsort(np.abs(k), kind="stable")[:5]
    deviation = float(np.median(iv[nearest])) * math.sqrt(years)
    return _Quotes(years, k, iv, uncertainty, deviation, (left, right), after)


def _smile(quotes: _Quotes, forward: float, svi: Svi, source: SmileSource) -> Smile:
    misses = quotes.misses(svi.total_variance(quotes.k))
    error = math.sqrt(float((misses * misses).sum() / (1 / quotes.uncertainty**2).sum()))
    return Smile(forward, quotes.years, svi, source, quotes.k.size, error)


def _safe(quotes: _Quotes) -> tuple[Svi, SmileSource]:
    """The richest shape that the quotes can tell and that has no arbitrage."""
    scale = quotes.deviation

    def is_safe(svi: Svi) -> bool:
        if has_butterfly(svi, scale):
            return False
        return quotes.later is None or not has_calendar(svi, quotes.later, scale)

    is_rich = quotes.k.size >= FEWEST_FOR_SVI
    if is_rich:
        start = _start(quotes)
        for weight in _PENALTIES:
            svi, start = _fit(quotes, start, weight)
            if is_safe(svi):
                return svi, SmileSource.SVI
    if quotes.k.size >= FEWEST_FOR_SKEW and is_safe(tilted := _fit_ssvi(quotes)):
        if is_rich:
            # From a safe start the penalties lead to a safe end more often than from the best one.
            svi, _ = _fit(quotes, _variables_of(quotes, tilted), _PENALTIES[-1])
            if is_safe(svi):
                return svi, SmileSource.SVI
        return tilted, SmileSource.SSVI
    if quotes.later is not None:
        return _scaled_down(quotes, quotes.later, None), SmileSource.SCALED
    return flat_svi(_middle(quotes.iv, quotes.uncertainty) ** 2 * quotes.years), SmileSource.FLAT


def _factor(quotes: _Quotes, shape: Svi) -> float:
    """How far `shape` must be stretched to meet the quotes: the median of what meets each of them."""
    low, high = np.full(quotes.k.size, _STRETCHES[0]), np.full(quotes.k.size, _STRETCHES[1])
    wanted = quotes.iv**2 * quotes.years
    for _ in range(_HALVINGS):
        middle = np.sqrt(low * high)
        too_low = middle * shape.total_variance(quotes.k / np.sqrt(middle)) < wanted
        low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    # The relative error of a variance is twice that of its volatility.
    return _middle(np.sqrt(low * high), quotes.uncertainty / quotes.iv)


def _scaled_down(quotes: _Quotes, later: Svi, earlier: Svi | None) -> Svi:
    """The later smile with less variance, though no less than the earlier one's."""
    wanted = min(1.0, _factor(quotes, later))
    if earlier is None or not has_calendar(earlier, later.stretched(wanted), quotes.deviation):
        return later.stretched(wanted)
    refused, allowed = wanted, 1.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (refused + allowed)
        # A hair less must do as well, for what lies between the points that are checked.
        if has_calendar(earlier, later.stretched((1 - _HAIR) * middle), quotes.deviation):
            refused = middle
        else:
            allowed = middle
    return later.stretched(allowed)


def _scaled_up(quotes: _Quotes, earlier: Svi) -> Svi:
    """The earlier smile with more variance, as far as that is without butterfly arbitrage."""
    excess = max(0.0, _factor(quotes, earlier) - 1)
    for _ in range(_HALVINGS):
        svi = earlier.stretched(1 + excess)
        if not has_butterfly(svi, quotes.deviation):
            return svi
        excess /= 2
    return earlier


def _middle(values: Floats, uncertainty: Floats) -> float:
    """Median with weights."""
    order = np.argsort(values)
    heaped = np.cumsum(1 / uncertainty[order])
    return float(values[order][np.searchsorted(heaped, 0.5 * heaped[-1])])


def _start(quotes: _Quotes) -> Floats:
    """Variables (5,) of the best shape on a grid of turning points and sharpnesses, each solved as a linear problem."""
    scale = quotes.deviation
    centres, widths = np.meshgrid(
        np.concatenate((np.quantile(quotes.k, (0.1, 0.3, 0.5, 0.7, 0.9)), (0.0, scale, 2 * scale))),
        scale * np.array((0.1, 0.3, 0.7, 1.5, 3.0)),
    )
    m, sigma = centres.reshape(-1, 1), widths.reshape(-1, 1)
    moved = (quotes.k - m) / sigma
    basis = np.stack((np.ones_like(moved), moved, np.sqrt(moved * moved + 1)), axis=1)
    variance = quotes.iv**2 * quotes.years
    # The error of a variance grows with its volatility: a quote that is far too low must not seem exact for it.
    weights = 1 / (np.maximum(quotes.iv, np.median(quotes.iv)) * quotes.uncertainty)
    best, least = np.zeros(5), math.inf
    for _ in range(2):
        weighted = basis * weights**2
        normal = weighted @ basis.transpose(0, 2, 1)
        normal += 1e-9 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(3)
        a, d, c = np.moveaxis(np.linalg.solve(normal, (weighted @ variance)[..., None])[..., 0], 1, 0)
        left, right = np.maximum((c - d) / sigma[:, 0], 1e-3), np.maximum((c + d) / sigma[:, 0], 1e-3)
        lowest = a + np.sqrt(np.maximum(c * c - d * d, 0.0))
        candidates = _variables(quotes, left, right, lowest, m[:, 0], sigma[:, 0])
        misses = np.abs(quotes.misses(_shapes(*_parameters(quotes, candidates), quotes.k)[0]))
        costs = misses.sum(axis=1)
        chosen = int(np.argmin(costs))
        if costs[chosen] < least:
            best, least = candidates[chosen], float(costs[chosen])
        weights = weights / np.sqrt(1 + misses[chosen] / max(1.0, float(np.median(misses[chosen]))))
    return best


def _variables(quotes: _Quotes, left: Floats, right: Floats, lowest: Floats, m: Floats, sigma: Floats) -> Floats:
    """Free variables (n, 5) of shapes; what is out of bounds comes to lie just inside."""
    scale = quotes.deviation
    wings = []
    for slope, ceiling in zip((left, right), quotes.ceilings, strict=True):
        share = np.clip(slope / ceiling, 1e-4, 0.95)
        wings.append(np.log(share / (1 - share)))
    depth = np.log(np.maximum(lowest / scale**2, 1e-3))
    return np.stack((*wings, depth, m / scale, np.log(sigma / scale)), axis=1)


def _variables_of(quotes: _Quotes, svi: Svi) -> Floats:
    """Free variables (5,) of one shape."""
    lowest = svi.a + svi.b * svi.sigma * math.sqrt(1 - svi.rho * svi.rho)
    left, right, depth, m, sigma = np.array([*svi.wings, lowest, svi.m, svi.sigma])[:, None]
    found: Floats = _variables(quotes, left, right, depth, m, sigma)[0]
    return found


def _parameters(quotes: _Quotes, variables: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Slopes left and right, lowest variance, m and sigma of variables (p, 5), each (p, 1)."""
    scale = quotes.deviation
    bounded = np.clip(variables, -_LARGEST, _LARGEST)[..., None]
    left, right = (quotes.ceilings[side] / (1 + np.exp(-bounded[:, side])) for side in (0, 1))
    lowest = scale**2 * np.exp(bounded[:, 2])
    return left, right, lowest, scale * bounded[:, 3], scale * np.exp(np.minimum(bounded[:, 4], 3.0))


def _shapes(
    left: Floats, right: Floats, lowest: Floats, m: Floats, sigma: Floats, k: Floats
) -> tuple[Floats, Floats, Floats]:
    """Total variance, slope and curvature (p, n) at k (n,) or (p, n), for the figures of p shapes, each (p, 1)."""
    b, tilt = 0.5 * (left + right), 0.5 * (right - left)
    moved = k - m
    root = np.sqrt(moved * moved + sigma * sigma)
    bent = b / root
    slope = tilt + bent * moved
    return lowest - sigma * np.sqrt(left * right) + tilt * moved + b * root, slope, bent * (sigma / root) ** 2


def _fit(quotes: _Quotes, start: Floats, weight: float) -> tuple[Svi, Floats]:
    """The best shape near `start`, at `weight` for each point of an arbitrage; and its variables (5,)."""
    scale, count = quotes.deviation, quotes.k.size
    unit = np.linspace(-1.0, 1.0, 61)
    fixed = scale * np.sinh(unit * math.asinh(FAR / scale))
    after = quotes.later.total_variance(fixed) if quotes.later is not None else None
    points = np.tile(np.concatenate((quotes.k, fixed, fixed)), (start.size + 1, 1))
    first = np.abs(quotes.misses(_shapes(*_parameters(quotes, start[None, :]), quotes.k)[0]))
    typical = max(1.0, 1.5 * float(np.median(first)))

    def residuals(variables: Floats) -> Floats:
        parameters = _parameters(quotes, variables)
        *_, m, sigma = parameters
        k = points[: len(variables)]
        k[:, -unit.size :] = m + sigma * np.sinh(3 * unit)
        shape = _shapes(*parameters, k)
        variance, slope, curvature = (figure[:, count:] for figure in shape)
        parts = [
            _softened(quotes.misses(shape[0][:, :count]) / typical),
            weight * np.minimum(durrleman(k[:, count:], variance, slope, curvature) - _MARGIN, 0.0),
        ]
        if after is not None:
            parts.append(weight * np.maximum(variance[:, : unit.size] / after - (1 - _MARGIN), 0.0))
        return np.concatenate(parts, axis=1)

    found = _least_squares(residuals, start)
    left, right, lowest, m, sigma = (float(value[0, 0]) for value in _parameters(quotes, found[None, :]))
    return svi_from_wings(left, right, lowest, m, sigma), found


def _fit_ssvi(quotes: _Quotes) -> Svi:
    scale = quotes.deviation

    def slice_of(variables: Floats) -> Svi:
        level, tilt, steepness = np.clip(variables, -_LARGEST, _LARGEST).tolist()
        return ssvi_slice(scale**2 * math.exp(level), 0.999 * math.tanh(tilt), 1 / (1 + math.exp(-steepness)))

    after = quotes.later
    grid = scale * np.sinh(np.linspace(-1.0, 1.0, 41) * math.asinh(FAR / scale))

    def residuals(variables: Floats) -> Floats:
        rows = []
        for row in variables:
            svi = slice_of(row)
            parts = [_softened(quotes.misses(svi.total_variance(quotes.k)))]
            if after is not None:
                excess = svi.total_variance(grid) / after.total_variance(grid) - (1 - _MARGIN)
                parts.append(_PENALTIES[-1] * np.maximum(excess, 0.0))
            rows.append(np.concatenate(parts))
        return np.stack(rows)

    return slice_of(_least_squares(residuals, np.array((0.0, -0.3, 0.0))))


def _softened(misses: Floats) -> Floats:
    """Square roots of a loss that grows linearly for large misses: one bad quote cannot pull far."""
    loss: Floats = np.sign(misses) * np.sqrt(2 * (np.sqrt(1 + misses * misses) - 1))
    return loss


def _least_squares(residuals: Callable[[Floats], Floats], start: Floats) -> Floats:
    """Levenberg and Marquardt. `residuals` takes variables (p, v) to (p, r), so that all derivatives are one call."""
    size = start.size
    step = 1e-6
    moves = np.vstack((np.zeros(size), step * np.eye(size)))
    best, damping = start, 1e-2
    values = residuals(best + moves)
    cost = float(values[0] @ values[0])
    for _ in range(_STEPS):
        jacobian = (values[1:] - values[0]) / step
        normal, gradient = jacobian @ jacobian.T, jacobian @ values[0]
        diagonal = np.diag(np.diag(normal) + 1e-9 * np.trace(normal) + 1e-12)
        trial = best - np.clip(np.linalg.solve(normal + damping * diagonal, gradient), -2.0, 2.0)
        tried = residuals(trial + moves)
        reached = float(tried[0] @ tried[0])
        if reached < cost:
            gain = cost - reached
            best, values, cost, damping = trial, tried, reached, max(damping / 5, 1e-7)
            if gain < _ENOUGH * cost + 1e-12:
                break
        else:
            damping *= 6
            if damping > 1e7:
                break
    return best
