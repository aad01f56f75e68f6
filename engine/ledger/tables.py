"""The tables of a ledger file, and how records become rows of them and come back.

The journal is the truth and is never changed; `postings` and `evidence` belong to its entries. `closed_positions`,
`orders` and `fills` are read tables: the newest state of each, for pages, all of it in the journal too. So are
`closes`, `results`, `flows`, `openings`, `power` and `boundaries`, which performance and splits are measured by
(`history_rows`). Money is INTEGER: SQLAlchemy's Numeric would be stored as a float here and lose money without a word.
"""

from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from engine.core.clock import epoch_us, from_epoch_us
from engine.core.errors import LedgerFault
from engine.domain.order import Order
from engine.domain.position import Position
from engine.domain.records import Checkpoint, FillRow, OrderRow, PostingRow, Recorded

Decoded = TypeVar("Decoded")

SCHEMA_VERSION = 4
"""Of the tables of this program; an older file is brought up to it by `engine/ledger/migrations`."""

metadata = sa.MetaData()
journal = sa.Table(
    "journal",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at_us", sa.Integer, nullable=False),
    sa.Column("type", sa.String, nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("previous_hash", sa.String, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
)
sa.Index(
    "ix_journal_scans",
    sa.text("json_extract(CAST(body AS TEXT), '$.module_id')"),  # queries must write it in these very words
    journal.c.at_us,
    sqlite_where=sa.text("type = 'ScanCompleted'"),
    _table=journal,
)
postings = sa.Table(
    "postings",
    metadata,
    sa.Column("seq", sa.Integer, sa.ForeignKey("journal.seq"), nullable=False, index=True),
    sa.Column("account", sa.String, nullable=False),
    sa.Column("module_id", sa.String, nullable=False),
    sa.Column("amount", sa.Integer, nullable=False),
)
evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("address", sa.String, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
closed_positions = sa.Table(
    "closed_positions",
    metadata,
    sa.Column("position_id", sa.String, primary_key=True),
    sa.Column("module_id", sa.String, nullable=False, index=True),
    sa.Column("closed_us", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index("ix_closed_positions_page", "module_id", "closed_us", "position_id"),
)
orders = sa.Table(
    "orders",
    metadata,
    sa.Column("order_id", sa.String, primary_key=True),
    sa.Column("module_id", sa.String, nullable=False),
    sa.Column("seq", sa.Integer, sa.ForeignKey("journal.seq"), nullable=False, index=True),
    sa.Column("at_us", sa.Integer, nullable=False),
    sa.Column("why", sa.String, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index("ix_orders_page", "module_id", "seq"),
)
fills = sa.Table(
    "fills",
    metadata,
    sa.Column("seq", sa.Integer, sa.ForeignKey("journal.seq"), nullable=False, index=True),
    sa.Column("at_us", sa.Integer, nullable=False),
    sa.Column("order_id", sa.String, nullable=False),
    sa.Column("module_id", sa.String, nullable=False),
    sa.Column("position_id", sa.String, nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("net_price", sa.Integer, nullable=False),
    sa.Column("commission", sa.Integer, nullable=False),
    sa.Column("fees", sa.Integer, nullable=False),
    sa.Index("ix_fills_page", "module_id", "seq"),
)
checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("seq", sa.Integer, sa.ForeignKey("journal.seq"), primary_key=True, autoincrement=False),
    sa.Column("entry_hash", sa.String, nullable=False),
    sa.Column("state", sa.LargeBinary, nullable=False),
)


def _history_table(name: str, *columns: "sa.Column[int] | sa.Column[str]") -> sa.Table:
    seq = sa.Column("seq", sa.Integer, sa.ForeignKey("journal.seq"), nullable=False, index=True)
    return sa.Table(name, metadata, seq, *columns)


def _whole(name: str, **how: Any) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer, nullable=False, **how)


def _name(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.String, nullable=False)


closes = _history_table(
    "closes", _whole("at_us"), _whole("day"), _name("module_id"), _whole("value"), _whole("budget"),
    _whole("realised"), _whole("open_pnl"), _whole("used"), _whole("units"),
)  # fmt: skip
results = _history_table("results", _whole("day", index=True), _name("position_id"), _whole("pnl"))
flows = _history_table(
    "flows", _whole("at_us"), _name("module_id"), _whole("amount"), _whole("value"), _whole("units")
)  # fmt: skip
openings = _history_table(
    "openings", _whole("at_us"), _name("lineage"), _name("module_id"), _name("symbol"), _name("kind")
)  # fmt: skip
power = _history_table("power", _whole("at_us"), _name("position_id"), _name("module_id"), _whole("used"))
boundaries = _history_table(
    "boundaries", _whole("at_us"), _name("module_id"), _whole("pnl_before"), _whole("pnl_after"), _whole("budget"),
    _whole("used"), _whole("nav"),
)  # fmt: skip

_FIRST = {"journal", "postings", "evidence", "closed_positions"}
_SECOND = {*_FIRST, "orders", "fills", "checkpoints"}
TABLES_OF_SCHEMA = {
    1: _FIRST,
    2: _SECOND,
    3: {*_SECOND, "closes", "results", "flows", "openings", "power"},
    4: set(metadata.tables),
}

_ENCODER = msgspec.json.Encoder(order="sorted")
_POSITION = msgspec.json.Decoder(Position)
_ORDER = msgspec.json.Decoder(Order)
_DIALECT = sqlite.dialect(paramstyle="qmark")


def insert(table: sa.Table, how: str = "") -> str:
    """The statement that inserts a row of all columns in their order; `how` is "OR REPLACE", "OR IGNORE" or nothing.

    Spelled once: compiling it anew would cost as much as the commit.
    """
    return str(sa.insert(table).prefix_with(how).compile(dialect=_DIALECT))


# --- rows ------------------------------------------------------------------------------------------------------------
def journal_row(entry: Recorded) -> tuple[object, ...]:
    """A journal entry as its row."""
    at_us = epoch_us(entry.at)
    return entry.seq, at_us, entry.type, entry.version, entry.body, entry.previous_hash, entry.hash


def posting_row(row: PostingRow) -> tuple[object, ...]:
    """A posting as its row."""
    return row.seq, str(row.account), row.module_id, row.amount


def closed_row(position: Position) -> tuple[object, ...]:
    """An ended position as its row. Raises LedgerFault when it has no end."""
    if position.closed_at is None:
        raise LedgerFault(f"position {position.position_id} ended without a time")
    return position.position_id, position.module_id, epoch_us(position.closed_at), _ENCODER.encode(position)


def order_row(row: OrderRow) -> tuple[object, ...]:
    """An order as its row."""
    order = row.order
    return order.order_id, order.module_id, row.seq, epoch_us(row.at), row.why, _ENCODER.encode(order)


def fill_row(row: FillRow) -> tuple[object, ...]:
    """A fill as its row."""
    what = (row.quantity, row.net_price, row.commission, row.fees)
    return row.seq, epoch_us(row.at), row.order_id, row.module_id, row.position_id, *what


# --- records ---------------------------------------------------------------------------------------------------------
def recorded(row: sa.Row[Any]) -> Recorded:
    """A journal entry. Raises LedgerFault for a row that this program cannot have written."""
    seq, at_us, name, version, body, previous_hash, digest = tuple(row)
    try:
        at = from_epoch_us(at_us)
    except (TypeError, OverflowError) as error:
        raise LedgerFault(f"journal entry {seq} ({name}) has no time: {at_us}") from error
    if not isinstance(body, bytes):
        # SQLite's columns take any type: an edit by a statement such as replace() leaves text behind.
        raise LedgerFault(f"journal entry {seq} ({name}) was changed after it was written")
    return Recorded(seq, at, name, version, body, previous_hash, digest)


def posting(row: sa.Row[Any]) -> PostingRow:
    """A posting."""
    return PostingRow(row.seq, row.account, row.module_id, row.amount)


def closed(row: sa.Row[Any]) -> Position:
    """An ended position. Raises LedgerFault when its row contradicts itself."""
    position = decoded(_POSITION, row.body)
    if (position.position_id, position.module_id) != (row.position_id, row.module_id):
        raise LedgerFault(f"closed position {row.position_id} was changed after it was written")
    return position


def order(row: sa.Row[Any]) -> OrderRow:
    """An order. Raises LedgerFault when its row contradicts itself."""
    made = decoded(_ORDER, row.body)
    if (made.order_id, made.module_id) != (row.order_id, row.module_id):
        raise LedgerFault(f"order {row.order_id} was changed after it was written")
    return OrderRow(row.seq, _at(row), made, row.why)


def fill(row: sa.Row[Any]) -> FillRow:
    """A fill. Raises LedgerFault when it has no time."""
    what = (row.quantity, row.net_price, row.commission, row.fees)
    return FillRow(row.seq, _at(row), row.order_id, row.module_id, row.position_id, *what)


def checkpoint(row: sa.Row[Any]) -> Checkpoint:
    """A checkpoint, as it was written or not."""
    return Checkpoint(row.seq, row.entry_hash, row.state)


def decoded(decoder: "msgspec.json.Decoder[Decoded]", body: bytes) -> Decoded:
    """A document of the ledger. Raises LedgerFault when it is damaged."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:  # no text, or no end of nests
        raise LedgerFault(f"a document of the ledger cannot be read: {error}") from error


def _at(row: sa.Row[Any]) -> Any:
    try:
        return from_epoch_us(row.at_us)
    except (TypeError, OverflowError) as error:
        raise LedgerFault(f"the row of entry {row.seq} has no time: {row.at_us}") from error
