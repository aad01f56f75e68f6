"""Ports: what the kernel needs from the outside. Each has one implementation per environment and a fake in tests."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from engine.core.money import Money
from engine.domain.aftermath import FollowedTrade, SkippedTrade
from engine.domain.allocation_history import AllocationHistory
from engine.domain.broker_reports import BrokerReport
from engine.domain.candidate import Candidate, Finding, ScanRow
from engine.domain.events import Event
from engine.domain.evidence import Awaited, Evidence
from engine.domain.explained import ExplainedDay
from engine.domain.instrument import OptionContract
from engine.domain.mindfolio import ModuleKind, ModuleSpec
from engine.domain.notices import Notice
from engine.domain.order import Order
from engine.domain.position import Position
from engine.domain.quote import Quote
from engine.domain.records import (
    Checkpoint,
    CloseRow,
    EntryRow,
    FillRow,
    FlowRow,
    HistoryRow,
    LedgerBatch,
    OpeningRow,
    OrderRow,
    PostingRow,
    PowerRow,
    Recorded,
    TradeRow,
)
from engine.domain.scan import Action, ManageContext, ScanContext
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

    def stock(self, symbol: str) -> Quote | None:
        """The newest quote of an underlying's shares, None when it was never quoted."""
        ...


# --- broker ---------------------------------------------------------------------------------------------------


class Broker(Protocol):
    """The counterparty. Calls return at once; what happened comes back as reports.

    A call that raises `NotSent` has left no byte; after any other exception nobody knows, and the order is UNKNOWN.
    Reports may come late, twice and out of order.
    """

    def submit(self, order: Order, now: dt.datetime) -> None:
        """Send a new order; `order.order_id` is the client id.

        Each of its parts closes or opens by what the account has of it, never both. A CLOSE closes with every part,
        unless it `is_netted`; an OPEN may close what other positions hold.
        """
        ...

    def replace(self, order_id: str, limit: Money, now: dt.datetime) -> None:
        """Move a working order's net limit; the answer is a report."""
        ...

    def cancel(self, order_id: str, now: dt.datetime) -> None:
        """Ask for a cancel; the answer is a report."""
        ...

    def ask(self, order_id: str, now: dt.datetime) -> None:
        """Ask what became of a client id; the answer is a `BrokerKnows`."""
        ...

    def ask_account(self, now: dt.datetime) -> None:
        """Ask for the account; the answer is a `BrokerAccount`, and statement lines that were not told yet."""
        ...

    def fund(self, reference: str, amount: Money, now: dt.datetime) -> None:
        """A person moved cash in (negative: out), once for each reference, however often it is asked for.

        A broker of ours moves it, and its statement names the reference; a real one has been told already.
        """
        ...

    def preview(self, structure: Structure, net_price: Money, quantity: int, shares: int = 0) -> Money | None:
        """What the broker would hold for opening a structure at a net price a share; None when it cannot say.

        `shares` are those already held that cover it.
        """
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

    def close(self) -> None:
        """Let go of what it holds."""
        ...


# --- modules and evidence -----------------------------------------------------------------------------------------
class Strategy(Protocol):
    """A module's program: pure functions over frozen contexts, the same live, in replay and in backtests."""

    @property
    def kind(self) -> ModuleKind:
        """Which program this is."""
        ...

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """Look at every symbol of the universe; at least one finding for each, the best candidates first.

        Candidates are traded in this order, as far as the budget reaches.
        """
        ...

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        """What to do about a position now, in order of preference; () to hold on."""
        ...


class Backtester(Protocol):
    """The pre-trade backtest. Called on workers, several at a time."""

    def evidence(self, module: ModuleSpec, candidate: Candidate, now: dt.datetime) -> Evidence | Awaited:
        """What the last 365 days say of a candidate under its module's own rules, using nothing stamped after `now`.

        The same question on the same day has the same answer, whenever and however often it is asked, but for one that
        lets a scan come back later instead of letting it wait.
        """
        ...


@runtime_checkable
class Preparing(Protocol):
    """What a backtester may do besides: answer about several candidates sooner together than one by one."""

    def prepare(self, module: ModuleSpec, candidates: Sequence[Candidate], now: dt.datetime) -> None:
        """Work out what `evidence` will be asked. A fault of one is left to whoever asks for that answer."""
        ...

    @property
    def steps(self) -> int:
        """How much was worked out since the program began: it grows every few seconds while somebody waits for it."""
        ...


