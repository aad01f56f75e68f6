"""SQLite through SQLAlchemy Core: the only SQL of the program.

One writing connection per ledger, WAL, synchronous=FULL, one IMMEDIATE transaction per batch. Money is INTEGER:
SQLAlchemy's Numeric would be stored as a float here and lose money without a word.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from engine.core.clock import epoch_us, from_epoch_us
from engine.core.errors import LedgerFault
from engine.core.money import Money
from engine.domain.candidate import ScanRow
from engine.domain.ports import LedgerBatch, PostingRow, Recorded, TradeRow
from engine.domain.position import Position

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
        """Open or create the file; `for_reading` opens it without the right to write, also while another writes.

        Raises LedgerFault when it is not ours, newer than this program, or damaged.
        """
        self._path = path
        is_new = not for_reading and not path.exists()
        if not for_reading:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._engine = _reading_engine(path) if for_reading else _writing_engine(path)
        try:
            with self._engine.begin() as connection:
                if is_new:
                    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
                    _metadata.create_all(connection)
                else:
                    _check_schema(connection, path)
        except SQLAlchemyError as error:
            self._engine.dispose()
            raise LedgerFault(f"the ledger {path} cannot be opened: {_cause(error)}") from error
        except LedgerFault:
            self._engine.dispose()
            raise

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
        except SQLAlchemyError as error:
            raise LedgerFault(f"the ledger {self._path} cannot be written: {_cause(error)}") from error

    def entries(self, after: int = 0) -> Iterator[Recorded]:
        """Journal entries after a seq, in order."""
        query = sa.select(_journal).where(_journal.c.seq > after).order_by(_journal.c.seq)
        try:
            with self._engine.connect() as connection:
                for row in connection.execute(query):
                    yield Recorded(
                        row.seq, from_epoch_us(row.at_us), row.type, row.version, row.body, row.previous_hash, row.hash
                    )
        except SQLAlchemyError as error:
            raise LedgerFault(f"the ledger {self._path} cannot be read: {_cause(error)}") from error

    def postings(self) -> Iterator[PostingRow]:
        """All posting lines, in order of their entries."""
        with self._engine.connect() as connection:
            for row in connection.execute(sa.select(_postings).order_by(_postings.c.seq)):
                yield PostingRow(row.seq, row.account, row.module_id, row.amount)

    def close(self) -> None:
        """Release the connection."""
        self._engine.dispose()


class LedgerQuery:
    """The Query port: paged reads on a read-only connection of its own. For one caller at a time, on any thread."""

    def __init__(self, path: Path) -> None:
        self._engine = _reading_engine(path)

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
        rows: list[ScanRow] = []
        for (body,) in self._rows(query):
            rows.extend(_SCAN_ROWS.decode(body))
        return tuple(rows[:limit])

    def trades(self, module_id: str, limit: int = 200) -> tuple[TradeRow, ...]:
        """Closed positions of a module, newest first."""
        query = (
            sa.select(_closed.c.body)
            .where(_closed.c.module_id == module_id)
            .order_by(_closed.c.closed_us.desc(), _closed.c.position_id.desc())
            .limit(limit)
        )
        positions = [_POSITION.decode(body) for (body,) in self._rows(query)]
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


def _reading_engine(path: Path) -> sa.Engine:
    # The path is quoted, so that a folder with a ? or # in its name is not taken for a part of the address.
    return sa.create_engine(
        f"sqlite:///file:{quote(path.as_posix())}?mode=ro&uri=true",
        connect_args={"check_same_thread": False, "timeout": 2.0},
    )


def _writing_engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(
        f"sqlite:///{path.as_posix()}",
        poolclass=StaticPool,  # exactly one connection: SQLite before 3.51.3 can corrupt with several writers
        connect_args={"isolation_level": None, "timeout": 2.0},
    )

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


def _check_schema(connection: sa.Connection, path: Path) -> None:
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version > SCHEMA_VERSION:
        raise LedgerFault(f"the ledger {path} was written by a newer version of Mindfolio; install that version")
    if version != SCHEMA_VERSION:
        raise LedgerFault(f"{path} is not a Mindfolio ledger")


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


def _cause(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error)
