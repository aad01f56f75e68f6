"""A comparison to the last figure: when it is due, what it tells, what excuses it, and how an answer is booked."""

import datetime as dt
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import NotSent
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import CASH_ID, EXTERNAL, BrokerAccount, Resolution
from engine.domain.order import OrderStatus
from engine.domain.structure import shares_of
from engine.runtime import positions, reconciling
from tests.engine.runtime.scenes import (
    CONDOR,
    MODULE,
    OTHER,
    give,
    hear,
    hold,
    intent,
    journaled,
    made_of,
    option,
    put,
    quiet,
    sent,
    silent,
    told,
)
from tests.fakes import EXPIRATION, Rig, chain_update, new_york

SECOND, MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)
PUT_93 = CONDOR.legs[1].contract


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """SPY at 100, 100 shares of it at 99 in IV_SERVICE, for a minute."""
    made = silent(tmp_path)
    hold(made, shares_of("SPY"), ("99",), 100)
    at(made, made.desk.now + MINUTE)
    return made


def at(rig: Rig, when: dt.datetime) -> None:
    """Let time pass."""
    rig.desk.clock.advance_to(when)


def account(rig: Rig, **changes: Any) -> BrokerAccount:
    """The account as the books have it, but for the changes."""
    book = rig.desk.book
    return replace(BrokerAccount(rig.desk.now, book.instruments(), book.broker_cash, book.activity_floor), **changes)


def twice(rig: Rig, **changes: Any) -> None:
    """The same account at two looks, ten seconds apart."""
    for _ in range(2):
        at(rig, rig.desk.now + 10 * SECOND)
        hear(rig, account(rig, **changes))


def resolved(rig: Rig) -> list[tuple[int, int, str, int]]:
    """Answers to differences as they were journaled: quantity, price, whose, what its position uses then."""
    found = journaled(rig, ev.DifferenceResolved)
    return [(each.quantity, each.price, each.module_id, each.used) for each in found]


def says(instrument: str, split: dict[str, int], how: Resolution = Resolution.ASSIGN) -> cmd.ResolveDifference:
    """A person's answer."""
    return cmd.ResolveDifference(instrument, how, split, "user", "mine")


class TestWhenItIsDue:
    def test_five_minutes_after_one_that_agreed_or_with_the_next_session(self, rig: Rig) -> None:
        desk = rig.desk
        desk.reconcile_at = None
        reconciling.ask_if_due(desk)
        assert desk.reconcile_at is None, "nothing is due"
        hear(rig, account(rig))
        assert desk.reconcile_at == desk.now + 5 * MINUTE
        at(rig, new_york(16, 30))
        hear(rig, account(rig))
        assert desk.reconcile_at == new_york(9, 30, day=desk.now.date() + dt.timedelta(days=1))

    def test_five_seconds_after_one_that_lacked_something_unless_it_is_due_before(self, rig: Rig) -> None:
        desk, lacking = rig.desk, account(rig, is_complete=False)
        for due, then in ((None, 5), (desk.now + MINUTE, 5), (desk.now + 2 * SECOND, 2)):
            desk.reconcile_at = due
            hear(rig, lacking)
            assert desk.reconcile_at == desk.now + then * SECOND

    def test_an_account_of_the_same_moment_is_no_older_one(self, rig: Rig) -> None:
        hear(rig, *[account(rig, positions={"SPY": 130})] * 2)
        assert rig.desk.book.differences["SPY"].missing == 30

    def test_it_asks_for_transfers_and_tries_again_and_gives_up_after_ten_minutes(
        self, rig: Rig, caplog: pytest.LogCaptureFixture
    ) -> None:
        desk = rig.desk
        desk.record(ev.CashDeposited(dollars(5), dollars(5), "user", "test"))
        desk.commit()
        began = desk.now

        def due() -> tuple[bool, dt.datetime | None, dt.datetime | None]:
            """It is due now: whether book and broker count as compared, when it is due again, and since when."""
            desk.reconcile_at = desk.now
            reconciling.ask_if_due(desk)
            desk.commit()
            return desk.is_reconciled, desk.reconcile_at, desk.unheard_since

        desk.unheard_since = None
        assert due() == (True, desk.now + 5 * SECOND, began)
        assert rig.broker.calls == [("fund", str(dollars(5)))]
        at(rig, began + 10 * MINUTE)
        assert due() == (True, desk.now + 5 * SECOND, began)
        at(rig, began + 10 * MINUTE + SECOND)
        assert [due()[0], due()[0]] == [False, False]
        words = f"the broker tells no account that can be compared with the books, since {began:%H:%M} UTC"
        assert told(rig)[-1] == (f"Nothing more is opened: {words}", True)
        assert sum("Nothing more is opened" in text for text, _ in told(rig)) == 1

        def unreachable(now: dt.datetime) -> None:
            raise NotSent("the line is down")

        rig.broker.ask_account = unreachable  # type: ignore[method-assign]
        desk.is_reconciled, desk.unheard_since = True, None
        with caplog.at_level(logging.WARNING):
            assert due()[0] is False
        assert "could not be asked for" in caplog.text


