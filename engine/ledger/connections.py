"""How a ledger's file is looked at, and the connections that read and write it."""

import os
import sqlite3
from pathlib import Path
from typing import cast

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from engine.core.errors import LedgerFault
from engine.ledger.anchor import Head, anchor_path, head_fault, read_head
from engine.ledger.tables import SCHEMA_VERSION, TABLES_OF_SCHEMA

BUSY_WAIT_S = 2.0
"""How long a lock of somebody else's is waited for."""


def reading_engine(path: Path, poolclass: type[sa.Pool]) -> sa.Engine:
    """Connections without the right to write; each transaction sees the file as it was at its first read."""
    address = f"{path.absolute().as_uri()}?mode=ro"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=BUSY_WAIT_S, isolation_level=None, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=poolclass)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def writing_engine(path: Path) -> sa.Engine:
    """Exactly one connection, on one thread: WAL, durable at each commit, IMMEDIATE transactions.

    The execution option `only_reads` asks for a transaction that reads what is committed and waits for nobody.
    """

    # The path goes to SQLite as it is: inside an address a ? or % of a folder's name would mean something else.
    # It is exactly one connection, on one thread: SQLite before 3.51.3 can corrupt with several writers.
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=BUSY_WAIT_S, isolation_level=None, check_same_thread=True)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=StaticPool)

    def configure(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection: sa.Connection) -> None:
        # Who only reads waits for no writer: after a commit that a lock has refused, the book is read back beside it.
        only_reads = connection.get_execution_options().get("only_reads", False)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    sa.event.listen(engine, "connect", configure)
    sa.event.listen(engine, "begin", begin)
    return engine


def dbapi_connection(engine: sa.Engine) -> sqlite3.Connection:
    """The one connection of a writing engine as SQLite's own: an append by it costs little more than its commit."""
    pooled = engine.raw_connection()
    try:
        return cast("sqlite3.Connection", pooled.dbapi_connection)
    finally:
        pooled.close()  # back to the pool, which keeps it open


def inspected(path: Path, *, checks_head: bool = True) -> int:
    """The schema of a ledger's file; 0 when it is missing, or empty as a kill in its first moment leaves it.

    It is looked at without the right to write. Raises LedgerFault when it is newer, something else or damaged; and,
    unless `checks_head` is off, when the head beside it says that entries are lost or were rewritten.
    """
    # The head first: whoever writes commits before he moves it, so the file is never behind what is read here.
    head = read_head(anchor_path(path)) if checks_head else None
    schema, last, anchored = _looked_at(path, head)
    if not checks_head:
        return schema
    if head is None and last is not None and schema > 1:
        head = read_head(anchor_path(path))  # it may have been begun just now, by another process
        if head is not None:
            return inspected(path)
    fault = head_fault(path, schema, head, last, anchored)
    if fault:
        raise LedgerFault(fault)
    return schema


def check_for_gaps(path: Path) -> None:
    """Refuse a file that does not belong to the log beside it: it lacks entries, or its pages do not fit together.

    An older file put back beside a newer log is read by SQLite as one of both. Asked only where there is a log, which
    a Mindfolio that ended in good order has not left: all pages are looked at, a third of a second for 300 MB.
    """
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() or not log.stat().st_size:
        return
    engine = reading_engine(path, StaticPool)
    try:
        with engine.connect() as connection:
            count, last = connection.exec_driver_sql("SELECT count(*), max(seq) FROM journal NOT INDEXED").one()
            fault = "" if count == (last or 0) else f"it has {count:,} entries and ends at {last:,}"
            fault = fault or str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    except (SQLAlchemyError, UnicodeDecodeError) as error:
        raise LedgerFault(f"the ledger {path} cannot be opened: {cause(error)}") from error
    finally:
        engine.dispose()
    if fault != "ok":
        words = f"is damaged or does not belong to the log beside it, {log.name}; restore both from one backup"
        raise LedgerFault(f"the ledger {path} {words}: {' '.join(fault.split())}")


def cause(error: Exception) -> str:
    """What SQLite or the system said in one line, without SQLAlchemy's own words.

    Of a damaged file SQLite may cite what it has read there.
    """
    words = str(getattr(error, "orig", None) or error)
    return " ".join("".join(character if character.isprintable() else " " for character in words).split())


def identity(path: Path) -> tuple[int, int]:
    """Which file a path names now, its write-ahead log being there: another answer later means that it was exchanged.

    Raises LedgerFault when one is gone.
    """
    # The log is not asked when it was written: after that question Linux makes the next commit write its times as well,
    # which takes half as long again.
    if not os.access(f"{path}-wal", os.F_OK):
        raise LedgerFault(f"the ledger {path} was taken away while it was open")
    try:
        found = os.stat(path)  # noqa: PTH116 - at each commit, and this is twice as fast
    except OSError as error:
        raise LedgerFault(f"the ledger {path} was taken away while it was open") from error
    return found.st_dev, found.st_ino


def _looked_at(path: Path, head: Head | None) -> tuple[int, int | None, str | None]:
    """Schema, the number of the last entry, and the hash of the entry that the head names."""
    if not path.exists():
        return 0, None, None
    if not path.is_file():
        raise LedgerFault(f"the ledger {path} cannot be opened: it is not a regular file")
    engine = reading_engine(path, StaticPool)
    try:
        with engine.connect() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            tables = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
            if version == 0 and not tables:
                return 0, None, None
            if version > SCHEMA_VERSION:
                raise LedgerFault(
                    f"the ledger {path} was written by a newer version of Mindfolio; install that version"
                )
            if version not in TABLES_OF_SCHEMA or not tables >= TABLES_OF_SCHEMA[version]:
                raise LedgerFault(f"{path} is not a Mindfolio ledger")
            last = connection.exec_driver_sql("SELECT max(seq) FROM journal").scalar_one()
            anchored = connection.exec_driver_sql(
                "SELECT hash FROM journal WHERE seq = ?", (0 if head is None else head.seq,)
            ).scalar_one_or_none()
    except (SQLAlchemyError, UnicodeDecodeError) as error:  # SQLite names what is damaged, by its own damaged name
        raise LedgerFault(f"the ledger {path} cannot be opened: {cause(error)}") from error
    finally:
        engine.dispose()
    return version, last, anchored
