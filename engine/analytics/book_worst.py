"""The worst case of a book in exact whole money: one reckoning for the screen, the breaker and the closing plan.

Everything the worst case is made of is linear in what is held: results in the cells of a scenario grid, values at the
corners of each expiration, shares that are owed above the last strike, marks. One row of whole numbers for each piece
of the book (or each module) holds all of them, a book is a sum of rows, and taking something out is a subtraction.

The worst case is the larger of two (see `engine.analytics.stress_cells` for the first): the worst cell of the grid,
and the exact bound at expiry of each underlying, added up. Both are losses from the marks of now, so the worst case
falls or rises with what is left in the book, and what closing costs is not in it. A sum of losses is never less than
the loss of the sum, in each cell and at each corner: netted, a book never loses more than its parts alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import total_ordering

import numpy as np
from numpy.typing import NDArray

from engine.analytics.payoff import Holding, Part, settled_parts
from engine.analytics.stress_cells import Entry, Prices, SymbolCells, cells_of_book, symbol_cells
from engine.core.money import Money
from engine.domain.chain import Ints
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.position import Position
from engine.domain.structure import shares_of


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


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """What the columns of a book's row are: cells, corners, tails (shares above the last strike), marks.

    `groups` are where each expiration's corners begin, `symbols` where each underlying's expirations do. Every method
    takes rows of many books (..., columns).
    """

    cells: int
    corners: int
    groups: NDArray[np.intp]
    symbols: NDArray[np.intp]

    def grid_of(self, books: Ints) -> Ints:
        """Losses in the worst cell (...), at least zero."""
        grid: Ints = -books[..., : self.cells].min(axis=-1, initial=0)
        return grid

    def bound_of(self, books: Ints) -> Ints:
        """Losses at expiry from the marks by underlying (..., symbols), at least zero."""
        corners = books[..., self.cells : self.cells + self.corners]
        by_group = np.minimum.reduceat(corners, self.groups, axis=-1)
        marks = books[..., self.cells + self.corners + self.groups.size :]
        bound: Ints = np.maximum(marks - np.add.reduceat(by_group, self.symbols, axis=-1), 0)
        return bound

    def naked_of(self, books: Ints) -> Ints:
        """Shares owed above the last strike by underlying (..., symbols)."""
        tails = books[..., self.cells + self.corners : self.cells + self.corners + self.groups.size]
        naked: Ints = np.add.reduceat(np.maximum(-tails, 0), self.symbols, axis=-1)
        return naked

    def worst_of(self, books: Ints) -> tuple[Ints, Ints]:
        """Shares without bound and losses (...)."""
        loss: Ints = np.maximum(self.grid_of(books), self.bound_of(books).sum(axis=-1))
        naked: Ints = self.naked_of(books).sum(axis=-1)
        return naked, loss


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """Values at expiry of one of each part of one underlying.

    `values` (parts, corners) at price zero and at every strike of its expiration, zero at the corners of others;
    `tails` (parts, groups) shares it stands for above the last strike; `prices` (corners,); `starts` (groups,).
    """

    keys: tuple[int, ...]
    values: Ints
    tails: Ints
    prices: Ints
    starts: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Piece:
    """One leg of a position, or its shares (`contract` None): `ratio` contracts or shares of a unit, negative short.

    `group` is the expiration that it is settled with in the bound, see `settled_parts`.
    """

    position: int
    symbol: str
    contract: OptionContract | None
    ratio: int
    group: int

    @property
    def entry(self) -> Entry:
        """Which row of the cells it is."""
        return self.contract, self.ratio < 0


@dataclass(frozen=True, slots=True, eq=False)
class BookRisk:
    """Rows of one long contract or share of each piece, (pieces, columns).

    `positions` are those that were asked about, with shares that are settled with several expirations as one position
    for each.
    """

    positions: tuple[Position, ...]
    pieces: tuple[Piece, ...]
    rows: Ints
    marks: Ints
    layout: Layout

    def sum_of(self, held: Ints) -> Ints:
        """The row of a book that holds so many of each piece."""
        total: Ints = held @ self.rows
        return total

    @property
    def book(self) -> Ints:
        """The row of all that is held."""
        held = [piece.ratio * self.positions[piece.position].quantity for piece in self.pieces]
        return self.sum_of(np.array(held, dtype=np.int64))

    def spent_row(self, piece: int) -> Ints:
        """The row of a short piece when the money that buys it back counts as spent, not as a loss of the book."""
        row: Ints = self.rows[piece].copy()
        row[: self.layout.cells] += self.marks[piece]
        row[-self.layout.symbols.size :] = 0
        return row

    def worst(self, book: Ints) -> Worst:
        """The worst case of one book's row."""
        naked, loss = self.layout.worst_of(book)
        return Worst(int(naked), int(loss))


