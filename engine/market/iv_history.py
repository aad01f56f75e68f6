"""The 30-day implied volatility of each symbol and session, made once from the recorded chains and kept beside them.

Of each session the last snapshot in regular hours counts, but for those with less than half as many contracts as the
session's largest: feeds that show only what changed have thin ones. What is kept says which snapshot it is of, so that
only what was imported since has to be worked out, and what was worked out with another interest rate than is known now.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, groupby
from pathlib import Path

import numpy as np

from engine.analytics.month_volatility import month_volatility
from engine.analytics.volatility_rank import SESSIONS, VolatilityRank, volatility_rank
from engine.core.calendar import market_day, previous_session
from engine.core.clock import from_epoch_us
from engine.core.expiries import is_regular
from engine.domain.chain import Floats, Ints
from engine.market.bars import Bars, Rates, read_rates
from engine.market.history import HistoryStore
from engine.market.history_files import read_manifest
from engine.market.quality import repeats
from engine.market.store import MarketStore
from engine.market.tables import editing, read_table

VOLATILITIES = "volatilities"

RATE = 0.04
"""Continuously compounded, a year, where no rates are imported. Forwards are implied, so that a percent more or less
moves the volatility of a full chain by hundredths of a point; of a sparse one by more."""

RATE_HOLDS = 400
"""Days for which the last imported rate is taken to be in force."""

_KEPT_AT_ONCE = 2_000

_READ = """
    select symbol, (day - date '1970-01-01')::bigint + 719163 as day, at_us, snapshot_rows, rate, volatility
    from rows order by symbol, day
"""
_FOUND = """
    create or replace temp table found_volatilities as
    select symbol, date '1970-01-01' + (day - 719163)::integer as day, at_us, snapshot_rows, rate,
           volatility, 'recorded chains' as source
    from (select unnest($symbol::varchar[]) as symbol, unnest($day::bigint[]) as day, unnest($at_us::bigint[]) as at_us,
                 unnest($rows::bigint[]) as snapshot_rows, unnest($rate::double[]) as rate,
                 unnest($volatility::double[]) as volatility)
"""


@dataclass(frozen=True, slots=True, eq=False)
class Volatilities:
    """One symbol's, arrays (n,): `day` (ordinals, ascending), volatility a year as decimals (NaN: a day tells none)."""

    day: Ints
    volatility: Floats


@dataclass(frozen=True, slots=True)
class VixCheck:
    """30-day volatility beside the VIX on the same days: percent points, and how they move together."""

    sessions: int
    correlation: float
    mean_difference: float
    """VIX less ours. The VIX counts the far strikes as well, which cost more: it lies above what is at the money."""


@dataclass(frozen=True, slots=True)
class SessionSnapshot:
    """The one that counts for a session: of New York's `day` (an ordinal), quoted at `at_us`, with so many `rows`."""

    symbol: str
    day: int
    at_us: int
    rows: int
    rate: float
    twin_us: int | None
    """The snapshot before it, where that has as many rows and may be the same."""


class IvHistory:
    """Past 30-day volatilities by symbol, and the interest rates that they were worked out with. Never changes."""

    def __init__(self, by_symbol: Mapping[str, Volatilities] | None = None, rates: Rates | None = None) -> None:
        self._by_symbol = dict(by_symbol or {})
        self._rates = rates

    def rate(self, day: dt.date) -> float:
        """The interest rate of a day, continuously compounded."""
        return _rate_on(self._rates, day.toordinal())

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols with at least one session, sorted."""
        return tuple(sorted(self._by_symbol))

    def of(self, symbol: str) -> Volatilities:
        """All that is known of a symbol."""
        return self._by_symbol.get(symbol, Volatilities(np.empty(0, dtype=np.int64), np.empty(0)))

    def before(self, symbol: str, day: dt.date) -> Floats:
        """Volatilities (252,) of the sessions before `day`, ascending; NaN where one is not known."""
        known, sessions = self.of(symbol), _sessions_before(day)
        place = np.searchsorted(known.day, sessions)
        found = np.full(sessions.size, np.nan)
        is_there = np.append(known.day, -1)[place] == sessions
        found[is_there] = known.volatility[place[is_there]]
        return found

    def rank(self, symbol: str, today: float, day: dt.date) -> VolatilityRank:
        """Where `today` stands among the sessions before `day`, arrays (1,)."""
        return volatility_rank(today, self.before(symbol, day))


def read_iv_history(root: Path) -> IvHistory:
    """What is kept below `root`. Raises HistoryFault for a damaged file."""
    columns, rates = read_table(root, VOLATILITIES, _READ), read_rates(root)
    if columns is None:
        return IvHistory(rates=rates)
    symbol, day = columns["symbol"].astype(str), columns["day"].astype(np.int64)
    volatility = columns["volatility"].astype(np.float64)
    names, starts = np.unique(symbol, return_index=True)
    ends = np.append(starts[1:], symbol.size)
    return IvHistory(
        {
            str(name): Volatilities(day[start:end], volatility[start:end])
            for name, start, end in zip(names, starts.tolist(), ends.tolist(), strict=True)
        },
        rates,
    )


def update_iv_history(history: HistoryStore, progress: Callable[[str], None]) -> int:
    """Work out what the recording holds and the table does not; returns the sessions that were.

    Raises ImportRefused when an import is running, HistoryFault when the recording is damaged.
    """
    waiting = _waiting(history.root)
    for first in range(0, len(waiting), _KEPT_AT_ONCE):
        part = waiting[first : first + _KEPT_AT_ONCE]
        progress(f"30-day volatilities: {first:,} of {len(waiting):,} sessions")
        volatility = [_volatility(history, snapshot) for snapshot in part]
        with editing(history.root) as editor:
            found = {
                "symbol": [each.symbol for each in part],
                "day": [each.day for each in part],
                "at_us": [each.at_us for each in part],
                "rows": [each.rows for each in part],
                "rate": [each.rate for each in part],
                "volatility": volatility,
            }
            editor.connection.execute(_FOUND, found)
            editor.merge(VOLATILITIES, "found_volatilities", ("symbol", "day"), newer_wins=True)
    return len(waiting)


def sessions_waiting(root: Path) -> int:
    """Recorded sessions whose volatility is not worked out yet: an import that was cut off, or an older program's."""
    return len(_waiting(root))


