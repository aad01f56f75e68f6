"""What the event calendar says of an underlying's days to come."""

import datetime as dt

from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.market.events import EventCalendar, EventKind

_KINDS = {EventKind.EARNINGS: HappeningKind.EARNINGS, EventKind.EX_DIVIDEND: HappeningKind.EX_DIVIDEND}


def outlook(events: EventCalendar, symbol: str, first: dt.date) -> Outlook:
    """Earnings and ex-dividend days from `first` on, and how far both are listed without a gap."""
    found = tuple(
        Happening(ours, day) for kind, ours in _KINDS.items() for day in events.known(symbol, kind, first, dt.date.max)
    )
    ends = [events.covered_until(symbol, kind, first) for kind in _KINDS]
    known = [end for end in ends if end is not None]
    return Outlook(found, min(known) if len(known) == len(ends) else None)
