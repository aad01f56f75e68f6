"""A person's tickets, closes, rolls, cancels and new limits: carried out, or refused with every reason."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.broker_reports import BrokerAccepted, BrokerEnded
from engine.domain.candidate import Candidate
from engine.domain.order import OrderPurpose, OrderStatus
from engine.domain.position import OwnExits
from engine.domain.questions import CheckTrade
from engine.domain.structure import Structure, StructureKind, shares_of
from engine.market.events import import_events, read_calendar
from engine.runtime import answers, openings
from engine.runtime.openings import MOST_MONEY, Ticket, ticket_candidate
from tests.engine.runtime.scenes import (
    CONDOR,
    MODULE,
    OTHER,
    call,
    denied,
    give,
    hear,
    hold,
    made_of,
    put,
    quiet,
    ranks_after,
    working,
)
from tests.fakes import EXPIRATION, Rig, chain_update, filled, new_york

PRICES = ("0.40", "0.90", "1.00", "0.50")
FAR_AWAY = replace(CONDOR.legs[3].contract, strike=MOST_MONEY + 1)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """SPY at 100; IV_SERVICE may trade every structure of these tests."""
    made = quiet(tmp_path)
    kinds = (StructureKind.IRON_CONDOR, StructureKind.LONG_STOCK, StructureKind.COVERED_CALL, StructureKind.SHORT_PUT)
    module = made.desk.book.modules[MODULE]
    limits = replace(module.spec.limits, max_risk_per_trade=dollars(5000))
    module.spec = replace(module.spec, structures=(*kinds, StructureKind.BULL_PUT_SPREAD), limits=limits)
    return made


def fair(rig: Rig, structure: Structure, purpose: OrderPurpose = OrderPurpose.OPEN) -> int:
    """The mid of a structure now, on the grid."""
    from engine.domain.package import structure_quote, to_tick  # noqa: PLC0415

    quote = structure_quote(structure, rig.desk.part_quotes(structure), purpose)
    assert quote is not None
    return to_tick(quote.mid)


def ticket(rig: Rig, structure: Structure = CONDOR, quantity: int = 1, **changes: object) -> cmd.EnterTrade:
    """A person's ticket at mid."""
    price = fair(rig, structure)
    made = cmd.EnterTrade(MODULE, structure, quantity, price, price + dollars("0.05"), "user", "I like it")
    return replace(made, **changes)  # type: ignore[arg-type]


def candidate_of(rig: Rig, wanted: cmd.EnterTrade) -> Candidate:
    """A ticket as the gate looks at it."""
    return openings.ticket_candidate(
        rig.desk, wanted.module_id, wanted.structure, wanted.quantity, wanted.limit, wanted.worst, wanted.why
    )


