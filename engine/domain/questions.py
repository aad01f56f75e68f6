"""Questions: what a page asks for that no snapshot holds. Each is answered once, and nothing changes by it.

`LedgerQuestion`s ask what the journal tells, over a connection of the window's own. `DeskQuestion`s need what the
engine has in hand (quotes, settings, rules): the kernel hands back an `Answer`, a piece of work over data that does
not change any more, which is done on another thread.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from engine.core.money import Money
from engine.domain.commands import EnterTrade
from engine.domain.mindfolio import ModuleSpec
from engine.domain.snapshot import MindfolioSnapshot
from engine.domain.structure import Leg, StructureKind

PAGE = 100
"""Rows that a list out of the ledger is told at once; a page with fewer is the last one."""


# --- what the journal tells -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ScansOf:
    """A module's scan rows since an instant, newest first: tuple[ScanRow, ...]."""

    module_id: str
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class TradesOf:
    """A module's closed trades, newest first: tuple[TradeRow, ...]."""

    module_id: str


@dataclass(frozen=True, slots=True)
class SkipsOf:
    """What became of a module's skipped trades, those that would still be open first: tuple[SkippedTrade, ...]."""

    module_id: str


@dataclass(frozen=True, slots=True)
class NavSamples:
    """Samples of the account's NAV, oldest first: tuple[(datetime, Money), ...]."""


@dataclass(frozen=True, slots=True)
class ExplainedDays:
    """Where the P&L of a page of the newest sessions came from, newest first: tuple[ExplainedDay, ...]."""


@dataclass(frozen=True, slots=True)
class SheetsOf:
    """The sheets of a day with a session, None for the ledger's newest: DaySheets. Everything journaled is read."""

    day: dt.date | None = None


@dataclass(frozen=True, slots=True)
class OrdersOf:
    """Orders of a module (None: of all), the last changed first, from before an entry on: tuple[OrderRow, ...]."""

    module_id: str | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class FillsOf:
    """Fills of a module (None: of all), newest first, from before an entry on: tuple[FillRow, ...]."""

    module_id: str | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class EntriesOf:
    """A page of the journal, newest first: tuple[EntryRow, ...]. `kind` "" is every type, `text` is looked for in all.

    `before` is the seq that the page before ended at, None for the newest.
    """

    kind: str = ""
    text: str = ""
    before: int | None = None


@dataclass(frozen=True, slots=True)
class ExportEntries:
    """Write what `EntriesOf` would show, all pages of it, to a CSV file, whole or not at all: int, how many entries."""

    path: str
    kind: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class NotesOf:
    """Notes that a person wrote, newest first, a page like `EntriesOf`: tuple[NoteRow, ...]."""

    text: str = ""
    before: int | None = None


@dataclass(frozen=True, slots=True)
class AllocationsSoFar:
    """Every split of capital so far, and what came of it: AllocationReview. Seconds, for a year."""


@dataclass(frozen=True, slots=True, eq=False)
class ProposalsFor:
    """Other splits of the capital in a snapshot: tuple[Proposal, ...], one of each kind.

    `locked` modules keep their budgets, as paused ones do. Reads the history of allocation: seconds, for a year.
    """

    snapshot: MindfolioSnapshot
    least_reserve: Money
    locked: frozenset[str] = frozenset()


LedgerQuestion: TypeAlias = (
    ScansOf
    | TradesOf
    | SkipsOf
    | NavSamples
    | ExplainedDays
    | SheetsOf
    | OrdersOf
    | FillsOf
    | EntriesOf
    | ExportEntries
    | NotesOf
    | AllocationsSoFar
    | ProposalsFor
)


# --- what the engine has in hand --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class StressOf:
    """P&L of the book over moves of price and volatility, now and after some days: tuple[StressGrid, ...]."""


@dataclass(frozen=True, slots=True)
class LimitsOf:
    """The limits of the account and of each module, what is used of them and what is left: StandingLimits."""


@dataclass(frozen=True, slots=True)
class ExpirationsOf:
    """Open options by days left, and what comes of them: tuple[OpenExpiry, ...], the next to expire first."""


@dataclass(frozen=True, slots=True)
class LegsOf:
    """What each leg of a position is quoted at: tuple[LegLine, ...], None when it is not open any more."""

    position_id: str


@dataclass(frozen=True, slots=True)
class PayoffOf:
    """A position's results over prices, one curve after `days` with every volatility moved by a percentage of itself.

    PayoffCurves, None when it is not open any more.
    """

    position_id: str
    days: int
    volatility_pct: int


@dataclass(frozen=True, slots=True)
class ClosingOf:
    """What closing units of a position would cost: ClosingQuote, None when it is not open any more."""

    position_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class RollTermsOf:
    """Where a position could be rolled to: tuple[RollExpiration, ...] that live today or longer."""

    position_id: str


@dataclass(frozen=True, slots=True)
class RollOf:
    """What exchanging legs of a whole position would bring: RollQuote, None when it is not open any more."""

    position_id: str
    close: tuple[Leg, ...]
    open: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class PreviewTrade:
    """What a waiting trade would change in that quantity, and whether it would pass now: TradePreview | None.

    `strikes` as in `ApproveTrade`. None once it does not wait any more.
    """

    approval_id: str
    quantity: int
    strikes: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class StrikesOf:
    """Which strikes are quoted for each leg of a waiting trade, ascending: tuple[tuple[Money, ...], ...] | None.

    None once it does not wait any more.
    """

    approval_id: str


@dataclass(frozen=True, slots=True)
class ModuleOffers:
    """What modules can be made of, and how each can be set up: Offers."""


@dataclass(frozen=True, slots=True, eq=False)
class TrialOf:
    """What the year before now says of a structure of a symbol under a module's rules, before it is funded.

    Evidence, or Awaited where it is being worked out: then it is asked again.
    """

    spec: ModuleSpec
    symbol: str
    kind: StructureKind


@dataclass(frozen=True, slots=True)
class ChainOf:
    """A symbol's market and the chain of one expiration: ChainView. None, or one that is gone: that next to a month."""

    symbol: str
    expiration: dt.date | None


@dataclass(frozen=True, slots=True)
class TicketOf:
    """What legs of one underlying would be as a ticket of `quantity` times these legs: TicketView.

    `limit` and `worst` a share of one unit; None is mid, and natural.
    """

    legs: tuple[Leg, ...]
    quantity: int
    limit: Money | None
    worst: Money | None


@dataclass(frozen=True, slots=True)
class CheckTrade:
    """What a person's own ticket would be refused with if it were sent now: tuple[Denial, ...]. Nothing is traded."""

    trade: EnterTrade


DeskQuestion: TypeAlias = (
    StressOf
    | LimitsOf
    | ExpirationsOf
    | LegsOf
    | PayoffOf
    | ClosingOf
    | RollTermsOf
    | RollOf
    | PreviewTrade
    | StrikesOf
    | ModuleOffers
    | TrialOf
    | ChainOf
    | TicketOf
    | CheckTrade
)

Question: TypeAlias = LedgerQuestion | DeskQuestion

DESK_QUESTIONS = (
    StressOf,
    LimitsOf,
    ExpirationsOf,
    LegsOf,
    PayoffOf,
    ClosingOf,
    RollTermsOf,
    RollOf,
    PreviewTrade,
    StrikesOf,
    ModuleOffers,
    TrialOf,
    ChainOf,
    TicketOf,
    CheckTrade,
)
"""For isinstance; the same as in `DeskQuestion`."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The engine's answer to a `DeskQuestion`: what is left to do, over data that nobody changes, on any one thread."""

    question: DeskQuestion
    work: Callable[[], object]
