"""IV ranks of today's markets, worked out where they are read: mostly on a worker's thread, once for each chain."""

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping

from engine.analytics.month_volatility import month_volatility
from engine.analytics.volatility_rank import FEWEST_SESSIONS
from engine.core.calendar import market_day
from engine.domain.chain import Chain
from engine.domain.scan import IvRank
from engine.market.iv_history import IvHistory

HistoryOn = Callable[[dt.date], IvHistory]
"""What is known on a day of the sessions before it. Asked once a day, on the kernel's thread."""


class IvRanks:
    """Ranks of a market's symbols against their past. `at` is for one thread; what it gives may be read on any."""

    def __init__(self, history_on: HistoryOn | None = None) -> None:
        self._history_on = history_on
        self._history = IvHistory()
        self._day: dt.date | None = None
        self._found: dict[str, tuple[Chain, IvRank]] = {}
        """The newest of each symbol on this day. Threads that look at one chain find the same."""

    def at(self, universe: tuple[str, ...], chains: Mapping[str, Chain], now: dt.datetime) -> Mapping[str, IvRank]:
        """The ranks of a universe in a market that does not change any more; each is worked out when it is read.

        Unknown with too short a history, and where a chain has no quotes of the day.
        """
        day = market_day(now)
        if day != self._day:
            self._day, self._found = day, {}
            if self._history_on is not None:
                self._history = self._history_on(day)
        return _Ranks(universe, chains, day, self._history, self._found)


class _Ranks(Mapping[str, IvRank]):
    """One moment's ranks by symbol."""

    def __init__(
        self,
        universe: tuple[str, ...],
        chains: Mapping[str, Chain],
        day: dt.date,
        history: IvHistory,
        found: dict[str, tuple[Chain, IvRank]],
    ) -> None:
        self._universe, self._chains, self._day = universe, chains, day
        self._history, self._found = history, found

    def __getitem__(self, symbol: str) -> IvRank:
        if symbol not in self._universe:
            raise KeyError(symbol)
        chain, kept = self._chains.get(symbol), self._found.get(symbol)
        if chain is not None and kept is not None and kept[0] is chain:
            return kept[1]
        rank = self._worked_out(chain, symbol)
        if chain is not None:
            self._found[symbol] = (chain, rank)
        return rank

    def __iter__(self) -> Iterator[str]:
        return iter(self._universe)

    def __len__(self) -> int:
        return len(self._universe)

    def _worked_out(self, chain: Chain | None, symbol: str) -> IvRank:
        # How many sessions there are costs nothing; today's volatility does.
        sessions = int(self._history.rank(symbol, math.nan, self._day).sessions[0])
        if sessions < FEWEST_SESSIONS or chain is None or market_day(chain.at) != self._day:
            return IvRank(None, sessions)
        today = month_volatility(chain, self._history.rate(self._day))
        percent = float(self._history.rank(symbol, today, self._day).rank[0])
        return IvRank(round(percent, 1) if math.isfinite(percent) else None, sessions)
