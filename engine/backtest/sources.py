"""Where a backtest's sessions come from: the simulated market's own quotes, or recorded chains."""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from threading import RLock

import numpy as np

from engine.backtest.days import Known, market_days, trimmed
from engine.backtest.modelled import modelled_chains
from engine.backtest.shelf import Shelf
from engine.backtest.source import ChainSource, MarketDay
from engine.core.calendar import previous_session, session_on
from engine.core.clock import from_epoch_us
from engine.core.money import Money, from_float
from engine.domain.chain import Floats, Ints
from engine.domain.ports import ChainUpdate
from engine.market.events import EventCalendar, EventKind, read_calendar
from engine.market.foresight import dividend_then, outlook_then
from engine.market.happenings import outlook
from engine.market.history import HistoryStore
from engine.market.iv_history import RATE, IvHistory, SessionSnapshot, read_iv_history, session_snapshots
from engine.market.pasts import NO_CLOSES, NO_EVENTS, Closes, read_closes
from engine.market.quality import repeats
from engine.market.simulated.history import SimulatedHistory
from engine.market.simulated.reference import SimulatedReference
from engine.market.simulated.universe import SYMBOLS

_AT_ONCE = 500
"""Sessions that are valued together."""

_YEAR = dt.timedelta(days=366)
_ONE_DAY = dt.timedelta(days=1)


def source_for(market: SimulatedHistory | Path, rate: float = RATE, shelf: Shelf | None = None) -> ChainSource:
    """The sessions of a simulated market's past, or of what is recorded below a folder.

    Chains are valued at `rate` (continuously compounded a year), which is the one to scan them with. A history that is
    given belongs to the source from then on. Raises HistoryFault for a damaged recording.
    """
    if isinstance(market, SimulatedHistory):
        return SimulatedChains(market, rate, shelf)
    return BestChains(RecordedChains(market, rate, shelf))


class KeptSource(ABC):
    """A `ChainSource` that reads each session once and keeps it. May be asked by several threads."""

    def __init__(self, rate: float, shelf: Shelf | None) -> None:
        self.rate = rate
        self._shelf = shelf or Shelf()
        self._lock = RLock()

    def days(self, symbol: str, first: dt.date, last: dt.date) -> Sequence[MarketDay]:
        """Sessions from `first` to `last`, both included, that have a chain; () for an unknown symbol."""
        sessions = _sessions(first, last)
        with self._lock:
            missing = self._shelf.missing(symbol, sessions)
            for part in _runs(missing):
                self._keep(symbol, part, self._read(symbol, part))
            return self._shelf.get(symbol, sessions)

    def _keep(self, symbol: str, sessions: tuple[dt.date, ...], updates: list[ChainUpdate]) -> None:
        """Keep what was read of some sessions."""
        # From the last one that is told, so that what a share paid in a gap is told once.
        earlier = self._shelf.get(symbol, _sessions(sessions[0] - _YEAR, sessions[0] - _ONE_DAY))
        before = earlier[-1].day if earlier else None
        found = market_days(updates, self.known(symbol, sessions[-1]), before, self.rate) if updates else []
        self._shelf.put(symbol, sessions, found)

    def chosen(self, symbol: str, first: dt.date, last: dt.date) -> ChainSource:  # noqa: ARG002 - there is no other
        """Itself."""
        return self

    def let_go(self) -> None:
        """Keep no session: what is asked for again is read again."""
        self._shelf.clear()

    def read_together(self, symbols: Collection[str], first: dt.date, last: dt.date) -> None:  # noqa: B027 - nothing
        """Nothing: what is recorded or modelled is read for each symbol by itself."""

    @abstractmethod
    def label(self, symbol: str, first: dt.date, last: dt.date, told: int) -> str:
        """What the prices were."""

    @abstractmethod
    def fingerprint(self, symbol: str, day: dt.date) -> str:
        """Changes when anything that is known of a symbol before a day changes."""

    @abstractmethod
    def _read(self, symbol: str, sessions: tuple[dt.date, ...]) -> list[ChainUpdate]:
        """The chain of each session that has one."""

    @abstractmethod
    def known(self, symbol: str, last: dt.date) -> Known:
        """What is told of a symbol until a day, its close included."""