class TestEnter:
    def test_a_ticket_is_an_order_with_its_hold_and_who_asked_for_it(self, rig: Rig) -> None:
        wanted = ticket(rig)
        assert give(rig, wanted) == []
        (order,) = rig.broker.submitted
        assert (order.who, order.purpose, order.limit, order.worst) == (
            "user", OrderPurpose.OPEN, wanted.limit, wanted.worst,
        )  # fmt: skip
        # Wings of 5.00, the credit at the worst price, 4 commissions of 0.60.
        assert order.hold == dollars(500) + wanted.worst * 100 + dollars("2.40")

    @pytest.mark.parametrize(("day", "codes"), [(EXPIRATION, ["EVENT"]), (EXPIRATION + dt.timedelta(days=1), [])])
    def test_a_ticket_that_would_live_through_an_event_is_refused(
        self, rig: Rig, tmp_path: Path, day: dt.date, codes: list[str]
    ) -> None:
        file = tmp_path / "events.csv"
        file.write_text(f"symbol,kind,day\nSPY,ex-dividend,{day}\n")
        import_events(file, tmp_path / "history")
        calendar = read_calendar(tmp_path / "history")
        rig.desk.events_on = lambda _day: calendar
        assert give(rig, ticket(rig)) == codes

    def test_a_ticket_carries_the_iv_rank_where_it_is_known(self, rig: Rig) -> None:
        wanted = (MODULE, CONDOR, 1, -dollars("1.00"), -dollars("0.95"), "I like it")
        unknown = ticket_candidate(rig.desk, *wanted)
        assert (unknown.iv_rank, unknown.iv_rank_sessions) == (None, 0)
        rig.desk.iv_ranks = ranks_after(100, 0.1, 0.26)
        known = ticket_candidate(rig.desk, *wanted)
        assert known.iv_rank_sessions == 100
        assert known.iv_rank == pytest.approx(93, abs=2)

    def test_an_unknown_module_or_position_is_refused(self, rig: Rig) -> None:
        assert give(rig, ticket(rig, module_id="NOBODY")) == ["UNKNOWN_MODULE"]
        assert give(rig, ticket(rig, position_id="P000009")) == ["UNKNOWN_POSITION"]
        theirs = hold(rig, shares_of("SPY"), ("100",), 100, module=OTHER)
        assert give(rig, ticket(rig, position_id=theirs.position_id)) == ["UNKNOWN_POSITION"]

    def test_another_underlying_is_not_added_to_a_position(self, rig: Rig) -> None:
        position = hold(rig, shares_of("SPY"), ("100",), 10)
        wrong = cmd.EnterTrade(MODULE, shares_of("QQQ"), 1, 0, 0, "user", "x", position.position_id)
        assert give(rig, wrong) == ["STRUCTURE"]

    def test_every_check_of_the_gate_is_run(self, rig: Rig) -> None:
        rig.desk.record(ev.ModuleStatusChanged(MODULE, type(rig.desk.book.modules[MODULE].status).PAUSED, "u", "w"))
        codes = give(rig, ticket(rig, quantity=40))
        assert {"MODULE_STATUS", "MAX_RISK", "BUDGET", "SYMBOL_CAP", "EVIDENCE"} <= set(codes)
        assert rig.broker.submitted == []

    @pytest.mark.parametrize(
        ("changes", "code"),
        [({"quantity": 0}, "STRUCTURE"), ({"quantity": -1}, "STRUCTURE"), ({"limit": dollars("-0.50") + 1}, "TICK")],
    )
    def test_nonsense_is_denied(self, rig: Rig, changes: dict[str, object], code: str) -> None:
        assert code in give(rig, replace(ticket(rig), **changes))  # type: ignore[arg-type]
        assert rig.desk.halted == ""

    def test_a_call_on_held_shares_takes_nothing_more(self, rig: Rig) -> None:
        rig.desk.book.limits = replace(rig.desk.book.limits, max_symbol_share_pct=100)
        position = hold(rig, shares_of("SPY"), ("100",), 100)
        rig.desk.book.modules[MODULE].spec = replace(
            rig.desk.book.modules[MODULE].spec,
            limits=replace(rig.desk.book.modules[MODULE].spec.limits, max_risk_per_trade=dollars(20_000)),
        )
        short_call = ticket(rig, made_of(call(110, -1)), position_id=position.position_id)
        assert give(rig, short_call) == []
        assert rig.broker.submitted[-1].hold == dollars("0.60")
        assert "STRUCTURE" in give(rig, replace(short_call, structure=made_of(call(111, -1)))), "no shares are left"
        hear(rig, filled(rig.broker.submitted[-1]))
        (after,) = rig.desk.book.positions_of(MODULE)
        assert (after.structure.kind, after.quantity, after.used) == (StructureKind.COVERED_CALL, 1, dollars(10_000))

    @pytest.mark.parametrize(
        "changes",
        [
            {"quantity": 100_001},
            {"limit": -MOST_MONEY - 1},
            {"worst": MOST_MONEY + 1},
            {"structure": replace(CONDOR, legs=(*CONDOR.legs[:3], call(115, 101)))},
            {"structure": replace(CONDOR, legs=(*CONDOR.legs[:3], replace(CONDOR.legs[3], contract=FAR_AWAY)))},
            {"structure": replace(shares_of("SPY"), shares=100_001)},
        ],
        ids=["quantity", "limit", "worst", "ratio", "strike", "shares"],
    )
    def test_figures_that_no_order_can_have_are_not_even_reckoned_with(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object]
    ) -> None:
        wanted = ticket(rig, **changes) if "structure" not in changes else replace(ticket(rig), **changes)  # type: ignore[arg-type]
        monkeypatch.setattr(openings, "facts_of", None)
        before = rig.desk.book.seq
        (denial,) = denied(rig, wanted)
        assert (denial.code.value, denial.measured) == ("STRUCTURE", "figures that no order can have")
        assert rig.desk.book.seq == before

    def test_a_halted_underlying_opens_nothing(self, rig: Rig) -> None:
        from engine.domain.account import Difference  # noqa: PLC0415

        rig.desk.book.differences["SPY"] = Difference("SPY", "SPY", 0, 5)
        assert give(rig, ticket(rig)) == ["SYMBOL_HALTED"]


