"""Comparisons to the second, what an order on its way excuses, and every figure and word of a difference's end."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import DenialCode, Fact, NotSent
from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import CASH_ID, EXTERNAL, Difference, Resolution
from engine.domain.denial import Denial
from engine.domain.instrument import Right
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.position import Position
from engine.domain.structure import Structure, shares_of
from engine.market.store import MarketStore
from engine.runtime import reconciling
from tests.engine.runtime.scenes import (
    MODULE,
    OTHER,
    denied,
    give,
    hear,
    hold,
    made_of,
    option,
    put,
    quiet,
    told,
    working,
)
from tests.engine.runtime.test_reconciling import account, look, twice
from tests.fakes import EXPIRATION, Rig, new_york

ASSIGN, IGNORE = Resolution.ASSIGN, Resolution.IGNORE
ABOUT: dict[str, Fact] = {"instrument": "SPY"}
PUT = option(95, Right.PUT)
SATURDAY = new_york(7, day=EXPIRATION + dt.timedelta(days=1))
"""From when on a put of Friday is over."""


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """10:01, SPY at 100, 100 shares of it at 99 in IV_SERVICE."""
    made = quiet(tmp_path)
    hold(made, shares_of("SPY"), ("99",), 100)
    made.desk.clock.advance_to(new_york(10, 1))
    return made


def intend(rig: Rig, structure: Structure) -> Order:
    """An intent to open something."""
    book, price = rig.desk.book, dollars(1)
    about = (book.next_order_id, MODULE, book.next_position_id, OrderPurpose.OPEN)
    rig.desk.record(ev.OrderIntended(Order(*about, structure, 1, price, price, 0, rig.desk.now, "test")))
    rig.desk.commit()
    return book.orders[about[0]]


def outside(rig: Rig, structure: Structure, price: str, quantity: int) -> Position:
    """Something that is in the account and nobody's here."""
    position = hold(rig, structure, (price,), quantity, module=OTHER)
    rig.desk.record(ev.PositionMoved(position.position_id, EXTERNAL, "ann", "not ours"))
    rig.desk.commit()
    return position


def resolved(rig: Rig) -> list[ev.DifferenceResolved]:
    """What was journaled of a person's word."""
    return [event for event in rig.events(ev.DifferenceResolved) if isinstance(event, ev.DifferenceResolved)]


