"""The history's records: which changes made another split, and what was earned under each."""

import datetime as dt

from engine.core.money import Money
from engine.domain.allocation_history import (
    AllocationCause,
    AllocationChange,
    AllocationHistory,
    AllocationInterval,
    pnl_of,
)
from engine.domain.budget import BudgetPlan
from tests.builders import NOW

EMPTY, FIRST = BudgetPlan({}, 0), BudgetPlan({"a": 100, "b": 0}, 50)


def change(cause: AllocationCause, before: BudgetPlan, after: BudgetPlan, version: int = 1) -> AllocationChange:
    return AllocationChange(version, NOW, cause, "ann", "", version, "", before, after)


def interval(index: int, pnl: dict[str, Money], plan: BudgetPlan = FIRST, **used: Money) -> AllocationInterval:
    return AllocationInterval(NOW.date(), NOW, NOW + dt.timedelta(hours=1), index, plan, used, pnl, 0, 0)


def test_a_split_is_another_one_where_some_budget_changed() -> None:
    richer = BudgetPlan(FIRST.budgets, 90)
    joined = BudgetPlan({**FIRST.budgets, "c": 0}, 90)
    moved = joined.moved(30, "a", "c")
    history = AllocationHistory(
        (
            change(AllocationCause.CREATED, EMPTY, FIRST),
            change(AllocationCause.DEPOSIT, FIRST, richer),
            change(AllocationCause.MODULE_ADDED, richer, joined, 2),
            change(AllocationCause.REALLOCATED, joined, moved, 3),
        ),
        (),
        (),
    )
    assert history.splits() == (0, 3)
    assert history.changes[3].moved == {"a": -30, "c": 30}
    assert history.changes[1].moved == {}


def test_the_last_reallocation_can_be_undone_while_it_still_adds_up() -> None:
    moved = FIRST.moved(30, "a", "b")
    richer = BudgetPlan(moved.budgets, 90)
    poorer = BudgetPlan({"a": 0, "b": 30}, 0)
    changes = (change(AllocationCause.CREATED, EMPTY, FIRST), change(AllocationCause.REALLOCATED, FIRST, moved, 2))
    more = change(AllocationCause.DEPOSIT, moved, richer, 2)
    less = change(AllocationCause.LOSS_SETTLED, moved, poorer, 2)
    joined = change(AllocationCause.MODULE_ADDED, moved, BudgetPlan({**moved.budgets, "c": 0}, 50), 3)
    assert AllocationHistory(changes[:1], (), ()).undone() is None
    assert AllocationHistory(changes, (), ()).undone() == FIRST
    assert AllocationHistory((*changes, more), (), ()).undone() == BudgetPlan(FIRST.budgets, 90)
    assert AllocationHistory((*changes, less), (), ()).undone() is None
    assert AllocationHistory((*changes, joined), (), ()).undone() is None


def test_pnl_is_summed_by_the_change_in_force_and_zeros_are_left_out() -> None:
    intervals = (interval(0, {"a": 5, "": 1}), interval(1, {"a": -7}), interval(0, {"a": -5, "b": 2}))
    history = AllocationHistory((), intervals, ())
    assert history.pnl_under(0) == {"": 1, "b": 2}
    assert history.pnl_under(1) == {"a": -7}
    assert pnl_of(intervals) == {"": 1, "a": -7, "b": 2}


def test_pnl_is_earned_on_the_budget_or_on_what_was_at_work_if_that_was_more() -> None:
    one = interval(0, {}, a=40, b=70)
    assert (one.basis("a"), one.basis("b"), one.basis("gone")) == (100, 70, 0)
