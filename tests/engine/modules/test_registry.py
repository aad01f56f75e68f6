"""Every kind of module has a program and settings that fit it."""

from dataclasses import fields

import pytest

from engine.domain.mindfolio import ModuleKind
from engine.domain.structure import StructureKind
from engine.modules.iv_rules import IvRules
from engine.modules.registry import BUILT_IN, STRUCTURES, parameters_for, program_problem, strategy_for
from tests.builders import module_spec


@pytest.mark.parametrize("kind", BUILT_IN)
def test_every_kind_has_a_program_of_that_kind(kind: ModuleKind) -> None:
    assert strategy_for(kind).kind is kind


@pytest.mark.parametrize("kind", BUILT_IN)
def test_every_parameter_has_a_name_of_its_own_and_words_for_the_settings_page(kind: ModuleKind) -> None:
    schema = parameters_for(kind)
    assert len({spec.name for spec in schema}) == len({spec.label for spec in schema}) == len(schema) > 0
    assert all(spec.label and spec.help for spec in schema)


def test_all_kinds_but_the_users_own_are_ours() -> None:
    assert set(BUILT_IN) == set(ModuleKind) - {ModuleKind.USER}
    assert program_problem(module_spec(parameters={})) == ""
    assert program_problem(module_spec(kind=ModuleKind.USER, program="ab")) == "no such program"
    assert program_problem(module_spec(program="ab")) == "no such program"


def test_settings_that_a_program_could_not_trade_by_are_a_problem() -> None:
    assert program_problem(module_spec(parameters={"max_days": 400})) == "max_days: 400 is outside 1 to 365 days"
    contradicting = {"min_days": 44, "max_days": 40}
    assert program_problem(module_spec(parameters=contradicting)) == "min_days 44 is above max_days 40"
    strange = module_spec(structures=(StructureKind.SHORT_PUT,), parameters={})
    assert program_problem(strange) == "it does not trade Short Put"


@pytest.mark.parametrize("kind", BUILT_IN)
def test_every_kind_trades_something_and_its_defaults_do_not_contradict_each_other(kind: ModuleKind) -> None:
    parameters = {spec.name: spec.default for spec in parameters_for(kind)}
    assert STRUCTURES[kind] != ()
    assert program_problem(module_spec(kind=kind, structures=STRUCTURES[kind], parameters=parameters)) == ""


def test_the_settings_of_iv_service_are_its_rules_with_fitting_types() -> None:
    expected = {field.name: field.type for field in fields(IvRules)}
    assert {spec.name: int if spec.is_whole else float for spec in parameters_for(ModuleKind.IV_SERVICE)} == expected
