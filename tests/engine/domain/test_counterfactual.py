"""The counterfactual's records: differences."""

from engine.domain.budget import BudgetPlan
from engine.domain.counterfactual import Counterfactual, KeptModule
from tests.builders import NOW


def test_the_difference_is_the_sum_of_the_modules() -> None:
    modules = (KeptModule("a", 100, pnl=50, kept_pnl=80), KeptModule("b", 100, pnl=-10, kept_pnl=-40))
    kept = Counterfactual(0, 1, BudgetPlan({}, 0), NOW, (), modules, (), (), (), 1.0, 0)
    assert [each.difference for each in modules] == [30, -30]
    assert kept.difference == 0
