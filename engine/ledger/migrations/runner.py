"""Bringing an older ledger up to date: a copy first, then every change in one transaction.

A kill at any moment leaves the old file or the new one, never something between.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.exc import SQLAlchemyError

from engine.core.errors import LedgerFault
from engine.ledger.anchor import Head, anchor_path, sync_folder, write_new
from engine.ledger.codec import GENESIS_HASH
from engine.ledger.connections import BUSY_WAIT_S, cause, writing_engine
from engine.ledger.migrations import revision_1, revision_2, revision_3, revision_4
from engine.ledger.rebuild import rebuild_read_tables
from engine.ledger.tables import SCHEMA_VERSION, journal

REVISIONS = {1: revision_1.upgrade, 2: revision_2.upgrade, 3: revision_3.upgrade, 4: revision_4.upgrade}


def migrate(path: Path, schema: int) -> None:
    """Bring the file from `schema` up to this program's. Its writer's lock must be held.

    The read tables are made anew, and the head is kept beside it from here on. Raises LedgerFault when the copy cannot
    be made, the journal is damaged, or the file cannot be written; it is as it was then.
    """
    try:
        back_up(path, copy_path(path))
        engine = writing_engine(path)
        try:
            with engine.begin() as connection:
                upgrade(connection, schema)
                rebuild_read_tables(connection)
                # Before the commit: a kill between the two leaves a head that fits the old file as well.
                write_new(anchor_path(path), _head(connection))
        finally:
            engine.dispose()
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise LedgerFault(f"the ledger {path} cannot be brought up to date: {cause(error)}") from error


def upgrade(connection: sa.Connection, schema: int, until: int = SCHEMA_VERSION) -> None:
    """Apply every revision after `schema` up to `until`, in the caller's transaction."""
    op = Operations(MigrationContext.configure(connection))
    for revision in range(schema + 1, until + 1):
        REVISIONS[revision](op)
    connection.exec_driver_sql(f"PRAGMA user_version = {until}")


def copy_path(path: Path) -> Path:
    """Where the file as it was before goes: `ledger.sqlite` -> `ledger.before-4.sqlite`."""
    return path.with_name(f"{path.stem}.before-{SCHEMA_VERSION}{path.suffix}")


def back_up(path: Path, copy: Path) -> None:
    """Copy a ledger, its write-ahead log included, whole and durable. Raises sqlite3.Error or OSError."""
    beside = copy.with_name(f"{copy.name}.new")
    beside.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_WAIT_S)) as source,
        closing(sqlite3.connect(beside)) as target,
    ):
        source.backup(target)
    with beside.open("r+b") as file:
        os.fsync(file.fileno())
    beside.replace(copy)
    sync_folder(copy.parent)


def _head(connection: sa.Connection) -> Head:
    last = connection.execute(
        sa.select(journal.c.seq, journal.c.hash).order_by(journal.c.seq.desc()).limit(1)
    ).one_or_none()
    return Head(0, GENESIS_HASH) if last is None else Head(last.seq, last.hash)