class TestClose:
    def test_units_of_it_at_a_limit_of_the_persons_own_rest_there(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES, 3)
        command = cmd.ClosePosition(position.position_id, 2, dollars("0.20"), "user", "target")
        assert give(rig, command) == []
        (order,) = rig.broker.submitted
        assert (order.quantity, order.limit, order.worst, order.hold) == (2, dollars("0.20"), dollars("0.20"), 0)
        hear(rig, BrokerAccepted(order.order_id))
        assert give(rig, replace(command, quantity=1)) == [], "the third one"
        assert give(rig, replace(command, quantity=1)) == ["ORDER_STATE"], "three of three are being closed"

    @pytest.mark.parametrize("quantity", [0, -1, 4])
    def test_no_more_than_there_is(self, rig: Rig, quantity: int) -> None:
        position = hold(rig, CONDOR, PRICES, 3)
        assert give(rig, cmd.ClosePosition(position.position_id, quantity, None, "user", "x")) == ["ORDER_STATE"]

    def test_denials(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES)
        command = cmd.ClosePosition(position.position_id, None, None, "user", "x")
        assert give(rig, replace(command, position_id="P000009")) == ["UNKNOWN_POSITION"]
        assert give(rig, replace(command, limit=dollars("0.20") + 1)) == ["TICK"]
        rig.desk.latch.set("button", "test")
        assert give(rig, command) == ["STOPPED"]
        rig.desk.latch.lift()
        rig.desk.clock.advance_to(new_york(10, 10, 1))
        assert give(rig, command) == ["DATA_BAD"], "quotes are older than ten minutes"
        rig.desk.clock.advance_to(new_york(16))
        assert give(rig, command) == ["MARKET_CLOSED"]
        assert rig.broker.submitted == []

    def test_neither_pause_nor_budget_nor_a_difference_traps_it(self, rig: Rig) -> None:
        from engine.domain.account import Difference  # noqa: PLC0415

        position = hold(rig, CONDOR, PRICES)
        give(rig, cmd.PauseModule(MODULE, "user", "lunch"))
        book = rig.desk.book
        plan = book.plan.moved(book.modules[MODULE].budget, MODULE, None)
        give(rig, cmd.ReallocateBudget(plan, book.version, "user", "cut"))
        book.differences["SPY"] = Difference("SPY", "SPY", 0, 5)
        assert give(rig, cmd.ClosePosition(position.position_id, None, None, "user", "x")) == []

    def test_what_belongs_to_no_module_is_traded_where_it_was_opened(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES)
        rig.desk.record(ev.PositionMoved(position.position_id, EXTERNAL, "user", "not ours"))
        rig.desk.commit()
        before = rig.desk.book.seq
        close = cmd.ClosePosition(position.position_id, None, None, "user", "x")
        roll = cmd.RollPosition(position.position_id, (put(93, -1),), (put(92, -1),), None, "user", "x")
        for command in (close, roll):
            (denial,) = denied(rig, command)
            assert (denial.code.value, denial.measured) == ("UNKNOWN_MODULE", EXTERNAL)
        assert (rig.desk.book.seq, rig.broker.submitted) == (before, [])


