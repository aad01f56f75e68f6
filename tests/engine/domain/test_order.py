"""Orders: what remains, and what is held until the broker's final word."""

import datetime as dt
from dataclasses import replace

import pytest

from engine.core.money import dollars
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.structure import Leg
from tests.builders import condor, order

NOW = dt.datetime(2026, 3, 16, 19, 0, tzinfo=dt.UTC)
FINAL = {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED}


@pytest.mark.parametrize("status", OrderStatus)
def test_only_the_brokers_final_word_releases_the_hold(status: OrderStatus) -> None:
    made = order(quantity=3, filled=1, status=status)
    assert made.status.is_final is (status in FINAL)
    assert made.held == (0 if status in FINAL else 2 * made.hold)


def test_what_is_filled_is_no_longer_held() -> None:
    made = order(quantity=3, hold=dollars(882))
    assert [(order(quantity=3, hold=made.hold, filled=done).remaining) for done in range(4)] == [3, 2, 1, 0]
    assert [order(quantity=3, hold=made.hold, filled=done).held for done in range(4)] == [
        dollars(2646), dollars(1764), dollars(882), 0,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("purpose", "side", "adds_risk"),
    [(OrderPurpose.OPEN, 1, True), (OrderPurpose.CLOSE, -1, False), (OrderPurpose.ROLL, 1, True)],
)
def test_a_closing_trades_the_structure_in_reverse_and_alone_adds_no_risk(
    purpose: OrderPurpose, side: int, adds_risk: bool
) -> None:
    made = order(purpose=purpose)
    assert (made.side, made.adds_risk) == (side, adds_risk)
    assert made.trades == tuple(Leg(leg.contract, side * leg.ratio) for leg in condor().legs)


def test_an_order_begins_with_nothing_done_and_nothing_in_doubt() -> None:
    made = Order(
        "O1", "iv", "P1", OrderPurpose.OPEN, condor(), 3, dollars("-1.20"), dollars("-1.10"), dollars(882), NOW, "test"
    )
    assert (made.status, made.filled, made.steps, made.legs_done) == (OrderStatus.INTENT, 0, 0, ())
    assert (made.who, made.asked_limit, made.changed_at) == ("", None, None)
    assert (made.is_unsure, made.is_netted) == (False, False)
    assert made.remaining == 3


@pytest.mark.parametrize(
    ("who", "limit", "steps", "rests"),
    [
        ("user", "-1.10", 0, True),  # at the worst price that its person allowed, so there is nowhere to walk to
        ("user", "-1.09", 0, True),
        ("user", "-1.11", 0, False),
        ("user", "-1.10", 1, False),
        ("", "-1.10", 0, False),
    ],
)
def test_what_a_person_typed_rests_and_walks_no_ladder(who: str, limit: str, steps: int, rests: bool) -> None:
    made = replace(order(), who=who, limit=dollars(limit), worst=dollars("-1.10"), steps=steps)
    assert made.rests is rests
