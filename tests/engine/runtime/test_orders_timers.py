"""Orders to the second: what each outcome at the broker leaves behind, and when each next try, question or step is."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.errors import NotSent
from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerAccepted, BrokerReplaced
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.runtime import orders
from tests.engine.runtime.scenes import CONDOR, MODULE, hear, hold, later, made_of, mute, put, told
from tests.fakes import Rig

OPEN, CLOSE, ROLL = OrderPurpose.OPEN, OrderPurpose.CLOSE, OrderPurpose.ROLL
LINE_DOWN, NO_ANSWER = NotSent("the line is down"), TimeoutError("no answer")


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """SPY at 100, 10:00, a broker that answers nothing by itself."""
    return mute(tmp_path)


def intend(rig: Rig, purpose: OrderPurpose = OPEN, **changes: object) -> Order:
    """A durable intent that was not sent: a condor opened, or a put of ours closed or rolled."""
    book = rig.desk.book
    about = book.next_position_id if purpose is OPEN else hold(rig, made_of(put(95, 1)), ("2.00",)).position_id
    shape = {OPEN: CONDOR, CLOSE: made_of(put(95, 1)), ROLL: made_of(put(95, -1), put(94, 1))}[purpose]
    limits = (dollars("-1.00"), dollars("-0.50")) if purpose is OPEN else (dollars("-2.00"), dollars("-1.00"))
    order = Order(book.next_order_id, MODULE, about, purpose, shape, 1, *limits, 0, rig.desk.now, "test")
    rig.desk.record(ev.OrderIntended(replace(order, **changes)))  # type: ignore[arg-type]
    rig.desk.commit()
    return book.orders[order.order_id]


def working(rig: Rig, purpose: OrderPurpose = OPEN, **changes: object) -> Order:
    """An order that was sent and acknowledged now."""
    order = intend(rig, purpose, **changes)
    send(rig, order)
    hear(rig, BrokerAccepted(order.order_id))
    rig.broker.calls.clear()
    return rig.desk.book.orders[order.order_id]


def send(rig: Rig, order: Order) -> None:
    """Hand it over."""
    orders.send(rig.desk, order.order_id)
    rig.desk.commit()


def fails(rig: Rig, call: str, error: Exception | None) -> None:
    """What the broker does with a call from now on: raise, having noted it, or take it."""
    real: Callable[..., None] = getattr(type(rig.broker), call)

    def called(*arguments: object) -> None:
        real(rig.broker, *arguments)
        if error is not None:
            raise error

    setattr(rig.broker, call, called)


def due_in(rig: Rig, times: dict[str, dt.datetime]) -> list[float]:
    """Seconds from now."""
    return [(at - rig.desk.now).total_seconds() for at in times.values()]


def ends(rig: Rig) -> list[tuple[OrderStatus, str]]:
    """Final words that were journaled."""
    return [(event.status, event.why) for event in rig.events(ev.OrderEnded) if isinstance(event, ev.OrderEnded)]


class TestOut:
    @pytest.mark.parametrize(
        ("purpose", "error", "status", "ask_in", "step_in", "says"),
        [
            (OPEN, None, OrderStatus.SENT, [10], [5], []),
            (
                OPEN, NO_ANSWER, OrderStatus.UNKNOWN, [1], [],
                [(": no answer from the broker, asking what became of it", False)],
            ),
            (OPEN, LINE_DOWN, None, [], [], [(" was not sent: the line is down", False)]),
            (CLOSE, LINE_DOWN, None, [], [], [(" was not sent: the line is down", True)]),
        ],
    )  # fmt: skip
    def test_what_each_outcome_of_sending_leaves_behind(
        self, rig: Rig, caplog: pytest.LogCaptureFixture, purpose: OrderPurpose, error: Exception | None,
        status: OrderStatus | None, ask_in: list[float], step_in: list[float], says: list[tuple[str, bool]],
    ) -> None:  # fmt: skip
        order = intend(rig, purpose)
        fails(rig, "submit", error)
        send(rig, order)
        live = rig.desk.book.orders.get(order.order_id)
        assert (None if live is None else live.status) is status
        assert ends(rig) == ([] if live else [(OrderStatus.CANCELLED, "not sent: the line is down")])
        assert (due_in(rig, rig.desk.ask_at), due_in(rig, rig.desk.reprice_at)) == (ask_in, step_in)
        assert told(rig) == [(order.structure.words + words, is_urgent) for words, is_urgent in says]
        assert [each.why for each in rig.events(ev.OrderUnknown) if isinstance(each, ev.OrderUnknown)] == (
            ["TimeoutError while sending"] if error is NO_ANSWER else []
        )
        assert (f"sending {order.order_id} failed" in caplog.text) == (error is NO_ANSWER)
        # Whatever came of it, it is handed over once; and a name that no order has is no order.
        send(rig, order)
        orders.send(rig.desk, "O999999")
        assert rig.broker.calls == [("submit", order.order_id)]

    @pytest.mark.parametrize("purpose", [OPEN, ROLL, CLOSE])
    @pytest.mark.parametrize("stop", ["latch", "halt"])
    def test_after_a_stop_or_a_halt_only_a_closing_leaves_or_is_made_more_eager(
        self, rig: Rig, purpose: OrderPurpose, stop: str
    ) -> None:
        order, live = intend(rig, purpose), working(rig, purpose)
        if stop == "latch":
            rig.desk.latch.set("button", "test")
        else:
            rig.desk.halted = "the disk is full"  # by itself: the last look reads both
        send(rig, order)
        orders.request_limit(rig.desk, live, live.limit + 100, 1)
        rig.desk.commit()
        after = rig.desk.book.orders[live.order_id]
        if purpose is CLOSE:
            assert rig.broker.calls == [("submit", order.order_id), ("replace", live.order_id)]
            assert (ends(rig), after.asked_limit) == ([], live.limit + 100)
            return
        assert rig.broker.calls == []
        assert ends(rig) == [(OrderStatus.CANCELLED, "emergency stop before sending")]
        (kept,) = rig.events(ev.OrderReplaced)
        assert kept == ev.OrderReplaced(live.order_id, live.limit, "emergency stop before the new limit was sent")
        assert (after.status, after.limit, after.asked_limit) == (OrderStatus.WORKING, live.limit, None)

    @pytest.mark.parametrize(
        ("error", "status", "ask_in", "why"),
        [
            (None, OrderStatus.REPLACE_PENDING, [10], []),
            (NO_ANSWER, OrderStatus.REPLACE_PENDING, [1], []),
            (LINE_DOWN, OrderStatus.WORKING, [], ["not sent: the line is down"]),
        ],
    )
    def test_what_each_outcome_of_a_new_limit_leaves_behind(
        self, rig: Rig, caplog: pytest.LogCaptureFixture, error: Exception | None, status: OrderStatus,
        ask_in: list[float], why: list[str],
    ) -> None:  # fmt: skip
        order = working(rig)
        fails(rig, "replace", error)
        orders.request_limit(rig.desk, order, dollars("-0.95"), 3)
        rig.desk.commit()
        after = rig.desk.book.orders[order.order_id]
        assert (after.status, after.limit, after.steps) == (status, dollars("-1.00"), 3)
        assert after.asked_limit == (None if why else dollars("-0.95"))
        assert due_in(rig, rig.desk.ask_at) == ask_in
        assert [each.why for each in rig.events(ev.OrderReplaced) if isinstance(each, ev.OrderReplaced)] == why
        assert (f"replacing {order.order_id} failed" in caplog.text) == (error is NO_ANSWER)

    def test_after_a_restart_every_live_order_is_asked_about_now_and_walks_on_in_five_seconds(self, rig: Rig) -> None:
        lives, intent = working(rig), intend(rig)
        rig.desk.ask_at.clear()
        rig.desk.reprice_at.clear()
        for order in (lives, intent):
            orders.resume(rig.desk, order)
        rig.desk.commit()
        statuses = [order.status for order in rig.desk.book.orders.values()]
        assert statuses == [OrderStatus.WORKING, OrderStatus.UNKNOWN], "an intent may have been sent"
        (unknown,) = rig.events(ev.OrderUnknown)
        assert unknown == ev.OrderUnknown(intent.order_id, "restarted while it was being sent")
        assert (due_in(rig, rig.desk.ask_at), due_in(rig, rig.desk.reprice_at)) == ([0, 0], [5, 5])

    def test_a_minute_after_a_bell_what_is_not_asked_about_before(self, rig: Rig) -> None:
        sent, lives = intend(rig), working(rig)
        send(rig, sent)
        orders.ask_at_a_bell(rig.desk)
        assert {name: (at - rig.desk.now).total_seconds() for name, at in rig.desk.ask_at.items()} == {
            sent.order_id: 10, lives.order_id: 60,
        }  # fmt: skip


class TestCancels:
    def test_an_intent_ends_at_once_without_the_broker(self, rig: Rig) -> None:
        order = intend(rig)
        orders.request_cancel(rig.desk, order, "paused")
        rig.desk.commit()
        assert (ends(rig), rig.broker.calls) == ([(OrderStatus.CANCELLED, "paused")], [])

    @pytest.mark.parametrize(
        ("error", "again_in", "ask_in", "left"),
        [(None, [], [5], True), (LINE_DOWN, [1], [], False), (NO_ANSWER, [5], [5], True)],
    )
    def test_what_each_outcome_of_a_cancel_leaves_behind(
        self, rig: Rig, caplog: pytest.LogCaptureFixture, error: Exception | None, again_in: list[float],
        ask_in: list[float], left: bool,
    ) -> None:  # fmt: skip
        order, desk = working(rig), rig.desk
        fails(rig, "cancel", error)
        orders.request_cancel(desk, order, "paused")
        desk.commit()
        assert desk.book.orders[order.order_id].status is OrderStatus.CANCEL_PENDING
        assert rig.broker.calls == [("cancel", order.order_id)]
        assert (due_in(rig, desk.cancel_at), due_in(rig, desk.ask_at)) == (again_in, ask_in)
        assert due_in(rig, desk.cancelled_at) == ([0] if left else [])
        words = "could not be sent" if error is LINE_DOWN else "had no answer"
        assert (f"cancel of {order.order_id} {words}; trying again" in caplog.text) == (error is not None)

        # Once more: at any time where the first one certainly did not leave, else not before five seconds.
        fails(rig, "cancel", None)
        for wait in (4.999, 0.001) if left else (0.5,):
            desk.clock.advance_to(desk.now + dt.timedelta(seconds=wait))
            orders.send_cancel(desk, order.order_id)
            assert due_in(rig, desk.cancel_at) == ([0.001] if wait == 4.999 else [])
            assert len(rig.broker.calls) == (1 if wait == 4.999 else 2)

    def test_what_has_ended_or_is_not_to_be_cancelled_is_not(self, rig: Rig) -> None:
        order = working(rig)
        rig.desk.cancel_at = {order.order_id: rig.desk.now, "O999999": rig.desk.now}
        later(rig, 0)
        assert (rig.broker.calls, rig.desk.cancel_at) == ([], {})
        assert rig.desk.ask_at == {}

    def test_without_a_clock_each_waiting_cancel_is_tried_once_by_the_same_rules(self, rig: Rig) -> None:
        order = working(rig)
        fails(rig, "cancel", LINE_DOWN)
        orders.request_cancel(rig.desk, order, "paused")
        rig.desk.commit()
        fails(rig, "cancel", None)
        orders.send_waiting_cancels(rig.desk)
        assert rig.broker.calls == [("cancel", order.order_id)] * 2
        assert (rig.desk.cancel_at, due_in(rig, rig.desk.ask_at)) == ({}, [5])

    def test_after_a_halt_every_opening_is_cancelled_until_the_broker_takes_it(
        self, rig: Rig, caplog: pytest.LogCaptureFixture
    ) -> None:
        opening, roll, closing, intent = working(rig), working(rig, ROLL), working(rig, CLOSE), intend(rig)
        legged = working(rig)
        rig.desk.book.orders[legged.order_id] = replace(legged, status=OrderStatus.LEGGED)
        rig.desk.halted = "the disk is full"
        rig.broker.calls.clear()
        fails(rig, "cancel", LINE_DOWN)
        orders.cancel_after_halt(rig.desk)
        wanted = [("cancel", order.order_id) for order in (opening, roll, intent)]
        assert rig.broker.calls == wanted, "what closes goes on; legs done by themselves are not cancelled blindly"
        assert closing.order_id not in rig.desk.cancel_at
        assert due_in(rig, rig.desk.cancel_at) == [0, 0, 0]
        assert f"cancel of {intent.order_id} could not be sent after the halt; trying again" in caplog.text
        fails(rig, "cancel", None)
        for _ in range(2):
            orders.send_waiting_cancels(rig.desk)
        assert (rig.broker.calls, rig.desk.cancel_at) == (wanted * 2, {})


class TestByTheClock:
    def test_next_due_is_the_earliest_of_steps_questions_and_cancels(self, rig: Rig) -> None:
        desk, now = rig.desk, rig.desk.now
        assert orders.next_due(desk) is None
        for first in range(3):
            times = [now + dt.timedelta(seconds=1 + (place - first) % 3) for place in range(3)]
            desk.reprice_at, desk.ask_at, desk.cancel_at = ({"O000001": at} for at in times)
            assert orders.next_due(desk) == now + dt.timedelta(seconds=1)

    def test_each_is_done_at_its_second_and_not_before(self, rig: Rig) -> None:
        order, desk = working(rig), rig.desk
        for times in (desk.reprice_at, desk.ask_at, desk.cancel_at):
            times.clear()
        for name, times in (("replace", desk.reprice_at), ("ask", desk.ask_at), ("cancel", desk.cancel_at)):
            if name == "cancel":
                desk.record(ev.OrderCancelRequested(order.order_id, "test"))
            rig.broker.calls.clear()
            times[order.order_id] = desk.now + dt.timedelta(seconds=1)
            later(rig, 0.999)
            assert rig.broker.calls == []
            later(rig, 0.001)
            assert rig.broker.calls == [(name, order.order_id)]
            if name == "replace":
                hear(rig, BrokerReplaced(order.order_id, rig.broker.limits[order.order_id]))
            for times_of in (desk.reprice_at, desk.ask_at, desk.cancel_at):
                times_of.clear()

    def test_an_order_without_an_answer_is_asked_about_every_fifteen_seconds(
        self, rig: Rig, caplog: pytest.LogCaptureFixture
    ) -> None:
        order, desk = intend(rig), rig.desk
        send(rig, order)
        rig.broker.calls.clear()
        for wait, asked in ((9.999, 0), (0.001, 1), (14.999, 1), (0.001, 2)):
            later(rig, wait)
            assert rig.broker.calls.count(("ask", order.order_id)) == asked
        (unknown,) = rig.events(ev.OrderUnknown)
        assert unknown == ev.OrderUnknown(order.order_id, "no answer in time")
        assert desk.book.orders[order.order_id].status is OrderStatus.UNKNOWN
        # A question that cannot be asked is asked a second later.
        fails(rig, "ask", LINE_DOWN)
        later(rig, 15)
        assert due_in(rig, desk.ask_at) == [1]
        assert f"the broker could not be asked about {order.order_id}" in caplog.text

    def test_nothing_is_asked_of_an_intent_or_of_what_has_ended(self, rig: Rig) -> None:
        intent = intend(rig)
        rig.desk.ask_at = {intent.order_id: rig.desk.now, "O999999": rig.desk.now}
        later(rig, 0)
        assert (rig.broker.calls, rig.desk.ask_at, intent.status) == ([], {}, OrderStatus.INTENT)


class TestTheLadder:
    def step(self, rig: Rig, wait: float = 5) -> list[tuple[str, str]]:
        """What one step of the ladder asks of the broker."""
        rig.broker.calls.clear()
        rig.desk.ask_at.clear()
        later(rig, wait)
        return rig.broker.calls

    def whys(self, rig: Rig) -> list[str]:
        """Why cancels were asked for."""
        asked = rig.events(ev.OrderCancelRequested)
        return [event.why for event in asked if isinstance(event, ev.OrderCancelRequested)]

    @pytest.mark.parametrize(
        ("steps", "limit", "call"),
        [(7, "-0.51", "replace"), (8, "-0.51", "cancel"), (7, "-0.50", "cancel"), (0, "-0.50", "cancel")],
    )
    def test_it_ends_after_eight_steps_or_at_the_worst_price(self, rig: Rig, steps: int, limit: str, call: str) -> None:
        order = working(rig, steps=steps, limit=dollars(limit))
        assert self.step(rig, 4.999) == []
        assert self.step(rig, 0.001) == [(call, order.order_id)]
        if call == "cancel":
            assert self.whys(rig) == ["not filled at the end of its price ladder"]
            return
        after = rig.desk.book.orders[order.order_id]
        assert (after.asked_limit, after.steps) == (dollars("-0.50"), 8)
        assert due_in(rig, rig.desk.reprice_at) == [5]

    def test_steps_with_quotes_and_without_are_counted_together(self, rig: Rig) -> None:
        order = working(rig)
        for number in (1, 2):
            assert self.step(rig) == [("replace", order.order_id)]
            limit: Money = rig.broker.limits[order.order_id]
            hear(rig, BrokerReplaced(order.order_id, limit))
            assert rig.desk.book.orders[order.order_id].steps == number
        rig.desk.clock.advance_to(rig.desk.now + dt.timedelta(minutes=10))  # the quotes have aged
        for number in range(1, 6):
            assert self.step(rig) == []
            assert rig.desk.unpriced == {order.order_id: number}
        assert self.step(rig) == [("cancel", order.order_id)], "two and six make eight"
        assert self.whys(rig) == ["there is no quote to price it by"]

    def test_neither_one_that_the_broker_denies_nor_one_that_moves_is_stepped(self, rig: Rig) -> None:
        order = working(rig)
        rig.desk.absent[order.order_id] = rig.desk.now
        assert self.step(rig) == []
        assert due_in(rig, rig.desk.reprice_at) == [5], "it walks on when it is known again"
        del rig.desk.absent[order.order_id]
        assert self.step(rig) == [("replace", order.order_id)]
        assert self.step(rig) == [], "the broker has not answered the last one"

    def test_the_steps_of_what_has_ended_are_forgotten_and_hold_nobody_up(self, rig: Rig) -> None:
        order = working(rig)
        rig.desk.reprice_at = {"O999999": rig.desk.now, order.order_id: rig.desk.now}
        assert self.step(rig, 0) == [("replace", order.order_id)]
        assert list(rig.desk.reprice_at) == [order.order_id]

    def test_what_a_person_typed_rests(self, rig: Rig) -> None:
        working(rig, who="ann", limit=dollars("-0.50"))
        assert self.step(rig) == []
