"""The calendar of US equity options: sessions, half days, expiries. UTC outside, New York inside."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class Session:
    """One regular session: `day` in New York, `opens` and `closes` in UTC."""

    day: dt.date
    opens: dt.datetime
    closes: dt.datetime


def session_on(day: dt.date) -> Session | None:
    """The session of a New York date, None on weekends and holidays."""
    raise NotImplementedError


def session_at(at: dt.datetime) -> Session | None:
    """The session that is open at an instant (opens <= at < closes), None when the market is closed."""
    raise NotImplementedError


def next_session(after: dt.datetime) -> Session:
    """The first session that opens strictly after an instant."""
    raise NotImplementedError


def previous_session(day: dt.date) -> Session:
    """The last session before a New York date."""
    raise NotImplementedError


def market_day(at: dt.datetime) -> dt.date:
    """The New York date of an instant."""
    raise NotImplementedError


def days_to_expiry(at: dt.datetime, expiration: dt.date) -> int:
    """Calendar days from the New York date of `at` to `expiration`; negative once expired."""
    raise NotImplementedError


def expiry_at(expiration: dt.date) -> dt.datetime:
    """When contracts of an expiration date stop: that session's close (the previous session's on a day without)."""
    raise NotImplementedError


def years_to_expiry(at: dt.datetime, expiration: dt.date) -> float:
    """Calendar time to `expiry_at` in years of 365 days, never below 0."""
    raise NotImplementedError
