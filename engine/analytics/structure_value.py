"""What one structure is worth, and has won or lost, at any price of its underlying, any volatility and any date.

The curves that a ticket draws over the payoff at expiry. Everything is valued as in `scenarios`, so that a chart and
the book's worst case never disagree; here absolute prices take the place of moves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.analytics.scenarios import Legs, Moves, model_values
from engine.core.money import Money, to_float
from engine.domain.chain import Floats
from engine.domain.instrument import MULTIPLIER, Right
from engine.domain.structure import Leg

_AS_NOW = np.zeros(1)

_LOWEST_MOVE = float(np.finfo(np.float64).epsneg) - 1.0
"""The move to a price of zero: as near as floats come, because a model's price is never zero."""


@dataclass(frozen=True, slots=True, eq=False)
class ValueCurves:
    """Of the whole structure, $; arrays (p, v, d): prices by volatility moves by days. NaN where it cannot be told.

    mark: model value, what a liquidation at fair prices would bring; pnl: the mark and the cash together; now: the mark
    as things are; missing: legs that cannot be valued, and with any of them every figure is NaN.
    """

    mark: Floats
    pnl: Floats
    now: float
    missing: int


def structure_columns(
    legs: Sequence[Leg], spot: float, forward: Floats, years: Floats, rate: float, volatility: Floats, shares: int = 0
) -> Legs:
    """Columns of one position: legs and shares of the whole of it, each leg with its own forward, time and volatility.

    Arrays (n,) in the order of `legs`: forward in $ and years to each leg's expiration, its implied volatility as a
    decimal. `spot` in $, `rate` continuously compounded, `shares` signed. Raises ValueError for other shapes, for
    several underlyings, and for nothing held.
    """
    count = len(legs)
    if not forward.shape == years.shape == volatility.shape == (count,):
        raise ValueError("each leg has one forward, one time and one volatility")
    if len({leg.contract.underlying for leg in legs}) > 1:
        raise ValueError("a structure has one underlying")
    if not (count or shares):
        raise ValueError("nothing is held")
    stock = (shares != 0,)
    rows = count + sum(stock)
    pad = np.zeros(rows - count)
    return Legs(
        spot=np.full(rows, spot, dtype=np.float64),
        forward=np.concatenate([forward, pad + spot]),
        strike=np.concatenate([[to_float(leg.contract.strike) for leg in legs], pad + np.nan]),
        years=np.concatenate([years, pad]),
        rate=np.full(rows, rate, dtype=np.float64),
        volatility=np.concatenate([volatility, pad]),
        is_put=np.array([leg.contract.right is Right.PUT for leg in legs] + [False] * pad.size, dtype=np.bool_),
        size=np.concatenate([[float(MULTIPLIER * leg.ratio) for leg in legs], pad + shares]),
        position=np.zeros(rows, dtype=np.int64),
        symbol=np.zeros(rows, dtype=np.int64),
    )


def value_curves(
    columns: Legs, cash: Money, prices: Floats, volatility: Floats, days: Floats, *, american: bool = True
) -> ValueCurves:
    """Value the position at `prices` (p,) in $, under volatility moves (v,), after `days` (d,) calendar days from now.

    `columns` as `structure_columns` makes them; `cash` as in `payoff`: all that was received (+) or paid (-), shares
    included. A volatility move is relative, as in `Moves`: +0.5 is half as much again for every leg. Legs whose life
    has ended count with their intrinsic value at the price asked for, as if it had been there at their expiration:
    after the first of two expirations that is a convention. American exercise on a continuous carry; a cash dividend
    within a leg's life is spread over it. Prices and days below zero and anything not finite give NaN in their cells.
    Raises ValueError when the columns are not of one position at one spot.
    """
    if columns.positions != 1 or np.unique(columns.spot).size > 1:
        raise ValueError("curves are of one position in one underlying")
    spot = float(columns.spot[0])
    with np.errstate(all="ignore"):
        price = np.maximum(prices / spot - 1.0, _LOWEST_MOVE)
    sound = np.isfinite(price) & (prices >= 0)
    price[~sound] = 0.0
    present = model_values(columns, Moves(_AS_NOW, _AS_NOW), american=american)
    now, missing = float(present.netted[0, 0]), int(present.missing[0])
    mark = np.full((prices.size, volatility.size, days.size), np.nan)
    if not missing:
        for place, passed in enumerate(days.tolist()):
            if np.isfinite(passed) and passed >= 0:
                mark[:, :, place] = model_values(columns, Moves(price, volatility, passed), american=american).netted
    mark[~sound] = np.nan
    mark[:, ~np.isfinite(volatility)] = np.nan
    return ValueCurves(mark, mark + to_float(cash), now, missing)
