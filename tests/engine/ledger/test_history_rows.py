"""Rows that performance is measured by: what goes in comes out, and what cannot have been written is refused."""

import datetime as dt

import pytest
import sqlalchemy as sa

from engine.core.errors import LedgerFault
from engine.domain.records import BoundaryRow, CloseRow, FlowRow, HistoryRow, OpeningRow, PowerRow, ResultRow
from engine.domain.structure import StructureKind
from engine.ledger import tables
from engine.ledger.history_rows import TABLES, made, statements
from tests.builders import NOW

DAY = dt.date(2026, 3, 16)
ROWS: list[HistoryRow] = [
    CloseRow(1, NOW, DAY, "", 2**60, 1, -2, 3, 4, 5),
    CloseRow(1, NOW, DAY, "alpha", -7, 1, -2, 3, 4, 0),
    ResultRow(1, DAY, "P000001", -12),
    FlowRow(2, NOW, "alpha", -5, 6, 0),
    OpeningRow(3, NOW, "P000001", "alpha", "TSLA", StructureKind.IRON_CONDOR),
    PowerRow(4, NOW, "P000001", "alpha", 250),
    BoundaryRow(5, NOW, "alpha", -1, 2**60, 3, 4, 0),
]


def test_rows_come_back_as_they_went_in() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        for statement, rows in statements(ROWS):
            connection.exec_driver_sql(statement, rows)
        found: list[HistoryRow] = [
            made(kind, row) for kind, table in TABLES.items() for row in connection.execute(sa.select(table)).all()
        ]
    assert found == ROWS
    engine.dispose()


def test_no_rows_need_no_statement() -> None:
    assert list(statements(())) == []


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (OpeningRow, (1, 0, "P000001", "alpha", "TSLA", "Iron Condo")),
        (CloseRow, (1, 0, "x", "", 1, 1, 1, 1, 1, 1)),
        (ResultRow, (1, 0, "P000001", 1)),
        (PowerRow, (1, None, "P000001", "alpha", 1)),
        (FlowRow, (1, 0, "alpha", 1, 1)),
    ],
)
def test_a_row_that_was_changed_by_hand_is_refused(kind: type[HistoryRow], row: tuple[object, ...]) -> None:
    with pytest.raises(LedgerFault, match=f"a row of {TABLES[kind].name} cannot be read"):
        made(kind, row)
