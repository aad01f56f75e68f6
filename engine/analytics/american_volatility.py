"""Implied volatility of American options: the volatility at which the American price is the one that was quoted.

The European volatility of the same price is an upper bound, because an American option is worth no less, and for most
options a close one. From there a bracketed secant finds the root; rows whose price no European
option can have (a put above its discounted strike) are bracketed by doubling.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.analytics import kernel
from engine.analytics.american import Method
from engine.analytics.american_dividends import CashDividends, american_with_dividends
from engine.analytics.columns import columns, side_of
from engine.analytics.implied_volatility import ImpliedVolatility
from engine.analytics.kernel import VOLATILITY_POINT, FlagLike, FloatLike, IvStatus
from engine.domain.chain import Floats

_ROUNDS = 60
_TOLERANCE = {Method.SCAN: 1e-4, Method.BOOK: 1e-10}
"""Relative change of the volatility that ends the search; what the last step leaves is far less."""

_ROUNDING = 1e-12
"""Share of the price: closer than this the European volatility is the American one."""

_STEP = 1e-3
"""Share of the volatility."""

_VEGA = 4
"""Row of vega in what the kernel's European values are."""

_WIDEST = 40.0
"""A search that has reached this many standard deviations to expiry has no answer."""

_NOISE = 1e-9
"""Time value smaller than this share of strike plus spot tells of no volatility."""

