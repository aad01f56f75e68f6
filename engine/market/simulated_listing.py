"""Which contracts the simulated exchange lists: weekly Fridays and monthlies, strikes around spot, none ever withdrawn.

What is listed of one expiration is a range of strikes on a fixed grid. Each morning the range grows to reach around
the new spot and never shrinks, so a contract that somebody holds is quoted until it expires.
"""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass

from engine.core.calendar import previous_session, session_on

LISTED_DAYS = 60
"""Weekly expirations reach this far; one monthly lies beyond."""

_FRIDAY = 4
_GRID = ((50, 50), (100, 100), (300, 250), (1_000, 500), (2_500, 1_000))
"""Strike distance in cents for spots below so many dollars; 25 dollars above the last."""
_WIDEST_GRID = 2_500
_REACH_OF_VOLATILITY, _SHORTEST_REACH, _LONGEST_REACH = 0.6, 0.10, 0.40


@dataclass(frozen=True, slots=True)
class Listing:
    """Strikes `lowest`, `lowest + grid` ... `highest` of one expiration, in cents."""

    expiration: dt.date
    lowest: int
    highest: int
    grid: int


def expirations(day: dt.date) -> tuple[dt.date, ...]:
    """Expirations that trade on a day, sorted; each is a session, the day before where a Friday is a holiday."""
    friday = day + dt.timedelta(days=(_FRIDAY - day.weekday()) % 7)
    fridays = []
    while friday <= day + dt.timedelta(days=LISTED_DAYS):
        fridays.append(friday)
        friday += dt.timedelta(days=7)
    while not is_monthly(friday):
        friday += dt.timedelta(days=7)
    trading_days = (_session_day(expiry) for expiry in (*fridays, friday))
    return tuple(expiry for expiry in trading_days if expiry >= day)


def is_monthly(expiration: dt.date) -> bool:
    """Whether it is the month's standard expiration: the third Friday, or the day before where that is a holiday."""
    friday = expiration + dt.timedelta(days=(_FRIDAY - expiration.weekday()) % 7)
    return 15 <= friday.day <= 21


def reach(volatility: float) -> float:
    """How far strikes are listed to either side, as a part of spot: shorts at 16 delta and their wings fit in."""
    return min(_LONGEST_REACH, max(_SHORTEST_REACH, _REACH_OF_VOLATILITY * volatility))


def listed(before: Iterable[Listing], day: dt.date, spot: float, volatility: float) -> tuple[Listing, ...]:
    """One symbol's listings on the morning of a day, from those of the session before."""
    known = {listing.expiration: listing for listing in before}
    return tuple(_around(known.get(expiry), expiry, spot, reach(volatility)) for expiry in expirations(day))


def _around(known: Listing | None, expiration: dt.date, spot: float, part: float) -> Listing:
    grid = known.grid if known is not None else _grid(spot)
    lowest = max(grid, math.floor(spot * (1 - part) * 100 / grid) * grid)
    highest = math.ceil(spot * (1 + part) * 100 / grid) * grid
    if known is not None:
        lowest, highest = min(lowest, known.lowest), max(highest, known.highest)
    return Listing(expiration, lowest, highest, grid)


def _grid(spot: float) -> int:
    return next((grid for below, grid in _GRID if spot < below), _WIDEST_GRID)


def _session_day(friday: dt.date) -> dt.date:
    return friday if session_on(friday) is not None else previous_session(friday).day
