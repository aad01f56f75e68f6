"""The read tables made anew from the journal, which holds all that they show."""

import sqlalchemy as sa

from engine.domain.records import HistoryRow
from engine.ledger import history_rows, tables
from engine.ledger.book import Book
from engine.ledger.codec import chained


def rebuild_read_tables(connection: sa.Connection) -> Book:
    """Empty every read table and fill it by folding the journal, in the caller's transaction.

    Returns the book at the end. Raises LedgerFault when the journal is damaged.
    """
    book = Book()
    closed: dict[str, tuple[object, ...]] = {}
    orders: dict[str, tuple[object, ...]] = {}
    fills: list[tuple[object, ...]] = []
    history: list[HistoryRow] = []
    found = connection.execute(sa.select(tables.journal).order_by(tables.journal.c.seq))
    for entry, event in chained(tables.recorded(row) for row in found):
        applied = book.apply(entry.seq, entry.at, event)
        closed.update((position.position_id, tables.closed_row(position)) for position in applied.closed)
        orders.update((row.order.order_id, tables.order_row(row)) for row in applied.orders)
        fills.extend(tables.fill_row(row) for row in applied.fills)
        history.extend(applied.history)
    for table, rows in (
        (tables.closed_positions, list(closed.values())),
        (tables.orders, list(orders.values())),
        (tables.fills, fills),
    ):
        connection.execute(sa.delete(table))
        if rows:
            connection.exec_driver_sql(tables.insert(table), rows)
    for table in history_rows.TABLES.values():
        connection.execute(sa.delete(table))
    for statement, rows in history_rows.statements(history):
        connection.exec_driver_sql(statement, rows)
    return book
