"""Budgets: the split of capital, what may be changed about it, and what a module may still put at work."""

from dataclasses import dataclass

from engine.core.errors import DenialCode
from engine.core.money import Money
from engine.domain.denial import Denial
from engine.domain.mindfolio import PnlPolicy


@dataclass(frozen=True, slots=True)
class BudgetPlan:
    """A complete split: one amount per module, and the reserve. Budgets + reserve = capital, each >= 0."""

    budgets: dict[str, Money]
    reserve: Money

    @property
    def total(self) -> Money:
        """Everything that is split."""
        return sum(self.budgets.values()) + self.reserve

    def check(self, capital: Money, module_ids: frozenset[str]) -> tuple[Denial, ...]:
        """Everything wrong with the plan: unknown or missing modules, negative amounts, a sum that is not capital."""
        denials = [
            Denial(DenialCode.UNKNOWN_MODULE, measured=module_id, facts={"module": module_id})
            for module_id in sorted(module_ids ^ self.budgets.keys())
        ]
        amounts = [*sorted(self.budgets.items()), ("RESERVE", self.reserve)]
        denials += [
            Denial(DenialCode.NEGATIVE_AMOUNT, amount, 0, "usd", {"module": module_id})
            for module_id, amount in amounts
            if amount < 0
        ]
        if self.total != capital:
            denials.append(Denial(DenialCode.SUM_MISMATCH, self.total, capital, "usd"))
        return tuple(denials)

    def check_against(self, in_force: "SplitInForce", based_on_version: int) -> tuple[Denial, ...]:
        """Everything for which the engine would refuse to put this plan in the place of the split in force.

        The command's handler answers with it, and the window says it beside a draft before it is sent.
        """
        denials: list[Denial] = []
        if in_force.stop_why is not None:
            denials.append(Denial(DenialCode.STOPPED, facts={"why": in_force.stop_why}))
        if based_on_version != in_force.version:
            denials.append(Denial(DenialCode.STALE_VERSION, based_on_version, in_force.version))
        return (*denials, *self.check(in_force.plan.total, frozenset(in_force.plan.budgets)))

    def moved(self, amount: Money, source: str | None, target: str | None) -> "BudgetPlan":
        """The plan after moving `amount` from one module to another; None stands for the reserve."""
        budgets, reserve = dict(self.budgets), self.reserve
        if source is None:
            reserve -= amount
        else:
            budgets[source] -= amount
        if target is None:
            reserve += amount
        else:
            budgets[target] += amount
        return BudgetPlan(budgets, reserve)


@dataclass(frozen=True, slots=True)
class SplitInForce:
    """What a new split is held against: the one in force, its version, and why nothing may change (None: it may).

    Capital is what it splits, and its modules are those of the mindfolio: the book holds to both.
    """

    plan: BudgetPlan
    version: int
    stop_why: str | None = None


def available(
    policy: PnlPolicy,
    budget: Money,
    used: Money,
    held: Money,
    realised_net: Money,
    excess_loss: Money = 0,
) -> Money:
    """What a module may still put at work; negative means it is over its budget and may only reduce.

    `realised_net`: realised P&L after costs since the last settlement. `excess_loss` >= 0: unrealised loss beyond
    a position's own used (short stock, naked legs). Source: product terms, "available".
    """
    if policy is PnlPolicy.FIXED:
        return budget - used - held
    if policy is PnlPolicy.COMPOUND:
        return budget + realised_net - used - held
    return budget + min(0, realised_net) - used - held - excess_loss
