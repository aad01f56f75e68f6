"""What a broker may say of an order, and what is booked of it: each word once, nothing from silence or nonsense."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.broker_reports import (
    BrokerAccepted,
    BrokerCancelRefused,
    BrokerEnded,
    BrokerFillBroken,
    BrokerFilled,
    BrokerKnows,
    BrokerLegFilled,
    BrokerReplaced,
)
from engine.domain.mindfolio import ModuleStatus
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.runtime import orders
from tests.engine.runtime.scenes import CONDOR, MODULE, OTHER, give, hear, later, quiet, urgent, working
from tests.fakes import Rig, filled


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """One condor of SPY, O000001, works."""
    return working(tmp_path)


@pytest.fixture
def five(tmp_path: Path) -> Rig:
    """An order to open five condors, O000001, works; each holds $500."""
    made = quiet(tmp_path)
    order = Order(
        "O000001", MODULE, "P000001", OrderPurpose.OPEN, CONDOR, 5, dollars("-1.00"), dollars("-0.90"), dollars(500),
        made.desk.now, "test",
    )  # fmt: skip
    made.desk.record(ev.OrderIntended(order))
    made.desk.after_commit(lambda: orders.send(made.desk, "O000001"))
    made.desk.commit()
    hear(made, BrokerAccepted("O000001"))
    return made


def live(rig: Rig) -> Order:
    """The order, which has no final word yet."""
    return rig.desk.book.orders["O000001"]


def held(rig: Rig) -> Money:
    """What the module's orders hold."""
    return rig.desk.book.held(MODULE)


