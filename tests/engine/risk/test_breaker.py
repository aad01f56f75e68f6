"""Breakers: day loss and drawdown at their limits, and what may sell; agreement with the gate."""

import datetime as dt
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.domain.units import drawdown_bp
from engine.risk.breaker import (
    BreachSample,
    daily_loss_reached,
    drawdown_reached,
    has_evidence,
)
from engine.risk.checks_money import check_daily_loss
from engine.risk.facts import TradeFacts

LIMIT = dollars(1000)


@pytest.mark.parametrize(("off", "is_reached"), [(-1, True), (0, True), (1, False)])
def test_exactly_at_the_limit_is_reached(off: int, is_reached: bool) -> None:
    assert daily_loss_reached(-LIMIT + off, LIMIT) is is_reached


def test_a_gain_as_large_as_the_limit_is_no_loss() -> None:
    assert not daily_loss_reached(LIMIT, LIMIT)


@pytest.mark.parametrize(
    ("drawdown", "is_reached"), [(1499, False), (1500, True), (1501, True), (0, False), (-1500, False)]
)
def test_a_drawdown_of_exactly_its_limit_is_reached(drawdown: int, is_reached: bool) -> None:
    assert drawdown_reached(drawdown, 15) is is_reached


@pytest.mark.parametrize(("day_pnl", "limit"), [(None, LIMIT), (-LIMIT, None), (None, None)])
def test_what_is_unknown_pauses_nothing(day_pnl: int | None, limit: int | None) -> None:
    assert not daily_loss_reached(day_pnl, limit)


@pytest.mark.parametrize("junk", [float("nan"), float("-inf"), True, "1", -1e9])
def test_what_is_no_amount_pauses_nothing(junk: Any) -> None:
    assert not daily_loss_reached(junk, LIMIT)
    assert not daily_loss_reached(-LIMIT, junk)
    assert not drawdown_reached(junk, 15)
    assert not drawdown_reached(5000, junk)
    assert drawdown_bp(junk, 1, 1, 1) is None
    assert drawdown_bp(1, 1, 1, junk) is None


@settings(deadline=None)
@given(day_pnl=st.integers(-20_000, 20_000), limit=st.integers(0, 20_000))
def test_what_pauses_a_module_is_what_the_gate_denies(good: TradeFacts, day_pnl: int, limit: int) -> None:
    limits = replace(good.module.limits, daily_loss_limit=limit)
    facts = replace(good, day_pnl=day_pnl, module=replace(good.module, limits=limits))
    assert daily_loss_reached(day_pnl, limit) is (check_daily_loss(facts) is not None)


@settings(deadline=None)
@given(drawdown=st.integers(0, 3000), limit=st.integers(0, 30))
def test_a_drawdown_that_trips_is_one_that_the_gate_denies(good: TradeFacts, drawdown: int, limit: int) -> None:
    assert good.account_limits is not None
    facts = replace(good, drawdown_bp=drawdown, account_limits=replace(good.account_limits, drawdown_pct=limit))
    assert drawdown_reached(drawdown, limit) is (check_daily_loss(facts) is not None)


