"""Orders at a day's quotes: what they trade at leg by leg, and when they do not."""

from dataclasses import replace

import numpy as np
import pytest

from engine.backtest.filling import DayQuotes, Fill, filled, order_of
from engine.core.money import Money, dollars
from engine.domain.order import Order, OrderPurpose
from engine.domain.quote import Quote
from engine.domain.structure import Structure, shares_of
from tests.engine.backtest.hand import MONDAY, crossing, day_of, option, structure

LOW, HIGH = option(95), option(100)
SPREAD = structure((LOW, 1), (HIGH, -1))
QUOTES = {LOW: (0.90, 1.10), HIGH: (2.00, 2.30)}
DAY = day_of(MONDAY, 100, QUOTES)


def at(price: str) -> Fill:
    """A fill model that always says one price."""

    def model(_package: Structure, _quotes: tuple[Quote | None, ...], _purpose: OrderPurpose) -> Money:
        return dollars(price)

    return model


def order(what: Structure, purpose: OrderPurpose = OrderPurpose.OPEN, quantity: int = 1) -> Order:
    """An order of the day."""
    return order_of("P000001", "alpha", what, quantity, purpose, DAY.now, "why")


def test_a_package_trades_at_the_models_price_and_its_legs_between_their_quotes() -> None:
    done = filled(order(SPREAD), DayQuotes(DAY), at("-1.00"))

    assert done is not None
    # natural is -0.90, mid -1.15: a dime better than natural, by 20 : 30 of the spreads
    assert (done.net_price, done.mid) == (dollars("-1.00"), dollars("-1.15"))
    assert [(trade.contract, trade.quantity, trade.price) for trade in done.trades] == [
        (LOW, 1, dollars("1.06")),
        (HIGH, -1, dollars("2.06")),
    ]


def test_a_price_that_no_legs_can_make_is_the_natural_one() -> None:
    done = filled(order(SPREAD), DayQuotes(DAY), at("-5.00"))

    assert done is not None
    assert done.net_price == dollars("-0.90")


def test_closing_never_pays_more_than_the_structure_can_ever_cost() -> None:
    wide = day_of(MONDAY, 80, {LOW: (14.0, 15.0), HIGH: (19.0, 20.5)})
    # the mid is 5.25, which no spread of 5 can be worth: these quotes are not believed
    assert filled(order(SPREAD, OrderPurpose.CLOSE), DayQuotes(wide), crossing) is None

    dear = day_of(MONDAY, 80, {LOW: (14.4, 15.4), HIGH: (19.0, 20.5)})
    done = filled(order(SPREAD, OrderPurpose.CLOSE), DayQuotes(dear), crossing)
    assert done is not None
    assert (done.mid, done.net_price) == (dollars("4.85"), dollars(5))


def test_a_model_that_does_not_fill_and_a_missing_leg_are_no_trade() -> None:
    assert filled(order(SPREAD), DayQuotes(DAY), lambda _package, _quotes, _purpose: None) is None
    assert filled(order(SPREAD), DayQuotes(day_of(MONDAY, 100, {LOW: (0.9, 1.1)})), crossing) is None


@pytest.mark.parametrize(("minutes", "is_quoted"), [(10, True), (11, False)])
def test_an_aged_quote_is_none(minutes: int, is_quoted: bool) -> None:
    aged = DAY.chain.quoted_at - minutes * 60_000_000
    day = replace(DAY, chain=replace(DAY.chain, quoted_at=np.array(aged)))

    assert (DayQuotes(day).quote(LOW) is not None) == is_quoted


@pytest.mark.parametrize(
    ("is_long", "purpose", "price", "count"),
    [
        (True, OrderPurpose.OPEN, "100.01", 30),
        (False, OrderPurpose.OPEN, "99.99", -30),
        (True, OrderPurpose.CLOSE, "99.99", -30),
        (False, OrderPurpose.CLOSE, "100.01", 30),
    ],
)
def test_shares_trade_at_the_natural_price(is_long: bool, purpose: OrderPurpose, price: str, count: int) -> None:
    done = filled(order(shares_of("SPY", is_long=is_long), purpose, 30), DayQuotes(DAY), crossing)

    assert done is not None
    assert [(trade.quantity, trade.price) for trade in done.trades] == [(count, dollars(price))]


def test_a_unit_of_a_hundred_shares_is_a_hundred_orders_of_one() -> None:
    made = order(Structure(shares_of("SPY").kind, (), 100, "SPY"), OrderPurpose.CLOSE, 2)

    assert (made.structure.shares, made.quantity) == (1, 200)


def test_no_price_of_the_underlying_is_no_quote_of_shares() -> None:
    assert DayQuotes(day_of(MONDAY, float("nan"), QUOTES, 100)).stock("SPY") is None
    assert DayQuotes(DAY).stock("SPY") == Quote(dollars("99.99"), dollars("100.01"), DAY.now)
