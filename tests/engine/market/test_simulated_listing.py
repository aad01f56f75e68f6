"""What the simulated exchange lists: real sessions as expirations, a grid of strikes, nothing ever withdrawn."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.calendar import session_on
from engine.market.simulated_listing import LISTED_DAYS, Listing, expirations, is_monthly, listed, reach

MONDAY = dt.date(2026, 1, 5)


def covers(now: Listing, was: Listing) -> bool:
    """Whether every strike of `was` is still listed."""
    return now.grid == was.grid and now.lowest <= was.lowest and now.highest >= was.highest


def test_weeklies_reach_two_months_and_one_monthly_lies_beyond() -> None:
    expected = [dt.date(2026, 1, 9) + dt.timedelta(days=7 * week) for week in range(9)]
    assert expirations(MONDAY) == (*expected, dt.date(2026, 3, 20))


@pytest.mark.parametrize(
    ("day", "expiration"),
    [
        (dt.date(2026, 3, 2), dt.date(2026, 4, 2)),  # Good Friday is closed.
        (dt.date(2026, 5, 1), dt.date(2026, 6, 18)),  # Juneteenth falls on the third Friday.
        (dt.date(2026, 6, 1), dt.date(2026, 7, 2)),  # Independence Day is kept on Friday.
    ],
)
def test_where_a_friday_is_a_holiday_the_day_before_expires(day: dt.date, expiration: dt.date) -> None:
    assert expiration in expirations(day)
    assert expiration + dt.timedelta(days=1) not in expirations(day)


def test_the_third_friday_is_monthly_also_where_it_moved() -> None:
    assert is_monthly(dt.date(2026, 1, 16))
    assert is_monthly(dt.date(2026, 6, 18))
    assert not is_monthly(dt.date(2026, 1, 9))
    assert not is_monthly(dt.date(2026, 1, 23))


@settings(deadline=None)
@given(st.dates(dt.date(2026, 1, 1), dt.date(2040, 1, 1)))
def test_expirations_are_sessions_that_stay_listed_until_they_expire(day: dt.date) -> None:
    today, tomorrow = expirations(day), expirations(day + dt.timedelta(days=1))
    assert all(session_on(expiry) is not None for expiry in today)
    assert list(today) == sorted(set(today))
    assert [expiry for expiry in today if expiry > day] == [expiry for expiry in tomorrow if expiry in today]
    assert is_monthly(today[-1])
    assert today[-2] <= day + dt.timedelta(days=LISTED_DAYS) < today[-1] + dt.timedelta(days=1)


def test_a_thursday_expiration_before_a_closed_friday_is_gone_on_that_friday() -> None:
    assert expirations(dt.date(2026, 4, 2))[0] == dt.date(2026, 4, 2)
    assert expirations(dt.date(2026, 4, 3))[0] == dt.date(2026, 4, 10)


@pytest.mark.parametrize(
    ("spot", "grid"),
    [
        (49.99, 50),
        (50, 100),
        (99.99, 100),
        (100, 250),
        (299.99, 250),
        (300, 500),
        (688, 500),
        (1000, 1000),
        (2500, 2500),
    ],
)
def test_strikes_are_spaced_as_exchanges_do(spot: float, grid: int) -> None:
    listing = listed((), MONDAY, spot, 0.2)[0]
    assert listing.grid == grid
    assert listing.lowest % grid == 0
    assert listing.highest % grid == 0


@pytest.mark.parametrize("volatility", [0.05, 0.14, 0.5, 2.0])
def test_strikes_reach_around_spot_as_far_as_volatility_asks(volatility: float) -> None:
    for listing in listed((), MONDAY, 688.0, volatility):
        assert 0 <= 688 * (1 - reach(volatility)) * 100 - listing.lowest < listing.grid
        assert 0 <= listing.highest - 688 * (1 + reach(volatility)) * 100 < listing.grid


def test_shorts_at_sixteen_delta_fit_in_also_when_volatility_doubles() -> None:
    """One standard deviation at 45 days is 0.35 of the volatility."""
    assert reach(0.14) >= 2 * 0.14 * 0.35
    assert all(reach(volatility) >= 1.14 * volatility * 0.35 for volatility in (0.2, 0.5, 1.0))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 5000), st.floats(0.01, 3)), min_size=2, max_size=12))
def test_a_listed_strike_is_never_withdrawn(mornings: list[tuple[float, float]]) -> None:
    before: tuple[Listing, ...] = ()
    day = MONDAY
    for spot, volatility in mornings:
        now = listed(before, day, spot, volatility)
        known = {listing.expiration: listing for listing in now}
        assert all(covers(known[was.expiration], was) for was in before if was.expiration >= day)
        assert all(listing.lowest >= listing.grid for listing in now)
        assert all(strike % listing.grid == 0 for listing in now for strike in (listing.lowest, listing.highest))
        assert all(listing.lowest <= spot * 100 or listing.lowest == listing.grid for listing in now)
        assert all(listing.highest >= spot * 100 for listing in now)
        before, day = now, day + dt.timedelta(days=3)
