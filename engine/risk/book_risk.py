"""The worst case of a book in exact whole money, as often as a closing plan asks for it.

Everything the worst case is made of is linear in what is held: results in the cells of a scenario grid, values at the
corners of each expiration, shares that are owed above the last strike, marks. One row of whole numbers for each piece
of the book holds all of them, a book is a sum of rows, and taking something out is a subtraction.

The worst case is the larger of two: the worst cell of the grid (each underlying by itself and all together from -30 to
+30 %, volatility times 0.7 and 1.5, now and at expiry, and every short option assigned), and the exact bound at expiry
of each underlying, added up. Both are losses from the marks of now, so the worst case falls or rises with what is left
in the book, and what closing costs is not in it.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import total_ordering

import numpy as np
from numpy.typing import NDArray

from engine.analytics.kernel import Flags
from engine.analytics.payoff import expiry_pnl_curve, upper_slope
from engine.analytics.scenarios import Legs, Moves, assignment, model_values, revalue
from engine.core.calendar import years_to_expiry
from engine.core.money import UNIT, Money, to_float
from engine.domain.chain import Floats, Ints
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.position import Position
from engine.domain.quote import Quote

PRICE_MOVES = np.linspace(-0.3, 0.3, 13)
VOLATILITY_MOVES = np.array([-0.3, 0.0, 0.5])
_CALM = int(np.flatnonzero(np.isclose(PRICE_MOVES, 0.0))[0])
_ALL_DAYS = 1e6
"""After so many days every option is worth what exercise brings."""

_NOMINAL_VOLATILITY = 0.3
"""Where it has no influence on what is used."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What is known of the market at `now`: quotes, stocks by symbol, volatilities a year, the rate a year.

    An option whose volatility is missing or no number is taken to expiry in every cell. A symbol without a usable
    stock quote takes no part in the grid; the bound at expiry needs no price.
    """

    now: dt.datetime
    quotes: Mapping[OptionContract, Quote]
    stocks: Mapping[str, Quote]
    volatilities: Mapping[OptionContract, float]
    rate: float

    def spot(self, symbol: str) -> Money | None:
        """Middle of the stock's quote."""
        stock = self.stocks.get(symbol)
        return stock.mid if stock is not None and stock.is_good else None


@total_ordering
@dataclass(frozen=True, slots=True)
class Worst:
    """A worst case: shares owed without any bound above the last strike, and the loss apart from those, both >= 0.

    What is unbounded is worse than anything that is not.
    """

    naked: int
    loss: Money

    @property
    def amount(self) -> Money | None:
        """The loss, None where it has no bound."""
        return None if self.naked else self.loss

    def __lt__(self, other: "Worst") -> bool:
        return (self.naked, self.loss) < (other.naked, other.loss)


@dataclass(frozen=True, slots=True)
class Piece:
    """One leg of a position, or its shares (`contract` None): `ratio` contracts or shares of a unit, negative short.

    `group` is the expiration that it is settled with in the bound: shares, and options that live longer, are worth at
    least what they bring when the short ones of their position end.
    """

    position: int
    symbol: str
    contract: OptionContract | None
    ratio: int
    group: int

    @property
    def multiplier(self) -> int:
        """Shares that one of it stands for."""
        return 1 if self.contract is None else MULTIPLIER


@dataclass(frozen=True, slots=True, eq=False)
class BookRisk:
    """Rows of one long contract or share of each piece, (pieces, columns): cells, corners, tails, marks.

    `groups` are where each expiration's corners begin, `symbols` where each underlying's expirations do.
    """

    pieces: tuple[Piece, ...]
    rows: Ints
    marks: Ints
    cells: int
    corners: int
    groups: NDArray[np.intp]
    symbols: NDArray[np.intp]

    def sum_of(self, held: Ints) -> Ints:
        """The row of a book that holds so many of each piece."""
        total: Ints = held @ self.rows
        return total

    def spent_row(self, piece: int) -> Ints:
        """The row of a short piece when the money that buys it back counts as spent, not as a loss of the book."""
        row: Ints = self.rows[piece].copy()
        row[: self.cells] += self.marks[piece]
        row[-self.symbols.size :] = 0
        return row

    def worst(self, book: Ints) -> Worst:
        """The worst case of one book's row."""
        naked, loss = self.worst_of(book)
        return Worst(int(naked), int(loss))

    def worst_of(self, books: Ints) -> tuple[Ints, Ints]:
        """Shares without bound and losses of many books' rows (..., columns)."""
        tails = self.cells + self.corners
        marks = tails + self.groups.size
        grid = -books[..., : self.cells].min(axis=-1, initial=0)
        by_group = np.minimum.reduceat(books[..., self.cells : tails], self.groups, axis=-1)
        by_symbol = np.add.reduceat(by_group, self.symbols, axis=-1)
        bound = np.maximum(books[..., marks:] - by_symbol, 0).sum(axis=-1)
        naked: Ints = np.maximum(-books[..., tails:marks], 0).sum(axis=-1)
        loss: Ints = np.maximum(grid, bound)
        return naked, loss


