"""Every split of capital that was ever in force: who made it and why, and what each module earned under it."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from engine.core.money import Money
from engine.domain.budget import BudgetPlan


class AllocationCause(StrEnum):
    """What changed capital or its split."""

    CREATED = "CREATED"
    REALLOCATED = "REALLOCATED"
    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    GAIN_SWEPT = "GAIN_SWEPT"
    LOSS_SETTLED = "LOSS_SETTLED"
    MODULE_ADDED = "MODULE_ADDED"
    MODULE_REMOVED = "MODULE_REMOVED"


@dataclass(frozen=True, slots=True)
class AllocationChange:
    """One entry of the journal that changed capital or its split.

    `version` is that of the split from here on: deposits, sweeps and settlements leave it as it is. `module_id` is the
    module that it is about, "" for all. Of the first one `before` is empty.
    """

    seq: int
    at: dt.datetime
    cause: AllocationCause
    who: str
    why: str
    version: int
    module_id: str
    before: BudgetPlan
    after: BudgetPlan

    @property
    def moved(self) -> dict[str, Money]:
        """What each module's budget gained or lost, those that did neither left out."""
        names = dict.fromkeys((*self.before.budgets, *self.after.budgets))
        changes = {name: self.after.budgets.get(name, 0) - self.before.budgets.get(name, 0) for name in names}
        return {name: change for name, change in changes.items() if change}


@dataclass(frozen=True, slots=True)
class AllocationInterval:
    """A stretch of time in one session with one split in force.

    `session` is the one with whose close it ends, or a later interval does: what comes in a night counts in the session
    that opens next, and is None until it opens. `change` is the index of the change that made the split. `used`: buying
    power at the beginning, by module. `pnl`: after costs, open positions at their marks, by module (ACCOUNT for the
    account's own, which no module earned: interest on cash, a late fee); what is zero is left out. `nav` is that at the
    end; `flows` is what of its change was nobody's P&L: deposits, withdrawals, EXTERNAL.
    """

    session: dt.date | None
    begins: dt.datetime
    ends: dt.datetime
    change: int
    plan: BudgetPlan
    used: dict[str, Money]
    pnl: dict[str, Money]
    nav: Money
    flows: Money

    def basis(self, module_id: str) -> Money:
        """What a module's P&L was earned on: its budget, or what it had at work where that was more."""
        return max(self.plan.budgets.get(module_id, 0), self.used.get(module_id, 0))


@dataclass(frozen=True, slots=True)
class EndedLineage:
    """A lineage that ended: its net P&L after costs, and the most buying power that it ever used (0: unknown)."""

    module_id: str
    ended_at: dt.datetime
    net: Money
    at_risk: Money


@dataclass(frozen=True, slots=True)
class AllocationHistory:
    """All changes, oldest first, the intervals between them (no gaps), and the trades that ended in these."""

    changes: tuple[AllocationChange, ...]
    intervals: tuple[AllocationInterval, ...]
    trades: tuple[EndedLineage, ...]

    def pnl_under(self, change: int) -> dict[str, Money]:
        """P&L by module from a change (its index) until the next one. Over all changes it is all P&L, exactly."""
        return pnl_of(interval for interval in self.intervals if interval.change == change)

    def undone(self) -> BudgetPlan | None:
        """The split before the last reallocation, over the capital of now: what a command to undo it carries.

        What came in or went out since is the reserve's. None where nobody reallocated, or the modules are others by
        now, or capital is less than those budgets.
        """
        made = [change for change in self.changes if change.cause is AllocationCause.REALLOCATED]
        if not made:
            return None
        now, budgets = self.changes[-1].after, made[-1].before.budgets
        plan = BudgetPlan(budgets, now.total - sum(budgets.values()))
        return None if plan.check(now.total, frozenset(now.budgets)) else plan

    def splits(self) -> tuple[int, ...]:
        """Indices of the changes after which some module's budget was another one; the first is the beginning."""
        return tuple(
            index
            for index, change in enumerate(self.changes)
            if change.cause is AllocationCause.CREATED or change.moved
        )


def pnl_of(intervals: Iterable[AllocationInterval]) -> dict[str, Money]:
    """P&L by module over intervals, nothing left out that is not zero."""
    sums: Counter[str] = Counter()
    for interval in intervals:
        sums.update(interval.pnl)
    return {module_id: amount for module_id, amount in sorted(sums.items()) if amount}
