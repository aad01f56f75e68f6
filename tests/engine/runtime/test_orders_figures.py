"""Every way an order, a limit, a cancel or a question leaves, or does not: when it is tried again, and what is said."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from engine.core.errors import NotSent
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerLegFilled
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.structure import shares_of
from engine.runtime import orders
from tests.engine.runtime.scenes import (
    CONDOR,
    acknowledged,
    hear,
    hold,
    intent,
    journaled,
    later,
    sent,
    silent,
    told,
)
from tests.fakes import Rig, filled, new_york

S = OrderStatus
ID = "O000001"
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """10:00, SPY at 100, nothing held; the broker takes everything and answers nothing."""
    return silent(tmp_path)


def to_close(rig: Rig) -> dict[str, Any]:
    """What makes an order one that closes two condors, which are held from here on."""
    held = hold(rig, CONDOR, ("0.40", "0.90", "1.00", "0.50"), 2)
    return {
        "purpose": OrderPurpose.CLOSE, "position_id": held.position_id, "hold": 0,
        "limit": dollars("0.50"), "worst": dollars("2.00"),
    }  # fmt: skip


def raising(error: Exception) -> Callable[..., NoReturn]:
    """A call of the broker's that ends like this."""

    def fails(*_: object) -> NoReturn:
        raise error

    return fails


def live(rig: Rig, order_id: str = ID) -> Order:
    """An order without a final word."""
    return rig.desk.book.orders[order_id]


def calls(rig: Rig) -> list[str]:
    """What was asked of the broker about orders since the last time."""
    found = [f"{what} {order_id}" for what, order_id in rig.broker.calls]
    rig.broker.calls.clear()
    return found


def ended(rig: Rig) -> list[tuple[str, str]]:
    """Final words that were journaled: of which order, and why."""
    return [(each.order_id, each.why) for each in journaled(rig, ev.OrderEnded)]


class TestSending:
    def test_an_order_is_sent_once_and_asked_about_after_ten_seconds(self, rig: Rig) -> None:
        order = sent(rig)
        desk = rig.desk
        orders.send(desk, order.order_id)
        orders.send(desk, "O000099")
        desk.commit()
        assert (calls(rig), live(rig).status) == ([f"submit {ID}"], S.SENT)
        assert desk.ask_at == {ID: desk.now + 10 * SECOND}
        assert desk.reprice_at == {ID: desk.now + 5 * SECOND}
        assert orders.next_due(desk) == desk.now + 5 * SECOND

    @pytest.mark.parametrize("is_halted", [False, True], ids=["stopped", "halted"])
    def test_after_a_stop_only_what_closes_leaves(self, rig: Rig, *, is_halted: bool) -> None:
        closing = intent(rig, **to_close(rig))
        opening = intent(rig)
        if is_halted:
            rig.desk.halted = "the disk is full"
        else:
            rig.desk.latch.set("button", "test")
        for order in (opening, closing):
            orders.send(rig.desk, order.order_id)
        rig.desk.commit()
        assert calls(rig) == [f"submit {closing.order_id}"]
        assert ended(rig) == [(opening.order_id, "emergency stop before sending")]

    def test_what_was_not_sent_ends_and_is_urgent_where_it_was_to_close(self, rig: Rig) -> None:
        changes = to_close(rig)
        rig.broker.submit = raising(NotSent("the line is down"))  # type: ignore[method-assign]
        closing, opening = intent(rig, **changes), intent(rig)
        for order in (closing, opening):
            orders.send(rig.desk, order.order_id)
        rig.desk.commit()
        assert ended(rig) == [(each.order_id, "not sent: the line is down") for each in (closing, opening)]
        words = "SPY iron condor was not sent: the line is down"
        assert told(rig) == [(words, True), (words, False)]
        assert (rig.desk.ask_at, rig.desk.reprice_at) == ({}, {})

    def test_what_may_have_arrived_is_asked_about_after_a_second(
        self, rig: Rig, caplog: pytest.LogCaptureFixture
    ) -> None:
        rig.broker.submit = raising(TimeoutError())  # type: ignore[method-assign]
        sent(rig)
        assert (live(rig).status, rig.desk.ask_at) == (S.UNKNOWN, {ID: rig.desk.now + SECOND})
        (unknown,) = journaled(rig, ev.OrderUnknown)
        assert unknown.why == "TimeoutError while sending"
        words = "SPY iron condor: no answer from the broker, asking what became of it"
        assert told(rig) == [(words, False)]
        assert f"sending {ID} failed" in caplog.text

    def test_after_a_restart_every_order_is_asked_about_at_once(self, rig: Rig) -> None:
        acknowledged(rig)
        intent(rig)
        desk = rig.desk
        desk.ask_at.clear()
        desk.reprice_at.clear()
        for order in list(desk.book.orders.values()):
            orders.resume(desk, order)
        desk.commit()
        assert [order.status for order in desk.book.orders.values()] == [S.WORKING, S.UNKNOWN]
        assert desk.ask_at == dict.fromkeys(desk.book.orders, desk.now)
        assert desk.reprice_at == dict.fromkeys(desk.book.orders, desk.now + 5 * SECOND)

    def test_a_bell_asks_about_every_order_in_a_minute_unless_it_is_asked_about_before(self, rig: Rig) -> None:
        first, second = acknowledged(rig), sent(rig)
        orders.ask_at_a_bell(rig.desk)
        now = rig.desk.now
        assert rig.desk.ask_at == {first.order_id: now + 60 * SECOND, second.order_id: now + 10 * SECOND}


