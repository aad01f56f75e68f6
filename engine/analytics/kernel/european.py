"""European values block by block, in numpy: price, delta, gamma, theta, vega of flat columns.

Black, Scholes and Merton written on the forward (Black 1976). Source: Hull, Options, Futures and Other Derivatives,
chapters 15 and 17 to 19.
"""

import numpy as np

from engine.analytics.kernel.blocks import DAYS_PER_YEAR, RATE_POINT, VOLATILITY_POINT, Flags, blocks
from engine.analytics.kernel.normal import FARTHEST, density_and_tail
from engine.domain.chain import Floats


def european(
    spot: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    rate: Floats,
    volatility: Floats,
    side: Floats,
) -> tuple[Floats, Flags]:
    """Rows price, delta, gamma, theta, vega (5, n) and which columns are valid (n,); NaN where one is not.

    Inputs (n,), units as in `black_scholes.european`; side +1 for calls, -1 for puts.
    """
    out = np.empty((5, spot.size))
    valid = np.empty(spot.size, dtype=np.bool_)
    with np.errstate(all="ignore"):
        for rows in blocks(spot.size):
            valid[rows] = _value_block(
                spot[rows],
                forward[rows],
                strike[rows],
                years[rows],
                rate[rows],
                volatility[rows],
                side[rows],
                out=out[:, rows],
            )
    return out, valid


def european_sensitivities(
    spot: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    rate: Floats,
    volatility: Floats,
    side: Floats,
) -> tuple[Floats, Flags]:
    """Rows rho, vanna, charm, volga (4, n) and which columns are valid (n,); NaN where one is not. Inputs as above."""
    out = np.empty((4, spot.size))
    valid = np.empty(spot.size, dtype=np.bool_)
    with np.errstate(all="ignore"):
        for rows in blocks(spot.size):
            columns = (c[rows] for c in (spot, forward, strike, years, rate, volatility, side))
            out[:, rows], valid[rows] = _sensitivity_block(*columns)
    return out, valid


def _distances(moneyness: Floats, deviation: Floats) -> tuple[Floats, Floats, Flags, bool]:
    """d1 and d2 (2, n), the deviation to divide by, where the outcome is certain, and whether it is anywhere."""
    divisor = deviation
    centre = moneyness / deviation
    certain = deviation <= 0
    any_certain = bool(certain.any())
    if any_certain:
        # The outcome is certain: as far from the strike as it gets, or exactly on it.
        centre[certain] = np.sign(moneyness[certain]) * (2 * FARTHEST)
        divisor = np.where(certain, 1.0, deviation)
    half = 0.5 * deviation
    d = np.empty((2, half.size))
    np.add(centre, half, out=d[0])
    np.subtract(centre, half, out=d[1])
    return d, divisor, certain, any_certain


def _value_block(
    spot: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    rate: Floats,
    volatility: Floats,
    side: Floats,
    *,
    out: Floats,
) -> Flags:
    """Fill price, delta, gamma, theta, vega (the rows of `out`) and say which columns are valid."""
    price, delta, gamma, theta, vega = out
    root_years = np.sqrt(years)
    moneyness = np.log(forward / strike)
    d, divisor, certain, any_certain = _distances(moneyness, volatility * root_years)
    density, tail = density_and_tail(np.abs(d))
    kernel = density[0]
    if any_certain:
        kernel[certain] = 0.0
    # Only the option out of the money is valued by a difference of products; the other one follows by parity, so that
    # time value never drowns in intrinsic value and parity holds to the last digit.
    outer_side = np.copysign(1.0, -moneyness)
    outer = np.where(d * outer_side > 0, 1.0 - tail, tail)
    exercised = np.where(side == outer_side, outer, 1.0 - outer)
    time_value = np.abs(forward * outer[0] - strike * outer[1])
    intrinsic = np.maximum(side * (forward - strike), 0.0)
    discount = np.exp(-rate * years)
    discounted_forward = discount * forward
    np.multiply(discount, time_value + intrinsic, out=price)
    np.multiply(side * exercised[0], discounted_forward / spot, out=delta)
    kernel *= discounted_forward
    np.divide(kernel, spot * spot * divisor, out=gamma)
    np.multiply(kernel, root_years * VOLATILITY_POINT, out=vega)
    decay = kernel * volatility * volatility / (2.0 * divisor)
    dividend_yield = rate - np.log(forward / spot) / years
    carry = side * (dividend_yield * discounted_forward * exercised[0] - rate * discount * strike * exercised[1])
    np.divide(carry - decay, DAYS_PER_YEAR, out=theta)
    if any_certain:
        theta[years <= 0] = 0.0
    valid: Flags = _sound(spot, forward, strike, years, rate, volatility) & np.isfinite(out.sum(axis=0))
    if not valid.all():
        out[:, ~valid] = np.nan
    return valid


def _sensitivity_block(
    spot: Floats, forward: Floats, strike: Floats, years: Floats, rate: Floats, volatility: Floats, side: Floats
) -> tuple[Floats, Flags]:
    d, divisor, certain, any_certain = _distances(np.log(forward / strike), volatility * np.sqrt(years))
    density, tail = density_and_tail(np.abs(d))
    exercised = np.where(d * side > 0, 1.0 - tail, tail)
    kernel = density[0]
    if any_certain:
        kernel[certain] = 0.0
    discount = np.exp(-rate * years)
    decay = discount * forward / spot
    # Near one the ratio has lost digits that the difference still has.
    growth = np.log1p((forward - spot) / spot)
    timed = years > 0
    a_year = np.where(timed, years, 1.0)
    dividend_yield = rate - growth / a_year
    level = np.where(certain, 1.0, volatility)
    rho = side * strike * years * discount * exercised[1] * RATE_POINT
    vanna = -decay * kernel * d[1] / level * VOLATILITY_POINT
    drift = kernel * (growth / divisor - 0.5 * d[1]) / a_year
    charm = np.where(timed, decay * (side * dividend_yield * exercised[0] - drift) / DAYS_PER_YEAR, 0.0)
    volga = decay * spot * kernel * np.sqrt(years) * d[0] * d[1] / level * VOLATILITY_POINT**2
    out = np.stack((rho, vanna, charm, volga))
    valid = _sound(spot, forward, strike, years, rate, volatility) & np.isfinite(out.sum(axis=0))
    out[:, ~valid] = np.nan
    return out, valid


def _sound(spot: Floats, forward: Floats, strike: Floats, years: Floats, rate: Floats, volatility: Floats) -> Flags:
    """Rows whose inputs make an option."""
    sound: Flags = (spot > 0) & (forward > 0) & (strike > 0) & (years >= 0) & (volatility >= 0)
    sound &= np.isfinite(spot + forward + strike + years + rate + volatility)
    return sound
