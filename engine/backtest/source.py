"""What a backtest walks over: one symbol's sessions, each with a chain and all that was known on that day."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.core.money import Money
from engine.domain.chain import Chain
from engine.domain.happening import Outlook
from engine.domain.scan import IvRank, Past


@dataclass(frozen=True, slots=True, eq=False)
class MarketDay:
    """One session of a symbol as it was known at `now`, the instant of its chain.

    `chain` is ready for `modules.board.board_of` without valuing anything again. `settlement` is the price of the
    underlying that options expiring on this day are exercised by (the 16:00 close), known only after `now`: nothing
    before the expiry of this day may look at it. `dividend` is what a share paid on this day, if it is an ex-day;
    `next_dividend` what is known to be paid on the next one. `split` is new shares for an old one since the session
    before. `past` ends with the session before.
    """

    day: dt.date
    now: dt.datetime
    chain: Chain
    settlement: Money
    iv_rank: IvRank
    outlook: Outlook
    past: Past
    dividend: Money = 0
    next_dividend: Money | None = None
    split: float = 1.0


class ChainSource(Protocol):
    """Where the chains of a backtest come from. May be asked by several threads."""

    def days(self, symbol: str, first: dt.date, last: dt.date) -> Sequence[MarketDay]:
        """Sessions from `first` to `last`, both included, that have a chain; () for an unknown symbol."""
        ...

    def chosen(self, symbol: str, first: dt.date, last: dt.date) -> "ChainSource":
        """The one that tells a symbol's sessions of a span, where there are several: of one series, whenever asked."""
        ...

    def read_together(self, symbols: Collection[str], first: dt.date, last: dt.date) -> None:
        """Make the sessions of several symbols ready, where that takes less time than one symbol after the other."""
        ...

    def let_go(self) -> None:
        """Keep nothing of what was read: what is asked for again is read again."""
        ...

    def label(self, symbol: str, first: dt.date, last: dt.date, told: int) -> str:
        """What the prices were, `told` of the span's sessions: "recorded chains (212 of 252 sessions)"."""
        ...

    def fingerprint(self, symbol: str, day: dt.date) -> str:
        """Changes when anything that is known of a symbol before a day changes."""
        ...
