"""American values of flat columns: the European closed form plus the premium for early exercise.

The premium comes from a tree (quick) or from the exercise boundary (precise). Either works on puts on one dollar of
strike; calls enter by the symmetry call(S, K, r, q) = put(K, S, q, r) (McDonald and Schroder 1998). Since price and
Greeks of the European part are exact and the premium is smooth, Greeks agree with differences of the price.
"""

import numpy as np

from engine.analytics.kernel.andersen_lake import exercise_boundary, exercise_premium, is_drifting, pays_early
from engine.analytics.kernel.blocks import DAYS_PER_YEAR, VOLATILITY_POINT, Flags
from engine.analytics.kernel.european import european
from engine.analytics.kernel.leisen_reimer import MANY_STEPS, tree_premium
from engine.domain.chain import Floats

_VEGA_STEP = 0.01
"""Of the volatility, each way: the premium is too smooth for its third derivative to show."""

_NO_YIELD = 1e-11
"""A yield smaller than this is the rounding of a forward."""

_NO_GAP = 2e-15
"""So is a smaller gap between the logs of forward and spot."""

_CERTAIN = 1e-7
"""With less standard deviation left than this nothing is left to chance."""


_ROUNDING = 1e-11
"""Of a strike: a tree that exercises now gives the value of exercise but for rounding, on either side of it."""


def american(
    spot: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    rate: Floats,
    volatility: Floats,
    side: Floats,
    *,
    precise: bool,
) -> tuple[Floats, Flags]:
    """Rows price, delta, gamma, theta, vega, premium (6, n) and which columns are valid (n,); NaN where one is not.

    Inputs as in `american.american`; side +1 for calls, -1 for puts. `precise` asks for the boundary, else the tree.
    """
    core, valid = european(spot, forward, strike, years, rate, volatility, side)
    out = np.concatenate((core, np.zeros((1, spot.size))))
    with np.errstate(all="ignore"):
        carry = dividend_yield(spot, forward, years, rate)
        own_rate, own_carry = np.where(side > 0, carry, rate), np.where(side > 0, rate, carry)
        # A negative rate above the yield has two boundaries: not priced here, and said so.
        valid &= ~((own_rate < 0) & (own_carry < own_rate))
        out[:, ~valid] = np.nan
        deviation = volatility * np.sqrt(years)
        early = valid & pays_early(own_rate, own_carry)
        _add_premium(np.flatnonzero(early & (deviation > _CERTAIN)), out, side, precise, carry, own_rate, own_carry,
                     spot, strike, years, rate, volatility)  # fmt: skip
        _settle_certain(np.flatnonzero(early & (deviation <= _CERTAIN)), out, side, spot, strike, years, rate, carry)
        valid &= np.isfinite(out.sum(axis=0))
        out[:, ~valid] = np.nan
    return out, valid


def american_price(
    spot: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    rate: Floats,
    volatility: Floats,
    side: Floats,
    *,
    precise: bool,
) -> Floats:
    """The price alone (n,), at a third of the cost; NaN where not valid. Inputs as in `american`."""
    price, valid = european(spot, forward, strike, years, rate, volatility, side)
    value: Floats = price[0]
    with np.errstate(all="ignore"):
        carry = dividend_yield(spot, forward, years, rate)
        own_rate, own_carry = np.where(side > 0, carry, rate), np.where(side > 0, rate, carry)
        value[~valid | ((own_rate < 0) & (own_carry < own_rate))] = np.nan
        early = np.isfinite(value) & pays_early(own_rate, own_carry)
        rows = np.flatnonzero(early & (volatility * np.sqrt(years) > _CERTAIN))
        unit = np.where(side > 0, spot, strike)[rows]
        at = np.where(side > 0, strike, spot)[rows] / unit
        inputs = (at, own_rate[rows], own_carry[rows], volatility[rows], years[rows])
        premium, _, _, exercised = _early(*inputs, precise=precise)
        total = value[rows] + unit * np.maximum(premium, 0.0)
        intrinsic = side[rows] * (spot[rows] - strike[rows])
        value[rows] = np.where(exercised, intrinsic, np.maximum(total, intrinsic))
        rest = np.flatnonzero(early & (volatility * np.sqrt(years) <= _CERTAIN))
        if rest.size:
            value[rest] = _certain(side, spot, strike, years, rate, carry, rest)[0]
    return value


def dividend_yield(spot: Floats, forward: Floats, years: Floats, rate: Floats) -> Floats:
    """The yield that explains the forward, continuously compounded; the rate itself without time."""
    implied = rate - np.log(forward / spot) / np.where(years > 0, years, 1.0)
    rounding = np.maximum(_NO_YIELD, _NO_GAP / np.where(years > 0, years, 1.0))
    return np.where(np.abs(implied) < rounding, 0.0, implied)


