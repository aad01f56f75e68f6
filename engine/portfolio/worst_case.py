"""The worst case of a book by module and underlying: (positions, prices) -> WorstCaseView, in whole money.

The same rows of numbers, and the same `Layout.worst_of` over them, as the closing plan uses (`engine.analytics.
book_worst`); here a row is a module, not a leg. `WorstCases` keeps the numbers of each underlying until its chain, the
minute or its positions change, so that one tick costs one underlying.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import is_not

import numpy as np

from engine.analytics import stress_cells as stress
from engine.analytics.book_worst import Layout
from engine.analytics.stress_cells import Prices, cells_of_book, symbol_cells
from engine.core.money import Money
from engine.domain.chain import Chain, Ints
from engine.domain.position import Position
from engine.domain.worst_case import Scenario, ScenarioTime, StressGrid, WorstCaseView, WorstPrice, WorstShare
from engine.portfolio.held_legs import Grouped, grouped, prices_of_contracts
from engine.portfolio.worst_held import CRASH, JOINT, Frame, Held, frame_of, held_of

_PRICE_PCT = tuple(int(move) for move in np.rint(stress.PRICE_MOVES * 100))
_VOLATILITY_PCT = tuple(int(move) for move in np.rint(stress.VOLATILITY_MOVES * 100))


@dataclass(frozen=True, slots=True, eq=False)
class _Valued:
    """P&L of one underlying by module, as in SymbolCells."""

    moves: Ints
    crash: Ints
    marks: Ints
    is_priced: bool
    unfollowed: int
    has_beta: bool


_Item = tuple[Held, _Valued]


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    chain: Chain | None
    minute: dt.datetime
    beta: float | None
    item: _Item


@dataclass(frozen=True, slots=True, eq=False)
class _Book:
    """All underlyings together: a row for each module, netted and `alone`, and their sum, `whole`.

    `moves` (symbols, price moves, kinds) and `crash` (symbols, cells): each underlying's P&L, of all modules. `lowest`
    is the worst corner of each group, counted over all corners.
    """

    modules: tuple[str, ...]
    items: tuple[_Item, ...]
    frame: Frame
    layout: Layout
    rows: Ints
    alone: Ints
    whole: Ints
    moves: Ints
    crash: Ints
    lowest: Ints


class WorstCases:
    """The worst case as often as a quote comes."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._rate = 0.0
        self._positions: tuple[Position, ...] = ()
        self._groups: Grouped = ({}, ())
        self._frame: Frame | None = None
        self._newest: tuple[tuple[_Item, ...], WorstCaseView] | None = None

    def view(
        self,
        positions: Iterable[Position],
        chains: Mapping[str, Chain],
        now: dt.datetime,
        rate: float,
        betas: Mapping[str, float] | None = None,
    ) -> WorstCaseView:
        """The worst case of what is held, at the newest quotes, by the minute; `rate` continuously compounded."""
        items = self._items(positions, chains, now, rate, betas or {})
        minute = now.replace(second=0, microsecond=0)
        if self._newest is None or self._newest[0] != items or self._newest[1].now != minute:
            held = tuple(own for own, _ in items)
            if self._frame is None or len(held) != len(self._frame.held) or any(map(is_not, held, self._frame.held)):
                self._frame = frame_of(held) if held else None
            self._newest = items, _view(items, minute, self._frame)
        return self._newest[1]

    def grids(
        self,
        positions: Iterable[Position],
        chains: Mapping[str, Chain],
        now: dt.datetime,
        rate: float,
        betas: Mapping[str, float] | None = None,
    ) -> tuple[StressGrid, ...]:
        """Net P&L by price and volatility, now and after some days."""
        return _grids(self._items(positions, chains, now, rate, betas or {}))

    def _items(
        self,
        positions: Iterable[Position],
        chains: Mapping[str, Chain],
        now: dt.datetime,
        rate: float,
        betas: Mapping[str, float],
    ) -> tuple[_Item, ...]:
        if rate != self._rate:
            self._kept, self._rate = {}, rate
        by_symbol, modules = self._grouped(tuple(positions))
        minute = now.replace(second=0, microsecond=0)
        kept: dict[str, _Kept] = {}
        for symbol, held in by_symbol.items():
            old, chain, beta = self._kept.get(symbol), chains.get(symbol), betas.get(symbol)
            is_same = old is not None and old.item[0].positions == held and old.item[0].modules == modules
            if old is not None and is_same and old.chain is chain and old.minute == minute and old.beta == beta:
                kept[symbol] = old
                continue
            own = old.item[0] if old is not None and is_same else held_of(symbol, held, modules)
            prices = prices_of_contracts({symbol: own.contracts}, chains, now, rate, betas)
            kept[symbol] = _Kept(chain, minute, beta, (own, _valued(own, prices)))
        self._kept = kept
        return tuple(each.item for each in kept.values())

    def _grouped(self, positions: tuple[Position, ...]) -> Grouped:
        """By underlying, and of which modules; the same as before for the same positions."""
        if len(positions) != len(self._positions) or any(map(is_not, positions, self._positions)):
            self._positions, self._groups = positions, grouped(positions)
        return self._groups


