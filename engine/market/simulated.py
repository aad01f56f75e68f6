"""The simulated market: five names, an option exchange and its own time, from one seed, without files or network."""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from engine.core.calendar import NEW_YORK, Session, market_day, next_session, previous_session, session_at, session_on
from engine.core.clock import as_utc
from engine.domain.chain import Floats
from engine.domain.ports import ChainUpdate
from engine.market.simulated_listing import Listing, listed
from engine.market.simulated_paths import UNDERLYINGS, PathState, SessionPath, opening_state, quote_times, walk
from engine.market.simulated_quotes import Book, open_book, quotes

DEFAULT_START = dt.date(2026, 1, 5)


@dataclass(frozen=True, slots=True, eq=False)
class _Morning:
    """What a session inherits: the market at the close before and the contracts that were listed then."""

    session: Session
    nights: int
    state: PathState
    listings: tuple[tuple[Listing, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Day:
    """A session worked out: its path and its listings. The path depends on the morning and the seed alone."""

    morning: _Morning
    path: SessionPath
    listings: tuple[tuple[Listing, ...], ...]


class SimulatedFeed:
    """A seeded market behind the Feed port. It never ends, and each read depends on (seed, start, step, at) alone.

    Quotes come at each session's open and every `step` after it; the last ones lie before the close (one step before
    it, where the step divides the session). Every contract that is listed is quoted each time until it expires.
    To be used from one thread; what it returns is fresh and belongs to the caller.
    """

    def __init__(self, seed: int, start: dt.date | None = None, step: dt.timedelta = dt.timedelta(seconds=60)) -> None:
        """`start`: the first New York date, or the next session's. Raises ValueError for seed < 0 or step <= 0."""
        if seed < 0:
            raise ValueError(f"seed {seed} is negative")
        if step <= dt.timedelta(0):
            raise ValueError(f"a step of {step} does not advance")
        self._seed = seed
        self._step = step
        day = DEFAULT_START if start is None else start
        first = session_on(day) or next_session(dt.datetime.combine(day, dt.time(), NEW_YORK))
        nothing_listed: tuple[tuple[Listing, ...], ...] = ((),) * len(UNDERLYINGS)
        # One entry a session is kept: a few kilobytes, so that no session is walked through twice.
        self._mornings = {first.day: _Morning(first, 0, opening_state(seed), nothing_listed)}
        self._newest = self._mornings[first.day]
        self._first = first
        self._day: _Day | None = None
        self._book: Book | None = None

    @property
    def symbols(self) -> tuple[str, ...]:
        """Underlyings that it quotes, sorted."""
        return tuple(underlying.symbol for underlying in UNDERLYINGS)

    @property
    def first_at(self) -> dt.datetime:
        """The open of the first session."""
        return self._first.opens

    def next_at(self, after: dt.datetime) -> dt.datetime:
        """When the next quotes after `after` are due; there are always some."""
        after = max(as_utc(after), self._first.opens - dt.timedelta(microseconds=1))
        session = session_at(after)
        if session is not None:
            due = session.opens + ((after - session.opens) // self._step + 1) * self._step
            if due < session.closes:
                return due
        return next_session(after).opens

    def read(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """The quotes due at `at`, one update a symbol. Raises ValueError for a time without quotes."""
        at = as_utc(at)
        session = session_at(at)
        if session is None or at < self._first.opens or (at - session.opens) % self._step:
            raise ValueError(f"the simulated market has no quotes at {at}")
        day, book = self._opened(session)
        row = (at - session.opens) // self._step
        return quotes(book, at, day.path.spot[row], day.path.variance[row])

    def last_known(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """The newest quotes at or before `at`; nothing before the first. One read holds all contracts that trade."""
        at = as_utc(at)
        if at < self._first.opens:
            return ()
        session = session_on(market_day(at))
        if session is None or at < session.opens:
            session = previous_session(market_day(at))
        row = min((at - session.opens) // self._step, quote_times(session, self._step) - 1)
        return self.read(session.opens + row * self._step)

    def _opened(self, session: Session) -> tuple[_Day, Book]:
        if self._day is None or self._book is None or self._day.morning.session.day != session.day:
            while self._newest.session.day < session.day:
                self._newest = self._after(self._worked_out(self._newest))
                self._mornings[self._newest.session.day] = self._newest
            day = self._worked_out(self._mornings[session.day])
            self._book = open_book(self._seed, session, day.listings, *_at_open(day.path))
            self._day = day
        return self._day, self._book

    def _worked_out(self, morning: _Morning) -> _Day:
        path = walk(self._seed, morning.state, morning.session, morning.nights, self._step)
        spot, variance = _at_open(path)
        listings = tuple(
            listed(before, morning.session.day, *here)
            for before, *here in zip(morning.listings, spot.tolist(), np.sqrt(variance).tolist(), strict=True)
        )
        return _Day(morning, path, listings)

    @staticmethod
    def _after(day: _Day) -> _Morning:
        session = next_session(day.morning.session.opens)
        nights = (session.day - day.morning.session.day).days
        return _Morning(session, nights, day.path.at_close, day.listings)


def _at_open(path: SessionPath) -> tuple[Floats, Floats]:
    return path.spot[0], path.variance[0]
