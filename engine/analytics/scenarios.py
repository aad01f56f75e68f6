"""What a book would be worth if prices, volatilities and the date moved: exact revaluation, netted and by position.

The worst case of a book is worked out in whole money by `book_worst`, over the cells of `stress_cells`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analytics import kernel
from engine.analytics.kernel import DAYS_PER_YEAR, Flags
from engine.core.money import UNIT, Money
from engine.domain.chain import Floats, Ints

_LEAST_VOLATILITY = 0.01
"""A volatility move takes none below this."""


@dataclass(frozen=True, slots=True, eq=False)
class Legs:
    """Legs of a book as columns (n,): options, and shares as legs without a strike.

    spot and forward in $ (for shares the forward is not used), strike in $ (NaN marks shares), years to expiry, rate
    continuously compounded, volatility a year, `size` signed shares the leg stands for (contracts x 100 for options),
    `position` and `symbol` the index of the position and of the underlying that a leg belongs to, both from 0 up.
    """

    spot: Floats
    forward: Floats
    strike: Floats
    years: Floats
    rate: Floats
    volatility: Floats
    is_put: Flags
    size: Floats
    position: Ints
    symbol: Ints

    @property
    def is_share(self) -> Flags:
        """Legs that are shares."""
        shares: Flags = np.isnan(self.strike)
        return shares

    @property
    def positions(self) -> int:
        """Number of positions."""
        return int(self.position.max(initial=-1)) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """A grid of scenarios: p price moves by v volatility moves.

    `price` (p,) for all underlyings alike or (p, symbols) one column each: -0.2 is a fall of 20 %. `volatility` (v,) or
    (p, v): +0.5 is half as much again as now. `days` that pass first.
    """

    price: Floats
    volatility: Floats
    days: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Revaluation:
    """P&L against the same legs' model value now, or that value itself, $: `by_position` (positions, p, v).

    `missing` (positions,): legs that could not be valued. A position with any is NaN throughout, and so is the net:
    a book is not known while a part of it is not.
    """

    by_position: Floats
    missing: Ints

    @property
    def netted(self) -> Floats:
        """The same of the whole book (p, v), $."""
        total: Floats = self.by_position.sum(axis=0)
        return total


def revalue(legs: Legs, moves: Moves, *, american: bool = True) -> Revaluation:
    """Value every leg in every cell, exactly, with no expansion in Greeks.

    Options whose life ends within `moves.days` are worth their intrinsic value at the moved price. The carry stays:
    forwards move with spots, and lose the days. `american` legs have the exercise boundary of each volatility; without
    it they are European. Raises ValueError for shapes that do not fit each other.
    """
    values = _leg_values(legs, moves, american=american)
    start = _leg_values(legs, Moves(np.zeros(1), np.zeros(1)), american=american)
    return _by_position(legs, (values - start) * legs.size[:, None, None])


def model_values(legs: Legs, moves: Moves, *, american: bool = True) -> Revaluation:
    """What the legs are worth in every cell, $, rather than what they have won or lost. Otherwise as `revalue`."""
    return _by_position(legs, leg_values(legs, moves, american=american))


def leg_values(legs: Legs, moves: Moves, *, american: bool = True) -> Floats:
    """The same of each leg (n, p, v); NaN where it cannot be told."""
    values: Floats = _leg_values(legs, moves, american=american) * legs.size[:, None, None]
    return values


def joint_moves(index: Floats, beta: Floats, volatility_per_fall: float = 0.0, days: float = 0.0) -> Moves:
    """A market that moves together: index moves (p,), each underlying by beta times as much, betas (symbols,).

    Volatility rises by `volatility_per_fall` times the index's fall (4 makes a fall of 10 % lift it by 40 %), and does
    not fall with a rise. No price falls by more than 99 %.
    """
    price = np.maximum(index[:, None] * beta, -0.99)
    return Moves(price, volatility_per_fall * np.maximum(-index, 0.0)[:, None], days)


def money_shares(loss: Money, shares: Floats) -> tuple[Money, ...]:
    """Shares (n,) in $ as integers that add up to `loss` exactly: each rounded down, the rest to the largest remains.

    `loss` is the sum of the shares to within rounding. Ties go to the earlier one. Raises ValueError for shares that
    are not finite, or do not add up to the loss.
    """
    if not np.isfinite(shares).all() or abs(float(shares.sum()) * UNIT - loss) > 1 + shares.size:
        raise ValueError("the shares do not add up to the loss")
    exact = shares * UNIT
    floors = np.floor(exact)
    amounts = [int(amount) for amount in floors]
    rest = loss - sum(amounts)
    order = np.argsort(floors - exact, kind="stable").tolist()
    step = 1 if rest > 0 else -1
    for turn in range(abs(rest)):
        amounts[order[turn % len(order)]] += step
    return tuple(amounts)


def _factors(legs: Legs, moves: Moves) -> Floats:
    """What each leg's spot is multiplied by, (n, p)."""
    if moves.price.ndim == 1:
        return np.broadcast_to(1.0 + moves.price, (legs.spot.size, moves.price.size))
    factors: Floats = 1.0 + moves.price[:, legs.symbol].T
    return factors


