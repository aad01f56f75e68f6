"""Sessions, half days and expiries of US equity options."""

import datetime as dt
import gzip
import json
import timeit
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.calendar import (
    NEW_YORK,
    Session,
    days_to_expiry,
    expiry_at,
    market_day,
    next_session,
    previous_session,
    session_after,
    session_at,
    session_day,
    session_on,
    years_to_expiry,
)

DAYS = st.dates(dt.date(2005, 1, 1), dt.date(2035, 12, 31))
INSTANTS = st.integers(1_105_315_200, 2_082_672_000).map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC))
SECOND = dt.timedelta(seconds=1)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=dt.UTC)


def session(day: dt.date) -> Session:
    found = session_on(day)
    assert found is not None, f"{day} has no session"
    return found


def close_hour(day: dt.date) -> int:
    return session(day).closes.astimezone(NEW_YORK).hour


def test_a_day_in_winter_and_one_in_summer_have_their_hours_in_utc() -> None:
    assert session_on(dt.date(2026, 1, 15)) == Session(
        dt.date(2026, 1, 15), utc(2026, 1, 15, 14, 30), utc(2026, 1, 15, 21, 0)
    )
    assert session_on(dt.date(2026, 7, 15)) == Session(
        dt.date(2026, 7, 15), utc(2026, 7, 15, 13, 30), utc(2026, 7, 15, 20, 0)
    )


@pytest.mark.parametrize(
    "day",
    [
        "2026-03-14 a Saturday",
        "2026-03-15 a Sunday",
        "2026-01-01 New Year's Day",
        "2023-01-02 New Year's Day on a Sunday",
        "2026-01-19 Martin Luther King Jr. Day",
        "2026-02-16 Washington's Birthday",
        "2026-04-03 Good Friday",
        "2024-03-29 Good Friday",
        "2019-04-19 Good Friday",
        "2026-05-25 Memorial Day",
        "2026-06-19 Juneteenth",
        "2022-06-20 Juneteenth on a Sunday",
        "2026-07-03 Independence Day on a Saturday",
        "2021-07-05 Independence Day on a Sunday",
        "2026-09-07 Labor Day",
        "2026-11-26 Thanksgiving",
        "2026-12-25 Christmas",
        "2021-12-24 Christmas on a Saturday",
        "2022-12-26 Christmas on a Sunday",
        "2001-09-11 attacks",
        "2001-09-14 attacks",
        "2004-06-11 President Reagan",
        "2007-01-02 President Ford",
        "2012-10-29 hurricane Sandy",
        "2012-10-30 hurricane Sandy",
        "2018-12-05 President Bush",
        "2025-01-09 President Carter",
    ],
)
def test_the_exchange_is_closed(day: str) -> None:
    assert session_on(dt.date.fromisoformat(day[:10])) is None


@pytest.mark.parametrize(
    "day",
    [
        "2021-12-31 before a New Year's Day on a Saturday, which is not observed",
        "2010-12-31 before a New Year's Day on a Saturday",
        "2021-06-18 before a Juneteenth on a Saturday, not yet a holiday",
        "2020-06-19 Juneteenth, not yet a holiday",
        "2026-10-12 Columbus Day",
        "2026-11-11 Veterans Day",
        "2024-11-05 Election Day",
        "2022-07-01 before an Independence Day on a Monday",
        "2012-10-31 after hurricane Sandy",
        "2026-04-06 Easter Monday",
        "2002-07-03 before an Independence Day on a Thursday, under the older rule",
    ],
)
def test_the_exchange_is_open_all_day(day: str) -> None:
    assert close_hour(dt.date.fromisoformat(day[:10])) == 16


@pytest.mark.parametrize(
    "day",
    [
        "2026-11-27 after Thanksgiving",
        "2025-11-28 after Thanksgiving",
        "2026-12-24 Christmas Eve",
        "2020-12-24 Christmas Eve",
        "2025-07-03 July 3rd",
        "2013-07-03 July 3rd, the Fourth on a Thursday",
        "2006-07-03 July 3rd",
        "2002-07-05 after a Fourth on a Thursday, under the older rule",
        "2003-12-26 after Christmas",
    ],
)
def test_the_exchange_closes_at_one(day: str) -> None:
    assert close_hour(dt.date.fromisoformat(day[:10])) == 13