class SimulatedChains(KeptSource):
    """Quotes of the simulated market a minute before each close, with their spreads and their faults."""

    def __init__(self, history: SimulatedHistory, rate: float = RATE, shelf: Shelf | None = None) -> None:
        """`history`: one that nobody else uses."""
        super().__init__(rate, shelf)
        self._history = history
        self._reference = SimulatedReference(history)
        self._volatilities_on = lru_cache(maxsize=2)(self._reference.volatilities_on)

    def label(self, symbol: str, first: dt.date, last: dt.date, told: int) -> str:  # noqa: ARG002 - of all symbols
        """End-of-day chains of the simulated market, and of how many sessions."""
        return _label("end-of-day chains of the simulated market", first, last, told)

    def fingerprint(self, symbol: str, day: dt.date) -> str:
        """The market, and the last session before the day."""
        return f"{symbol}, simulated market of {self._history.identity}, until {previous_session(day).day}"

    def read_together(self, symbols: Collection[str], first: dt.date, last: dt.date) -> None:
        """In a fraction of the time that name after name takes. All together should have room on the shelf."""
        sessions = _sessions(first, last)
        with self._lock:
            wanted = [each for each in symbols if each in SYMBOLS and self._shelf.missing(each, sessions)]
            for part in _runs(sessions):
                found: dict[str, list[ChainUpdate]] = {symbol: [] for symbol in wanted}
                for day in part:
                    for update in self._history.ends_of_day(wanted, day):
                        found[update.symbol].append(trimmed(update))
                for symbol, updates in found.items():
                    self._keep(symbol, part, updates)

    def _read(self, symbol: str, sessions: tuple[dt.date, ...]) -> list[ChainUpdate]:
        if symbol not in SYMBOLS:
            return []
        found = (self._history.end_of_day(symbol, day) for day in sessions)
        return [trimmed(update) for update in found if update is not None]

    def known(self, symbol: str, last: dt.date) -> Known:
        """Of a name of the market."""
        after = last + _ONE_DAY
        splits = [each for each in self._history.splits() if each.symbol == symbol]
        dividends = self._history.paid(_end_of(last))
        paid = [(each.ex_day, each.amount) for each in dividends if each.symbol == symbol]
        announced = [each for each in self._history.dividends(last + _YEAR) if each.symbol == symbol]
        parts = [(each.ex_day, each.part) for each in announced]
        return Known(
            closes=self._reference.closes_on(after).get(symbol, NO_CLOSES),
            volatilities=self._volatilities_on(after).of(symbol),
            splits=_events([(each.ex_day, float(each.ratio)) for each in splits]),
            dividends=_events([(day, amount / 10_000) for day, amount in paid]),
            outlook_on=lambda day: outlook(self._reference.events_on(day), symbol, day),
            next_dividend=partial(_part_of_spot, parts),
        )


