"""Expirations of US options: which dates there are, when a class trades and when its contracts are settled.

Dates are those that contracts carry. Standard contracts carried the Saturday after the third Friday until January
2015; they stopped trading, and were settled, on the session before it. Sources: Cboe's and OCC's product rules; the
classes that trade fifteen minutes longer are those that exchanges and brokers agree on, any other one closes at 16:00.
"""

import calendar
import datetime as dt
from collections.abc import Iterator
from enum import StrEnum

from engine.core.calendar import Session, previous_session, session_on

SATURDAYS_UNTIL = dt.date(2015, 2, 1)
"""Standard contracts that expire before this day carry the date of a Saturday."""

_FRIDAY = 4
_ONE_DAY = dt.timedelta(days=1)
_LONGER = dt.timedelta(minutes=15)
_VOLATILITY_LEAD = dt.timedelta(days=30)

VOLATILITY_ROOTS = frozenset({"VIX", "VIXW"})
"""Settled on a Wednesday morning: thirty days before a Friday on which options of the S&P 500 expire."""

_MORNING_ROOTS = frozenset({"SPX", "NDX", "RUT", "DJX", "MNX"})
"""Their standard monthly contracts are settled at the opening, all others (SPXW and the like) at the close."""

INDEX_ROOTS = (
    _MORNING_ROOTS | VOLATILITY_ROOTS | frozenset({"SPXW", "NDXP", "RUTW", "MRUT", "XSP", "OEX", "XEO", "RVX"})
)
"""Options on an index, not on something that can be delivered."""

_LATE_FUNDS = frozenset(
    {
        *("DBA", "DBB", "DBC", "DBO", "DIA", "EEM", "EFA", "IWM", "IWN", "IWO", "IWV", "KBE", "KRE", "MDY", "MOO"),
        *("OEF", "QQQ", "SLX", "SPY", "SVXY", "UNG", "UUP", "UVXY", "VIXM", "VIXY", "VXX", "VXZ", "XHB", "XLB"),
        *("XLE", "XLF", "XLI", "XLK", "XLP", "XLU", "XLV", "XLY", "XME", "XRT"),
    }
)


class Settlement(StrEnum):
    """Which price of its last day a contract is settled at."""

    MORNING = "AM"
    CLOSE = "PM"


