"""When rows were quoted: the texts that vendors write, and the times of day that their dates stand for.

A vendor's date is that of a New York session; a day without one (a holiday copied forward) names no time.
"""

from __future__ import annotations

import datetime as dt

from engine.core.calendar import NEW_YORK, previous_session, session_on
from engine.core.clock import from_epoch_us
from engine.market.formats.layout import Clock

_DATE_PATTERNS = ("%m/%d/%Y", "%Y%m%d", "%d%b%Y", "%m-%d-%Y")
_FIRST_YEAR, _END_YEAR = 1973, 2200
_MINUTE = dt.timedelta(minutes=1)
END_OF_DAY = " eod"
"""After a date whose rows are those of the close although the vendor's usual time is another."""


def stamped(text: str) -> dt.datetime | None:
    """A time as savers write it: ISO with a space or T, offset as -0400 or -04:00. None when it is none."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if _FIRST_YEAR <= at.year < _END_YEAR else None


def new_york_time(text: str) -> dt.datetime | None:
    """A time without offset, which the vendor means as New York's."""
    at = stamped(text)
    return at if at is None or at.tzinfo is not None else at.replace(tzinfo=NEW_YORK)


def day_of(text: str) -> dt.date | None:
    """The date in a text that begins with one: ISO, month first, without separators, or 04JAN1996."""
    word = text.split(" ", 1)[0].split("T", 1)[0]
    try:
        day = dt.date.fromisoformat(word)
    except ValueError:
        for pattern in _DATE_PATTERNS:
            try:
                day = dt.datetime.strptime(word, pattern).date()  # noqa: DTZ007 - a date has no zone
            except ValueError:
                continue
            break
        else:
            return None
    return day if _FIRST_YEAR <= day.year < _END_YEAR else None


def before_close(minutes: int = 0) -> Clock:
    """Dates that stand for so many minutes before the close of their session, on half days too."""

    def clock(text: str) -> dt.datetime | dt.date | None:
        day = day_of(text)
        session = session_on(day) if day is not None else None
        return day if session is None else session.closes - minutes * _MINUTE

    return clock


def told_or_close(text: str) -> dt.datetime | dt.date | None:
    """A time of day where one stands there, New York's without an offset; else, as at midnight, the session's close."""
    at = new_york_time(text)
    return at if at is not None and at.time() != dt.time() else _AT_THE_CLOSE(text)


def cboe(text: str) -> dt.datetime | dt.date | None:
    """A quote of 15:45 New York, on half days of 12:45, or one of the close where it says so."""
    day = day_of(text)
    session = session_on(day) if day is not None else None
    if session is None:
        return day
    if text.endswith(END_OF_DAY):
        return session.closes
    return session.closes - 15 * _MINUTE


def last_close(text: str) -> dt.datetime | None:
    """Dates of the day of collecting: on a day without session the quotes are those of the session before."""
    day = day_of(text)
    if day is None:
        return None
    return (session_on(day) or previous_session(day)).closes


def aggregate_window(text: str) -> dt.datetime | dt.date | None:
    """The end of a window that begins at so many nanoseconds since 1970: of a day at New York's midnight, or a minute.

    What a window holds is known when it ends, not when it begins.
    """
    try:
        at = from_epoch_us(int(text) // 1000).astimezone(NEW_YORK)
    except (ValueError, OverflowError):
        return None
    if not _FIRST_YEAR <= at.year < _END_YEAR:
        return None
    if at.time() != dt.time():
        return at + _MINUTE
    session = session_on(at.date())
    return at.date() if session is None else session.closes


def minute_bar(text: str) -> dt.datetime | None:
    """The end of a minute bar: a date and the milliseconds from midnight in New York to its begin."""
    date, _, milliseconds = text.partition(" ")
    day = day_of(date)
    try:
        since_midnight = dt.timedelta(milliseconds=int(milliseconds))
    except (ValueError, OverflowError):
        return None
    if day is None or not dt.timedelta() <= since_midnight < dt.timedelta(days=1):
        return None
    return dt.datetime.combine(day, dt.time(), NEW_YORK) + since_midnight + _MINUTE


_AT_THE_CLOSE = before_close()
