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
from engine.domain.mindfolio import ModuleSpec
from engine.domain.snapshot import MindfolioSnapshot
from engine.domain.structure import StructureKind


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


LedgerQuestion: TypeAlias = ScansOf | TradesOf | SkipsOf | NavSamples | AllocationsSoFar | ProposalsFor


# --- what the engine has in hand --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class StressOf:
    """P&L of the book over moves of price and volatility, now and after some days: tuple[StressGrid, ...]."""


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


DeskQuestion: TypeAlias = StressOf | ModuleOffers | TrialOf

Question: TypeAlias = LedgerQuestion | DeskQuestion

DESK_QUESTIONS = (StressOf, ModuleOffers, TrialOf)
"""For isinstance; the same as in `DeskQuestion`."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The engine's answer to a `DeskQuestion`: what is left to do, over data that nobody changes, on any one thread."""

    question: DeskQuestion
    work: Callable[[], object]
