"""Budgets: which splits of capital are accepted, moves between modules, and what a module may still put at work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import DenialCode
from engine.core.money import Money, dollars
from engine.domain.budget import BudgetPlan, SplitInForce, available
from engine.domain.mindfolio import PnlPolicy

CAPITAL = dollars(50_000)
MODULES = frozenset({"iv", "puts", "rebalancer"})
PLAN = BudgetPlan({"iv": dollars(15_000), "puts": dollars(20_000), "rebalancer": dollars(10_000)}, dollars(5_000))
AMOUNTS = st.integers(-(10**12), 10**12)
NAMES = st.sampled_from(sorted(MODULES))


def codes(plan: BudgetPlan, capital: Money = CAPITAL) -> list[DenialCode]:
    return [denial.code for denial in plan.check(capital, MODULES)]


def with_budget(module_id: str, amount: Money) -> BudgetPlan:
    return BudgetPlan({**PLAN.budgets, module_id: amount}, PLAN.reserve)


def test_a_whole_split_is_accepted() -> None:
    assert PLAN.total == CAPITAL
    assert codes(PLAN) == []


def test_one_unit_too_much_or_too_little_is_refused_with_both_sums() -> None:
    for off in (1, -1):
        (denial,) = with_budget("iv", dollars(15_000) + off).check(CAPITAL, MODULES)
        assert (denial.code, denial.measured, denial.limit, denial.unit) == (
            DenialCode.SUM_MISMATCH, CAPITAL + off, CAPITAL, "usd",
        )  # fmt: skip


def test_nothing_may_be_negative_and_zero_may_be_everything() -> None:
    zero = BudgetPlan(dict.fromkeys(MODULES, 0), CAPITAL)
    assert codes(zero) == []
    (denial,) = zero.moved(1, "iv", None).check(CAPITAL, MODULES)
    assert (denial.code, denial.measured, denial.facts) == (DenialCode.NEGATIVE_AMOUNT, -1, {"module": "iv"})
    (denial,) = PLAN.moved(PLAN.reserve + 1, None, "iv").check(CAPITAL, MODULES)
    assert (denial.code, denial.facts) == (DenialCode.NEGATIVE_AMOUNT, {"module": "RESERVE"})


def test_every_module_needs_its_amount_and_no_stranger_gets_one() -> None:
    missing = BudgetPlan({"iv": dollars(15_000), "puts": dollars(20_000)}, dollars(15_000))
    (denial,) = missing.check(CAPITAL, MODULES)
    assert (denial.code, denial.measured) == (DenialCode.UNKNOWN_MODULE, "rebalancer")
    (denial,) = with_budget("ghost", 0).check(CAPITAL, MODULES)
    assert (denial.code, denial.measured) == (DenialCode.UNKNOWN_MODULE, "ghost")


def test_all_that_is_wrong_is_said_at_once() -> None:
    plan = BudgetPlan({"iv": -1, "ghost": 5, "puts": -2}, -3)
    assert codes(plan) == [
        *[DenialCode.UNKNOWN_MODULE] * 2,
        *[DenialCode.NEGATIVE_AMOUNT] * 3,
        DenialCode.SUM_MISMATCH,
    ]


def test_a_plan_is_held_against_the_split_in_force_its_version_and_a_stop() -> None:
    in_force = SplitInForce(PLAN, version=4)
    moved = PLAN.moved(dollars(1), "iv", "puts")
    assert moved.check_against(in_force, 4) == ()
    (denial,) = moved.check_against(in_force, 3)
    assert (denial.code, denial.measured, denial.limit) == (DenialCode.STALE_VERSION, 3, 4)
    stopped = SplitInForce(PLAN, 4, "a bad print")
    assert [each.code for each in moved.check_against(stopped, 3)] == [DenialCode.STOPPED, DenialCode.STALE_VERSION]
    assert moved.check_against(stopped, 4)[0].facts == {"why": "a bad print"}
    assert [each.code for each in PLAN.moved(PLAN.reserve + 1, None, "iv").check_against(in_force, 4)] == [
        DenialCode.NEGATIVE_AMOUNT
    ]


@given(st.dictionaries(st.sampled_from([*sorted(MODULES), "ghost"]), AMOUNTS), AMOUNTS, st.booleans())
def test_exactly_the_valid_splits_are_accepted(budgets: dict[str, Money], reserve: Money, is_whole: bool) -> None:
    plan = BudgetPlan(budgets, reserve)
    capital = plan.total if is_whole else CAPITAL
    is_valid = (
        budgets.keys() == MODULES
        and min(reserve, *budgets.values()) >= 0
        and sum(budgets.values()) + reserve == capital
    )
    assert (plan.check(capital, MODULES) == ()) is is_valid


@given(st.lists(st.tuples(AMOUNTS, st.none() | NAMES, st.none() | NAMES), max_size=8))
def test_no_move_makes_or_loses_money(moves: list[tuple[Money, str | None, str | None]]) -> None:
    plan = PLAN
    for amount, source, target in moves:
        plan = plan.moved(amount, source, target)
        assert plan.total == CAPITAL
        assert DenialCode.SUM_MISMATCH not in codes(plan)


def test_a_move_touches_its_two_ends_only_and_leaves_the_old_plan_alone() -> None:
    moved = PLAN.moved(dollars(5_000), "rebalancer", "puts")
    assert moved == BudgetPlan(
        {"iv": dollars(15_000), "puts": dollars(25_000), "rebalancer": dollars(5_000)}, dollars(5_000)
    )
    assert PLAN.budgets["puts"] == dollars(20_000)
    assert PLAN.moved(7, None, "iv").reserve == dollars(5_000) - 7
    assert PLAN.moved(7, "iv", None).reserve == dollars(5_000) + 7


@pytest.mark.parametrize(
    ("policy", "realised", "left"),
    [
        (PnlPolicy.ISOLATE, 300, 4_000), (PnlPolicy.ISOLATE, 0, 4_000), (PnlPolicy.ISOLATE, -300, 3_700),
        (PnlPolicy.FIXED, 300, 4_000), (PnlPolicy.FIXED, -300, 4_000),
        (PnlPolicy.COMPOUND, 300, 4_300), (PnlPolicy.COMPOUND, -300, 3_700),
    ],
)  # fmt: skip
def test_the_policy_decides_what_a_result_does_to_the_means(policy: PnlPolicy, realised: int, left: int) -> None:
    assert available(policy, budget=15_000, used=8_500, held=2_500, realised_net=realised) == left


def test_a_loss_beyond_what_is_used_counts_only_where_modules_are_isolated() -> None:
    figures = {"budget": 100, "used": 40, "held": 10, "realised_net": 0, "excess_loss": 30}
    assert available(PnlPolicy.ISOLATE, **figures) == 20
    assert available(PnlPolicy.FIXED, **figures) == 50
    assert available(PnlPolicy.COMPOUND, **figures) == 50


def test_a_cut_below_what_is_used_shows_as_a_negative_figure() -> None:
    assert available(PnlPolicy.ISOLATE, budget=100, used=150, held=25, realised_net=0) == -75


@given(st.sampled_from(PnlPolicy), AMOUNTS, AMOUNTS, AMOUNTS, st.integers(-(10**9), 10**9))
def test_isolation_is_never_more_generous_than_either_other_policy(
    policy: PnlPolicy, budget: Money, used: Money, held: Money, realised: Money
) -> None:
    isolated = available(PnlPolicy.ISOLATE, budget, used, held, realised)
    assert isolated <= available(policy, budget, used, held, realised)