def _early(
    at: Floats, rate: Floats, carry: Floats, volatility: Floats, years: Floats, *, precise: bool
) -> tuple[Floats, Floats, Floats, Flags]:
    """Premium of unit puts, its slope and curvature, and which are exercised now (a tree leaves that open)."""
    if not precise:
        return *tree_premium(at, rate, carry, volatility, years), np.zeros(at.size, dtype=np.bool_)
    found = np.empty((3, at.size))
    exercised = np.zeros(at.size, dtype=np.bool_)
    drifting = is_drifting(rate, carry, volatility, years)
    rows = np.flatnonzero(~drifting)
    boundary = exercise_boundary(rate[rows], carry[rows], volatility[rows], years[rows])
    found[:, rows] = exercise_premium(boundary, at[rows])
    exercised[rows] = at[rows] <= boundary.now
    rows = np.flatnonzero(drifting)
    columns = (at[rows], rate[rows], carry[rows], volatility[rows], years[rows])
    found[:, rows] = tree_premium(*columns, steps=MANY_STEPS)
    return found[0], found[1], found[2], exercised


def _add_premium(
    rows: np.ndarray[tuple[int, ...], np.dtype[np.intp]],
    out: Floats,
    side: Floats,
    precise: bool,
    carry: Floats,
    own_rate: Floats,
    own_carry: Floats,
    *columns: Floats,
) -> None:
    """Add what early exercise is worth to the rows of `out`; `columns` are spot, strike, years, rate, volatility."""
    spot, strike, years, rate, volatility = (column[rows] for column in columns)
    call = side[rows] > 0
    unit, at = np.where(call, spot, strike), np.where(call, strike / spot, spot / strike)
    own_rate, own_carry, carry = own_rate[rows], own_carry[rows], carry[rows]
    # Three volatilities in one call: few rows cost nearly as much as many.
    volatilities = np.concatenate((volatility, volatility * (1.0 + _VEGA_STEP), volatility * (1.0 - _VEGA_STEP)))
    at3, rate3, carry3, years3 = (np.tile(column, 3) for column in (at, own_rate, own_carry, years))
    found = _early(at3, rate3, carry3, volatilities, years3, precise=precise)
    (premium, up, down), (slope, _, _), (bend, _, _), (exercised, _, _) = (part.reshape(3, -1) for part in found)
    amount = unit * premium
    delta = np.where(call, premium - at * slope, slope)
    gamma = np.where(call, at * at * bend, bend) / unit
    decay = rate * amount - (rate - carry) * spot * delta - 0.5 * np.square(volatility * spot) * gamma
    vega = unit * (up - down) / (2.0 * _VEGA_STEP * volatility)
    added = np.stack((amount, delta, gamma, decay / DAYS_PER_YEAR, vega * VOLATILITY_POINT, amount))
    values = out[:, rows] + added
    intrinsic = side[rows] * (spot - strike)
    exercised |= values[0] <= intrinsic + (0.0 if precise else _ROUNDING * unit)
    values[:, exercised] = 0.0
    values[0, exercised], values[1, exercised] = intrinsic[exercised], side[rows][exercised]
    values[5] = values[0] - out[0, rows]
    # Close to where exercise begins the tree's error may let the slope pass one share, or the price look concave.
    values[1] = np.clip(values[1], np.minimum(side[rows], 0.0), np.maximum(side[rows], 0.0))
    values[2] = np.maximum(values[2], 0.0)
    # Quadrature may leave a worthless premium a hair below zero.
    worthless = values[5] < 0
    values[:5, worthless], values[5, worthless] = out[:5, rows[worthless]], 0.0
    out[:, rows] = values


def _settle_certain(
    rows: np.ndarray[tuple[int, ...], np.dtype[np.intp]],
    out: Floats,
    side: Floats,
    spot: Floats,
    strike: Floats,
    years: Floats,
    rate: Floats,
    carry: Floats,
) -> None:
    """Rows without chance: exercised at the best moment, whenever that pays more than waiting for expiry."""
    if not rows.size:
        return
    best, delta = _certain(side, spot, strike, years, rate, carry, rows)
    better = best > out[0, rows]
    chosen = rows[better]
    out[5, chosen] = best[better] - out[0, chosen]
    out[0, chosen], out[1, chosen] = best[better], delta[better]
    out[2:5, chosen] = 0.0


def _certain(
    side: Floats,
    spot: Floats,
    strike: Floats,
    years: Floats,
    rate: Floats,
    carry: Floats,
    rows: np.ndarray[tuple[int, ...], np.dtype[np.intp]],
) -> tuple[Floats, Floats]:
    """Best discounted result over now, expiry and the one moment between at which it can turn; and its delta."""
    side, spot, strike, years, rate, carry = (c[rows] for c in (side, spot, strike, years, rate, carry))
    turn = np.log(carry * spot / (rate * strike)) / (carry - rate)
    moments = np.stack((np.zeros_like(years), np.where(np.isfinite(turn), np.clip(turn, 0.0, years), 0.0), years))
    results = side * (spot * np.exp(-carry * moments) - strike * np.exp(-rate * moments))
    place = np.argmax(results, axis=0)[None, :]
    best = np.take_along_axis(results, place, axis=0)[0]
    when = np.take_along_axis(moments, place, axis=0)[0]
    return np.maximum(best, 0.0), np.where(best > 0, side * np.exp(-carry * when), 0.0)
