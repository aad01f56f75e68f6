"""The paper broker: answers, parts of orders, shares and rolls."""

import datetime as dt

import numpy as np
import pytest

from engine.core.money import CENT, dollars
from engine.domain.account import ActivityKind, BrokerAccount, BrokerActivity
from engine.domain.broker_reports import BrokerAccepted, BrokerEnded, BrokerFilled, BrokerKnows, BrokerReplaced
from engine.domain.instrument import Right
from engine.domain.order import OrderPurpose, OrderStatus
from engine.domain.ports import ChainUpdate
from engine.domain.structure import Leg, Structure, StructureKind
from engine.execution.paper import PaperBroker, PaperRules
from engine.market.store import MarketStore
from tests.engine.execution.paper_world import (
    CLOSE,
    LEGS,
    NOW,
    SECOND,
    SHARE,
    Quotes,
    do,
    leg,
    new_york,
    one,
    order,
)

CASH = dollars(1_000_000)
MINUTE = dt.timedelta(minutes=1)


def sent(limit: str, order_id: str = "o1", seed: int = 7) -> PaperBroker:
    """A broker with one order on its way to it."""
    broker = PaperBroker(seed, CASH)
    broker.submit(order(limit, order_id), NOW)
    return broker


def test_a_question_is_answered_after_the_latency_with_every_fill_and_nothing_is_made_up() -> None:
    broker, quotes = sent("-1.85"), Quotes().set(NOW)
    filled = broker.poll(NOW + SECOND, quotes)[-1]
    assert isinstance(filled, BrokerFilled)
    broker.ask("o1", NOW + 5 * SECOND)
    broker.ask("o2", NOW + 5 * SECOND)
    assert broker.poll(NOW + 6 * SECOND - dt.timedelta(microseconds=1), quotes) == ()
    assert broker.poll(NOW + 6 * SECOND, quotes) == (
        BrokerKnows("o1", is_known=True, status=OrderStatus.FILLED, fills=(filled,), limit=dollars("-1.85")),
        BrokerKnows("o2", is_known=False, status=None),
    )


def test_a_new_limit_off_the_grid_is_refused_and_the_old_one_stands() -> None:
    broker, quotes = sent("-2.13"), Quotes().set(NOW)
    broker.poll(NOW + SECOND, quotes)
    broker.replace("o1", -18_501, NOW + SECOND)
    broker.replace("o9", -18_500, NOW + SECOND)
    assert broker.poll(NOW + 2 * SECOND, quotes) == (
        BrokerReplaced("o1", dollars("-2.13"), "limit -18501 (1/10,000 USD) is not in whole cents"),
        BrokerReplaced("o9", -18_500, "no such order"),
    )


def test_a_negative_latency_is_the_callers_fault() -> None:
    with pytest.raises(ValueError, match="latency"):
        PaperRules(latency=-SECOND)


def test_a_part_is_filled_by_a_draw_and_the_rest_waits_for_the_next_quote() -> None:
    broker = PaperBroker(7, CASH, rules=PaperRules(partial_pct=100))
    first = do(broker, order("-1.85", quantity=5), Quotes().set(NOW), NOW)[-1]
    assert isinstance(first, BrokerFilled)
    assert first.quantity == first.cumulative < 5
    assert broker.poll(NOW + 2 * SECOND, Quotes().set(NOW)) == ()
    fills = [first]
    for second in range(3, 20):
        fills += [
            each
            for each in broker.poll(NOW + second * SECOND, Quotes().set(NOW + second * SECOND))
            if isinstance(each, BrokerFilled)
        ]
    assert [fill.cumulative for fill in fills] == [sum(f.quantity for f in fills[: n + 1]) for n in range(len(fills))]
    assert fills[-1].cumulative == 5
    assert [fill.commission for fill in fills] == [fill.quantity * dollars("2.40") for fill in fills]


