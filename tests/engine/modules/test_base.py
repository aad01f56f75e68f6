"""Parameters of modules: bounds, whole numbers, and refusing what cannot be read."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.mindfolio import Parameter
from engine.modules.base import (
    ParameterSpec,
    SettingRow,
    parameter_problems,
    read_parameters,
    read_rules,
    setting_rows,
)

DAYS = ParameterSpec("days", "Days to expiry", "days", 30, 1, 365, "How far out.")
DELTA = ParameterSpec("delta", "Short delta", "delta", 18.0, 1.0, 50.0, "How far from the money.")
SCHEMA = (DAYS, DELTA)


@dataclass(frozen=True)
class Rules:
    days: int
    delta: float

    def __post_init__(self) -> None:
        if self.delta > self.days:
            raise ValueError("delta above days")


def test_what_a_module_does_not_set_has_its_default() -> None:
    assert read_parameters(SCHEMA, {}) == {"days": 30, "delta": 18.0}
    assert read_parameters(SCHEMA, {"delta": 16.5}) == {"days": 30, "delta": 16.5}


@pytest.mark.parametrize(
    ("value", "is_taken"), [(0, False), (1, True), (2, True), (364, True), (365, True), (366, False)]
)
def test_bounds_are_inclusive(value: int, is_taken: bool) -> None:
    assert (DAYS.problem(value) is None) is is_taken


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "30", True, None, 10**400])
def test_what_is_not_a_number_within_bounds_is_refused(value: object) -> None:
    assert DAYS.problem(value) is not None
    assert DELTA.problem(value) is not None


def test_a_whole_parameter_takes_whole_numbers_in_any_form_and_no_fractions() -> None:
    values = read_parameters(SCHEMA, {"days": 40.0, "delta": 18})
    assert values == {"days": 40, "delta": 18.0}
    assert [type(value) for value in values.values()] == [int, float]
    assert DAYS.problem(40.5) == "days: 40.5 is not a whole number"


def test_all_that_is_wrong_is_told_at_once_with_the_numbers() -> None:
    values: dict[str, Parameter] = {"zeta": 1, "alpha": 1, "days": 400, "delta": "steep"}
    problems = (
        "alpha: no such parameter",
        "zeta: no such parameter",
        "days: 400 is outside 1 to 365 days",
        "delta: 'steep' is not a number",
    )
    assert parameter_problems(SCHEMA, values) == problems
    with pytest.raises(ValueError, match="alpha: no such parameter; zeta: no such parameter; days: 400"):
        read_parameters(SCHEMA, values)


def test_rules_are_made_of_all_parameters_and_may_refuse_a_contradiction() -> None:
    assert read_rules(Rules, SCHEMA, {"days": 45}) == Rules(45, 18.0)
    with pytest.raises(ValueError, match="delta above days"):
        read_rules(Rules, SCHEMA, {"days": 10})
    with pytest.raises(ValueError, match="no such parameter"):
        read_rules(Rules, SCHEMA, {"day": 10})


def test_the_settings_page_gets_a_row_for_each_parameter_in_order() -> None:
    assert setting_rows(SCHEMA, {"days": 45}) == (
        SettingRow("Days to expiry", 45, "days", "How far out."),
        SettingRow("Short delta", 18.0, "delta", "How far from the money."),
    )


def test_a_default_outside_its_own_bounds_is_refused_when_it_is_written() -> None:
    with pytest.raises(ValueError, match="default"):
        ParameterSpec("days", "Days", "days", 0, 1, 365, "")


@given(
    st.dictionaries(
        st.sampled_from(["days", "delta", "other"]), st.integers() | st.floats() | st.sampled_from(["", "30"])
    )
)
def test_values_are_read_exactly_when_nothing_is_wrong_and_then_lie_within_bounds(
    values: dict[str, Parameter],
) -> None:
    if parameter_problems(SCHEMA, values):
        with pytest.raises(ValueError, match=": "):
            read_parameters(SCHEMA, values)
        return
    read = read_parameters(SCHEMA, values)
    assert all(spec.minimum <= read[spec.name] <= spec.maximum for spec in SCHEMA)
    assert all(read[name] == value for name, value in values.items())