class TestFills:
    def test_a_missing_frame_books_nothing_until_all_fills_are_told(self, five: Rig) -> None:
        second = replace(filled(live(five), cumulative=3), quantity=1)
        hear(five, second)
        assert (live(five).filled, held(five)) == (0, dollars(2500))
        assert five.desk.ask_at["O000001"] == five.desk.now

        first = replace(filled(live(five), cumulative=2), quantity=2)
        hear(five, BrokerKnows("O000001", True, OrderStatus.PARTLY_FILLED, (second, first)))
        assert (live(five).filled, held(five)) == (3, dollars(1000))
        assert [event.quantity for event in five.events(ev.OrderFilled) if isinstance(event, ev.OrderFilled)] == [2, 1]

    def test_a_cumulative_that_goes_back_is_a_repeated_frame(self, five: Rig) -> None:
        hear(five, *(filled(live(five), cumulative=done) for done in (3, 1, 3)))
        assert (live(five).filled, held(five)) == (3, dollars(1000))
        assert len(five.events(ev.OrderFilled)) == 1

    def test_more_than_was_ordered_books_nothing_and_is_told_once(self, five: Rig) -> None:
        for _ in range(3):
            hear(five, filled(live(five), cumulative=6))
        assert (live(five).status, live(five).filled, held(five)) == (OrderStatus.UNKNOWN, 0, dollars(2500))
        assert urgent(five, "needs you: the broker reports 6 of 5 filled") == 1
        assert five.desk.reconcile_at == five.desk.now
        assert five.desk.book.halted_symbols == {"SPY": "order O000001 is UNKNOWN"}

    @pytest.mark.parametrize(
        "prices", [(0, 1, 0, 0), (0, 10_000, 0), (), (-5_000, 5_000, 0, 0)],
        ids=["do not add up", "a leg is missing", "none at all", "a leg for less than nothing"],
    )  # fmt: skip
    def test_leg_prices_that_make_no_sense_book_nothing(self, five: Rig, prices: tuple[Money, ...]) -> None:
        hear(five, BrokerFilled("O000001", 1, -dollars(1), prices))
        assert (live(five).status, live(five).filled) == (OrderStatus.UNKNOWN, 0)
        assert five.desk.book.positions == {}
        assert five.desk.halted == ""

    def test_a_fill_after_the_end_is_looked_for_in_the_account(self, five: Rig) -> None:
        order = live(five)
        hear(five, BrokerEnded("O000001", OrderStatus.CANCELLED, 0, "as asked"))
        five.desk.reconcile_at = None
        before = five.desk.book.seq
        hear(five, BrokerAccepted("O000001"))
        assert five.desk.reconcile_at is None, "an old acknowledgement tells nothing"
        hear(five, filled(order, cumulative=1))
        assert five.desk.reconcile_at == five.desk.now
        assert five.desk.book.seq == before

    def test_the_brokers_own_costs_win_over_our_estimate_and_unknown_is_never_nothing(self, five: Rig) -> None:
        five.desk.book.costs = replace(five.desk.book.costs, regulatory_per_contract=dollars("0.02"))
        hear(five, filled(live(five), cumulative=1))
        hear(five, replace(filled(live(five), cumulative=2), commission=dollars("1.00"), fees=dollars("0.03")))
        booked = [(event.commission, event.fees) for event in five.events(ev.OrderFilled) if isinstance(event, ev.OrderFilled)]  # fmt: skip # noqa: E501
        # 4 contracts at 0.60 and at 0.02 by our schedule; then what the broker says.
        assert booked == [(dollars("2.40"), dollars("0.08")), (dollars("1.00"), dollars("0.03"))]

    @pytest.mark.parametrize("is_cancel", [False, True], ids=["a new limit", "a cancel"])
    def test_a_part_that_is_filled_answers_no_other_question(self, five: Rig, *, is_cancel: bool) -> None:
        """Else an order whose answer was lost would wait for it until the session ends, and walk no ladder."""
        five.broker.on_replace = lambda _order_id, _limit: []
        five.broker.on_cancel = lambda _order_id: []
        if is_cancel:
            orders.request_cancel(five.desk, live(five), "as asked")
        else:
            orders.request_limit(five.desk, live(five), dollars("-0.95"), 1)
        five.desk.commit()
        due = five.desk.ask_at["O000001"]
        hear(five, filled(live(five), cumulative=1))
        assert five.desk.ask_at["O000001"] == due
        later(five, (due - five.desk.now).total_seconds())
        assert ("ask", "O000001") in five.broker.calls

    def test_a_fill_that_overtakes_the_acknowledgement_counts(self, tmp_path: Path) -> None:
        rig = quiet(tmp_path)
        rig.broker.on_submit = lambda _: []
        order = Order("O000001", MODULE, "P000001", OrderPurpose.OPEN, CONDOR, 2, -100, -100, 1, rig.desk.now, "test")
        rig.desk.record(ev.OrderIntended(order))
        rig.desk.after_commit(lambda: orders.send(rig.desk, "O000001"))
        rig.desk.commit()
        hear(rig, filled(order, cumulative=1), BrokerAccepted("O000001"))
        assert live(rig).status is OrderStatus.PARTLY_FILLED