def test_what_is_left_of_a_partly_filled_order_is_cancelled_with_what_was_done() -> None:
    broker = PaperBroker(7, CASH, rules=PaperRules(partial_pct=100))
    first = do(broker, order("-1.85", quantity=5), Quotes().set(NOW), NOW)[-1]
    assert isinstance(first, BrokerFilled)
    broker.cancel("o1", NOW + 5 * SECOND)
    ended = BrokerEnded("o1", OrderStatus.CANCELLED, first.cumulative, "cancelled on request")
    assert broker.poll(NOW + 6 * SECOND, Quotes().set(NOW)) == (ended,)
    broker.ask_account(NOW + 6 * SECOND)
    (account,) = broker.poll(NOW + 7 * SECOND, Quotes().set(NOW))
    assert isinstance(account, BrokerAccount)
    assert account.positions == {each.contract.occ: each.ratio * first.cumulative for each in LEGS}
    assert account.working == ()


def test_shares_trade_alone_at_the_offer_and_without_commission() -> None:
    broker, quotes = PaperBroker(7, CASH), Quotes().at_price(NOW, 50)
    bought = do(broker, order("50.01", structure=SHARE, quantity=30), quotes, NOW)
    price = dollars("50.01")
    assert bought == [BrokerAccepted("o1"), BrokerFilled("o1", 30, price, (price,), 30, 0, 0)]
    sold = do(broker, order("-49.99", "o2", CLOSE, SHARE, 30), quotes, NOW + SECOND)
    assert sold[-1] == BrokerFilled("o2", 30, dollars("-49.99"), (dollars("49.99"),), 30, 0, 0)
    broker.ask_account(NOW + 2 * SECOND)
    (account,) = broker.poll(NOW + 3 * SECOND, quotes)
    assert isinstance(account, BrokerAccount)
    assert (account.positions, account.cash) == ({}, CASH - 30 * dollars("0.02"))


def test_a_roll_trades_as_it_stands() -> None:
    near, far = one("50", Right.PUT, -1), leg("50", Right.PUT, -1, "SPY", dt.date(2026, 5, 15))
    quotes = Quotes().at_price(NOW, 55).option(NOW, near.legs[0].contract, "0.10", "0.12")
    quotes.option(NOW, far.contract, "1.00", "1.04")
    broker = PaperBroker(7, CASH)
    do(broker, order("-0.10", structure=near, quantity=1), quotes, NOW)
    rolled = Structure(StructureKind.CALENDAR, (Leg(near.legs[0].contract, 1), far))
    report = do(broker, order("-0.88", "o2", OrderPurpose.ROLL, rolled, 1), quotes, NOW + SECOND)[-1]
    prices = (dollars("0.12"), dollars("1.00"))
    assert report == BrokerFilled("o2", 1, dollars("-0.88"), prices, 1, dollars("1.20"), 0)
    broker.ask_account(NOW + 2 * SECOND)
    (account,) = broker.poll(NOW + 3 * SECOND, quotes)
    assert isinstance(account, BrokerAccount)
    assert account.positions == {far.contract.occ: -1}
    # 0.10 and 0.88 a share came in, three contracts cost 0.60 each.
    assert account.cash == CASH + dollars("10.00") + dollars("88.00") - dollars("1.80")


@pytest.mark.parametrize("cents", [10_00, 43_995, 43_999, 44_000, 44_001, 44_005, 123_456, 612_345])
def test_the_closing_price_is_the_recorded_one_to_the_cent_over_the_real_market(cents: int) -> None:
    friday, spot = dt.date(2026, 4, 17), cents / 100
    now, close = new_york(friday, 15), new_york(friday, 16)
    held = one(440, Right.CALL, 1)
    market, contract = MarketStore(), held.legs[0].contract

    def update(at: dt.datetime) -> None:
        column = np.array([1.0])
        market.apply(
            ChainUpdate("SPY", at, spot, np.array([contract.key]), column, column + 0.02, column * 10, column * 500)
        )

    update(now)
    broker = PaperBroker(7, CASH)
    broker.submit(order("1.02", structure=held, quantity=1), now)
    assert isinstance(broker.poll(now + SECOND, market)[-1], BrokerFilled)
    update(close)
    assert broker.poll(close, market) == ()
    market.drop_expired(close + SECOND)
    assert broker.next_at() == new_york(dt.date(2026, 4, 18), 6)
    (told,) = broker.poll(new_york(dt.date(2026, 4, 18), 6), market)
    assert isinstance(told, BrokerActivity)
    assert told.price == cents * CENT
    assert told.kind is (ActivityKind.EXERCISED if cents > 44_000 else ActivityKind.EXPIRED)
