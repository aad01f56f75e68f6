"""What one option or share wins or loses in every cell of the scenario grid, in exact whole money.

Cells: each underlying by itself and all together from -30 to +30 %; volatility times 0.7, 1 and 1.5, now and after ten
days; every short option that is in the money assigned; all options at their expiry. And the joint crash: an index falls
by 10, 20 and 30 %, every underlying by its beta times as much, volatilities rise by four times the fall, without and
with assignment. An underlying without a beta falls as the index does; who asks is told which.

Options are worth the European formula and at least what exercise brings, which American ones are never worth less
than: some 30 times cheaper than exercise boundaries, so that the figures can follow each quote.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.analytics.kernel import Flags
from engine.analytics.scenarios import Legs, Moves, joint_moves, leg_values
from engine.core.calendar import years_to_expiry
from engine.core.money import UNIT, Money, to_float
from engine.domain.chain import Floats, Ints
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.quote import Quote

PRICE_MOVES = np.arange(-6, 7) / 20
VOLATILITY_MOVES = np.array([-0.3, 0.0, 0.5])
LATER_DAYS = 10.0
INDEX_FALLS = np.array([-0.1, -0.2, -0.3])
FEAR = 4.0
"""Volatility rises by so many times the index's fall: of 10 %, by 40 %. A convention of ours."""

SHIFTS = VOLATILITY_MOVES.size
NOW, LATER, ASSIGNED, EXPIRY = 0, SHIFTS, 2 * SHIFTS, 2 * SHIFTS + 1
"""Where the kinds of a price move begin: volatility moves now, volatility moves later, and one each."""
KINDS = EXPIRY + 1
CALM = PRICE_MOVES.size // 2
_UNCHANGED = 1

_NOMINAL_VOLATILITY = 0.3
"""Where it has no influence on what is used."""

Entry: TypeAlias = tuple[OptionContract | None, bool]
"""An option, or a share (None), and whether it is one sold short: only those are assigned."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What is known of the market at `now`: quotes, stocks by symbol, volatilities a year, the rate a year, betas.

    An option whose volatility is missing or no number is taken to expiry in every cell. A symbol without a usable
    stock quote takes no part in the grid; the bound at expiry needs no price.
    """

    now: dt.datetime
    quotes: Mapping[OptionContract, Quote]
    stocks: Mapping[str, Quote]
    volatilities: Mapping[OptionContract, float]
    rate: float
    betas: Mapping[str, float] = field(default_factory=dict)

    def spot(self, symbol: str) -> Money | None:
        """Middle of the stock's quote."""
        stock = self.stocks.get(symbol)
        return stock.mid if stock is not None and stock.is_good else None

    def beta(self, symbol: str) -> float | None:
        """Dollars for each dollar of the index, None where it is unknown."""
        beta = self.betas.get(symbol)
        return beta if beta is not None and np.isfinite(beta) else None


@dataclass(frozen=True, slots=True, eq=False)
class SymbolCells:
    """P&L of one long contract or share of each entry of one underlying, money.

    `moves` (entries, price moves, kinds) and `crash` (entries, 2 x falls): without assignment, then with it. `marks`
    (entries,): value at mid, at the model where nothing is quoted. `is_priced`: the underlying has a price;
    `unfollowed` (entries,): options without a volatility, which are taken to expiry in every cell.
    """

    entries: tuple[Entry, ...]
    moves: Ints
    crash: Ints
    marks: Ints
    is_priced: bool
    unfollowed: Flags

    def at(self, rows: NDArray[np.intp]) -> "SymbolCells":
        """Some of the entries, in any order."""
        entries = tuple(self.entries[row] for row in rows.tolist())
        return SymbolCells(
            entries, self.moves[rows], self.crash[rows], self.marks[rows], self.is_priced, self.unfollowed[rows]
        )


def symbol_cells(symbol: str, entries: Sequence[Entry], prices: Prices) -> SymbolCells:
    """Value one of each entry in every cell.

    What has no quote counts at its model value, without a volatility at what exercise brings now, else at nothing.
    """
    spot = prices.spot(symbol)
    legs = legs_of(entries, spot, prices)
    has_model: Flags = legs.is_share | (np.isfinite(legs.volatility) & (legs.volatility > 0))
    if spot is None:
        marks = _marks(symbol, entries, prices, np.full(len(entries), np.nan))
        moves = np.zeros((len(entries), PRICE_MOVES.size, KINDS), dtype=np.int64)
        crash = np.zeros((len(entries), 2 * INDEX_FALLS.size), dtype=np.int64)
        return SymbolCells(tuple(entries), moves, crash, marks, is_priced=False, unfollowed=~has_model)
    legs = replace(legs, volatility=np.where(has_model, legs.volatility, _NOMINAL_VOLATILITY))
    is_short = np.array([is_short for _, is_short in entries], dtype=np.bool_) & ~legs.is_share
    table, exercised = _moved(legs, is_short)
    now = table[:, CALM, NOW + _UNCHANGED]
    marks = _marks(symbol, entries, prices, np.where(has_model, now, exercised[:, CALM]))
    crashed, ruined = _crashed(legs, is_short, prices.beta(symbol))
    # Expiry, and what has no volatility, are against the mark; the rest against the model, as the model moves.
    at_expiry = _money(exercised) - marks[:, None]
    moves = np.where(has_model[:, None, None], _money(table - now[:, None, None]), at_expiry[:, :, None])
    moves[:, :, EXPIRY] = at_expiry
    crash = np.where(has_model[:, None], _money(crashed - now[:, None]), _money(ruined) - marks[:, None])
    # Where the model and the market differ, nothing long can lose more than its mark all the same.
    moves, crash = np.maximum(moves, -marks[:, None, None]), np.maximum(crash, -marks[:, None])
    return SymbolCells(tuple(entries), moves, crash, marks, is_priced=True, unfollowed=~has_model)


