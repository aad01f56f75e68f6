"""What a broker's report makes of an order to the last figure: costs, words, times to ask again, what is undone."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.broker_reports import (
    BrokerAccepted,
    BrokerEnded,
    BrokerFillBroken,
    BrokerFilled,
    BrokerKnows,
    BrokerLegFilled,
    BrokerReplaced,
)
from engine.domain.mindfolio import ModuleStatus
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.position import Position, PositionStatus
from engine.domain.structure import Structure, shares_of
from engine.ledger.ledger import checked_entries
from engine.runtime import orders
from engine.runtime.order_reports import BrokenEnd, ended_trade
from tests.builders import position
from tests.engine.runtime.scenes import CONDOR, MODULE, OTHER, hear, hold, later, made_of, mute, put, told
from tests.fakes import Rig, filled

S = OrderStatus
E = TypeVar("E")
ID = "O000001"
FLY = made_of(put(88, 1), put(93, -2), put(98, 1))
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """SPY at 100, nothing held; the broker takes everything and answers only what the test says."""
    return mute(tmp_path)


def sent(rig: Rig, structure: Structure = CONDOR, quantity: int = 5, **changes: Any) -> Order:
    """An order of IV_SERVICE that was sent, to open at 1.00 of credit unless it is changed; each unit holds $500."""
    desk = rig.desk
    made = Order(
        desk.book.next_order_id, MODULE, desk.book.next_position_id, OrderPurpose.OPEN, structure, quantity,
        dollars("-1.00"), dollars("-0.90"), dollars(500), desk.now, "test",
    )  # fmt: skip
    made = replace(made, **changes)
    desk.record(ev.OrderIntended(made))
    desk.after_commit(lambda: orders.send(desk, made.order_id))
    desk.commit()
    return desk.book.orders[made.order_id]


def acknowledged(rig: Rig, structure: Structure = CONDOR, quantity: int = 5, **changes: Any) -> Order:
    """The same, which the broker has."""
    order_id = sent(rig, structure, quantity, **changes).order_id
    hear(rig, BrokerAccepted(order_id))
    return rig.desk.book.orders[order_id]


def journaled(rig: Rig, kind: type[E]) -> list[E]:
    """Events of one kind, oldest first, read back from the file."""
    return [event for _, event in checked_entries(rig.store) if isinstance(event, kind)]


def live(rig: Rig) -> Order:
    """The first order, which has no final word yet."""
    return rig.desk.book.orders[ID]


# --- fills -----------------------------------------------------------------------------------------------------------
def test_costs_that_nobody_told_are_reckoned_by_our_schedule_to_the_cent(rig: Rig) -> None:
    """0.60 a contract; 0.02 a contract, 0.01 a contract sold, 100 a million of proceeds, 0.001 a share sold."""
    rig.desk.book.costs = replace(
        rig.desk.book.costs,
        regulatory_per_contract=dollars("0.02"), taf_per_contract=dollars("0.01"), sec_per_million=dollars(100),
        taf_per_share_millionths=1000,
    )  # fmt: skip
    hear(rig, filled(acknowledged(rig), cumulative=3))
    buying = acknowledged(rig, shares_of("SPY"), 60, limit=dollars(100), worst=dollars(100))
    hear(rig, filled(buying))
    bought = rig.desk.book.positions[buying.position_id]
    assert (bought.shares, bought.cost, bought.used) == (60, dollars(6000), dollars(6000))
    selling = acknowledged(
        rig, shares_of("SPY"), 50, purpose=OrderPurpose.CLOSE, position_id=buying.position_id,
        limit=dollars(-101), worst=dollars(-101), hold=0,
    )  # fmt: skip
    hear(rig, filled(selling, cumulative=20))
    # 12 contracts, 6 of them sold, 300 of proceeds: 0.24 + 0.06 + 0.03. Then 20 shares for 2,020: 0.21 + 0.02.
    assert [(each.commission, each.fees) for each in journaled(rig, ev.OrderFilled)] == [
        (dollars("7.20"), dollars("0.33")), (0, 0), (0, dollars("0.23")),
    ]  # fmt: skip
    sold = rig.desk.book.positions[buying.position_id]
    assert (sold.shares, sold.used) == (40, dollars(4000))
    # Three condors of 5.00 between the strikes, 1.00 received.
    assert rig.desk.book.positions["P000001"].used == dollars(1200)


def test_a_fill_is_told_in_one_line(rig: Rig) -> None:
    hear(rig, filled(acknowledged(rig), cumulative=3))
    assert told(rig)[-1] == ("3 x SPY iron condor opened at 1.00 credit", False)
    closing = acknowledged(rig, quantity=2, purpose=OrderPurpose.CLOSE, position_id="P000001", why="target", hold=0)
    hear(rig, filled(closing, dollars("0.50")))
    assert told(rig)[-1] == ("2 x SPY iron condor closed at 0.50 debit: target", False)
    hear(rig, filled(acknowledged(rig, quantity=1), 0))
    assert told(rig)[-1] == ("1 x SPY iron condor opened at 0.00 debit", False)


def test_who_has_heard_of_an_order_asks_no_more(rig: Rig) -> None:
    order = sent(rig)
    assert rig.desk.ask_at == {ID: rig.desk.now + orders.ANSWER_TIME}
    hear(rig, filled(order, cumulative=1))
    assert (rig.desk.ask_at, live(rig).status) == ({}, S.PARTLY_FILLED)
    other = sent(rig)
    assert list(rig.desk.ask_at) == [other.order_id]
    hear(rig, BrokerAccepted(other.order_id))
    assert rig.desk.ask_at == {}


# --- legs ------------------------------------------------------------------------------------------------------------
def test_legs_make_whole_units_by_the_one_that_is_furthest_behind(rig: Rig) -> None:
    acknowledged(rig, FLY, 4, limit=dollars("0.50"), worst=dollars("0.60"))
    prices = (dollars("0.40"), dollars("0.90"), dollars("1.80"))
    hear(rig, BrokerLegFilled(ID, (3, -4, 3), prices))
    assert (live(rig).filled, live(rig).status, rig.desk.book.held(MODULE)) == (2, S.LEGGED, dollars(1000))
    hear(rig, BrokerLegFilled(ID, (4, -8, 4), prices))
    assert rig.desk.book.orders == {}
    fills = journaled(rig, ev.OrderFilled)
    assert [(each.quantity, each.cumulative, each.net_price, each.commission) for each in fills] == [
        (2, 2, 0, dollars("6.00")), (2, 4, 0, dollars("3.60")),
    ]  # fmt: skip
    (held,) = rig.desk.book.positions_of(MODULE)
    # 0.40 - 1.80 + 1.80 = 0.40 a share.
    assert (held.structure, held.quantity, held.cost) == (FLY, 4, dollars(160))


def test_after_legs_a_package_frame_adds_what_is_beyond_them(rig: Rig) -> None:
    acknowledged(rig)
    prices = tuple(dollars(price) for price in ("0.40", "0.90", "1.00", "0.50"))
    hear(rig, BrokerLegFilled(ID, (0, -1, 0, 0), prices), BrokerFilled(ID, 3, -dollars(1), prices))
    (held,) = rig.desk.book.positions_of(MODULE)
    assert (held.structure, held.quantity, held.cost, live(rig).filled) == (CONDOR, 3, dollars(-300), 3)


@pytest.mark.parametrize(
    ("contracts", "prices", "is_good"),
    [
        ((0, -1, 0, 0), (0, 0, 0, 0), True),
        ((0, -1, 0, 0), (1, 1, 1, -1), False),
        ((0, -1, 0, 0), (1, 1, 1), False),
        ((0, 1, 0, 0), (1, 1, 1, 1), False),
    ],
)
def test_legs_may_be_for_nothing_and_never_for_less(
    rig: Rig, contracts: tuple[int, ...], prices: tuple[Money, ...], *, is_good: bool
) -> None:
    acknowledged(rig)
    hear(rig, BrokerLegFilled(ID, contracts, prices))
    assert live(rig).status is (S.LEGGED if is_good else S.UNKNOWN)
    assert bool(rig.desk.book.positions) is is_good
    if not is_good:
        assert rig.desk.ask_at == {ID: rig.desk.now + orders.ASK_AGAIN}
        assert (told(rig)[-1][0].startswith("SPY iron condor (O000001) needs you"), told(rig)[-1][1]) == (True, True)


def test_legs_of_the_other_side_are_no_repetition(rig: Rig) -> None:
    acknowledged(rig)
    hear(rig, BrokerLegFilled(ID, (0, -1, 0, 0), (1, 1, 1, 1)), BrokerLegFilled(ID, (0, 1, 0, 0), (1, 1, 1, 1)))
    assert live(rig).legs_done == (0, -1, 0, 0)
    assert "needs you: the broker reports legs that were not ordered" in told(rig)[-1][0]


def test_shares_have_no_legs_to_be_done_by_themselves(rig: Rig) -> None:
    acknowledged(rig, shares_of("SPY"), 10, limit=dollars(100), worst=dollars(100))
    hear(rig, BrokerLegFilled(ID, (), ()))
    assert (live(rig).status, rig.desk.halted, rig.desk.book.positions) == (S.UNKNOWN, "", {})


# --- ends ------------------------------------------------------------------------------------------------------------
def test_a_rejected_closing_is_ordered_again_later_and_later_until_one_fills(rig: Rig) -> None:
    hold(rig, CONDOR, ("0.40", "0.90", "1.00", "0.50"), 5)
    desk = rig.desk
    closing: dict[str, Any] = {"purpose": OrderPurpose.CLOSE, "position_id": "P000001", "hold": 0}
    waits = []
    for times in range(1, 8):
        hear(rig, BrokerEnded(acknowledged(rig, **closing).order_id, S.REJECTED, 0, "no"))
        assert told(rig)[-1] == ("SPY iron condor was rejected: no", True)
        count, until = desk.rejected["P000001"]
        assert count == times
        waits.append((until - desk.now).total_seconds() / 60)
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    hear(rig, BrokerEnded(acknowledged(rig, quantity=1).order_id, S.REJECTED, 0, "no"))
    assert told(rig)[-1] == ("SPY iron condor was rejected: no", False), "it was to open"
    assert list(desk.rejected) == ["P000001"]
    hear(rig, filled(acknowledged(rig, **closing), dollars("0.50"), 1))
    assert desk.rejected == {}


def test_a_persons_order_that_ends_is_told_and_a_modules_is_not(rig: Rig) -> None:
    hear(rig, BrokerEnded(acknowledged(rig).order_id, S.CANCELLED, 0, "as asked"))
    assert told(rig) == []
    hear(rig, BrokerEnded(acknowledged(rig, who="user").order_id, S.EXPIRED, 0, "the day is over"))
    assert told(rig) == [("your order for SPY iron condor has ended: the day is over", False)]


def test_of_what_has_ended_nothing_is_due_any_more(rig: Rig) -> None:
    desk = rig.desk
    acknowledged(rig)
    timers = (desk.reprice_at, desk.ask_at, desk.cancel_at, desk.cancelled_at, desk.absent)
    for timer in timers:
        timer.update({ID: desk.now, "O000077": desk.now})
    desk.unpriced[ID] = 3
    hear(rig, BrokerEnded(ID, S.CANCELLED, 0, "as asked"))
    assert [list(timer) for timer in timers] == [["O000077"]] * 5
    assert desk.unpriced == {}


def test_an_end_without_all_its_fills_is_asked_about_at_once_or_later_where_that_was_the_answer(rig: Rig) -> None:
    acknowledged(rig)
    hear(rig, BrokerEnded(ID, S.CANCELLED, 2, "as asked"))
    assert (rig.desk.ask_at, rig.desk.book.held(MODULE)) == ({ID: rig.desk.now}, dollars(2500))
    missing = replace(filled(live(rig), cumulative=4), quantity=1)
    hear(rig, BrokerKnows(ID, True, S.CANCELLED, (missing, filled(live(rig), cumulative=2))))
    assert (live(rig).filled, rig.desk.ask_at) == (2, {ID: rig.desk.now + orders.ASK_AGAIN})
    first, second = filled(live(rig), cumulative=2), filled(live(rig), cumulative=4)
    hear(rig, BrokerKnows(ID, True, S.CANCELLED, (second, first)))
    (ended,) = journaled(rig, ev.OrderEnded)
    assert (ended.status, ended.why, rig.desk.book.orders) == (S.CANCELLED, "as the broker says", {})
    other = acknowledged(rig)
    hear(rig, BrokerKnows(other.order_id, True, S.EXPIRED, why="the day is over"))
    assert [each.why for each in journaled(rig, ev.OrderEnded)] == ["as the broker says", "the day is over"]


# --- what the broker knows -------------------------------------------------------------------------------------------
def test_a_denial_counts_from_the_first_that_nothing_has_contradicted(rig: Rig) -> None:
    acknowledged(rig)
    denied, desk = BrokerKnows(ID, False, None), rig.desk
    hear(rig, denied)
    began = desk.now
    assert desk.ask_at[ID] == began + dt.timedelta(seconds=10)
    later(rig, 4)
    hear(rig, denied)
    assert desk.ask_at[ID] == began + dt.timedelta(seconds=10)
    hear(rig, BrokerKnows(ID, True, S.WORKING))
    assert (desk.absent, desk.ask_at) == ({}, {})
    later(rig, 60)
    hear(rig, denied)
    assert desk.ask_at[ID] == desk.now + dt.timedelta(seconds=10)
    hear(rig, filled(live(rig), cumulative=1), denied)
    later(rig, 60)
    hear(rig, denied)
    assert desk.ask_at[ID] == desk.now + orders.ASK_AGAIN, "what was filled was there"
    other = acknowledged(rig)
    hear(rig, BrokerKnows(other.order_id, False, None))
    later(rig, 10)
    hear(rig, BrokerKnows(other.order_id, False, None))
    assert told(rig)[-1] == ("SPY iron condor never reached the broker", False)


def test_what_lives_is_acknowledged_once_and_only_where_that_was_in_doubt(rig: Rig) -> None:
    desk, knows = rig.desk, BrokerKnows(ID, True, S.WORKING)
    sent(rig)
    hear(rig, knows)
    assert (live(rig).status, desk.ask_at) == (S.WORKING, {})
    hear(rig, knows, replace(knows, limit=dollars("-1.00")), replace(knows, limit=dollars("-0.95")))
    assert (len(journaled(rig, ev.OrderAccepted)), journaled(rig, ev.OrderReplaced)) == (1, [])
    assert desk.ask_at == {}, "no new limit was asked for"
    hear(rig, replace(knows, status=None, why=""))
    assert told(rig)[-1][0] == "SPY iron condor (O000001) needs you: the broker says something we do not know"
    orders.request_limit(desk, live(rig), dollars("-0.95"), 1)
    desk.commit()
    assert (live(rig).status, live(rig).is_unsure) == (S.REPLACE_PENDING, True)
    hear(rig, replace(knows, limit=dollars("-0.99")))
    assert (live(rig).is_unsure, desk.ask_at) == (False, {ID: desk.now + orders.ASK_AGAIN})
    hear(rig, replace(knows, limit=dollars("-0.95")))
    assert (live(rig).limit, live(rig).asked_limit, desk.ask_at) == (dollars("-0.95"), None, {})


def test_the_answer_to_a_new_limit_ends_the_asking_but_not_that_about_a_cancel(rig: Rig) -> None:
    desk = rig.desk
    acknowledged(rig)
    orders.request_limit(desk, live(rig), dollars("-0.95"), 1)
    desk.commit()
    assert desk.ask_at == {ID: desk.now + orders.ANSWER_TIME}
    # Refused with a reason, at a limit that is neither the old nor the new one: the broker's word is what is in force.
    hear(rig, BrokerReplaced(ID, dollars("-0.97"), "too late"))
    assert (live(rig).limit, live(rig).status, desk.ask_at) == (dollars("-0.97"), S.WORKING, {})
    orders.request_limit(desk, live(rig), dollars("-0.93"), 2)
    orders.request_cancel(desk, live(rig), "test")
    desk.commit()
    due = desk.ask_at[ID]
    hear(rig, BrokerReplaced(ID, dollars("-0.93")))
    assert (live(rig).limit, live(rig).status, desk.ask_at) == (dollars("-0.93"), S.CANCEL_PENDING, {ID: due})
    # It lives, so the cancel goes out again, five seconds after the first.
    hear(rig, BrokerKnows(ID, True, S.WORKING))
    assert (desk.ask_at, desk.cancel_at) == ({}, {ID: desk.now + orders.CANCEL_TIME})


def test_a_closing_works_on_where_its_module_is_paused_and_an_opening_is_called_off(rig: Rig) -> None:
    hold(rig, CONDOR, ("0.40", "0.90", "1.00", "0.50"), 5)
    closing = sent(rig, purpose=OrderPurpose.CLOSE, position_id="P000001", hold=0)
    opening, stopped = sent(rig), sent(rig)
    rig.desk.record(ev.ModuleStatusChanged(MODULE, ModuleStatus.PAUSED, "user", "lunch"))
    rig.desk.commit()
    hear(rig, *(BrokerKnows(each.order_id, True, S.WORKING) for each in (closing, opening)))
    assert rig.desk.book.orders[closing.order_id].status is S.WORKING
    rig.desk.record(ev.EmergencyStopLatched("button", "test"))  # the latch was taken away by hand
    hear(rig, BrokerKnows(stopped.order_id, True, S.WORKING))
    asked = [(each.order_id, each.why) for each in journaled(rig, ev.OrderCancelRequested)]
    assert asked == [(opening.order_id, "paused"), (stopped.order_id, "emergency stop")]


# --- broken trades ---------------------------------------------------------------------------------------------------
@pytest.fixture
def bust(rig: Rig) -> BrokerFillBroken:
    """Five condors were opened for 1.00 each, and the broker breaks two of them."""
    fill = filled(acknowledged(rig))
    hear(rig, fill)
    return BrokerFillBroken("B77", ID, 2, fill.net_price, fill.leg_prices, dollars("4.80"), dollars("0.05"), "wrong")


@pytest.mark.parametrize(
    ("order_id", "quantity", "is_good"), [(ID, 5, True), (ID, 6, False), (ID, 0, False), ("O000099", 2, False)]
)
def test_only_a_trade_that_is_in_the_books_is_undone(
    rig: Rig, bust: BrokerFillBroken, order_id: str, quantity: int, *, is_good: bool
) -> None:
    rig.desk.reconcile_at = None
    hear(rig, replace(bust, order_id=order_id, quantity=quantity))
    assert rig.desk.reconcile_at == rig.desk.now
    assert len(journaled(rig, ev.FillReversed)) == is_good
    wrong = (f"The broker broke a trade that is not in the books: {order_id}", True)
    assert told(rig)[-1] == (("SPY iron condor: the broker broke the trade: wrong", True) if is_good else wrong)


@pytest.mark.parametrize("prices", [(), (0, 10_000, 0), (0, 10_000, 0, 0, 0)], ids=len)
def test_prices_of_other_legs_than_were_traded_undo_nothing(
    rig: Rig, bust: BrokerFillBroken, prices: tuple[Money, ...]
) -> None:
    hear(rig, replace(bust, leg_prices=prices))
    assert told(rig)[-1] == (f"The broker broke a trade that is not in the books: {ID}", True)
    shares = acknowledged(rig, shares_of("SPY"), 10, limit=dollars(100), worst=dollars(100))
    hear(rig, filled(shares), replace(bust, order_id=shares.order_id, reference="B2", leg_prices=prices))
    assert (journaled(rig, ev.FillReversed), rig.desk.halted) == ([], "")


def test_what_is_undone_leaves_the_rest_with_whom_it_is_now(rig: Rig, bust: BrokerFillBroken) -> None:
    book = rig.desk.book
    assert book.positions["P000001"].used == dollars(2000)
    rig.desk.record(ev.PositionMoved("P000001", OTHER, "user", "theirs now"))
    rig.desk.commit()
    hear(rig, bust)
    (undone,) = journaled(rig, ev.FillReversed)
    assert (undone.module_id, undone.position_id, undone.used, undone.shares) == (OTHER, "P000001", dollars(1200), 0)
    assert [leg.ratio for leg in undone.legs] == [2, -2, -2, 2]
    assert (undone.lineage, undone.ended_net, undone.best, undone.worst) == ("", 0, None, None)
    (held,) = book.positions_of(OTHER)
    assert (held.quantity, held.used, held.cost) == (3, dollars(1200), dollars(-300))


def test_a_broken_end_names_what_it_had_made_and_the_best_and_worst_of_the_others(
    rig: Rig, bust: BrokerFillBroken
) -> None:
    desk = rig.desk
    desk.record(ev.PositionSettled("P000001", dollars(95), desk.now, dollars(-100)))
    for cash in (-250, -90):
        held = hold(rig, CONDOR, ("0.40", "0.90", "1.00", "0.50"))
        desk.record(ev.PositionSettled(held.position_id, dollars(95), desk.now, dollars(cash)))
    desk.commit()
    hear(rig, bust)
    (undone,) = journaled(rig, ev.FillReversed)
    # 500 received, 100 paid, 12.00 for twenty contracts; the others: 100 - 250 and 100 - 90.
    assert (undone.lineage, undone.ended_net, undone.best, undone.worst) == (
        "P000001", dollars(388), dollars(10), dollars(-150),
    )  # fmt: skip
    # Two that were never sold are now held the other way.
    assert (undone.position_id, undone.used) == ("P000004", desk.book.positions["P000004"].used)
    # What is broken again belongs to a trade that goes on.
    hear(rig, replace(bust, reference="B78", quantity=1))
    assert [each.lineage for each in journaled(rig, ev.FillReversed)] == ["P000001", "P000001"]


def test_what_a_removed_module_traded_is_undone_outside_and_what_never_was_with_its_module(
    rig: Rig, bust: BrokerFillBroken
) -> None:
    desk = rig.desk
    hear(rig, replace(bust, quantity=5, commission=dollars(12), fees=0))
    assert [each.status for each in desk.ledger.closed()] == [PositionStatus.BROKEN]
    hear(rig, replace(bust, reference="B78"))
    other = acknowledged(rig, module_id=OTHER, quantity=2)
    hear(rig, filled(other))
    desk.record(ev.PositionSettled(other.position_id, dollars(95), desk.now, 0))
    desk.record(ev.ModuleRemoved(OTHER, "user", ""))
    desk.commit()
    hear(rig, replace(bust, reference="B79", order_id=other.order_id, quantity=1))
    assert [each.module_id for each in journaled(rig, ev.FillReversed)] == [MODULE, MODULE, EXTERNAL]


def test_broken_shares_are_undone_by_count(rig: Rig) -> None:
    hear(rig, filled(acknowledged(rig, shares_of("SPY"), 60, limit=dollars(100), worst=dollars(100))))
    hear(rig, BrokerFillBroken("B1", ID, 20, dollars(100), (dollars(100),), 0, 0, "wrong"))
    (undone,) = journaled(rig, ev.FillReversed)
    assert (undone.shares, undone.legs, undone.used) == (20, (), dollars(4000))
    assert rig.desk.book.positions["P000001"].shares == 40


class TestEndedTrade:
    """Of all that ended: P1 and P4 are parts of one trade of ALPHA, P2 and P6 its others; P3 is of another module."""

    @staticmethod
    def ended(position_id: str, net: int, **changes: Any) -> Position:
        """A position that ended with this result, in dollars."""
        return position(
            position_id=position_id, realised=dollars(net), commissions=0, status=PositionStatus.CLOSED, **changes
        )

    def test_its_net_and_the_best_and_worst_of_its_modules_others(self) -> None:
        closed = [
            self.ended("P1", 10),
            self.ended("P2", 40),
            self.ended("P3", 900, module_id="beta"),
            self.ended("P4", 5, lineage="P1"),
            self.ended("P5", -800),
            replace(self.ended("P7", 700), status=PositionStatus.BROKEN),
            self.ended("P6", -30),
        ]
        going = {"P5"}
        expected = BrokenEnd("alpha", "P1", dollars(15), dollars(40), dollars(-30))
        assert ended_trade(closed, "P1", going) == ended_trade(closed, "P4", going) == expected
        alone = BrokenEnd("beta", "P3", dollars(900), None, None)
        assert ended_trade(closed, "P3", going) == alone
        assert ended_trade(closed, "P7", going) is None, "it never was"
        assert ended_trade(closed, "P9", going) is None
        assert ended_trade((), "P1", going) is None

    def test_a_trade_counts_in_the_module_where_it_ended(self) -> None:
        """Its first part ended in ALPHA; the rest went over and ended there."""
        closed = [self.ended("P1", 10), self.ended("P2", -7, lineage="P1", module_id="beta"), self.ended("P3", 3)]
        assert ended_trade(closed, "P2", ()) == BrokenEnd("beta", "P1", dollars(3), None, None)
        assert ended_trade(closed, "P3", ()) == BrokenEnd("alpha", "P3", dollars(3), None, None)
