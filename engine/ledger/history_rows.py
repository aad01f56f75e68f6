"""Rows that performance and splits are measured by, as records and back: each kind has its own table.

Rows are only ever added. A record's fields are its table's columns, in that order; times and days are kept as whole
numbers.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from engine.core.clock import epoch_us, from_epoch_us
from engine.core.errors import LedgerFault
from engine.domain.records import BoundaryRow, CloseRow, FlowRow, HistoryRow, OpeningRow, PowerRow, ResultRow
from engine.domain.structure import StructureKind
from engine.ledger import tables

TABLES: dict[type, sa.Table] = {
    CloseRow: tables.closes,
    ResultRow: tables.results,
    FlowRow: tables.flows,
    OpeningRow: tables.openings,
    PowerRow: tables.power,
    BoundaryRow: tables.boundaries,
}

Kept = TypeVar("Kept", bound=HistoryRow)

_READ_AS: dict[str, Callable[[Any], object]] = {
    "at": from_epoch_us,
    "day": dt.date.fromordinal,
    "kind": StructureKind,
}
_INSERTS = {kind: tables.insert(table) for kind, table in TABLES.items()}
_FIELDS = {kind: tuple(field.name for field in dataclasses.fields(kind)) for kind in TABLES}
_READ: dict[type, tuple[tuple[int, Callable[[Any], object]], ...]] = {
    kind: tuple((place, _READ_AS[name]) for place, name in enumerate(names) if name in _READ_AS)
    for kind, names in _FIELDS.items()
}
"""Which cells of a row are something else than what stands there."""


def statements(rows: Iterable[HistoryRow]) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    """What inserts these rows: a statement for each kind among them, with its rows in their order."""
    by_kind: dict[type[HistoryRow], list[tuple[object, ...]]] = {}
    for row in rows:
        by_kind.setdefault(type(row), []).append(_cells(row))
    for kind, cells in by_kind.items():
        yield _INSERTS[kind], cells


def made(kind: type[Kept], row: Sequence[Any]) -> Kept:
    """The record of a row. Raises LedgerFault for one that this program cannot have written."""
    make: Callable[..., Kept] = kind
    cells = list(row)
    try:
        for place, read in _READ[kind]:
            cells[place] = read(cells[place])
        return make(*cells)
    except (TypeError, ValueError, OverflowError) as error:
        raise LedgerFault(f"a row of {TABLES[kind].name} cannot be read: {error}") from error


def _cells(row: HistoryRow) -> tuple[object, ...]:
    return tuple(_cell(getattr(row, name)) for name in _FIELDS[type(row)])


def _cell(value: object) -> object:
    if isinstance(value, dt.datetime):
        return epoch_us(value)
    if isinstance(value, dt.date):
        return value.toordinal()
    return value.value if isinstance(value, StructureKind) else value
