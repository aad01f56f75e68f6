"""Tables of open positions: of one module, and of everything in the account."""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import QObject

from engine.core.money import round_half_up, to_float
from engine.domain.position import PositionStatus
from engine.domain.snapshot import MindfolioSnapshot, PositionView
from engine.domain.structure_shapes import options_alone
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel, gain_tone


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A position and the market's time, from which its quotes have an age; `module` is the name of whose it is."""

    view: PositionView
    now: dt.datetime
    module: str = ""

    @property
    def is_external(self) -> bool:
        """Whether it belongs to no module here."""
        return self.module == EXTERNAL_NAME

    def matches(self, words: str) -> bool:
        """Whether each of some words is part of its symbol, its module's name or its structure; all of none are."""
        if not words.strip():
            return True
        structure = self.view.position.structure
        text = f"{structure.symbol} {self.module} {fmt.structure(structure)}".casefold()
        return all(word in text for word in words.casefold().split())


EXTERNAL_NAME = "External"
"""In place of a module's name."""


def everywhere(snapshot: MindfolioSnapshot) -> tuple[PositionRow, ...]:
    """Every open position: those of the modules in their order, then what is EXTERNAL."""
    now = snapshot.market.now
    ours = [PositionRow(view, now, module.spec.name) for module in snapshot.modules for view in module.open_positions]
    return (*ours, *(PositionRow(view, now, EXTERNAL_NAME) for view in snapshot.external))


class PositionsModel(KeyedTableModel[PositionRow]):
    """Open positions by id."""

    def __init__(self, parent: QObject | None = None, *, of_all: bool = False) -> None:
        """`of_all`: with the columns of a table of all modules."""
        super().__init__(_COLUMNS_OF_ALL if of_all else _COLUMNS, lambda row: row.view.position.position_id, parent)

    def show_positions(self, views: Sequence[PositionView], now: dt.datetime) -> None:
        """Show the positions of a snapshot taken at `now` of the market."""
        self.show_rows([PositionRow(view, now) for view in views])


def _symbol(row: PositionRow) -> Cell:
    symbol = row.view.position.structure.symbol
    return Cell(symbol, symbol)


def _structure(row: PositionRow) -> Cell:
    position = row.view.position
    words = fmt.held(position.structure, position.quantity, names_symbol=False)
    return Cell(words, words, tip=fmt.legs(position.structure))


def _entry(row: PositionRow) -> Cell:
    position = row.view.position
    options, units = options_alone(position.structure, position.quantity)
    is_hedged = options is not position.structure
    cost = sum(lot.cost for lot in position.lots if lot.contract is not None) if is_hedged else position.cost
    a_share = round_half_up(Decimal(cost) / (options.multiplier * max(1, units)))
    received = f"{'received' if position.cost < 0 else 'paid'} {fmt.money(abs(position.cost), cents=True)}"
    tip = (
        f"opened {fmt.when(position.opened_at)}, {received}, costs so far {fmt.money(position.commissions, cents=True)}"
    )
    return Cell(fmt.net_price(a_share), to_float(a_share), tip=tip)


def _dte(row: PositionRow) -> Cell:
    expiration, dte = row.view.position.structure.expiration, row.view.dte
    if expiration is None or dte is None:
        return Cell(fmt.UNKNOWN, math.inf, tip="shares do not expire")
    return Cell(f"{dte} d", float(dte), tip=f"expires {fmt.weekday_date(expiration)}")


def _pnl(row: PositionRow) -> Cell:
    pnl = row.view.pnl
    closing = row.view.closing_cost
    tip = f"closing now would cost {fmt.money(closing, cents=True)}" if closing is not None else "no quote to close at"
    return Cell(f"{fmt.arrow(pnl)} {fmt.signed_money(pnl, cents=True)}".strip(), to_float(pnl), tip, gain_tone(pnl))


def _of_max(row: PositionRow) -> Cell:
    share = row.view.pnl_of_max_pct
    return Cell(fmt.signed_percent(share), share, tone=gain_tone(share))


def _iv(row: PositionRow) -> Cell:
    words = fmt.fraction(row.view.iv, 1)
    if not row.view.is_iv_borrowed:
        return Cell(words, row.view.iv)
    tip = "a leg's own quote pays no more than exercise: its volatility is the other side's at the same strike"
    return Cell(f"≈ {words}", row.view.iv, tip=tip)


def _age(row: PositionRow) -> Cell:
    age = row.now - row.view.marked_at
    return Cell(fmt.age(age), age.total_seconds(), tip=f"oldest quote {fmt.when(row.view.marked_at)}")


def _module(row: PositionRow) -> Cell:
    if row.is_external:
        return Cell(row.module, row.module, "in the account, and no module's: traded where it was opened", "warning")
    return Cell(row.module, row.module)


def _to_close(row: PositionRow) -> Cell:
    cost = row.view.closing_cost
    if cost is None:
        return Cell(fmt.UNKNOWN, tip="no quote to close at")
    verb = "pay" if cost > 0 else "receive"
    return Cell(f"{verb} {fmt.money(abs(cost), cents=True)}", to_float(cost))


def _spot(row: PositionRow) -> Cell:
    spot = row.view.spot
    return Cell(fmt.price(spot), None if spot is None else to_float(spot))


def _greek(name: str, digits: int) -> Callable[[PositionRow], Cell]:
    def cell(row: PositionRow) -> Cell:
        value = None if row.view.greeks is None else getattr(row.view.greeks, name)
        return Cell(fmt.greek(value, digits), value)

    return cell


def _opened(row: PositionRow) -> Cell:
    at = row.view.position.opened_at
    return Cell(fmt.short_when(at), at.timestamp(), tip=fmt.when(at))


def _status(row: PositionRow) -> Cell:
    status = row.view.position.status
    tone = "warning" if status is PositionStatus.CLOSING else "muted"
    return Cell(status.value, status.value, tone=tone)


_COLUMNS = (
    Column("Symbol", _symbol),
    Column("Structure", _structure),
    Column("Entry", _entry, is_numeric=True, tip="Net price a share when it was opened, without shares that hedge it"),
    Column("DTE", _dte, is_numeric=True, tip="Calendar days to expiry"),
    Column("P&L", _pnl, is_numeric=True, tip="At mid, before commissions"),
    Column("% of max", _of_max, is_numeric=True, tip="P&L in percent of the most that can be earned"),
    Column("IV", _iv, is_numeric=True, tip="Implied volatility now"),
    Column("Age", _age, is_numeric=True, tip="Age of the oldest leg's quote, in market time"),
    Column("Status", _status),
)

_COLUMNS_OF_ALL = (
    *_COLUMNS[:2],
    Column("Module", _module),
    *_COLUMNS[2:6],
    Column("To close", _to_close, is_numeric=True, tip="At natural: crossing every spread"),
    Column("Price", _spot, is_numeric=True, tip="Of the underlying"),
    Column("Delta", _greek("delta", 1), is_numeric=True, tip="Share equivalents"),
    Column("Gamma", _greek("gamma", 2), is_numeric=True, tip="Shares per $1"),
    Column("Theta", _greek("theta", 1), is_numeric=True, tip="Dollars a calendar day; short premium earns it"),
    Column("Vega", _greek("vega", 1), is_numeric=True, tip="Dollars per volatility point"),
    *_COLUMNS[6:8],
    Column("Opened", _opened, tip="New York"),
    _COLUMNS[8],
)

NOT_SHOWN_FIRST = ("To close", "Price", "Gamma", "Theta", "Vega", "Age", "Opened")
"""Columns of the table of all modules that a person shows when they want them."""
