"""What was earned under a change."""

import datetime as dt

from engine.core.money import dollars
from engine.domain.allocation_history import AllocationCause, AllocationChange
from engine.domain.allocation_review import ReviewedChange
from engine.domain.budget import BudgetPlan


def test_what_was_earned_is_that_of_all_modules_and_of_the_account() -> None:
    plan = BudgetPlan({"A": dollars(10)}, 0)
    at = dt.datetime(2026, 3, 16, tzinfo=dt.UTC)
    change = AllocationChange(1, at, AllocationCause.CREATED, "", "", 1, "", plan, plan)
    assert ReviewedChange(change, {"A": dollars(5), "": dollars(-2)}).earned == dollars(3)
    assert ReviewedChange(change, {}).earned == 0
