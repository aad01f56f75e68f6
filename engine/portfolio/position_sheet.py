"""One position by itself: what its legs are quoted at, and its results over prices, days and volatility. Pure."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.analytics.chain_smile import chain_smile
from engine.analytics.chain_values import chain_values
from engine.analytics.kernel import DAYS_PER_YEAR
from engine.analytics.payoff import (
    PayoffLeg,
    breakevens,
    expiry_extremes,
    expiry_pnl_curve,
    upper_slope,
)
from engine.analytics.probability import chance_above_zero, chance_of_profit
from engine.analytics.scenarios import Legs
from engine.analytics.smile import Smile
from engine.analytics.structure_value import structure_columns, value_curves
from engine.core.calendar import days_to_expiry, market_day
from engine.core.money import CENT, Money, from_float, to_float
from engine.domain.chain import Chain, Floats
from engine.domain.contract_keys import decode_keys
from engine.domain.instrument import MULTIPLIER, OptionContract
from engine.domain.position import Position
from engine.domain.position_sheet import LegLine, PayoffCurves
from engine.domain.quote import stock_quote
from engine.domain.structure import Leg
from engine.domain.tick import EUROPEAN_CLASSES
from engine.portfolio.valuation import HeldValue, contract_values

_POINTS = 161
"""Prices of a curve, evenly spaced; strikes, break-evens and the spot are added."""

_DEVIATIONS = 2.5
"""How far the prices reach beyond the spot, in standard deviations until the first expiration."""

_LEAST_REACH, _MOST_REACH = 0.06, 0.6
"""The same as shares of the spot."""

_BEYOND_STRIKES = 0.3
"""Of the distance between the outer strikes: what is shown beyond them."""


def leg_lines(position: Position, chain: Chain | None, now: dt.datetime, rate: float) -> tuple[LegLine, ...]:
    """Every leg of a position with its newest quote, and the shares; `rate` as in valuations."""
    legs = position.structure.legs
    values = {} if chain is None else contract_values(chain, [leg.contract for leg in legs], now, rate)
    lines = [_option_line(leg.contract, leg.ratio * position.quantity, chain, values.get(leg.contract)) for leg in legs]
    if position.shares:
        lines.append(_share_line(position.shares, chain))
    return tuple(lines)


def _option_line(contract: OptionContract, quantity: int, chain: Chain | None, value: HeldValue | None) -> LegLine:
    quote = None if chain is None else chain.quote(contract)
    if quote is None:
        return LegLine(contract, quantity)
    line = LegLine(contract, quantity, quote.bid, quote.ask, quote.mid, at=quote.at)
    if value is None:
        return line
    return LegLine(
        contract,
        quantity,
        line.bid,
        line.ask,
        line.mid,
        value.volatility,
        value.is_borrowed,
        value.delta * quantity * MULTIPLIER,
        line.at,
    )


def _share_line(shares: int, chain: Chain | None) -> LegLine:
    spot = None if chain is None else from_float(chain.spot)
    if chain is None or spot is None:
        return LegLine(None, shares, delta=float(shares))
    quote = stock_quote(spot, chain.spot_at)
    return LegLine(None, shares, quote.bid, quote.ask, quote.mid, delta=float(shares), at=quote.at)


# --- payoff ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """A position as the analytics take it; `columns` None where a leg has no volatility, or the spot is not known."""

    legs: tuple[Leg, ...]
    payoff: tuple[PayoffLeg, ...]
    shares: int
    cash: Money
    columns: Legs | None
    front_days: float
    """To the first expiration."""
    is_american: bool

    def at(self, prices: Floats, volatility: float, days: float) -> Floats | None:
        """Results by the model at prices in $, None where they cannot be told."""
        if self.columns is None:
            return None
        moves = np.array([volatility]), np.array([days])
        pnl = value_curves(self.columns, self.cash, prices, *moves, american=self.is_american).pnl[:, 0, 0]
        return pnl if np.isfinite(pnl).all() else None


def payoff_curves(
    position: Position, chain: Chain | None, now: dt.datetime, rate: float, days: int, volatility_pct: int
) -> PayoffCurves:
    """Results of a position after `days`, with each volatility moved by a percentage of itself, beside now and expiry.

    Days are kept between now and the first expiration. `rate` as in valuations. Without a strike and without the
    underlying's price there are no prices, and no curves.
    """
    expiration = position.structure.expiration
    left = 0 if expiration is None else max(0, days_to_expiry(now, expiration))
    day = min(max(0, days), left)
    spot = None if chain is None or not chain.spot > 0 else from_float(chain.spot)
    costs = position.commissions + position.fees - position.income
    held = _held(position, chain, now, rate, costs)
    is_exact = len({leg.contract.expiration for leg in held.legs}) <= 1
    grid = _grid(position, spot, _deviation(held, spot))
    results = _at_expiry(held, grid, is_exact=is_exact)
    zeros = _zeros(held, grid, results, is_exact=is_exact)
    if grid.size:
        inside = [zero for zero in zeros if grid[0] < zero < grid[-1]]
        grid = np.union1d(grid, np.array(inside, dtype=np.int64))
    results = _at_expiry(held, grid, is_exact=is_exact)
    prices = np.array([to_float(int(price)) for price in grid])
    # The last day is over when its options are: a whole number of days would stop some hours short of it.
    passed = held.front_days if day and day == left else float(day)
    today, chosen = held.at(prices, 0.0, 0.0), held.at(prices, volatility_pct / 100, passed)
    extremes = expiry_extremes(held.payoff, held.cash, held.shares) if is_exact else None
    at = None if spot is None else int(np.searchsorted(grid, spot))
    curves = _money(today), _money(chosen)
    return PayoffCurves(
        prices=tuple(int(price) for price in grid),
        at_expiry=results,
        today=curves[0],
        chosen=curves[1],
        spot=spot,
        at_spot=(_at(curves[0], at), _at(curves[1], at)),
        now=market_day(now),
        day=market_day(now) + dt.timedelta(days=day),
        expiration=expiration,
        days_left=left,
        breakevens=zeros,
        profits=_profits(grid.tolist(), results),
        chance=_chance(held, chain, now, rate, expiration, (prices, results), is_exact=is_exact),
        best=None if extremes is None else extremes.best,
        worst=None if extremes is None else extremes.worst,
        is_exact=is_exact,
        costs=costs,
    )


def _held(position: Position, chain: Chain | None, now: dt.datetime, rate: float, costs: Money) -> _Held:
    legs = tuple(Leg(leg.contract, leg.ratio * position.quantity) for leg in position.structure.legs)
    payoff = tuple((leg.contract.right, leg.contract.strike, leg.ratio) for leg in legs)
    found = {} if chain is None else contract_values(chain, [leg.contract for leg in legs], now, rate)
    columns: Legs | None = None
    if chain is not None and chain.spot > 0 and all(leg.contract in found for leg in legs):
        values = [found[leg.contract] for leg in legs]
        terms = (
            np.array([getattr(value, name) for value in values], dtype=np.float64)
            for name in ("forward", "years", "volatility")
        )
        forward, years, volatility = terms
        columns = structure_columns(legs, chain.spot, forward, years, rate, volatility, position.shares)
    front = min((value.years for value in found.values()), default=0.0) * DAYS_PER_YEAR
    is_american = position.symbol not in EUROPEAN_CLASSES
    return _Held(legs, payoff, position.shares, -position.cost - costs, columns, front, is_american)


def _deviation(held: _Held, spot: Money | None) -> float:
    """One standard deviation of the price until the first expiration, $, by the position's own volatilities; else 0."""
    if spot is None or held.columns is None or not held.legs:
        return 0.0
    volatility = float(np.mean(held.columns.volatility[: len(held.legs)]))
    return to_float(spot) * volatility * math.sqrt(held.front_days / DAYS_PER_YEAR)


