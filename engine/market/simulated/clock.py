"""The clock by which the simulated market's variance runs: sessions count most, nights little, noon less than the open.

A year of this clock is a year of variance. Options are priced by it too, so that an expiration after a weekend or on
a half day costs what is going to happen until then, not what the calendar says.
"""

import datetime as dt
from functools import lru_cache

import numpy as np

from engine.core.calendar import Session, session_on
from engine.domain.chain import Floats, Ints

NIGHT = 0.3 / 365
"""Of a year's variance, what happens from one close to the next day's open, whether that day is a session or not."""

SESSION = 0.7 / 252
"""What happens in a full session."""

MINUTE = dt.timedelta(minutes=1)
_FULL_SESSION = 390
_SMILE_OF_THE_DAY = 1.5
"""Variance a minute at the open and the close over that at noon, less one."""


def minutes_of(session: Session) -> int:
    """Whole minutes of a session."""
    return (session.closes - session.opens) // MINUTE


def session_clock(session: Session) -> float:
    """What of a year's variance a session holds."""
    return SESSION * minutes_of(session) / _FULL_SESSION


@lru_cache(maxsize=8)
def shares(minutes: int) -> Floats:
    """Part of a session's variance that is over at each minute, (minutes + 1,), from 0 to 1."""
    middle = (np.arange(minutes) + 0.5) / minutes
    weight = 1.0 + _SMILE_OF_THE_DAY * (2 * middle - 1) ** 2
    passed: Floats = np.append(0.0, np.cumsum(weight) / weight.sum())
    passed.setflags(write=False)
    return passed


def between_closes(day: Ints, later: Ints) -> Floats:
    """Clock from the close of each day to the close of a later one, (n,), ordinals; negative for an earlier one."""
    if not day.size:
        return np.zeros(0)
    first, last = int(min(day.min(), later.min())), int(max(day.max(), later.max()))
    table, start = _table(dt.date.fromordinal(first).year, dt.date.fromordinal(last).year)
    passed: Floats = table[later - start] - table[day - start]
    return passed


@lru_cache(maxsize=64)
def _table(first: int, last: int) -> tuple[Floats, int]:
    """Clock at the close of each day of some years, and the ordinal of the first of them."""
    return np.cumsum(np.concatenate([_year(year) for year in range(first, last + 1)])), dt.date(first, 1, 1).toordinal()


@lru_cache(maxsize=256)
def _year(year: int) -> Floats:
    """Clock of each day of a year: the night before it and its session."""
    first, last = dt.date(year, 1, 1).toordinal(), dt.date(year, 12, 31).toordinal()
    sessions = [session_on(dt.date.fromordinal(ordinal)) for ordinal in range(first, last + 1)]
    return NIGHT + np.array([0.0 if session is None else session_clock(session) for session in sessions])
