"""When a paper order trades, at what price, and how much of it.

Against each new quote of the package the market has one price of its own, hidden, evenly drawn between mid and a point
on the way to natural: `reach` of it. An order that offers as much trades, at its limit; at natural it always trades,
and at mid never. The reach grows with the number of legs and with the width of the quotes, so that the hidden price is
on average this much of the package's full spread (natural to natural) worse than mid, in tight quotes:

    legs     reach   mean     traders report
    1         12 %    3 %      2-4 %
    2         40 %   10 %      8-12 %
    3         58 %   14.5 %
    4         74 %   18.5 %   15-22 %

Quotes whose spreads are more than a tenth of their mids move the reach evenly towards the whole way, which they ask
for once they are as wide as they are dear.
"""

import datetime as dt
from dataclasses import dataclass
from hashlib import blake2b

from engine.core.clock import epoch_us
from engine.core.money import Money
from engine.domain.order import Order, OrderPurpose
from engine.domain.package import PackageQuote, package_quote, structure_quote
from engine.domain.ports import QuoteSource
from engine.domain.quote import Quote
from engine.domain.structure import Leg

_DRAW_BITS = 64
_REACH_PCT = {0: 12, 1: 12, 2: 40, 3: 58}
_REACH_OF_MORE_PCT = 74
_TIGHT_PCT = 10
_PCT = 100


@dataclass(frozen=True, slots=True)
class Market:
    """A package's quote with the quotes behind it, in the order of its legs; `at` is when the newest was made."""

    quotes: tuple[Quote, ...]
    package: PackageQuote
    at: dt.datetime


def draw(*question: object) -> int:
    """A number of 64 bits that belongs to the question alone: the same whenever it is asked."""
    text = "|".join(str(part) for part in question)
    return int.from_bytes(blake2b(text.encode(), digest_size=_DRAW_BITS // 8).digest())


def happens(percent: int, *question: object) -> bool:
    """Whether something of this chance happens: a draw."""
    return draw(*question) * _PCT < percent << _DRAW_BITS


def market_of(order: Order, source: QuoteSource) -> Market | None:
    """The quote of the package as the order would trade it, None when a leg has no good one."""
    structure = order.structure
    if not structure.legs:
        stock = source.stock(structure.symbol)
        package = structure_quote(structure, (stock,), order.purpose)
        return None if stock is None or package is None else Market((stock,), package, stock.at)
    found = tuple(source.quote(leg.contract) for leg in structure.legs)
    if order.purpose is OrderPurpose.OPEN:
        package = package_quote(structure.legs, found, OrderPurpose.OPEN)
    else:
        # Also in a roll a worthless wing goes along for nothing.
        package = package_quote(tuple(Leg(leg.contract, -leg.ratio) for leg in order.trades), found, OrderPurpose.CLOSE)
    quotes = tuple(quote for quote in found if quote is not None)
    return None if package is None else Market(quotes, package, max(quote.at for quote in quotes))


def reach_pct(market: Market, legs: int) -> int:
    """How far from mid to natural this market's own price may lie, in percent: 12 to 100."""
    least = _REACH_PCT.get(legs, _REACH_OF_MORE_PCT)
    spreads = sum((quote.ask or 0) - (quote.bid or 0) for quote in market.quotes)
    mids = sum((quote.ask or 0) + (quote.bid or 0) for quote in market.quotes) // 2
    wide = min(_PCT, spreads * _PCT // mids) if mids else _PCT
    return least + (_PCT - least) * max(0, wide - _TIGHT_PCT) // (_PCT - _TIGHT_PCT)


def price_of(seed: int, order: Order, limit: Money, market: Market) -> Money | None:
    """Where the package trades against this quote, None when it does not."""
    package = market.package
    if limit >= package.natural:
        return package.natural
    luck = draw(seed, order.order_id, epoch_us(package.at))
    # In integers: draw / 2**64 * reach < (limit - mid) / (natural - mid), which no limit up to mid can meet.
    reach = reach_pct(market, len(order.structure.legs))
    asked = luck * reach * (package.natural - package.mid)
    return limit if asked < (limit - package.mid) * _PCT << _DRAW_BITS else None


def part_of(seed: int, order: Order, remaining: int, market: Market, partial_pct: int) -> int:
    """How many of the remaining units this quote takes: all, or with `partial_pct` fewer."""
    question = (seed, order.order_id, epoch_us(market.package.at))
    if remaining == 1 or not happens(partial_pct, "partial", *question):
        return remaining
    return 1 + draw("part", *question) % (remaining - 1)


def leg_prices(order: Order, net_price: Money, market: Market) -> tuple[Money, ...] | None:
    """Price per share of each leg, in the structure's order, whose net as the order trades them is exactly `net_price`.

    What the package trades better than natural is shared among the legs in proportion to their bid-ask spreads, with
    whole units for each contract, so that every leg stays between its bid and its ask. None where the ratios let no
    such prices be.
    """
    if not order.structure.legs:
        return (abs(net_price),)
    trades, quotes = order.trades, market.quotes
    spreads = [(quote.ask or 0) - (quote.bid or 0) for quote in quotes]
    total = sum(abs(leg.ratio) * spread for leg, spread in zip(trades, spreads, strict=True))
    gain = market.package.natural - net_price
    shares = [0] * len(trades)
    passed = given = 0
    # Single contracts last, the widest of them at the end: they take what larger ratios cannot divide.
    for index in sorted(range(len(trades)), key=lambda i: (-abs(trades[i].ratio), spreads[i])):
        count = abs(trades[index].ratio)
        passed += count * spreads[index]
        shares[index] = ((gain * passed // total if total else 0) - given) // count
        given += shares[index] * count
        if not 0 <= shares[index] <= spreads[index]:
            return None
    if given != gain:
        return None
    return tuple(
        (quote.ask or 0) - share if leg.ratio > 0 else (quote.bid or 0) + share
        for leg, quote, share in zip(trades, quotes, shares, strict=True)
    )
