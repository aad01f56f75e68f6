"""What the account nets to: how much of a package is one order, and when a closing opens at the broker."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.domain import events as ev
from engine.domain.account import EXTERNAL, Difference, Resolution
from engine.domain.instrument import Right
from engine.domain.order import Order, OrderPurpose
from engine.domain.structure import shares_of
from engine.runtime import netting
from tests.engine.runtime.scenes import OTHER, hold, made_of, option, put, quiet
from tests.fakes import Rig

SHARES, SHORT = shares_of("SPY"), shares_of("SPY", is_long=False)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """P000001 is long 100 SPY, P000002 of another module short 40: the account has 60."""
    made = quiet(tmp_path)
    hold(made, SHARES, ("99",), 100)
    hold(made, SHORT, ("101",), 40, module=OTHER)
    return made


def work(rig: Rig, position_id: str, shares: int) -> Order:
    """An order works that buys (sells) shares and closes what a position has of them."""
    position = rig.desk.book.positions[position_id]
    structure = SHARES if position.shares > 0 else SHORT
    order = Order(
        rig.desk.book.next_order_id, position.module_id, position_id, OrderPurpose.CLOSE, structure, abs(shares),
        0, 0, 0, rig.desk.now, "test",
    )  # fmt: skip
    assert order.side * structure.shares * shares > 0
    rig.desk.record(ev.OrderIntended(order))
    return order


class TestRoom:
    def test_up_to_what_the_account_has_on_the_other_side(self, rig: Rig) -> None:
        assert netting.room(rig.desk, SHARES, -1, 100) == 60
        assert netting.room(rig.desk, SHARES, -1, 60) == 60
        assert netting.room(rig.desk, SHORT, 1, 70) == 60, "to sell short is the same trade"

    def test_without_bound_on_its_own_side(self, rig: Rig) -> None:
        assert netting.room(rig.desk, SHORT, -1, 40) == 40
        assert netting.room(rig.desk, SHARES, 1, 1000) == 1000
        assert netting.room(rig.desk, shares_of("QQQ"), -1, 7) == 7

    def test_what_works_already_is_taken_off(self, rig: Rig) -> None:
        work(rig, "P000001", -45)
        assert netting.room(rig.desk, SHARES, -1, 40) == 15
        assert netting.room(rig.desk, SHORT, -1, 40) == 40

    def test_with_all_of_it_under_way_the_rest_only_opens(self, rig: Rig) -> None:
        work(rig, "P000001", -60)
        assert netting.room(rig.desk, SHARES, -1, 40) == 40
        assert netting.opens_at_the_broker(rig.desk, SHARES, -1)

    def test_an_order_that_adds_to_the_side_counts_for_nothing_yet(self, rig: Rig) -> None:
        work(rig, "P000002", 40)
        assert netting.room(rig.desk, SHARES, -1, 100) == 60

    def test_what_is_ignored_is_in_the_account_too(self, rig: Rig) -> None:
        rig.desk.record(ev.AccountReconciled((Difference("SPY", "SPY", 60, 10),), 0, 0, 0))
        rig.desk.record(ev.DifferenceResolved("SPY", -50, 0, Resolution.IGNORE, EXTERNAL, 0, "user", "lent"))
        assert netting.room(rig.desk, SHARES, -1, 100) == 10

    def test_in_whole_units_of_a_package(self, rig: Rig) -> None:
        long, short = made_of(put(95, 1)), made_of(put(95, -1))
        hold(rig, long, ("6.00",), 5)
        hold(rig, short, ("6.00",), 2, module=OTHER)
        twice = replace(long, legs=(replace(long.legs[0], ratio=2),))
        assert netting.room(rig.desk, long, -1, 5) == 3
        assert netting.room(rig.desk, twice, -1, 5) == 1


class TestOpensAtTheBroker:
    def test_what_the_account_has_is_closed_and_what_it_has_not_is_opened(self, rig: Rig) -> None:
        assert not netting.opens_at_the_broker(rig.desk, SHARES, -1)
        assert netting.opens_at_the_broker(rig.desk, SHORT, -1)

    def test_one_leg_is_enough(self, rig: Rig) -> None:
        spread = made_of(put(93, -1), put(95, 1))
        hold(rig, spread, ("5.00", "6.00"))
        assert not netting.opens_at_the_broker(rig.desk, spread, -1)
        hold(rig, made_of(put(93, 1)), ("5.00",))
        assert netting.opens_at_the_broker(rig.desk, spread, -1)

    @pytest.mark.parametrize("doubt", ["not compared", "seen once", "not settled"])
    def test_not_where_books_and_broker_may_differ(self, rig: Rig, doubt: str) -> None:
        difference = Difference("SPY", "SPY", 60, 0)
        if doubt == "not compared":
            rig.desk.is_reconciled = False
        elif doubt == "seen once":
            rig.desk.suspects["SPY"] = difference
        else:
            rig.desk.record(ev.AccountReconciled((difference,), 0, 0, 0))
        assert not netting.opens_at_the_broker(rig.desk, SHORT, -1)

    def test_a_difference_in_something_else_is_no_doubt(self, rig: Rig) -> None:
        name = option(95, Right.PUT).occ
        rig.desk.suspects[name] = Difference(name, "SPY", 0, 1)
        assert netting.opens_at_the_broker(rig.desk, SHORT, -1)


def test_others_are_those_of_the_other_side(rig: Rig) -> None:
    first, second = rig.desk.book.positions.values()
    assert netting.others(rig.desk, first, SHARES) == ("P000002",)
    assert netting.others(rig.desk, second, SHORT) == ("P000001",)
    hold(rig, SHARES, ("99",), 1, module=OTHER)
    assert netting.others(rig.desk, second, SHORT) == ("P000001", "P000003")
    assert netting.others(rig.desk, first, SHARES) == ("P000002",)


def test_it_is_told_once_a_position_and_session(rig: Rig) -> None:
    for position in [*rig.desk.book.positions.values()] * 2:
        netting.tell(rig.desk, position, f"{position.position_id} is netted")
    rig.desk.commit()
    assert [text for text in rig.publisher.alerts if "netted" in text] == ["P000001 is netted", "P000002 is netted"]
