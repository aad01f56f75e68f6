"""Rows of the ledger: what one transaction writes, and what its pages show."""

import datetime as dt
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.order import Order
from engine.domain.position import Position


@dataclass(frozen=True, slots=True)
class Recorded:
    """One journal entry: an event at its place in the hash chain."""

    seq: int
    at: dt.datetime
    type: str
    version: int
    body: bytes
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class PostingRow:
    """One line of a ledger entry: entry `seq` changes `account` of `module_id` by `amount` (debit positive)."""

    seq: int
    account: str
    module_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as it ended or as it stands; `seq` is the journal entry that last changed it."""

    seq: int
    at: dt.datetime
    order: Order
    why: str


@dataclass(frozen=True, slots=True)
class FillRow:
    """One fill, newest first on the page; `seq` is its journal entry."""

    seq: int
    at: dt.datetime
    order_id: str
    module_id: str
    position_id: str
    quantity: int
    net_price: Money
    commission: Money
    fees: Money


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The book as it was after entry `seq`, so that a start need not fold the whole journal."""

    seq: int
    entry_hash: str
    state: bytes


@dataclass(frozen=True, slots=True)
class LedgerBatch:
    """What one transaction writes: entries, their postings, side-store documents, and what the read tables show.

    `closed` are positions that ended, `orders` those that changed (the newest state of each), `fills` what was done.
    """

    entries: tuple[Recorded, ...]
    postings: tuple[PostingRow, ...]
    evidence: tuple[tuple[str, bytes], ...]
    closed: tuple[Position, ...]
    orders: tuple[OrderRow, ...] = ()
    fills: tuple[FillRow, ...] = ()
    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, slots=True)
class TradeRow:
    """A closed position as the history shows it."""

    position: Position
    net_pnl: Money


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One journal entry with its postings, as the ledger's page shows it; `body` is its canonical JSON.

    `version` is the event's: what reads the body back has to know it.
    """

    seq: int
    at: dt.datetime
    type: str
    version: int
    body: str
    postings: tuple[PostingRow, ...]
