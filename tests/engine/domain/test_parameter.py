"""One setting of a strategy: which values it takes, and what is said of the others."""

import math

import pytest

from engine.domain.parameter import ParameterSpec

DAYS = ParameterSpec("days", "Days", "days", 30, 1, 365, "How many.")
WIDTH = ParameterSpec("width", "Width", "$", 5.0, 0.5, 500, "How wide.")


@pytest.mark.parametrize("value", [1, 30, 365])
def test_both_bounds_are_inside(value: int) -> None:
    assert DAYS.problem(value) is None


@pytest.mark.parametrize(
    ("spec", "value", "words"),
    [
        (DAYS, 0, "days: 0 is outside 1 to 365 days"),
        (DAYS, 2.5, "days: 2.5 is not a whole number"),
        (DAYS, True, "days: True is not a number"),
        (WIDTH, "5", "width: '5' is not a number"),
        (WIDTH, math.nan, "width: nan is not a number"),
        (WIDTH, math.inf, "width: inf is not a number"),
        (WIDTH, 0.4, "width: 0.4 is outside 0.5 to 500 $"),
    ],
)
def test_what_cannot_be_taken_is_said_with_its_numbers(spec: ParameterSpec, value: object, words: str) -> None:
    assert spec.problem(value) == words


def test_a_whole_default_makes_a_whole_number() -> None:
    assert (DAYS.is_whole, WIDTH.is_whole) == (True, False)


def test_a_default_keeps_its_own_rule() -> None:
    with pytest.raises(ValueError, match="breaks its own rule"):
        ParameterSpec("days", "Days", "days", 0, 1, 365, "")