class TestLegsByThemselves:
    PRICES = tuple(dollars(price) for price in ("0.40", "0.90", "1.00", "0.50"))

    def legs(self, *contracts: int) -> BrokerLegFilled:
        """Signed contracts so far of each leg."""
        return BrokerLegFilled("O000001", contracts, self.PRICES)

    def test_a_package_done_in_some_legs_only_pauses_its_module_and_halts_the_underlying(self, five: Rig) -> None:
        hear(five, self.legs(0, -1, 0, 0))
        assert (live(five).status, live(five).filled) == (OrderStatus.LEGGED, 0)
        assert held(five) == dollars(2500), "no unit is whole"
        assert five.desk.book.modules[MODULE].status.value == "PAUSED"
        assert five.desk.book.halted_symbols == {"SPY": "order O000001 is LEGGED"}
        (position,) = five.desk.book.positions.values()
        assert [(lot.quantity, lot.cost) for lot in position.lots] == [(-1, -dollars(90))]
        assert ("cancel", "O000001") not in five.broker.calls, "what would complete it is not cancelled blindly"

    def test_the_missing_legs_make_it_whole(self, five: Rig) -> None:
        hear(five, self.legs(0, -1, 0, 0), self.legs(1, -1, -1, 1))
        # One unit is whole. Its module is paused since legs were done by themselves: the other four are called off.
        assert (live(five).status, live(five).filled) == (OrderStatus.CANCEL_PENDING, 1)
        assert five.broker.calls[-1] == ("cancel", "O000001")
        assert held(five) == dollars(2000)
        (position,) = five.desk.book.positions.values()
        # 0.40 + 0.50 - 0.90 - 1.00 = -1.00 a share.
        assert (position.structure.kind.value, position.cost) == ("Iron Condor", -dollars(100))

    def test_after_a_stop_units_that_have_not_begun_are_called_off_once_the_package_is_whole(self, five: Rig) -> None:
        hear(five, self.legs(0, -1, 0, 0))
        # Only the stop speaks against it: its module was resumed meanwhile.
        five.desk.record(ev.ModuleStatusChanged(MODULE, ModuleStatus.ACTIVE, "user", "looked at it"))
        five.desk.latch.set("button", "test")
        hear(five, self.legs(0, -1, -1, 0))
        assert ("cancel", "O000001") not in five.broker.calls, "its missing legs would complete it"
        hear(five, self.legs(1, -1, -1, 1))
        assert five.broker.calls[-1] == ("cancel", "O000001")
        (asked,) = five.events(ev.OrderCancelRequested)
        assert isinstance(asked, ev.OrderCancelRequested)
        assert asked.why == "emergency stop"

    def test_a_package_frame_afterwards_books_only_what_is_new(self, five: Rig) -> None:
        hear(five, self.legs(0, -1, 0, 0), BrokerFilled("O000001", 1, -dollars(1), self.PRICES))
        (position,) = five.desk.book.positions.values()
        assert [lot.quantity for lot in position.lots] == [-1, 1, -1, 1]
        assert (live(five).filled, position.cost) == (1, -dollars(100))

    def test_repeated_and_overtaken_frames_change_nothing(self, five: Rig) -> None:
        hear(five, self.legs(1, -1, 0, 0), self.legs(1, -1, 0, 0), self.legs(0, -1, 0, 0))
        assert live(five).legs_done == (1, -1, 0, 0)
        assert live(five).status is OrderStatus.LEGGED
        assert urgent(five, "needs you") == 0

    @pytest.mark.parametrize(
        "contracts", [(0, 1, 0, 0), (6, 0, 0, 0), (1, -1), ()], ids=["wrong side", "too many", "too few legs", "none"]
    )
    def test_legs_that_were_not_ordered_book_nothing(self, five: Rig, contracts: tuple[int, ...]) -> None:
        hear(five, self.legs(*contracts))
        assert live(five).status is OrderStatus.UNKNOWN
        assert five.desk.book.positions == {}
        assert five.desk.halted == ""


class TestTheFinalWord:
    def test_a_final_word_that_counts_more_than_we_know_waits_for_the_fill(self, five: Rig) -> None:
        hear(five, BrokerEnded("O000001", OrderStatus.CANCELLED, 2, "as asked"))
        assert held(five) == dollars(2500)
        hear(
            five,
            BrokerKnows("O000001", True, OrderStatus.CANCELLED, (filled(live(five), cumulative=2),), why="as asked"),
        )
        assert five.desk.book.orders == {}
        assert [position.quantity for position in five.desk.book.positions_of(MODULE)] == [2]

    def test_an_end_that_is_none_is_nonsense(self, five: Rig) -> None:
        hear(five, BrokerEnded("O000001", OrderStatus.WORKING, 0, ""))
        assert live(five).status is OrderStatus.UNKNOWN

    def test_a_refused_cancel_is_asked_about_and_a_fill_wins(self, five: Rig) -> None:
        orders.request_cancel(five.desk, live(five), "test")
        five.desk.commit()
        hear(five, BrokerCancelRefused("O000001", "Not an open order."))
        assert live(five).status is OrderStatus.CANCEL_PENDING
        assert five.desk.ask_at["O000001"] == five.desk.now
        hear(five, BrokerKnows("O000001", True, OrderStatus.FILLED, (filled(live(five)),)))
        assert [position.quantity for position in five.desk.book.positions_of(MODULE)] == [5]


