"""What a strategy module is given to look at, and what it answers. Plain data: a worker may compute on it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.chain import Chain
from engine.domain.happening import Outlook
from engine.domain.limits import Costs
from engine.domain.mindfolio import ModuleSpec, Waivers
from engine.domain.position import Position
from engine.domain.quote import Quote
from engine.domain.structure import Leg


@dataclass(frozen=True, slots=True)
class IvRank:
    """IV rank in percent over `sessions` previous sessions; None when unknown (too few, or a flat range)."""

    percent: float | None
    sessions: int


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


@dataclass(frozen=True, slots=True)
class ManageContext:
    """What an exit rule may look at: fresh quotes of the position's legs (None where one is missing or bad)."""

    now: dt.datetime
    module: ModuleSpec
    quotes: Mapping[Leg, Quote | None]
    dte: int
    mark: Money | None
    """Value of the position at mid, None when a leg has no fresh quote."""


@dataclass(frozen=True, slots=True)
class Exit:
    """A module's decision to close a position, and why."""

    position_id: str
    why: str
