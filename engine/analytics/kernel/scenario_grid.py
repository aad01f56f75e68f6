"""Prices of many options over a grid of price moves and volatility moves, in numpy.

With x = |log(F/K)| and deviation s, the undiscounted time value is min(F, K) times n(a) (R(|a|) - R(b)) where a =
x/s - s/2 >= 0, and 1 - n(a) (R(|a|) + R(b)) where a < 0; b = x/s + s/2 and R is Mills' ratio. One exponential and two
ratios a cell; everything that does not depend on the volatility is worked out once a row. The ratio is the polynomial
of `normal` cut to degree 15, good to 3e-12, which is a hundredth of a hundredth of a cent on any strike.
"""

import numpy as np

from engine.analytics.kernel.american import american_price, dividend_yield
from engine.analytics.kernel.andersen_lake import exercise_boundary, is_drifting, pays_early, premium_value
from engine.analytics.kernel.blocks import Flags, blocks
from engine.analytics.kernel.normal import DENSITY_AT_ZERO, FARTHEST
from engine.domain.chain import Floats

_CELLS = 8192
"""Cells a block: its handful of temporaries then stays in the second-level cache."""

_CENTRE = 4.0

_POWERS = tuple(
    np.asarray(coefficient)
    for coefficient in (
        1.3576330145749135e-06,
        -2.0056405457176959e-07,
        -1.3073325231851624e-05,
        1.2270691989099024e-07,
        8.667671074689826e-05,
        -3.5665915085106245e-06,
        -0.0005786246041450814,
        0.00033372243025876346,
        0.0040876946799201525,
        -0.00872216930391927,
        -0.018900430966189312,
        0.15139174706488906,
        -0.46754096394013994,
        0.970409555581684,
        -1.523770910812634,
        1.8932190633029249,
    )
)
"""Highest power first, of (4 + x) R(x) in (x - 4) / (x + 4)."""


def scenario_grid(
    forward: Floats, strike: Floats, years: Floats, rate: Floats, volatility: Floats, side: Floats, factor: Floats
) -> Floats:
    """European prices (n, p, v), $ a share.

    Columns (n,): forward and strike above zero, years and rate, side +1 for calls and -1 for puts. `volatility` (n, v)
    is that of each volatility move, `factor` (n, p) what each price move multiplies spot and forward by, above zero.
    Without time or volatility the price is the discounted intrinsic value. NaN spreads from any input of a row.
    """
    moves, shifts = factor.shape[1], volatility.shape[1]
    out = np.empty((forward.size, moves, shifts))
    size = max(1, _CELLS // (moves * shifts))
    spare = np.empty((4, size, moves, shifts, 2)).reshape(4, -1)
    with np.errstate(all="ignore"):
        for rows in blocks(forward.size, size):
            columns = (forward[rows, None] * factor[rows], strike[rows, None], side[rows, None])
            _price_block(
                *columns, np.exp(-rate[rows] * years[rows]), volatility[rows] * np.sqrt(years[rows, None]),
                spare, out[rows],
            )  # fmt: skip
    return out


def american_grid(
    spot: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    rate: Floats,
    volatility: Floats,
    side: Floats,
    factor: Floats,
) -> Floats:
    """American prices (n, p, v): the European grid plus the premium of one exercise boundary a row and volatility.

    Columns as in `scenario_grid`, and spot in $. A row that has two boundaries (see `american`) is NaN.
    """
    out = scenario_grid(forward, strike, years, rate, volatility, side, factor)
    with np.errstate(all="ignore"):
        carry = dividend_yield(spot, forward, years, rate)
        call = side > 0
        own_rate, own_carry = np.where(call, carry, rate), np.where(call, rate, carry)
        out[(own_rate < 0) & (own_carry < own_rate)] = np.nan
        early = np.flatnonzero(pays_early(own_rate, own_carry) & (years > 0))
        moved = spot[early] * factor[early].T
        unit = np.where(call[early], moved, strike[early])
        at = np.where(call[early], strike[early], moved) / unit
        intrinsic = side[early] * (moved - strike[early])
        for shift in range(volatility.shape[1]):
            sigma = volatility[early, shift]
            boundary = exercise_boundary(own_rate[early], own_carry[early], sigma, years[early])
            total = out[early, :, shift].T + unit * np.maximum(premium_value(boundary, at), 0.0)
            exercised = at <= boundary.now
            out[early, :, shift] = np.where(exercised, intrinsic, np.maximum(total, intrinsic)).T
            drifting = early[is_drifting(own_rate[early], own_carry[early], sigma, years[early])]
            if drifting.size:
                cells = np.repeat(drifting, factor.shape[1])
                moves = factor[drifting].reshape(-1)
                columns = (strike[cells], years[cells], rate[cells], volatility[cells, shift], side[cells])
                prices = american_price(spot[cells] * moves, forward[cells] * moves, *columns, precise=True)
                out[drifting, :, shift] = prices.reshape(drifting.size, -1)
    return out


def _price_block(
    forward: Floats, strike: Floats, side: Floats, discount: Floats, deviation: Floats, spare: Floats, out: Floats
) -> None:
    """Fill `out` (m, p, v) from forward (m, p), strike and side (m, 1), discount (m,), deviation (m, v)."""
    shape = out.shape
    cells = out.size
    distance = np.abs(np.log(forward / strike))
    least = np.minimum(forward, strike) * discount[:, None]
    intrinsic = np.maximum(side * (forward - strike), 0.0) * discount[:, None]
    d, position, ratio = (part[: 2 * cells].reshape(2, *shape) for part in spare[:3])
    density = spare[3][:cells].reshape(shape)
    certain: Flags = deviation <= 0
    inverse = 1.0 / np.where(certain, 1.0, deviation)
    np.multiply(distance[:, :, None], inverse[:, None, :], out=density)
    if certain.any():
        density[np.broadcast_to(certain[:, None, :], shape)] = FARTHEST
    half = 0.5 * deviation[:, None, :]
    np.subtract(density, half, out=d[0])
    np.add(density, half, out=d[1])
    below: Flags = d[0] < 0
    np.abs(d[0], out=d[0])
    np.minimum(d, FARTHEST, out=d)
    np.multiply(d[0], d[0], out=density)
    density *= -0.5
    np.exp(density, out=density)
    density *= DENSITY_AT_ZERO
    _mills(d, position, ratio)
    np.negative(ratio[0], out=ratio[0], where=below)
    np.subtract(ratio[0], ratio[1], out=ratio[0])
    np.multiply(ratio[0], density, out=out)
    out += below
    out *= least[:, :, None]
    out += intrinsic[:, :, None]


def _mills(distance: Floats, position: Floats, out: Floats) -> None:
    """Mills' ratio of `distance`, which is spent; `position` is room to work in."""
    np.subtract(distance, _CENTRE, out=position)
    distance += _CENTRE
    position /= distance
    np.multiply(position, _POWERS[0], out=out)
    out += _POWERS[1]
    for power in _POWERS[2:]:
        out *= position
        out += power
    out /= distance
