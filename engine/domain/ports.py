"""Ports: what the kernel needs from the outside. Each has one implementation per environment and a fake in tests."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.core.money import Money
from engine.domain.candidate import Candidate, Finding, ScanRow
from engine.domain.instrument import OptionContract
from engine.domain.mindfolio import ModuleKind
from engine.domain.notices import Notice
from engine.domain.order import Order, OrderStatus
from engine.domain.position import Position
from engine.domain.quote import Quote
from engine.domain.scan import Exit, ManageContext, ScanContext
from engine.domain.snapshot import MindfolioSnapshot
from engine.domain.structure import Structure


# --- market ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, eq=False)
class ChainUpdate:
    """New quotes of one underlying, as columns (n,), in any order, no key twice. Prices in dollars, NaN if missing.

    Contracts that are left out keep their older quote. `at` is the exchange's or the recording's time.
    """

    symbol: str
    at: dt.datetime
    spot: float
    key: NDArray[np.int64]
    bid: NDArray[np.float64]
    ask: NDArray[np.float64]
    volume: NDArray[np.float64]
    open_interest: NDArray[np.float64]


class Feed(Protocol):
    """A market whose time we own: simulated or replayed. Nothing in it depends on when it is asked."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """Underlyings that it quotes, sorted."""
        ...

    @property
    def first_at(self) -> dt.datetime:
        """When its first quotes are due."""
        ...

    def next_at(self, after: dt.datetime) -> dt.datetime | None:
        """When the next quotes after `after` are due, None at the end."""
        ...

    def read(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """The quotes due at `at`, a time given by `first_at` or `next_at`."""
        ...

    def last_known(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """The newest quotes at or before `at`, to resume from; oldest first."""
        ...


class QuoteSource(Protocol):
    """Where a broker or a valuation looks up one contract's quote."""

    def quote(self, contract: OptionContract) -> Quote | None:
        """The contract's newest quote, None when it was never quoted."""
        ...


# --- broker ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class BrokerAccepted:
    """The broker has the order."""

    order_id: str


@dataclass(frozen=True, slots=True)
class BrokerFilled:
    """The broker did `cumulative` units of the order so far; the last ones at `net_price` a share."""

    order_id: str
    cumulative: int
    net_price: Money
    leg_prices: tuple[Money, ...]
    """Price per share of each leg of the structure, in its order; their net is `net_price`."""


@dataclass(frozen=True, slots=True)
class BrokerEnded:
    """The broker's final word: cancelled or rejected after `cumulative` units."""

    order_id: str
    status: OrderStatus
    cumulative: int
    why: str


BrokerReport: TypeAlias = BrokerAccepted | BrokerFilled | BrokerEnded


class Broker(Protocol):
    """The counterparty. Calls return at once; what happened comes back as reports, in order per order."""

    def submit(self, order: Order, now: dt.datetime) -> None:
        """Send a new order; `order.order_id` is the client id."""
        ...

    def replace(self, order_id: str, limit: Money, now: dt.datetime) -> None:
        """Move a working order's net limit."""
        ...

    def cancel(self, order_id: str, now: dt.datetime) -> None:
        """Ask for a cancel; the answer is a report."""
        ...

    def knows(self, order_id: str) -> bool:
        """Whether the broker has ever seen this client id (asked at start-up for orders without a final word)."""
        ...

    def buying_power(self, structure: Structure, net_price: Money, quantity: int) -> Money:
        """The broker's preview: what it would hold for opening `quantity` of a structure at a net price a share."""
        ...

    def available(self, own: Money) -> Money | None:
        """The broker's figure of buying power left in the account, None when unknown; `own` is what we count."""
        ...

    def next_at(self) -> dt.datetime | None:
        """When it next has something to say by itself, in the market's time."""
        ...

    def poll(self, now: dt.datetime, quotes: QuoteSource) -> tuple[BrokerReport, ...]:
        """Everything that happened up to `now` against these quotes."""
        ...


# --- modules and evidence -----------------------------------------------------------------------------------------
class Strategy(Protocol):
    """A module's program: pure functions over frozen contexts, the same live, in replay and in backtests."""

    @property
    def kind(self) -> ModuleKind:
        """Which program this is."""
        ...

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """Look at every symbol of the universe; one finding for each, in the universe's order."""
        ...

    def manage(self, position: Position, context: ManageContext) -> Exit | None:
        """Whether to close a position now."""
        ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """A backtest's answer for one structure on one symbol."""

    trades: int
    win_rate: float | None
    expectancy: Money | None
    source: str


class Backtester(Protocol):
    """The pre-trade backtest."""

    def evidence(self, candidate: Candidate, now: dt.datetime) -> Evidence:
        """What the last 365 days say of this candidate, using nothing stamped after `now`."""
        ...


# --- ledger -------------------------------------------------------------------------------------------------------
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
class LedgerBatch:
    """What one transaction writes: entries, their postings, side-store documents and positions that ended."""

    entries: tuple[Recorded, ...]
    postings: tuple[PostingRow, ...]
    evidence: tuple[tuple[str, bytes], ...]
    closed: tuple[Position, ...]


class LedgerStore(Protocol):
    """The append-only record. One transaction per call: all of it or nothing."""

    def append(self, batch: LedgerBatch) -> None:
        """Write a batch durably. Raises LedgerFault when it cannot be written; nothing was written then."""
        ...

    def entries(self, after: int = 0) -> Iterator[Recorded]:
        """Journal entries after a seq, in order."""
        ...

    def postings(self) -> Iterator[PostingRow]:
        """All posting lines, in order of their entries."""
        ...

    def evidence(self) -> Iterator[tuple[str, bytes]]:
        """All side-store documents with the address that each was kept under."""
        ...

    def closed(self) -> Iterator[Position]:
        """All positions that ended, as they were written."""
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


@dataclass(frozen=True, slots=True)
class TradeRow:
    """A closed position as the history shows it."""

    position: Position
    net_pnl: Money


class Query(Protocol):
    """Read-only, paged access to what grows: for pages and reports, on its own connection."""

    def scans(self, module_id: str, since: dt.datetime, limit: int = 200) -> tuple[ScanRow, ...]:
        """Scan rows of a module since an instant, newest first."""
        ...

    def trades(self, module_id: str, limit: int = 200) -> tuple[TradeRow, ...]:
        """Closed positions of a module, newest first."""
        ...

    def nav_history(self, limit: int = 2000) -> tuple[tuple[dt.datetime, Money], ...]:
        """NAV samples, oldest first, at most `limit` of the newest."""
        ...


# --- window -------------------------------------------------------------------------------------------------------
class Publisher(Protocol):
    """Where snapshots and notices go. Called on the kernel's thread; must not block."""

    def publish(self, snapshot: MindfolioSnapshot) -> None:
        """A newer snapshot; it replaces the one before."""
        ...

    def notify(self, notice: Notice) -> None:
        """A notice; none may be lost."""
        ...