class RecordedChains(KeptSource):
    """The last full snapshot in regular hours of each recorded session."""

    def __init__(self, root: Path, rate: float = RATE, shelf: Shelf | None = None) -> None:
        """`root`: where a history store keeps recordings. Raises HistoryFault for a damaged one."""
        super().__init__(rate, shelf)
        self._store = HistoryStore(root)
        self._calendar: EventCalendar = read_calendar(root)
        self._volatilities: IvHistory = read_iv_history(root)
        self._snapshots: dict[str, dict[dt.date, SessionSnapshot]] = {}
        for each in session_snapshots(root):
            self._snapshots.setdefault(each.symbol, {})[dt.date.fromordinal(each.day)] = each
        self._closes = lru_cache(maxsize=64)(self._read_closes)

    def label(self, symbol: str, first: dt.date, last: dt.date, told: int) -> str:  # noqa: ARG002 - of all symbols
        """Recorded chains, and of how many sessions."""
        return _label("recorded chains", first, last, told)

    def fingerprint(self, symbol: str, day: dt.date) -> str:
        """The symbol's snapshots before the day, its closes, volatilities and events."""
        ordinal = day.toordinal()
        known = self._volatilities.of(symbol)
        kept = [(each.at_us, each.rows) for each in self._snapshots.get(symbol, {}).values() if each.day < ordinal]
        with self._lock:
            past = self._closes(symbol).before(ordinal)
        digest = sha256(repr((self._store.fingerprint(), sorted(kept))).encode())
        for column in (
            past.day,
            past.close,
            *(column[known.day < ordinal] for column in (known.day, known.volatility)),
        ):
            digest.update(np.ascontiguousarray(column).tobytes())
        for kind in (EventKind.EARNINGS, EventKind.EX_DIVIDEND, EventKind.SPLIT):
            events = self._calendar.events(symbol, kind)
            digest.update(events.day.tobytes() + events.value.tobytes() + events.known.tobytes())
            digest.update(repr(self._calendar.spans(symbol, kind)).encode())
        return f"{symbol}, recording {digest.hexdigest()}, until {previous_session(day).day}"

    def _read(self, symbol: str, sessions: tuple[dt.date, ...]) -> list[ChainUpdate]:
        kept = self._snapshots.get(symbol, {})
        found = []
        for snapshot in (kept[day] for day in sessions if day in kept):
            update = self._store.read(symbol, from_epoch_us(snapshot.at_us))
            is_copy = snapshot.twin_us is not None and repeats(
                update, self._store.read(symbol, from_epoch_us(snapshot.twin_us))
            )
            if not is_copy:
                found.append(update)
        return found

    def known(self, symbol: str, last: dt.date) -> Known:  # noqa: ARG002 - all is known at once here
        """What was imported; of events to come each day is told what could be known then."""
        splits, dividends = (_valued(self._calendar, symbol, kind) for kind in (EventKind.SPLIT, EventKind.EX_DIVIDEND))
        return Known(
            closes=self._closes(symbol),
            volatilities=self._volatilities.of(symbol),
            splits=splits,
            dividends=dividends,
            outlook_on=lambda day: outlook_then(self._calendar, symbol, day),
            next_dividend=lambda day, _spot: dividend_then(self._calendar, symbol, day),
            tells_today=True,
        )

    def recorded_sessions(self, symbol: str, first: dt.date, last: dt.date) -> int:
        """How many sessions of a range were recorded."""
        return sum(first <= day <= last for day in self._snapshots.get(symbol, ()))

    def _read_closes(self, symbol: str) -> Closes:
        return read_closes(self._store.root, symbol, self._calendar)


class ModelledChains(KeptSource):
    """Chains made from the closes and volatilities that another source knows: see `modelled`."""

    def __init__(self, basis: KeptSource, shelf: Shelf | None = None) -> None:
        """`basis`: who knows the symbols' past; it keeps its own sessions, on another shelf."""
        super().__init__(basis.rate, shelf)
        self._basis = basis

    def label(self, symbol: str, first: dt.date, last: dt.date, told: int) -> str:
        """Modelled, from what, and of how many sessions."""
        known = self.known(symbol, last)
        days = known.volatilities.day[np.isfinite(known.volatilities.volatility)]
        count = np.count_nonzero((days >= first.toordinal()) & (days <= last.toordinal()))
        is_told = count * 2 >= len(_sessions(first, last))
        history = "price and IV history" if is_told else "price history, at realised volatility"
        return _label(f"modelled from {history}", first, last, told)

    def fingerprint(self, symbol: str, day: dt.date) -> str:
        """That of what it is modelled from."""
        return f"modelled, {self._basis.fingerprint(symbol, day)}"

    def _read(self, symbol: str, sessions: tuple[dt.date, ...]) -> list[ChainUpdate]:
        return modelled_chains(symbol, self.known(symbol, sessions[-1]), sessions, self.rate)

    def known(self, symbol: str, last: dt.date) -> Known:
        """What the basis knows. Adjusted closes have what splits and dividends did in them: then there are none."""
        known = self._basis.known(symbol, last)
        return known if known.closes.is_traded else replace(known, splits=NO_EVENTS, dividends=NO_EVENTS)