def book_risk(positions: Sequence[Position], prices: Prices) -> BookRisk:
    """Value one of each piece in every cell and at every corner. Pieces are in the positions' order, legs first.

    What has no quote counts at its model value, without a volatility at what exercise brings now, else at nothing.
    """
    pieces = _pieces(positions)
    symbols = sorted({piece.symbol for piece in pieces})
    results, values, is_followed = _results(pieces, symbols, prices)
    marks = np.array([_mark(piece, prices, value) for piece, value in zip(pieces, values, strict=True)], dtype=np.int64)
    is_priced = np.array([prices.spot(piece.symbol) is not None for piece in pieces])
    at_expiry = np.where(is_priced[:, None], results[:, :, -1] - marks[:, None], 0)
    cells = np.where(is_followed[:, None, None], results, at_expiry[:, :, None])
    cells[:, :, -1] = at_expiry
    # Where the model and the market differ, nothing long can lose more than its mark all the same.
    cells = np.maximum(cells, -marks[:, None, None])
    cells = _cells(pieces, symbols, cells)
    corners, tails, groups, starts = _expiries(pieces, symbols)
    by_symbol = np.zeros((len(pieces), len(symbols)), dtype=np.int64)
    for row, piece in enumerate(pieces):
        by_symbol[row, symbols.index(piece.symbol)] = marks[row]
    rows = np.concatenate([cells, corners, tails, by_symbol], axis=1)
    return BookRisk(tuple(pieces), rows, marks, cells.shape[1], corners.shape[1], groups, starts)


def _pieces(positions: Sequence[Position]) -> list[Piece]:
    pieces: list[Piece] = []
    for place, position in enumerate(positions):
        structure = position.structure
        groups = _groups(position)
        pieces += [
            Piece(place, structure.symbol, leg.contract, leg.ratio, group)
            for leg, group in zip(structure.legs, groups, strict=True)
        ]
        if structure.shares:
            pieces.append(Piece(place, structure.symbol, None, structure.shares, min(groups, default=0)))
    return [_with_calls(piece, pieces, positions) for piece in pieces]


def _groups(position: Position) -> list[int]:
    """The expiration that each leg is settled with: that of the short legs where everything long lives as long."""
    legs = position.structure.legs
    own = [leg.contract.expiration.toordinal() for leg in legs]
    short = {day for day, leg in zip(own, legs, strict=True) if leg.ratio < 0}
    if len(short) == 1 and min(own) == min(short):
        return [min(own)] * len(own)
    return own


def _with_calls(piece: Piece, pieces: Sequence[Piece], positions: Sequence[Position]) -> Piece:
    """Shares that are held by themselves deliver against the most short calls there are of one expiration."""
    if piece.contract is not None or piece.group:
        return piece
    owed: dict[int, int] = {}
    for other in pieces:
        contract = other.contract
        if other.symbol == piece.symbol and contract is not None and contract.right is Right.CALL:
            owed[other.group] = owed.get(other.group, 0) + other.ratio * positions[other.position].quantity
    group = min(owed, key=lambda day: (owed[day], day), default=0)
    chosen = group if owed.get(group, 0) < 0 else 0
    return Piece(piece.position, piece.symbol, None, piece.ratio, chosen)


def _results(pieces: Sequence[Piece], symbols: Sequence[str], prices: Prices) -> tuple[Ints, Floats, Flags]:
    """P&L of one of each piece, money (pieces, moves, shifts + 2); the last two are assignment, and values at expiry.

    Also its model value now, $ (pieces,), NaN where it is not known, and whether the model can follow it: what has no
    volatility of its own is taken to expiry in every cell.
    """
    legs = _legs(pieces, symbols, prices)
    has_spot = np.isfinite(legs.spot) & (legs.spot > 0)
    has_model = has_spot & np.isfinite(legs.volatility) & (legs.volatility > 0) | (has_spot & legs.is_share)
    usable = _legs(pieces, symbols, prices, nominal=_NOMINAL_VOLATILITY)
    side = np.sign(usable.size)
    live = revalue(usable, Moves(PRICE_MOVES, VOLATILITY_MOVES)).by_position * side[:, None, None]
    assigned = assignment(usable, PRICE_MOVES).pnl * side[:, None]
    now = model_values(usable, Moves(np.zeros(1), np.zeros(1))).by_position[:, 0, 0] * side
    ended = model_values(usable, Moves(PRICE_MOVES, np.zeros(1), _ALL_DAYS)).by_position[:, :, 0] * side[:, None]
    values = np.where(has_model, now, np.where(has_spot, ended[:, _CALM], np.nan))
    table = np.concatenate([live, assigned[:, :, None], ended[:, :, None]], axis=2)
    table[~has_spot] = 0.0
    return np.rint(table * UNIT).astype(np.int64), values, has_model