def _moved(legs: Legs, is_short: Flags) -> tuple[Floats, Floats]:
    """Values of one of each for the price moves (n, moves, kinds), and what exercise brings (n, moves), $."""
    exercised = exercised_values(legs, PRICE_MOVES)
    live = stressed_values(legs, Moves(PRICE_MOVES, VOLATILITY_MOVES), exercised)
    later = stressed_values(legs, Moves(PRICE_MOVES, VOLATILITY_MOVES, LATER_DAYS), exercised)
    assigned = np.where(is_short[:, None], exercised, live[:, :, _UNCHANGED])
    return np.concatenate([live, later, assigned[:, :, None], exercised[:, :, None]], axis=2), exercised


def _crashed(legs: Legs, is_short: Flags, beta: float | None) -> tuple[Floats, Floats]:
    """Values of one of each in the crash (n, 2 x falls), and what exercise then brings, $."""
    moves = joint_moves(INDEX_FALLS, np.array([1.0 if beta is None else beta]), FEAR)
    price = moves.price[:, 0]
    exercised = exercised_values(legs, price)
    # Each fall has its own volatility: the diagonal of a grid, which is one call where three rows would be three.
    values = np.diagonal(stressed_values(legs, Moves(price, moves.volatility[:, 0]), exercised), axis1=1, axis2=2)
    assigned = np.where(is_short[:, None], exercised, values)
    return np.concatenate([values, assigned], axis=1), np.concatenate([exercised, exercised], axis=1)


def cells_of_book(parts: Sequence[tuple[int, Ints, Ints]], symbols: int) -> Ints:
    """Rows (items, cells) from each item's P&L in single underlyings: (its number, moves, crash) as in SymbolCells.

    The columns: all underlyings moved alike, the crash, then (with more than one) each by itself while the others stand
    still.
    """
    items, moves, kinds = parts[0][1].shape
    table = np.zeros((items, symbols, moves, kinds), dtype=np.int64)
    crash = np.zeros((items, parts[0][2].shape[1]), dtype=np.int64)
    for place, own, fallen in parts:
        table[:, place] = own
        crash += fallen
    joint = table.sum(axis=1).reshape(items, moves * kinds)
    if symbols == 1:
        return np.concatenate([joint, crash], axis=1)
    still = table[:, :, CALM : CALM + 1]
    alone = table + (still.sum(axis=1, keepdims=True) - still)
    return np.concatenate([joint, crash, alone.reshape(items, symbols * moves * kinds)], axis=1)


def stressed_values(legs: Legs, moves: Moves, exercised: Floats) -> Floats:
    """Model value of one of each (n, p, v), $: European, and at least what exercise brings (n, p)."""
    floored: Floats = np.maximum(leg_values(legs, moves, american=False), exercised[:, :, None])
    return floored


def exercised_values(legs: Legs, price: Floats) -> Floats:
    """What exercise of one of each brings (n, p), $; of shares their value."""
    moved = legs.spot[:, None] * (1.0 + price)
    strike = np.where(legs.is_share, 0.0, legs.strike)[:, None]
    gap = np.where(legs.is_put[:, None], strike - moved, moved - strike)
    brought: Floats = np.maximum(gap, 0.0) * legs.size[:, None]
    return brought


def _money(amounts: Floats) -> Ints:
    return np.rint(amounts * UNIT).astype(np.int64)


def legs_of(entries: Sequence[Entry], spot: Money | None, prices: Prices) -> Legs:
    """One long contract or share of each entry. Time is to the minute, as in all valuations of what is held."""
    count = len(entries)
    options = [contract for contract, _ in entries]
    days = {option.expiration for option in options if option is not None}
    minute = prices.now.replace(second=0, microsecond=0)
    left = {day: max(0.0, years_to_expiry(minute, day)) for day in days}
    years = np.array([0.0 if option is None else left[option.expiration] for option in options])
    at = np.full(count, np.nan if spot is None else to_float(spot))
    return Legs(
        spot=at,
        forward=at * np.exp(prices.rate * years),
        strike=np.array([np.nan if option is None else to_float(option.strike) for option in options]),
        years=years,
        rate=np.full(count, prices.rate),
        volatility=np.array([np.nan if each is None else prices.volatilities.get(each, np.nan) for each in options]),
        is_put=np.array([option is not None and option.right is Right.PUT for option in options], dtype=np.bool_),
        size=np.array([1.0 if option is None else float(MULTIPLIER) for option in options]),
        position=np.arange(count, dtype=np.int64),
        symbol=np.zeros(count, dtype=np.int64),
    )


def _marks(symbol: str, entries: Sequence[Entry], prices: Prices, values: Floats) -> Ints:
    """Value of one of each at mid, money; `values` (n,) $ where nothing is quoted."""
    marks = []
    for (contract, _), value in zip(entries, values.tolist(), strict=True):
        quote = prices.stocks.get(symbol) if contract is None else prices.quotes.get(contract)
        sides = None if quote is None else quote.two_sided
        if sides is not None:
            marks.append(sum(sides) * (1 if contract is None else MULTIPLIER) // 2)
        else:
            marks.append(round(value * UNIT) if np.isfinite(value) else 0)
    return np.array(marks, dtype=np.int64)
