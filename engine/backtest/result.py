"""What one backtest came to: its trades with every order, and the equity they made."""

import datetime as dt
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.evidence import BacktestTrade
from engine.domain.instrument import MULTIPLIER


@dataclass(frozen=True, slots=True)
class BacktestOrder:
    """One order of a backtest: `net_price` a share at which it was filled, `mid` at the time, `costs` in all.

    Prices are of what the order trades, a debit positive and a credit negative; `multiplier` is how many shares one of
    `quantity` stands for, 1 where shares alone are traded.
    """

    day: dt.date
    what: str
    why: str
    quantity: int
    net_price: Money
    mid: Money
    costs: Money
    multiplier: int = MULTIPLIER

    @property
    def crossing(self) -> Money:
        """What it cost that the order was not filled at mid; negative where the fill was the better one."""
        return (self.net_price - self.mid) * abs(self.quantity) * self.multiplier


@dataclass(frozen=True, slots=True)
class TracedTrade:
    """A trade with what was done in it: a lineage from its first opening until it was flat."""

    trade: BacktestTrade
    orders: tuple[BacktestOrder, ...]

    @property
    def crossing(self) -> Money:
        """What crossing the spread cost over all its orders."""
        return sum(order.crossing for order in self.orders)

    @property
    def costs(self) -> Money:
        """Commissions and fees of all its orders."""
        return sum(order.costs for order in self.orders)


@dataclass(frozen=True, slots=True)
class Backtest:
    """The outcome for one symbol. `equity` is the result so far at the end of each session, open trades at mid.

    `skips` counts the reasons for which the module opened nothing, most frequent first. `open_at_end` trades were not
    closed when the data ended: they are no trades of the statistics, and their result at mid is told apart.
    """

    symbol: str
    structure: str
    first: dt.date
    last: dt.date
    source: str
    trades: tuple[TracedTrade, ...]
    equity: tuple[tuple[dt.date, Money], ...]
    skips: tuple[tuple[str, int], ...]
    open_at_end: int = 0
    open_result: Money = 0