class TestWhatItTells:
    def test_one_that_agrees_is_journaled_once_until_something_changes(self, rig: Rig) -> None:
        def count() -> int:
            return len(journaled(rig, ev.AccountReconciled))

        before, rig.desk.is_reconciled = count(), False
        twice(rig)
        assert (count() - before, rig.desk.is_reconciled) == (1, True)
        twice(rig, positions={"SPY": 130})
        twice(rig, positions={"SPY": 130})
        assert count() - before == 2

    def test_it_says_how_much_of_what_and_that_nothing_is_opened(self, rig: Rig) -> None:
        book = rig.desk.book
        cash = book.broker_cash
        twice(rig, positions={"SPY": 130}, cash=cash + 70_000)
        ask = "Say whose it is; nothing is opened in it until then"
        assert told(rig)[-2:] == [
            (f"Book and broker differ in SPY: 100 here, 130 there. {ask}", True),
            (f"Book and broker differ in USD: {cash} here, {cash + 70_000} there (1/10,000 USD). {ask}", True),
        ]

    def test_what_an_order_on_its_way_excuses_leaves_what_was_known(self, rig: Rig) -> None:
        desk = rig.desk
        twice(rig, positions={"SPY": 130, "QQQ": 5})
        order = sent(rig)
        desk.record(ev.OrderUnknown(order.order_id, "test"))
        desk.commit()
        twice(rig, positions={"SPY": 140, "QQQ": 7}, cash=0)
        assert {name: each.missing for name, each in desk.book.differences.items()} == {"SPY": 30, "QQQ": 7}
        desk.record(ev.OrderEnded(order.order_id, OrderStatus.CANCELLED, "test"))
        desk.commit()
        twice(rig, positions={"SPY": 100, "QQQ": 7})
        assert list(desk.book.differences) == ["QQQ"]


class TestOrdersOnTheWay:
    @pytest.mark.parametrize(("seconds", "is_excused"), [(9, True), (10, False)])
    def test_what_was_sent_ten_seconds_ago_excuses_no_more(self, rig: Rig, seconds: int, *, is_excused: bool) -> None:
        order = sent(rig)
        at(rig, rig.desk.now + seconds * SECOND)
        rig.desk.ask_at.clear()
        hear(rig, account(rig, positions={"SPY": 130}))
        assert (rig.desk.suspects == {}) is is_excused
        assert rig.desk.ask_at == ({} if is_excused else {order.order_id: rig.desk.now})

    def test_what_was_not_sent_excuses_nothing_and_is_not_asked_about(self, rig: Rig) -> None:
        intent(rig)
        hear(rig, account(rig, positions={"SPY": 130}))
        assert list(rig.desk.suspects) == ["SPY"]
        assert rig.desk.ask_at == {}


class TestAnswers:
    def test_the_answer_is_taken_at_once_and_looked_at_again(self, rig: Rig) -> None:
        desk = rig.desk
        twice(rig, positions={"SPY": 130})
        assert list(desk.suspects) == ["SPY"]
        at(rig, desk.now + SECOND)
        assert reconciling.resolve(desk, says("SPY", {OTHER: 30})) == ()
        assert (desk.suspects, desk.reconcile_at) == ({}, desk.now)
        desk.commit()
        assert resolved(rig) == [(30, dollars(100), OTHER, dollars(3000))]

    def test_a_share_of_nothing_is_no_share(self, rig: Rig) -> None:
        twice(rig, positions={"SPY": 130})
        assert give(rig, says("SPY", {OTHER: 30, EXTERNAL: 0})) == ["SUM_MISMATCH"]

    def test_what_is_given_up_leaves_each_position_what_it_then_uses(self, rig: Rig) -> None:
        """100 shares and 50: 120 are gone, the first position whole, and 20 of the second."""
        hold(rig, shares_of("SPY"), ("98",), 50)
        at(rig, rig.desk.now + MINUTE)
        twice(rig, positions={"SPY": 30})
        assert give(rig, says("SPY", {MODULE: -120})) == []
        assert resolved(rig) == [(-100, dollars(100), MODULE, 0), (-20, dollars(100), MODULE, dollars(2940))]

    @pytest.mark.parametrize(("missing", "steps"), [(1, [1]), (10, [10]), (30, [10, 20]), (35, [10, 20, 5])], ids=str)
    def test_what_came_back_covers_the_oldest_short_first(self, tmp_path: Path, missing: int, steps: list[int]) -> None:
        rig = silent(tmp_path)
        for count in (10, 20):
            hold(rig, shares_of("SPY", is_long=False), ("100",), count)
        at(rig, rig.desk.now + MINUTE)
        twice(rig, positions={"SPY": missing - 30} if missing != 30 else {})
        assert give(rig, says("SPY", {MODULE: missing})) == []
        assert [quantity for quantity, *_ in resolved(rig)] == steps
        assert rig.desk.book.instruments() == ({"SPY": missing - 30} if missing != 30 else {})

    def test_what_is_ignored_or_cash_is_booked_whole_and_uses_nothing(self, rig: Rig) -> None:
        """Also where EXTERNAL holds the other side of it."""
        desk = rig.desk
        for structure in (shares_of("SPY"), shares_of("USD")):
            held = hold(rig, structure, ("99",), 30)
            desk.record(ev.PositionMoved(held.position_id, EXTERNAL, "user", "test"))
        at(rig, desk.now + MINUTE)
        theirs = {**desk.book.instruments(), "SPY": 90, "QQQ": 5}
        cash = desk.book.broker_cash - dollars(7)
        twice(rig, positions=theirs, cash=cash)
        for instrument in ("SPY", "QQQ"):
            assert give(rig, says(instrument, {}, Resolution.IGNORE)) == []
        assert give(rig, says(CASH_ID, {EXTERNAL: dollars(-7)})) == []
        assert resolved(rig) == [
            (-40, dollars(100), EXTERNAL, 0), (5, 0, EXTERNAL, 0), (dollars(-7), 0, EXTERNAL, 0),
        ]  # fmt: skip

    def test_a_contract_that_is_over_and_not_in_the_books_may_be_ignored(self, rig: Rig) -> None:
        """It may be told for a day or two at the broker."""
        at(rig, new_york(7, 1, day=EXPIRATION + dt.timedelta(days=1)))
        name = option(95, PUT_93.right).occ
        twice(rig, positions={"SPY": 100, name: 3})
        assert give(rig, says(name, {}, Resolution.IGNORE)) == []