class TestCancels:
    def test_what_was_never_sent_ends_by_itself(self, rig: Rig) -> None:
        orders.request_cancel(rig.desk, intent(rig), "lunch")
        rig.desk.commit()
        assert (ended(rig), calls(rig)) == ([(ID, "lunch")], [])

    def test_a_cancel_waits_five_seconds_for_its_answer_and_for_the_next(self, rig: Rig) -> None:
        desk = rig.desk
        orders.request_cancel(desk, acknowledged(rig), "test")
        desk.commit()
        began = desk.now
        assert calls(rig) == [f"submit {ID}", f"cancel {ID}"]
        assert (desk.ask_at, desk.cancelled_at, desk.cancel_at) == ({ID: began + 5 * SECOND}, {ID: began}, {})
        later(rig, 4)
        orders.send_cancel(desk, ID)
        assert (calls(rig), desk.cancel_at) == ([], {ID: began + 5 * SECOND})
        assert orders.next_due(desk) == began + 5 * SECOND
        later(rig, 1)
        assert calls(rig) == [f"cancel {ID}"], "its answer is waited for once more, and then asked for"
        assert (desk.cancel_at, desk.ask_at) == ({}, {ID: began + 10 * SECOND})
        later(rig, 5)
        assert calls(rig) == [f"ask {ID}"]

    def test_only_a_cancel_that_is_wanted_is_sent(self, rig: Rig) -> None:
        acknowledged(rig)
        rig.desk.cancel_at.update({ID: rig.desk.now, "O000099": rig.desk.now})
        later(rig, 0)
        assert (calls(rig), rig.desk.cancel_at) == ([f"submit {ID}"], {})

    @pytest.mark.parametrize(
        ("error", "again"), [(NotSent("down"), 1), (TimeoutError(), 5)], ids=["not sent", "no answer"]
    )
    def test_one_that_did_not_leave_is_tried_in_a_second_and_one_without_an_answer_in_five(
        self, rig: Rig, error: Exception, again: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        desk, order = rig.desk, acknowledged(rig)
        desk.ask_at.clear()
        rig.broker.cancel = raising(error)  # type: ignore[method-assign]
        orders.request_cancel(desk, order, "test")
        desk.commit()
        assert desk.cancel_at == {ID: desk.now + again * SECOND}
        arrived = isinstance(error, TimeoutError)  # it may have
        assert desk.cancelled_at == ({ID: desk.now} if arrived else {})
        assert desk.ask_at == ({ID: desk.now + 5 * SECOND} if arrived else {})
        assert f"cancel of {ID}" in caplog.text

    def test_those_that_wait_are_all_tried_at_once_when_they_are_looked_at(self, rig: Rig) -> None:
        desk, send_cancel = rig.desk, rig.broker.cancel
        rig.broker.cancel = raising(NotSent("down"))  # type: ignore[method-assign]
        for order in (acknowledged(rig), acknowledged(rig)):
            orders.request_cancel(desk, order, "test")
        desk.commit()
        calls(rig)
        rig.broker.cancel = send_cancel  # type: ignore[method-assign]
        orders.send_waiting_cancels(desk)
        assert (calls(rig), desk.cancel_at) == (["cancel O000001", "cancel O000002"], {})
        assert desk.cancelled_at == {"O000001": desk.now, "O000002": desk.now}

    def test_after_a_halt_every_opening_is_cancelled_until_it_is_sent_and_nothing_is_written(
        self, rig: Rig, caplog: pytest.LogCaptureFixture
    ) -> None:
        desk = rig.desk
        sent(rig, **to_close(rig))
        legged = acknowledged(rig)
        hear(rig, BrokerLegFilled(legged.order_id, (0, -1, 0, 0), (0, 1, 0, 0)))
        works, only_intent = acknowledged(rig), intent(rig)
        desk.halted = "the disk is full"
        calls(rig)
        seq, send_cancel = desk.book.seq, rig.broker.cancel
        rig.broker.cancel = raising(NotSent("down"))  # type: ignore[method-assign]
        desk.cancel_at = {"O000077": desk.now}
        orders.cancel_after_halt(desk)
        wanted = [works.order_id, only_intent.order_id]
        assert desk.cancel_at == dict.fromkeys(wanted, desk.now)
        assert f"cancel of {works.order_id} could not be sent after the halt" in caplog.text
        rig.broker.cancel = send_cancel  # type: ignore[method-assign]
        orders.send_waiting_cancels(desk)
        assert calls(rig) == [f"cancel {order_id}" for order_id in wanted]
        assert (desk.cancel_at, desk.book.seq) == ({}, seq)


class TestLimits:
    def asks(self, rig: Rig, order: Order) -> None:
        """A new limit is asked for."""
        orders.request_limit(rig.desk, order, dollars("-0.95"), 1)
        rig.desk.commit()

    @pytest.mark.parametrize("is_halted", [False, True], ids=["stopped", "halted"])
    def test_after_a_stop_only_what_closes_is_made_more_eager(self, rig: Rig, *, is_halted: bool) -> None:
        closing, opening = acknowledged(rig, **to_close(rig)), acknowledged(rig)
        calls(rig)
        if is_halted:
            rig.desk.halted = "the disk is full"
        else:
            rig.desk.latch.set("button", "test")
        for order in (closing, opening):
            self.asks(rig, order)
        assert calls(rig) == [f"replace {closing.order_id}"]
        kept = [(each.order_id, each.limit, each.why) for each in journaled(rig, ev.OrderReplaced)]
        assert kept == [(opening.order_id, dollars("-1.00"), "emergency stop before the new limit was sent")]

    @pytest.mark.parametrize(
        ("error", "status", "asked_in"),
        [(None, S.REPLACE_PENDING, 10), (TimeoutError(), S.REPLACE_PENDING, 1), (NotSent("down"), S.WORKING, 0)],
        ids=["sent", "no answer", "not sent"],
    )
    def test_its_answer_is_asked_for_where_it_may_have_arrived(
        self,
        rig: Rig,
        error: Exception | None,
        status: OrderStatus,
        asked_in: int,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        order = acknowledged(rig)
        if error is not None:
            rig.broker.replace = raising(error)  # type: ignore[method-assign]
        self.asks(rig, order)
        now = rig.desk.now
        assert live(rig).status is status
        assert rig.desk.ask_at == ({ID: now + asked_in * SECOND} if asked_in else {})
        if isinstance(error, NotSent):
            (kept,) = journaled(rig, ev.OrderReplaced)
            assert kept == ev.OrderReplaced(ID, dollars("-1.00"), "not sent: down")
        elif error is not None:
            assert f"replacing {ID} failed" in caplog.text


class TestQuestions:
    def test_one_that_is_due_is_asked_and_again_every_fifteen_seconds(self, rig: Rig) -> None:
        sent(rig)
        calls(rig)
        later(rig, 10)
        now = rig.desk.now
        assert (calls(rig), live(rig).status, rig.desk.ask_at) == ([f"ask {ID}"], S.UNKNOWN, {ID: now + 15 * SECOND})
        later(rig, 15)
        unknown = [each.why for each in journaled(rig, ev.OrderUnknown)]
        assert (calls(rig), unknown) == ([f"ask {ID}"], ["no answer in time"])

    def test_one_that_cannot_be_asked_is_tried_again_after_a_second(
        self, rig: Rig, caplog: pytest.LogCaptureFixture
    ) -> None:
        sent(rig)
        rig.broker.ask = raising(NotSent("down"))  # type: ignore[method-assign]
        later(rig, 10)
        assert rig.desk.ask_at == {ID: rig.desk.now + SECOND}
        assert f"could not be asked about {ID}" in caplog.text

    def test_nobody_is_asked_about_what_has_ended_or_was_never_sent(self, rig: Rig) -> None:
        order = intent(rig)
        rig.desk.ask_at.update({order.order_id: rig.desk.now, "O000099": rig.desk.now})
        later(rig, 0)
        assert (calls(rig), rig.desk.ask_at, live(rig).status) == ([], {}, S.INTENT)

    def test_nothing_is_due_where_nothing_is_on_its_way(self, rig: Rig) -> None:
        assert orders.next_due(rig.desk) is None


class TestTheLadder:
    def steps(self, rig: Rig) -> list[tuple[int, int]]:
        """Limits that were asked for and how many steps that made."""
        return [(each.limit, each.steps) for each in journaled(rig, ev.OrderRepriced)]

    def test_an_order_walks_every_five_seconds_while_it_works_and_nobody_denies_it(self, rig: Rig) -> None:
        desk = rig.desk
        order = acknowledged(rig, shares_of("SPY"), 10, limit=dollars("99.90"), worst=dollars("100.05"))
        began = desk.now
        later(rig, 4.999)
        assert self.steps(rig) == []
        desk.absent[ID] = desk.now
        later(rig, 0.001)
        assert (self.steps(rig), desk.reprice_at) == ([], {ID: began + 10 * SECOND})
        desk.absent.clear()
        hear(rig, filled(order, dollars("99.90"), 4))  # a part that is filled walks on
        later(rig, 5)
        ((limit, number),) = self.steps(rig)
        assert (number, dollars("99.90") < limit <= dollars("100.05")) == (1, True)
        later(rig, 5)
        assert len(self.steps(rig)) == 1, "it waits for an answer"
        assert live(rig).status is S.REPLACE_PENDING

    @pytest.mark.parametrize(
        ("changes", "is_over"),
        [
            ({"steps": 8}, True), ({"steps": 7}, False), ({"limit": dollars("-0.50")}, True),
            ({"limit": dollars("-0.51")}, False),
        ],
    )  # fmt: skip
    def test_its_end_is_its_last_step_or_its_worst_price(
        self, rig: Rig, changes: dict[str, int], *, is_over: bool
    ) -> None:
        acknowledged(rig)
        rig.desk.book.orders[ID] = replace(live(rig), **changes)  # type: ignore[arg-type]
        later(rig, 5)
        asked = [each.why for each in journaled(rig, ev.OrderCancelRequested)]
        assert asked == (["not filled at the end of its price ladder"] if is_over else [])

    def test_steps_without_a_quote_count_with_those_that_were_made(self, rig: Rig) -> None:
        acknowledged(rig)
        rig.desk.book.orders[ID] = replace(live(rig), steps=6)
        rig.desk.clock.advance_to(new_york(10, 11))  # the quotes are old
        later(rig, 0)
        assert (rig.desk.unpriced, live(rig).status) == ({ID: 1}, S.WORKING)
        later(rig, 5)
        assert live(rig).status is S.CANCEL_PENDING

    def test_what_has_ended_or_rests_is_not_priced(self, rig: Rig) -> None:
        rig.desk.reprice_at["O000099"] = rig.desk.now
        later(rig, 0)
        assert rig.desk.reprice_at == {}
        acknowledged(rig, who="user", worst=dollars("-1.00"))
        assert orders.rests(live(rig))
        later(rig, 50)
        assert (self.steps(rig), live(rig).status) == ([], S.WORKING)
