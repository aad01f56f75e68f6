"""Orders of a backtest: filled at one day's quotes, or not at all."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from engine.backtest.source import MarketDay
from engine.core.money import Money, dollars, from_float
from engine.domain.instrument import OptionContract
from engine.domain.limits import Costs
from engine.domain.mindfolio import Waivers
from engine.domain.order import Order, OrderPurpose
from engine.domain.package import LadderRules, closing_limits
from engine.domain.quote import Quote, stock_quote
from engine.domain.structure import Structure
from engine.execution.paper_fills import Market, leg_prices, market_of
from engine.ledger.lots import Trade

Fill: TypeAlias = Callable[[Structure, tuple[Quote | None, ...], OrderPurpose], Money | None]
"""A fill model: what a package of options trades at, net a share, given its legs' quotes; None where it does not."""

AMPLE: Money = dollars(10_000_000)
"""What a module has at hand in a backtest: its evidence is by one contract, whatever its budget."""

MAX_AGE = dt.timedelta(minutes=10)
"""How old a quote may be at the day's instant to be traded or marked at: as long as a recorded snapshot stands."""

_LADDER = LadderRules()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a backtest trades on: costs, the fill model, the risk-free rate a year, and what its environment waives.

    `is_told`: whether somebody will read each trade's orders; without them a trade is only its result.
    """

    costs: Costs
    fill: Fill
    rate: float
    waivers: Waivers = field(default_factory=Waivers)
    is_told: bool = True


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled order: its trades, what it traded at and the mid then, net a share as the order trades them."""

    trades: tuple[Trade, ...]
    net_price: Money
    mid: Money


@dataclass(frozen=True, slots=True, eq=False)
class DayQuotes:
    """A QuoteSource over one day's chain: what is aged there has no quote."""

    day: MarketDay
    _kept: dict[OptionContract, Quote | None] = field(default_factory=dict)
    """Quotes that were asked for: marks, rules and orders of one day ask for the same ones."""

    def quote(self, contract: OptionContract) -> Quote | None:
        """The contract's quote of the day, None where it was not quoted."""
        if contract not in self._kept:
            quote = self.day.chain.quote(contract)
            self._kept[contract] = None if quote is None or quote.age(self.day.now) > MAX_AGE else quote
        return self._kept[contract]

    def stock(self, symbol: str) -> Quote | None:  # noqa: ARG002 - a chain is of one symbol
        """Shares around the chain's price of the underlying."""
        spot = from_float(self.day.chain.spot)
        return None if spot is None or spot <= 0 else stock_quote(spot, self.day.now)


def filled(order: Order, quotes: DayQuotes, fill: Fill) -> Filled | None:
    """Fill an order whole at the day's quotes; None where a leg has none, or where they cannot be true.

    Shares trade at the natural price. Nothing is closed for more than it can ever cost to be rid of.
    """
    market = market_of(order, quotes)
    if market is None:
        return None
    net = _price(order, market, quotes, fill)
    if net is None:
        return None
    prices = leg_prices(order, net, market)
    if prices is None:  # ratios that let no such prices be: then the whole spread is crossed
        net = market.package.natural
        prices = leg_prices(order, net, market)
    if prices is None:
        return None
    return Filled(_trades(order, prices), net, market.package.mid)


def _price(order: Order, market: Market, quotes: DayQuotes, fill: Fill) -> Money | None:
    structure = order.structure
    if not structure.legs:
        return market.package.natural
    net = fill(structure, tuple(quotes.quote(leg.contract) for leg in structure.legs), order.purpose)
    if net is None or order.purpose is not OrderPurpose.CLOSE:
        return net
    limits = closing_limits(structure, market.package, _LADDER)
    return None if limits is None else min(net, limits[1])


def _trades(order: Order, prices: tuple[Money, ...]) -> tuple[Trade, ...]:
    if not order.structure.legs:
        return (Trade(None, order.structure.shares * order.side * order.quantity, prices[0]),)
    legs = zip(order.trades, prices, strict=True)
    return tuple(Trade(leg.contract, leg.ratio * order.quantity, price) for leg, price in legs)


def order_of(
    position_id: str, module_id: str, structure: Structure, quantity: int, purpose: OrderPurpose, at: dt.datetime,
    why: str,
) -> Order:  # fmt: skip
    """An order of a backtest, which knows no budget, and so no hold."""
    return Order(
        order_id="",
        module_id=module_id,
        position_id=position_id,
        purpose=purpose,
        structure=structure if structure.legs else replace(structure, shares=1 if structure.shares > 0 else -1),
        quantity=quantity if structure.legs else quantity * abs(structure.shares),
        limit=0,
        worst=0,
        hold=0,
        created_at=at,
        why=why,
    )