def vix_check(ours: Volatilities, vix: Bars) -> VixCheck | None:
    """Compare with the VIX's closes; None with fewer than three days that have both, or where one stands still."""
    _, mine, theirs = np.intersect1d(ours.day, vix.day, assume_unique=True, return_indices=True)
    points, index = 100 * ours.volatility[mine], vix.close[theirs]
    known = np.isfinite(points) & np.isfinite(index)
    points, index = points[known], index[known]
    if points.size < 3 or np.ptp(points) == 0 or np.ptp(index) == 0:
        return None
    return VixCheck(points.size, float(np.corrcoef(points, index)[0, 1]), float((index - points).mean()))


def _waiting(root: Path) -> list[SessionSnapshot]:
    """The snapshots whose volatility is not kept, by symbol and day."""
    columns = read_table(root, VOLATILITIES, _READ)
    kept: set[tuple[str, int, int, int, float]] = set()
    if columns is not None:
        keys = (columns[name].tolist() for name in ("symbol", "day", "at_us", "snapshot_rows", "rate"))
        kept = set(zip(*keys, strict=True))
    return [
        each
        for each in session_snapshots(root)
        if (each.symbol, each.day, each.at_us, each.rows, each.rate) not in kept
    ]


def session_snapshots(root: Path) -> Iterator[SessionSnapshot]:
    """Of each symbol and session the last snapshot in regular hours that is not a thin one."""
    rates = read_rates(root)
    for symbol, files in groupby(read_manifest(root).files, key=lambda file: file.symbol):
        regular: dict[int, list[SessionSnapshot]] = {}
        before: tuple[int, int] | None = None
        for instant, rows in chain.from_iterable(zip(file.instants, file.rows, strict=True) for file in files):
            at = from_epoch_us(instant)
            day = market_day(at)
            if is_regular(symbol, at, day):
                twin = before[0] if before is not None and before[1] == rows else None
                number = day.toordinal()
                found = SessionSnapshot(symbol, number, instant, rows, _rate_on(rates, number), twin)
                regular.setdefault(number, []).append(found)
            before = instant, rows
        for snapshots in regular.values():
            fewest = max(each.rows for each in snapshots) / 2
            yield next(each for each in reversed(snapshots) if each.rows >= fewest)


def _volatility(history: HistoryStore, snapshot: SessionSnapshot) -> float:
    """Of one snapshot; NaN for one that only repeats an earlier day."""
    update = history.read(snapshot.symbol, from_epoch_us(snapshot.at_us))
    if snapshot.twin_us is not None:
        before = history.read(snapshot.symbol, from_epoch_us(snapshot.twin_us))
        if repeats(update, before):
            return float("nan")
    return month_volatility(MarketStore().apply(update), snapshot.rate)


def _rate_on(rates: Rates | None, day: int) -> float:
    """The rate in force on a day (an ordinal), continuously compounded; where none is known, the usual one."""
    if rates is None or not rates.day.size or day - int(rates.day[-1]) > RATE_HOLDS:
        return RATE
    percent = rates.at(day)
    return RATE if math.isnan(percent) else round(math.log1p(percent / 100), 6)


@lru_cache(maxsize=64)
def _sessions_before(day: dt.date) -> Ints:
    """The ordinals of the last 252 sessions before a day, ascending."""
    found = []
    for _ in range(SESSIONS):
        day = previous_session(day).day
        found.append(day.toordinal())
    sessions = np.array(found[::-1], dtype=np.int64)
    sessions.setflags(write=False)
    return sessions
