"""Unitised NAV: what confirms a peak, and that only the value of a unit counts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.units import UnitNav, confirmed_peak, drawdown_bp


def test_a_withdrawal_moves_no_drawdown() -> None:
    assert drawdown_bp(50_000, 50, 100_000, 100) == 0
    assert drawdown_bp(42_500, 50, 100_000, 100) == 1500


class TestPeak:
    def peaks(self, *navs: int) -> list[int | None]:
        peak, previous = UnitNav(), UnitNav()
        found: list[int | None] = []
        for nav in navs:
            current = UnitNav(nav, 10)
            peak = confirmed_peak(previous, current, peak)
            previous = current
            found.append(peak.nav if peak.units else None)
        return found

    def test_two_samples_in_a_row_make_a_peak(self) -> None:
        assert self.peaks(100, 110, 120, 120, 90, 130) == [None, 100, 110, 120, 120, 120]

    def test_one_bad_print_makes_none(self) -> None:
        assert self.peaks(100, 100, 1000, 100, 101) == [None, 100, 100, 100, 100]
        assert self.peaks(100, 1, 100, 100) == [None, 1, 1, 100]

    def test_it_is_the_value_of_a_unit_that_counts(self) -> None:
        peak = UnitNav(100, 10)
        assert confirmed_peak(UnitNav(150, 15), UnitNav(300, 30), peak) == peak
        assert confirmed_peak(UnitNav(151, 15), UnitNav(310, 30), peak) == UnitNav(151, 15)

    @pytest.mark.parametrize("nothing", [UnitNav(5, 0), UnitNav(5, -1)])
    def test_a_sample_without_units_changes_nothing(self, nothing: UnitNav) -> None:
        peak = UnitNav(1, 1)
        assert confirmed_peak(nothing, UnitNav(5, 1), peak) == peak
        assert confirmed_peak(UnitNav(5, 1), nothing, peak) == peak

    def test_nothing_at_or_below_zero_is_a_peak(self) -> None:
        assert self.peaks(-5, 0, 0) == [None, None, None]

    @given(navs=st.lists(st.integers(1, 100), min_size=2, max_size=30))
    def test_it_is_the_highest_lower_one_of_two_neighbours(self, navs: list[int]) -> None:
        lower = [min(pair) for pair in pairwise(navs)]
        assert self.peaks(*navs)[-1] == max(lower)