def _leg_values(legs: Legs, moves: Moves, *, american: bool) -> Floats:
    """$ a share of every leg in every cell, (n, p, v); NaN where it cannot be told."""
    factors = _factors(legs, moves)
    if not (factors > 0).all():
        raise ValueError("a price cannot fall by all of itself or more")
    shifts = np.broadcast_to(moves.volatility, (factors.shape[1], moves.volatility.shape[-1]))
    values = np.empty((legs.spot.size, *shifts.shape))
    shares = legs.is_share
    values[shares] = (legs.spot[shares, None] * factors[shares])[:, :, None]
    rows = np.flatnonzero(~shares)
    if rows.size:
        values[rows] = _option_values(legs, rows, factors[rows], moves, shifts, american=american)
    bad = ~(np.isfinite(legs.spot) & (legs.spot > 0))
    values[bad] = np.nan
    return values


def _option_values(
    legs: Legs, rows: NDArray[np.intp], factors: Floats, moves: Moves, shifts: Floats, *, american: bool
) -> Floats:
    spot, strike, rate = legs.spot[rows], legs.strike[rows], legs.rate[rows]
    years = np.maximum(legs.years[rows] - moves.days / DAYS_PER_YEAR, 0.0)
    side = np.where(legs.is_put[rows], -1.0, 1.0)
    with np.errstate(all="ignore"):
        left = np.where(legs.years[rows] > 0, years / legs.years[rows], 0.0)
        forward = spot * (legs.forward[rows] / spot) ** left
    shifted_alike = bool((shifts == shifts[0]).all())
    parts = []
    for move in [slice(None)] if shifted_alike else [slice(p, p + 1) for p in range(shifts.shape[0])]:
        volatility = np.maximum(legs.volatility[rows, None] * (1.0 + shifts[move][0]), _LEAST_VOLATILITY)
        columns = (forward, strike, years, rate, volatility, side, factors[:, move])
        parts.append(kernel.american_grid(spot, *columns) if american else kernel.scenario_grid(*columns))
    values = np.concatenate(parts, axis=1)
    terms = (spot, legs.forward[rows], strike, legs.years[rows], rate, legs.volatility[rows])
    unsound = ~np.isfinite(np.stack(terms)).all(axis=0) | (np.stack(terms[:4]) < 0).any(axis=0) | (terms[5] < 0)
    values[unsound | (legs.forward[rows] <= 0) | (strike <= 0)] = np.nan
    return values


def _by_position(legs: Legs, values: Floats) -> Revaluation:
    broken = np.isnan(values).any(axis=(1, 2)) | ~np.isfinite(legs.size)
    missing = np.bincount(legs.position[broken], minlength=legs.positions).astype(np.int64)
    return Revaluation(_sums(legs, values), missing)


def _sums(legs: Legs, values: Floats) -> Floats:
    """Sums of the legs' values (n, ...) by position."""
    total = np.zeros((legs.positions, *values.shape[1:]))
    if values.shape[0]:
        order = np.argsort(legs.position, kind="stable")
        positions, starts = np.unique(legs.position[order], return_index=True)
        total[positions] = np.add.reduceat(values[order], starts, axis=0)
    return total
