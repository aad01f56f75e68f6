"""Commands: what a person, or the kernel for them, asks for. Imperatives; each is answered by a notice."""

from dataclasses import dataclass
from typing import TypeAlias

from engine.domain.budget import BudgetPlan


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
    """Take a waiting candidate; all checks run again on fresh prices first."""

    approval_id: str
    who: str


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
)
