"""What the event calendar says of a trade's life: events, none, or that nobody knows."""

import datetime as dt

from engine.market.events import EventCalendar, EventKind
from engine.risk.facts import Happening, HappeningKind

_KINDS = {EventKind.EARNINGS: HappeningKind.EARNINGS, EventKind.EX_DIVIDEND: HappeningKind.EX_DIVIDEND}


def happenings(events: EventCalendar, symbol: str, first: dt.date, last: dt.date) -> tuple[Happening, ...] | None:
    """Earnings and ex-dividend days from `first` to `last`; () where the calendar says that there are none.

    None where it does not tell everything and knows of nothing: what is known counts, whatever else may come.
    """
    found = tuple(
        Happening(ours, day) for kind, ours in _KINDS.items() for day in events.known(symbol, kind, first, last)
    )
    if found:
        return found
    return () if all(events.is_covered(symbol, kind, first, last) for kind in _KINDS) else None
