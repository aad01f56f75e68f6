"""The tables of the two sheets of a day."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject

from engine.core.clock import epoch_us
from engine.core.money import Money, to_float
from engine.domain.account import CASH_ID, Difference
from engine.domain.day_sheet import (
    ExpiryLine,
    FillLine,
    HappeningLine,
    ModuleDay,
    OrderLine,
    OvernightLine,
    ScanCount,
    StandingLine,
    WaitingLine,
)
from engine.domain.explained import ExplainedDay
from engine.domain.statement import EndedPosition
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel, gain_tone


def _text(read: Callable[[Any], str], row: object) -> Cell:
    words = read(row)
    return Cell(words, words, tip=words)


def _signed(read: Callable[[Any], Money], row: object) -> Cell:
    amount = read(row)
    words = f"{fmt.arrow(amount)} {fmt.signed_money(amount, cents=True)}".strip()
    return Cell(words, to_float(amount), tone=gain_tone(amount))


def _flow(read: Callable[[Any], Money], row: object) -> Cell:
    """What comes in or goes out is neither gain nor loss."""
    return Cell(fmt.signed_money(read(row), cents=True), to_float(read(row)))


def _count(read: Callable[[Any], int], row: object) -> Cell:
    return Cell(fmt.number(read(row), 0), float(read(row)))


def _time(read: Callable[[Any], dt.datetime], row: object) -> Cell:
    at = read(row)
    return Cell(fmt.short_when(at), epoch_us(at) / 1e6, tip=fmt.when(at))


def words_column(title: str, read: Callable[[Any], str], tip: str = "") -> Column[Any]:
    """A column of words."""
    return Column(title, partial(_text, read), tip=tip)


def _leg(row: ExpiryLine) -> str:
    return f"{fmt.number(row.quantity, 0, signed=True)} {fmt.contract(row.contract)}"


def _expires(row: ExpiryLine) -> Cell:
    day = row.contract.expiration
    return Cell(fmt.short_date(day), float(day.toordinal()), tip=fmt.weekday_date(day))


def _inside(row: ExpiryLine) -> Cell:
    inside, spot = row.inside, row.spot
    if inside is None or not spot:
        return Cell("not known", None, "no price of the underlying is known")
    words = f"{fmt.price(abs(inside))} ({fmt.fraction(abs(inside) / spot, 1)})"
    side = "in" if inside > 0 else "out"
    return Cell(f"{side} by {words}", to_float(inside), f"at {fmt.price(spot)}", "warning" if inside > 0 else "")


def _session(row: ExplainedDay) -> Cell:
    return Cell(fmt.short_date(row.session), float(row.session.toordinal()), fmt.weekday_date(row.session))


def _event(row: HappeningLine) -> str:
    return "not known whether there is any" if row.kind is None else row.kind.value


def _event_day(row: HappeningLine) -> Cell:
    return Cell(fmt.weekday_date(row.day), None if row.day is None else float(row.day.toordinal()))


def _ended_how(row: OvernightLine) -> str:
    return f"{row.contracts} {fmt.contract(row.contract)} {row.kind.value.lower().replace('_', ' ')}"


def _progress(row: OrderLine) -> str:
    return f"{row.filled} of {row.quantity}, {row.status.lower()}"


def _standing(row: StandingLine) -> str:
    paused = "" if row.paused_why is None else f"paused{f': {row.paused_why}' if row.paused_why else ''}"
    over = f"over by {fmt.money(row.over_by)}" if row.over_by else ""
    return ", ".join(part for part in (paused, over) if part)


def _side(read: Callable[[Difference], int], row: Difference) -> Cell:
    amount = read(row)
    words = fmt.money(amount, cents=True) if row.instrument == CASH_ID else fmt.number(amount, 0, signed=True)
    return Cell(words, float(amount))


EXPIRIES: tuple[Column[ExpiryLine], ...] = (
    words_column("Leg", _leg),
    words_column("Module", lambda row: row.module),
    Column("Expires", _expires),
    Column("In the money", _inside, is_numeric=True),
    Column("Cash", partial(_flow, lambda row: row.cash), is_numeric=True, tip="If all of it is assigned or exercised"),
)

OVERNIGHT: tuple[Column[OvernightLine], ...] = (
    words_column("What ended", _ended_how),
    words_column("Module", lambda row: row.module),
    Column("Shares", partial(_count, lambda row: row.shares), is_numeric=True),
    Column("Cash", partial(_flow, lambda row: row.cash), is_numeric=True),
)

HAPPENINGS: tuple[Column[HappeningLine], ...] = (
    words_column("Symbol", lambda row: row.symbol),
    words_column("What", _event),
    Column("Day", _event_day),
)

ORDERS: tuple[Column[OrderLine], ...] = (
    words_column("Order", lambda row: f"{row.what} {fmt.TIMES} {row.quantity}"),
    words_column("Module", lambda row: row.module),
    Column("Limit", lambda row: Cell(fmt.net_price(row.limit), to_float(row.limit)), is_numeric=True),
    words_column("Done", _progress),
)

WAITING: tuple[Column[WaitingLine], ...] = (
    words_column("Approval", lambda row: f"{row.what} {fmt.TIMES} {row.quantity}"),
    words_column("Module", lambda row: row.module),
    Column("Until", partial(_time, lambda row: row.until)),
)

STANDING: tuple[Column[StandingLine], ...] = (
    words_column("Module", lambda row: row.module),
    words_column("Why", _standing),
)

DIFFERENCES: tuple[Column[Difference], ...] = (
    words_column("What", lambda row: "cash" if row.instrument == CASH_ID else row.instrument),
    Column("Book", partial(_side, lambda row: row.ledger), is_numeric=True),
    Column("Broker", partial(_side, lambda row: row.broker), is_numeric=True),
)

MODULES: tuple[Column[ModuleDay], ...] = (
    words_column("Module", lambda row: row.module),
    Column("Realised", partial(_signed, lambda row: row.realised), is_numeric=True, tip="After costs"),
    Column("Open", partial(_signed, lambda row: row.open_change), is_numeric=True, tip="Change of the open P&L"),
    Column("P&L", partial(_signed, lambda row: row.pnl), is_numeric=True),
)

SCANS: tuple[Column[ScanCount], ...] = (
    words_column("Module", lambda row: row.module),
    Column("Scans", partial(_count, lambda row: row.scans), is_numeric=True),
    Column("Looked at", partial(_count, lambda row: row.looked_at), is_numeric=True),
    Column("Traded", partial(_count, lambda row: row.executed), is_numeric=True),
    Column("To approve", partial(_count, lambda row: row.pending), is_numeric=True),
    Column("Skipped", partial(_count, lambda row: row.skipped), is_numeric=True),
)

FILLS: tuple[Column[FillLine], ...] = (
    Column("Time", partial(_time, lambda row: row.at)),
    words_column("What", lambda row: f"{row.what} {fmt.TIMES} {row.quantity}"),
    words_column("Module", lambda row: row.module),
    Column("Price", lambda row: Cell(fmt.net_price(row.net_price), to_float(row.net_price)), is_numeric=True),
    Column("Costs", lambda row: Cell(fmt.money(row.costs, cents=True), to_float(row.costs)), is_numeric=True),
)

ENDED: tuple[Column[EndedPosition], ...] = (
    words_column("Trade", lambda row: fmt.held(row.position.structure, row.position.opened_quantity)),
    Column("Net P&L", partial(_signed, lambda row: row.position.net_pnl), is_numeric=True, tip="After all costs"),
    words_column("Why", lambda row: row.position.closed_why or row.position.status.value),
)

SESSIONS: tuple[Column[ExplainedDay], ...] = (
    Column("Session", _session),
    Column("Result", partial(_signed, lambda row: sum(each.parts.total for each in row.modules)), is_numeric=True),
)  # fmt: skip


class LinesModel(KeyedTableModel[Any]):
    """Lines of a sheet, which do not change: each is its own key."""

    def __init__(self, columns: tuple[Column[Any], ...], parent: QObject | None = None) -> None:
        super().__init__(columns, lambda row: row, parent)
