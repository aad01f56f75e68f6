"""What a strategy module is given to look at, and what it answers. Plain data: a worker may compute on it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from engine.core.money import Money
from engine.domain.candidate import Candidate
from engine.domain.chain import Chain, Floats, Ints
from engine.domain.exposure import Exposure
from engine.domain.happening import UNKNOWN, Outlook
from engine.domain.limits import Costs
from engine.domain.mindfolio import ModuleSpec, Waivers
from engine.domain.position import OwnExits, Position
from engine.domain.quote import Quote
from engine.domain.structure import Leg, StructureKind


@dataclass(frozen=True, slots=True)
class IvRank:
    """IV rank in percent over `sessions` previous sessions; None when unknown (too few, or a flat range)."""

    percent: float | None
    sessions: int


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Daily closes of an underlying before today: ordinals (d,) and dollars a share (d,), oldest first.

    Adjusted for splits and dividends up to the last of them, so that returns may be taken: no strikes.
    """

    day: Ints
    close: Floats


NO_PAST = Past(np.empty(0, dtype=np.int64), np.empty(0))


@dataclass(frozen=True, slots=True)
class Score:
    """An imported judgement of a company's fundamentals, from 0 to 100: of which day, and whose."""

    score: float
    as_of: dt.date
    source: str


@dataclass(frozen=True, slots=True)
class ScanContext:
    """A frozen view of the market and of the module's means. `generation` names the market that was seen."""

    now: dt.datetime
    generation: int
    module: ModuleSpec
    chains: Mapping[str, Chain]
    iv_ranks: Mapping[str, IvRank]
    available: Money
    open_positions: tuple[Position, ...]
    busy_symbols: frozenset[str]
    """Symbols in which this module has an order working or an approval waiting."""
    costs: Costs
    waivers: Waivers
    rate: float
    """Risk-free rate, continuously compounded, a year."""
    outlooks: Mapping[str, Outlook]
    """Earnings and ex-dividend days by symbol; a symbol that is missing is unknown."""
    pasts: Mapping[str, Past] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    refused: Mapping[tuple[str, StructureKind], str] = field(default_factory=dict)
    """Symbols and structures that the backtest has refused this module today, and why: its answer holds all day."""
    rested: Mapping[str, dt.datetime] = field(default_factory=dict)
    """When this module's trade in a symbol last lost, or was ended by somebody else, of the last month."""
    turned_down: frozenset[tuple[str, StructureKind]] = frozenset()
    """Symbols and structures whose candidates the gate refused at this module's last scan: they take nobody's room."""
    most_in_symbol: Money | None = None
    """The most buying power, costs included, that the gate lets one underlying take; None where nothing limits it."""
    exposure: Exposure | None = None
    """The whole mindfolio, for a kind of module that looks at it; None for all others."""
    is_shown: bool = True
    """Whether somebody reads the figures that decide nothing (chance of profit, Greeks): a backtest does without."""


@dataclass(frozen=True, slots=True)
class ManageContext:
    """What an exit rule may look at: fresh quotes of the position's legs (None where one is missing or bad).

    `dte` counts days to the first expiration; for shares alone it is None.
    """

    now: dt.datetime
    module: ModuleSpec
    quotes: Mapping[Leg, Quote | None]
    dte: int | None
    mark: Money | None
    """Value of the position at mid, None when a leg has no fresh quote."""
    chain: Chain | None = None
    """All quotes of the underlying."""
    available: Money = 0
    costs: Costs = field(default_factory=Costs)
    rate: float = 0.0
    outlook: Outlook = UNKNOWN
    past: Past = NO_PAST
    dividend: Money | None = None
    """What a share pays on the next ex-dividend day of `outlook`, None when unknown."""
    hedged_at: dt.datetime | None = None
    """When shares were last ordered against the position's delta, None when nobody remembers."""
    own_exits: OwnExits | None = None
    """The target and stop that a person gave to the position."""


class ExitCode(StrEnum):
    """Which rule ended a trade: what backtests count by."""

    TARGET = "target"
    STOP = "stop"
    DAYS = "days"
    EXPIRY = "expiry"
    ASSIGNMENT = "assignment"
    DIVIDEND = "dividend"
    CALLED_AWAY = "called away"
    SHORT_STOCK = "short stock"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Exit:
    """A module's decision to close a position, or only the `legs` named of each of its units, and why."""

    position_id: str
    why: str
    code: ExitCode = ExitCode.RULE
    legs: tuple[Leg, ...] = ()


@dataclass(frozen=True, slots=True)
class Trade:
    """A module's decision to trade in a position that it holds: a roll, or something sold or bought on top of it.

    The candidate names its position, and passes the gate like any other.
    """

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Hedge:
    """A module's decision to buy (positive) or sell shares against a position's delta.

    Shares that are held are sold, and those sold short bought back, before any are added.
    """

    position_id: str
    shares: int
    why: str


@dataclass(frozen=True, slots=True)
class Warn:
    """Something that a person should know of a position; told once a session for each `about`."""

    position_id: str
    about: str
    text: str


Action: TypeAlias = Exit | Trade | Hedge | Warn
"""What a module may do about a position. Of several, the first that can be ordered is; warnings are told beside it."""
