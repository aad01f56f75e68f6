"""Time: aware, UTC, exact to the microsecond, and never going back."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.clock import EPOCH, VirtualClock, as_utc, epoch_us, from_epoch_us

NOON = dt.datetime(2026, 3, 16, 12, 0, tzinfo=dt.UTC)
NAIVE = NOON.replace(tzinfo=None)


def test_a_virtual_clock_stands_still_until_it_is_moved() -> None:
    clock = VirtualClock(NOON)
    assert clock.now() == NOON
    clock.advance_to(NOON)
    clock.advance_to(NOON + dt.timedelta(microseconds=1))
    assert clock.now() == NOON + dt.timedelta(microseconds=1)


def test_a_virtual_clock_never_goes_back() -> None:
    clock = VirtualClock(NOON)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance_to(NOON - dt.timedelta(microseconds=1))
    assert clock.now() == NOON


def test_a_virtual_clock_tells_utc_whatever_it_is_told() -> None:
    new_york = dt.datetime(2026, 3, 16, 9, 30, tzinfo=ZoneInfo("America/New_York"))
    clock = VirtualClock(new_york)
    assert (clock.now().hour, clock.now().tzinfo) == (13, dt.UTC)
    clock.advance_to(new_york + dt.timedelta(hours=1))
    assert (clock.now().hour, clock.now().tzinfo) == (14, dt.UTC)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        as_utc(NAIVE)
    with pytest.raises(ValueError, match="no time zone"):
        epoch_us(NAIVE)
    with pytest.raises(ValueError, match="no time zone"):
        VirtualClock(NAIVE)


def test_microseconds_count_from_1970() -> None:
    assert epoch_us(EPOCH) == 0
    assert epoch_us(NOON) == 1_773_662_400_000_000
    assert epoch_us(EPOCH - dt.timedelta(microseconds=1)) == -1


CENTURIES = st.integers(-(10**16), 10**16)
ZONES = st.sampled_from([dt.UTC, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")])


@given(CENTURIES, ZONES)
def test_every_instant_survives_as_microseconds_whatever_its_zone(microseconds: int, zone: dt.tzinfo) -> None:
    at = from_epoch_us(microseconds)
    assert at.tzinfo is dt.UTC
    assert epoch_us(at.astimezone(zone)) == microseconds
