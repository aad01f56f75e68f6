"""Tables of orders: those that work, what became of all, and what was filled."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject

from engine.core.money import to_float
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.records import FillRow, OrderRow
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel

_VERBS = {OrderPurpose.OPEN: "Open", OrderPurpose.CLOSE: "Close", OrderPurpose.ROLL: "Roll"}

_STATUS = {
    OrderStatus.INTENT: ("About to be sent", "It is recorded, and has not left yet."),
    OrderStatus.SENT: ("Sent", "It left, and the broker has not answered yet."),
    OrderStatus.UNKNOWN: (
        "Unknown",
        (
            "The broker has not answered in time, or in a way that makes no sense, and is being asked. Until it tells, "
            "the order may be working or done: what it holds stays held, and it is never sent twice."
        ),
    ),
    OrderStatus.WORKING: ("Working", "The broker has it."),
    OrderStatus.PARTLY_FILLED: ("Partly filled", "The rest is still working."),
    OrderStatus.REPLACE_PENDING: ("New limit asked for", "Until the broker confirms it, either limit may be filled."),
    OrderStatus.CANCEL_PENDING: ("Cancel asked for", "Until the broker confirms it, the order may still be filled."),
    OrderStatus.LEGGED: ("Legs out of ratio", "Some legs are done and others are not; the broker is being asked."),
    OrderStatus.FILLED: ("Filled", ""),
    OrderStatus.CANCELLED: ("Cancelled", ""),
    OrderStatus.REJECTED: ("Rejected", "The broker refused it."),
    OrderStatus.EXPIRED: ("Expired", "It was not filled in its session."),
}

_DOUBTFUL = frozenset({OrderStatus.UNKNOWN, OrderStatus.LEGGED, OrderStatus.REJECTED})


@dataclass(frozen=True, slots=True)
class WorkingRow:
    """A live order, the name of its module, and the market's time."""

    order: Order
    module: str
    now: dt.datetime


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order as it last was, and the name of its module."""

    row: OrderRow
    module: str


@dataclass(frozen=True, slots=True)
class PastFill:
    """A fill, the name of its module, and its order where that is known here."""

    row: FillRow
    module: str
    order: Order | None


class WorkingModel(KeyedTableModel[WorkingRow]):
    """Live orders by id."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_WORKING, lambda row: row.order.order_id, parent)


class PastOrdersModel(KeyedTableModel[PastOrder]):
    """Orders by id."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_ORDERS, lambda row: row.row.order.order_id, parent)


class FillsModel(KeyedTableModel[PastFill]):
    """Fills by their journal entry."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_FILLS, lambda row: row.row.seq, parent)


def working(snapshot: MindfolioSnapshot) -> tuple[WorkingRow, ...]:
    """Every live order of every module, the newest on top."""
    rows = [
        WorkingRow(order, each.spec.name, snapshot.market.now) for each in snapshot.modules for order in each.orders
    ]
    return tuple(sorted(rows, key=lambda row: (row.order.created_at, row.order.order_id), reverse=True))


def order_words(order: Order) -> str:
    """`Close 2 x SPY 17 Apr 240/250/270/280 iron condor`."""
    return f"{_VERBS[order.purpose]} {fmt.held(order.structure, order.quantity)}"


def status_words(status: OrderStatus) -> tuple[str, str]:
    """What a status is called, and what it means; "" where it says so itself."""
    return _STATUS[status]


def _what(order: Order) -> Cell:
    traded = replace(order.structure, legs=order.trades, shares=order.structure.shares * order.side)
    words = order_words(order)
    return Cell(words, words, tip=f"{fmt.legs(traded)}\n{order.order_id}")


def _filled(order: Order) -> Cell:
    return Cell(f"{order.filled:,} of {order.quantity:,}", order.filled / order.quantity)


def _limit(order: Order) -> Cell:
    asked = order.asked_limit
    tip = "" if asked is None else f"{fmt.net_price(asked)} is asked for, and not confirmed yet"
    return Cell(fmt.net_price(order.limit), to_float(order.limit), tip)