def book_risk(positions: Sequence[Position], prices: Prices) -> BookRisk:
    """Value one of each piece in every cell and at every corner. Pieces are in the positions' order, legs first.

    Raises ValueError for no position at all.
    """
    if not positions:
        raise ValueError("a book of nothing has no risk to tell")
    divided, pieces = _pieces(positions)
    symbols = sorted({piece.symbol for piece in pieces})
    inside = [[row for row, piece in enumerate(pieces) if piece.symbol == symbol] for symbol in symbols]
    cells = [
        _rows_of(symbol_cells(symbol, sorted_entries({pieces[row].entry for row in rows}), prices), pieces, rows)
        for symbol, rows in zip(symbols, inside, strict=True)
    ]
    corners = [corners_of([_part(pieces[row]) for row in rows]) for rows in inside]
    layout = layout_of(_joined(cells[0], 0, len(symbols)).shape[1], corners)
    rows = np.zeros((len(pieces), layout.cells + layout.corners + layout.groups.size + len(symbols)), dtype=np.int64)
    marks = np.zeros(len(pieces), dtype=np.int64)
    corner, tail = layout.cells, layout.cells + layout.corners
    for place, (at, block, own) in enumerate(zip(inside, cells, corners, strict=True)):
        rows[at, : layout.cells] = _joined(block, place, len(symbols))
        rows[at, corner : corner + own.prices.size] = own.values
        rows[at, tail : tail + len(own.keys)] = own.tails
        rows[at, layout.cells + layout.corners + layout.groups.size + place] = marks[at] = block.marks
        corner, tail = corner + own.prices.size, tail + len(own.keys)
    return BookRisk(divided, pieces, rows, marks, layout)


def sorted_entries(entries: set[Entry]) -> tuple[Entry, ...]:
    """Options in order, then shares."""
    return tuple(
        sorted(entries, key=lambda entry: (entry[0] is None, 0 if entry[0] is None else entry[0].key, entry[1]))
    )


def layout_of(cells: int, corners: Sequence[Corners]) -> Layout:
    """How rows of a book over these underlyings are laid out."""
    groups: list[int] = []
    symbols: list[int] = []
    width = 0
    for own in corners:
        symbols.append(len(groups))
        groups += [width + int(start) for start in own.starts]
        width += own.prices.size
    return Layout(cells, width, np.array(groups, dtype=np.intp), np.array(symbols, dtype=np.intp))


def corners_of(parts: Sequence[Part], keys: Sequence[int] = ()) -> Corners:
    """Corners of one underlying; `keys` are expirations that are there whether or not a part is."""
    found = tuple(sorted({part.group for part in parts} | set(keys)))
    group = np.array([found.index(part.group) for part in parts], dtype=np.int64)
    options = [part.contract for part in parts]
    strike = np.array([0 if each is None else each.strike for each in options], dtype=np.int64)
    is_put = np.array([each is not None and each.right is Right.PUT for each in options], dtype=np.bool_)
    size = np.array([1 if each is None else MULTIPLIER for each in options], dtype=np.int64)
    spots = [np.unique(np.concatenate(([0], strike[group == place]))) for place in range(len(found))]
    starts = np.concatenate(([0], np.cumsum([each.size for each in spots])[:-1])).astype(np.intp)
    prices = np.concatenate(spots)
    owner = np.repeat(np.arange(len(found)), [each.size for each in spots])
    # A share is a call struck at zero.
    gap = np.where(is_put[:, None], strike[:, None] - prices, prices - strike[:, None])
    values = np.where(owner == group[:, None], np.maximum(gap, 0) * size[:, None], 0)
    tails = np.zeros((len(parts), len(found)), dtype=np.int64)
    tails[np.arange(len(parts)), group] = np.where(is_put, 0, size)
    return Corners(found, values, tails, prices, starts)


def _pieces(positions: Sequence[Position]) -> tuple[tuple[Position, ...], tuple[Piece, ...]]:
    """The pieces of positions, of which shares by themselves may have become several."""
    parts = settled_parts([Holding.of(position) for position in positions], [each.module_id for each in positions])
    divided: list[Position] = []
    pieces: list[Piece] = []
    owner = -1
    for part in parts:
        position = positions[part.holding]
        if part.holding != owner or not position.structure.legs:
            is_bare = not position.structure.legs
            lot = replace(
                position, structure=shares_of(position.symbol, is_long=part.count > 0), quantity=abs(part.count)
            )
            divided.append(lot if is_bare else position)
        owner = part.holding
        ratio = part.count // divided[-1].quantity
        pieces.append(Piece(len(divided) - 1, position.symbol, part.contract, ratio, part.group))
    return tuple(divided), tuple(pieces)


def _part(piece: Piece) -> Part:
    return Part(piece.position, piece.contract, piece.ratio, piece.group)


def _joined(cells: SymbolCells, place: int, symbols: int) -> Ints:
    """Rows over so many underlyings from those of one, of which it is number `place`."""
    return cells_of_book([(place, cells.moves, cells.crash)], symbols)


def _rows_of(cells: SymbolCells, pieces: Sequence[Piece], rows: Sequence[int]) -> SymbolCells:
    """A row for each piece rather than for each entry."""
    place: Mapping[Entry, int] = {entry: row for row, entry in enumerate(cells.entries)}
    return cells.at(np.array([place[pieces[row].entry] for row in rows], dtype=np.intp))
