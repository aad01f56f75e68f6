"""What the event calendar says of an underlying's days to come, kept for the day on which it was asked."""

import datetime as dt
import math
from functools import lru_cache

import numpy as np

from engine.core.money import Money, from_float
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.market.events import EventCalendar, EventKind

_KEPT = 128
"""Answers of a day's symbols, which every position asks for at every quote, twice over; of days gone by nobody asks."""

_KINDS = {EventKind.EARNINGS: HappeningKind.EARNINGS, EventKind.EX_DIVIDEND: HappeningKind.EX_DIVIDEND}


@lru_cache(maxsize=_KEPT)
def next_dividend(events: EventCalendar, symbol: str, first: dt.date) -> Money | None:
    """What a share pays on its next ex-dividend day from `first` on, None when no day or no amount is known."""
    days = events.events(symbol, EventKind.EX_DIVIDEND)
    place = int(np.searchsorted(days.day, first.toordinal()))
    amount = float(days.value[place]) if place < days.day.size else math.nan
    return from_float(amount) if math.isfinite(amount) else None


@lru_cache(maxsize=_KEPT)
def outlook(events: EventCalendar, symbol: str, first: dt.date) -> Outlook:
    """Earnings and ex-dividend days from `first` on, and how far both are listed without a gap."""
    found = tuple(
        Happening(ours, day) for kind, ours in _KINDS.items() for day in events.known(symbol, kind, first, dt.date.max)
    )
    ends = [events.covered_until(symbol, kind, first) for kind in _KINDS]
    known = [end for end in ends if end is not None]
    return Outlook(found, min(known) if len(known) == len(ends) else None)
