"""One simulated market over time: 18 months of history before its start and every day after, from one seed.

A day is worked out when it is asked for: its minutes, its contracts, its halts. Prices before a split are told as they
were then, in the shares of that time.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from engine.core.calendar import NEW_YORK, Session, next_session, session_on
from engine.domain.chain import Floats, Ints
from engine.domain.ports import ChainUpdate
from engine.market.simulated.clock import MINUTE
from engine.market.simulated.events import Split, splits
from engine.market.simulated.faults import Halts, halts
from engine.market.simulated.listing import LEAP_DAYS, listed
from engine.market.simulated.paths import Paths, PathState, on_the_cent, variance_of
from engine.market.simulated.quotes import Book, open_book, quotes
from engine.market.simulated.universe import COUNT, SYMBOLS

HISTORY_DAYS = 548
"""Calendar days of history before the first session that is quoted."""

ALL_NAMES: Ints = np.arange(COUNT)


@dataclass(frozen=True, slots=True, eq=False)
class Today:
    """A session worked out. Spot in dollars on the cent and log volatility over its mean, (minutes + 1, COUNT)."""

    session: Session
    spot: Floats
    log_volatility: Floats
    halts: Halts
    book: Book

    def read(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """The quotes of the book's names at an instant of the session."""
        minute = (at - self.session.opens) // MINUTE
        return quotes(self.book, at, self.spot[minute], self.log_volatility[minute], self.halts.halted(minute))


class Market:
    """Everything that can be known of a market of one seed. To be used from one thread."""

    def __init__(self, seed: int, start: Session, *, fair: bool = False) -> None:
        """`start`: the first session that is quoted; `fair`: options cost what is to be expected, shares earn the rate.

        Raises ValueError for seed < 0.
        """
        if seed < 0:
            raise ValueError(f"seed {seed} is negative")
        self.seed, self.start, self.fair = seed, start, fair
        before = start.day - dt.timedelta(days=HISTORY_DAYS)
        self.first = session_on(before) or next_session(dt.datetime.combine(before, dt.time(), NEW_YORK))
        self.splits: tuple[Split, ...] = splits(seed, self.first.day, start.day)
        self._paths = Paths(seed, self.first, start, fair=fair)

    def today(self, session: Session, names: Ints = ALL_NAMES) -> Today:
        """A session since the first of the history, with the contracts of some names."""
        spot, log_volatility = self.minutes(session)
        return Today(session, spot, log_volatility, halts(self.seed, session), self._book(session, names))

    def minutes(self, session: Session) -> tuple[Floats, Floats]:
        """Spot in dollars on the cent and log volatility over its mean at each minute, both (minutes + 1, COUNT)."""
        state = self._paths.minutes(session.day)
        factor = self.shares_since(np.array([session.day.toordinal()]))
        return on_the_cent(self._paths.price(state.log_price) * factor), state.log_volatility

    def closes(self, until: dt.date) -> PathState:
        """The state at the close of every session since the first and until a day, (d, COUNT), in today's shares."""
        return self._paths.closes(until)

    def shares_since(self, days: Ints) -> Floats:
        """What a share of each day has become by the start through splits, (d, COUNT)."""
        factor = np.ones((days.size, COUNT))
        for split in self.splits:
            factor[days < split.ex_day.toordinal(), SYMBOLS.index(split.symbol)] *= split.ratio
        return factor

    def _book(self, session: Session, names: Ints) -> Book:
        since = max(self.first.day, session.day - dt.timedelta(days=LEAP_DAYS))
        days, price, volatility = self._paths.opens(since, session.day)
        spot = on_the_cent(price * self.shares_since(days))
        whole = np.zeros(COUNT, dtype=np.int64)
        for split in self.splits:
            ex_day = split.ex_day.toordinal()
            if ex_day <= session.day.toordinal():
                whole[SYMBOLS.index(split.symbol)] = np.searchsorted(days, ex_day)
        listings = listed(session.day, names, days, spot, volatility, whole)
        variance = variance_of(self._paths.day(session.day).at_open.log_volatility)
        return open_book(self.seed, session, listings, spot[-1], variance, fair=self.fair)
