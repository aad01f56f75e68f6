"""Book against broker: two looks, nothing from an empty or older account, halts of the underlying, and resolutions."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import DenialCode, NotSent
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import CASH_ID, EXTERNAL, ActivityKind, BrokerAccount, Difference, Resolution
from engine.domain.instrument import Right
from engine.domain.order import OrderStatus
from engine.domain.structure import shares_of
from engine.ledger.verify import verify_store
from engine.runtime import positions, reconciling
from tests.engine.runtime.scenes import (
    CONDOR,
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
    urgent,
    working,
)
from tests.fakes import EXPIRATION, Rig, new_york


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """SPY at 100, 100 shares of it at 99 in IV_SERVICE."""
    made = quiet(tmp_path)
    hold(made, shares_of("SPY"), ("99",), 100)
    made.desk.clock.advance_to(made.desk.now + dt.timedelta(minutes=1))
    return made


def account(rig: Rig, **changes: object) -> BrokerAccount:
    """The account as the books have it, but for the changes."""
    book = rig.desk.book
    same = BrokerAccount(rig.desk.now, book.instruments(), book.broker_cash, book.activity_floor)
    return replace(same, **changes)  # type: ignore[arg-type]


def look(rig: Rig, **changes: object) -> None:
    """Hear an account, ten seconds after the last time."""
    rig.desk.clock.advance_to(rig.desk.now + reconciling.SECOND_LOOK)
    hear(rig, account(rig, **changes))


def twice(rig: Rig, **changes: Any) -> None:
    """The same account at two looks."""
    look(rig, **changes)
    look(rig, **changes)


class TestLooks:
    def test_a_difference_counts_at_the_second_look(self, rig: Rig) -> None:
        look(rig, positions={"SPY": 130})
        assert rig.desk.book.differences == {}
        assert rig.desk.reconcile_at == rig.desk.now + dt.timedelta(seconds=10)
        look(rig, positions={"SPY": 130})
        assert rig.desk.book.differences == {"SPY": Difference("SPY", "SPY", 100, 130)}
        assert urgent(rig, "Book and broker differ in SPY: 100 here, 130 there") == 1

    def test_one_that_has_gone_by_the_second_look_never_was(self, rig: Rig) -> None:
        look(rig, positions={"SPY": 130})
        look(rig)
        look(rig, positions={"SPY": 130})
        assert rig.desk.book.differences == {}

    def test_one_that_changes_between_the_looks_starts_anew(self, rig: Rig) -> None:
        look(rig, positions={"SPY": 130})
        look(rig, positions={"SPY": 140})
        assert rig.desk.book.differences == {}
        look(rig, positions={"SPY": 140})
        assert rig.desk.book.differences["SPY"].missing == 40

    def test_it_is_told_once_and_gone_when_they_agree_again(self, rig: Rig) -> None:
        for _ in range(4):
            look(rig, positions={"SPY": 130})
        assert urgent(rig, "Book and broker differ") == 1
        look(rig)
        assert rig.desk.book.differences == {}

    def test_an_empty_account_that_says_it_lacks_something_is_not_flat(self, rig: Rig) -> None:
        rig.desk.is_reconciled = False
        for _ in range(3):
            look(rig, positions={}, is_complete=False)
        assert rig.desk.book.differences == {}
        assert not rig.desk.is_reconciled
        assert rig.desk.reconcile_at is not None
        assert rig.desk.reconcile_at <= rig.desk.now + reconciling.RETRY

    def test_statement_lines_that_were_not_told_yet_come_first(self, rig: Rig) -> None:
        for _ in range(3):
            look(rig, positions={}, activity=1)
        assert rig.desk.book.differences == {}

    def test_an_older_account_that_was_overtaken_says_nothing(self, rig: Rig) -> None:
        look(rig)
        old = account(rig, positions={}, as_of=rig.desk.now - dt.timedelta(seconds=1))
        hear(rig, old, old)
        assert rig.desk.suspects == {}

    def test_an_order_on_its_way_excuses_its_underlying_and_cash(self, tmp_path: Path) -> None:
        rig = working(tmp_path)
        rig.desk.clock.advance_to(rig.desk.now + dt.timedelta(seconds=60))
        (order,) = rig.desk.book.orders.values()
        rig.desk.record(ev.OrderUnknown(order.order_id, "test"))
        twice(rig, positions={"SPY260424P00093000": -1, "QQQ": 5}, cash=0)
        assert list(rig.desk.book.differences) == ["QQQ"]
        assert rig.desk.book.orders[order.order_id].status is OrderStatus.UNKNOWN

    def test_a_broker_that_cannot_be_asked_leaves_nothing_clean(self, rig: Rig) -> None:
        def unreachable(now: dt.datetime) -> None:
            raise NotSent("the line is down")

        rig.broker.ask_account = unreachable  # type: ignore[method-assign]
        assert give(rig, cmd.Reconcile("user")) == []
        assert not rig.desk.is_reconciled
        assert rig.desk.reconcile_at == rig.desk.now + reconciling.RETRY


class TestHalts:
    def test_only_the_underlying_that_differs_is_halted(self, rig: Rig) -> None:
        twice(rig, positions={"SPY": 100, "QQQ260424C00500000": 1})
        assert rig.desk.book.halted_symbols == {"QQQ": "book and broker differ in QQQ260424C00500000"}

    def test_cash_halts_no_underlying_but_what_is_missing_cannot_be_spent(self, rig: Rig) -> None:
        before = rig.desk.account_available()
        twice(rig, cash=rig.desk.book.broker_cash - dollars(100))
        assert rig.desk.book.halted_symbols == {}
        assert rig.desk.account_available() == before - dollars(100)

    def test_more_cash_than_we_know_of_is_nobodys_to_spend(self, rig: Rig) -> None:
        before = rig.desk.account_available()
        twice(rig, cash=rig.desk.book.broker_cash + dollars(100))
        assert rig.desk.account_available() == before


class TestResolve:
    def differ(self, rig: Rig, theirs: int) -> None:
        """The broker has so many shares of SPY; the books 100."""
        twice(rig, positions={"SPY": theirs} if theirs else {})

    def resolve(self, rig: Rig, split: dict[str, int], how: Resolution = Resolution.ASSIGN, why: str = "bought") -> list[str]:  # fmt: skip # noqa: E501
        """Say whose it is."""
        return give(rig, cmd.ResolveDifference("SPY", how, split, "user", why))

    def test_assigned_to_a_module_it_is_a_position_at_the_newest_price(self, rig: Rig) -> None:
        self.differ(rig, 130)
        assert self.resolve(rig, {OTHER: 30}) == []
        (position,) = rig.desk.book.positions_of(OTHER)
        # 100 is quoted 99.99 by 100.01.
        assert (position.shares, position.cost, position.used) == (30, dollars(3000), dollars(3000))
        assert rig.desk.book.differences == {}
        assert verify_store(rig.store).faults == ()

    def test_split_among_a_module_and_nobody_here(self, rig: Rig) -> None:
        self.differ(rig, 130)
        assert self.resolve(rig, {OTHER: 10, EXTERNAL: 20}) == []
        assert [position.shares for position in rig.desk.book.positions_of(OTHER)] == [10]
        (outside,) = rig.desk.book.positions_of(EXTERNAL)
        assert (outside.shares, outside.used) == (20, dollars(2000))
        assert rig.desk.book.instruments() == {"SPY": 130}

    def test_what_is_gone_at_the_broker_ends_in_the_books_at_the_newest_price(self, rig: Rig) -> None:
        self.differ(rig, 60)
        assert self.resolve(rig, {MODULE: -40}) == []
        (position,) = rig.desk.book.positions_of(MODULE)
        # 40 of 100 shares bought at 99, gone at 100.
        assert (position.shares, position.realised, position.used) == (60, dollars(40), dollars(5940))

    @pytest.mark.parametrize(
        ("theirs", "left", "used", "realised"),
        [
            # 100 at 99 and 50 at 98, gone at 100 first in, first out.
            (100, [(100 - 50, 4950), (50, 4900)], 9850, 50),
            (30, [(30, 2940)], 2940, 100 + 40),
            (0, [], 0, 100 + 100),
            # The rest is a short position: its proceeds and half of them again.
            (-30, [(-30, -3000)], 4500, 200),
        ],
    )
    def test_what_is_gone_ends_in_the_oldest_positions_first(
        self, rig: Rig, theirs: int, left: list[tuple[int, int]], used: int, realised: int
    ) -> None:
        hold(rig, shares_of("SPY"), ("98",), 50)
        rig.desk.clock.advance_to(rig.desk.now + dt.timedelta(minutes=1))
        free = rig.desk.book.modules[MODULE].budget
        self.differ(rig, theirs)
        assert self.resolve(rig, {MODULE: theirs - 150}) == []
        book = rig.desk.book
        found = [(position.shares, position.cost) for position in book.positions_of(MODULE)]
        assert found == [(shares, dollars(cost)) for shares, cost in left]
        assert (book.used(MODULE), book.realised(MODULE)) == (dollars(used), dollars(realised))
        assert book.available(MODULE) == free - dollars(used)
        assert (book.differences, book.instruments()) == ({}, {"SPY": theirs} if theirs else {})
        assert verify_store(rig.store).faults == ()

    def test_ignored_it_is_no_difference_from_then_on(self, rig: Rig) -> None:
        self.differ(rig, 130)
        assert self.resolve(rig, {}, Resolution.IGNORE) == []
        twice(rig, positions={"SPY": 130})
        assert rig.desk.book.differences == {}
        assert rig.desk.book.instruments() == {"SPY": 100}
        twice(rig, positions={"SPY": 100})
        assert rig.desk.book.differences["SPY"].missing == -30, "what was ignored is missed when it goes"

    @pytest.mark.parametrize(
        ("split", "why", "code"),
        [
            ({OTHER: 29}, "bought", "SUM_MISMATCH"),
            ({OTHER: 60, EXTERNAL: -30}, "bought", "SUM_MISMATCH"),
            ({}, "bought", "SUM_MISMATCH"),
            ({"NOBODY": 30}, "bought", "UNKNOWN_MODULE"),
            ({OTHER: 30}, "  ", "REASON_MISSING"),
        ],
    )
    def test_denials(self, rig: Rig, split: dict[str, int], why: str, code: str) -> None:
        self.differ(rig, 130)
        assert self.resolve(rig, split, why=why) == [code]
        assert "SPY" in rig.desk.book.differences

    def test_what_does_not_differ_cannot_be_resolved(self, rig: Rig) -> None:
        assert self.resolve(rig, {OTHER: 30}) == ["UNKNOWN_DIFFERENCE"]

    def test_what_has_no_price_cannot_be_assigned_but_ignored(self, rig: Rig) -> None:
        twice(rig, positions={"SPY": 100, "QQQ": 5})
        command = cmd.ResolveDifference("QQQ", Resolution.ASSIGN, {OTHER: 5}, "user", "bought")
        assert give(rig, command) == ["DATA_STALE"]
        assert give(rig, replace(command, how=Resolution.IGNORE)) == []

    def test_cash_goes_to_nobody_here_only(self, rig: Rig) -> None:
        nav = rig.desk.book.nav
        twice(rig, cash=rig.desk.book.broker_cash + dollars(7))
        wrong = cmd.ResolveDifference(CASH_ID, Resolution.ASSIGN, {MODULE: dollars(7)}, "user", "found")
        assert give(rig, wrong) == ["UNKNOWN_MODULE"]
        assert give(rig, replace(wrong, split={EXTERNAL: dollars(7)})) == []
        assert rig.desk.book.nav == nav
        look(rig)
        assert rig.desk.book.differences == {}

    @pytest.mark.parametrize("how", Resolution)
    @pytest.mark.parametrize("shares", [30, -30])
    def test_cash_is_said_after_the_shares_that_it_was_paid_for(self, rig: Rig, shares: int, how: Resolution) -> None:
        """Traded elsewhere at 99; they are booked at the middle of the market, 100."""
        cash = rig.desk.book.broker_cash - shares * dollars(99)
        theirs: dict[str, Any] = {"positions": {"SPY": 100 + shares}, "cash": cash}
        twice(rig, **theirs)
        answer = cmd.ResolveDifference(CASH_ID, how, {EXTERNAL: -shares * dollars(99)}, "user", "paid")
        (denial,) = denied(rig, answer)
        assert (denial.code, denial.measured) == (
            DenialCode.ORDER_STATE, "say first whose SPY is: what it cost is part of the difference in cash",
        )  # fmt: skip
        assert self.resolve(rig, {MODULE: shares}) == []
        assert rig.desk.book.differences[CASH_ID].missing == shares * dollars(1)
        assert give(rig, replace(answer, split={EXTERNAL: shares * dollars(1)})) == []
        twice(rig, **theirs)
        assert rig.desk.book.differences == {}
        assert rig.desk.book.broker_cash + rig.desk.book.ignored.get(CASH_ID, 0) == cash
        assert verify_store(rig.store).faults == ()

    def test_an_instrument_that_cannot_be_read_can_still_be_ignored(self, rig: Rig) -> None:
        twice(rig, positions={"SPY": 100, "1 odd thing": 5})
        command = cmd.ResolveDifference("1 odd thing", Resolution.ASSIGN, {EXTERNAL: 5}, "user", "what is it")
        assert [denial.code.value for denial in denied(rig, command)] == ["DATA_STALE"]
        assert give(rig, replace(command, how=Resolution.IGNORE)) == []


def test_options_taken_in_use_what_they_would_by_themselves(tmp_path: Path) -> None:
    rig = quiet(tmp_path)
    leg = CONDOR.legs[1]
    twice(rig, positions={leg.contract.occ: -1})
    assert give(rig, cmd.ResolveDifference(leg.contract.occ, Resolution.ASSIGN, {MODULE: -1}, "user", "mine")) == []
    (position,) = rig.desk.book.positions_of(MODULE)
    assert position.used == dollars(9300), "a short put is secured by its strike"


class TestExpired:
    """Contracts of Friday, 24 April, in the week after."""

    PUT = option(95, Right.PUT)
    SATURDAY = new_york(7, day=EXPIRATION + dt.timedelta(days=1))

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Rig:
        """SPY at 90: IV_SERVICE is short a 95 put, and somebody who is none of ours long."""
        rig = quiet(tmp_path, 90.0)
        hold(rig, made_of(put(95, -1)), ("6.00",))
        hold(rig, made_of(put(95, 1)), ("6.00",), position_id="P000002", module=OTHER)
        rig.desk.record(ev.PositionMoved("P000002", EXTERNAL, "user", "not ours"))
        rig.desk.commit()
        return rig

    def at(self, rig: Rig, when: dt.datetime) -> None:
        """Let time pass."""
        rig.desk.clock.advance_to(when)
        positions.await_assignment(rig.desk)
        rig.desk.commit()

    def test_what_nets_to_nothing_at_the_broker_settles_between_its_holders(self, rig: Rig) -> None:
        cash = rig.desk.book.broker_cash
        self.at(rig, self.SATURDAY)
        assert positions.is_word_expected(rig.desk)
        hear(rig, account(rig))
        book = rig.desk.book
        settled = [event for event in rig.events(ev.LegSettled) if isinstance(event, ev.LegSettled)]
        assert [(each.position_id, each.kind, each.shares, each.cash, each.activity) for each in settled] == [
            ("P000001", ActivityKind.CASH_SETTLED, 0, -dollars(500), 0),
            ("P000002", ActivityKind.CASH_SETTLED, 0, dollars(500), 0),
        ]
        # Sold for 6.00 and bought for 6.00, worth 5.00 at the end.
        assert (book.realised(MODULE), book.realised(EXTERNAL)) == (dollars(100), -dollars(100))
        assert (book.positions, book.used(MODULE), book.broker_cash) == ({}, 0, cash)
        assert not positions.is_word_expected(rig.desk)
        assert urgent(rig, f"1 x {self.PUT.occ} expired, held long and short in these books") == 2
        assert urgent(rig, "it paid $500.00, with SPY at 90.00") == 1
        assert verify_store(rig.store).faults == ()

    def test_until_the_next_morning_the_broker_may_still_tell(self, rig: Rig) -> None:
        self.at(rig, self.SATURDAY - dt.timedelta(seconds=1))
        hear(rig, account(rig))
        assert len(rig.desk.book.positions) == 2

    @pytest.mark.parametrize(
        "changes", [{"positions": {"SPY260424P00095000": 1}}, {"is_complete": False}, {"activity": 1}]
    )
    def test_nothing_ends_by_an_account_that_holds_it_or_lacks_something(
        self, rig: Rig, changes: dict[str, Any]
    ) -> None:
        self.at(rig, self.SATURDAY)
        hear(rig, account(rig, **changes))
        assert len(rig.desk.book.positions) == 2

    def test_what_does_not_sum_to_nothing_waits_for_the_brokers_word(self, rig: Rig) -> None:
        hold(rig, made_of(put(95, -1)), ("6.00",))
        self.at(rig, self.SATURDAY)
        hear(rig, account(rig, positions={}))
        assert len(rig.desk.book.positions) == 3

    def test_of_a_wider_position_only_the_contract_that_nets_ends(self, tmp_path: Path) -> None:
        rig = quiet(tmp_path, 90.0)
        later = EXPIRATION + dt.timedelta(days=28)
        hold(rig, made_of(put(95, -1), put(95, 1, later)), ("6.00", "7.00"))
        hold(rig, made_of(put(95, 1)), ("6.00",), module=OTHER)
        self.at(rig, self.SATURDAY)
        hear(rig, account(rig))
        (left,) = rig.desk.book.positions.values()
        assert (left.held(option(95, Right.PUT, later)), left.held(self.PUT)) == (1, 0)
        assert (left.module_id, left.status.value) == (MODULE, "Monitoring")

    def test_several_contracts_of_one_position_end_together(self, tmp_path: Path) -> None:
        rig = quiet(tmp_path, 90.0)
        mirror = made_of(*(replace(leg, ratio=-leg.ratio) for leg in CONDOR.legs))
        hold(rig, CONDOR, ("0.40", "0.90", "1.00", "0.50"))
        hold(rig, mirror, ("0.40", "0.90", "1.00", "0.50"), module=OTHER)
        self.at(rig, self.SATURDAY)
        hear(rig, account(rig))
        # A credit of 1.00, and the short 93 put is worth 3.00.
        realised = [rig.desk.book.realised(name) for name in (MODULE, OTHER)]
        assert (realised, rig.desk.book.positions) == ([-dollars(200), dollars(200)], {})

    def test_what_is_held_and_over_cannot_be_ignored_but_ends_where_somebody_takes_it(self, tmp_path: Path) -> None:
        rig = quiet(tmp_path)
        hold(rig, made_of(put(95, 1)), ("2.00",))
        self.at(rig, self.SATURDAY)
        twice(rig, positions={})
        ignored = cmd.ResolveDifference(self.PUT.occ, Resolution.IGNORE, {}, "user", "gone")
        assert give(rig, ignored) == ["ORDER_STATE"]
        assert give(rig, replace(ignored, how=Resolution.ASSIGN, split={MODULE: -1})) == []
        assert (rig.desk.book.positions, rig.desk.book.ignored) == ({}, {})

    def test_what_is_over_and_quoted_no_more_ends_at_what_it_is_worth(self, tmp_path: Path) -> None:
        # A clerk's correction on Monday: a short put of Friday is back in the books, and no broker will end it.
        rig = quiet(tmp_path, 90.0)
        hold(rig, made_of(put(95, -1)), ("6.00",))
        self.at(rig, self.SATURDAY)
        rig.desk.market.drop_expired(rig.desk.now)
        assert rig.desk.market.quote(self.PUT) is None
        twice(rig, positions={})
        whose = cmd.ResolveDifference(self.PUT.occ, Resolution.ASSIGN, {MODULE: 1}, "user", "assigned on Friday")
        assert give(rig, whose) == []
        # Sold for 6.00 a share, and 5.00 in the money with SPY at 90.
        assert (rig.desk.book.positions, rig.desk.book.realised(MODULE)) == ({}, dollars(100))

    def test_what_was_ignored_of_a_contract_counts_no_longer_once_it_is_over(self, rig: Rig) -> None:
        theirs = {self.PUT.occ: 3}
        twice(rig, positions=theirs)
        assert give(rig, cmd.ResolveDifference(self.PUT.occ, Resolution.IGNORE, {}, "user", "a friend's")) == []
        twice(rig, positions=theirs)
        assert rig.desk.book.differences == {}
        self.at(rig, self.SATURDAY - dt.timedelta(minutes=1))
        twice(rig, positions=theirs)
        assert rig.desk.book.differences == {}
        self.at(rig, self.SATURDAY)
        twice(rig, positions={})
        assert (rig.desk.book.differences, rig.desk.book.positions) == ({}, {})
