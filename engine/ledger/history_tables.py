"""Read tables that performance is measured by: rows that are only ever added, each kind in a table of its own.

A record's fields are its table's columns, in that order; times and days are kept as whole numbers.
"""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from engine.core.clock import epoch_us, from_epoch_us
from engine.core.errors import LedgerFault
from engine.domain.records import CloseRow, FlowRow, HistoryRow, OpeningRow, PowerRow, ResultRow
from engine.domain.structure import StructureKind
from engine.ledger.tables import insert, metadata


def _seq() -> "sa.Column[int]":
    return sa.Column("seq", sa.Integer, sa.ForeignKey("journal.seq"), nullable=False, index=True)


def _whole(name: str, **how: Any) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer, nullable=False, **how)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.String, nullable=False)


closes = sa.Table(
    "closes", metadata, _seq(), _whole("at_us"), _whole("day"), _text("module_id"), _whole("value"), _whole("budget"),
    _whole("realised"), _whole("open_pnl"), _whole("used"), _whole("units"),
)  # fmt: skip
results = sa.Table("results", metadata, _seq(), _whole("day", index=True), _text("position_id"), _whole("pnl"))
flows = sa.Table(
    "flows", metadata, _seq(), _whole("at_us"), _text("module_id"), _whole("amount"), _whole("value"), _whole("units")
)
openings = sa.Table(
    "openings", metadata, _seq(), _whole("at_us"), _text("lineage"), _text("module_id"), _text("symbol"), _text("kind")
)
power = sa.Table(
    "power", metadata, _seq(), _whole("at_us"), _text("position_id"), _text("module_id"), _whole("used")
)  # fmt: skip

TABLES: dict[type[HistoryRow], sa.Table] = {
    CloseRow: closes,
    ResultRow: results,
    FlowRow: flows,
    OpeningRow: openings,
    PowerRow: power,
}

_INSERTS = {kind: insert(table) for kind, table in TABLES.items()}
_FIELDS = {kind: tuple(field.name for field in dataclasses.fields(kind)) for kind in TABLES}


def statements(rows: Iterable[HistoryRow]) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    """What inserts these rows: a statement for each kind among them, with its rows in their order."""
    by_kind: dict[type[HistoryRow], list[tuple[object, ...]]] = {}
    for row in rows:
        by_kind.setdefault(type(row), []).append(_cells(row))
    for kind, cells in by_kind.items():
        yield _INSERTS[kind], cells


def made(kind: type[HistoryRow], row: sa.Row[Any]) -> Any:
    """The record of a row. Raises LedgerFault for one that this program cannot have written."""
    try:
        cells = [_READ.get(name, _as_is)(cell) for name, cell in zip(_FIELDS[kind], row, strict=True)]
    except (TypeError, ValueError, OverflowError) as error:
        raise LedgerFault(f"a row of {TABLES[kind].name} cannot be read: {error}") from error
    return kind(*cells)


def _cells(row: HistoryRow) -> tuple[object, ...]:
    return tuple(_cell(getattr(row, name)) for name in _FIELDS[type(row)])


def _cell(value: object) -> object:
    if isinstance(value, dt.datetime):
        return epoch_us(value)
    if isinstance(value, dt.date):
        return value.toordinal()
    return value.value if isinstance(value, StructureKind) else value


def _as_is(cell: Any) -> Any:
    return cell


_READ = {"at": from_epoch_us, "day": dt.date.fromordinal, "kind": StructureKind}
