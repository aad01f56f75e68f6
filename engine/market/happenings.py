"""What the event calendar says of an underlying's days to come, kept as long as the calendar that was asked."""

import datetime as dt
import math
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from engine.core.money import Money, from_float
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.market.events import EventCalendar, EventKind

_KEPT = 128
"""Answers of a day's symbols, which every position asks for at every quote; of days gone by nobody asks."""

_KINDS = {EventKind.EARNINGS: HappeningKind.EARNINGS, EventKind.EX_DIVIDEND: HappeningKind.EX_DIVIDEND}

Told = TypeVar("Told")
_Asked = Callable[[EventCalendar, str, dt.date], Told]


def _kept(answer: _Asked[Told]) -> _Asked[Told]:
    """Give the same answer to the same question.

    Kept by its calendar and no longer: a page makes a calendar of its own each time, of thousands of events.
    """
    known: WeakKeyDictionary[EventCalendar, dict[tuple[str, dt.date], Told]] = WeakKeyDictionary()

    @wraps(answer)
    def asked(events: EventCalendar, symbol: str, first: dt.date) -> Told:
        told, key = known.setdefault(events, {}), (symbol, first)
        with suppress(KeyError):
            return told[key]
        found = answer(events, symbol, first)
        if len(told) >= _KEPT:
            told.clear()
        told[key] = found
        return found

    return asked


@_kept
def next_dividend(events: EventCalendar, symbol: str, first: dt.date) -> Money | None:
    """What a share pays on its next ex-dividend day from `first` on, None when no day or no amount is known."""
    days = events.events(symbol, EventKind.EX_DIVIDEND)
    place = int(np.searchsorted(days.day, first.toordinal()))
    amount = float(days.value[place]) if place < days.day.size else math.nan
    return from_float(amount) if math.isfinite(amount) else None


@_kept
def outlook(events: EventCalendar, symbol: str, first: dt.date) -> Outlook:
    """Earnings and ex-dividend days from `first` on, and how far both are listed without a gap."""
    found = tuple(
        Happening(ours, day) for kind, ours in _KINDS.items() for day in events.known(symbol, kind, first, dt.date.max)
    )
    ends = [events.covered_until(symbol, kind, first) for kind in _KINDS]
    known = [end for end in ends if end is not None]
    return Outlook(found, min(known) if len(known) == len(ends) else None)
