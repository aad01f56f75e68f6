"""What the simulated exchange lists: real sessions as expirations, a grid of strikes, nothing ever withdrawn."""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.calendar import session_on
from engine.domain.chain import Floats, Ints
from engine.market.simulated.listing import (
    CYCLE_DAYS,
    DAILY_DAYS,
    LEAP_DAYS,
    MONTHLY_DAYS,
    WEEKLY_DAYS,
    Listings,
    expirations,
    is_monthly,
    listed,
    reach,
)
from engine.market.simulated.universe import COUNT, SYMBOLS

MONDAY = dt.date(2026, 1, 5)
SPY, AAPL = SYMBOLS.index("SPY"), SYMBOLS.index("AAPL")
UNSPLIT = np.zeros(COUNT, dtype=np.int64)


def days_of(day: dt.date, name: int) -> list[dt.date]:
    return [expiration.day for expiration in expirations(day, name)]


def mornings(spots: Iterable[float], volatility: float = 0.25, day: dt.date = MONDAY) -> tuple[Ints, Floats, Floats]:
    """Consecutive days that end on `day`, all names at one price."""
    spot = np.repeat(np.array(list(spots), dtype=np.float64)[:, np.newaxis], COUNT, axis=1)
    ordinals = np.arange(day.toordinal() - spot.shape[0] + 1, day.toordinal() + 1)
    return ordinals, spot, np.full(spot.shape, volatility)


def listing(
    spots: Iterable[float], name: int = AAPL, volatility: float = 0.25, day: dt.date = MONDAY, whole: Ints = UNSPLIT
) -> Listings:
    return listed(day, np.array([name]), *mornings(spots, volatility, day), whole)


def strikes_by_day(listings: Listings) -> dict[int, set[int]]:
    cents, row = listings.strikes()
    return {
        int(listings.expiration[number]): set(cents[row == number].tolist()) for number in range(listings.name.size)
    }


# --- expirations -----------------------------------------------------------------------------------------------------
def test_a_company_has_weeklies_monthlies_of_its_cycle_and_januaries() -> None:
    found = days_of(MONDAY, AAPL)
    fridays = [dt.date(2026, 1, 9) + dt.timedelta(days=7 * week) for week in range(7)]
    assert set(fridays) <= set(found)
    beyond = [day for day in found if day > MONDAY + dt.timedelta(days=WEEKLY_DAYS)]
    assert all(is_monthly(day) for day in beyond)
    # January cycle: beyond three months only April and July are listed, then the Januaries.
    assert [day for day in beyond if day > MONDAY + dt.timedelta(days=MONTHLY_DAYS)] == [
        dt.date(2026, 4, 17), dt.date(2026, 7, 17), dt.date(2027, 1, 15), dt.date(2028, 1, 21),
    ]  # fmt: skip


def test_the_largest_funds_expire_every_session_of_two_weeks_and_at_the_ends_of_quarters() -> None:
    found = days_of(MONDAY, SPY)
    sessions = [MONDAY + dt.timedelta(days=ahead) for ahead in range(DAILY_DAYS + 1)]
    assert [day for day in found if day <= sessions[-1]] == [day for day in sessions if session_on(day)]
    assert {dt.date(2026, 3, 31), dt.date(2026, 6, 30)} <= set(found)
    assert dt.date(2026, 3, 31) not in days_of(MONDAY, AAPL)


@pytest.mark.parametrize(
    ("day", "expiration"),
    [
        (dt.date(2026, 3, 2), dt.date(2026, 4, 2)),  # Good Friday is closed.
        (dt.date(2026, 5, 1), dt.date(2026, 6, 18)),  # Juneteenth falls on the third Friday.
        (dt.date(2026, 6, 1), dt.date(2026, 7, 2)),  # Independence Day is kept on Friday.
    ],
)
def test_where_a_friday_is_a_holiday_the_day_before_expires(day: dt.date, expiration: dt.date) -> None:
    for name in (SPY, AAPL):
        assert expiration in days_of(day, name)
        assert expiration + dt.timedelta(days=1) not in days_of(day, name)


def test_the_third_friday_is_monthly_also_where_it_moved() -> None:
    assert is_monthly(dt.date(2026, 1, 16))
    assert is_monthly(dt.date(2026, 6, 18))
    assert not is_monthly(dt.date(2026, 6, 17))
    assert not is_monthly(dt.date(2026, 1, 15))
    assert not is_monthly(dt.date(2026, 1, 23))


@settings(max_examples=60)
@given(st.dates(dt.date(2024, 6, 1), dt.date(2034, 1, 1)), st.sampled_from([SPY, AAPL, AAPL + 1, AAPL + 2]))
def test_expirations_are_sessions_that_stay_listed_until_they_expire(day: dt.date, name: int) -> None:
    today, tomorrow = days_of(day, name), days_of(day + dt.timedelta(days=1), name)
    assert all(session_on(expiration) is not None for expiration in today)
    assert today == sorted(set(today))
    assert today[0] >= day
    assert [expiration for expiration in today if expiration > day] == [each for each in tomorrow if each in today]
    assert 365 < (today[-1] - day).days <= LEAP_DAYS
    for expiration in expirations(day, name):
        assert expiration.since <= day
        assert (expiration.day - expiration.since).days <= expiration.horizon


