"""The two sheets of a trading day: what to know before it starts, and what it came to."""

import datetime as dt
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.account import ActivityKind, Difference
from engine.domain.explained import PnlParts
from engine.domain.happening import HappeningKind
from engine.domain.instrument import OptionContract
from engine.domain.mindfolio import Environment
from engine.domain.statement import EndedPosition


@dataclass(frozen=True, slots=True)
class OvernightLine:
    """Contracts that ended at the broker since the session before; `shares` came (negative: went) for `cash`."""

    at: dt.datetime
    module: str
    contract: OptionContract
    contracts: int
    kind: ActivityKind
    shares: int
    cash: Money


@dataclass(frozen=True, slots=True)
class ExpiryLine:
    """A leg that expires soon: `quantity` contracts, negative sold.

    `inside` is how far it is in the money, a share (negative: out of it), None without a price of the underlying.
    `cash` comes in (negative: goes out) when all of it is assigned or exercised; of an option on an index, which
    `is_settled_in_cash`, at this price: None without one.
    """

    position_id: str
    module: str
    contract: OptionContract
    quantity: int
    spot: Money | None
    cash: Money | None
    is_settled_in_cash: bool = False

    @property
    def inside(self) -> Money | None:
        """How far it is in the money, a share."""
        return None if self.spot is None else self.contract.inside(self.spot)


@dataclass(frozen=True, slots=True)
class HappeningLine:
    """An earnings or ex-dividend day of something held; `day` None: whether there is one is not known."""

    symbol: str
    kind: HappeningKind | None
    day: dt.date | None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order that works, or whose fate is not known. `limit` is net a share, debit positive."""

    order_id: str
    module: str
    what: str
    quantity: int
    filled: int
    limit: Money
    status: str


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """An approval that waits for a person, and until when."""

    approval_id: str
    module: str
    what: str
    quantity: int
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class StandingLine:
    """A module that is paused, or over its budget by so much."""

    module: str
    paused_why: str | None
    over_by: Money


@dataclass(frozen=True, slots=True)
class StartSheet:
    """What to know before a session starts; `stopped_why` is "" while nothing stops all of it."""

    name: str
    environment: Environment
    day: dt.date
    nav: Money
    stopped_why: str
    overnight: tuple[OvernightLine, ...]
    today: tuple[ExpiryLine, ...]
    this_week: tuple[ExpiryLine, ...]
    happenings: tuple[HappeningLine, ...]
    orders: tuple[OrderLine, ...]
    waiting: tuple[WaitingLine, ...]
    standing: tuple[StandingLine, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class ModuleDay:
    """What a module made in a session: realised after costs, and the change of its open P&L."""

    module: str
    realised: Money
    open_change: Money

    @property
    def pnl(self) -> Money:
        """What it made in all."""
        return self.realised + self.open_change


@dataclass(frozen=True, slots=True)
class FillLine:
    """A fill of the day: `net_price` a share, debit positive; `costs` are commissions and fees."""

    at: dt.datetime
    module: str
    what: str
    quantity: int
    net_price: Money
    costs: Money


@dataclass(frozen=True, slots=True)
class ScanCount:
    """What the scans of a module came to, in numbers of symbols and trades."""

    module: str
    scans: int
    looked_at: int
    executed: int
    pending: int
    skipped: int


@dataclass(frozen=True, slots=True)
class EndSheet:
    """What a session came to. `compared_at` is when book and broker were last compared, None for never.

    `explained` says by module what the P&L came from, where that was told.
    """

    name: str
    environment: Environment
    day: dt.date
    nav_before: Money
    nav: Money
    flows: Money
    drawdown_bp: int | None
    compared_at: dt.datetime | None
    differences: tuple[Difference, ...]
    modules: tuple[ModuleDay, ...]
    explained: tuple[tuple[str, PnlParts], ...]
    fills: tuple[FillLine, ...]
    ended: tuple[EndedPosition, ...]
    scans: tuple[ScanCount, ...]
    tomorrow: tuple[ExpiryLine, ...]


@dataclass(frozen=True, slots=True)
class DaySheets:
    """Both sheets of a day, and the sessions before and after it that have any; None is none.

    `end` is None while nothing of the day is journaled. `is_over`: the session has closed, so that `end` is all of it.
    """

    day: dt.date
    earlier: dt.date | None
    later: dt.date | None
    start: StartSheet
    end: EndSheet | None
    is_over: bool