class BestChains:
    """Recorded chains where at least half of the sessions have one, else modelled ones."""

    def __init__(self, recorded: RecordedChains) -> None:
        self._recorded = recorded
        self._modelled = ModelledChains(recorded)

    def days(self, symbol: str, first: dt.date, last: dt.date) -> Sequence[MarketDay]:
        """Sessions from `first` to `last`, both included, that have a chain; () for an unknown symbol."""
        return self.chosen(symbol, first, last).days(symbol, first, last)

    def read_together(self, symbols: Collection[str], first: dt.date, last: dt.date) -> None:
        """Nothing: each symbol is read by itself."""

    def let_go(self) -> None:
        """Keep no session, recorded or modelled."""
        self._recorded.let_go()
        self._modelled.let_go()

    def label(self, symbol: str, first: dt.date, last: dt.date, told: int) -> str:
        """What the prices were, and of how many sessions."""
        return self.chosen(symbol, first, last).label(symbol, first, last, told)

    def fingerprint(self, symbol: str, day: dt.date) -> str:
        """That of the recording, which everything comes from."""
        return self._recorded.fingerprint(symbol, day)

    def chosen(self, symbol: str, first: dt.date, last: dt.date) -> KeptSource:
        """Never both: results from two kinds of prices are not of one series."""
        sessions = len(_sessions(first, last))
        recorded = self._recorded.recorded_sessions(symbol, first, last)
        if recorded * 2 >= sessions:
            return self._recorded
        closes = self._recorded.known(symbol, last).closes.day
        priced = np.count_nonzero((closes >= first.toordinal()) & (closes <= last.toordinal()))
        return self._modelled if priced > recorded else self._recorded


def _label(what: str, first: dt.date, last: dt.date, told: int) -> str:
    return f"{what} ({told} of {len(_sessions(first, last))} sessions)"


def _part_of_spot(parts: Sequence[tuple[dt.date, float]], day: dt.date, spot: float) -> Money | None:
    """What the next dividend after a day comes to at this spot: it is announced as a part of the price."""
    ahead = (part for ex_day, part in parts if ex_day > day)
    part = next(ahead, None)
    return None if part is None else from_float(part * spot)


def _valued(calendar: EventCalendar, symbol: str, kind: EventKind) -> tuple[Ints, Floats]:
    """Days and values of events whose value is known."""
    events = calendar.events(symbol, kind)
    is_known = np.isfinite(events.value)
    return events.day[is_known], events.value[is_known]


def _events(found: Sequence[tuple[dt.date, float]]) -> tuple[Ints, Floats]:
    days, values = [day.toordinal() for day, _ in found], [value for _, value in found]
    return np.array(days, dtype=np.int64), np.array(values, dtype=np.float64)


def _end_of(day: dt.date) -> dt.datetime:
    session = session_on(day) or previous_session(day)
    return session.closes


@lru_cache(maxsize=64)
def _sessions(first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    days = (dt.date.fromordinal(each) for each in range(first.toordinal(), last.toordinal() + 1))
    return tuple(day for day in days if session_on(day) is not None)


def _runs(sessions: tuple[dt.date, ...]) -> Iterator[tuple[dt.date, ...]]:
    """Sessions in runs without one missing between, none longer than what is valued together."""
    if not sessions:
        return
    place = {day: number for number, day in enumerate(_sessions(sessions[0], sessions[-1]))}
    for _, run in groupby(enumerate(sessions), key=lambda each: place[each[1]] - each[0]):
        days = tuple(day for _, day in run)
        for start in range(0, len(days), _AT_ONCE):
            yield days[start : start + _AT_ONCE]
