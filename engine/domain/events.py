"""Events: what happened, in the past tense. The state of a mindfolio is the fold of these, in order.

Each is journaled as {type, version, canonical JSON}. No field gets another name or meaning: a new version comes.
"""

import datetime as dt
from dataclasses import dataclass
from typing import TypeAlias

from engine.core.money import Money
from engine.domain.account import ActivityKind, Difference, Resolution
from engine.domain.candidate import Approval, ApprovalStatus, TradeTerms
from engine.domain.closing import ClosingPlan
from engine.domain.explained import PnlParts
from engine.domain.limits import Costs, GateLimits
from engine.domain.mindfolio import Environment, MindfolioSpec, MindfolioStatus, Waivers
from engine.domain.module_events import ModuleAdded, ModuleChanged, ModuleRemoved, ModuleStatusChanged
from engine.domain.notes import NoteWritten
from engine.domain.trade_events import (
    FillReversed,
    LegSettled,
    OrderAccepted,
    OrderCancelRequested,
    OrderEnded,
    OrderFilled,
    OrderIntended,
    OrderReplaced,
    OrderRepriced,
    OrderSubmitted,
    OrderUnknown,
    OwnExitsSet,
    PositionMoved,
    PositionSettled,
    PositionStatusChanged,
)


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
    """A trading session began; each module's day P&L, and the account's own (""), is measured from these baselines."""

    day: dt.date
    baselines: dict[str, Money]


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """A trading session ended."""

    day: dt.date


@dataclass(frozen=True, slots=True)
class StateSealed:
    """The session's state was kept as a checkpoint; `state_hash` is the SHA-256 of the book as it was then."""

    state_hash: str


@dataclass(frozen=True, slots=True)
class CashDeposited:
    """Cash came in: capital and reserve grow by `amount` (negative: a withdrawal), and `units` of NAV were bought."""

    amount: Money
    units: int
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class GainSwept:
    """A module's realised gain became capital, in the reserve."""

    module_id: str
    amount: Money
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class LossSettled:
    """A module's realised loss was taken off capital: from the reserve, and what that lacked from its budget."""

    module_id: str
    from_reserve: Money
    from_budget: Money
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class BudgetReallocated:
    """The split of capital changed."""

    budgets: dict[str, Money]
    reserve: Money
    version: int
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class MindfolioStatusChanged:
    """The whole mindfolio was paused or resumed. `code` as in `ModuleStatusChanged`."""

    status: MindfolioStatus
    who: str
    why: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class BreakerTripped:
    """An account limit was reached (ACCOUNT_LOSS or DRAWDOWN): `measured` against `limit`, in money or 1/10,000."""

    code: str
    measured: int
    limit: int
    why: str


@dataclass(frozen=True, slots=True)
class ClosingPlanned:
    """What would be closed, in order, so that the worst case comes down to its target; nothing is sent by this."""

    plan: ClosingPlan


@dataclass(frozen=True, slots=True)
class ClosingDecided:
    """A closing plan was confirmed, and may be carried out also while stopped; or it was dropped, or is done."""

    plan_id: str
    is_confirmed: bool
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class EmergencyStopLatched:
    """Everything was stopped; only a person with a reason lifts it."""

    source: str
    why: str


@dataclass(frozen=True, slots=True)
class MindfolioRearmed:
    """A person lifted the emergency stop or a breaker; from here the drawdown is measured anew."""

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
class SkipsFollowed:
    """At a session's close: how many trades that were not made would still be open, how many ended and what those made.

    `evidence` is the hash of the `FollowedDay` in the side store.
    """

    session: dt.date
    still_open: int
    ended: int
    result: Money
    evidence: str


@dataclass(frozen=True, slots=True)
class PnlExplained:
    """At a session's close: what each module's P&L since the close before came from; module "" is the account itself.

    `pnl` is each module's P&L at this close, all of its life, so that the next session begins there. `evidence` is the
    hash of the `ExplainedDay` in the side store, which has the positions too.
    """

    session: dt.date
    modules: dict[str, PnlParts]
    pnl: dict[str, Money]
    evidence: str


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """A candidate waits for a person."""

    approval: Approval


