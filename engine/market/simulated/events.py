"""What is known ahead in the simulated market: earnings and dividends each quarter; and splits, which lie behind us.

All of it follows from the seed alone and can be told as a table.
Dividends are a set part of the price before them, so that a price that falls far does not pay more than it is worth.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.core.calendar import session_on
from engine.domain.chain import Floats, Ints
from engine.market.simulated.universe import COUNT, IS_FUND, SYMBOLS, UNDERLYINGS, column

_EARNINGS_STREAM, _DIVIDENDS_STREAM, _SPLITS_STREAM = 101, 102, 103
_NOBODY = np.zeros(COUNT)
_NOBODY.setflags(write=False)
_ONE_DAY = dt.timedelta(days=1)
_THIRD_FRIDAY_FROM, _FRIDAY = 15, 4

_SPLIT_CHANCE, _SPLIT_FROM_SPOT = 0.03, 150.0
_SPLIT_RATIOS = (2, 3, 4, 5, 10)
_SPLITS_END = dt.timedelta(days=60)
"""No split is as near to the first session: contracts that are quoted then were never adjusted."""


@dataclass(frozen=True, slots=True)
class Earnings:
    """An announcement. `effect` is the session that opens with the news; the announcement comes on `announced`."""

    symbol: str
    announced: dt.date
    before_open: bool
    effect: dt.date


@dataclass(frozen=True, slots=True)
class Dividend:
    """A cash dividend: who holds the share at the close before `ex_day` gets `part` of that close."""

    symbol: str
    ex_day: dt.date
    part: float


@dataclass(frozen=True, slots=True)
class Split:
    """`ratio` shares for one from the open of `ex_day`."""

    symbol: str
    ex_day: dt.date
    ratio: int


@lru_cache(maxsize=256)
def earnings(seed: int, year: int) -> tuple[Earnings, ...]:
    """Announcements of a year by name and date: two to six weeks after each quarter, near the same day every time."""
    fixed, (jitter,) = (
        _generator(seed, _EARNINGS_STREAM),
        _generator(seed, _EARNINGS_STREAM, year).integers(-3, 4, (1, COUNT, 4)),
    )
    offsets, mornings = fixed.integers(14, 42, COUNT), fixed.random(COUNT) < 0.45
    found = []
    for row in np.flatnonzero(~IS_FUND).tolist():
        for quarter, month in enumerate((1, 4, 7, 10)):
            days = int(offsets[row] + jitter[row, quarter])
            announced = _session_day(dt.date(year, month, 1) + dt.timedelta(days=days))
            before_open = bool(mornings[row])
            effect = announced if before_open else _session_day(announced + _ONE_DAY)
            found.append(Earnings(SYMBOLS[row], announced, before_open, effect))
    return tuple(found)


@lru_cache(maxsize=256)
def dividends(seed: int, year: int) -> tuple[Dividend, ...]:
    """Ex-days of a year by name and date. Funds pay after the third Friday of each quarter's last month."""
    generator = _generator(seed, _DIVIDENDS_STREAM)
    months, days = generator.integers(0, 3, COUNT), generator.integers(2, 27, COUNT)
    found = []
    for row, underlying in enumerate(UNDERLYINGS):
        if underlying.dividend_yield == 0:
            continue
        for quarter in range(4):
            if underlying.is_fund:
                ex_day = _session_day(_third_friday(year, 3 * quarter + 3) + 3 * _ONE_DAY)
            else:
                ex_day = _session_day(dt.date(year, 3 * quarter + int(months[row]) + 1, int(days[row])))
            found.append(Dividend(underlying.symbol, ex_day, underlying.dividend_yield / 4))
    return tuple(found)


