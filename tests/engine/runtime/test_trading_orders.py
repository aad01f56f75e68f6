"""Orders on their way: the price ladder, cancels, and what a restart finds at a broker that outlived the process."""

import datetime as dt
from pathlib import Path

import pytest

from engine.domain import events as ev
from engine.domain.order import Order, OrderStatus
from engine.domain.ports import BrokerAccepted
from engine.runtime import trading
from tests.fakes import Rig, ScriptedBroker, chain_update, new_york


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """A market at 10:00 with one order of IV_SERVICE working."""
    return Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(12))]).run(until=new_york(10, 0, 2))


class TestTheLadder:
    def test_without_fresh_quotes_an_order_stays_at_its_price(self, tmp_path: Path) -> None:
        rig = Rig(tmp_path, [chain_update(new_york(10))]).run(until=new_york(10, 0, 2))
        (order,) = rig.desk.book.orders.values()
        rig.desk.clock.advance_to(new_york(10, 11))
        trading.reprice_due(rig.desk)
        rig.desk.commit()

        assert rig.desk.book.orders[order.order_id] == order
        assert ("replace", order.order_id) not in rig.broker.calls

    def test_an_opening_is_not_made_more_eager_once_the_stop_is_set(self, rig: Rig) -> None:
        rig.desk.clock.advance_to(new_york(10, 0, 6))
        rig.desk.latch.set("button", "test")
        trading.reprice_due(rig.desk)
        rig.desk.commit()

        assert rig.broker.limits == {}
        assert [call for call, _ in rig.broker.calls] == ["submit"]

    def test_a_cancel_is_asked_for_once_however_often_it_is_wanted(self, rig: Rig) -> None:
        rig.broker.on_cancel = lambda _: []
        for why in ("pause", "stop", "end of the ladder"):
            (order,) = rig.desk.book.orders.values()
            trading.request_cancel(rig.desk, order, why)
            rig.desk.commit()
        assert rig.broker.calls.count(("cancel", "O000001")) == 1
        asked = [
            event.why for event in rig.events(ev.OrderCancelRequested) if isinstance(event, ev.OrderCancelRequested)
        ]
        assert asked == ["pause"]

    def test_a_repeated_acknowledgement_is_journaled_once(self, rig: Rig) -> None:
        for _ in range(3):
            trading.on_report(rig.desk, BrokerAccepted("O000001"))
        rig.desk.commit()
        assert len(rig.events(ev.OrderAccepted)) == 1

    def test_an_order_without_an_acknowledgement_is_not_repriced(self, tmp_path: Path) -> None:
        broker = ScriptedBroker()
        broker.on_submit = lambda order: []
        Rig(tmp_path, [chain_update(new_york(10))], broker=broker).run(until=new_york(10, 1))
        assert [call for call, _ in broker.calls] == ["submit"]


class TestAfterARestart:
    """A broker that outlives the process still has the orders."""

    @staticmethod
    def restarted(rig: Rig) -> Rig:
        """The same ledger and the same broker with a new kernel."""
        rig.store.close()
        return Rig(rig.folder, rig.feed._updates, broker=rig.broker)

    def test_an_order_that_the_broker_still_has_keeps_its_hold_and_its_ladder(self, rig: Rig) -> None:
        (before,) = rig.desk.book.orders.values()
        again = self.restarted(rig)
        assert again.desk.book.orders == {before.order_id: before}
        again.run()
        assert ("replace", before.order_id) in again.broker.calls
        assert again.broker.calls.count(("submit", before.order_id)) == 1
        assert again.desk.book.orders == {}

    def test_an_order_that_left_just_before_the_crash_counts_as_sent(self, tmp_path: Path) -> None:
        class Dying(ScriptedBroker):
            def submit(self, order: Order, now: dt.datetime) -> None:
                super().submit(order, now)
                raise SystemExit("the power went out")

        rig = Rig(tmp_path, [chain_update(new_york(10))], broker=Dying())
        with pytest.raises(SystemExit):
            rig.run()
        rig.broker = ScriptedBroker()
        rig.broker.submitted = list(rig.desk.book.orders.values())

        again = self.restarted(rig)

        (order,) = again.desk.book.orders.values()
        assert order.status is OrderStatus.SENT
        trading.request_cancel(again.desk, order, "test")
        again.desk.commit()
        assert again.broker.calls == [("cancel", order.order_id)]
        assert again.desk.book.held("IV_SERVICE") > 0

    def test_a_cancel_that_may_not_have_left_is_asked_for_again(self, rig: Rig) -> None:
        (order,) = rig.desk.book.orders.values()
        rig.desk.record(ev.OrderCancelRequested(order.order_id, "test"))
        rig.desk.commit()

        again = self.restarted(rig)

        assert again.broker.calls[-1] == ("cancel", order.order_id)
