"""Rows and records: what goes in comes out, and a row that was changed by hand is named."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from engine.core.errors import LedgerFault
from engine.core.money import dollars
from engine.domain.order import OrderStatus
from engine.domain.records import Checkpoint, FillRow, OrderRow, PostingRow, Recorded
from engine.ledger import tables
from tests.builders import NOW, order, position

ENTRY = Recorded(1, NOW, "SessionClosed", 1, b"{}", "0" * 64, "1" * 64)
POSTING = PostingRow(1, "CASH", "alpha", -(2**62))
ENDED = position(closed_at=NOW + dt.timedelta(days=1), closed_why="target")
ORDER = OrderRow(1, NOW, order(status=OrderStatus.CANCELLED, changed_at=NOW), "time is up")
FILL = FillRow(1, NOW, "O000001", "alpha", "P000001", 2, dollars("-1.20"), dollars("4.80"), dollars("0.04"))
CHECKPOINT = Checkpoint(1, "1" * 64, b"\x93\x00")
ROUND_TRIPS: list[tuple[sa.Table, tuple[object, ...], Any, object]] = [
    (tables.journal, tables.journal_row(ENTRY), tables.recorded, ENTRY),
    (tables.postings, tables.posting_row(POSTING), tables.posting, POSTING),
    (tables.closed_positions, tables.closed_row(ENDED), tables.closed, ENDED),
    (tables.orders, tables.order_row(ORDER), tables.order, ORDER),
    (tables.fills, tables.fill_row(FILL), tables.fill, FILL),
    (tables.checkpoints, (1, CHECKPOINT.entry_hash, CHECKPOINT.state), tables.checkpoint, CHECKPOINT),
]


@pytest.fixture
def connection() -> Any:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as opened:
        tables.metadata.create_all(opened)
        yield opened
    engine.dispose()


@pytest.mark.parametrize(("table", "row", "made", "record"), ROUND_TRIPS, ids=lambda value: getattr(value, "name", ""))
def test_a_record_comes_back_from_its_row(
    connection: sa.Connection, table: sa.Table, row: tuple[object, ...], made: Any, record: object
) -> None:
    connection.exec_driver_sql(tables.insert(table), row)
    assert made(connection.execute(sa.select(table)).one()) == record


def test_a_row_may_take_the_place_of_an_older_one(connection: sa.Connection) -> None:
    newer = replace(ORDER, seq=2, why="later")
    for row in (ORDER, newer):
        connection.exec_driver_sql(tables.insert(tables.orders, "OR REPLACE"), tables.order_row(row))
    assert tables.order(connection.execute(sa.select(tables.orders)).one()) == newer


def test_an_open_position_has_no_row() -> None:
    with pytest.raises(LedgerFault, match="ended without a time"):
        tables.closed_row(position())


@pytest.mark.parametrize(
    ("statement", "read", "fault"),
    [
        ("UPDATE orders SET order_id = 'O7'", "orders", "order O7 was changed"),
        ("UPDATE orders SET module_id = 'beta'", "orders", "order O000001 was changed"),
        ("UPDATE orders SET at_us = 'noon'", "orders", "has no time"),
        ("UPDATE orders SET body = CAST('{}' AS BLOB)", "orders", "document of the ledger cannot be read"),
        ("UPDATE orders SET body = CAST(X'7B226F726465725F6964223A22FF227D' AS BLOB)", "orders", "cannot be read"),
        ("UPDATE fills SET at_us = 'noon'", "fills", "has no time"),
    ],
)
def test_a_row_changed_by_hand_is_a_fault(connection: sa.Connection, statement: str, read: str, fault: str) -> None:
    connection.exec_driver_sql(tables.insert(tables.orders), tables.order_row(ORDER))
    connection.exec_driver_sql(tables.insert(tables.fills), tables.fill_row(FILL))
    connection.exec_driver_sql(statement)
    made: Any = {"orders": tables.order, "fills": tables.fill}[read]
    with pytest.raises(LedgerFault, match=fault):
        made(connection.execute(sa.select(tables.metadata.tables[read])).one())


def test_every_schema_knows_its_tables() -> None:
    assert tables.TABLES_OF_SCHEMA[tables.SCHEMA_VERSION] == set(tables.metadata.tables)
    assert tables.TABLES_OF_SCHEMA[1] < tables.TABLES_OF_SCHEMA[2]