class ExpiryKind(StrEnum):
    """What an expiration date is; the first that applies."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    MONTH_END = "month-end"
    WEEKLY = "weekly"
    DAILY = "daily"


def monthly_expiration(year: int, month: int) -> dt.date:
    """The date of a month's standard contracts: the third Friday, the session before where it is a holiday.

    Before 2015 the Saturday after the third Friday, whatever the Friday.
    """
    friday = _third_friday(year, month)
    if friday < SATURDAYS_UNTIL:
        return friday + _ONE_DAY
    return last_session(friday).day


def volatility_expiration(year: int, month: int) -> dt.date:
    """The date of a month's standard VIX contracts, mostly a Wednesday.

    Thirty days before the third Friday of the month after it; the session before where either day is a holiday.
    """
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    day = last_session(_third_friday(following.year, following.month)).day - _VOLATILITY_LEAD
    return last_session(day).day


def month_end_expiration(year: int, month: int) -> dt.date:
    """The last session of a month, whose end-of-month contracts are quarterlies in March, June and so on."""
    return last_session(dt.date(year, month, calendar.monthrange(year, month)[1])).day


def weekly_expirations(first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    """The dates from `first` to `last` of what expires each week: Fridays, the session before where one is a holiday.

    The third of a month is its monthly; before 2015 that one carries the Saturday.
    """
    friday = first + dt.timedelta(days=(_FRIDAY - first.weekday()) % 7)
    days = []
    while friday <= last + 7 * _ONE_DAY:
        is_third = friday == _third_friday(friday.year, friday.month)
        days.append(monthly_expiration(friday.year, friday.month) if is_third else last_session(friday).day)
        friday += 7 * _ONE_DAY
    return tuple(day for day in days if first <= day <= last)


def monthly_expirations(first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    """The dates of standard contracts from `first` to `last`."""
    return tuple(day for month in _months(first, last) if first <= (day := monthly_expiration(*month)) <= last)


def month_end_expirations(first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    """The last sessions of the months from `first` to `last`."""
    return tuple(day for month in _months(first, last) if first <= (day := month_end_expiration(*month)) <= last)


def kind_of(expiration: dt.date) -> ExpiryKind:
    """What an expiration date of a stock, a fund or a stock index is."""
    day = last_session(expiration).day
    # Of a standard contract's Saturday the session is that of the Friday, or before it.
    if day == last_session(_third_friday(day.year, day.month)).day:
        return ExpiryKind.MONTHLY
    if day == month_end_expiration(day.year, day.month):
        return ExpiryKind.QUARTERLY if day.month % 3 == 0 else ExpiryKind.MONTH_END
    friday = day + dt.timedelta(days=(_FRIDAY - day.weekday()) % 7)
    return ExpiryKind.WEEKLY if last_session(friday).day == day else ExpiryKind.DAILY


def last_session(day: dt.date) -> Session:
    """The session of a date, or the one before a date without: contracts of a Saturday are settled on the Friday."""
    return session_on(day) or previous_session(day)


def settlement(root: str, expiration: dt.date) -> Settlement:
    """Whether contracts of a root are settled at the opening or the close of their last day.

    Vendors write SPX for SPXW too: of the roots with both, the standard monthly date tells.
    """
    if root in VOLATILITY_ROOTS:
        return Settlement.MORNING
    is_morning = root in _MORNING_ROOTS and kind_of(expiration) is ExpiryKind.MONTHLY
    return Settlement.MORNING if is_morning else Settlement.CLOSE


def settled_at(root: str, expiration: dt.date) -> dt.datetime:
    """When the price that contracts are settled at is made: the opening or the close of their last day."""
    session = last_session(expiration)
    return session.opens if settlement(root, expiration) is Settlement.MORNING else session.closes


def last_trade_at(root: str, expiration: dt.date) -> dt.datetime:
    """When contracts stop trading: in the session before where the opening settles them.

    On its last day an index option that the close settles trades until that close, not a quarter of an hour longer.
    """
    session = last_session(expiration)
    if settlement(root, expiration) is Settlement.MORNING:
        return _closes(root, previous_session(session.day))
    return session.closes if root in INDEX_ROOTS else _closes(root, session)


def ended_at(root: str, expiration: dt.date) -> dt.datetime:
    """When nobody can quote contracts any more: they have stopped trading, and what settles them is known."""
    return max(last_trade_at(root, expiration), settled_at(root, expiration))


def trades_late(root: str) -> bool:
    """Whether a class trades until 16:15 New York (13:15 on half days)."""
    return root in INDEX_ROOTS or root in _LATE_FUNDS


def is_regular(root: str, at: dt.datetime, day: dt.date) -> bool:
    """Whether an instant of the New York date `day` lies in the regular hours of a class, its close included.

    The close itself counts: quotes of the end of a day are stamped with it.
    """
    session = session_on(day)
    return session is not None and session.opens <= at <= _closes(root, session)


def _closes(root: str, session: Session) -> dt.datetime:
    return session.closes + _LONGER if trades_late(root) else session.closes


def _third_friday(year: int, month: int) -> dt.date:
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(_FRIDAY - first.weekday()) % 7 + 14)


def _months(first: dt.date, last: dt.date) -> Iterator[tuple[int, int]]:
    """Every month with a day from `first` to `last`."""
    number, end = first.year * 12 + first.month - 1, last.year * 12 + last.month
    yield from ((each // 12, each % 12 + 1) for each in range(number, end))
