"""The calendar of US equity options: sessions, half days, expiries. UTC outside, New York inside.

Sessions follow from rules (NYSE Rule 7.2 and the holidays it names, as they stand since 1998) and from a short list
of days that no rule gives: mourning, terror, storms. Regular hours are 9:30 to 16:00 New York, 13:00 on half days,
for every class; the fifteen minutes that some index and fund options trade longer are told by `expiries`.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from engine.core.clock import as_utc

NEW_YORK = ZoneInfo("America/New_York")

_OPENS = dt.time(9, 30)
_CLOSES = dt.time(16, 0)
_CLOSES_EARLY = dt.time(13, 0)
_ONE_DAY = dt.timedelta(days=1)
_YEAR = dt.timedelta(days=365)
_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6

_JUNETEENTH_SINCE = 2022
_HALF_DAY_BEFORE_A_THURSDAY_FOURTH_SINCE = 2013

# Closed although no rule says so.
_CLOSURES = frozenset(
    {
        *(dt.date(2001, 9, day) for day in (11, 12, 13, 14)),  # attacks of September 11
        dt.date(2004, 6, 11),  # mourning for President Reagan
        dt.date(2007, 1, 2),  # mourning for President Ford
        dt.date(2012, 10, 29),  # hurricane Sandy
        dt.date(2012, 10, 30),
        dt.date(2018, 12, 5),  # mourning for President G. H. W. Bush
        dt.date(2025, 1, 9),  # mourning for President Carter
    }
)

# Half days although no rule says so.
_EARLY_CLOSES = frozenset({dt.date(1999, 12, 31), dt.date(2003, 12, 26)})


@dataclass(frozen=True, slots=True)
class Session:
    """One regular session: `day` in New York, `opens` and `closes` in UTC."""

    day: dt.date
    opens: dt.datetime
    closes: dt.datetime


@lru_cache(maxsize=16_384)
def session_on(day: dt.date) -> Session | None:
    """The session of a New York date, None on weekends and holidays."""
    if day.weekday() >= _SATURDAY or day in _CLOSURES or day in _holidays(day.year):
        return None
    closes = _CLOSES_EARLY if _is_half_day(day) else _CLOSES
    return Session(day, _new_york(day, _OPENS), _new_york(day, closes))


def session_at(at: dt.datetime) -> Session | None:
    """The session that is open at an instant (opens <= at < closes), None when the market is closed."""
    session = session_on(market_day(at))
    return session if session is not None and session.opens <= at < session.closes else None


def next_session(after: dt.datetime) -> Session:
    """The first session that opens strictly after an instant."""
    day = market_day(after)
    while (session := session_on(day)) is None or session.opens <= after:
        day += _ONE_DAY
    return session


@lru_cache(maxsize=16_384)
def session_after(day: dt.date) -> Session:
    """The first session after a New York date."""
    day += _ONE_DAY
    while (session := session_on(day)) is None:
        day += _ONE_DAY
    return session


def session_day(at: dt.datetime) -> dt.date:
    """The session's day that an instant belongs to: its own New York date, or the next session's on a day without.

    Days, weeks and months are cut by it: what happens on a Saturday is Monday's, also at a month's end.
    """
    day = market_day(at)
    return day if session_on(day) is not None else session_after(day).day


def previous_session(day: dt.date) -> Session:
    """The last session before a New York date."""
    day -= _ONE_DAY
    while (session := session_on(day)) is None:
        day -= _ONE_DAY
    return session


def market_day(at: dt.datetime) -> dt.date:
    """The New York date of an instant. Raises ValueError for a naive datetime, as do all that take an instant."""
    return as_utc(at).astimezone(NEW_YORK).date()


def days_to_expiry(at: dt.datetime, expiration: dt.date) -> int:
    """Calendar days from the New York date of `at` to `expiration`; negative once expired."""
    return (expiration - market_day(at)).days


def expiry_at(expiration: dt.date) -> dt.datetime:
    """When contracts of an expiration date stop: that session's close (the previous session's on a day without)."""
    session = session_on(expiration) or previous_session(expiration)
    return session.closes


def years_to_expiry(at: dt.datetime, expiration: dt.date) -> float:
    """Calendar time to `expiry_at` in years of 365 days, never below 0."""
    return max(0.0, (expiry_at(expiration) - as_utc(at)) / _YEAR)


@lru_cache(maxsize=512)
def _holidays(year: int) -> frozenset[dt.date]:
    """Weekdays of a year on which the exchange is closed by rule."""
    holidays = {
        _nth_weekday(year, 1, _MONDAY, 3),  # Martin Luther King Jr. Day
        _nth_weekday(year, 2, _MONDAY, 3),  # Washington's Birthday
        _easter(year) - 2 * _ONE_DAY,  # Good Friday
        _nth_weekday(year, 6, _MONDAY, 1) - 7 * _ONE_DAY,  # Memorial Day, the last Monday of May
        _observed(dt.date(year, 7, 4)),
        _nth_weekday(year, 9, _MONDAY, 1),  # Labor Day
        _thanksgiving(year),
        _observed(dt.date(year, 12, 25)),
    }
    # A New Year's Day on a Saturday is not observed: the Friday before ends the year's accounts.
    new_year = dt.date(year, 1, 1)
    if new_year.weekday() != _SATURDAY:
        holidays.add(_observed(new_year))
    if year >= _JUNETEENTH_SINCE:
        holidays.add(_observed(dt.date(year, 6, 19)))
    return frozenset(holidays)


def _is_half_day(day: dt.date) -> bool:
    """Whether a day with a session closes at 13:00. Days that are closed altogether are not asked about."""
    if day in _EARLY_CLOSES or day == _thanksgiving(day.year) + _ONE_DAY or (day.month, day.day) == (12, 24):
        return True
    # Until 2012 a Fourth of July on a Thursday shortened the Friday after it, since then the Wednesday before it.
    fourth = dt.date(day.year, 7, 4)
    if fourth.weekday() == _THURSDAY and day.year < _HALF_DAY_BEFORE_A_THURSDAY_FOURTH_SINCE:
        return day == fourth + _ONE_DAY
    return day == fourth - _ONE_DAY


def _observed(holiday: dt.date) -> dt.date:
    """The weekday on which a holiday of a fixed date is kept."""
    if holiday.weekday() == _SATURDAY:
        return holiday - _ONE_DAY
    return holiday + _ONE_DAY if holiday.weekday() == _SUNDAY else holiday


def _thanksgiving(year: int) -> dt.date:
    return _nth_weekday(year, 11, _THURSDAY, 4)


def _nth_weekday(year: int, month: int, weekday: int, count: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (count - 1))


def _easter(year: int) -> dt.date:
    """Easter Sunday. Source: the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, chapter 8)."""
    golden = year % 19
    century, year_of_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon_drift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_drift + 15) % 30
    leap_years, year_rest = divmod(year_of_century, 4)
    to_sunday = (32 + 2 * century_rest + 2 * leap_years - epact - year_rest) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return dt.date(year, month, day + 1)


def _new_york(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, NEW_YORK).astimezone(dt.UTC)
