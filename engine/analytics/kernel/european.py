"""European values block by block, in numpy: price and all sensitivities of flat columns.

Black, Scholes and Merton written on the forward (Black 1976). Source: Hull, Options, Futures and Other Derivatives,
chapters 15 and 17 to 19; the further sensitivities: Haug, The Complete Guide to Option Pricing Formulas, chapter 2.

With x = |log(F/K)| and s = volatility * sqrt(years) let a = x/s - s/2 and b = x/s + s/2, which are d1 and d2 but for
order and sign. Because min(F, K) n(a) = max(F, K) n(b) = F n(d1), one density and Mills' ratios of a and b give every
figure, and the two products whose difference is the time value share their rounding errors.
"""

from dataclasses import dataclass

import numpy as np

from engine.analytics.kernel.blocks import BLOCK, DAYS_PER_YEAR, RATE_POINT, VOLATILITY_POINT, Flags, blocks
from engine.analytics.kernel.normal import DENSITY_AT_ZERO, mills_ratio
from engine.domain.chain import Floats

_BLOCK = 2 * BLOCK
"""Few arrays are alive at a time here: a larger block fits, and the numpy calls cost less an option."""

_FAR = 1e150
"""Standard deviations that stand for infinitely many: finite even when squared."""


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
        for rows in blocks(spot.size, _BLOCK):
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
        for rows in blocks(spot.size, _BLOCK):
            columns = (c[rows] for c in (spot, forward, strike, years, rate, volatility, side))
            out[:, rows], valid[rows] = _sensitivity_block(*columns)
    return out, valid


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What the figures are made of; arrays (n,), dollars not discounted."""

    centre: Floats
    """x/s."""
    divisor: Floats
    """s, or 1 where there is none; the density above it is zero there."""
    density: Floats
    """F n(d1) = K n(d2)."""
    value: Floats
    """Time value and intrinsic value."""
    received: Floats
    """F N(d1) of a call, -F N(-d1) of a put."""
    paid: Floats
    """K N(d2) of a call, -K N(-d2) of a put."""
    any_certain: bool
    """Whether some option has no time or no volatility left."""


def _parts(forward: Floats, strike: Floats, deviation: Floats, side: Floats) -> _Parts:
    smaller = np.minimum(forward, strike)
    difference = strike - forward
    gap = np.abs(difference)
    divisor = deviation
    centre = np.log1p(gap / smaller)
    np.divide(centre, deviation, out=centre)
    certain = deviation <= 0
    any_certain = bool(certain.any())
    if any_certain:
        # The outcome is certain: as far from the strike as it gets, or exactly on it.
        centre[certain] = np.where(gap[certain] > 0, _FAR, 0.0)
        divisor = np.where(certain, 1.0, deviation)
    np.minimum(centre, _FAR, out=centre)
    half = 0.5 * deviation
    distances = np.empty((2, half.size))
    near, far = distances
    np.subtract(centre, half, out=near)
    np.add(centre, half, out=far)
    straddles = near < 0
    np.abs(near, out=near)
    density = near * near
    density *= -0.5
    np.exp(density, out=density)
    density *= DENSITY_AT_ZERO
    density *= smaller
    near, far = mills_ratio(distances) * density
    near = np.where(straddles, smaller - near, near)
    # Only the option out of the money is valued by a difference of products; the other one follows by parity, so that
    # time value never drowns in intrinsic value and parity holds to the last digit.
    outer = np.copysign(1.0, difference)
    inner = 0.5 * (side - outer)
    is_call = difference >= 0
    received = np.where(is_call, near, far) * outer + inner * forward
    paid = np.where(is_call, far, near) * outer + inner * strike
    value = near - far + gap * np.abs(inner)
    if any_certain:
        density[certain] = 0.0
    return _Parts(centre, divisor, density, value, received, paid, any_certain)


def _growth(spot: Floats, forward: Floats) -> Floats:
    """log(forward / spot), to the last digit where both are close."""
    change = forward - spot
    return np.copysign(np.log1p(np.abs(change) / np.minimum(spot, forward)), change)


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
    parts = _parts(forward, strike, volatility * root_years, side)
    discount = np.exp(-rate * years)
    density = np.multiply(discount, parts.density, out=parts.density)
    received = np.multiply(discount, parts.received, out=parts.received)
    paid = np.multiply(discount, parts.paid, out=parts.paid)
    np.multiply(discount, parts.value, out=price)
    np.divide(received, spot, out=delta)
    np.divide(density, spot * spot * parts.divisor, out=gamma)
    np.multiply(density, root_years * VOLATILITY_POINT, out=vega)
    dividend_yield = rate - _growth(spot, forward) / years
    decay = density * volatility * volatility / (2.0 * parts.divisor)
    np.divide(dividend_yield * received - rate * paid - decay, DAYS_PER_YEAR, out=theta)
    if parts.any_certain:
        theta[years <= 0] = 0.0
    valid: Flags = _sound(spot, forward, strike, years, rate, volatility) & np.isfinite(out.sum(axis=0))
    if not valid.all():
        out[:, ~valid] = np.nan
    return valid


def _sensitivity_block(
    spot: Floats, forward: Floats, strike: Floats, years: Floats, rate: Floats, volatility: Floats, side: Floats
) -> tuple[Floats, Flags]:
    root_years = np.sqrt(years)
    parts = _parts(forward, strike, volatility * root_years, side)
    half = 0.5 * volatility * root_years
    signed = np.copysign(parts.centre, forward - strike)
    first, second = signed + half, signed - half
    discount = np.exp(-rate * years)
    density = discount * parts.density
    growth = _growth(spot, forward)
    timed = years > 0
    a_year = np.where(timed, years, 1.0)
    level = np.where(volatility > 0, volatility, 1.0)
    rho = years * discount * parts.paid * RATE_POINT
    vanna = -density * second / (spot * level) * VOLATILITY_POINT
    drift = density * (growth / parts.divisor - 0.5 * second) / a_year
    earned = (rate - growth / a_year) * discount * parts.received
    charm = np.where(timed, (earned - drift) / (spot * DAYS_PER_YEAR), 0.0)
    volga = density * root_years * first * second / level * VOLATILITY_POINT**2
    out = np.stack((rho, vanna, charm, volga))
    valid = _sound(spot, forward, strike, years, rate, volatility) & np.isfinite(out.sum(axis=0))
    out[:, ~valid] = np.nan
    return out, valid


def _sound(spot: Floats, forward: Floats, strike: Floats, years: Floats, rate: Floats, volatility: Floats) -> Flags:
    """Rows whose inputs make an option."""
    sound: Flags = (spot > 0) & (forward > 0) & (strike > 0) & (years >= 0) & (volatility >= 0)
    sound &= np.isfinite(spot + forward + strike + years + rate + volatility)
    return sound
