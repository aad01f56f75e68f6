"""The settings of the Sell Puts Engine: defaults of the product terms, bounds, and contradictions."""

import re

import pytest

from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Parameter
from engine.domain.structure import StructureKind
from engine.modules.sell_puts_rules import PutRules


def module_of(**parameters: Parameter) -> ModuleSpec:
    kinds = (StructureKind.SHORT_PUT,)
    limits = ModuleLimits(None, None)
    return ModuleSpec("p", ModuleKind.SELL_PUTS_ENGINE, "P", limits, False, (), kinds, parameters=parameters)


def test_the_defaults_are_those_of_the_product_terms() -> None:
    rules = PutRules.of(module_of())
    assert (rules.min_delta, rules.max_delta, rules.min_days, rules.max_days) == (20, 30, 21, 45)
    assert (rules.min_iv_rank_pct, rules.min_score, rules.max_score_days) == (30, 70, 400)
    assert (rules.call_min_delta + rules.call_max_delta) / 2 == 30
    assert (rules.stop_loss_pct, rules.max_rolls, rules.calls_below_basis) == (0, 1, 0)


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"min_delta": 31.0}, "min_delta 31 is above max_delta 30"),
        ({"call_max_delta": 19.0}, "call_min_delta 20 is above call_max_delta 19"),
        ({"max_days": 20}, "min_days 21 is above max_days 20"),
        ({"exit_days": 21}, "exit_days 21 would close at once what opens at 21 days"),
        ({"roll_days": 21}, "roll_days 21 would roll at once what opens at 21 days"),
        ({"min_score": 101}, "min_score: 101 is outside 0 to 100 of 100"),
        ({"max_rolls": 1.5}, "max_rolls: 1.5 is not a whole number"),
        ({"wing_width": 5}, "wing_width: no such parameter"),
    ],
)
def test_what_cannot_be_is_refused_with_its_numbers(parameters: dict[str, Parameter], problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(problem)}$"):
        PutRules.of(module_of(**parameters))


def test_bounds_that_touch_are_fine() -> None:
    rules = PutRules.of(module_of(min_delta=30.0, exit_days=20, roll_days=20, min_days=21, max_days=21))
    assert (rules.min_delta, rules.exit_days, rules.max_days) == (30, 20, 21)