class TestWhatTheBrokerKnows:
    def test_one_denial_is_no_proof_and_a_second_ten_seconds_later_is(self, five: Rig) -> None:
        unknown = BrokerKnows("O000001", False, None)
        hear(five, unknown)
        later(five, 9.999)
        hear(five, unknown)
        assert held(five) == dollars(2500)
        later(five, 0.001)
        hear(five, unknown)
        assert held(five) == 0
        (ended,) = five.events(ev.OrderEnded)
        assert isinstance(ended, ev.OrderEnded)
        assert (ended.status, ended.why) == (OrderStatus.CANCELLED, "the broker never had it")

    def test_an_acknowledgement_between_two_denials_makes_the_first_one_void(self, five: Rig) -> None:
        hear(five, BrokerKnows("O000001", False, None), BrokerAccepted("O000001"))
        later(five, 60)
        hear(five, BrokerKnows("O000001", False, None))
        assert held(five) == dollars(2500)

    def test_an_order_that_was_filled_is_never_believed_to_be_absent(self, five: Rig) -> None:
        hear(five, filled(live(five), cumulative=1))
        for _ in range(3):
            hear(five, BrokerKnows("O000001", False, None))
            later(five, 20)
        assert held(five) == dollars(2000)

    def test_an_order_in_doubt_is_not_made_more_eager(self, rig: Rig) -> None:
        hear(rig, BrokerKnows("O000001", False, None))
        later(rig, 6)
        assert ("replace", "O000001") not in rig.broker.calls

    def test_a_word_that_nobody_knows_ends_nothing_and_is_told_once(self, five: Rig) -> None:
        for _ in range(3):
            hear(five, BrokerKnows("O000001", True, None, why="the status ZZZ"))
        assert (live(five).status, held(five)) == (OrderStatus.UNKNOWN, dollars(2500))
        assert urgent(five, "needs you: the broker says the status ZZZ") == 1
        later(five, 15)
        assert five.broker.calls[-1] == ("ask", "O000001"), "it is asked again until the word is known"

    def test_a_cancel_under_way_survives_a_frame_that_makes_no_sense(self, five: Rig) -> None:
        orders.request_cancel(five.desk, live(five), "a person's wish")
        five.desk.commit()
        hear(five, filled(live(five), cumulative=6))
        assert live(five).status is OrderStatus.CANCEL_PENDING
        hear(five, BrokerKnows("O000001", True, OrderStatus.WORKING))
        assert five.broker.calls.count(("cancel", "O000001")) == 1, "a second cancel waits for five seconds"
        later(five, 5)
        hear(five, BrokerKnows("O000001", True, OrderStatus.WORKING))
        assert five.broker.calls.count(("cancel", "O000001")) == 2

    def test_an_order_in_doubt_halts_its_underlying_while_its_cancel_is_asked_for(self, five: Rig) -> None:
        hear(five, BrokerKnows("O000001", True, None, why="the status ZZZ"))
        orders.request_cancel(five.desk, live(five), "a person's wish")
        five.desk.commit()
        halted = {"SPY": "order O000001 is CANCEL_PENDING"}
        assert (live(five).status, five.desk.book.halted_symbols) == (OrderStatus.CANCEL_PENDING, halted)
        hear(five, BrokerCancelRefused("O000001", "too late"), BrokerKnows("O000001", False, None))
        assert five.desk.book.halted_symbols == halted, "neither says what became of it"
        hear(five, BrokerKnows("O000001", True, OrderStatus.WORKING))
        assert (live(five).status, five.desk.book.halted_symbols) == (OrderStatus.CANCEL_PENDING, {})

    def test_a_fill_ends_the_doubt_as_well(self, five: Rig) -> None:
        hear(five, BrokerKnows("O000001", True, None, why="the status ZZZ"))
        orders.request_cancel(five.desk, live(five), "a person's wish")
        five.desk.commit()
        hear(five, filled(live(five), cumulative=1))
        assert (live(five).status, five.desk.book.halted_symbols) == (OrderStatus.CANCEL_PENDING, {})

    def test_what_is_found_alive_after_its_module_was_paused_is_cancelled(self, five: Rig) -> None:
        hear(five, BrokerKnows("O000001", True, None, why="the status ZZZ"))
        five.desk.record(ev.ModuleStatusChanged(MODULE, ModuleStatus.PAUSED, "user", "lunch"))
        hear(five, BrokerKnows("O000001", True, OrderStatus.WORKING))
        assert live(five).status is OrderStatus.CANCEL_PENDING

    def test_a_new_limit_whose_fate_is_not_told_is_asked_about_again(self, five: Rig) -> None:
        five.broker.on_replace = lambda *_: []
        assert give(five, cmd.ReplaceOrder("O000001", dollars("-0.95"), "user")) == []
        hear(five, BrokerKnows("O000001", True, OrderStatus.WORKING, limit=None))
        assert live(five).status is OrderStatus.REPLACE_PENDING
        assert "O000001" in five.desk.ask_at
        hear(five, BrokerKnows("O000001", True, OrderStatus.WORKING, limit=dollars("-0.95")))
        assert (live(five).status, live(five).limit) == (OrderStatus.WORKING, dollars("-0.95"))

    def test_a_repeated_replacement_changes_nothing(self, five: Rig) -> None:
        give(five, cmd.ReplaceOrder("O000001", dollars("-0.95"), "user"))
        hear(five, *[BrokerReplaced("O000001", dollars("-0.95"))] * 2, BrokerReplaced("O000001", dollars("-1.00")))
        assert live(five).limit == dollars("-0.95")
        assert len(five.events(ev.OrderReplaced)) == 1


