"""What is typed on a command line: taken as it is meant, or refused in words."""

import argparse
import datetime as dt

import pytest

from engine.core.money import Money, dollars
from mindfolio_desktop import command_line as typed


@pytest.mark.parametrize(
    ("text", "money"),
    [("0", 0), ("1000", dollars(1000)), ("$1,000.50", dollars("1000.50")), ("0.0001", 1)],
)
def test_an_amount_is_in_dollars(text: str, money: Money) -> None:
    assert typed.amount(text) == money


@pytest.mark.parametrize("text", ["", "-1", "-$1", "1$", "a lot", "nan", "0.00001", "1e30"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="must be an amount of dollars, not "):
        typed.amount(text)


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-3", "march", "2026-03-01"])
def test_what_is_no_month(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="must be a month as 2026-03"):
        typed.month(text)


def test_what_is_no_day() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="must be a day as 2026-03-02"):
        typed.day("2026-02-30")


def test_a_day_and_a_month() -> None:
    assert (typed.day("2026-02-28"), typed.month("2026-02")) == (dt.date(2026, 2, 28), dt.date(2026, 2, 1))


def test_a_whole_number_from_one_to_another() -> None:
    assert [typed.whole(1, 60, text) for text in ("1", "60")] == [1, 60]
    assert typed.seed(str(2**63 - 1)) == 2**63 - 1


@pytest.mark.parametrize("text", ["0", "61", "1.5", "", "ten"])
def test_what_is_no_such_number(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="must be a whole number from 1 to 60, not "):
        typed.whole(1, 60, text)


def test_symbols_stand_between_commas_in_any_case() -> None:
    assert typed.symbols("ko, PFE,,spy ") == ("KO", "PFE", "SPY")
    assert typed.symbols("") == ()
