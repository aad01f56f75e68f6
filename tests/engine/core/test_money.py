"""Money: what becomes an amount exactly, what is refused, and how shares of it are shown."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import CENT, UNIT, dollars, from_float, percent, round_half_up, to_float, usd

LARGEST = 10**15
AMOUNTS = st.integers(-LARGEST, LARGEST)


@pytest.mark.parametrize(
    ("amount", "units"),
    [(0, 0), (1, UNIT), ("0.01", CENT), ("-2.40", -24_000), ("0.0001", 1), (Decimal("1.2345"), 12_345), ("1E3", 10**7)],
)
def test_an_exact_amount_becomes_money(amount: int | str | Decimal, units: int) -> None:
    assert dollars(amount) == units


@pytest.mark.parametrize(
    "amount",
    ["0.00001", "1." + "0" * 30 + "1", "NaN", "sNaN", "Infinity", "-Infinity", "ten", "", "1e999999", "1e-999999",
     Decimal("NaN"), LARGEST // UNIT + 1, -LARGEST // UNIT - 1, 10**400],
)  # fmt: skip
def test_what_is_not_an_exact_amount_is_refused(amount: int | str | Decimal) -> None:
    with pytest.raises(ValueError, match="dollars"):
        dollars(amount)


def test_the_largest_amount_is_still_one() -> None:
    assert dollars(LARGEST // UNIT) == LARGEST
    assert dollars(-LARGEST // UNIT) == -LARGEST


@given(AMOUNTS)
def test_every_amount_survives_its_decimal_form(units: int) -> None:
    assert dollars(str(Decimal(units) / UNIT)) == units


@given(AMOUNTS)
def test_every_amount_survives_the_way_through_floats(units: int) -> None:
    assert from_float(to_float(units)) == units


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, 1e12, -1e12])
def test_no_absurd_float_becomes_money(value: float) -> None:
    assert from_float(value) is None


def test_a_float_becomes_the_nearest_unit() -> None:
    assert from_float(2.130000114440918) == 21_300  # 2.13 as a recording's float32 keeps it
    assert from_float(0.00004) == 0
    assert from_float(-0.00006) == -1


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(23_700, 50_000, 47.4), (8_500, 50_000, 17.0), (8_500, 52_450, 16.2), (1, 2_000, 0.1), (-1, 2_000, -0.1),
     (1, 2_001, 0.0), (0, 5, 0.0), (-300, 10_000, -3.0), (5, 4, 125.0)],
)  # fmt: skip
def test_percentages_round_half_up_to_one_decimal(part: int, whole: int, shown: float) -> None:
    assert percent(part, whole) == shown


def test_there_is_no_percentage_of_nothing() -> None:
    assert percent(5, 0) is None


@given(AMOUNTS, AMOUNTS.filter(bool))
def test_a_percentage_is_the_nearest_tenth(part: int, whole: int) -> None:
    shown = percent(part, whole)
    assert shown is not None
    exact = Fraction(part * 1000, whole)
    assert abs(Fraction(round(shown * 10)) - exact) <= Fraction(1, 2)
    assert percent(-part, whole) == -shown


@pytest.mark.parametrize(("value", "nearest"), [("0.5", 1), ("-0.5", -1), ("0.4999", 0), ("1.5", 2), ("2.5", 3)])
def test_halves_go_away_from_zero(value: str, nearest: int) -> None:
    assert round_half_up(Decimal(value)) == nearest


@pytest.mark.parametrize(
    ("amount", "signed", "words", "whole"),
    [
        (dollars("-1204.5"), False, "-$1,204.50", "-$1,204"),
        (dollars("3"), False, "$3.00", "$3"),
        (dollars("3"), True, "+$3.00", "+$3"),
        (dollars("-0.004"), True, "$0.00", "$0"),
        (dollars("-100"), True, "-$100.00", "-$100"),
        (0, True, "$0.00", "$0"),
        (None, True, "n/a", "n/a"),
    ],
)
def test_amounts(amount: int | None, signed: bool, words: str, whole: str) -> None:
    assert (usd(amount, signed=signed), usd(amount, signed=signed, cents=False)) == (words, whole)