def test_sessions_of_31_years_are_those_of_the_reference_but_for_three_half_days(shared_dir: Path) -> None:
    """The reference begins its early closes in November 1999, and leaves out the last day of that year."""
    text = gzip.decompress((shared_dir / "data" / "reference" / "market-hours-database.json.gz").read_bytes())
    reference = json.loads(text)["entries"]["Equity-usa-[*]"]
    holidays = {_american(day) for day in reference["holidays"]}
    early_closes = {_american(day) for day in reference["earlyCloses"]}
    differing = []
    for number in range(dt.date(1998, 1, 1).toordinal(), dt.date(2029, 1, 1).toordinal()):
        day = dt.date.fromordinal(number)
        is_closed = day.weekday() >= 5 or day in holidays
        assert (session_on(day) is None) is is_closed, day
        if not is_closed and close_hour(day) != (13 if day in early_closes else 16):
            differing.append(day)
    # Bars of 1998-11-27 and 1998-12-24 have half a day's volume.
    assert differing == [dt.date(1998, 11, 27), dt.date(1998, 12, 24), dt.date(1999, 12, 31)]


@pytest.mark.parametrize("symbol", ["spy", "ibm", "aapl"])
def test_every_session_of_23_years_has_a_real_bar_and_no_other_day_has(shared_dir: Path, symbol: str) -> None:
    with ZipFile(shared_dir / "data" / "underlying" / "lean_daily" / f"{symbol}.zip") as archive:
        lines = archive.read(f"{symbol}.csv").decode().splitlines()
    traded = {dt.date(int(line[:4]), int(line[4:6]), int(line[6:8])) for line in lines}
    days = (dt.date.fromordinal(day) for day in range(min(traded).toordinal(), max(traded).toordinal() + 1))
    assert {day for day in days if session_on(day) is not None} == traded
    assert len(traded) == 5_849


def test_the_session_of_an_instant_includes_its_opening_and_not_its_close() -> None:
    today = session(dt.date(2026, 3, 16))
    assert session_at(today.opens) == today
    assert session_at(today.closes - SECOND) == today
    assert session_at(today.closes) is None
    assert session_at(today.opens - SECOND) is None
    assert session_at(utc(2026, 3, 15, 16)) is None


def test_the_next_session_opens_strictly_later_and_skips_holidays() -> None:
    thursday = session(dt.date(2026, 4, 2))
    monday = session(dt.date(2026, 4, 6))
    assert next_session(thursday.opens - SECOND) == thursday
    assert next_session(thursday.opens) == monday
    assert next_session(thursday.closes) == monday


def test_the_previous_session_skips_weekend_and_holiday() -> None:
    assert previous_session(dt.date(2026, 4, 6)).day == dt.date(2026, 4, 2)
    assert previous_session(dt.date(2026, 4, 2)).day == dt.date(2026, 4, 1)


def test_an_evening_in_new_york_is_still_that_market_day() -> None:
    assert market_day(utc(2026, 3, 17, 3, 59)) == dt.date(2026, 3, 16)
    assert market_day(utc(2026, 3, 17, 4, 0)) == dt.date(2026, 3, 17)
    tokyo = dt.timezone(dt.timedelta(hours=9))
    assert market_day(dt.datetime(2026, 3, 17, 12, 59, tzinfo=tokyo)) == dt.date(2026, 3, 16)


def test_days_to_expiry_count_new_york_dates() -> None:
    late_in_the_evening = utc(2026, 3, 17, 3, 0)
    assert days_to_expiry(late_in_the_evening, dt.date(2026, 4, 17)) == 32
    assert days_to_expiry(late_in_the_evening, dt.date(2026, 3, 16)) == 0
    assert days_to_expiry(late_in_the_evening, dt.date(2026, 3, 13)) == -3


