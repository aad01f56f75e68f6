"""What somebody could have known, on a day of the past, of an underlying's days to come: what backtests may see.

An imported calendar is a list made in hindsight. Where it tells when an event became known (`known`), that counts, from
the day after. Where it does not, a confirmed day counts as known only so long before it as such days are always
announced, and further out what was usual takes its place: each event of a year ago is expected again 52 weeks after it.
Where the year before is not listed nothing is expected, and what lies further out is unknown. Beyond what was announced
"none" is never said, unless a list that is itself known since says so.
"""

import datetime as dt
import math

import numpy as np

from engine.core.money import Money, from_float
from engine.domain.chain import Ints
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.quote_flags import Flags
from engine.market.events import UNTOLD, EventCalendar, EventKind, Events

ANNOUNCED_DAYS = {EventKind.EARNINGS: 14, EventKind.EX_DIVIDEND: 7}
"""Calendar days before an event from which on it counts as known when nobody told since when it was.

Companies confirm the day of their earnings two to four weeks ahead. A dividend has to be announced ten days before its
record date (SEC rule 10b-17), which was up to three days after the ex-day.
"""

YEAR_DAYS = 364
"""52 weeks: the same weekday of the same week."""

EARLY_DAYS = 7
"""How much earlier than 52 weeks after the last one an event may come: from then on it is expected."""

LATE_DAYS = 21
"""How much later it may come, until nobody expects it any more; and how far off an event is still the one expected.

Where two of a year ago lie nearer to each other than twice this, half their distance.
"""

_KINDS = {EventKind.EARNINGS: HappeningKind.EARNINGS, EventKind.EX_DIVIDEND: HappeningKind.EX_DIVIDEND}


def outlook_then(events: EventCalendar, symbol: str, day: dt.date) -> Outlook:
    """Earnings and ex-dividend days from `day` on as they could be known, or were to be expected, on that day."""
    found: list[Happening] = []
    complete = []
    for kind, ours in _KINDS.items():
        listed, today = events.events(symbol, kind), day.toordinal()
        foreseen = events.foreseen_until(symbol, kind, day)
        announced = listed.day[_is_announced(listed, kind, today, foreseen)]
        found += [Happening(ours, dt.date.fromordinal(each)) for each in announced.tolist()]
        expected = _expected(np.append(listed.day[listed.day < today], announced), today)
        if foreseen is not None:  # a list that was there already tells more than habit
            expected = expected[expected > foreseen.toordinal()]
        found += [Happening(ours, dt.date.fromordinal(each), is_expected=True) for each in expected.tolist()]
        complete.append(_complete_to(events, symbol, kind, day, foreseen))
    known = [each for each in complete if each is not None]
    return Outlook(tuple(found), min(known) if len(known) == len(complete) else None)


def dividend_then(events: EventCalendar, symbol: str, day: dt.date) -> Money | None:
    """What a share pays on the first announced ex-dividend day after `day`, None when none or no amount is known."""
    listed, today = events.events(symbol, EventKind.EX_DIVIDEND), day.toordinal()
    foreseen = events.foreseen_until(symbol, EventKind.EX_DIVIDEND, day)
    is_ahead = _is_announced(listed, EventKind.EX_DIVIDEND, today, foreseen) & (listed.day > today)
    values = listed.value[is_ahead]
    return from_float(float(values[0])) if values.size and math.isfinite(float(values[0])) else None


def _is_announced(listed: Events, kind: EventKind, today: int, foreseen: dt.date | None) -> Flags:
    """Which events (n,) from today on were known before today.

    Of those that nobody told it of, the ones in a list that was there already, and those that are as near as usual.
    """
    listed_to = today if foreseen is None else foreseen.toordinal()
    is_usual = listed.day <= max(today + ANNOUNCED_DAYS[kind], listed_to)
    return (listed.day >= today) & np.where(listed.known == UNTOLD, is_usual, listed.known < today)


def _expected(seen: Ints, today: int) -> Ints:
    """From which days on (ordinals) events are to be expected, given those seen: past or announced, ascending."""
    again = seen + YEAR_DAYS
    gap = np.diff(seen, prepend=seen[:1] - 2 * LATE_DAYS, append=seen[-1:] + 2 * LATE_DAYS)
    reach = np.minimum(LATE_DAYS, np.minimum(gap[:-1], gap[1:]) // 2)
    is_open = (seen < today) & (again + reach >= today)
    again, reach = again[is_open], reach[is_open]
    place = np.searchsorted(seen, again - reach), np.searchsorted(seen, again + reach, side="right")
    has_come = place[1] > place[0]
    first: Ints = np.maximum(again - np.minimum(EARLY_DAYS, reach), today)
    expected: Ints = first[~has_come]
    return expected


def _complete_to(
    events: EventCalendar, symbol: str, kind: EventKind, day: dt.date, foreseen: dt.date | None
) -> dt.date | None:
    """The last day to which nothing was missing that was announced or had to be expected, None for not even today."""
    listed = events.covered_until(symbol, kind, day)
    if listed is None:
        return foreseen
    year_ago = day - dt.timedelta(days=YEAR_DAYS + LATE_DAYS)
    has_year = events.is_covered(symbol, kind, year_ago, day)
    ahead = YEAR_DAYS - EARLY_DAYS if has_year else ANNOUNCED_DAYS[kind]
    seen = min(listed, day + dt.timedelta(days=ahead))
    return seen if foreseen is None else max(seen, foreseen)
