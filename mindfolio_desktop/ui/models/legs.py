"""The table of a position's legs with their quotes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject

from engine.core.money import Money, to_float
from engine.domain.position_sheet import LegLine
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel


@dataclass(frozen=True, slots=True)
class LegRow:
    """A leg and the market's time, from which its quote has an age."""

    line: LegLine
    now: dt.datetime
    symbol: str


class LegsModel(KeyedTableModel[LegRow]):
    """Legs by contract."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, lambda row: "" if row.line.contract is None else row.line.contract.occ, parent)

    def show_legs(self, lines: Sequence[LegLine], now: dt.datetime, symbol: str) -> None:
        """Show the legs of a position as they were told at `now` of the market."""
        self.show_rows([LegRow(line, now, symbol) for line in lines])


def _name(row: LegRow) -> Cell:
    contract = row.line.contract
    words = f"{row.symbol} shares" if contract is None else fmt.contract(contract)
    tip = "" if contract is None else f"expires {fmt.weekday_date(contract.expiration)}"
    return Cell(words, words, tip)


def _quantity(row: LegRow) -> Cell:
    return Cell(fmt.number(row.line.quantity, 0, signed=True), float(row.line.quantity))


def _price(price: Money | None) -> Cell:
    return Cell(fmt.price(price), None if price is None else to_float(price))


def _iv(row: LegRow) -> Cell:
    words = fmt.fraction(row.line.volatility, 1)
    if not row.line.is_borrowed:
        return Cell(words, row.line.volatility)
    tip = "its own quote pays no more than exercise: its volatility is the other side's at the same strike"
    return Cell(f"≈ {words}", row.line.volatility, tip)


def _delta(row: LegRow) -> Cell:
    return Cell(fmt.greek(row.line.delta), row.line.delta)


def _age(row: LegRow) -> Cell:
    if row.line.at is None:
        return Cell(fmt.UNKNOWN, tip="never quoted")
    age = row.now - row.line.at
    return Cell(fmt.age(age), age.total_seconds(), tip=f"quoted {fmt.when(row.line.at)}")


_COLUMNS: tuple[Column[LegRow], ...] = (
    Column("Leg", _name),
    Column("Quantity", _quantity, is_numeric=True, tip="Contracts or shares held, negative short"),
    Column("Bid", lambda row: _price(row.line.bid), is_numeric=True, tip="A share"),
    Column("Ask", lambda row: _price(row.line.ask), is_numeric=True, tip="A share"),
    Column("Mid", lambda row: _price(row.line.mid), is_numeric=True, tip="A share"),
    Column("IV", _iv, is_numeric=True, tip="Implied volatility now"),
    Column("Delta", _delta, is_numeric=True, tip="Share equivalents of the whole leg"),
    Column("Age", _age, is_numeric=True, tip="Age of the quote, in market time"),
)
