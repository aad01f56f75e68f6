"""What the simulated market's past and its calendar look like to those who ask recordings and imports elsewhere."""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from engine.core.calendar import NEW_YORK
from engine.market.events import EventCalendar, EventKind
from engine.market.iv_history import IvHistory, Volatilities
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
        self._calendar = lru_cache(maxsize=1)(self._calendar_until)

    def volatilities_on(self, day: dt.date) -> IvHistory:
        """30-day implied volatility of every name, of the sessions before `day`."""
        days, volatility = self._history.month_volatility(_midnight(day))
        return IvHistory({symbol: Volatilities(days, volatility[:, place]) for place, symbol in enumerate(SYMBOLS)})

    def events_on(self, day: dt.date) -> EventCalendar:
        """Earnings and ex-dividend days: all of them, from the first day of the history to years ahead of `day`."""
        return self._calendar(dt.date(day.year + YEARS_AHEAD - 1, 12, 31))

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


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), NEW_YORK)


def _columns(rows: Sequence[tuple[str, str] | tuple[str, str, dt.date]]) -> Columns:
    return {
        "symbol": np.array([row[0] for row in rows], dtype=np.str_),
        "kind": np.array([row[1] for row in rows], dtype=np.str_),
        "source": np.full(len(rows), SOURCE),
    }
