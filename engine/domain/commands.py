"""Commands: what a person, or the kernel for them, asks for. Imperatives; each is answered by a notice."""

from dataclasses import dataclass
from typing import TypeAlias

from engine.core.money import Money
from engine.domain.account import Resolution
from engine.domain.budget import BudgetPlan
from engine.domain.mindfolio import ModuleSpec
from engine.domain.structure import Leg, Structure


@dataclass(frozen=True, slots=True)
class ReallocateBudget:
    """Replace the split of capital, provided it is still the version that the person saw."""

    plan: BudgetPlan
    based_on_version: int
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class PauseModule:
    """Stop a module's openings; its exits go on."""

    module_id: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class ResumeModule:
    """Let a paused module open positions again."""

    module_id: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class ApproveTrade:
    """Take a waiting candidate; all checks run again on fresh prices first. `quantity` None is the one that waits.

    `strikes`, one for each leg in order, make another trade of it, of the same structure: no backtest speaks for that
    one. `worst` is the furthest net price a share that the person has seen; None leaves what waits, or the ladder's.
    """

    approval_id: str
    who: str
    quantity: int | None = None
    strikes: tuple[Money, ...] = ()
    worst: Money | None = None


@dataclass(frozen=True, slots=True)
class RefuseTrade:
    """Turn a waiting candidate down."""

    approval_id: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class ScanNow:
    """Scan a module's universe outside its schedule."""

    module_id: str
    who: str


@dataclass(frozen=True, slots=True)
class EmergencyStop:
    """Latch, cancel openings, pause everything. Has its own lane at the head of the inbox."""

    source: str
    why: str


@dataclass(frozen=True, slots=True)
class RearmMindfolio:
    """Lift the latch; needs a typed reason. Modules stay paused until resumed one by one."""

    who: str
    why: str


@dataclass(frozen=True, slots=True)
class SetSpeed:
    """How fast a simulated or replayed market's clock runs: market seconds a real second, 0 to hold it still."""

    speed: float


@dataclass(frozen=True, slots=True)
class PauseMindfolio:
    """No openings in any module; exits go on."""

    who: str
    why: str


@dataclass(frozen=True, slots=True)
class ResumeMindfolio:
    """Let the modules that are active open positions again."""

    who: str
    why: str


@dataclass(frozen=True, slots=True)
class DepositCash:
    """Tell the mindfolio of cash that came in; it goes to the reserve."""

    amount: Money
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class WithdrawCash:
    """Take cash out of the reserve."""

    amount: Money
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class SweepGain:
    """Turn a module's realised gain since the last settlement into capital; `amount` None is all of it."""

    module_id: str
    amount: Money | None
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class SettleLoss:
    """Take a module's realised loss since the last settlement off the reserve, then off its budget."""

    module_id: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class AddModule:
    """Begin a module, paused, with a budget out of the reserve."""

    spec: ModuleSpec
    budget: Money
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class ChangeModule:
    """Go on with other settings. `spec` is the whole of them; id, kind and program stay, its status is not looked at.

    Openings that work or wait were found under the old ones: they are cancelled and voided. Positions are managed by
    the new ones from here on.
    """

    module_id: str
    spec: ModuleSpec
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class RemoveModule:
    """End a module. Its positions go to `move_to` (a module, or EXTERNAL); "" demands that it is flat."""

    module_id: str
    move_to: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class EnterTrade:
    """A person's own ticket inside a module: through the same checks. Prices a share, credits negative.

    `position_id` "" opens a new position; else the structure is added to that one (a call sold on assigned shares).
    """

    module_id: str
    structure: Structure
    quantity: int
    limit: Money
    worst: Money
    who: str
    why: str
    position_id: str = ""


@dataclass(frozen=True, slots=True)
class ClosePosition:
    """Close a position, or `quantity` units of it; `limit` None walks from mid towards natural."""

    position_id: str
    quantity: int | None
    limit: Money | None
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class RollPosition:
    """Exchange legs of a whole position, side by side: `close` as held and `open` as wanted, at most four together."""

    position_id: str
    close: tuple[Leg, ...]
    open: tuple[Leg, ...]
    limit: Money | None
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class SetTarget:
    """Give a position a profit target and a stop of its own, in percent of what it cost or brought; None: none.

    They stand beside its module's rules; both None takes them back.
    """

    position_id: str
    profit_pct: int | None
    stop_pct: int | None
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancel a live order."""

    order_id: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class ReplaceOrder:
    """Give a working order another limit, never beyond the worst price that was checked."""

    order_id: str
    limit: Money
    who: str


@dataclass(frozen=True, slots=True)
class PlanClosing:
    """Work out what to close, riskiest first, until the worst case is at most `target_pct` of what it is."""

    target_pct: int
    who: str


@dataclass(frozen=True, slots=True)
class ConfirmClosing:
    """Carry out the closing plan that was shown."""

    plan_id: str
    who: str


@dataclass(frozen=True, slots=True)
class ResolveDifference:
    """Say what a difference between book and broker is: a module's, nobody's here (EXTERNAL), or to be ignored."""

    instrument: str
    how: Resolution
    split: dict[str, int]
    """Quantity for each module (or EXTERNAL); together the difference."""
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Compare book and broker now."""

    who: str


@dataclass(frozen=True, slots=True)
class WriteNote:
    """Keep a person's note in the journal, about a module, an open position or a symbol, or about none of them."""

    text: str
    who: str
    module_id: str = ""
    position_id: str = ""
    symbol: str = ""


Command: TypeAlias = (
    ReallocateBudget
    | PauseModule
    | ResumeModule
    | ApproveTrade
    | RefuseTrade
    | ScanNow
    | EmergencyStop
    | RearmMindfolio
    | SetSpeed
    | PauseMindfolio
    | ResumeMindfolio
    | DepositCash
    | WithdrawCash
    | SweepGain
    | SettleLoss
    | AddModule
    | ChangeModule
    | RemoveModule
    | EnterTrade
    | ClosePosition
    | RollPosition
    | SetTarget
    | CancelOrder
    | ReplaceOrder
    | PlanClosing
    | ConfirmClosing
    | ResolveDifference
    | Reconcile
    | WriteNote
)
