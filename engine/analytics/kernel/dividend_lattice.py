"""American options under cash dividends, in numpy: a trinomial lattice whose price drops on each ex-dividend day.

Between dividends the underlying is lognormal; on the ex-day it falls by the amount itself, whatever its price (the
"spot" model; escrowed models, which take future dividends out of today's price, misprice options across dates). Time
is cut so that every ex-day falls between two steps. There the values are looked up at the lower price by cubic
interpolation, and the holder may exercise just before. The last step to expiry is the closed formula, which takes the
kink of the payoff off the lattice.

Sources: Hull, Options, Futures and Other Derivatives, 21.3 and 21.6; Haug, Haug and Lewis, Back to basics: a new
approach to the discrete dividend problem, Wilmott (2003); Broadie and Detemple (1996) for the last step.
"""

import numpy as np

from engine.analytics.kernel.blocks import blocks
from engine.analytics.kernel.european import european
from engine.domain.chain import Floats

_STEPS = 120
_FEWEST_STEPS = 2
"""Of a stretch between two dividends."""

_DEVIATIONS = 5.5
"""How far the lattice reaches to each side."""

_LEAST_SHARE = 0.05
"""Of the spot: the lattice reaches no lower for the sake of dividends."""

_MOST_DRIFT = 0.8
"""Nodes a step: with more, the weight of staying turns negative."""

_BLOCK = 64


def dividend_lattice(
    spot: Floats,
    strike: Floats,
    rate: Floats,
    carry: Floats,
    volatility: Floats,
    side: Floats,
    years: float,
    ex_years: Floats,
    amounts: Floats,
) -> Floats:
    """Rows price, delta, gamma (3, n) of options that expire together.

    Columns (n,): spot and strike above zero, volatility above zero, carry a continuous yield beside the dividends,
    side +1 for calls and -1 for puts. `ex_years` (m,) ascending inside (0, years), `amounts` (m,) in $. NaN where so
    little volatility is left beside the drift (a step of drift above 0.8 nodes) that the steps are not stable.
    """
    stops = np.concatenate(([0.0], ex_years, [years]))
    lengths = np.diff(stops)
    counts = np.maximum(_FEWEST_STEPS, np.rint(_STEPS * lengths / years).astype(np.int64))
    out = np.empty((3, spot.size))
    with np.errstate(all="ignore"):
        for rows in blocks(spot.size, _BLOCK):
            columns = (spot[rows], strike[rows], rate[rows], carry[rows], volatility[rows], side[rows])
            out[:, rows] = _roll_back(*columns, lengths / counts, counts, amounts)
    return out


def _roll_back(
    spot: Floats,
    strike: Floats,
    rate: Floats,
    carry: Floats,
    volatility: Floats,
    side: Floats,
    steps: Floats,
    counts: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    amounts: Floats,
) -> Floats:
    longest = float(steps.max())
    gap = volatility * np.sqrt(3.0 * longest)
    reach = _DEVIATIONS * np.sqrt(float(steps @ counts) / (3.0 * longest))
    drift = (rate - carry - 0.5 * volatility * volatility) / gap
    unstable = ~(np.abs(drift) * longest <= _MOST_DRIFT)
    if unstable.all():
        return np.full((3, spot.size), np.nan)
    way = np.where(unstable, 0.0, np.abs(drift) * float(steps @ counts))
    fall = np.where(unstable, 0.0, -np.log(np.maximum(1.0 - amounts.sum() / spot, _LEAST_SHARE)) / gap)
    below, above = int(np.ceil((reach + way + fall).max())), int(np.ceil((reach + way).max()))
    price = spot * np.exp(np.arange(-below, above + 1)[:, None] * gap)
    intrinsic = np.maximum(side * (price - strike), 0.0)
    value = _last_step(price, strike, rate, carry, volatility, side, float(steps[-1]))
    np.maximum(value, intrinsic, out=value)
    for stretch in range(counts.size - 1, -1, -1):
        rounds = int(counts[stretch]) - (stretch == counts.size - 1)
        _diffuse(value, intrinsic, gap, rate, carry, volatility, float(steps[stretch]), rounds)
        if stretch:
            _pay(value, intrinsic, price, strike, gap, side, float(amounts[stretch - 1]))
    return np.where(unstable, np.nan, _at_the_root(value, below, spot, gap))


def _last_step(
    price: Floats, strike: Floats, rate: Floats, carry: Floats, volatility: Floats, side: Floats, step: float
) -> Floats:
    """European values one step before expiry, in the shape of `price` (nodes, n)."""
    forward = price * np.exp((rate - carry) * step)
    columns = [np.broadcast_to(c, price.shape).reshape(-1) for c in (strike, np.float64(step), rate, volatility, side)]
    values, _ = european(price.reshape(-1), forward.reshape(-1), *columns)
    last: Floats = np.maximum(values[0].reshape(price.shape), 0.0)
    return last


def _diffuse(
    value: Floats,
    intrinsic: Floats,
    gap: Floats,
    rate: Floats,
    carry: Floats,
    volatility: Floats,
    step: float,
    rounds: int,
) -> None:
    """Go `rounds` steps back in place: the expectation of three nodes, or exercise."""
    drift = (rate - carry - 0.5 * volatility * volatility) * step
    move = (volatility * volatility * step + drift * drift) / (gap * gap)
    discount = np.exp(-rate * step)
    up, down = 0.5 * discount * (move + drift / gap), 0.5 * discount * (move - drift / gap)
    stay = discount * (1.0 - move)
    inner, spare = np.empty_like(value[1:-1]), np.empty_like(value[1:-1])
    for _ in range(rounds):
        np.multiply(value[1:-1], stay, out=inner)
        np.multiply(value[2:], up, out=spare)
        inner += spare
        np.multiply(value[:-2], down, out=spare)
        inner += spare
        np.maximum(inner, intrinsic[1:-1], out=value[1:-1])


def _pay(
    value: Floats, intrinsic: Floats, price: Floats, strike: Floats, gap: Floats, side: Floats, amount: float
) -> None:
    """Step from just after an ex-day to just before it, in place."""
    after = np.maximum(price - amount, 0.0)
    place = np.log(after / price[0]) / gap
    row = np.clip(np.floor(np.where(np.isfinite(place), place, 0.0)).astype(np.int64), 1, price.shape[0] - 3)
    at = place - row
    low, middle, high, top = (np.take_along_axis(value, row + offset, axis=0) for offset in (-1, 0, 1, 2))
    found = (
        -at * (at - 1.0) * (at - 2.0) / 6.0 * low
        + (at + 1.0) * (at - 1.0) * (at - 2.0) / 2.0 * middle
        - (at + 1.0) * at * (at - 2.0) / 2.0 * high
        + (at + 1.0) * at * (at - 1.0) / 6.0 * top
    )
    # Below the lattice a put is exercised and a call is worthless.
    found = np.where(place >= 0.0, found, np.maximum(side * (after - strike), 0.0))
    np.maximum(found, intrinsic, out=value)


def _at_the_root(value: Floats, root: int, spot: Floats, gap: Floats) -> Floats:
    """Price, delta and gamma by five-point differences in the log of the price."""
    far_down, down, here, up, far_up = (value[root + offset] for offset in (-2, -1, 0, 1, 2))
    slope = (far_down - 8.0 * down + 8.0 * up - far_up) / (12.0 * gap)
    bend = (-far_down + 16.0 * down - 30.0 * here + 16.0 * up - far_up) / (12.0 * gap * gap)
    return np.stack((here, slope / spot, (bend - slope) / (spot * spot)))
