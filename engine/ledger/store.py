"""SQLite through SQLAlchemy Core: what is written, and the reading of all of it.

One writing connection per ledger, WAL, synchronous=FULL, one IMMEDIATE transaction per batch; the head beside the
file follows each commit.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from engine.core.errors import LedgerFault
from engine.core.files import own_folder
from engine.domain.position import Position
from engine.domain.records import Checkpoint, FillRow, HistoryRow, LedgerBatch, OrderRow, PostingRow, Recorded
from engine.ledger import history_rows, tables
from engine.ledger.anchor import Anchor, Head, anchor_path, read_head, write_new
from engine.ledger.codec import GENESIS_HASH
from engine.ledger.connections import (
    BUSY_WAIT_S,
    cause,
    check_for_gaps,
    dbapi_connection,
    identity,
    inspected,
    reading_engine,
    writing_engine,
)
from engine.ledger.tables import SCHEMA_VERSION

__all__ = ["SCHEMA_VERSION", "SqliteStore", "lock_of"]

Row = TypeVar("Row")

CHECKPOINTS_KEPT = 3

WORTH_A_SYNC = frozenset(
    {
        "OrderIntended",
        "OrderFilled",
        "FillReversed",
        "LegSettled",
        "PositionSettled",
        "EmergencyStopLatched",
        "BudgetReallocated",
        "SessionClosed",
    }
)
"""Entries after which the head waits for the disk as well, so that a power cut cannot take the end away unseen."""

_INSERT_ENTRY = tables.insert(tables.journal)
_INSERT_POSTING = tables.insert(tables.postings)
_INSERT_EVIDENCE = tables.insert(tables.evidence, "OR IGNORE")
_INSERT_CLOSED = tables.insert(tables.closed_positions, "OR REPLACE")
_INSERT_ORDER = tables.insert(tables.orders, "OR REPLACE")
_INSERT_FILL = tables.insert(tables.fills)
_INSERT_CHECKPOINT = tables.insert(tables.checkpoints)
_DROP_CHECKPOINTS = (
    f"DELETE FROM checkpoints WHERE seq NOT IN (SELECT seq FROM checkpoints ORDER BY seq DESC LIMIT {CHECKPOINTS_KEPT})"  # noqa: S608 - a number of ours
)


class SqliteStore:
    """The LedgerStore of one mindfolio in one file. Create it on the thread that uses it."""

    def __init__(self, path: Path, *, for_reading: bool = False, checks_head: bool = True) -> None:
        """Open or create the file, or bring an older one up to date.

        `for_reading` opens it without the right to write, also while another writes, and sees it throughout as it was
        at the first read; `checks_head` off lets it be read though its head says that something is lost. Raises
        LedgerFault when it is not ours, newer than this program, damaged, not what its head says, or written by
        somebody else; such a file is left alone byte for byte.
        """
        self._path = path
        self._snapshot: sa.Connection | None = None
        self._anchor: Anchor | None = None
        self._lock = lock_of(path)
        self.schema = inspected(path, checks_head=checks_head)
        if for_reading and not self.schema:
            raise LedgerFault(f"there is no ledger in {path}")
        try:
            if for_reading:
                self._engine = reading_engine(path, StaticPool)
                self._snapshot = self._engine.connect()
            else:
                self._open_for_writing()
        except (SQLAlchemyError, OSError, UnicodeDecodeError) as error:
            self.close()
            raise LedgerFault(f"the ledger {path} cannot be opened: {cause(error)}") from error
        except BaseException:
            self.close()
            raise

    def append(self, batch: LedgerBatch) -> None:
        """Write a batch durably. Raises LedgerFault when it cannot be written; nothing was written then."""
        if self._anchor is None:
            raise LedgerFault(f"the ledger {self._path} cannot be written: it was opened for reading")
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                _insert(connection, batch)
                if identity(self._path) != self._identity:
                    raise LedgerFault(f"the ledger {self._path} was replaced while it was open")
                connection.execute("COMMIT")
            finally:
                connection.rollback()  # of nothing, once it is committed
        except (sqlite3.Error, OverflowError) as error:
            raise LedgerFault(f"the ledger {self._path} cannot be written: {cause(error)}") from error
        if batch.entries:
            last = batch.entries[-1]
            is_worth_it = any(entry.type in WORTH_A_SYNC for entry in batch.entries)
            self._anchor.write(Head(last.seq, last.hash), durable=is_worth_it)

    def entries(self, after: int = 0) -> Iterator[Recorded]:
        """Journal entries after a seq, in order."""
        journal = tables.journal
        return self._rows(sa.select(journal).where(journal.c.seq > after).order_by(journal.c.seq), tables.recorded)

    def postings(self) -> Iterator[PostingRow]:
        """All posting lines, in order of their entries."""
        return self._rows(sa.select(tables.postings).order_by(tables.postings.c.seq), tables.posting)

    def evidence(self) -> Iterator[tuple[str, bytes]]:
        """All side-store documents with the address that each was kept under."""
        return self._rows(sa.select(tables.evidence), lambda row: (row.address, row.body))

    def closed(self) -> Iterator[Position]:
        """All positions that ended, as they were written."""
        return self._rows(sa.select(tables.closed_positions), tables.closed)

    def orders(self) -> Iterator[OrderRow]:
        """All orders, each as it last was; none in a file of the first schema."""
        return self._rows(sa.select(tables.orders), tables.order, since=2)

    def fills(self) -> Iterator[FillRow]:
        """All fills, in order of their entries; none in a file of the first schema."""
        return self._rows(sa.select(tables.fills).order_by(tables.fills.c.seq), tables.fill, since=2)

    def history(self) -> Iterator[HistoryRow]:
        """All rows that performance and splits are measured by, each kind in order of its entries.

        None of a kind that a file's schema does not have.
        """
        for kind, table in history_rows.TABLES.items():
            if table.name in tables.TABLES_OF_SCHEMA[self.schema]:
                yield from self._rows(sa.select(table).order_by(table.c.seq), partial(history_rows.made, kind))

    def checkpoints(self) -> Iterator[Checkpoint]:
        """The checkpoints that are kept, newest first."""
        query = sa.select(tables.checkpoints).order_by(tables.checkpoints.c.seq.desc())
        return self._rows(query, tables.checkpoint, since=2)

    def close(self) -> None:
        """Release the connection, and the right to write."""
        if self._snapshot is not None:
            self._snapshot.close()
        if self._anchor is not None:
            self._anchor.close()
        if hasattr(self, "_engine"):
            self._engine.dispose()
        self._lock.release()

    def _open_for_writing(self) -> None:
        path, head_path = self._path, anchor_path(self._path)
        own_folder(path.parent)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise LedgerFault(f"the ledger {path} is being written by another Mindfolio; close that one") from error
        schema = inspected(path)  # again: somebody may have written it until the lock was ours
        if schema:
            check_for_gaps(path)
        if 0 < schema < SCHEMA_VERSION:
            from engine.ledger.migrations.runner import migrate  # noqa: PLC0415 - not needed but once a version

            migrate(path, schema)
        self._engine = writing_engine(path)
        with self._engine.begin() as connection:
            if not schema:
                connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
                tables.metadata.create_all(connection)
        if read_head(head_path) is None:  # nothing was ever recorded here, else it would have been refused
            write_new(head_path, Head(0, GENESIS_HASH))
        self._anchor = Anchor(head_path)
        self._identity = identity(path)
        self._connection = dbapi_connection(self._engine)
        self.schema = SCHEMA_VERSION

    def _rows(self, query: sa.Select[Any], made: Callable[[sa.Row[Any]], Row], since: int = 1) -> Iterator[Row]:
        if self.schema < since:
            return
        try:
            with self._reading() as connection:
                for row in connection.execute(query):
                    yield made(row)
        except (SQLAlchemyError, TypeError, UnicodeDecodeError) as error:
            raise LedgerFault(f"the ledger {self._path} cannot be read: {cause(error)}") from error

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        if self._snapshot is not None:
            yield self._snapshot
            return
        with self._engine.connect() as connection:
            yield connection.execution_options(only_reads=True)


def lock_of(path: Path) -> FileLock:
    """The lock that its one writer holds, in the file `ledger.lock` beside the ledger."""
    return FileLock(path.with_suffix(".lock"), timeout=BUSY_WAIT_S)


def _insert(connection: sqlite3.Connection, batch: LedgerBatch) -> None:
    many = connection.executemany
    many(_INSERT_ENTRY, map(tables.journal_row, batch.entries))
    if batch.postings:
        many(_INSERT_POSTING, map(tables.posting_row, batch.postings))
    if batch.evidence:
        many(_INSERT_EVIDENCE, batch.evidence)
    if batch.closed:
        many(_INSERT_CLOSED, map(tables.closed_row, batch.closed))
    if batch.orders:
        many(_INSERT_ORDER, map(tables.order_row, batch.orders))
    if batch.fills:
        many(_INSERT_FILL, map(tables.fill_row, batch.fills))
    for statement, rows in history_rows.statements(batch.history):
        many(statement, rows)
    if batch.checkpoint is not None:
        kept = batch.checkpoint
        connection.execute(_INSERT_CHECKPOINT, (kept.seq, kept.entry_hash, kept.state))
        connection.execute(_DROP_CHECKPOINTS)
