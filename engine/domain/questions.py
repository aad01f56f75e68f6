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
from engine.domain.structure import Leg


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


LedgerQuestion: TypeAlias = ScansOf | TradesOf | SkipsOf | NavSamples


# --- what the engine has in hand --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class StressOf:
    """P&L of the book over moves of price and volatility, now and after some days: tuple[StressGrid, ...]."""


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


DeskQuestion: TypeAlias = StressOf | ChainOf | TicketOf

Question: TypeAlias = LedgerQuestion | DeskQuestion

DESK_QUESTIONS = (StressOf, ChainOf, TicketOf)
"""For isinstance; the same as in `DeskQuestion`."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The engine's answer to a `DeskQuestion`: what is left to do, over data that nobody changes, on any one thread."""

    question: DeskQuestion
    work: Callable[[], object]