class TestExpiredOnBothSides:
    """A contract of Friday that two modules hold on two sides, on Saturday at seven."""

    SATURDAY = new_york(7, day=EXPIRATION + dt.timedelta(days=1))

    def held(self, folder: Path, strike: int) -> Rig:
        """SPY at 90, and a put that is long here and short there."""
        rig = quiet(folder, 90.0)
        hold(rig, made_of(put(strike, -1)), ("1.00",))
        hold(rig, made_of(put(strike, 1)), ("1.00",), module=OTHER)
        at(rig, self.SATURDAY)
        positions.await_assignment(rig.desk)
        rig.desk.commit()
        return rig

    @pytest.mark.parametrize(
        ("strike", "words"), [(95, ["it paid $500.00", "it brought $500.00"]), (85, ["it brought $0.00"] * 2)]
    )
    def test_it_says_what_each_side_paid_or_got(self, tmp_path: Path, strike: int, words: list[str]) -> None:
        rig = self.held(tmp_path, strike)
        hear(rig, account(rig))
        occ = option(strike, PUT_93.right).occ
        text = f"1 x {occ} expired, held long and short in these books and not at the broker: settled at its value, "
        assert told(rig)[-2:] == [(f"{text}{each}, with SPY at 90.00", True) for each in words]
        assert rig.desk.book.positions == {}

    @pytest.mark.parametrize(("strike", "price", "left"), [(95, "5.00", "400"), (85, "0", "-100")])
    def test_what_only_one_side_held_ends_at_what_it_was_worth(
        self, tmp_path: Path, strike: int, price: str, left: str
    ) -> None:
        """Bought for 1.00, and the broker has it no more and told nothing."""
        rig = quiet(tmp_path, 90.0)
        hold(rig, made_of(put(strike, 1)), ("1.00",))
        at(rig, self.SATURDAY)
        twice(rig, positions={})
        assert give(rig, says(option(strike, PUT_93.right).occ, {MODULE: -1})) == []
        assert resolved(rig) == [(-1, dollars(price), MODULE, 0)]
        assert (rig.desk.book.realised(MODULE), rig.desk.book.positions) == (dollars(left), {})

    def test_it_waits_for_a_price_and_for_orders_on_their_way(self, tmp_path: Path) -> None:
        rig = self.held(tmp_path, 95)
        order = sent(rig)
        hear(rig, account(rig))
        assert len(rig.desk.book.positions) == 2
        rig.desk.record(ev.OrderEnded(order.order_id, OrderStatus.CANCELLED, "test"))
        rig.desk.commit()
        monday = EXPIRATION + dt.timedelta(days=3)
        again = rig.reopened([chain_update(new_york(10, day=monday), 90.0)])  # no quote has been heard since
        assert again.desk.market.spot("SPY") is None
        at(again, self.SATURDAY + MINUTE)
        hear(again, account(again))
        assert len(again.desk.book.positions) == 2
        again.desk.market.apply(chain_update(new_york(15), 90.0))
        at(again, again.desk.now + MINUTE)
        hear(again, account(again))
        assert again.desk.book.positions == {}