def test_contracts_stop_at_the_close_of_the_last_session() -> None:
    assert expiry_at(dt.date(2026, 4, 17)) == utc(2026, 4, 17, 20)
    assert expiry_at(dt.date(2026, 11, 27)) == utc(2026, 11, 27, 18)  # a half day
    assert expiry_at(dt.date(2026, 4, 3)) == utc(2026, 4, 2, 20)  # Good Friday
    assert expiry_at(dt.date(2014, 6, 21)) == utc(2014, 6, 20, 20)  # a Saturday, as monthly options had until 2015


def test_years_to_expiry_are_calendar_time_and_never_negative() -> None:
    expiration = dt.date(2026, 4, 17)
    assert years_to_expiry(utc(2026, 4, 17, 20) - dt.timedelta(days=73), expiration) == pytest.approx(0.2, abs=1e-15)
    assert years_to_expiry(utc(2026, 4, 17, 20), expiration) == 0.0
    assert years_to_expiry(utc(2026, 4, 18), expiration) == 0.0


@pytest.mark.parametrize("question", [market_day, session_at, next_session])
def test_a_time_without_zone_is_refused(question: object) -> None:
    assert callable(question)
    with pytest.raises(ValueError, match="no time zone"):
        question(dt.datetime(2026, 3, 16, 12))  # noqa: DTZ001 - that is the point


@given(DAYS)
def test_every_session_is_on_a_weekday_and_lasts_three_and_a_half_or_six_and_a_half_hours(day: dt.date) -> None:
    found = session_on(day)
    if found is None:
        return
    assert found.day == day == market_day(found.opens) == market_day(found.closes)
    assert day.weekday() < 5
    assert found.closes - found.opens in (dt.timedelta(hours=3.5), dt.timedelta(hours=6.5))
    assert found.opens.astimezone(NEW_YORK).time() == dt.time(9, 30)


@given(INSTANTS)
def test_next_and_previous_sessions_are_neighbours(at: dt.datetime) -> None:
    following = next_session(at)
    assert following.opens > at
    assert previous_session(following.day).opens <= at
    assert following.opens - at < dt.timedelta(days=8)


@given(INSTANTS)
def test_every_instant_is_of_one_sessions_day(at: dt.datetime) -> None:
    day = session_day(at)
    assert session_on(day) is not None
    assert day == market_day(at) or (session_on(market_day(at)) is None and day == session_after(market_day(at)).day)
    assert session_after(day).opens == next_session(dt.datetime.combine(day, dt.time(23), NEW_YORK)).opens


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (utc(2026, 5, 29, 23), dt.date(2026, 5, 29)),  # Friday evening
        (utc(2026, 5, 30, 15), dt.date(2026, 6, 1)),  # Saturday at a month's end
        (utc(2026, 6, 1, 3), dt.date(2026, 6, 1)),  # still Sunday in New York
        (utc(2026, 6, 1, 5), dt.date(2026, 6, 1)),  # Monday before anybody is up
        (utc(2026, 7, 3, 15), dt.date(2026, 7, 6)),  # the Fourth, kept on a Friday
    ],
)
def test_a_day_without_a_session_is_of_the_next_one(at: dt.datetime, day: dt.date) -> None:
    assert session_day(at) == day


@given(DAYS)
def test_a_week_never_has_fewer_than_three_sessions(day: dt.date) -> None:
    monday = day - dt.timedelta(days=day.weekday())
    assert sum(session_on(monday + dt.timedelta(days=offset)) is not None for offset in range(7)) >= 3


def test_asking_again_is_fast() -> None:
    at = utc(2026, 3, 16, 15)
    assert min(timeit.repeat(lambda: session_at(at), number=1000, repeat=5)) < 0.02


def _american(text: str) -> dt.date:
    month, day, year = (int(part) for part in text.split("/"))
    return dt.date(year, month, day)