# --- strikes ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("spot", "near", "far", "late"),
    [
        (30.0, 50, 100, 250),
        (60, 100, 500, 500),
        (149.99, 100, 500, 500),
        (150, 250, 500, 500),
        (688, 500, 1_000, 1_000),
        (1_200, 1_000, 5_000, 2_000),
        (3_000, 2_500, 10_000, 5_000),
    ],
)
def test_strikes_are_spaced_by_price_and_distance(spot: float, near: int, far: int, late: int) -> None:
    found = listing([spot])
    cents, row = found.strikes()
    for number, days in enumerate((found.expiration - MONDAY.toordinal()).tolist()):
        mine = cents[row == number]
        steps, away = np.diff(mine), np.abs(mine[:-1] / 100 / spot - 1)
        assert (steps[away < 0.04] == (near if days <= MONTHLY_DAYS else late)).all()
        assert steps[away < 0.04].size
        if found.horizon[number] < CYCLE_DAYS:
            assert near <= steps.min() <= steps.max() <= far
        else:
            assert steps.max() >= late


def test_a_far_expiration_gets_finer_strikes_as_it_comes_near_and_loses_none() -> None:
    january = dt.date(2026, 1, 16).toordinal()
    far, near = (
        strikes_by_day(listing([268.0], day=day))[january] for day in (dt.date(2025, 9, 1), dt.date(2025, 10, 13))
    )
    assert far < near
    assert {26_500, 26_750, 27_000} <= near
    assert 26_750 not in far


def test_the_largest_funds_have_a_strike_every_dollar_at_any_price() -> None:
    cents, row = listing([688.0], SPY).strikes()
    assert (np.diff(cents[row == 0])[np.abs(cents[row == 0][:-1] / 68_800 - 1) < 0.05] == 100).all()


@pytest.mark.parametrize("volatility", [0.05, 0.14, 0.5, 2.0])
def test_strikes_reach_around_spot_as_far_as_volatility_asks(volatility: float) -> None:
    found = listing([688.0], volatility=volatility)
    cents, row = found.strikes()
    for number, horizon in enumerate(found.horizon.tolist()):
        far = float(reach(np.array([volatility]), horizon)[1][0])
        mine = cents[row == number] / 100
        grid = found.far_grid[number] / 100
        assert mine.min() <= 688 * (1 - far) < mine.min() + grid
        assert mine.max() - grid < 688 * (1 + far) <= mine.max()


def test_shorts_at_sixteen_delta_fit_in_also_when_volatility_doubles() -> None:
    """One standard deviation at 45 days is 0.35 of the volatility."""
    for volatility in (0.14, 0.2, 0.5, 1.0):
        near, far = reach(np.array([volatility]), WEEKLY_DAYS)
        assert far[0] >= min(0.5, 1.35 * volatility * 0.35)
        assert near[0] <= far[0]


def test_a_listing_grows_with_the_price_and_keeps_what_it_had() -> None:
    day = MONDAY
    first = strikes_by_day(listing([100.0]))
    grown = strikes_by_day(listing([100.0, 100.0, 130.0], day=day + dt.timedelta(days=2)))
    for expiration, before in first.items():
        if expiration >= (day + dt.timedelta(days=2)).toordinal():
            assert before < grown[expiration]
            assert max(grown[expiration]) > 13_000


@settings(max_examples=40)
@given(
    st.lists(st.floats(0.5, 5000), min_size=2, max_size=40),
    st.integers(1, 39),
    st.sampled_from([SPY, AAPL]),
)
def test_a_listed_strike_is_never_withdrawn(spots: list[float], cut: int, name: int) -> None:
    cut = min(cut, len(spots) - 1)
    earlier_day = MONDAY - dt.timedelta(days=len(spots) - cut)
    before = strikes_by_day(listing(spots[:cut], name, day=earlier_day))
    after = strikes_by_day(listing(spots, name))
    for expiration, strikes in before.items():
        if expiration >= MONDAY.toordinal():
            assert strikes <= after[expiration]
    for strikes in after.values():
        assert min(strikes) > 0


def test_strikes_come_sorted_without_doubles() -> None:
    cents, row = listing([37.0, 90.0, 20.0]).strikes()
    same = row[1:] == row[:-1]
    assert (np.diff(row) >= 0).all()
    assert (np.diff(cents)[same] > 0).all()


def test_a_split_begins_all_listings_of_its_name_anew() -> None:
    """Strikes of before the split would lie around the price of then."""
    spots = [400.0, 400.0, 100.0, 101.0]
    whole = UNSPLIT.copy()
    whole[AAPL] = 2
    after = strikes_by_day(listing(spots, whole=whole))
    assert max(max(strikes) for strikes in after.values()) < 20_000
    assert after == strikes_by_day(listing(spots[2:]))


def test_each_names_listing_is_its_own() -> None:
    names = np.array([AAPL, SPY])
    both = listed(MONDAY, names, *mornings([100.0]), UNSPLIT)
    cents, row = both.strikes()
    for name in names.tolist():
        alone, own_row = listing([100.0], name).strikes()
        mine = np.isin(row, np.flatnonzero(both.name == name))
        np.testing.assert_array_equal(cents[mine], alone)
        np.testing.assert_array_equal(row[mine] - row[mine][0], own_row)
