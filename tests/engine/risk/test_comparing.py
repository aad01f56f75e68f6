"""How figures are compared: boundaries, and what is no number."""

from dataclasses import replace
from typing import Any

import pytest

from engine.domain.structure import Structure, StructureKind, shares_of
from engine.risk import comparing
from engine.risk.facts import TradeFacts

NO_NUMBERS: tuple[Any, ...] = (float("nan"), float("inf"), float("-inf"), True, False, None, "1")


class TestComparing:
    @pytest.mark.parametrize(("measured", "is_within"), [(99, True), (100, True), (101, False), (99.5, True)])
    def test_the_limit_itself_is_allowed(self, measured: float, is_within: bool) -> None:
        assert comparing.at_most(measured, 100) is is_within
        assert comparing.above(measured, 100) is not is_within

    @pytest.mark.parametrize("junk", NO_NUMBERS)
    def test_what_is_no_finite_number_satisfies_nothing(self, junk: Any) -> None:
        for compare in (comparing.at_most, comparing.above):
            assert not compare(junk, 100)
            assert not compare(100, junk)
            assert not compare(junk, junk)

    def test_integers_beyond_the_range_of_floats_are_compared_exactly(self) -> None:
        assert comparing.at_most(10**400, 10**400)
        assert not comparing.at_most(10**400 + 1, 10**400)


@pytest.mark.parametrize(
    ("amount", "costs", "whole"),
    [(1, 0, 1), (1, 2, 3), (0, 0, None), (-1, 5, None), (5, -1, None), (None, 0, None), (1, None, None)],
)
def test_costs_come_on_top_of_an_amount_that_is_at_least_one(amount: Any, costs: Any, whole: int | None) -> None:
    assert comparing.with_costs(amount, costs) == whole


@pytest.mark.parametrize(
    ("fraction", "shown"), [(0.57, 57.0), (1 / 3, 33.333333), (2, 200), (float("nan"), "nan"), (None, None)]
)
def test_a_share_is_shown_in_percent_without_the_noise_of_binary(fraction: Any, shown: Any) -> None:
    assert comparing.pct(fraction) == shown


def test_a_denial_says_which_trade_it_is_about_and_nothing_where_no_name_is(good: TradeFacts) -> None:
    def about(structure: Structure) -> dict[str, Any]:
        return comparing.about(replace(good, candidate=replace(good.candidate, structure=structure)))

    assert comparing.about(good) == {"symbol": "TSLA", "structure": "Iron Condor"}
    assert about(shares_of("SPY")) == {"symbol": "SPY", "structure": "Long Stock"}
    assert about(Structure(StructureKind.CUSTOM, ())) == {"symbol": None, "structure": "Custom"}