class TestCover:
    """200 shares bought at 50, or two long calls: what is being sold covers nothing, and what covers is not sold."""

    @pytest.fixture
    def rig(self, rig: Rig) -> Rig:
        """Neither the share of one underlying nor the risk of a trade stands in the way."""
        rig.desk.book.limits = replace(rig.desk.book.limits, max_symbol_share_pct=100)
        spec = rig.desk.book.modules[MODULE].spec
        limits = replace(spec.limits, max_risk_per_trade=dollars(20_000))
        rig.desk.book.modules[MODULE].spec = replace(spec, limits=limits)
        return rig

    def test_shares_that_are_being_sold_cover_no_new_call(self, rig: Rig) -> None:
        position = hold(rig, shares_of("SPY"), ("50",), 200)
        assert give(rig, cmd.ClosePosition(position.position_id, 100, -dollars(101), "user", "target")) == []
        wanted = ticket(rig, made_of(call(110, -1)), 2, position_id=position.position_id)
        facts = openings.facts_of(rig.desk, candidate_of(rig, wanted), Ticket(position_id=position.position_id))
        assert facts.covering_shares == 100
        assert "STRUCTURE" in give(rig, wanted)

    def test_long_calls_that_are_being_sold_cover_no_short_shares(self, rig: Rig) -> None:
        position = hold(rig, made_of(call(110, 1)), ("1.00",), 2)
        assert give(rig, cmd.ClosePosition(position.position_id, 1, -dollars("2.00"), "user", "target")) == []
        short = cmd.EnterTrade(MODULE, shares_of("SPY", is_long=False), 200, -dollars(100), -dollars(100), "user", "x")
        facts = openings.facts_of(rig.desk, candidate_of(rig, short), Ticket(position_id=position.position_id))
        assert facts.covering_shares == 100

    def test_shares_are_not_sold_while_a_call_on_them_is_being_opened(self, rig: Rig) -> None:
        position = hold(rig, shares_of("SPY"), ("50",), 200)
        assert give(rig, ticket(rig, made_of(call(110, -1)), position_id=position.position_id)) == []
        (order,) = rig.broker.submitted
        close = cmd.ClosePosition(position.position_id, None, None, "user", "x")
        (denial,) = denied(rig, close)
        assert (denial.code.value, denial.facts["why"]) == ("ORDER_STATE", "an order that adds to it is working")
        hear(rig, BrokerEnded(order.order_id, OrderStatus.CANCELLED, 0, "as asked"))
        assert give(rig, close) == []


class TestRoll:
    SPREAD = made_of(put(88, 1), put(93, -1))

    def roll(self, rig: Rig, **changes: object) -> cmd.RollPosition:
        """The short put from 93 down to 92."""
        (position,) = rig.desk.book.positions.values()
        made = cmd.RollPosition(position.position_id, (put(93, -1),), (put(92, -1),), None, "user", "defend")
        return replace(made, **changes)  # type: ignore[arg-type]

    def test_legs_are_exchanged_side_by_side_and_the_position_keeps_its_id(self, rig: Rig) -> None:
        held = hold(rig, self.SPREAD, ("0.40", "0.90"))
        assert give(rig, self.roll(rig)) == []
        (order,) = rig.broker.submitted
        assert {(leg.contract.strike, leg.ratio) for leg in order.structure.legs} == {
            (dollars(92), -1), (dollars(93), 1),
        }  # fmt: skip
        hear(rig, filled(order))
        (after,) = rig.desk.book.positions.values()
        assert (after.position_id, after.quantity, after.rolls) == (held.position_id, 1, 1)
        assert after.structure.strikes == (dollars(88), dollars(92))
        assert rig.desk.book.available(MODULE) >= 0

    def test_denials(self, rig: Rig) -> None:
        hold(rig, self.SPREAD, ("0.40", "0.90"), 2)
        assert give(rig, self.roll(rig, position_id="P000009")) == ["UNKNOWN_POSITION"]
        assert give(rig, self.roll(rig, close=(put(94, -1),))) == ["ORDER_STATE"]
        assert give(rig, self.roll(rig, close=(put(93, 1),))) == ["ORDER_STATE"], "it is short, not long"
        assert give(rig, self.roll(rig, close=(put(93, -2),))) == ["ORDER_STATE"]
        assert give(rig, self.roll(rig, close=())) == ["STRUCTURE"]
        assert give(rig, self.roll(rig, open=())) == ["STRUCTURE"]
        assert give(rig, self.roll(rig, open=(put(93, -1),))) == ["STRUCTURE"], "the same again is nothing"
        assert give(rig, self.roll(rig, open=(put("500", -1),))) == ["DATA_BAD"]
        assert rig.broker.submitted == []

    def test_one_order_at_a_time(self, rig: Rig) -> None:
        held = hold(rig, self.SPREAD, ("0.40", "0.90"))
        assert give(rig, self.roll(rig)) == []
        assert give(rig, self.roll(rig)) == ["ORDER_STATE"]
        assert give(rig, cmd.ClosePosition(held.position_id, None, None, "user", "x")) == ["ORDER_STATE"]

    def test_a_roll_into_what_nothing_covers_is_denied(self, rig: Rig) -> None:
        hold(rig, self.SPREAD, ("0.40", "0.90"))
        assert "STRUCTURE" in give(rig, self.roll(rig, close=(put(88, 1),), open=(put(92, -1),)))