class TestTimes:
    @pytest.mark.parametrize(
        ("changes", "due"),
        [
            ([{}], new_york(10, 6)),
            ([{"positions": {"SPY": 130}}], new_york(10, 1, 10)),
            ([{"positions": {"SPY": 130}}] * 2, new_york(10, 6, 10)),
        ],
        ids=["it agrees", "seen once", "seen twice"],
    )
    def test_the_next_look_in_a_session(self, rig: Rig, changes: list[dict[str, Any]], due: dt.datetime) -> None:
        for number, change in enumerate(changes):
            rig.desk.clock.advance_to(new_york(10, 1, 10 * number))
            hear(rig, account(rig, **change))
        assert rig.desk.reconcile_at == due

    def test_after_the_close_it_is_at_the_next_open(self, rig: Rig) -> None:
        rig.desk.clock.advance_to(new_york(16, 0))
        hear(rig, account(rig))
        assert rig.desk.reconcile_at == new_york(9, 30, day=dt.date(2026, 3, 17))

    @pytest.mark.parametrize(("before", "after"), [(None, 5), (300, 5), (2, 2), (-1, -1)])
    @pytest.mark.parametrize("lacks", [{"is_complete": False}, {"activity": 1}])
    def test_an_account_that_lacks_something_is_asked_for_again_in_five_seconds_at_the_latest(
        self, rig: Rig, before: int | None, after: int, lacks: dict[str, Any]
    ) -> None:
        now = rig.desk.now
        rig.desk.reconcile_at = None if before is None else now + dt.timedelta(seconds=before)
        hear(rig, account(rig, **lacks))
        assert rig.desk.reconcile_at == now + dt.timedelta(seconds=after)

    def test_it_is_asked_for_at_its_second_and_every_five_until_it_is_told(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        asked: list[dt.datetime] = []
        monkeypatch.setattr(rig.broker, "ask_account", asked.append)
        start = rig.desk.now
        for due, seconds in ((None, 0), (start, 0), (start, 4.999), (start, 5), (start, 10)):
            if seconds == 0:
                rig.desk.reconcile_at = due
            rig.desk.clock.advance_to(start + dt.timedelta(seconds=seconds))
            reconciling.ask_if_due(rig.desk)
            rig.desk.commit()
        assert asked == [start + dt.timedelta(seconds=seconds) for seconds in (0, 5, 10)]

        def unreachable(now: dt.datetime) -> None:
            raise NotSent("the line is down")

        monkeypatch.setattr(rig.broker, "ask_account", unreachable)
        give(rig, cmd.Reconcile("ann"))
        assert "the broker's account could not be asked for" in caplog.text

    def test_of_two_accounts_of_one_instant_the_later_word_counts(self, rig: Rig) -> None:
        hear(rig, account(rig, positions={"SPY": 130}))
        assert "SPY" in rig.desk.suspects
        hear(rig, account(rig))
        assert rig.desk.suspects == {}


class TestOnTheWay:
    @pytest.mark.parametrize(
        ("status", "age", "is_excused", "is_asked"),
        [
            (OrderStatus.WORKING, 9.999, True, False),
            (OrderStatus.WORKING, 10, False, True),
            (OrderStatus.UNKNOWN, 600, True, False),
            (OrderStatus.INTENT, 0, False, False),
            (OrderStatus.WORKING, None, True, False),
        ],
    )
    def test_what_an_order_excuses_and_whether_it_is_asked_about(
        self, tmp_path: Path, status: OrderStatus, age: float | None, is_excused: bool, is_asked: bool
    ) -> None:
        rig = working(tmp_path)
        desk, (order,) = rig.desk, rig.desk.book.orders.values()
        changed = None if age is None else desk.now - dt.timedelta(seconds=age)
        desk.book.orders[order.order_id] = replace(order, status=status, changed_at=changed)
        desk.ask_at.clear()
        hear(rig, account(rig, positions={"SPY": 5, "QQQ": 5}, cash=0))
        assert set(desk.suspects) == ({"QQQ"} if is_excused else {"QQQ", "SPY", CASH_ID})
        assert desk.ask_at == ({order.order_id: desk.now} if is_asked else {})

    def test_while_one_is_on_its_way_no_difference_is_taken_for_gone(self, rig: Rig) -> None:
        desk, cash = rig.desk, rig.desk.book.broker_cash
        twice(rig, positions={"SPY": 100, "QQQ": 5, "IWM": 3}, cash=cash + 700)
        order = intend(rig, shares_of("QQQ"))
        desk.record(ev.OrderUnknown(order.order_id, "test"))
        twice(rig, positions={"SPY": 100, "IWM": 4})
        assert desk.book.differences == {
            "QQQ": Difference("QQQ", "QQQ", 0, 5),
            "IWM": Difference("IWM", "IWM", 0, 4),
            CASH_ID: Difference(CASH_ID, CASH_ID, cash, cash + 700),
        }
        desk.record(ev.OrderEnded(order.order_id, OrderStatus.CANCELLED, "test"))
        look(rig, positions={"SPY": 100, "IWM": 4})
        assert list(desk.book.differences) == ["IWM"]


class TestWhatIsTold:
    def test_a_comparison_is_journaled_when_it_is_the_first_or_differs_from_the_last(self, rig: Rig) -> None:
        def compared() -> list[ev.Event]:
            return rig.events(ev.AccountReconciled)[before:]

        desk, cash = rig.desk, rig.desk.book.broker_cash
        before = len(rig.events(ev.AccountReconciled))
        desk.is_reconciled = False
        look(rig)
        look(rig)
        agrees = ev.AccountReconciled((), cash, cash, 0)
        assert (compared(), desk.is_reconciled) == ([agrees], True)
        for _ in range(3):
            look(rig, positions={"SPY": 130})
        differs = replace(agrees, differences=(Difference("SPY", "SPY", 100, 130),))
        assert compared() == [agrees, differs]
        desk.is_reconciled = False
        look(rig, positions={"SPY": 130})
        assert compared() == [agrees, differs, differs], "after a gap it is the first again"

    def test_what_differs_what_that_stops_and_what_to_do_is_told_once_and_urgently(self, rig: Rig) -> None:
        cash = rig.desk.book.broker_cash
        for _ in range(3):
            look(rig, positions={"SPY": 130}, cash=cash + 700)
        then = "Say whose it is; nothing is opened in it until then"
        assert told(rig) == [
            (f"Book and broker differ in SPY: 100 here, 130 there. {then}", True),
            (f"Book and broker differ in USD: {cash} here, {cash + 700} there (1/10,000 USD). {then}", True),
        ]


class TestWhatNetsToNothing:
    """SPY at 90 or 100, IV_SERVICE short a put of Friday and somebody else long; it is the morning after."""

    def scene(self, folder: Path, spot: float) -> Rig:
        """The scene."""
        rig = quiet(folder, spot)
        hold(rig, made_of(put(95, -1)), ("6.00",))
        outside(rig, made_of(put(95, 1)), "6.00", 1)
        rig.desk.clock.advance_to(SATURDAY)
        return rig

    @pytest.mark.parametrize(
        ("spot", "paid", "brought", "price"),
        [(90.0, "paid $500.00", "brought $500.00", "90.00"), (100.0, "brought $0.00", "brought $0.00", "100.00")],
    )
    def test_each_holder_is_told_what_it_was_worth(
        self, tmp_path: Path, spot: float, paid: str, brought: str, price: str
    ) -> None:
        rig = self.scene(tmp_path, spot)
        hear(rig, account(rig))
        assert rig.desk.book.positions == {}
        what = f"1 x {PUT.occ} expired, held long and short in these books and not at the broker"
        end = f"with SPY at {price}"
        assert told(rig) == [(f"{what}: settled at its value, it {cash}, {end}", True) for cash in (paid, brought)]

    def test_it_waits_while_an_order_of_its_underlying_is_on_the_way_or_that_has_no_price(self, tmp_path: Path) -> None:
        rig = self.scene(tmp_path, 90.0)
        order = intend(rig, shares_of("SPY"))
        rig.desk.record(ev.OrderUnknown(order.order_id, "test"))
        hear(rig, account(rig))
        assert len(rig.desk.book.positions) == 2
        rig.desk.record(ev.OrderEnded(order.order_id, OrderStatus.CANCELLED, "test"))
        market, rig.desk.market = rig.desk.market, MarketStore()
        hear(rig, account(rig))
        assert (len(rig.desk.book.positions), rig.desk.halted) == (2, "")
        rig.desk.market = market
        hear(rig, account(rig))
        assert rig.desk.book.positions == {}


def say(rig: Rig, instrument: str, how: Resolution, split: dict[str, int], why: str = " mine ") -> list[Denial]:
    """Say whose a difference is."""
    return denied(rig, cmd.ResolveDifference(instrument, how, split, "ann", why))


def word(instrument: str, quantity: int, price: Money, how: Resolution, owner: str, used: Money) -> ev.DifferenceResolved:  # fmt: skip # noqa: E501
    """Ann's word as it is journaled."""
    return ev.DifferenceResolved(instrument, quantity, price, how, owner, used, "ann", "mine")


class TestAWord:
    @pytest.mark.parametrize(
        ("theirs", "instrument", "how", "split", "journaled"),
        [
            ({"SPY": 130}, "SPY", ASSIGN, {OTHER: 30}, [word("SPY", 30, dollars(100), ASSIGN, OTHER, dollars(3000))]),
            # It ends whole: nothing is at work any more.
            ({}, "SPY", ASSIGN, {MODULE: -100}, [word("SPY", -100, dollars(100), ASSIGN, MODULE, 0)]),
            # What is ignored is one word, whatever EXTERNAL holds of the other side: here 10 and 20.
            ({"SPY": 90}, "SPY", IGNORE, {}, [word("SPY", -40, dollars(100), IGNORE, EXTERNAL, 0)]),
            ({"SPY": 130, "QQQ": 5}, "QQQ", IGNORE, {}, [word("QQQ", 5, 0, IGNORE, EXTERNAL, 0)]),
        ],
        ids=["taken in", "given up", "ignored", "ignored without a price"],
    )
    def test_is_journaled_with_its_price_and_what_it_puts_at_work(
        self, rig: Rig, theirs: dict[str, int], instrument: str, how: Resolution, split: dict[str, int],
        journaled: list[ev.DifferenceResolved],
    ) -> None:  # fmt: skip
        if theirs.get("SPY") == 90:
            outside(rig, shares_of("SPY"), "100", 10)
            outside(rig, shares_of("SPY"), "100", 20)
            rig.desk.clock.advance_to(new_york(10, 2))
        twice(rig, positions=theirs)
        rig.desk.clock.advance_to(rig.desk.now + dt.timedelta(seconds=1))
        assert say(rig, instrument, how, split) == []
        assert resolved(rig) == journaled
        assert rig.desk.reconcile_at == rig.desk.now, "compared again at once"

    @pytest.mark.parametrize("missing", [-100, -20])
    def test_about_cash_moves_cash_alone_and_is_no_word_about_the_fund_of_that_name(
        self, rig: Rig, missing: int
    ) -> None:
        outside(rig, shares_of(CASH_ID), "30", 40)
        rig.desk.clock.advance_to(new_york(10, 2))
        twice(rig, cash=rig.desk.book.broker_cash + missing)
        command = cmd.ResolveDifference(CASH_ID, ASSIGN, {EXTERNAL: missing}, "ann", "mine")
        assert reconciling.resolve(rig.desk, command) == ()
        rig.desk.commit()
        assert resolved(rig) == [word(CASH_ID, missing, 0, ASSIGN, EXTERNAL, 0)]

    @pytest.mark.parametrize(("theirs", "steps"), [(-2, [1]), (0, [1, 2]), (1, [1, 2, 1])])
    def test_about_what_was_short_covers_the_oldest_first_and_the_rest_is_long(
        self, tmp_path: Path, theirs: int, steps: list[int]
    ) -> None:
        rig = quiet(tmp_path)
        for count in (1, 2):
            hold(rig, made_of(put(95, -1)), ("1.00",), count)
        rig.desk.clock.advance_to(new_york(10, 1))
        twice(rig, positions={PUT.occ: theirs} if theirs else {})
        quote = rig.desk.market.quote(PUT)
        assert quote is not None
        price = quote.mid or 0
        assert say(rig, PUT.occ, ASSIGN, {MODULE: theirs + 3}) == []
        assert [(each.quantity, each.price) for each in resolved(rig)] == [(step, price) for step in steps]
        long = price * 100 if theirs > 0 else 0
        assert [each.used for each in resolved(rig)] == [0, 0, long][: len(steps)]
        assert price > 0
        assert rig.desk.book.instruments() == ({PUT.occ: theirs} if theirs else {})

    @pytest.mark.parametrize(("spot", "price"), [(90.0, 5), (100.0, 0)])
    def test_about_what_is_over_takes_it_at_what_it_is_worth(self, tmp_path: Path, spot: float, price: int) -> None:
        rig = quiet(tmp_path, spot)
        rig.desk.clock.advance_to(SATURDAY)
        twice(rig, positions={PUT.occ: 1})
        market, rig.desk.market = rig.desk.market, MarketStore()
        (denial,) = say(rig, PUT.occ, ASSIGN, {OTHER: 1})
        assert denial.code is DenialCode.DATA_STALE, "nobody knows the price of what it is on"
        rig.desk.market = market
        assert say(rig, PUT.occ, ASSIGN, {OTHER: 1}) == []
        assert resolved(rig) == [word(PUT.occ, 1, dollars(price), ASSIGN, OTHER, dollars(price * 100))]

    def test_that_ignores_what_is_over_is_heard_where_only_the_broker_has_it(self, tmp_path: Path) -> None:
        rig = quiet(tmp_path)
        rig.desk.clock.advance_to(SATURDAY)
        twice(rig, positions={PUT.occ: 1})
        assert say(rig, PUT.occ, IGNORE, {}) == []

    def test_a_difference_that_comes_back_after_it_has_to_be_seen_twice_again(self, rig: Rig) -> None:
        twice(rig, positions={"SPY": 130})
        assert say(rig, "SPY", IGNORE, {}) == []
        # Beside the 30 that are ignored: by figures the difference that was seen before.
        look(rig, positions={"SPY": 160})
        assert rig.desk.book.differences == {}
        look(rig, positions={"SPY": 160})
        assert rig.desk.book.differences == {"SPY": Difference("SPY", "SPY", 100, 130)}

    @pytest.mark.parametrize(
        ("instrument", "how", "split", "why", "denial"),
        [
            ("IWM", ASSIGN, {OTHER: 1}, "x", Denial(DenialCode.UNKNOWN_DIFFERENCE, facts={"instrument": "IWM"})),
            ("SPY", ASSIGN, {OTHER: 30}, " ", Denial(DenialCode.REASON_MISSING, facts=ABOUT)),
            ("SPY", ASSIGN, {"NO": 15, "ME": 15}, "x", Denial(DenialCode.UNKNOWN_MODULE, "ME", facts=ABOUT)),
            ("SPY", ASSIGN, {OTHER: 29}, "x", Denial(DenialCode.SUM_MISMATCH, 29, 30, "contracts", ABOUT)),
            ("SPY", ASSIGN, {OTHER: 30, MODULE: 0}, "x", Denial(DenialCode.SUM_MISMATCH, 30, 30, "contracts", ABOUT)),
            ("SPY", ASSIGN, {OTHER: 31, MODULE: -1}, "x", Denial(DenialCode.SUM_MISMATCH, 30, 30, "contracts", ABOUT)),
            (
                "QQQ", ASSIGN, {OTHER: 5}, "x",
                Denial(DenialCode.DATA_STALE, facts={"instrument": "QQQ", "why": "no price to book it at"}),
            ),
        ],
    )  # fmt: skip
    def test_that_cannot_be_is_refused_with_what_is_wrong_and_changes_nothing(
        self, rig: Rig, instrument: str, how: Resolution, split: dict[str, int], why: str, denial: Denial
    ) -> None:
        twice(rig, positions={"SPY": 130, "QQQ": 5})
        before = rig.desk.book.seq
        assert say(rig, instrument, how, split, why) == [denial]
        assert (rig.desk.book.seq, len(rig.desk.book.differences)) == (before, 2)

    def test_that_ignores_what_is_held_and_over_is_refused_with_what_to_do(self, tmp_path: Path) -> None:
        rig = quiet(tmp_path)
        hold(rig, made_of(put(95, 1)), ("2.00",))
        rig.desk.clock.advance_to(SATURDAY)
        twice(rig, positions={})
        words = "it has expired and the broker will tell no more of it: say whose it is, so that it ends in the books"
        assert say(rig, PUT.occ, IGNORE, {}) == [Denial(DenialCode.ORDER_STATE, words, facts={"instrument": PUT.occ})]
