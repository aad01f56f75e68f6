"""A hand-written market for the paper broker, and orders to send into it."""

import datetime as dt
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from engine.core.money import CENT, Money, dollars
from engine.domain.broker_reports import BrokerReport
from engine.domain.instrument import OptionContract, Right
from engine.domain.order import Order, OrderPurpose
from engine.domain.ports import Broker
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure, StructureKind, shares_of

NEW_YORK = ZoneInfo("America/New_York")
SECOND = dt.timedelta(seconds=1)
NOW = dt.datetime(2026, 3, 16, 14, 0, tzinfo=NEW_YORK).astimezone(dt.UTC)
CLOSE_OF_DAY = dt.datetime(2026, 3, 16, 16, 0, tzinfo=NEW_YORK).astimezone(dt.UTC)
OPEN, CLOSE, ROLL = OrderPurpose.OPEN, OrderPurpose.CLOSE, OrderPurpose.ROLL
APRIL = dt.date(2026, 4, 17)


def new_york(day: dt.date, hour: int, minute: int = 0, second: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute, second), NEW_YORK).astimezone(dt.UTC)


def contract(strike: int | str, right: Right, symbol: str = "TSLA", expiration: dt.date = APRIL) -> OptionContract:
    return OptionContract(symbol, expiration, dollars(strike), right)


def leg(strike: int | str, right: Right, ratio: int, symbol: str = "TSLA", expiration: dt.date = APRIL) -> Leg:
    return Leg(contract(strike, right, symbol, expiration), ratio)


LEGS = (leg(240, Right.PUT, 1), leg(250, Right.PUT, -1), leg(270, Right.CALL, -1), leg(280, Right.CALL, 1))
CONDOR = Structure(StructureKind.IRON_CONDOR, LEGS)
CENTS = ((100, 110), (200, 220), (190, 200), (80, 95))
"""Bid and ask of the legs in cents: mid -2.125, natural -1.85 to open; mid 2.125, natural 2.40 to close."""


def one(strike: int | str, right: Right, ratio: int, symbol: str = "SPY", expiration: dt.date = APRIL) -> Structure:
    """One option alone, under its name."""
    names = {
        (Right.CALL, 1): StructureKind.LONG_CALL,
        (Right.CALL, -1): StructureKind.SHORT_CALL,
        (Right.PUT, 1): StructureKind.LONG_PUT,
        (Right.PUT, -1): StructureKind.SHORT_PUT,
    }
    return Structure(names[right, ratio], (leg(strike, right, ratio, symbol, expiration),))


SHARE = shares_of("SPY")
SHORT_SHARE = shares_of("SPY", is_long=False)


@dataclass
class Quotes:
    """A QuoteSource that knows what it was told; shares are quoted a cent to either side of their price."""

    known: dict[OptionContract, Quote] = field(default_factory=dict)
    stocks: dict[str, Quote] = field(default_factory=dict)

    def quote(self, contract: OptionContract) -> Quote | None:
        return self.known.get(contract)

    def stock(self, symbol: str) -> Quote | None:
        return self.stocks.get(symbol)

    def set(
        self, at: dt.datetime, cents: tuple[tuple[int, int], ...] = CENTS, legs: tuple[Leg, ...] = LEGS, spot: int = 260
    ) -> "Quotes":
        """Quotes of legs, and their underlying at `spot` dollars."""
        for each, (bid, ask) in zip(legs, cents, strict=True):
            self.known[each.contract] = Quote(bid * CENT, ask * CENT, at)
        return self.at_price(at, spot, legs[0].contract.underlying)

    def at_price(self, at: dt.datetime, price: int | str, symbol: str = "SPY") -> "Quotes":
        mid = dollars(price)
        self.stocks[symbol] = Quote(mid - CENT, mid + CENT, at)
        return self

    def option(self, at: dt.datetime, what: OptionContract, bid: str, ask: str) -> "Quotes":
        self.known[what] = Quote(dollars(bid), dollars(ask), at)
        return self


def order(
    limit: str,
    order_id: str = "o1",
    purpose: OrderPurpose = OPEN,
    structure: Structure = CONDOR,
    quantity: int = 2,
) -> Order:
    price: Money = dollars(limit)
    return Order(order_id, "iv", "p1", purpose, structure, quantity, price, price, 0, NOW, "test")


def run(broker: Broker, quotes: Quotes, until: dt.datetime) -> list[BrokerReport]:
    """All reports up to `until`, polling exactly when the broker says that something is due."""
    reports: list[BrokerReport] = []
    while (due := broker.next_at()) is not None and due <= until:
        reports += broker.poll(due, quotes)
    return reports


def do(broker: Broker, wanted: Order, quotes: Quotes, now: dt.datetime) -> list[BrokerReport]:
    """Send an order and hear what comes of it within a second."""
    broker.submit(wanted, now)
    return list(broker.poll(now + SECOND, quotes))


def at_limit(wanted: Order, limit: Money) -> Order:
    return replace(wanted, limit=limit)