class TestCancelAndReplace:
    @pytest.fixture
    def at_work(self, tmp_path: Path) -> Rig:
        """O000001 works."""
        return working(tmp_path)

    def test_a_cancel_is_asked_for_once(self, at_work: Rig) -> None:
        at_work.broker.on_cancel = lambda _: []
        command = cmd.CancelOrder("O000001", "user", "")
        assert give(at_work, command) == []
        assert give(at_work, command) == ["ORDER_STATE"]
        assert give(at_work, replace(command, order_id="O000009")) == ["UNKNOWN_ORDER"]
        assert at_work.desk.book.held(MODULE) > 0

    def test_an_order_that_has_ended_is_unknown(self, at_work: Rig) -> None:
        hear(at_work, BrokerEnded("O000001", OrderStatus.CANCELLED, 0, "bell"))
        assert give(at_work, cmd.CancelOrder("O000001", "user", "")) == ["UNKNOWN_ORDER"]
        assert give(at_work, cmd.ReplaceOrder("O000001", -1, "user")) == ["UNKNOWN_ORDER"]

    def test_a_new_limit_up_to_the_worst_that_was_checked(self, at_work: Rig) -> None:
        (order,) = at_work.desk.book.orders.values()
        assert give(at_work, cmd.ReplaceOrder("O000001", order.worst + dollars("0.01"), "user")) == ["MAX_RISK"]
        assert give(at_work, cmd.ReplaceOrder("O000001", order.worst - 1, "user")) == ["TICK"]
        assert give(at_work, cmd.ReplaceOrder("O000001", order.worst, "user")) == []
        assert give(at_work, cmd.ReplaceOrder("O000001", order.worst, "user")) == ["ORDER_STATE"], "one is pending"

    def test_an_opening_is_not_made_more_eager_after_a_stop(self, at_work: Rig) -> None:
        at_work.desk.latch.set("button", "test")
        (order,) = at_work.desk.book.orders.values()
        assert give(at_work, cmd.ReplaceOrder("O000001", order.worst, "user")) == ["STOPPED"]

    def test_every_reason_is_given(self, at_work: Rig) -> None:
        at_work.broker.on_cancel = lambda _: []
        give(at_work, cmd.CancelOrder("O000001", "user", ""))
        at_work.desk.latch.set("button", "test")
        (order,) = at_work.desk.book.orders.values()
        codes = give(at_work, cmd.ReplaceOrder("O000001", order.worst + dollars("0.01") + 1, "user"))
        assert codes == ["ORDER_STATE", "STOPPED", "TICK", "MAX_RISK"]

    def test_a_closing_may_follow_the_market_to_its_natural_price(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES)
        give(rig, cmd.ClosePosition(position.position_id, None, dollars("0.10"), "user", "target"))
        (order,) = rig.broker.submitted
        hear(rig, BrokerAccepted(order.order_id))
        natural = fair(rig, CONDOR, OrderPurpose.CLOSE) + 4 * dollars("0.02")
        (denial,) = denied(rig, cmd.ReplaceOrder(order.order_id, natural + dollars("0.01"), "user"))
        assert (denial.code.value, denial.limit) == ("MAX_RISK", natural)
        assert give(rig, cmd.ReplaceOrder(order.order_id, natural, "user")) == []


class TestApprovals:
    def test_the_second_click_and_one_after_the_deadline_are_refused(self, tmp_path: Path) -> None:
        rig = working(tmp_path)
        (approval,) = rig.desk.book.approvals.values()
        rig.desk.clock.advance_to(approval.expires_at - dt.timedelta(microseconds=1))
        rig.desk.market.apply(chain_update(rig.desk.now))
        assert give(rig, cmd.ApproveTrade(approval.approval_id, "user")) == []
        assert give(rig, cmd.ApproveTrade(approval.approval_id, "user")) == ["UNKNOWN_APPROVAL"]
        assert len([order for order in rig.broker.submitted if order.module_id == OTHER]) == 1
        assert rig.broker.submitted[-1].who == "user"

    def test_one_that_a_stop_has_voided_does_not_come_back(self, tmp_path: Path) -> None:
        rig = working(tmp_path)
        (approval_id,) = rig.desk.book.approvals
        give(rig, cmd.EmergencyStop("button", "test"))
        rig.run(until=new_york(10, 0, 20))
        assert give(rig, cmd.RearmMindfolio("user", "looked at everything")) == []
        assert give(rig, cmd.ResumeModule(OTHER, "user", "go")) == []
        assert give(rig, cmd.ApproveTrade(approval_id, "user")) == ["UNKNOWN_APPROVAL"]


