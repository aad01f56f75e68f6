"""What the simulated market's past and its calendar look like to those who ask recordings and imports elsewhere."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from engine.core.calendar import NEW_YORK
from engine.core.money import UNIT
from engine.domain.chain import Floats, Ints
from engine.domain.scan import Past
from engine.market.events import EventCalendar, EventKind
from engine.market.iv_history import IvHistory, Volatilities
from engine.market.pasts import Closes
from engine.market.simulated.history import SimulatedHistory
from engine.market.simulated.universe import SYMBOLS
from engine.market.tables import Columns

SOURCE = "simulated market"

YEARS_AHEAD = 3
"""Calendar years, the running one among them, of which every event is told: longer than any contract lives."""

_EFFECT_WITHIN = dt.timedelta(days=7)
"""After news that come when the market is closed for the day, or for a holiday."""

_TOLD = (EventKind.EARNINGS, EventKind.EX_DIVIDEND)


class SimulatedReference:
    """Volatilities of past sessions, and events past and to come. To be used from one thread."""

    def __init__(self, history: SimulatedHistory) -> None:
        self._history = history
        # No cache around a method of its own: that would be a circle, and a market that nobody needs would stay.
        self._calendar: tuple[dt.date, EventCalendar] | None = None
        self._closes: tuple[dt.date, Mapping[str, Closes]] | None = None

    def volatilities_on(self, day: dt.date) -> IvHistory:
        """30-day implied volatility of every name, of the sessions before `day`."""
        days, volatility = self._history.month_volatility(_midnight(day))
        return IvHistory({symbol: Volatilities(days, volatility[:, place]) for place, symbol in enumerate(SYMBOLS)})

    def events_on(self, day: dt.date) -> EventCalendar:
        """Earnings and ex-dividend days: all of them, from the first day of the history to years ahead of `day`."""
        last = dt.date(day.year + YEARS_AHEAD - 1, 12, 31)
        if self._calendar is None or self._calendar[0] != last:
            self._calendar = last, self._calendar_until(last)
        return self._calendar[1]

    def closes_on(self, day: dt.date) -> Mapping[str, Closes]:
        """Daily closes of every name until the session before `day`, with its splits and dividends."""
        if self._closes is None or self._closes[0] != day:
            self._closes = day, self._closes_until(day)
        return self._closes[1]

    def pasts_on(self, day: dt.date) -> Mapping[str, Past]:
        """Daily closes of every name before `day`, adjusted as they were known on it."""
        return {symbol: closes.before(day.toordinal()) for symbol, closes in self.closes_on(day).items()}

    def _closes_until(self, day: dt.date) -> Mapping[str, Closes]:
        days, close = self._history.closes(_midnight(day))
        splits, paid = defaultdict[str, list[tuple[int, float]]](list), defaultdict[str, list[tuple[int, float]]](list)
        for split in self._history.splits():
            splits[split.symbol].append((split.ex_day.toordinal(), float(split.ratio)))
        for each in self._history.paid(_midnight(day)):
            paid[each.symbol].append((each.ex_day.toordinal(), each.amount / UNIT))
        return {
            symbol: Closes(days, close[:, place], _pairs(splits[symbol]), _pairs(paid[symbol]))
            for place, symbol in enumerate(SYMBOLS)
        }

    def _calendar_until(self, last: dt.date) -> EventCalendar:
        announced = [each for each in self._history.earnings(last + _EFFECT_WITHIN) if each.announced <= last]
        found = [(each.symbol, EventKind.EARNINGS.value, each.announced) for each in announced]
        found += [(each.symbol, EventKind.EX_DIVIDEND.value, each.ex_day) for each in self._history.dividends(last)]
        found.sort()
        spans = [(symbol, kind.value) for symbol in SYMBOLS for kind in sorted(_TOLD)]
        first = self._history.first_day.toordinal()
        return EventCalendar(
            _columns(found)
            | {"day": np.array([day.toordinal() for *_, day in found]), "value": np.full(len(found), np.nan)},
            _columns(spans) | {"first": np.full(len(spans), first + 1), "last": np.full(len(spans), last.toordinal())},
        )


def _pairs(found: Sequence[tuple[int, float]]) -> tuple[Ints, Floats]:
    days, values = [day for day, _ in found], [value for _, value in found]
    return np.array(days, dtype=np.int64), np.array(values, dtype=np.float64)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), NEW_YORK)


def _columns(rows: Sequence[tuple[str, str] | tuple[str, str, dt.date]]) -> Columns:
    return {
        "symbol": np.array([row[0] for row in rows], dtype=np.str_),
        "kind": np.array([row[1] for row in rows], dtype=np.str_),
        "source": np.full(len(rows), SOURCE),
    }
