"""SQLite through SQLAlchemy Core: the only SQL of the program.

One writing connection per ledger, WAL, synchronous=FULL, one IMMEDIATE transaction per batch. Money is INTEGER:
SQLAlchemy's Numeric would be stored as a float here and lose money without a word.
"""

import datetime as dt
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool, StaticPool

from engine.core.clock import epoch_us, from_epoch_us
from engine.core.errors import LedgerFault
from engine.core.money import Money
from engine.domain.candidate import ScanRow
from engine.domain.ports import LedgerBatch, PostingRow, Recorded, TradeRow
from engine.domain.position import Position

Decoded = TypeVar("Decoded")

SCHEMA_VERSION = 1

_metadata = sa.MetaData()
_journal = sa.Table(
    "journal",
    _metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at_us", sa.Integer, nullable=False),
    sa.Column("type", sa.String, nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("previous_hash", sa.String, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
)
_postings = sa.Table(
    "postings",
    _metadata,
    sa.Column("seq", sa.Integer, sa.ForeignKey("journal.seq"), nullable=False, index=True),
    sa.Column("account", sa.String, nullable=False),
    sa.Column("module_id", sa.String, nullable=False),
    sa.Column("amount", sa.Integer, nullable=False),
)
_evidence = sa.Table(
    "evidence",
    _metadata,
    sa.Column("address", sa.String, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
_closed = sa.Table(
    "closed_positions",
    _metadata,
    sa.Column("position_id", sa.String, primary_key=True),
    sa.Column("module_id", sa.String, nullable=False, index=True),
    sa.Column("closed_us", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)


class SqliteStore:
    """The LedgerStore of one mindfolio in one file. Create it on the thread that uses it."""

    def __init__(self, path: Path, *, for_reading: bool = False) -> None:
        """Open or create the file.

        `for_reading` opens it without the right to write, also while another writes, and sees it throughout as it was
        at the first read. Raises LedgerFault when it is not ours, newer than this program, or damaged; such a file is
        left alone byte for byte.
        """
        self._path = path
        self._snapshot: sa.Connection | None = None
        is_begun = _is_begun(path)
        if for_reading and not is_begun:
            raise LedgerFault(f"there is no ledger in {path}")
        if not for_reading:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._engine = _reading_engine(path, StaticPool) if for_reading else _writing_engine(path)
        try:
            if for_reading:
                self._snapshot = self._engine.connect()
            elif not is_begun:
                with self._engine.begin() as connection:
                    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
                    _metadata.create_all(connection)
            else:
                self._engine.connect().close()
        except SQLAlchemyError as error:
            self._engine.dispose()
            raise LedgerFault(f"the ledger {path} cannot be opened: {_cause(error)}") from error

    def append(self, batch: LedgerBatch) -> None:
        """Write a batch durably. Raises LedgerFault when it cannot be written; nothing was written then."""
        try:
            with self._engine.begin() as connection:
                if batch.entries:
                    connection.execute(sa.insert(_journal), [_journal_row(entry) for entry in batch.entries])
                if batch.postings:
                    connection.execute(sa.insert(_postings), [_posting_row(row) for row in batch.postings])
                if batch.evidence:
                    connection.execute(
                        sa.insert(_evidence).prefix_with("OR IGNORE"),
                        [{"address": address, "body": body} for address, body in batch.evidence],
                    )
                if batch.closed:
                    connection.execute(sa.insert(_closed), [_closed_row(position) for position in batch.closed])
        except (SQLAlchemyError, OverflowError) as error:
            raise LedgerFault(f"the ledger {self._path} cannot be written: {_cause(error)}") from error

    def entries(self, after: int = 0) -> Iterator[Recorded]:
        """Journal entries after a seq, in order."""
        for row in self._rows(sa.select(_journal).where(_journal.c.seq > after).order_by(_journal.c.seq)):
            yield _recorded(row)

    def postings(self) -> Iterator[PostingRow]:
        """All posting lines, in order of their entries."""
        for row in self._rows(sa.select(_postings).order_by(_postings.c.seq)):
            yield PostingRow(row.seq, row.account, row.module_id, row.amount)

    def evidence(self) -> Iterator[tuple[str, bytes]]:
        """All side-store documents with the address that each was kept under."""
        for row in self._rows(sa.select(_evidence)):
            yield row.address, row.body

    def closed(self) -> Iterator[Position]:
        """All positions that ended, as they were written."""
        for row in self._rows(sa.select(_closed)):
            position = _decoded(_POSITION, row.body)
            if (position.position_id, position.module_id) != (row.position_id, row.module_id):
                raise LedgerFault(f"closed position {row.position_id} was changed after it was written")
            yield position

    def close(self) -> None:
        """Release the connection."""
        if self._snapshot is not None:
            self._snapshot.close()
        self._engine.dispose()

    def _rows(self, query: sa.Select[Any]) -> Iterator[sa.Row[Any]]:
        try:
            with self._reading() as connection:
                yield from connection.execute(query)
        except (SQLAlchemyError, TypeError) as error:
            raise LedgerFault(f"the ledger {self._path} cannot be read: {_cause(error)}") from error

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        if self._snapshot is not None:
            yield self._snapshot
            return
        with self._engine.connect() as connection:
            yield connection


class LedgerQuery:
    """The Query port: paged reads on a read-only connection of its own. For one caller at a time, on any thread."""

    def __init__(self, path: Path) -> None:
        self._engine = _reading_engine(path, QueuePool)

    def scans(self, module_id: str, since: dt.datetime, limit: int = 200) -> tuple[ScanRow, ...]:
        """Scan rows of a module since an instant, newest first."""
        query = (
            sa.select(_evidence.c.body)
            .select_from(
                _journal.join(
                    _evidence, _evidence.c.address == sa.func.json_extract(_text(_journal.c.body), "$.evidence")
                )
            )
            .where(_journal.c.type == "ScanCompleted", _journal.c.at_us >= epoch_us(since))
            .where(sa.func.json_extract(_text(_journal.c.body), "$.module_id") == module_id)
            .order_by(_journal.c.seq.desc())
            .limit(limit)
        )
        documents = [_decoded(_SCAN_ROWS, body) for (body,) in self._rows(query)]
        return tuple(chain.from_iterable(documents))[:limit]

    def trades(self, module_id: str, limit: int = 200) -> tuple[TradeRow, ...]:
        """Closed positions of a module, newest first."""
        query = (
            sa.select(_closed.c.body)
            .where(_closed.c.module_id == module_id)
            .order_by(_closed.c.closed_us.desc(), _closed.c.position_id.desc())
            .limit(limit)
        )
        positions = [_decoded(_POSITION, body) for (body,) in self._rows(query)]
        return tuple(TradeRow(position, position.net_pnl) for position in positions)

    def nav_history(self, limit: int = 2000) -> tuple[tuple[dt.datetime, Money], ...]:
        """NAV samples, oldest first, at most `limit` of the newest."""
        query = (
            sa.select(_journal.c.at_us, sa.func.json_extract(_text(_journal.c.body), "$.nav"))
            .where(_journal.c.type == "MarksRecorded")
            .order_by(_journal.c.seq.desc())
            .limit(limit)
        )
        return tuple((from_epoch_us(at_us), nav) for at_us, nav in reversed(self._rows(query)))

    def close(self) -> None:
        """Release the connection."""
        self._engine.dispose()

    def _rows(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        try:
            with self._engine.connect() as connection:
                return list(connection.execute(query).all())
        except SQLAlchemyError as error:
            raise LedgerFault(f"the ledger's history cannot be read: {_cause(error)}") from error


_ENCODER = msgspec.json.Encoder(order="sorted")
_POSITION = msgspec.json.Decoder(Position)
_SCAN_ROWS = msgspec.json.Decoder(tuple[ScanRow, ...])


def _reading_engine(path: Path, poolclass: type[sa.Pool]) -> sa.Engine:
    address = f"{path.absolute().as_uri()}?mode=ro"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, timeout=2.0, isolation_level=None, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=poolclass)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _writing_engine(path: Path) -> sa.Engine:
    # The path goes to SQLite as it is: inside an address a ? or % of a folder's name would mean something else.
    # It is exactly one connection, on one thread: SQLite before 3.51.3 can corrupt with several writers.
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=2.0, isolation_level=None, check_same_thread=True)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=StaticPool)

    def configure(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    sa.event.listen(engine, "connect", configure)
    sa.event.listen(engine, "begin", begin)
    return engine


def _is_begun(path: Path) -> bool:
    """Whether the file holds a ledger; False when it is missing, or empty as a kill in its first moment leaves it.

    It is looked at without the right to write. Raises LedgerFault when it is newer, something else, or damaged.
    """
    if not path.exists():
        return False
    engine = _reading_engine(path, StaticPool)
    try:
        with engine.connect() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            tables = set(sa.inspect(connection).get_table_names())
    except SQLAlchemyError as error:
        raise LedgerFault(f"the ledger {path} cannot be opened: {_cause(error)}") from error
    finally:
        engine.dispose()
    if version == 0 and not tables:
        return False
    if version > SCHEMA_VERSION:
        raise LedgerFault(f"the ledger {path} was written by a newer version of Mindfolio; install that version")
    if version != SCHEMA_VERSION or not tables >= _metadata.tables.keys():
        raise LedgerFault(f"{path} is not a Mindfolio ledger")
    return True


def _recorded(row: sa.Row[Any]) -> Recorded:
    try:
        at = from_epoch_us(row.at_us)
    except (TypeError, OverflowError) as error:
        raise LedgerFault(f"journal entry {row.seq} ({row.type}) has no time: {row.at_us}") from error
    if not isinstance(row.body, bytes):
        # SQLite's columns take any type: an edit by a statement such as replace() leaves text behind.
        raise LedgerFault(f"journal entry {row.seq} ({row.type}) was changed after it was written")
    return Recorded(row.seq, at, row.type, row.version, row.body, row.previous_hash, row.hash)


def _decoded(decoder: "msgspec.json.Decoder[Decoded]", body: bytes) -> Decoded:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, TypeError) as error:
        raise LedgerFault(f"a document of the ledger cannot be read: {error}") from error


def _journal_row(entry: Recorded) -> dict[str, object]:
    return {
        "seq": entry.seq,
        "at_us": epoch_us(entry.at),
        "type": entry.type,
        "version": entry.version,
        "body": entry.body,
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
    }


def _posting_row(row: PostingRow) -> dict[str, object]:
    return {"seq": row.seq, "account": row.account, "module_id": row.module_id, "amount": row.amount}


def _closed_row(position: Position) -> dict[str, object]:
    if position.closed_at is None:
        raise LedgerFault(f"position {position.position_id} ended without a time")
    return {
        "position_id": position.position_id,
        "module_id": position.module_id,
        "closed_us": epoch_us(position.closed_at),
        "body": _ENCODER.encode(position),
    }


def _text(column: sa.Column[bytes]) -> sa.Cast[str]:
    """JSON functions of SQLite read text; the journal keeps the exact bytes that were hashed."""
    return sa.cast(column, sa.String)


def _cause(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error)
