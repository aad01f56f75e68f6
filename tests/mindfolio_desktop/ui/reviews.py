"""A history of allocation for the window's tests: three sessions, one change of the split, one split kept."""

import datetime as dt
from dataclasses import replace
from typing import Any

from engine.core.money import dollars
from engine.domain.allocation_history import AllocationCause, AllocationChange
from engine.domain.allocation_review import AllocationDay, AllocationReview, ReviewedChange
from engine.domain.budget import BudgetPlan
from engine.domain.counterfactual import Counterfactual, CounterfactualPoint, KeptModule
from engine.domain.reallocation import ModuleEffect, Proposal, ProposalKind
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL, NOW, PAUSED

BEFORE = BudgetPlan({AUTO: dollars(10_000), MANUAL: dollars(20_000), PAUSED: dollars(10_000)}, dollars(10_000))
APPLIED = BudgetPlan({AUTO: dollars(15_000), MANUAL: dollars(20_000), PAUSED: dollars(10_000)}, dollars(5_000))
"""The split of `aggressive_growth()`."""


def change(seq: int, cause: AllocationCause, before: BudgetPlan, after: BudgetPlan, why: str = "") -> AllocationChange:
    """An entry of the journal, so many days before now as its number says."""
    return AllocationChange(seq, NOW - dt.timedelta(days=10 - seq), cause, "ann", why, seq, "", before, after)


def review() -> AllocationReview:
    """The split of now came after a smaller budget for the first module."""
    days = tuple(
        AllocationDay(
            NOW.date() - dt.timedelta(days=3 - at), APPLIED.budgets, APPLIED.reserve, {AUTO: dollars(at * 100)}
        )
        for at in range(3)
    )
    changes = (
        ReviewedChange(change(1, AllocationCause.CREATED, BudgetPlan({}, 0), BEFORE), {AUTO: dollars(40)}),
        ReviewedChange(
            change(4, AllocationCause.REALLOCATED, BEFORE, APPLIED, "it earns"), {AUTO: dollars("-60.50"), "": 10_000}
        ),
    )
    kept = Counterfactual(
        change=0,
        version=1,
        plan=BEFORE,
        since=changes[0].change.at,
        points=(CounterfactualPoint(NOW.date(), NOW, dollars(50_950), dollars(50_970)),),
        modules=(KeptModule(AUTO, dollars(10_000), dollars(-60), dollars(-40)),),
        came_later=(),
        ended=(),
        unscaled=(),
        largest_scale=2.5,
        short_by=0,
    )
    return AllocationReview(days, changes, (kept,))


def effect(module_id: str, name: str, before: int, after: int, **changes: Any) -> ModuleEffect:
    """What a proposal does to one module, in whole dollars."""
    worst = dollars(900)
    made = ModuleEffect(
        module_id, name, dollars(before), dollars(after), dollars(after - 1_000), worst, worst, 40, 31, "a reason"
    )
    return replace(made, **changes)


def proposals() -> tuple[Proposal, ...]:
    """One of each kind; the first moves $2,000 from the second module to the first, the others move nothing."""
    plan = BudgetPlan({**APPLIED.budgets, AUTO: dollars(17_000), MANUAL: dollars(18_000)}, APPLIED.reserve)
    moved = (
        effect(AUTO, "IV Service", 15_000, 17_000, worst_case_at_same_use=dollars(1_020)),
        effect(MANUAL, "IV Service, ask first", 20_000, 18_000, available=dollars(-200)),
        effect(PAUSED, "IV Service, paused", 10_000, 10_000),
    )
    still = tuple(effect(each.module_id, each.name, each.before // 10_000, each.before // 10_000) for each in moved)
    first, *others = ProposalKind
    return (
        Proposal(first, APPLIED, plan, moved, "Each gets the same."),
        *(Proposal(kind, APPLIED, APPLIED, still, "Nothing moves: too few trades.") for kind in others),
    )
