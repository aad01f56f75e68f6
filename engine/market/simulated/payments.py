"""What shares of the simulated market pay: the stated part of the close before each ex-day, in money.

A dividend is known ahead as a part of the price. In money it is known at the close before its ex-day, which is when a
broker asks.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.core.calendar import session_on
from engine.core.money import Money, from_float
from engine.market.simulated.events import dividends
from engine.market.simulated.market import Market
from engine.market.simulated.universe import SYMBOLS

AHEAD = dt.timedelta(days=3653)
"""After the market's start, what shares pay is worked out; later they pay nothing."""


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that a share paid, in the shares of its ex-day."""

    symbol: str
    ex_day: dt.date
    amount: Money


def paid(market: Market, until: dt.date) -> tuple[Paid, ...]:
    """Payments of all ex-days after the first day of the history and until a day, by date and symbol."""
    first = market.first.day
    ordinals = [day for day in range(first.toordinal(), until.toordinal() + 1) if session_on(dt.date.fromordinal(day))]
    row = {day: number for number, day in enumerate(ordinals)}
    log_price = market.closes(until).log_price
    found = []
    for event in (event for year in range(first.year, until.year + 1) for event in dividends(market.seed, year)):
        if not first < event.ex_day <= until:
            continue
        name, ex_day = SYMBOLS.index(event.symbol), event.ex_day.toordinal()
        shares = market.shares_since(np.array([ex_day]))[0, name]
        dollars = np.exp(log_price[row[ex_day] - 1, name]) * shares * event.part
        found.append(Paid(event.symbol, event.ex_day, from_float(float(dollars)) or 0))
    return tuple(sorted(found, key=lambda each: (each.ex_day, each.symbol)))


class Payments(Mapping[str, tuple[tuple[dt.date, Money], ...]]):
    """By symbol: ex-days and amounts a share, for a broker. Worked out when first asked, in a quarter of a second."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def __getitem__(self, symbol: str) -> tuple[tuple[dt.date, Money], ...]:
        """What a share of a symbol pays. Raises KeyError for one that pays nothing."""
        return self._by_symbol[symbol]

    def __iter__(self) -> Iterator[str]:
        """Symbols that pay."""
        return iter(self._by_symbol)

    def __len__(self) -> int:
        """How many symbols pay."""
        return len(self._by_symbol)

    def __bool__(self) -> bool:
        """Some always pay: who asks only that does not have it all worked out."""
        return True

    @cached_property
    def _by_symbol(self) -> Mapping[str, tuple[tuple[dt.date, Money], ...]]:
        found: defaultdict[str, list[tuple[dt.date, Money]]] = defaultdict(list)
        for each in paid(self._market, self._market.start.day + AHEAD):
            found[each.symbol].append((each.ex_day, each.amount))
        return {symbol: tuple(payments) for symbol, payments in found.items()}