@runtime_checkable
class AskedAhead(Protocol):
    """What a backtester may do besides: work beside everything else, ahead of who asks."""

    def ask_ahead(self, modules: Sequence[ModuleSpec], day: dt.date) -> None:
        """Begin to work out whatever modules could ask on a day. Waits for nothing."""
        ...

    @property
    def trouble(self) -> str:
        """Why it works where it is asked after all, "" while it does not."""
        ...


# --- ledger -------------------------------------------------------------------------------------------------------


class LedgerStore(Protocol):
    """The append-only record. One transaction per call: all of it or nothing."""

    @property
    def schema(self) -> int:
        """Version of its tables: the first has no orders, fills and checkpoints."""
        ...

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

    def orders(self) -> Iterator["OrderRow"]:
        """All orders, each as it last was."""
        ...

    def fills(self) -> Iterator["FillRow"]:
        """All fills, in order of their entries."""
        ...

    def history(self) -> Iterator[HistoryRow]:
        """All rows that performance and splits are measured by; of each kind in order of their entries."""
        ...

    def checkpoints(self) -> Iterator["Checkpoint"]:
        """The checkpoints that are kept, newest first."""
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


class Query(Protocol):
    """Read-only, paged access to what grows: for pages and reports, on its own connection.

    Pages are newest first; `before` is the seq that the page before ended at, None for the first page.
    """

    def scans(self, module_id: str, since: dt.datetime, limit: int = 200) -> tuple[ScanRow, ...]:
        """Scan rows of a module since an instant, newest first."""
        ...

    def trades(self, module_id: str, limit: int = 200, after: int = 0) -> tuple[TradeRow, ...]:
        """Closed positions of a module, newest first, leaving out the first `after` of them."""
        ...

    def orders(self, module_id: str | None, limit: int = 200, before: int | None = None) -> tuple[OrderRow, ...]:
        """Orders of a module (None: of all), newest first."""
        ...

    def fills(self, module_id: str | None, limit: int = 200, before: int | None = None) -> tuple[FillRow, ...]:
        """Fills of a module (None: of all), newest first."""
        ...

    def entries(
        self, limit: int = 200, before: int | None = None, kind: str = "", text: str = ""
    ) -> tuple[EntryRow, ...]:
        """Journal entries, newest first; `kind` "" is every type, `text` is looked for in the body, in any case."""
        ...

    def followed(self) -> tuple[FollowedTrade, ...]:
        """Skipped trades that would still be open, as of the last session that told of any."""
        ...

    def skipped_trades(self, module_id: str, limit: int = 250) -> tuple[SkippedTrade, ...]:
        """What a module's skipped trades came to in the last `limit` sessions: those open first, then newest first."""
        ...

    def allocations(self) -> AllocationHistory:
        """Every change of capital and its split with what was earned under it."""
        ...

    def journal(self) -> Iterator[tuple[Recorded, Event]]:
        """Every entry with its event, from the first on: a long read."""
        ...

    def explained(self, since: dt.date = dt.date.min, limit: int = 20) -> tuple[ExplainedDay, ...]:
        """Where the P&L of each session since a day came from, newest first, at most `limit` sessions."""
        ...

    def nav_history(self, limit: int = 2000) -> tuple[tuple[dt.datetime, Money], ...]:
        """NAV samples, oldest first, at most `limit` of the newest."""
        ...


class HistoryQuery(Protocol):
    """What performance is measured by, whole and oldest first: a few rows a session and a trade."""

    def closes(self) -> tuple[CloseRow, ...]:
        """The whole mindfolio (ACCOUNT) and each module at every session's close, oldest first."""
        ...

    def flows(self) -> tuple[FlowRow, ...]:
        """What came in and went out, of the mindfolio and of each module, oldest first."""
        ...

    def openings(self) -> tuple[OpeningRow, ...]:
        """Lineages that began, oldest first."""
        ...

    def power(self) -> tuple[PowerRow, ...]:
        """Buying power of each position from when on, oldest first."""
        ...

    def ended(self) -> tuple[Position, ...]:
        """Every position that ended, of all modules and EXTERNAL, in the order in which they ended."""
        ...

    def results_at(self, day: dt.date) -> dict[str, Money]:
        """P&L so far of the positions that were open at a session's close, by position id."""
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
