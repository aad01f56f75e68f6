"""European values and sensitivities by Black, Scholes and Merton, written on the forward (Black 1976).

The carry (dividends, borrowing) is whatever explains the forward: forward = spot * exp((rate - q) * years).
"""

from dataclasses import dataclass

from engine.analytics import kernel
from engine.analytics.columns import columns, side_of
from engine.analytics.kernel import FlagLike, Flags, FloatLike
from engine.domain.chain import Floats


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
    (price, delta, gamma, theta, vega), valid = kernel.european(*inputs.flat)
    shape = inputs.shape
    return EuropeanValues(
        price.reshape(shape),
        delta.reshape(shape),
        gamma.reshape(shape),
        theta.reshape(shape),
        vega.reshape(shape),
        valid.reshape(shape),
    )


@dataclass(frozen=True, slots=True, eq=False)
class EuropeanSensitivities:
    """Further sensitivities per share; every array in the common shape of the inputs, NaN where `valid` is False.

    rho: $ per percentage point of the rate, the dividend yield unchanged (the forward moves along); vanna: delta per
    volatility point; charm: delta per calendar day that passes, rate and yield unchanged; volga: vega (itself per
    point) per volatility point.
    """

    rho: Floats
    vanna: Floats
    charm: Floats
    volga: Floats
    valid: Flags


def european_sensitivities(
    spot: FloatLike,
    forward: FloatLike,
    strike: FloatLike,
    years: FloatLike,
    rate: FloatLike,
    volatility: FloatLike,
    is_put: FlagLike,
) -> EuropeanSensitivities:
    """Rho, vanna, charm and volga of European options; inputs and validity as in `european`.

    Without time or volatility vanna and volga are zero, and rho and charm those of the certain outcome (zero without
    time). Raises ValueError when the shapes do not broadcast. Source: Haug, The Complete Guide to Option Pricing
    Formulas, chapter 2.
    """
    inputs = columns(spot, forward, strike, years, rate, volatility, side_of(is_put))
    (rho, vanna, charm, volga), valid = kernel.european_sensitivities(*inputs.flat)
    shape = inputs.shape
    return EuropeanSensitivities(
        rho.reshape(shape), vanna.reshape(shape), charm.reshape(shape), volga.reshape(shape), valid.reshape(shape)
    )