def _grid(position: Position, spot: Money | None, deviation: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Prices that are shown, ascending: around the strikes and the spot, in whole cents."""
    known = [*position.structure.strikes, *([] if spot is None else [spot])]
    if not known:
        return np.zeros(0, dtype=np.int64)
    low, high = to_float(min(known)), to_float(max(known))
    middle = to_float(spot) if spot is not None else (low + high) / 2
    reach = min(max(_DEVIATIONS * deviation, _LEAST_REACH * middle), _MOST_REACH * middle)
    beyond = (high - low) * _BEYOND_STRIKES
    first, last = max(0.01, min(middle - reach, low - beyond)), max(middle + reach, high + beyond)
    even = np.rint(np.linspace(first, last, _POINTS) * 100).astype(np.int64) * CENT
    return np.union1d(even, np.array(known, dtype=np.int64))


def _at_expiry(held: _Held, grid: np.ndarray[tuple[int], np.dtype[np.int64]], *, is_exact: bool) -> tuple[Money, ...]:
    if is_exact:
        return tuple(expiry_pnl_curve(held.payoff, held.cash, grid, held.shares).tolist())
    prices = np.array([to_float(int(price)) for price in grid])
    return _money(held.at(prices, 0.0, held.front_days))


def _money(curve: Floats | None) -> tuple[Money, ...]:
    """A curve in $ to the cent, empty where it cannot be told."""
    if curve is None:
        return ()
    amounts = [from_float(round(value, 2)) for value in curve.tolist()]
    return tuple(amount for amount in amounts if amount is not None) if None not in amounts else ()


def _at(curve: Sequence[Money], place: int | None) -> Money | None:
    return curve[place] if curve and place is not None and place < len(curve) else None


def _zeros(
    held: _Held, grid: np.ndarray[tuple[int], np.dtype[np.int64]], results: Sequence[Money], *, is_exact: bool
) -> tuple[Money, ...]:
    """Where the result at expiry is zero, or the model's curve crosses it, to the cent."""
    if is_exact:
        exact = breakevens(held.payoff, held.cash, held.shares)
        return tuple(dict.fromkeys(round(zero / CENT) * CENT for zero in exact))
    found = []
    for (low, high), (left, right) in zip(pairwise(grid.tolist()), pairwise(results), strict=False):
        if (left > 0) is not (right > 0):
            found.append(round((low + (high - low) * left / (left - right)) / CENT) * CENT)
    return tuple(found)


def _profits(prices: Sequence[Money], results: Sequence[Money]) -> tuple[tuple[Money, Money], ...]:
    """Stretches of the prices between which the result is above zero; the break-evens are among the prices."""
    found: list[tuple[Money, Money]] = []
    for (low, high), (left, right) in zip(pairwise(prices), pairwise(results), strict=False):
        if left + right <= 0:
            continue
        if found and found[-1][1] == low:
            found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return tuple(found)


def _chance(
    held: _Held, chain: Chain | None, now: dt.datetime, rate: float, expiration: dt.date | None,
    line: tuple[Floats, Sequence[Money]], *, is_exact: bool,
) -> float | None:  # fmt: skip
    """Of a result above zero at the first expiration, by the smile that is fitted to its quotes."""
    if chain is None or expiration is None or not chain.key.size or held.front_days <= 0:
        return None
    smile = _smile(chain, now, rate, expiration)
    if is_exact:
        return chance_of_profit(held.payoff, held.cash, smile, held.shares)
    prices, results = line
    if not results:
        return None
    floor = held.at(np.zeros(1), 0.0, held.front_days)
    if floor is None:
        return None
    amounts = np.array([float(floor[0]), *(to_float(result) for result in results)])
    chance = chance_above_zero(np.array([0.0, *prices]), amounts, float(upper_slope(held.payoff, held.shares)), smile)
    return None if math.isnan(chance) else chance


def _smile(chain: Chain, now: dt.datetime, rate: float, expiration: dt.date) -> Smile:
    ordinals, _, _ = decode_keys(chain.key)
    wanted = ordinals == expiration.toordinal()
    is_european = chain.symbol in EUROPEAN_CLASSES
    values = chain_values(chain, now.replace(second=0, microsecond=0), rate, wanted=wanted, is_european=is_european)
    return chain_smile(chain, values, expiration.toordinal())
