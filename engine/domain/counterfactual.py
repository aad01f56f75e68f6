"""What the NAV might have been, had an earlier split of capital been kept: an estimate, and always shown as one."""

import datetime as dt
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.budget import BudgetPlan


@dataclass(frozen=True, slots=True)
class CounterfactualPoint:
    """The end of an interval: the NAV as it was, and as it is estimated under the kept split."""

    session: dt.date | None
    at: dt.datetime
    nav: Money
    kept_nav: Money


@dataclass(frozen=True, slots=True)
class KeptModule:
    """A module since the split was left: its P&L as it was, and as it is estimated on the kept budget."""

    module_id: str
    budget: Money
    """Of the kept split; 0 for a module that came later."""
    pnl: Money
    kept_pnl: Money

    @property
    def difference(self) -> Money:
        """What keeping the split would have made more (negative: less)."""
        return self.kept_pnl - self.pnl


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """An earlier split kept to the end, beside what happened.

    `change` is the index of the change that made it, `version` and `plan` are its own. `came_later` are modules that
    the split does not know: they have no budget and earn nothing. `ended` are modules of it that were removed since:
    nothing is known of what they would have earned. `unscaled` are modules whose P&L is taken as it was, for a time in
    which they had neither a budget nor anything at work. `largest_scale` is the largest ratio of a kept budget to what
    a P&L was earned on: far from 1, whole contracts make the estimate rough. `short_by` > 0: withdrawals or losses left
    less capital than the kept budgets, by as much at the most.
    """

    change: int
    version: int
    plan: BudgetPlan
    since: dt.datetime
    points: tuple[CounterfactualPoint, ...]
    modules: tuple[KeptModule, ...]
    came_later: tuple[str, ...]
    ended: tuple[str, ...]
    unscaled: tuple[str, ...]
    largest_scale: float
    short_by: Money

    @property
    def difference(self) -> Money:
        """What keeping the split would have made more (negative: less)."""
        return sum(module.difference for module in self.modules)
