"""Rows of the ledger: what one transaction writes, and what its pages show."""

import datetime as dt
from dataclasses import dataclass
from typing import TypeAlias

from engine.core.money import Money
from engine.domain.notes import NoteWritten
from engine.domain.order import Order
from engine.domain.position import Position
from engine.domain.structure import StructureKind

ACCOUNT = ""
"""In place of a module: the mindfolio itself."""


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
class CloseRow:
    """A module, or the whole mindfolio (`module_id` ACCOUNT), at a session's close.

    `budget` is the module's, or capital; `realised` P&L after costs since the beginning, `open_pnl` at the marks of the
    close. `value` is what it is worth: the NAV, or a module's budget and its P&L that was not settled. `units` are
    the mindfolio's units of NAV, 0 for a module.
    """

    seq: int
    at: dt.datetime
    day: dt.date
    module_id: str
    value: Money
    budget: Money
    realised: Money
    open_pnl: Money
    used: Money
    units: int


@dataclass(frozen=True, slots=True)
class ResultRow:
    """P&L so far, after costs, of a position that was open at a session's close, at its mark of then."""

    seq: int
    day: dt.date
    position_id: str
    pnl: Money


@dataclass(frozen=True, slots=True)
class FlowRow:
    """What came into a module (went out, negative), or into the mindfolio from outside, and is neither gain nor loss.

    Deposits and withdrawals; of a module a change of its budget, what was swept or settled, and the open P&L of a
    position that was moved. `value` is what it was worth just before, `units` what a deposit bought of the mindfolio.
    """

    seq: int
    at: dt.datetime
    module_id: str
    amount: Money
    value: Money
    units: int


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """A lineage began, with an order for that structure."""

    seq: int
    at: dt.datetime
    lineage: str
    module_id: str
    symbol: str
    kind: StructureKind


@dataclass(frozen=True, slots=True)
class PowerRow:
    """Buying power that a position of a module uses from here on; 0 once it has ended."""

    seq: int
    at: dt.datetime
    position_id: str
    module_id: str
    used: Money


@dataclass(frozen=True, slots=True)
class BoundaryRow:
    """A module, or the account itself (`module_id` ACCOUNT), where its P&L begins to count anew.

    That is where a session opens, capital or its split changes, or a position goes over to another module.
    `pnl_before` is P&L after costs since the beginning, open positions at their marks, up to the entry, `pnl_after`
    with it; of ACCOUNT what no module earned. `budget` (of ACCOUNT: the reserve) and `used` are from here on. `nav` is
    the mindfolio's just before, 0 in the row of a module.
    """

    seq: int
    at: dt.datetime
    module_id: str
    pnl_before: Money
    pnl_after: Money
    budget: Money
    used: Money
    nav: Money


HistoryRow: TypeAlias = CloseRow | ResultRow | FlowRow | OpeningRow | PowerRow | BoundaryRow
"""What performance and splits are measured by: rows that are only ever added."""


@dataclass(frozen=True, slots=True)
class LedgerBatch:
    """What one transaction writes: entries, their postings, side-store documents, and what the read tables show.

    `closed` are positions that ended, `orders` those that changed (the newest state of each), `fills` what was done,
    `history` what performance and splits are measured by.
    """

    entries: tuple[Recorded, ...]
    postings: tuple[PostingRow, ...]
    evidence: tuple[tuple[str, bytes], ...]
    closed: tuple[Position, ...]
    orders: tuple[OrderRow, ...] = ()
    fills: tuple[FillRow, ...] = ()
    checkpoint: Checkpoint | None = None
    history: tuple[HistoryRow, ...] = ()


@dataclass(frozen=True, slots=True)
class TradeRow:
    """A closed position as the history shows it."""

    position: Position
    net_pnl: Money


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A person's note with its journal entry."""

    seq: int
    at: dt.datetime
    note: NoteWritten


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
