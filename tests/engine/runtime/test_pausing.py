"""Pauses and stops: openings withdrawn largest first, approvals voided, exits and what is legged left alone."""

from pathlib import Path

import pytest

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerAccepted, BrokerLegFilled
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.notices import Alert
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.runtime import orders, pausing
from tests.engine.runtime.scenes import CONDOR, MODULE, OTHER, hear, hold, quiet, urgent, working
from tests.fakes import Rig

PRICES = ("0.40", "0.90", "1.00", "0.50")


def opening(rig: Rig, hold_: int, status: OrderStatus = OrderStatus.WORKING) -> str:
    """An opening of IV_SERVICE that holds so many dollars."""
    book = rig.desk.book
    order = Order(
        book.next_order_id, MODULE, book.next_position_id, OrderPurpose.OPEN, CONDOR, 1, -100, -100, dollars(hold_),
        rig.desk.now, "test",
    )  # fmt: skip
    rig.desk.record(ev.OrderIntended(order))
    if status is not OrderStatus.INTENT:
        rig.desk.after_commit(lambda: orders.send(rig.desk, order.order_id))
        rig.desk.commit()
        hear(rig, BrokerAccepted(order.order_id))
    return order.order_id


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """SPY at 100; cancels are never answered."""
    made = quiet(tmp_path)
    made.broker.on_cancel = lambda _: []
    return made


def cancelled(rig: Rig) -> list[str]:
    """What the broker was asked to cancel."""
    return [order_id for call, order_id in rig.broker.calls if call == "cancel"]


def test_the_largest_claim_is_withdrawn_first(rig: Rig) -> None:
    small, large, middle = opening(rig, 100), opening(rig, 900), opening(rig, 500)
    pausing.set_module_status(rig.desk, MODULE, ModuleStatus.PAUSED, "user", "lunch")
    rig.desk.commit()
    assert cancelled(rig) == [large, middle, small]
    assert rig.desk.book.held(MODULE) == dollars(1500), "until the broker's final word"


def test_an_intent_that_has_not_left_ends_at_once(rig: Rig) -> None:
    opening(rig, 100, OrderStatus.INTENT)
    pausing.set_module_status(rig.desk, MODULE, ModuleStatus.PAUSED, "user", "lunch")
    rig.desk.commit()
    assert (rig.desk.book.orders, cancelled(rig), rig.broker.submitted) == ({}, [], [])


def test_closings_and_what_is_legged_are_left_alone(rig: Rig) -> None:
    position = hold(rig, CONDOR, PRICES)
    legged = opening(rig, 100)
    hear(rig, BrokerLegFilled(legged, (0, -1, 0, 0), (0, 100, 0, 0)))
    book = rig.desk.book
    closing = Order(
        book.next_order_id, MODULE, position.position_id, OrderPurpose.CLOSE, CONDOR, 1, 100, 100, 0, rig.desk.now, "x"
    )
    rig.desk.record(ev.OrderIntended(closing))
    pausing.withdraw_all(rig.desk, "test")
    rig.desk.commit()
    assert cancelled(rig) == []


def test_a_legged_package_pauses_its_module_once(rig: Rig) -> None:
    legged = opening(rig, 100)
    hear(rig, BrokerLegFilled(legged, (0, -1, 0, 0), (0, 100, 0, 0)))
    hear(rig, BrokerLegFilled(legged, (1, -1, 0, 0), (0, 100, 0, 0)))
    assert urgent(rig, "is done in some legs only") == 1
    assert rig.desk.book.modules[OTHER].status is ModuleStatus.ACTIVE


def test_a_pause_of_everything_leaves_each_module_its_own_status(tmp_path: Path) -> None:
    rig = working(tmp_path)
    pausing.pause_mindfolio(rig.desk, "user", "holiday")
    rig.desk.commit()
    book = rig.desk.book
    assert (book.status, book.status_why) == (MindfolioStatus.PAUSED, "holiday")
    assert [module.status.value for module in book.modules.values()] == ["ACTIVE", "ACTIVE", "PAUSED"]
    assert (book.approvals, cancelled(rig)) == ({}, ["O000001"])
    assert not rig.desk.is_active(MODULE)


def test_a_stop_is_journaled_once(tmp_path: Path) -> None:
    rig = working(tmp_path)
    rig.desk.latch.set("button", "test")
    for _ in range(2):
        pausing.latch_stop(rig.desk, "button", "test")
        rig.desk.commit()
    assert len(rig.events(ev.EmergencyStopLatched)) == 1
    assert cancelled(rig) == ["O000001"]
    assert rig.desk.reconcile_at == rig.desk.now, "what is there is looked at"
    assert urgent(rig, "Emergency stop: test") == 1


def test_a_stop_of_several_modules_is_one_message_that_snapshots_go_on_telling(tmp_path: Path) -> None:
    rig = quiet(tmp_path)
    rig.publisher.notices.clear()
    pausing.latch_stop(rig.desk, "window button", "pressed")
    rig.desk.commit()
    told = [each for each in rig.publisher.notices if isinstance(each, Alert)]
    assert [(each.module_id, each.text, each.is_standing) for each in told] == [("", "Emergency stop: pressed", True)]
    assert {module.status for module in rig.desk.book.modules.values()} == {ModuleStatus.PAUSED}