class TestDrawdown:
    @pytest.mark.parametrize(
        ("nav", "units", "expected"),
        [
            *((85_000, 100, 1500), (85_001, 100, 1499), (84_999, 100, 1500), (100_000, 100, 0), (120_000, 100, 0)),
            *((0, 100, 10_000), (-10_000, 100, 11_000), (42_500, 50, 1500), (170_000, 200, 1500)),
        ],
    )
    def test_by_hand(self, nav: int, units: int, expected: int) -> None:
        assert drawdown_bp(nav, units, 100_000, 100) == expected

    def test_a_withdrawal_is_no_loss(self) -> None:
        # Half of the units were paid out: a unit is worth what it was.
        assert drawdown_bp(50_000, 50, 100_000, 100) == 0

    @pytest.mark.parametrize(
        ("units", "peak_nav", "peak_units"), [(0, 1, 1), (-1, 1, 1), (1, 0, 1), (1, -5, 1), (1, 1, 0)]
    )
    def test_without_units_or_a_peak_it_is_unknown(self, units: int, peak_nav: int, peak_units: int) -> None:
        assert drawdown_bp(1, units, peak_nav, peak_units) is None
        assert not drawdown_reached(None, 15)
        assert not drawdown_reached(1500, None)

    @given(
        nav=st.integers(-(10**12), 10**12),
        units=st.integers(1, 10**12),
        peak_nav=st.integers(1, 10**12),
        peak_units=st.integers(1, 10**12),
        limit=st.integers(0, 100),
    )
    def test_the_limit_is_reached_exactly_when_the_drawdown_does(
        self, nav: int, units: int, peak_nav: int, peak_units: int, limit: int
    ) -> None:
        exact = max(Fraction(0), 1 - Fraction(nav, units) / Fraction(peak_nav, peak_units))
        assert drawdown_reached(drawdown_bp(nav, units, peak_nav, peak_units), limit) is (exact >= Fraction(limit, 100))


OPEN = dt.datetime(2026, 3, 16, 13, 30, tzinfo=dt.UTC)


def look(seconds: float, *, clean: bool = True, breach: bool = True) -> BreachSample:
    return BreachSample(OPEN + dt.timedelta(minutes=30, seconds=seconds), clean, breach)


class TestEvidence:
    def proves(self, *samples: BreachSample, age: float = 0) -> bool:
        now = max(sample.at for sample in samples) + dt.timedelta(seconds=age)
        return has_evidence(samples, now, OPEN, is_reconciled=True)

    @pytest.mark.parametrize(("apart", "proves"), [(0, False), (9.999, False), (10, True), (11, True)])
    def test_two_marks_ten_seconds_apart(self, apart: float, proves: bool) -> None:
        assert self.proves(look(0), look(apart)) is proves
        assert self.proves(look(apart), look(0)) is proves

    def test_one_is_not_enough(self) -> None:
        assert not self.proves(look(0))
        assert not has_evidence((), OPEN + dt.timedelta(hours=1), OPEN, is_reconciled=True)

    def test_a_recovery_between_begins_again(self) -> None:
        assert not self.proves(look(0), look(5, breach=False), look(10))
        assert self.proves(look(0), look(5, clean=False, breach=False), look(10))

    @pytest.mark.parametrize("which", [0, 1])
    def test_both_are_clean_and_in_breach(self, which: int) -> None:
        for fault in ({"clean": False}, {"breach": False}):
            assert not self.proves(*(look(10 * place, **(fault if place == which else {})) for place in (0, 1)))

    def test_the_newest_sample_is_the_one_that_counts(self) -> None:
        assert not self.proves(look(0), look(10), look(11, clean=False))
        assert not self.proves(look(0), look(10), look(11, breach=False))

    @pytest.mark.parametrize(("age", "proves"), [(15, True), (15.000001, False)])
    def test_it_is_fresh(self, age: float, proves: bool) -> None:
        assert self.proves(look(0), look(10), age=age) is proves

    def test_what_comes_from_the_future_is_not_counted(self) -> None:
        now = look(5).at
        assert not has_evidence((look(0), look(10)), now, OPEN, is_reconciled=True)

    @pytest.mark.parametrize(("late", "proves"), [(-0.000001, False), (0, True)])
    def test_the_first_five_minutes_sell_nothing(self, late: float, proves: bool) -> None:
        first, second = look(-1500 + late), look(-1490)
        assert self.proves(first, second) is proves

    def test_a_closed_market_or_a_difference_sells_nothing(self) -> None:
        samples, now = (look(0), look(10)), look(10).at
        assert has_evidence(samples, now, OPEN, is_reconciled=True)
        assert not has_evidence(samples, now, None, is_reconciled=True)
        unknown: Any
        for unknown in (False, None, 1):
            assert not has_evidence(samples, now, OPEN, is_reconciled=unknown)
