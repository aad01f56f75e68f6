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
        ({"exit_days": 30}, "exit_days 30 would close at once what opens at 30 days"),
        ({"front_min_days": 36}, "front_min_days 36 is above front_max_days 35"),
        ({"back_max_days": 49}, "back_min_days 50 is above back_max_days 49"),
        ({"front_max_days": 50}, "front_max_days 50 has to be below back_min_days 50"),
        ({"long_min_delta": 76.0}, "long_min_delta 76 is above long_max_delta 75"),
        ({"front_min_delta": 36.0}, "front_min_delta 36 is above front_max_delta 35"),
        ({"front_max_delta": 65.0}, "front_max_delta 65 has to be below long_min_delta 65"),
        ({"fast_mean_sessions": 50}, "fast_mean_sessions 50 has to be below slow_mean_sessions 50"),
        ({"front_exit_days": 20}, "front_exit_days 20 would close at once what opens at 20 days"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(changes: dict[str, Parameter], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        IvRules.of(module_spec(parameters=changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"front_max_days": 49},
        {"front_min_days": 35},
        {"back_min_days": 70},
        {"front_max_delta": 64.9},
        {"fast_mean_sessions": 49},
        {"front_exit_days": 19},
    ],
)
def test_just_short_of_a_contradiction_is_allowed(changes: dict[str, Parameter]) -> None:
    rules = IvRules.of(module_spec(parameters=changes))
    assert {name: getattr(rules, name) for name in changes} == changes
