"""Proposals for another split of capital: drafts with reasons, that change nothing until a person applies one.

A proposal moves limits, never positions: a module that is over its new budget may only reduce, nothing is closed.
"""

from dataclasses import dataclass
from enum import StrEnum

from engine.core.money import Money, dollars
from engine.domain.budget import BudgetPlan

GRID = dollars(100)
"""Proposed budgets are multiples of this; what is over goes to the reserve. Budgets that stay keep their cents."""


class ProposalKind(StrEnum):
    """The rules by which a split may be proposed."""

    EQUAL = "EQUAL"
    PERFORMANCE = "PERFORMANCE"
    RISK_PARITY = "RISK_PARITY"
    KELLY = "KELLY"
    WINNER_FROM_LOSER = "WINNER_FROM_LOSER"


@dataclass(frozen=True, slots=True)
class TradeResult:
    """A lineage that ended: net P&L after costs, and the most buying power that it used, > 0."""

    net: Money
    at_risk: Money


@dataclass(frozen=True, slots=True)
class ModuleStanding:
    """What proposals know of one module; the caller assembles it.

    `available` as the module's P&L policy has it. `worst_case`: the loss of its open positions alone, >= 0, None is
    unbounded or unknown. `returns`: P&L after costs of each session, open positions at their marks, over its budget.
    `trades`: those that ended. `fixed_why`: why its budget is not to be touched (paused, locked), "" when it may be.
    """

    module_id: str
    name: str
    budget: Money
    used: Money
    held: Money
    available: Money
    worst_case: Money | None
    returns: tuple[float, ...] = ()
    trades: tuple[TradeResult, ...] = ()
    fixed_why: str = ""


@dataclass(frozen=True, slots=True)
class ProposalSettings:
    """What a person may choose about proposals. Shares are of 1."""

    least_reserve: Money = 0
    largest_step: float = 0.5
    """How much of its budget a module may gain or lose in one proposal (equal shares excepted)."""
    least_sessions: int = 20
    least_trades: int = 30
    """Fewer than either, and a module's results say nothing yet: its budget stays."""
    kelly_fraction: float = 0.25
    largest_share: float = 0.40
    """Of capital, that the Kelly rule gives to one module."""
    loser_gives: float = 0.25
    """Of its budget, from the worst module to the best."""

    def __post_init__(self) -> None:
        """Raises ValueError for a share outside 0 to 1, a negative reserve, or too small a sample to have an error."""
        shares = (self.largest_step, self.kelly_fraction, self.largest_share, self.loser_gives)
        if not all(0 <= share <= 1 for share in shares):
            raise ValueError(f"shares are from 0 to 1, not {shares}")
        if self.least_reserve < 0 or self.least_sessions < 2 or self.least_trades < 1:
            raise ValueError("a reserve is not negative, and a sample has two sessions and a trade at least")


def worst_case_at(worst: Money | None, before: Money, after: Money) -> Money | None:
    """What a worst case comes to once a budget of `after` is used as one of `before` is; None is not known."""
    if not worst or before == after:
        return worst
    return -(-worst * after // before) if before else None


@dataclass(frozen=True, slots=True)
class ModuleEffect:
    """What a proposal does to one module, and why.

    `worst_case` is that of the open positions, which no proposal changes; `worst_case_at_same_use` is what it would
    come to once the new budget is used as the old one is. None is unbounded or unknown.
    """

    module_id: str
    name: str
    before: Money
    after: Money
    available: Money
    """After the change; negative: over its budget, so it may only reduce."""
    worst_case: Money | None
    worst_case_at_same_use: Money | None
    sessions: int
    trades: int
    reason: str

    @property
    def over_by(self) -> Money:
        """By how much it would be over its budget; 0 when it is not."""
        return max(0, -self.available)

    @property
    def is_reduce_only(self) -> bool:
        """Whether it could open nothing until it has reduced."""
        return self.available < 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """One draft: the whole split, what it changes, and what it rests on. `before` is the split in force."""

    kind: ProposalKind
    before: BudgetPlan
    plan: BudgetPlan
    effects: tuple[ModuleEffect, ...]
    summary: str

    @property
    def is_change(self) -> bool:
        """Whether it proposes anything."""
        return self.plan != self.before

    @property
    def turnover(self) -> Money:
        """The money that changes hands: half the sum of all absolute changes, the reserve's included. Exact."""
        changes = [effect.after - effect.before for effect in self.effects]
        changes.append(self.plan.reserve - self.before.reserve)
        return sum(abs(change) for change in changes) // 2
