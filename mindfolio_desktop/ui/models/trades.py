"""The table of a module's closed trades."""

import datetime as dt

from PySide6.QtCore import QObject

from engine.core.clock import epoch_us
from engine.core.money import to_float
from engine.domain.records import TradeRow
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel, gain_tone


class TradesModel(KeyedTableModel[TradeRow]):
    """Closed positions by id."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, lambda row: row.position.position_id, parent)


def _moment(at: dt.datetime | None) -> Cell:
    if at is None:
        return Cell(fmt.UNKNOWN)
    return Cell(fmt.short_when(at), epoch_us(at) / 1e6, tip=fmt.when(at))


def _opened(row: TradeRow) -> Cell:
    return _moment(row.position.opened_at)


def _closed(row: TradeRow) -> Cell:
    return _moment(row.position.closed_at)


def _structure(row: TradeRow) -> Cell:
    position = row.position
    words = fmt.held(position.structure, position.opened_quantity)
    return Cell(words, words, tip=fmt.legs(position.structure))


def _pnl(row: TradeRow) -> Cell:
    pnl = row.net_pnl
    tip = f"after costs of {fmt.money(row.position.commissions, cents=True)}"
    return Cell(f"{fmt.arrow(pnl)} {fmt.signed_money(pnl, cents=True)}".strip(), to_float(pnl), tip, gain_tone(pnl))


def _why(row: TradeRow) -> Cell:
    why = fmt.told(row.position.closed_why or row.position.status.value)
    return Cell(why, why, tip=why)


_COLUMNS = (
    Column("Opened", _opened, tip="New York"),
    Column("Closed", _closed, tip="New York"),
    Column("Structure", _structure),
    Column("Net P&L", _pnl, is_numeric=True, tip="After all costs"),
    Column("Why closed", _why),
)
