"""The IV Service's settings: defaults that agree with each other, and refusals of those that do not."""

import pytest

from engine.domain.mindfolio import Parameter
from engine.modules.base import read_rules
from engine.modules.iv_rules import PARAMETERS, IvRules
from tests.builders import module_spec

DEFAULTS: dict[str, Parameter] = {spec.name: spec.default for spec in PARAMETERS}


def test_the_defaults_are_rules() -> None:
    rules = read_rules(IvRules, PARAMETERS, DEFAULTS)
    assert (rules.min_iv_rank_pct, rules.min_delta, rules.max_delta) == (50, 16, 20)
    assert (rules.profit_target_pct, rules.stop_loss_pct, rules.exit_days) == (50, 200, 21)


def test_a_modules_rules_are_its_own_parameters_over_the_defaults() -> None:
    module = module_spec(parameters={"min_days": 25, "exit_days": 10})
    assert (IvRules.of(module).min_days, IvRules.of(module).exit_days) == (25, 10)
    assert IvRules.of(module) is IvRules.of(module), "worked out once"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"min_delta": 25.0}, "min_delta 25 is above max_delta 20"),
        ({"min_days": 50}, "min_days 50 is above max_days 45"),
        ({"exit_days": 30}, "would close at once"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(changes: dict[str, Parameter], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        IvRules.of(module_spec(parameters=changes))