class TestBrokenTrades:
    """Five condors were opened for 1.00 each; the broker breaks two of them."""

    @pytest.fixture
    def bust(self, five: Rig) -> BrokerFillBroken:
        """What the broker says."""
        fill = filled(live(five))
        hear(five, fill)
        return BrokerFillBroken(
            "B77", "O000001", 2, fill.net_price, fill.leg_prices, dollars("4.80"), 0, "clearly wrong"
        )

    @staticmethod
    def units(rig: Rig) -> list[int]:
        """Condors that are held."""
        return [position.quantity for position in rig.desk.book.positions_of(MODULE)]

    def test_one_that_is_told_twice_is_undone_once(self, five: Rig, bust: BrokerFillBroken) -> None:
        hear(five, bust, bust)
        assert self.units(five) == [3]
        assert urgent(five, "the broker broke the trade: clearly wrong") == 1
        hear(five, replace(bust, reference="B78", quantity=1))
        assert self.units(five) == [2], "another one is not the same told twice"

    def test_what_went_over_to_another_module_and_ended_there_is_undone_there(
        self, five: Rig, bust: BrokerFillBroken
    ) -> None:
        desk = five.desk
        (position,) = desk.book.positions_of(MODULE)
        desk.record(ev.PositionMoved(position.position_id, OTHER, "user", "theirs now"))
        desk.record(ev.PositionSettled(position.position_id, dollars(100), desk.now, 0))
        desk.commit()
        counted = {module_id: module.stats.closed for module_id, module in desk.book.modules.items()}
        assert (counted[MODULE], counted[OTHER]) == (0, 1)
        mine = desk.book.pnl(MODULE)

        hear(five, bust)
        counted = {module_id: module.stats.closed for module_id, module in desk.book.modules.items()}
        assert (counted[MODULE], counted[OTHER]) == (0, 0), "its end is broken, where it was an end"
        assert desk.book.positions_of(MODULE) == ()
        assert [each.quantity for each in desk.book.positions_of(OTHER)] == [2]
        assert desk.book.pnl(MODULE) == mine

    def test_also_when_it_is_told_again_after_a_restart(self, five: Rig, bust: BrokerFillBroken) -> None:
        hear(five, bust)
        again = five.reopened()
        hear(again, bust)
        assert self.units(again) == [3]
        assert again.desk.book.broken == ("B77",)