def worst_case(positions: Iterable[Position], prices: Prices) -> WorstCaseView:
    """The worst case of what is held: everything worked out anew."""
    items = _items_of(positions, prices)
    frame = frame_of(tuple(held for held, _ in items)) if items else None
    return _view(items, prices.now.replace(second=0, microsecond=0), frame)


def stress_grids(positions: Iterable[Position], prices: Prices) -> tuple[StressGrid, ...]:
    """Net P&L by price and volatility, of the book and of each module: now, and after some days."""
    return _grids(_items_of(positions, prices))


# --- what is held, and what it is worth -------------------------------------------------------------------------------
def _items_of(positions: Iterable[Position], prices: Prices) -> tuple[_Item, ...]:
    by_symbol, modules = grouped(positions)
    held = [held_of(symbol, own, modules) for symbol, own in by_symbol.items()]
    return tuple((each, _valued(each, prices)) for each in held)


def _valued(held: Held, prices: Prices) -> _Valued:
    cells = symbol_cells(held.symbol, held.entries, prices)
    moves = np.tensordot(held.counts, cells.moves, axes=1)
    options = {contract for (contract, _), is_left in zip(held.entries, cells.unfollowed, strict=True) if is_left}
    return _Valued(
        moves=moves,
        crash=held.counts @ cells.crash,
        marks=held.counts @ cells.marks,
        is_priced=cells.is_priced,
        unfollowed=len(options),
        has_beta=prices.beta(held.symbol) is not None,
    )


# --- the book ---------------------------------------------------------------------------------------------------------
def _book(items: tuple[_Item, ...], frame: Frame) -> _Book:
    modules = items[0][0].modules
    cells = cells_of_book([(place, own.moves, own.crash) for place, (_, own) in enumerate(items)], len(items))
    marks = np.stack([own.marks for _, own in items], axis=1)
    rows = alone = np.concatenate([cells, frame.fixed, marks], axis=1)
    if frame.alone is not frame.fixed:
        alone = np.concatenate([cells, frame.alone, marks], axis=1)
    whole = rows.sum(axis=0)
    moves = np.stack([own.moves for _, own in items]).sum(axis=1)
    crash = np.stack([own.crash for _, own in items]).sum(axis=1)
    return _Book(modules, items, frame, frame.layout, rows, alone, whole, moves, crash, _lowest(frame, whole))


def _view(items: tuple[_Item, ...], now: dt.datetime, frame: Frame | None) -> WorstCaseView:
    if frame is None:
        return WorstCaseView(now, 0, 0, 0, 0, 0, None, (), (), (), 0, 0)
    book = _book(items, frame)
    layout, whole = book.layout, book.whole
    bounds = layout.bound_of(whole)
    stressed, at_expiry = int(layout.grid_of(whole)), int(bounds.sum())
    naked = int(layout.naked_of(whole).sum())
    loss = None if naked else max(stressed, at_expiry)
    cell = int(np.argmin(whole[: layout.cells]))
    from_cost = layout.bound_of(_against(book, whole, frame.costs.sum(axis=0)))
    by_module, by_symbol = _shares(book, cell, is_grid=stressed > at_expiry)
    modules = _modules(book, by_module, is_bounded=loss is not None)
    alone = [each.alone for each in modules]
    known = [each for each in alone if each is not None]
    sum_alone = sum(known) if len(known) == len(alone) else None
    return WorstCaseView(
        now=now,
        loss=loss,
        stressed=stressed,
        at_expiry=None if naked else at_expiry,
        from_cost=None if naked else int(from_cost.sum()),
        naked=naked,
        scenario=_scenario(cell, items) if stressed else None,
        prices=_worst_prices(book),
        modules=modules,
        symbols=_symbols(book, by_symbol, from_cost, is_bounded=loss is not None),
        sum_alone=sum_alone,
        diversification=None if loss is None or sum_alone is None else sum_alone - loss,
        without_price=tuple(held.symbol for held, own in items if not own.is_priced),
        without_volatility=sum(own.unfollowed for _, own in items),
        without_beta=tuple(held.symbol for held, own in items if not own.has_beta),
    )


def _against(book: _Book, rows: Ints, costs: Ints) -> Ints:
    """Rows that count from what was paid or received rather than from the marks."""
    changed: Ints = rows.copy()
    changed[..., -len(book.items) :] = costs
    return changed


def _shares(book: _Book, cell: int, *, is_grid: bool) -> tuple[Ints, Ints]:
    """What each module, and each underlying, loses in the netted worst case."""
    layout = book.layout
    if is_grid:
        return -book.rows[:, cell], -_cell_by_symbol(book, cell)
    marks = book.rows[:, -len(book.items) :]
    by_group = book.rows[:, layout.cells + book.lowest]
    by_symbol = marks - np.add.reduceat(by_group, layout.symbols, axis=1)
    # An underlying that cannot lose is none of the worst case, whoever loses or wins in it.
    by_symbol = np.where(by_symbol.sum(axis=0) > 0, by_symbol, 0)
    return by_symbol.sum(axis=1), by_symbol.sum(axis=0)