@lru_cache(maxsize=64)
def splits(seed: int, first: dt.date, start: dt.date) -> tuple[Split, ...]:
    """Splits between the first day of the history and some weeks before the start: one or two companies, or none."""
    generator = _generator(seed, _SPLITS_STREAM)
    drawn, when, ratio = generator.random((3, COUNT))
    span = (start - _SPLITS_END - first).days
    found = []
    for row, underlying in enumerate(UNDERLYINGS):
        if underlying.is_fund or underlying.spot < _SPLIT_FROM_SPOT or drawn[row] >= _SPLIT_CHANCE or span <= 1:
            continue
        ex_day = _session_day(first + dt.timedelta(days=1 + int(when[row] * (span - 1))))
        found.append(Split(underlying.symbol, ex_day, _SPLIT_RATIOS[int(ratio[row] * len(_SPLIT_RATIOS))]))
    return tuple(sorted(found, key=lambda split: split.ex_day))


@dataclass(frozen=True, slots=True, eq=False)
class EventDays:
    """Ordinals of the sessions that open with each name's news or without its dividend, sorted: one array a name."""

    earnings: tuple[Ints, ...]
    dividends: tuple[Ints, ...]
    by_day: Mapping[int, tuple[Floats, Floats]]
    """The same by day, as flags (COUNT,)."""

    def earnings_until(self, name: Ints, day: Ints, later: Ints) -> Floats:
        """How many announcements take effect after a day's open and not after the open of a later day, (n,)."""
        return _counts(self.earnings, name, day, later)

    def dividends_until(self, name: Ints, day: Ints, later: Ints) -> Floats:
        """How many ex-days lie after a day and not after a later day, (n,)."""
        return _counts(self.dividends, name, day, later)

    def today(self, ordinal: int) -> tuple[Floats, Floats]:
        """Whether the session of a day opens with earnings, and whether without a dividend: 0 or 1, each (COUNT,)."""
        return self.by_day.get(ordinal, (_NOBODY, _NOBODY))


@lru_cache(maxsize=32)
def event_days(seed: int, first_year: int, last_year: int) -> EventDays:
    """The days of all events of some years."""
    news: list[list[int]] = [[] for _ in range(COUNT)]
    paid: list[list[int]] = [[] for _ in range(COUNT)]
    by_day: defaultdict[int, tuple[Floats, Floats]] = defaultdict(lambda: (np.zeros(COUNT), np.zeros(COUNT)))
    row = {symbol: number for number, symbol in enumerate(SYMBOLS)}
    for year in range(first_year, last_year + 1):
        for announcement in earnings(seed, year):
            news[row[announcement.symbol]].append(announcement.effect.toordinal())
            by_day[announcement.effect.toordinal()][0][row[announcement.symbol]] = 1.0
        for dividend in dividends(seed, year):
            paid[row[dividend.symbol]].append(dividend.ex_day.toordinal())
            by_day[dividend.ex_day.toordinal()][1][row[dividend.symbol]] = 1.0
    return EventDays(
        tuple(np.array(sorted(days), dtype=np.int64) for days in news),
        tuple(np.array(sorted(days), dtype=np.int64) for days in paid),
        dict(by_day),
    )


DIVIDEND_LOG = np.log1p(-column("dividend_yield") / 4)
"""Change of the log price on an ex-day, (COUNT,)."""

EARNINGS_VARIANCE = column("earnings_move") ** 2
"""Variance of the log price's move on earnings, (COUNT,)."""


def _counts(days: tuple[Ints, ...], name: Ints, day: Ints, later: Ints) -> Floats:
    counts = np.zeros(name.size)
    for number in np.unique(name).tolist():
        rows = name == number
        until, since = (np.searchsorted(days[number], edge[rows], side="right") for edge in (later, day))
        counts[rows] = until - since
    return counts


def _session_day(day: dt.date) -> dt.date:
    """The day itself where it is a session, else the next one."""
    while session_on(day) is None:
        day += _ONE_DAY
    return day


def _third_friday(year: int, month: int) -> dt.date:
    first = dt.date(year, month, _THIRD_FRIDAY_FROM)
    return first + dt.timedelta(days=(_FRIDAY - first.weekday()) % 7)


def _generator(seed: int, *streams: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *streams])))
