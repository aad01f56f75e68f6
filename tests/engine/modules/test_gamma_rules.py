"""The Gamma Scalper's settings: the product's defaults, and refusals of those that contradict each other."""

from dataclasses import fields

import pytest

from engine.domain.mindfolio import Parameter
from engine.modules.base import read_rules
from engine.modules.gamma_rules import PARAMETERS, GammaRules
from tests.builders import module_spec

DEFAULTS: dict[str, Parameter] = {spec.name: spec.default for spec in PARAMETERS}


def test_the_defaults_are_the_products() -> None:
    rules = read_rules(GammaRules, PARAMETERS, DEFAULTS)
    assert (rules.max_iv_rank_pct, rules.max_iv_ratio, rules.min_days, rules.max_days) == (30, 0.95, 20, 60)


def test_the_settings_are_the_rules_with_fitting_types() -> None:
    expected = {field.name: field.type for field in fields(GammaRules)}
    assert {spec.name: int if spec.is_whole else float for spec in PARAMETERS} == expected


def test_a_modules_rules_are_its_own_parameters_over_the_defaults() -> None:
    module = module_spec(parameters={"hedge_band": 20, "hedge_to": 5})
    assert (GammaRules.of(module).hedge_band, GammaRules.of(module).hedge_to) == (20.0, 5.0)
    assert GammaRules.of(module) is GammaRules.of(module), "worked out once"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"min_days": 61}, "min_days 61 is above max_days 60"),
        ({"strangle_min_delta": 40}, "strangle_min_delta 40 is above strangle_max_delta 35"),
        ({"hedge_to": 15}, "hedge_to 15 is not inside hedge_band 15"),
        ({"exit_days": 20}, "exit_days 20 would close at once what opens at 20 days"),
        ({"hedge_band": 0}, "hedge_band: 0 is outside 1 to 100 shares"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(changes: dict[str, Parameter], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        GammaRules.of(module_spec(parameters=changes))
