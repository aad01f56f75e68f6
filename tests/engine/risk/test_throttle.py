"""Throttles: the edge of the window, repeats, and what is never throttled."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.order import Order, OrderPurpose
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.risk.throttle import OpeningRate, Repeats

NOW = dt.datetime(2026, 3, 16, 19, 0, tzinfo=dt.UTC)
US = dt.timedelta(microseconds=1)
LONG, SHORT = (
    Leg(OptionContract("TSLA", dt.date(2026, 4, 17), dollars(strike), Right.PUT), ratio)
    for strike, ratio in ((240, 1), (250, -1))
)
SPREAD = Structure(StructureKind.BULL_PUT_SPREAD, (LONG, SHORT))
ORDER = Order("O1", "iv", "P1", OrderPurpose.OPEN, SPREAD, 1, 0, 0, 0, NOW, "")


def seconds(count: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=count)


class TestOpeningRate:
    @pytest.mark.parametrize(("later", "count"), [(-US, 1), (dt.timedelta(0), 1), (US, 0)])
    def test_an_opening_counts_for_one_window(self, later: dt.timedelta, count: int) -> None:
        rate = OpeningRate().after(ORDER, NOW)
        assert rate.count(NOW + dt.timedelta(minutes=1) + later) == count

    def test_what_is_older_is_forgotten(self) -> None:
        rate = OpeningRate()
        for turn in range(1000):
            rate = rate.after(ORDER, seconds(turn))
        assert len(rate.times) == rate.count(seconds(999)) == 61

    @pytest.mark.parametrize(
        ("purpose", "count"), [(OrderPurpose.OPEN, 1), (OrderPurpose.ROLL, 1), (OrderPurpose.CLOSE, 0)]
    )
    def test_closings_leave_no_trace(self, purpose: OrderPurpose, count: int) -> None:
        assert OpeningRate().after(replace(ORDER, purpose=purpose), NOW).count(NOW) == count

    def test_a_clock_that_steps_back_forgets_nothing(self) -> None:
        assert OpeningRate().after(ORDER, NOW).after(ORDER, seconds(-3600)).count(seconds(-3600)) == 2

    @given(gaps=st.lists(st.integers(0, 90), max_size=30))
    def test_it_counts_what_lies_in_the_window(self, gaps: list[int]) -> None:
        at, times, rate = 0, [], OpeningRate()
        for gap in gaps:
            at += gap
            times.append(at)
            rate = rate.after(ORDER, seconds(at))
        assert rate.count(seconds(at)) == sum(at - each <= 60 for each in times)


class TestRepeats:
    def repeated(self, times: list[float], now: float) -> str | None:
        repeats = Repeats(most=3)
        for at in times:
            repeats = repeats.after(ORDER, seconds(at))
        return repeats.repeated(seconds(now))

    @pytest.mark.parametrize(
        ("times", "now", "trips"),
        [
            ([0, 1], 1, False),
            ([0, 1, 2], 2, True),
            ([0, 1, 2, 3], 3, True),
            ([0, 150, 300], 300, True),
            ([0, 150, 300.000001], 300.000001, False),
            ([0, 1, 2], 301, False),
        ],
    )
    def test_three_identical_intents_in_five_minutes_trip(self, times: list[float], now: float, trips: bool) -> None:
        assert (self.repeated(times, now) is not None) is trips

    def test_what_was_repeated_is_named(self) -> None:
        assert self.repeated([0, 1, 2], 2) == "+1 TSLA260417P00240000, -1 TSLA260417P00250000"

    def test_the_order_of_the_legs_does_not_matter_and_their_sides_do(self) -> None:
        turned = replace(SPREAD, legs=(SHORT, LONG))
        other = replace(SPREAD, legs=(replace(LONG, ratio=-1), replace(SHORT, ratio=1)))
        same = Repeats(most=2).noted(SPREAD, NOW).noted(turned, NOW)
        assert same.repeated(NOW) is not None
        assert Repeats(most=2).noted(SPREAD, NOW).noted(other, NOW).repeated(NOW) is None

    def test_shares_by_themselves_are_told_apart(self) -> None:
        bought, sold = shares_of("TSLA"), shares_of("TSLA", is_long=False)
        assert Repeats(most=2).noted(bought, NOW).noted(sold, NOW).repeated(NOW) is None
        assert Repeats(most=2).noted(bought, NOW).noted(bought, NOW).repeated(NOW) == "+1 TSLA"

    def test_closings_are_never_throttled(self) -> None:
        close = replace(ORDER, purpose=OrderPurpose.CLOSE)
        repeats = Repeats(most=1)
        assert repeats.after(close, NOW) is repeats
        assert repeats.after(replace(ORDER, purpose=OrderPurpose.ROLL), NOW).repeated(NOW) is not None

    def test_what_is_older_is_forgotten(self) -> None:
        repeats = Repeats()
        for turn in range(1000):
            repeats = repeats.after(ORDER, seconds(turn))
        assert len(repeats.seen) == 301
