"""The sheets of a day from a ledger, with what its market knew then. Reads only, on any thread."""

import datetime as dt
from collections.abc import Iterable

from engine.core.calendar import Session, market_day, next_session, previous_session, session_on
from engine.core.errors import MindfolioError
from engine.core.expiries import last_session
from engine.core.money import from_float
from engine.domain.day_sheet import DaySheets, EndSheet, StartSheet
from engine.domain.events import Event, MindfolioCreated
from engine.domain.ports import Query
from engine.domain.records import Recorded
from engine.market.happenings import outlook
from engine.portfolio.day_sheets import EndGathering, Known, StartGathering, session_of
from engine.portfolio.walk import Onlooker, walk
from engine.runtime.markets import market_of, recordings_of
from engine.runtime.places import Places

Entries = Iterable[tuple[Recorded, Event]]

_MOMENT = dt.timedelta(microseconds=1)


class Memory:
    """What the ledger's own market knew: prices at an instant, and the days to come from a day on.

    It is asked by a sheet when the journal's first entry, which names the market, was gone through. Without recordings
    nothing is known.
    """

    def __init__(self, places: Places, day: dt.date, at: dt.datetime) -> None:
        self._places, self._day, self._at = places, day, at
        self._seed: int | None = None

    def before(self, _book: object, _entry: Recorded, event: Event) -> None:
        """An onlooker: the first entry names the seed."""
        if self._seed is None and isinstance(event, MindfolioCreated):
            self._seed = event.seed

    def after(self, *_what: object) -> None:
        """Nothing."""

    def __call__(self, symbols: frozenset[str]) -> Known:
        """Prices and days to come of some underlyings."""
        if not symbols or self._seed is None:
            return Known()
        try:
            market = market_of(recordings_of(self._places), self._seed, None)
        except MindfolioError:
            return Known()
        quoted = (each for each in market.feed.last_known(self._at) if each.symbol in symbols)
        prices = {each.symbol: from_float(each.spot) for each in quoted}
        events = market.events_on(self._day)
        return Known(
            {symbol: price for symbol, price in prices.items() if price is not None},
            {symbol: outlook(events, symbol, self._day) for symbol in symbols},
        )


def start_gathering(places: Places, day: dt.date, last: dt.datetime) -> tuple[StartGathering, Memory]:
    """What gathers the sheet before a day, and its memory, in a ledger whose last entry is of `last`.

    Raises MindfolioError for a day without a session.
    """
    memory = Memory(places, day, min(last, session_of(day).opens - _MOMENT))
    return StartGathering(day, memory), memory


def end_gathering(places: Places, day: dt.date, last: dt.datetime) -> tuple[EndGathering, Memory]:
    """The same of the sheet at a day's end."""
    session = session_of(day)
    memory = Memory(places, next_session(session.opens).day, min(last, session.closes))
    return EndGathering(day, memory), memory


def start_sheet(entries: Entries, places: Places, day: dt.date, last: dt.datetime) -> StartSheet:
    """What to know before a day. Raises MindfolioError for a day without a session."""
    gathering, memory = start_gathering(places, day, last)
    return gathering.sheet(walk(entries, [memory, gathering]))


def end_sheet(entries: Entries, places: Places, day: dt.date, last: dt.datetime) -> EndSheet:
    """What a day came to. Raises MindfolioError for a day without a session, or of which nothing is journaled."""
    gathering, memory = end_gathering(places, day, last)
    return gathering.sheet(walk(entries, [memory, gathering]))


def day_sheets(query: Query, day: dt.date | None, places: Places) -> DaySheets:
    """Both sheets of a day, None for that of the ledger's newest entry, from one walk through the journal.

    Raises MindfolioError for an empty ledger and a day without a session.
    """
    newest = query.entries(limit=1)
    if not newest:
        raise MindfolioError("the ledger is empty")
    last = newest[0].at
    session = session_of(day or last_session(market_day(last)).day)
    start, before = start_gathering(places, session.day, last)
    end, after = end_gathering(places, session.day, last)
    first = _First()
    onlookers: list[Onlooker] = [first, before, after, start, end]
    book = walk(query.journal(), onlookers)
    start_of = start.sheet(book)
    try:
        end_of = end.sheet(book)
    except MindfolioError:
        end_of = None  # nothing of the day is journaled yet
    earlier, later = previous_session(session.day).day, next_session(session.opens).day
    return DaySheets(
        day=session.day,
        earlier=earlier if first.day is not None and earlier >= first.day else None,
        later=later if later <= next_session(last).day else None,
        start=start_of,
        end=end_of,
        is_over=last >= session.closes,
    )


class _First:
    """An onlooker that remembers the day of the first session that an entry belongs to."""

    day: dt.date | None = None

    def before(self, _book: object, entry: Recorded, _event: Event) -> None:
        """The first entry."""
        if self.day is None:
            day = market_day(entry.at)
            session: Session | None = session_on(day)
            self.day = day if session is not None and entry.at < session.closes else next_session(entry.at).day

    def after(self, *_what: object) -> None:
        """Nothing."""
