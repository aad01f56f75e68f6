"""How figures are compared: boundaries, and what is no number."""

from typing import Any

import pytest

from engine.risk import comparing

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