def _lowest(frame: Frame, whole: Ints) -> Ints:
    """Which corner is the worst one of each group, counted over all corners; of equal ones the first."""
    layout = frame.layout
    corners = whole[layout.cells : layout.cells + layout.corners]
    worst = np.minimum.reduceat(corners, layout.groups)
    is_worst = np.flatnonzero(corners == np.repeat(worst, frame.ends - layout.groups))
    first: Ints = is_worst[np.searchsorted(is_worst, layout.groups)]
    return first


def _place(cell: int) -> tuple[int | None, int, int]:
    """Block (0: all together, then 1 a symbol; None: the crash), price move and kind of a cell of the grid."""
    if JOINT <= cell < JOINT + CRASH:
        return None, cell - JOINT, 0
    block, rest = divmod(cell if cell < JOINT else cell - CRASH, JOINT)
    return block, *divmod(rest, stress.KINDS)


def _cell_by_symbol(book: _Book, cell: int) -> Ints:
    block, move, kind = _place(cell)
    places = [move if block in (0, number) else stress.CALM for number in range(1, len(book.items) + 1)]
    found: Ints = book.crash[:, move] if block is None else book.moves[np.arange(len(places)), places, kind]
    return found


def _modules(book: _Book, shares: Ints, *, is_bounded: bool) -> tuple[WorstShare, ...]:
    layout = book.layout
    naked, loss = layout.worst_of(book.alone)
    from_cost = layout.bound_of(_against(book, book.alone, book.frame.costs)).sum(axis=1)
    columns = (loss.tolist(), shares.tolist(), naked.tolist(), from_cost.tolist())
    return tuple(
        _share(name, *figures, is_bounded=is_bounded) for name, *figures in zip(book.modules, *columns, strict=True)
    )


def _symbols(book: _Book, shares: Ints, from_cost: Ints, *, is_bounded: bool) -> tuple[WorstShare, ...]:
    bound, naked = book.layout.bound_of(book.whole), book.layout.naked_of(book.whole)
    cells = np.concatenate([book.moves.reshape(len(book.items), -1), book.crash], axis=1)
    loss = np.maximum(bound, -cells.min(axis=1))
    columns = (loss.tolist(), shares.tolist(), naked.tolist(), from_cost.tolist())
    names = [held.symbol for held, _ in book.items]
    return tuple(_share(name, *figures, is_bounded=is_bounded) for name, *figures in zip(names, *columns, strict=True))


def _share(name: str, loss: Money, share: Money, naked: int, from_cost: Money, *, is_bounded: bool) -> WorstShare:
    return WorstShare(
        name=name,
        alone=None if naked else loss,
        share=share if is_bounded else None,
        naked=naked,
        alone_from_cost=None if naked else from_cost,
    )


# --- in which scenario ------------------------------------------------------------------------------------------------
def _scenario(cell: int, items: Sequence[_Item]) -> Scenario:
    block, move, kind = _place(cell)
    if block is None:
        is_assigned, fall = divmod(move, stress.INDEX_FALLS.size)
        price = round(float(stress.INDEX_FALLS[fall]) * 100)
        rise = round(-price * stress.FEAR)
        return Scenario("", price, rise, ScenarioTime.NOW, is_assigned=bool(is_assigned), is_crash=True)
    symbol = items[block - 1][0].symbol if block else ""
    price = _PRICE_PCT[move]
    if kind >= stress.ASSIGNED:
        when = ScenarioTime.EXPIRY if kind == stress.EXPIRY else ScenarioTime.NOW
        return Scenario(symbol, price, 0, when, is_assigned=kind == stress.ASSIGNED)
    is_later, shift = divmod(kind, stress.SHIFTS)
    when = ScenarioTime.LATER if is_later else ScenarioTime.NOW
    return Scenario(symbol, price, _VOLATILITY_PCT[shift], when, int(stress.LATER_DAYS) if is_later else 0)


def _worst_prices(book: _Book) -> tuple[WorstPrice, ...]:
    prices = book.frame.prices[book.lowest].tolist()
    return tuple(WorstPrice(*group, price) for group, price in zip(book.frame.groups, prices, strict=True))


def _grids(items: Sequence[_Item]) -> tuple[StressGrid, ...]:
    if not items:
        return ()
    modules = items[0][0].modules
    total = np.sum([own.moves for _, own in items], axis=0)
    grids = []
    for start, days in ((stress.NOW, 0), (stress.LATER, int(stress.LATER_DAYS))):
        table = total[:, :, start : start + stress.SHIFTS]
        by_module = {name: _cells(table[row]) for row, name in enumerate(modules)}
        grids.append(StressGrid(days, _PRICE_PCT, _VOLATILITY_PCT, _cells(table.sum(axis=0)), by_module))
    return tuple(grids)


def _cells(table: Ints) -> tuple[tuple[Money, ...], ...]:
    return tuple(tuple(row) for row in table.tolist())
