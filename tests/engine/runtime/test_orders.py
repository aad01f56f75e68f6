"""Orders on their way: the price ladder, cancels, and what a restart finds at a broker that outlived the process."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.errors import NotSent
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerAccepted, BrokerEnded, BrokerKnows, BrokerReplaced
from engine.domain.order import Order, OrderStatus
from engine.runtime import orders, reports
from tests.engine.runtime.scenes import give, hear, hold, later, made_of, put
from tests.fakes import Rig, ScriptedBroker, chain_update, filled, new_york


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """A market at 10:00 with one order of IV_SERVICE working."""
    return Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(12))]).run(until=new_york(10, 0, 2))


class TestTheLadder:
    def test_without_fresh_quotes_an_order_stays_at_its_price(self, tmp_path: Path) -> None:
        rig = Rig(tmp_path, [chain_update(new_york(10))]).run(until=new_york(10, 0, 2))
        (order,) = rig.desk.book.orders.values()
        rig.desk.clock.advance_to(new_york(10, 11))
        orders.work_due(rig.desk)
        rig.desk.commit()

        assert rig.desk.book.orders[order.order_id] == order
        assert ("replace", order.order_id) not in rig.broker.calls

    def test_a_ladder_without_quotes_ends_after_as_many_steps_as_one_with_them(self, tmp_path: Path) -> None:
        rig = Rig(tmp_path, [chain_update(new_york(10))]).run(until=new_york(10, 0, 2))
        rig.broker.on_cancel = lambda _: []
        (order,) = rig.desk.book.orders.values()
        rig.desk.clock.advance_to(new_york(10, 11))
        for _ in range(rig.desk.ladder.max_steps - 1):
            later(rig, rig.desk.ladder.interval.total_seconds())
        assert [call for call, _ in rig.broker.calls] == ["submit"]
        later(rig, rig.desk.ladder.interval.total_seconds())
        assert rig.broker.calls[-1] == ("cancel", order.order_id)
        (asked,) = rig.events(ev.OrderCancelRequested)
        assert isinstance(asked, ev.OrderCancelRequested)
        assert asked.why == "there is no quote to price it by"
        hear(rig, BrokerEnded(order.order_id, OrderStatus.CANCELLED, 0, "as asked"))
        assert rig.desk.unpriced == {}

    def test_an_opening_is_not_made_more_eager_once_the_stop_is_set(self, rig: Rig) -> None:
        rig.desk.clock.advance_to(new_york(10, 0, 6))
        rig.desk.latch.set("button", "test")
        orders.work_due(rig.desk)
        rig.desk.commit()

        assert rig.broker.limits == {}
        assert [call for call, _ in rig.broker.calls] == ["submit"]

    def test_a_cancel_is_asked_for_once_however_often_it_is_wanted(self, rig: Rig) -> None:
        rig.broker.on_cancel = lambda _: []
        for why in ("pause", "stop", "end of the ladder"):
            (order,) = rig.desk.book.orders.values()
            orders.request_cancel(rig.desk, order, why)
            rig.desk.commit()
        assert rig.broker.calls.count(("cancel", "O000001")) == 1
        asked = [
            event.why for event in rig.events(ev.OrderCancelRequested) if isinstance(event, ev.OrderCancelRequested)
        ]
        assert asked == ["pause"]

    def test_a_repeated_acknowledgement_is_journaled_once(self, rig: Rig) -> None:
        for _ in range(3):
            reports.on_report(rig.desk, BrokerAccepted("O000001"))
        rig.desk.commit()
        assert len(rig.events(ev.OrderAccepted)) == 1

    def test_an_order_without_an_acknowledgement_is_not_repriced(self, tmp_path: Path) -> None:
        broker = ScriptedBroker()
        broker.on_submit = lambda _: []
        broker.on_ask = lambda _: []
        Rig(tmp_path, [chain_update(new_york(10))], broker=broker).run(until=new_york(10, 1))
        # Asked after 10 s, and again every 15 s.
        assert [call for call, _ in broker.calls] == ["submit", "ask", "ask", "ask", "ask"]

    def test_what_a_person_typed_rests_where_it_is(self, rig: Rig) -> None:
        (order,) = rig.desk.book.orders.values()
        rig.desk.book.orders[order.order_id] = replace(order, who="user", worst=order.limit)
        for _ in range(3):
            later(rig, 6)
        assert [call for call, _ in rig.broker.calls] == ["submit"]


class TestSending:
    @pytest.fixture
    def mute(self, tmp_path: Path) -> Rig:
        """A broker that takes orders and answers nothing, at 10:00:02."""
        broker = ScriptedBroker()
        broker.on_submit = lambda _: []
        broker.on_ask = broker.on_cancel = lambda _: []
        return Rig(tmp_path, [chain_update(new_york(10))], broker=broker).run(until=new_york(10, 0, 2))

    def test_a_timeout_is_no_rejection(self, mute: Rig) -> None:
        (before,) = mute.desk.book.orders.values()
        later(mute, (new_york(10, 0, 10) - mute.desk.now).total_seconds() - 0.001)
        assert mute.desk.book.orders[before.order_id].status is OrderStatus.SENT
        later(mute, 0.001)
        assert mute.desk.book.orders[before.order_id].status is OrderStatus.UNKNOWN
        assert mute.desk.book.held("IV_SERVICE") == before.held > 0
        assert mute.broker.calls[-1] == ("ask", before.order_id)
        assert mute.desk.book.halted_symbols == {"SPY": "order O000001 is UNKNOWN"}

    def test_an_answer_that_was_lost_on_the_way_back_is_asked_for(self, tmp_path: Path) -> None:
        class Unheard(ScriptedBroker):
            def submit(self, order: Order, now: dt.datetime) -> None:
                super().submit(order, now)
                self.reports.clear()
                raise TimeoutError("no answer")

        rig = Rig(tmp_path, [chain_update(new_york(10))], broker=Unheard()).run(until=new_york(10))
        (order,) = rig.desk.book.orders.values()
        assert (order.status, rig.desk.book.held("IV_SERVICE")) == (OrderStatus.UNKNOWN, order.held)
        rig.run(until=new_york(10, 0, 3))
        assert rig.desk.book.orders[order.order_id].status is OrderStatus.WORKING
        assert rig.broker.calls.count(("submit", order.order_id)) == 1, "never sent twice"

    def test_what_certainly_was_not_sent_ends_and_releases_its_hold(self, tmp_path: Path) -> None:
        class Unreachable(ScriptedBroker):
            def submit(self, order: Order, now: dt.datetime) -> None:
                raise NotSent("the line is down")

        rig = Rig(tmp_path, [chain_update(new_york(10))], broker=Unreachable()).run(until=new_york(10))
        assert rig.desk.book.orders == {}
        assert rig.desk.book.held("IV_SERVICE") == 0
        (ended,) = rig.events(ev.OrderEnded)
        assert isinstance(ended, ev.OrderEnded)
        assert (ended.status, ended.why) == (OrderStatus.CANCELLED, "not sent: the line is down")

    def test_a_late_acknowledgement_does_not_undo_a_cancel(self, mute: Rig) -> None:
        (order,) = mute.desk.book.orders.values()
        orders.request_cancel(mute.desk, order, "test")
        mute.desk.commit()
        hear(mute, BrokerAccepted(order.order_id))
        assert mute.desk.book.orders[order.order_id].status is OrderStatus.CANCEL_PENDING

    def test_a_cancel_that_cannot_be_sent_is_tried_every_second_until_it_can(self, rig: Rig) -> None:
        tries: list[dt.datetime] = []
        send = rig.broker.cancel

        def cancel(order_id: str, now: dt.datetime) -> None:
            tries.append(now)
            if len(tries) < 3:
                raise NotSent("the line is down")
            send(order_id, now)

        rig.broker.cancel = cancel  # type: ignore[method-assign]
        start = rig.desk.now
        (order,) = rig.desk.book.orders.values()
        orders.request_cancel(rig.desk, order, "test")
        rig.desk.commit()
        rig.run(until=start + dt.timedelta(seconds=10))
        assert tries == [start + dt.timedelta(seconds=second) for second in range(3)]
        assert rig.desk.book.orders == {}

    def test_a_second_cancel_is_not_sent_before_five_seconds_and_only_to_a_live_order(self, rig: Rig) -> None:
        rig.broker.on_cancel = lambda _: []
        (order,) = rig.desk.book.orders.values()
        orders.request_cancel(rig.desk, order, "test")
        rig.desk.commit()
        later(rig, 4.999)
        assert rig.broker.calls[-1] == ("cancel", order.order_id)
        later(rig, 0.001)
        assert rig.broker.calls[-1] == ("ask", order.order_id)
        assert rig.broker.calls.count(("cancel", order.order_id)) == 1


class TestNewLimits:
    def asked(self, rig: Rig) -> Order:
        """The order after a step of the ladder that the broker has not answered."""
        rig.broker.on_replace = lambda *_: []
        rig.desk.clock.advance_to(new_york(10, 0, 5))
        orders.work_due(rig.desk)
        rig.desk.commit()
        (order,) = rig.desk.book.orders.values()
        return order

    def test_until_it_is_confirmed_the_old_limit_stands_beside_it(self, rig: Rig) -> None:
        (before,) = rig.desk.book.orders.values()
        order = self.asked(rig)
        assert order.status is OrderStatus.REPLACE_PENDING
        assert (order.limit, order.asked_limit) == (before.limit, rig.broker.limits[order.order_id])
        assert order.hold == before.hold, "it was reckoned at the worst price"

    def test_a_confirmed_limit_is_in_force(self, rig: Rig) -> None:
        order = self.asked(rig)
        hear(rig, BrokerReplaced(order.order_id, order.asked_limit or 0))
        after = rig.desk.book.orders[order.order_id]
        assert (after.status, after.limit, after.asked_limit) == (OrderStatus.WORKING, order.asked_limit, None)

    def test_a_refused_limit_leaves_the_old_one(self, rig: Rig) -> None:
        order = self.asked(rig)
        hear(rig, BrokerReplaced(order.order_id, order.limit, "too late"))
        after = rig.desk.book.orders[order.order_id]
        assert (after.status, after.limit, after.asked_limit) == (OrderStatus.WORKING, order.limit, None)

    def test_a_lost_answer_is_asked_for_after_ten_seconds_and_either_limit_is_believed(self, rig: Rig) -> None:
        order = self.asked(rig)
        later(rig, 9.999)
        assert rig.broker.calls[-1][0] == "replace"
        later(rig, 0.001)
        assert rig.broker.calls[-1][0] == "ask"
        hear(rig, BrokerKnows(order.order_id, True, OrderStatus.WORKING, limit=order.limit))
        after = rig.desk.book.orders[order.order_id]
        assert (after.status, after.limit, after.asked_limit) == (OrderStatus.WORKING, order.limit, None)

    def test_one_that_was_not_sent_leaves_the_old_limit_at_once(self, rig: Rig) -> None:
        def replace_(order_id: str, limit: int, now: dt.datetime) -> None:
            raise NotSent("the line is down")

        rig.broker.replace = replace_  # type: ignore[method-assign]
        (before,) = rig.desk.book.orders.values()
        later(rig, 4)
        (after,) = rig.desk.book.orders.values()
        assert (after.status, after.limit, after.asked_limit) == (OrderStatus.WORKING, before.limit, None)

    def test_a_fill_at_either_limit_while_it_is_open_which_stands(self, rig: Rig) -> None:
        order = self.asked(rig)
        hear(rig, filled(order, price=order.asked_limit))
        assert rig.desk.book.orders == {}
        assert len(rig.desk.book.positions) == 1


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
        assert again.broker.calls[-1] == ("ask", before.order_id), "whatever happened meanwhile is asked for"
        again.run()
        assert ("replace", before.order_id) in again.broker.calls
        assert again.broker.calls.count(("submit", before.order_id)) == 1
        assert again.desk.book.orders == {}

    def test_an_order_that_left_just_before_the_crash_is_unknown_and_never_sent_again(self, tmp_path: Path) -> None:
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
        assert order.status is OrderStatus.UNKNOWN
        orders.request_cancel(again.desk, order, "test")
        again.desk.commit()
        assert again.broker.calls == [("ask", order.order_id), ("cancel", order.order_id)]
        assert again.desk.book.held("IV_SERVICE") > 0

    def test_a_cancel_that_may_not_have_left_is_asked_for_again(self, rig: Rig) -> None:
        (order,) = rig.desk.book.orders.values()
        rig.desk.record(ev.OrderCancelRequested(order.order_id, "test"))
        rig.desk.commit()

        again = self.restarted(rig)
        again.run(until=again.desk.now + dt.timedelta(seconds=2))

        assert again.broker.calls[-2:] == [("ask", order.order_id), ("cancel", order.order_id)]


def test_the_end_of_a_day_order_is_asked_for_where_the_brokers_word_of_it_was_lost(tmp_path: Path) -> None:
    # A closing that rests at the price a person typed: nothing else would ever ask what became of it.
    rig = Rig(tmp_path, [chain_update(new_york(15, 59))]).run(until=new_york(15, 58, 59))
    rig.desk.clock.advance_to(new_york(15, 59))
    rig.desk.market.apply(rig.feed.read(new_york(15, 59))[0])
    rig.kernel._feed_at = None  # no more quotes: no rule of its module ends the position in between
    position = hold(rig, made_of(put(95, 1)), ("2.00",))
    command = cmd.ClosePosition(position.position_id, None, -dollars(9), "user", "a target")
    assert give(rig, command) == []
    order = list(rig.desk.book.orders.values())[-1]
    hear(rig, BrokerAccepted(order.order_id))
    assert rig.desk.book.orders[order.order_id].rests
    rig.desk.ask_at.clear()
    rig.broker.on_ask = lambda name: [BrokerKnows(name, True, OrderStatus.EXPIRED, why="the day is over")]
    rig.run(until=new_york(16, 0, 59))
    assert ("ask", order.order_id) not in rig.broker.calls
    rig.run(until=new_york(16, 2))
    assert ("ask", order.order_id) in rig.broker.calls
    assert order.order_id not in rig.desk.book.orders
