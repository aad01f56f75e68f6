"""IV ranks of today's markets, worked out where they are read: mostly on a worker's thread, once for each chain."""

import datetime as dt
import math
from collections.abc import Iterator, Mapping

from engine.analytics.month_volatility import month_volatility
from engine.analytics.volatility_rank import FEWEST_SESSIONS
from engine.core.calendar import market_day
from engine.domain.chain import Chain
from engine.domain.scan import IvRank
from engine.market.iv_history import IvHistory


class IvRanks:
    """Ranks against a history that does not change. May be asked from several threads: they find the same."""

    def __init__(self, history: IvHistory | None = None) -> None:
        self._history = history or IvHistory()
        self._found: dict[str, tuple[Chain, dt.date, IvRank]] = {}

    def rank(self, chain: Chain | None, symbol: str, day: dt.date) -> IvRank:
        """The rank on `day`; unknown with too short a history, and where the chain has no quotes of that day."""
        kept = self._found.get(symbol)
        if chain is not None and kept is not None and kept[0] is chain and kept[1] == day:
            return kept[2]
        found = self._worked_out(chain, symbol, day)
        if chain is not None:
            self._found[symbol] = (chain, day, found)
        return found

    def at(self, universe: tuple[str, ...], chains: Mapping[str, Chain], now: dt.datetime) -> Mapping[str, IvRank]:
        """The ranks of a universe in a market that does not change any more; each is worked out when it is read."""
        return _Ranks(self, universe, chains, market_day(now))

    def _worked_out(self, chain: Chain | None, symbol: str, day: dt.date) -> IvRank:
        # How many sessions there are costs nothing; today's volatility does.
        sessions = int(self._history.rank(symbol, math.nan, day).sessions[0])
        if sessions < FEWEST_SESSIONS or chain is None or market_day(chain.at) != day:
            return IvRank(None, sessions)
        percent = float(self._history.rank(symbol, month_volatility(chain, self._history.rate(day)), day).rank[0])
        return IvRank(round(percent, 1) if math.isfinite(percent) else None, sessions)


class _Ranks(Mapping[str, IvRank]):
    """One moment's ranks by symbol."""

    def __init__(self, ranks: IvRanks, universe: tuple[str, ...], chains: Mapping[str, Chain], day: dt.date) -> None:
        self._ranks, self._universe, self._chains, self._day = ranks, universe, chains, day

    def __getitem__(self, symbol: str) -> IvRank:
        if symbol not in self._universe:
            raise KeyError(symbol)
        return self._ranks.rank(self._chains.get(symbol), symbol, self._day)

    def __iter__(self) -> Iterator[str]:
        return iter(self._universe)

    def __len__(self) -> int:
        return len(self._universe)