def _legs(pieces: Sequence[Piece], symbols: Sequence[str], prices: Prices, nominal: float | None = None) -> Legs:
    """One contract or share of each piece, on its own side."""
    count = len(pieces)
    spots = {symbol: prices.spot(symbol) for symbol in symbols}
    spot = np.array([np.nan if (at := spots[piece.symbol]) is None else to_float(at) for piece in pieces])
    options = [piece.contract for piece in pieces]
    years = np.array([0.0 if c is None else max(0.0, years_to_expiry(prices.now, c.expiration)) for c in options])
    volatility = np.array([np.nan if c is None else prices.volatilities.get(c, np.nan) for c in options])
    if nominal is not None:
        volatility = np.where(np.isfinite(volatility) & (volatility > 0), volatility, nominal)
    return Legs(
        spot=spot,
        forward=spot * np.exp(prices.rate * years),
        strike=np.array([np.nan if c is None else to_float(c.strike) for c in options]),
        years=years,
        rate=np.full(count, prices.rate),
        volatility=volatility,
        is_put=np.array([c is not None and c.right is Right.PUT for c in options], dtype=np.bool_),
        size=np.array([piece.multiplier * (1.0 if piece.ratio > 0 else -1.0) for piece in pieces]),
        position=np.arange(count, dtype=np.int64),
        symbol=np.array([symbols.index(piece.symbol) for piece in pieces], dtype=np.int64),
    )


def _mark(piece: Piece, prices: Prices, value: float) -> Money:
    """Value of one of it at mid, in money."""
    quote = prices.stocks.get(piece.symbol) if piece.contract is None else prices.quotes.get(piece.contract)
    sides = None if quote is None else quote.two_sided
    if sides is not None:
        return sum(sides) * piece.multiplier // 2
    return round(value * UNIT) if np.isfinite(value) else 0


def _cells(pieces: Sequence[Piece], symbols: Sequence[str], table: Ints) -> Ints:
    """The grid: all underlyings moved alike, then each by itself while the others stand still; (pieces, cells)."""
    count, moves, kinds = table.shape
    blocks = [table.reshape(count, moves * kinds)]
    if len(symbols) > 1:
        still = np.repeat(table[:, _CALM : _CALM + 1], moves, axis=1).reshape(count, moves * kinds)
        for symbol in symbols:
            is_moved = np.array([piece.symbol == symbol for piece in pieces])
            blocks.append(np.where(is_moved[:, None], blocks[0], still))
    return np.concatenate(blocks, axis=1)


def _expiries(pieces: Sequence[Piece], symbols: Sequence[str]) -> tuple[Ints, Ints, NDArray[np.intp], NDArray[np.intp]]:
    """Values at every corner (pieces, corners), shares above the last strike (pieces, groups), and where they begin."""
    keys = sorted({(symbols.index(piece.symbol), piece.group) for piece in pieces})
    columns, tails, groups = [], np.zeros((len(pieces), len(keys)), dtype=np.int64), []
    width = 0
    for place, key in enumerate(keys):
        inside = [row for row, piece in enumerate(pieces) if (symbols.index(piece.symbol), piece.group) == key]
        contracts = [pieces[row].contract for row in inside]
        spots = np.array(sorted({0, *(each.strike for each in contracts if each is not None)}), dtype=np.int64)
        block = np.zeros((len(pieces), spots.size), dtype=np.int64)
        for row, contract in zip(inside, contracts, strict=True):
            legs = [] if contract is None else [(contract.right, contract.strike, 1)]
            block[row] = expiry_pnl_curve(legs, 0, spots, 0 if contract is not None else 1)
            tails[row, place] = upper_slope(legs, 0 if contract is not None else 1)
        columns.append(block)
        groups.append(width)
        width += spots.size
    owners = [symbol for symbol, _ in keys]
    starts = [owners.index(symbol) for symbol in range(len(symbols))]
    return np.concatenate(columns, axis=1), tails, np.array(groups, dtype=np.intp), np.array(starts, dtype=np.intp)
