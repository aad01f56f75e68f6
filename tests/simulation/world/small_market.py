"""A few names of the program's own simulated market in short windows of each session, with more faults than its own."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from engine.core.calendar import Session, market_day, next_session, previous_session, session_on
from engine.core.clock import epoch_us
from engine.domain.chain import Rows
from engine.domain.ports import ChainUpdate
from engine.domain.quote_flags import Flags
from engine.execution.paper_fills import happens
from engine.market.simulated.faults import mixed, salt, uniform
from engine.market.simulated.market import Market, Today
from engine.market.simulated.payments import Payments
from engine.market.simulated.universe import SYMBOLS as NAMES
from tests.simulation.world.knobs import QuoteKnobs

MINUTE = dt.timedelta(minutes=1)
EVERY = 2 * MINUTE
MORNING, EVENING = 9, 6
"""Quotes in the morning's window and in the evening's, every two minutes."""

LONGEST = 50
"""Days: contracts that end later are not shown, nor those far from the money: fewer rows, the same rules."""
FARTHEST = 0.16

_BY_CONTRACT = ("crossed", "no_bid", "no_sides", "wild", "absurd", "left_out")


@lru_cache(maxsize=32)
def market_of(seed: int, start: dt.date) -> Market:
    """The simulated market of a seed, worked out once a process."""
    session = session_on(start)
    assert session is not None
    return Market(seed, session)


@lru_cache(maxsize=32)
def payments_of(seed: int, start: dt.date) -> Payments:
    """What its shares pay."""
    return Payments(market_of(seed, start))


@lru_cache(maxsize=256)
def _today(seed: int, start: dt.date, day: dt.date, symbol: str) -> Today:
    session = session_on(day)
    assert session is not None
    return market_of(seed, start).today(session, np.array([NAMES.index(symbol)]))


@lru_cache(maxsize=8192)
def quotes_at(seed: int, start: dt.date, at: dt.datetime, symbol: str) -> ChainUpdate:
    """What the simulated market quotes of a name at an instant; nobody may change it."""
    day = market_day(at)
    (told,) = _today(seed, start, day, symbol).read(at)
    return _near(told, day)


def _near(update: ChainUpdate, day: dt.date) -> ChainUpdate:
    strike = (update.key & 0xFFFFFFFF) / 10_000
    ends = (update.key >> 33) - day.toordinal()
    kept = (ends <= LONGEST) & (np.abs(strike / update.spot - 1) <= FARTHEST)
    return _chosen(update, kept)


def _chosen(update: ChainUpdate, kept: Flags) -> ChainUpdate:
    columns = {name: getattr(update, name)[kept].copy() for name in ("key", "bid", "ask", "volume", "open_interest")}
    return replace(update, **columns)


class SmallFeed:
    """A Feed. What was spoiled follows from seed and instant alone, so that a restart reads the same again.

    `told` is all that this process has been shown, by symbol: what an independent reader looks quotes up in.
    """

    def __init__(
        self, seed: int, start: dt.date, symbols: tuple[str, ...], knobs: Callable[[], QuoteKnobs], fired: Counter[str]
    ) -> None:
        self.symbols = symbols
        self._seed, self._start, self._knobs, self._fired = seed, start, knobs, fired
        self._market = seed
        session = session_on(start)
        assert session is not None
        self.first_at = session.opens
        self.told: dict[str, list[ChainUpdate]] = {}

    def next_at(self, after: dt.datetime) -> dt.datetime | None:
        """The next instant of a window."""
        session = session_on(market_day(after))
        while True:
            if session is not None:
                for at in instants(session):
                    if at > after:
                        return at
            session = next_session(after if session is None else max(after, session.closes))

    def read(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """The quotes of an instant, spoiled."""
        updates: list[ChainUpdate] = []
        for number, symbol in enumerate(self.symbols):
            update = quotes_at(self._seed, self._start, at, symbol)
            found = self._spoiled(update, number)
            if found is not None:
                updates.append(found)
                self.told.setdefault(update.symbol, []).append(found)
            before = self._before(at)
            if before is not None and self._strikes("told_late", at, number):
                late = quotes_at(self._seed, self._start, before, symbol)
                updates.append(late)
                self.told.setdefault(symbol, []).append(late)
        return tuple(updates)

    def last_known(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """The newest two instants at or before `at`, oldest first."""
        if at < self.first_at:
            return ()
        last = self._last(at)
        before = self._before(last)
        return (*(() if before is None else self.read(before)), *self.read(last))

    def _last(self, at: dt.datetime) -> dt.datetime:
        session = session_on(market_day(at))
        if session is None or at < session.opens:
            session = previous_session(market_day(at))
        return max(each for each in instants(session) if each <= at)

    def _before(self, at: dt.datetime) -> dt.datetime | None:
        return None if at <= self.first_at else self._last(at - MINUTE)

    def _strikes(self, fault: str, at: dt.datetime, number: int) -> bool:
        chance = getattr(self._knobs(), fault)
        if not chance:
            return False
        struck = happens(chance, self._seed, fault, at, number)
        self._fired[fault.replace("_", " ")] += struck
        return struck

    def _spoiled(self, update: ChainUpdate, number: int) -> ChainUpdate | None:
        if self._strikes("chain_silent", update.at, number):
            return None
        spot = update.spot
        if self._strikes("ten_times", update.at, number):
            spot *= 10
        knobs = self._knobs()
        if not any(getattr(knobs, name) for name in _BY_CONTRACT):
            return replace(update, spot=spot) if spot != update.spot else update
        spoiled = replace(update, spot=spot, bid=update.bid.copy(), ask=update.ask.copy())
        kept = np.ones(update.key.size, dtype=np.bool_)
        for name in _BY_CONTRACT:
            drawn = uniform(mixed(update.key.astype(np.uint64) ^ salt(epoch_us(update.at) + hash_of(name))))
            rows = np.flatnonzero(drawn < getattr(knobs, name) / 100)
            self._fired[name.replace("_", " ")] += bool(rows.size)
            _spoil(spoiled, name, rows)
            if name == "left_out":
                kept[rows] = False
        return _chosen(spoiled, kept)


def _spoil(update: ChainUpdate, fault: str, rows: Rows) -> None:
    """Spoil some rows in place."""
    bid, ask = update.bid, update.ask
    match fault:
        case "crossed":
            bid[rows], ask[rows] = ask[rows], bid[rows]
        case "no_bid":
            bid[rows] = np.nan
        case "no_sides":
            bid[rows] = ask[rows] = np.nan
        case "wild":
            ask[rows] *= 10
        case "absurd":
            bid[rows], ask[rows] = -1.0, np.inf


def hash_of(name: str) -> int:
    """A number for a name, the same in every process."""
    return sum(name.encode())


@lru_cache(maxsize=64)
def instants(session: Session) -> tuple[dt.datetime, ...]:
    """When a session's quotes come: a while after its open, and the last minutes before its close."""
    morning = [session.opens + number * EVERY for number in range(MORNING)]
    evening = [session.closes - number * EVERY for number in range(EVENING, 0, -1)]
    return (*morning, *evening)


def next_window(after: dt.datetime) -> dt.datetime:
    """When the next window begins."""
    session = session_on(market_day(after))
    if session is not None:
        begins = (session.opens, session.closes - EVENING * EVERY)
        for at in begins:
            if at > after:
                return at
    return next_session(after if session is None else max(after, session.closes)).opens
