"""What performance and splits are measured by: closes, flows, openings, buying power, boundaries; told with events.

All of it is found by holding the book after an event against the book before it, so that no way of changing a
position or a budget can be forgotten.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.position import Position
from engine.domain.records import ACCOUNT, BoundaryRow, CloseRow, FlowRow, HistoryRow, OpeningRow, PowerRow, ResultRow
from engine.domain.structure import StructureKind
from engine.ledger.book_state import BookState
from engine.ledger.fold_positions import lineage_of

_FLOWS = (
    ev.MindfolioCreated,
    ev.CashDeposited,
    ev.GainSwept,
    ev.LossSettled,
    ev.BudgetReallocated,
    ev.ModuleRemoved,
    ev.PositionMoved,
)
"""What changes the value of a module, or of the mindfolio, by something that is neither gain nor loss."""

_BOUNDARIES = (*_FLOWS, ev.ModuleAdded, ev.SessionOpened)
"""What P&L begins to count anew with: another session, another split, another holder."""

_TRADES = (
    ev.OrderFilled,
    ev.FillReversed,
    ev.PositionSettled,
    ev.LegSettled,
    ev.PositionMoved,
    ev.DifferenceResolved,
)
"""What changes the buying power of positions."""


@dataclass(frozen=True, slots=True)
class Before:
    """Of the book before an event, what its rows are told by."""

    values: dict[str, Money]
    positions: dict[str, Position]
    lineages: frozenset[str]
    kind: StructureKind | None
    """What an order that is filled is for."""
    pnl: dict[str, Money]
    nav: Money


_NOTHING = Before({}, {}, frozenset(), None, {}, 0)


def before(book: BookState, event: ev.Event) -> Before:
    """What has to be remembered of the book until the event is folded in; nothing for most of them."""
    is_trade = isinstance(event, _TRADES)
    is_boundary = isinstance(event, _BOUNDARIES)
    if not is_trade and not is_boundary:
        return _NOTHING
    order = book.orders.get(event.order_id) if isinstance(event, ev.OrderFilled) else None
    return Before(
        _values(book) if isinstance(event, _FLOWS) else {},
        dict(book.positions) if is_trade else {},
        frozenset(book.lineages) if is_trade else frozenset(),
        None if order is None else order.structure.kind,
        pnl_by_holder(book) if is_boundary else {},
        book.nav if is_boundary else 0,
    )


def rows(book: BookState, seq: int, at: dt.datetime, event: ev.Event, earlier: Before) -> tuple[HistoryRow, ...]:
    """The rows of an event that was just folded in."""
    if isinstance(event, ev.SessionClosed):
        return (*_closes(book, seq, at, event.day), *_results(book, seq, event.day))
    found: list[HistoryRow] = []
    if isinstance(event, _FLOWS) and not _is_abroad(event, earlier):
        found += _flows(book, seq, at, event, earlier)
    if isinstance(event, _TRADES):
        found += _trades(book, seq, at, event, earlier)
    if isinstance(event, _BOUNDARIES):
        found += _boundaries(book, seq, at, earlier)
    return tuple(found)


def value_of(book: BookState, module_id: str) -> Money:
    """What a module is worth: its budget and its P&L that was neither swept nor settled; of ACCOUNT, the NAV."""
    if module_id == ACCOUNT:
        return book.nav
    module = book.modules.get(module_id)
    return (0 if module is None else module.budget) + book.unsettled(module_id) + book.unrealised(module_id)


def close_row(book: BookState, seq: int, at: dt.datetime, day: dt.date, module_id: str) -> CloseRow:
    """A module, or ACCOUNT, as it is now."""
    if module_id != ACCOUNT:
        module = book.modules.get(module_id)
        return CloseRow(
            seq, at, day, module_id, value_of(book, module_id), 0 if module is None else module.budget,
            book.realised(module_id), book.unrealised(module_id), book.used(module_id), 0,
        )  # fmt: skip
    ours = [position for position in book.positions.values() if position.module_id != EXTERNAL]
    open_pnl = sum(book.marks[position.position_id] - position.cost for position in ours)
    used = sum(position.used for position in ours)
    realised = book.pnl_total - open_pnl
    return CloseRow(seq, at, day, ACCOUNT, book.nav, book.capital, realised, open_pnl, used, book.units)


def result_of(book: BookState, position: Position) -> Money:
    """P&L so far of an open position, after costs, at its last mark."""
    return position.net_pnl + book.marks[position.position_id] - position.cost


def pnl_by_holder(book: BookState) -> dict[str, Money]:
    """P&L since the beginning of every module that is or was, and of ACCOUNT what no module earned."""
    return {ACCOUNT: book.realised(ACCOUNT), **{module_id: book.pnl(module_id) for module_id in book.module_ids}}


def _values(book: BookState) -> dict[str, Money]:
    return {module_id: value_of(book, module_id) for module_id in (ACCOUNT, *book.module_ids)}


def _closes(book: BookState, seq: int, at: dt.datetime, day: dt.date) -> Iterator[CloseRow]:
    for module_id in (ACCOUNT, *book.module_ids):
        yield close_row(book, seq, at, day, module_id)


def _results(book: BookState, seq: int, day: dt.date) -> Iterator[ResultRow]:
    for position in book.positions.values():
        if position.module_id != EXTERNAL:
            yield ResultRow(seq, day, position.position_id, result_of(book, position))


def _is_abroad(event: ev.Event, earlier: Before) -> bool:
    """Whether a position comes from EXTERNAL or goes there: what that makes is the module's, and the mindfolio's."""
    if not isinstance(event, ev.PositionMoved):
        return False
    return EXTERNAL in (event.module_id, earlier.positions[event.position_id].module_id)


def _flows(book: BookState, seq: int, at: dt.datetime, event: ev.Event, earlier: Before) -> Iterator[FlowRow]:
    units = book.units if isinstance(event, ev.MindfolioCreated) else 0
    units = event.units if isinstance(event, ev.CashDeposited) else units
    # A module that was removed and never traded is in no book any more: what it had went away with it.
    gone = dict.fromkeys(earlier.values, 0)
    for module_id, value in (gone | _values(book)).items():
        known = earlier.values.get(module_id, 0)
        if value != known:
            bought = units if module_id == ACCOUNT else 0
            yield FlowRow(seq, at, module_id, value - known, known, bought)


def _trades(book: BookState, seq: int, at: dt.datetime, event: ev.Event, earlier: Before) -> Iterator[HistoryRow]:
    for position_id, position in book.positions.items():
        known = earlier.positions.get(position_id)
        if position is known:
            continue
        lineage = lineage_of(position)
        # A trade whose end was broken goes on: it was opened before.
        goes_on = isinstance(event, ev.FillReversed) and bool(event.lineage)
        if known is None and lineage not in earlier.lineages and not goes_on:
            kind = earlier.kind or position.structure.kind
            yield OpeningRow(seq, at, lineage, position.module_id, position.symbol, kind)
        if known is None or (known.used, known.module_id) != (position.used, position.module_id):
            yield PowerRow(seq, at, position_id, position.module_id, position.used)
    for position_id, known in earlier.positions.items():
        if position_id not in book.positions:
            yield PowerRow(seq, at, position_id, known.module_id, 0)


def _boundaries(book: BookState, seq: int, at: dt.datetime, earlier: Before) -> Iterator[BoundaryRow]:
    for module_id, pnl in pnl_by_holder(book).items():
        before, module = earlier.pnl.get(module_id, 0), book.modules.get(module_id)
        if module_id == ACCOUNT:
            yield BoundaryRow(seq, at, ACCOUNT, before, pnl, book.reserve, 0, earlier.nav)
        else:
            budget = 0 if module is None else module.budget
            yield BoundaryRow(seq, at, module_id, before, pnl, budget, book.used(module_id), 0)