def _worst(order: Order) -> Cell:
    if order.rests:
        return Cell("rests", to_float(order.worst), tip="it waits at the limit that a person typed")
    return Cell(fmt.net_price(order.worst), to_float(order.worst))


def _status(order: Order) -> Cell:
    words, meaning = _STATUS[order.status]
    if order.is_unsure and order.status is not OrderStatus.UNKNOWN:
        words, meaning = f"{words}, unsure", f"{meaning} Nothing has been heard of it since its fate was unknown."
    is_doubtful = order.status in _DOUBTFUL or order.is_unsure
    return Cell(words, words, meaning, "warning" if is_doubtful else "muted")


def _by(order: Order) -> Cell:
    why = fmt.told(f"{order.why} ({order.who})" if order.who else order.why)
    return Cell(why, why, tip=why)


def _moment(at: dt.datetime) -> Cell:
    return Cell(fmt.short_moment(at), at.timestamp(), tip=fmt.when(at))


def _age(row: WorkingRow) -> Cell:
    age = row.now - row.order.created_at
    return Cell(fmt.age(age), age.total_seconds(), tip=f"decided {fmt.when(row.order.created_at)}")


def _why(row: PastOrder) -> Cell:
    why = fmt.told(row.row.why or row.row.order.why)
    return Cell(why, why, tip=why)


def _fill_what(row: PastFill) -> Cell:
    if row.order is None:
        return Cell(fmt.UNKNOWN, tip=f"its order {row.row.order_id} is further back: load older orders")
    return _what(row.order)


def _costs(row: PastFill) -> Cell:
    costs = row.row.commission + row.row.fees
    tip = f"commission {fmt.money(row.row.commission, cents=True)}, fees {fmt.money(row.row.fees, cents=True)}"
    return Cell(fmt.money(costs, cents=True), to_float(costs), tip)


def _name(row: WorkingRow | PastOrder | PastFill) -> Cell:
    return Cell(row.module, row.module)


def _live(cell: Callable[[Order], Cell]) -> Callable[[WorkingRow], Cell]:
    return lambda row: cell(row.order)


def _past(cell: Callable[[Order], Cell]) -> Callable[[PastOrder], Cell]:
    return lambda row: cell(row.row.order)


_WORKING: tuple[Column[WorkingRow], ...] = (
    Column("Module", _name),
    Column("What", _live(_what)),
    Column("Filled", _live(_filled), is_numeric=True, tip="Units done, of all"),
    Column("Limit", _live(_limit), is_numeric=True, tip="Net price a share"),
    Column("Worst", _live(_worst), is_numeric=True, tip="How far it may be repriced, net a share"),
    Column("Age", _age, is_numeric=True, tip="Since it was decided, in market time"),
    Column("Status", _live(_status)),
    Column("Why", _live(_by)),
)

_ORDERS: tuple[Column[PastOrder], ...] = (
    Column("Changed", lambda row: _moment(row.row.at), tip="New York"),
    Column("Module", _name),
    Column("What", _past(_what)),
    Column("Filled", _past(_filled), is_numeric=True, tip="Units done, of all"),
    Column("Limit", _past(_limit), is_numeric=True, tip="The last one, net a share"),
    Column("Status", _past(_status)),
    Column("Why", _why),
)

_FILLS: tuple[Column[PastFill], ...] = (
    Column("Time", lambda row: _moment(row.row.at), tip="New York"),
    Column("Module", _name),
    Column("What", _fill_what),
    Column("Units", lambda row: Cell(f"{row.row.quantity:,}", float(row.row.quantity)), is_numeric=True),
    Column(
        "Price",
        lambda row: Cell(fmt.net_price(row.row.net_price), to_float(row.row.net_price)),
        is_numeric=True,
        tip="Net a share",
    ),
    Column("Costs", _costs, is_numeric=True, tip="Commission and fees"),
    Column("Position", lambda row: Cell(row.row.position_id, row.row.position_id)),
)
