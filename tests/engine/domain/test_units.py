"""Unitised NAV: what confirms a peak, and that only the value of a unit counts."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.units import UnitNav, confirmed_peak, drawdown_bp, units_for


def test_a_withdrawal_moves_no_drawdown() -> None:
    assert drawdown_bp(50_000, 50, 100_000, 100) == 0
    assert drawdown_bp(42_500, 50, 100_000, 100) == 1500


class TestUnitsForCash:
    REFERENCE = UnitNav(50_000, 50_000)

    @pytest.mark.parametrize(
        ("amount", "now", "units"),
        [
            (30_000, UnitNav(50_000, 50_000), 30_000),
            (11_000, UnitNav(55_000, 50_000), 10_000),  # 1.10 each
            (-10, UnitNav(55_000, 50_000), -10),  # 9.09 are ten
            (1, UnitNav(55_000, 50_000), 1),  # 0.9 is at least one
            (20_000, UnitNav(), 20_000),  # the first units, or the first again
            (-5_000, UnitNav(-100, 50_000), -5_000),
        ],
    )
    def test_are_bought_and_sold_at_their_value(self, amount: int, now: UnitNav, units: int) -> None:
        assert units_for(amount, now, self.REFERENCE) == units

    def test_into_less_than_nothing_make_no_loss_good(self) -> None:
        """50,000 units at -19,880; 30,000 come in: NAV 10,120 for units that were worth one. They are 101,200,000."""
        bought = units_for(30_000, UnitNav(-19_880, 50_000), self.REFERENCE)
        assert bought == 101_200_000 - 50_000
        assert drawdown_bp(10_120, 50_000 + bought, 50_000, 50_000) == 9_999
        assert drawdown_bp(11_132, 50_000 + bought, 10_120, 50_000 + bought) == 0, "what is made from there counts"
        assert units_for(30_000, UnitNav(0, 50_000), self.REFERENCE) > 200_000_000

    def test_are_as_few_as_can_be_where_nothing_is_there_afterwards_either(self) -> None:
        assert units_for(10_000, UnitNav(-19_880, 50_000), self.REFERENCE) == 1
        assert units_for(19_880, UnitNav(-19_880, 50_000), self.REFERENCE) == 1

    def test_never_outgrow_what_a_ledger_keeps(self) -> None:
        tiny = UnitNav(1, 10**15)
        assert 10**15 + units_for(10**11, UnitNav(-5, 10**15), tiny) == 10**18

    @given(
        amount=st.integers(1, 10**12),
        nav=st.integers(-(10**12), 0),
        units=st.integers(1, 10**13),
        reference=st.builds(UnitNav, st.integers(1, 10**11), st.integers(1, 10**11)),
    )
    def test_of_a_total_loss_leave_a_total_loss(self, amount: int, nav: int, units: int, reference: UnitNav) -> None:
        bought = units_for(amount, UnitNav(nav, units), reference)
        assert bought >= 1
        fallen = drawdown_bp(nav + amount, units + bought, reference.nav, reference.units)
        assert fallen is not None
        assert fallen >= 9_999 or units + bought == 10**18


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