Rows: TypeAlias = NDArray[np.intp]
_Price: TypeAlias = Callable[[Rows, Floats], Floats]
"""(rows, volatility of each) -> American price of each."""


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What is known of every row before the search.

    `least` is the price without volatility, `bound` the European volatility, `slope` how fast the European price rises
    there.
    """

    price: Floats
    least: Floats
    years: Floats
    bound: Floats
    slope: Floats
    status: NDArray[np.int8]


def american_implied_volatility(
    price: FloatLike,
    spot: FloatLike,
    forward: FloatLike,
    strike: FloatLike,
    years: FloatLike,
    rate: FloatLike,
    is_put: FlagLike,
    method: Method = Method.BOOK,
) -> ImpliedVolatility:
    """Volatility at which an American option has this price; inputs broadcast against each other.

    Units as in `american`. Prices at or below what immediate or certain exercise brings are BELOW_INTRINSIC, at or
    above the spot (call) or the strike (put) ABOVE_MAXIMUM. Raises ValueError when the shapes do not broadcast.
    """
    inputs = columns(price, spot, forward, strike, years, rate, side_of(is_put))
    p, s, f, k, t, r, side = inputs.flat
    precise = method is Method.BOOK

    def value(rows: Rows, sigma: Floats) -> Floats:
        return kernel.american_price(s[rows], f[rows], k[rows], t[rows], r[rows], sigma, side[rows], precise=precise)

    least = kernel.american_price(s, f, k, t, r, np.zeros_like(s), side, precise=precise)
    return _implied(value, _search(p, s, f, k, t, r, side, least), inputs.shape, _TOLERANCE[method])


def implied_volatility_with_dividends(
    price: FloatLike,
    spot: FloatLike,
    strike: FloatLike,
    years: FloatLike,
    rate: FloatLike,
    is_put: FlagLike,
    dividends: CashDividends,
    dividend_yield: FloatLike = 0.0,
) -> ImpliedVolatility:
    """Volatility at which an American option under cash dividends has this price; see `american_with_dividends`.

    The answer is as good as the lattice, about 1e-4. Raises ValueError when the shapes do not broadcast.
    """
    inputs = columns(price, spot, strike, years, rate, dividend_yield, side_of(is_put))
    p, s, k, t, r, q, side = inputs.flat
    present = np.zeros_like(t)
    for expiry in np.unique(t[np.isfinite(t)]).tolist():
        rows = np.flatnonzero(t == expiry)
        paid = dividends.before(expiry)
        present[rows] = np.exp(-np.outer(r[rows], paid.years)) @ paid.amounts
    with np.errstate(all="ignore"):
        forward = (s - present) * np.exp((r - q) * t)

    def value(rows: Rows, sigma: Floats) -> Floats:
        return american_with_dividends(
            s[rows], k[rows], t[rows], r[rows], sigma, side[rows] < 0, dividends, q[rows]
        ).price

    least = _certain_exercise(s, k, t, r, q, side, dividends)
    return _implied(value, _search(p, s, forward, k, t, r, side, least), inputs.shape, _TOLERANCE[Method.SCAN])


def _certain_exercise(
    spot: Floats, strike: Floats, years: Floats, rate: Floats, carry: Floats, side: Floats, dividends: CashDividends
) -> Floats:
    """What exercise brings without volatility: now, at expiry, or just before (calls) or after (puts) an ex-day."""
    best = np.maximum(side * (spot - strike), 0.0)
    paid = np.zeros_like(spot)
    for at, amount in zip([*dividends.years.tolist(), math.inf], [*dividends.amounts.tolist(), 0.0], strict=True):
        moment = np.minimum(at, years)
        alive = at < years
        before = (spot - paid) * np.exp(-carry * moment)
        owed = strike * np.exp(-rate * moment)
        best = np.maximum(best, side * (before - owed))
        paid = paid + np.where(alive, amount * np.exp((carry - rate) * moment), 0.0)
        after = (spot - paid) * np.exp(-carry * moment)
        best = np.maximum(best, side * (after - owed))
    return best


def _search(
    price: Floats,
    spot: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    rate: Floats,
    side: Floats,
    least: Floats,
) -> _Search:
    bound, status = kernel.implied_volatility(price, forward, strike, years, rate, side)
    # Only exercise decides whether a price can be: the European verdict on its size does not count.
    sized = (IvStatus.BELOW_INTRINSIC, IvStatus.ABOVE_MAXIMUM, IvStatus.NO_CONVERGENCE)
    status[np.isin(status, sized)] = IvStatus.OK
    with np.errstate(all="ignore"):
        bad_spot = ~(np.isfinite(spot) & (spot > 0))
        status[(status == IvStatus.OK) & bad_spot] = IvStatus.NOT_POSITIVE
        status[(status == IvStatus.OK) & (price >= np.where(side > 0, spot, strike))] = IvStatus.ABOVE_MAXIMUM
        status[(status == IvStatus.OK) & ~(price > least + _NOISE * (spot + strike))] = IvStatus.BELOW_INTRINSIC
    slope = kernel.european(spot, forward, strike, years, rate, bound, side)[0][_VEGA] / VOLATILITY_POINT
    return _Search(price, least, years, bound, slope, status)


def _implied(price_of: _Price, search: _Search, shape: tuple[int, ...], tolerance: float) -> ImpliedVolatility:
    volatility = np.full(search.price.size, np.nan)
    status = search.status.copy()
    rows = np.flatnonzero(status == IvStatus.OK)
    if rows.size:
        with np.errstate(all="ignore"):
            low, high, error = _bracket(price_of, search, rows)
            # European vega is nearly the slope at the European bound; elsewhere a small step tells it.
            start = np.where(high == search.bound[rows], high - error / search.slope[rows], np.nan)
            start = np.where((start > low) & (start < high), start, high * (1.0 - _STEP))
            volatility[rows] = _secant(price_of, search.price[rows], rows, (low, high, start), error, tolerance)
    status[rows[~np.isfinite(volatility[rows])]] = IvStatus.NO_CONVERGENCE
    return ImpliedVolatility(volatility.reshape(shape), status.reshape(shape))


def _bracket(price_of: _Price, search: _Search, rows: Rows) -> tuple[Floats, Floats, Floats]:
    """Volatilities below and above the root, and by how much the upper one prices too high; NaN where there is none."""
    low, high = np.zeros(rows.size), search.bound[rows].copy()
    unknown = ~np.isfinite(high)
    high[unknown] = 0.2 / np.sqrt(np.maximum(search.years[rows[unknown]], 0.04))
    error = price_of(rows, high) - search.price[rows]
    error[np.abs(error) <= _ROUNDING * search.price[rows]] = 0.0
    short = np.flatnonzero(error < 0)
    while short.size:
        low[short] = high[short]
        high[short] *= 2.0
        error[short] = price_of(rows[short], high[short]) - search.price[rows[short]]
        beyond = high[short] * np.sqrt(search.years[rows[short]]) > _WIDEST
        error[short[beyond & (error[short] < 0)]] = np.nan
        short = short[error[short] < 0]
    return low, high, error


def _secant(
    price_of: _Price, price: Floats, rows: Rows, bracket: tuple[Floats, Floats, Floats], error: Floats, tolerance: float
) -> Floats:
    """Root of every row inside its bracket (low, high, first guess), `error` that of the upper end.

    NaN where the rounds do not suffice.
    """
    low, high, start = bracket
    result = np.full(error.shape, np.nan)
    place = np.flatnonzero(np.isfinite(error))
    last, last_error, at = high[place].copy(), error[place], start[place]
    low, high = low[place], high[place]
    exact = last_error == 0
    result[place[exact]] = last[exact]
    keep = ~exact
    place, at, last, last_error, low, high = (c[keep] for c in (place, at, last, last_error, low, high))
    for _ in range(_ROUNDS):
        if not place.size:
            break
        at = np.where((at > low) & (at < high), at, 0.5 * (low + high))
        miss = price_of(rows[place], at) - price[place]
        high, low = np.where(miss >= 0, at, high), np.where(miss < 0, at, low)
        step = miss * (at - last) / (miss - last_error)
        following = at - step
        done = (np.abs(step) <= tolerance * at) | (miss == 0) | (high - low <= tolerance * high)
        result[place[done]] = np.where(miss == 0, at, np.clip(following, low, high))[done]
        last, last_error, at = at, miss, following
        keep = ~done
        place, at, last, last_error, low, high = (c[keep] for c in (place, at, last, last_error, low, high))
    return result
