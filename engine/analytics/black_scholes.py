"""European values and sensitivities by Black, Scholes and Merton, written on the forward (Black 1976).

The carry (dividends, borrowing) is whatever explains the forward: forward = spot * exp((rate - q) * years).
"""

from dataclasses import dataclass

import numpy as np

from engine.analytics.columns import FlagLike, Flags, FloatLike, columns, side_of
from engine.analytics.normal import FARTHEST, density_and_tail
from engine.domain.chain import Floats

DAYS_PER_YEAR = 365.0
VOLATILITY_POINT = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class EuropeanValues:
    """Values per share; every array in the common shape of the inputs, NaN where `valid` is False.

    price: $; delta: $ per $1 of spot; gamma: delta per $1 of spot; theta: $ per calendar day with carry, rate and
    volatility unchanged; vega: $ per volatility point (0.01).
    """

    price: Floats
    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    valid: Flags


def european(
    spot: FloatLike,
    forward: FloatLike,
    strike: FloatLike,
    years: FloatLike,
    rate: FloatLike,
    volatility: FloatLike,
    is_put: FlagLike,
) -> EuropeanValues:
    """Value European options; inputs broadcast against each other.

    spot, forward, strike in $; years to expiry; rate continuously compounded a year and volatility a year, decimals.
    Without time or volatility the price is the discounted intrinsic value of the forward, delta that of the exercise
    (half of it exactly at the strike), gamma and vega zero; without time theta is zero too. Not valid is a row with
    a NaN or an infinite input, a price that is not above zero, negative time or volatility, or a value that float64
    cannot hold.
    Raises ValueError when the shapes do not broadcast. Source: Hull, Options, Futures and Other
    Derivatives, chapters 15 and 17 to 19.
    """
    inputs = columns(spot, forward, strike, years, rate, volatility, side_of(is_put))
    out = np.empty((5, inputs.size))
    valid = np.empty(inputs.size, dtype=np.bool_)
    with np.errstate(all="ignore"):
        for rows, block in inputs.blocks():
            valid[rows] = _value_block(*block, out=out[:, rows])
    price, delta, gamma, theta, vega = (row.reshape(inputs.shape) for row in out)
    return EuropeanValues(price, delta, gamma, theta, vega, valid.reshape(inputs.shape))


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
    deviation = volatility * root_years
    divisor = deviation
    moneyness = np.log(forward / strike)
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
    sound = (spot > 0) & (forward > 0) & (strike > 0) & (years >= 0) & (volatility >= 0)
    valid: Flags = (
        sound & np.isfinite(spot + forward + strike + years + rate + volatility) & np.isfinite(out.sum(axis=0))
    )
    if not valid.all():
        out[:, ~valid] = np.nan
    return valid