class TestSetTarget:
    def test_a_target_is_journaled_shown_and_taken_back(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES)
        key = position.position_id
        assert give(rig, cmd.SetTarget(key, 60, 150, "user", "enough")) == []
        assert rig.desk.book.own_exits == {key: OwnExits(60, 150)}
        module = rig.kernel.snapshot().module(MODULE)
        assert module is not None
        assert module.open_positions[0].own_exits == OwnExits(60, 150)
        assert rig.reopened().desk.book.own_exits == {key: OwnExits(60, 150)}

    def test_both_none_take_it_back_and_the_snapshot_follows(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES)
        for profit in (60, None):
            assert give(rig, cmd.SetTarget(position.position_id, profit, None, "user", "")) == []
            module = rig.kernel.snapshot().module(MODULE)
            assert module is not None
            own = module.open_positions[0].own_exits
            assert own == (None if profit is None else OwnExits(60, None))
        assert rig.desk.book.own_exits == {}

    def test_it_goes_with_its_position(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES)
        give(rig, cmd.SetTarget(position.position_id, 60, None, "user", ""))
        assert give(rig, cmd.ClosePosition(position.position_id, None, None, "user", "")) == []
        hear(rig, filled(rig.broker.submitted[-1]))
        assert (rig.desk.book.positions, rig.desk.book.own_exits) == ({}, {})

    @pytest.mark.parametrize(
        ("profit", "stop", "codes"),
        [(101, None, 1), (100, 1000, 0), (0, None, 1), (None, 1001, 1), (-5, 0, 2)],
    )
    def test_of_a_credit_no_more_than_all_is_won(
        self, rig: Rig, profit: int | None, stop: int | None, codes: int
    ) -> None:
        position = hold(rig, CONDOR, PRICES)
        found = give(rig, cmd.SetTarget(position.position_id, profit, stop, "user", ""))
        assert found == ["ORDER_STATE"] * codes

    def test_of_a_debit_no_more_than_all_is_lost(self, rig: Rig) -> None:
        position = hold(rig, made_of(put(93, 1)), ("0.90",))
        assert give(rig, cmd.SetTarget(position.position_id, 1000, 100, "user", "")) == []
        assert give(rig, cmd.SetTarget(position.position_id, None, 101, "user", "")) == ["ORDER_STATE"]

    def test_what_is_not_ours_or_cost_nothing_has_none(self, rig: Rig) -> None:
        position = hold(rig, CONDOR, PRICES)
        assert give(rig, cmd.SetTarget("P000009", 1, None, "user", "")) == ["UNKNOWN_POSITION"]
        rig.desk.book.positions[position.position_id] = replace(position, cost=0)
        assert give(rig, cmd.SetTarget(position.position_id, 1, None, "user", "")) == ["STRUCTURE"]
        rig.desk.book.positions[position.position_id] = replace(position, module_id=EXTERNAL)
        assert give(rig, cmd.SetTarget(position.position_id, 1, None, "user", "")) == ["UNKNOWN_MODULE"]


class TestCheck:
    def test_it_hears_what_the_ticket_would_hear_and_leaves_nothing_behind(self, rig: Rig) -> None:
        seq = rig.desk.book.seq
        fine, large = ticket(rig), ticket(rig, quantity=500)
        nobodys = ticket(rig, module_id="NOBODY")
        found = [answers.answer(rig.desk, CheckTrade(each)).work() for each in (fine, large, nobodys)]
        assert (rig.desk.book.seq, rig.broker.submitted) == (seq, [])
        assert found[0] == ()
        told = [[each.code.value for each in denials] for denials in found[1:]]  # type: ignore[attr-defined]
        assert told == [give(rig, large), give(rig, nobodys)]
        assert told[0][:2] == ["MAX_RISK", "BUDGET"]
        assert give(rig, fine) == []