@dataclass(frozen=True, slots=True)
class ApprovalDecided:
    """A waiting candidate was approved, refused, denied at the click, expired or voided.

    Where a person has approved another trade than was asked for, both are told; else both are None.
    """

    approval_id: str
    status: ApprovalStatus
    who: str
    why: str
    proposed: TradeTerms | None = None
    approved: TradeTerms | None = None


@dataclass(frozen=True, slots=True)
class CashBooked:
    """Cash that no trade moved: dividends, interest, borrow, a late fee. `amount` > 0 came in.

    `module_id` "" is the account itself; `position_id` "" is no position. `activity` is the broker's number.
    """

    kind: ActivityKind
    module_id: str
    position_id: str
    symbol: str
    amount: Money
    why: str
    activity: int = 0


@dataclass(frozen=True, slots=True)
class AccountReconciled:
    """Book and broker were compared, per contract and in cash. `differences` is empty when they agree."""

    differences: tuple[Difference, ...]
    broker_cash: Money
    ledger_cash: Money
    activity: int


@dataclass(frozen=True, slots=True)
class DifferenceResolved:
    """A person (or the first start) said what a difference is: EXTERNAL takes it, or a module, or it is ignored.

    `quantity` of `instrument` (an OCC symbol, a ticker, "USD" for cash) are taken into the books of `module_id` at
    `price` a share; `used` is the new position's buying power.
    """

    instrument: str
    quantity: int
    price: Money
    how: Resolution
    module_id: str
    used: Money
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class MarksRecorded:
    """Marks of open positions (position id -> value at mid) and the NAV they give, at most one a minute."""

    marks: dict[str, Money]
    nav: Money


Event: TypeAlias = (
    MindfolioCreated
    | SessionOpened
    | SessionClosed
    | StateSealed
    | CashDeposited
    | GainSwept
    | LossSettled
    | ModuleAdded
    | ModuleChanged
    | ModuleRemoved
    | PositionMoved
    | OwnExitsSet
    | BudgetReallocated
    | ModuleStatusChanged
    | MindfolioStatusChanged
    | BreakerTripped
    | ClosingPlanned
    | ClosingDecided
    | EmergencyStopLatched
    | MindfolioRearmed
    | ScanCompleted
    | SkipsFollowed
    | PnlExplained
    | ApprovalRequested
    | ApprovalDecided
    | OrderIntended
    | OrderSubmitted
    | OrderAccepted
    | OrderUnknown
    | OrderReplaced
    | OrderRepriced
    | OrderCancelRequested
    | OrderFilled
    | FillReversed
    | OrderEnded
    | PositionSettled
    | LegSettled
    | PositionStatusChanged
    | CashBooked
    | AccountReconciled
    | DifferenceResolved
    | MarksRecorded
    | NoteWritten
)

__all__ = [
    "AccountReconciled",
    "ApprovalDecided",
    "ApprovalRequested",
    "BreakerTripped",
    "BudgetReallocated",
    "CashBooked",
    "CashDeposited",
    "ClosingDecided",
    "ClosingPlanned",
    "DifferenceResolved",
    "EmergencyStopLatched",
    "Event",
    "FillReversed",
    "GainSwept",
    "LegSettled",
    "LossSettled",
    "MarksRecorded",
    "MindfolioCreated",
    "MindfolioRearmed",
    "MindfolioStatusChanged",
    "ModuleAdded",
    "ModuleChanged",
    "ModuleRemoved",
    "ModuleStatusChanged",
    "NoteWritten",
    "OrderAccepted",
    "OrderCancelRequested",
    "OrderEnded",
    "OrderFilled",
    "OrderIntended",
    "OrderReplaced",
    "OrderRepriced",
    "OrderSubmitted",
    "OrderUnknown",
    "OwnExitsSet",
    "PnlExplained",
    "PositionMoved",
    "PositionSettled",
    "PositionStatusChanged",
    "ScanCompleted",
    "SessionClosed",
    "SessionOpened",
    "SkipsFollowed",
    "StateSealed",
]
