"""Each word of the broker goes to whom it concerns."""

from pathlib import Path

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import ActivityKind, BrokerAccount, BrokerActivity
from engine.domain.broker_reports import BrokerLegFilled
from engine.domain.order import OrderStatus
from tests.engine.runtime.scenes import MODULE, hear, quiet, working


def test_a_line_of_the_statement_is_booked(tmp_path: Path) -> None:
    rig = quiet(tmp_path)
    hear(rig, BrokerActivity(1, ActivityKind.FEE, rig.desk.now, "USD", 0, 0, -dollars("1.50")))
    (booked,) = rig.events(ev.CashBooked)
    assert isinstance(booked, ev.CashBooked)
    assert (booked.amount, booked.activity) == (-dollars("1.50"), 1)


def test_an_account_is_compared(tmp_path: Path) -> None:
    rig = quiet(tmp_path)
    hear(rig, BrokerAccount(rig.desk.now, {}, rig.desk.book.broker_cash, 0))
    assert len(rig.events(ev.AccountReconciled)) == 0, "it agreed before, and does so now"
    assert rig.desk.account is not None


def test_after_a_word_of_an_order_legs_out_of_ratio_are_noticed(tmp_path: Path) -> None:
    rig = working(tmp_path)
    hear(rig, BrokerLegFilled("O000001", (1, 0, 0, 0), (100, 0, 0, 0)))
    assert rig.desk.book.orders["O000001"].status is OrderStatus.LEGGED
    assert rig.desk.book.modules[MODULE].status.value == "PAUSED"
