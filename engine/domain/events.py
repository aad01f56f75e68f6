"""Events: what happened, in the past tense. The state of a mindfolio is the fold of these, in order.

Each is journaled as {type, version, canonical JSON}. A field is never renamed or given another meaning: a new
version of the event and an upcaster come instead.
"""

import datetime as dt
from dataclasses import dataclass
from typing import TypeAlias

from engine.core.money import Money
from engine.domain.candidate import Approval, ApprovalStatus
from engine.domain.limits import Costs, GateLimits
from engine.domain.mindfolio import Environment, MindfolioSpec, ModuleStatus, Waivers
from engine.domain.order import Order, OrderStatus


@dataclass(frozen=True, slots=True)
class MindfolioCreated:
    """A mindfolio began: its cash was deposited and split. `market` names the recording or generator behind it."""

    spec: MindfolioSpec
    environment: Environment
    market: str
    seed: int
    limits: GateLimits
    costs: Costs
    waivers: Waivers


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A trading session began; each module's day P&L is measured from the baselines given here."""

    day: dt.date
    baselines: dict[str, Money]


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """A trading session ended."""

    day: dt.date


@dataclass(frozen=True, slots=True)
class BudgetReallocated:
    """The split of capital changed."""

    budgets: dict[str, Money]
    reserve: Money
    version: int
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class ModuleStatusChanged:
    """A module was paused or resumed. `code` is "" for a person, else the rule that did it (DAILY_LOSS, STOPPED)."""

    module_id: str
    status: ModuleStatus
    who: str
    why: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class EmergencyStopLatched:
    """Everything was stopped; only a person with a reason lifts it."""

    source: str
    why: str


@dataclass(frozen=True, slots=True)
class MindfolioRearmed:
    """A person lifted the emergency stop."""

    who: str
    why: str


@dataclass(frozen=True, slots=True)
class ScanCompleted:
    """A module looked at its universe. `evidence` is the hash of the rows in the side store."""

    module_id: str
    generation: int
    looked_at: int
    executed: int
    pending: int
    skipped: int
    evidence: str


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """A candidate waits for a person."""

    approval: Approval


@dataclass(frozen=True, slots=True)
class ApprovalDecided:
    """A waiting candidate was approved, refused, denied at the click, expired or voided."""

    approval_id: str
    status: ApprovalStatus
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class OrderIntended:
    """An order was decided and its hold reserved; durable before the first byte leaves."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderSubmitted:
    """The order left for the broker."""

    order_id: str


@dataclass(frozen=True, slots=True)
class OrderAccepted:
    """The broker acknowledged the order."""

    order_id: str


@dataclass(frozen=True, slots=True)
class OrderRepriced:
    """The order's limit moved one step from mid towards natural."""

    order_id: str
    limit: Money
    steps: int


@dataclass(frozen=True, slots=True)
class OrderCancelRequested:
    """A cancel was asked for; the hold stays until the broker's final word."""

    order_id: str
    why: str


@dataclass(frozen=True, slots=True)
class OrderFilled:
    """The broker reported `quantity` units done at `net_price` a share; `cumulative` counts all of the order."""

    order_id: str
    quantity: int
    cumulative: int
    net_price: Money
    leg_prices: tuple[Money, ...]
    commission: Money


@dataclass(frozen=True, slots=True)
class OrderEnded:
    """The broker's final word on an order that is not (wholly) filled: CANCELLED or REJECTED."""

    order_id: str
    status: OrderStatus
    why: str


@dataclass(frozen=True, slots=True)
class PositionSettled:
    """A position reached its expiry: each leg was settled in cash at its intrinsic value against `spot`."""

    position_id: str
    spot: Money
    spot_at: dt.datetime
    cash: Money


@dataclass(frozen=True, slots=True)
class MarksRecorded:
    """Marks of open positions (position id -> value at mid) and the NAV they give, at most one a minute."""

    marks: dict[str, Money]
    nav: Money


Event: TypeAlias = (
    MindfolioCreated
    | SessionOpened
    | SessionClosed
    | BudgetReallocated
    | ModuleStatusChanged
    | EmergencyStopLatched
    | MindfolioRearmed
    | ScanCompleted
    | ApprovalRequested
    | ApprovalDecided
    | OrderIntended
    | OrderSubmitted
    | OrderAccepted
    | OrderRepriced
    | OrderCancelRequested
    | OrderFilled
    | OrderEnded
    | PositionSettled
    | MarksRecorded
)
