"""Commands: accepted against the state as it is now, or refused with every reason; and the emergency stop."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import Difference
from engine.domain.broker_reports import BrokerAccepted, BrokerEnded
from engine.domain.budget import BudgetPlan
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.order import OrderStatus
from engine.runtime import handlers
from engine.runtime.openings import MOST_MONEY
from tests.engine.runtime.scenes import CONDOR, call, denied, hear, hold, made_of, put
from tests.fakes import Rig, ScriptedBroker, chain_update, filled, new_york
from tests.history import allocations_of


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """A mindfolio with one order working and one approval waiting."""
    rig = Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(12))])
    return rig.run(until=new_york(10, 0, 3))


def give(rig: Rig, command: cmd.Command) -> list[str]:
    """Handle a command; the codes of its denials, none when it was carried out."""
    before = len(rig.publisher.denied)
    handlers.handle(rig.desk, command)
    rig.desk.commit()
    return [denial.code.value for notice in rig.publisher.denied[before:] for denial in notice.denials]


def reallocate(rig: Rig, plan: BudgetPlan, version: int | None = None) -> cmd.ReallocateBudget:
    """The command for a plan, on the version in force unless said otherwise."""
    return cmd.ReallocateBudget(plan, rig.desk.book.version if version is None else version, "user", "test")


class TestReallocation:
    def test_a_valid_plan_takes_effect_and_is_journaled_with_who_and_why(self, rig: Rig) -> None:
        plan = rig.desk.book.plan.moved(dollars("5000"), "IV_SERVICE_3", "IV_SERVICE_2")

        assert give(rig, reallocate(rig, plan)) == []
        assert rig.desk.book.plan == plan
        assert rig.desk.book.version == 2
        (event,) = rig.events(ev.BudgetReallocated)
        assert isinstance(event, ev.BudgetReallocated)
        assert (event.who, event.why) == ("user", "test")

    def test_a_plan_made_on_an_older_split_is_refused(self, rig: Rig) -> None:
        plan = rig.desk.book.plan.moved(dollars("1000"), None, "IV_SERVICE")
        give(rig, reallocate(rig, plan))

        assert give(rig, reallocate(rig, plan, version=1)) == ["STALE_VERSION"]
        assert rig.desk.book.version == 2

    def test_undo_is_one_more_reallocation(self, rig: Rig) -> None:
        before = rig.desk.book.plan
        give(rig, reallocate(rig, before.moved(dollars("5000"), "IV_SERVICE_3", "IV_SERVICE_2")))
        undo = allocations_of(rig.desk.ledger).undone()
        assert undo is not None
        assert give(rig, reallocate(rig, undo)) == []
        assert (rig.desk.book.plan, rig.desk.book.version) == (before, 3)
        assert len(rig.events(ev.BudgetReallocated)) == 2, "both are in the journal"

    def test_a_stopped_mindfolio_refuses_every_plan(self, rig: Rig) -> None:
        give(rig, cmd.EmergencyStop("button", "test"))
        assert give(rig, reallocate(rig, rig.desk.book.plan.moved(1, None, "IV_SERVICE"))) == ["STOPPED"]

    def test_a_negative_amount_is_refused(self, rig: Rig) -> None:
        plan = rig.desk.book.plan.moved(dollars("5000.0001"), None, "IV_SERVICE")
        assert give(rig, reallocate(rig, plan)) == ["NEGATIVE_AMOUNT"]

    def test_a_sum_that_is_not_capital_is_refused(self, rig: Rig) -> None:
        plan = replace(rig.desk.book.plan, reserve=rig.desk.book.reserve + 1)
        assert give(rig, reallocate(rig, plan)) == ["SUM_MISMATCH"]

    def test_every_reason_is_given_at_once(self, rig: Rig) -> None:
        plan = BudgetPlan({"IV_SERVICE": -1, "NOBODY": 0}, 0)
        codes = give(rig, reallocate(rig, plan, version=9))
        assert set(codes) == {"STALE_VERSION", "UNKNOWN_MODULE", "NEGATIVE_AMOUNT", "SUM_MISMATCH"}

    def test_a_cut_below_what_is_held_is_allowed_and_the_module_is_over(self, rig: Rig) -> None:
        book = rig.desk.book
        plan = book.plan.moved(book.modules["IV_SERVICE"].budget, "IV_SERVICE", None)

        assert give(rig, reallocate(rig, plan)) == []
        assert book.available("IV_SERVICE") < 0
        rig.run()
        assert [order for order in rig.broker.submitted if order.module_id == "IV_SERVICE"] == rig.broker.submitted[:1]


class TestModules:
    def test_a_pause_cancels_openings_and_voids_approvals(self, rig: Rig) -> None:
        assert give(rig, cmd.PauseModule("IV_SERVICE", "user", "lunch")) == []
        assert give(rig, cmd.PauseModule("IV_SERVICE_2", "user", "lunch")) == []

        assert rig.broker.calls[-1] == ("cancel", "O000001")
        assert rig.desk.book.approvals == {}
        assert rig.desk.book.modules["IV_SERVICE"].status_why == "lunch"
        assert rig.desk.book.held("IV_SERVICE") > 0, "the hold stays until the broker's final word"

    def test_a_resumed_module_scans_again(self, rig: Rig) -> None:
        give(rig, cmd.PauseModule("IV_SERVICE", "user", "lunch"))
        give(rig, cmd.ResumeModule("IV_SERVICE", "user", "back"))
        rig.run()
        assert [order.module_id for order in rig.broker.submitted] == ["IV_SERVICE", "IV_SERVICE"]

    def test_an_unknown_module_is_refused(self, rig: Rig) -> None:
        assert give(rig, cmd.PauseModule("NOBODY", "user", "x")) == ["UNKNOWN_MODULE"]
        assert give(rig, cmd.ResumeModule("NOBODY", "user", "x")) == ["UNKNOWN_MODULE"]


class TestApprovals:
    def test_an_approved_trade_is_sent_once(self, rig: Rig) -> None:
        (approval_id,) = rig.desk.book.approvals

        assert give(rig, cmd.ApproveTrade(approval_id, "user")) == []
        assert give(rig, cmd.ApproveTrade(approval_id, "user")) == ["UNKNOWN_APPROVAL"]
        assert [order.module_id for order in rig.broker.submitted] == ["IV_SERVICE", "IV_SERVICE_2"]

    def test_a_waiting_approval_holds_nothing(self, rig: Rig) -> None:
        assert rig.desk.book.held("IV_SERVICE_2") == 0

    def test_a_click_is_checked_against_the_budget_of_that_moment(self, rig: Rig) -> None:
        (approval_id,) = rig.desk.book.approvals
        book = rig.desk.book
        give(rig, reallocate(rig, book.plan.moved(book.modules["IV_SERVICE_2"].budget, "IV_SERVICE_2", None)))

        assert give(rig, cmd.ApproveTrade(approval_id, "user")) == ["BUDGET", "SYMBOL_CAP"]
        assert approval_id in book.approvals, "it may be tried again until it expires"

    def test_a_click_on_a_price_that_ran_away_is_refused(self, rig: Rig) -> None:
        (approval_id,) = rig.desk.book.approvals
        rig.desk.market.apply(chain_update(new_york(10, 0, 4), 100.0, volatility=0.15))

        assert give(rig, cmd.ApproveTrade(approval_id, "user")) == ["APPROVAL_EXPIRED"]

    def test_a_click_after_the_deadline_is_refused(self, rig: Rig) -> None:
        (approval_id,) = rig.desk.book.approvals
        rig.desk.clock.advance_to(rig.desk.book.approvals[approval_id].expires_at)
        assert give(rig, cmd.ApproveTrade(approval_id, "user")) == ["APPROVAL_EXPIRED"]

    def test_a_refusal_ends_it_with_its_reason(self, rig: Rig) -> None:
        (approval_id,) = rig.desk.book.approvals
        assert give(rig, cmd.RefuseTrade(approval_id, "user", "too wide")) == []
        assert give(rig, cmd.RefuseTrade(approval_id, "user", "again")) == ["UNKNOWN_APPROVAL"]
        (event,) = rig.events(ev.ApprovalDecided)
        assert isinstance(event, ev.ApprovalDecided)
        assert (event.status.value, event.why) == ("REFUSED", "too wide")


class TestNotes:
    def test_a_note_is_journaled_as_it_was_written_and_changes_nothing_else(self, rig: Rig) -> None:
        before = rig.kernel.snapshot()
        command = cmd.WriteNote("  wait for the Fed\n", "user", "IV_SERVICE", "", "SPY")
        assert give(rig, command) == []
        (written,) = rig.events(ev.NoteWritten)
        assert written == ev.NoteWritten("wait for the Fed", "IV_SERVICE", "", "SPY", "user")
        assert replace(rig.kernel.snapshot(), seq=before.seq) == before

    def test_what_it_is_about_must_be_there_and_its_text_fit_to_be_kept(self, rig: Rig) -> None:
        assert give(rig, cmd.WriteNote(" ", "user", "NOBODY", "P000099")) == [
            "NOTE", "UNKNOWN_MODULE", "UNKNOWN_POSITION",
        ]  # fmt: skip
        assert give(rig, cmd.WriteNote("\x1b[2J", "user")) == ["NOTE"]
        assert give(rig, cmd.WriteNote("x", "user", symbol="spy")) == ["NOTE"]
        assert rig.events(ev.NoteWritten) == []


class TestEmergencyStop:
    def test_it_latches_pauses_cancels_and_voids(self, rig: Rig) -> None:
        assert give(rig, cmd.EmergencyStop("button", "I do not like it")) == []

        book = rig.desk.book
        assert rig.desk.latch.is_set
        assert book.status is MindfolioStatus.STOPPED
        assert all(module.status is ModuleStatus.PAUSED for module in book.modules.values())
        assert book.approvals == {}
        assert rig.broker.calls[-1] == ("cancel", "O000001")
        snapshot = rig.kernel.snapshot()
        assert snapshot.cancels_unconfirmed == 1, "never shown as done on assumption"
        rig.run()
        assert rig.kernel.snapshot().cancels_unconfirmed == 0

    def test_nothing_opens_and_no_automatic_exit_runs_after_it(self, rig: Rig) -> None:
        give(rig, cmd.EmergencyStop("button", "test"))
        sent = len(rig.broker.submitted)
        rig.run()
        assert len(rig.broker.submitted) == sent

    def test_an_intent_that_was_not_sent_yet_is_voided_and_its_hold_released(self, tmp_path: Path) -> None:
        rig = Rig(tmp_path, [chain_update(new_york(10))])
        real = rig.desk.ledger.commit

        def commit() -> None:
            real()
            if rig.desk.book.orders:
                rig.desk.latch.set("button", "between the durable intent and the send")

        rig.desk.ledger.commit = commit  # type: ignore[method-assign]
        rig.run()

        assert rig.broker.submitted == []
        assert rig.desk.book.held("IV_SERVICE") == 0
        assert [type(event).__name__ for event in rig.events(ev.OrderEnded)] == ["OrderEnded"]

    def test_a_fill_that_arrives_after_the_stop_is_booked(self, rig: Rig) -> None:
        broker: ScriptedBroker = rig.broker
        broker.on_cancel = lambda order_id: [filled(broker.submitted[0])]
        give(rig, cmd.EmergencyStop("button", "test"))
        rig.run()
        assert len(rig.desk.book.positions) == 1

    def test_it_survives_a_restart_even_when_the_stop_file_was_deleted(self, rig: Rig) -> None:
        give(rig, cmd.EmergencyStop("button", "test"))
        rig.store.close()
        (rig.folder / "STOP").unlink()

        again = rig.reopened()

        assert again.desk.book.status is MindfolioStatus.STOPPED
        assert again.desk.latch.is_set
        assert give(again, cmd.ResumeModule("IV_SERVICE", "user", "x")) == ["STOPPED"]

    def test_only_a_typed_reason_lifts_it_and_modules_stay_paused(self, rig: Rig) -> None:
        assert give(rig, cmd.RearmMindfolio("user", "too early")) == ["NOT_STOPPED"]
        give(rig, cmd.EmergencyStop("button", "test"))
        assert give(rig, cmd.RearmMindfolio("user", "   ")) == ["REASON_MISSING"]
        # Its opening is not known to be cancelled yet.
        assert give(rig, cmd.RearmMindfolio("user", "checked every order")) == ["ORDER_STATE"]
        rig.run()
        assert give(rig, cmd.RearmMindfolio("user", "checked every order")) == []

        assert not rig.desk.latch.is_set
        assert rig.desk.book.status is MindfolioStatus.ACTIVE
        assert all(module.status is ModuleStatus.PAUSED for module in rig.desk.book.modules.values())
        assert give(rig, cmd.ResumeModule("IV_SERVICE", "user", "go")) == []


class TestRearm:
    """What stands in the way of a re-arm, each with its own code; nothing is lifted until none does."""

    WANTED = cmd.RearmMindfolio("user", "checked every order")

    @pytest.fixture
    def stopped(self, rig: Rig) -> Rig:
        """Stopped, and nothing in doubt any more."""
        give(rig, cmd.EmergencyStop("button", "test"))
        return rig.run(until=new_york(10, 1))

    def test_an_account_that_was_not_heard(self, stopped: Rig) -> None:
        stopped.desk.is_reconciled = False
        (denial,) = denied(stopped, self.WANTED)
        assert (denial.code.value, denial.facts["why"]) == ("BROKER_UNREACHABLE", "try again once it was heard")
        assert stopped.desk.latch.is_set

    @pytest.mark.parametrize("where", ["differences", "suspects"])
    def test_a_difference_with_its_instrument_seen_twice_or_once(self, stopped: Rig, where: str) -> None:
        found = stopped.desk.book.differences if where == "differences" else stopped.desk.suspects
        found["QQQ260424C00500000"] = Difference("QQQ260424C00500000", "QQQ", 0, 1)
        (denial,) = denied(stopped, self.WANTED)
        assert denial.code.value == "SYMBOL_HALTED"
        assert denial.facts["why"] == "book and broker differ in QQQ260424C00500000"
        assert stopped.desk.latch.is_set

    def test_an_opening_without_its_final_word(self, rig: Rig) -> None:
        rig.broker.on_cancel = lambda _: []
        give(rig, cmd.EmergencyStop("button", "test"))
        (denial,) = denied(rig, self.WANTED)
        said = "O000001 is cancel pending: wait for the broker's final word"
        assert (denial.code.value, denial.measured) == ("ORDER_STATE", said)
        assert rig.desk.latch.is_set

    def test_every_reason_is_given_and_without_one_it_is_lifted(self, rig: Rig) -> None:
        rig.broker.on_cancel = lambda _: []
        give(rig, cmd.EmergencyStop("button", "test"))
        rig.desk.is_reconciled = False
        rig.desk.suspects["SPY"] = Difference("SPY", "SPY", 0, 5)
        assert give(rig, self.WANTED) == ["BROKER_UNREACHABLE", "SYMBOL_HALTED", "ORDER_STATE"]
        hear(rig, BrokerEnded("O000001", OrderStatus.CANCELLED, 0, "as asked"))
        assert give(rig, cmd.Reconcile("user")) == []
        rig.run(until=new_york(10, 1))
        assert give(rig, self.WANTED) == []
        assert not rig.desk.latch.is_set


class TestValuesOfAnotherKind:
    """A command is written into the journal as it was given: what could not be read back is refused before."""

    @pytest.mark.parametrize(
        "command",
        [
            cmd.ReallocateBudget(BudgetPlan({"IV_SERVICE": 1.5}, 0), 1, "user", "x"),  # type: ignore[dict-item]
            cmd.DepositCash(float("nan"), "user", "x"),  # type: ignore[arg-type]
            cmd.DepositCash(True, "user", "x"),
            cmd.SweepGain("IV_SERVICE", 1.0, "user", "x"),  # type: ignore[arg-type]
            cmd.EnterTrade("IV_SERVICE", CONDOR, 1.0, -1, -1, "user", "x"),  # type: ignore[arg-type]
            cmd.EnterTrade("IV_SERVICE", CONDOR, True, -1, -1, "user", "x"),
            cmd.EnterTrade("IV_SERVICE", CONDOR, 1, float("nan"), -1, "user", "x"),  # type: ignore[arg-type]
            cmd.EnterTrade("IV_SERVICE", "a condor", 1, -1, -1, "user", "x"),  # type: ignore[arg-type]
            cmd.ClosePosition("P000001", True, None, "user", "x"),
            cmd.ClosePosition("P000001", None, 0.1, "user", "x"),  # type: ignore[arg-type]
            cmd.RollPosition("P000001", (put(93, -1),), (put(92, -1),), 0.5, "user", "x"),  # type: ignore[arg-type]
            cmd.CancelOrder(1, "user", "x"),  # type: ignore[arg-type]
            cmd.ReplaceOrder("O000001", float("nan"), "user"),  # type: ignore[arg-type]
            cmd.PlanClosing(50.5, "user"),  # type: ignore[arg-type]
            cmd.PauseModule(["IV_SERVICE"], "user", "x"),  # type: ignore[arg-type]
            cmd.PauseMindfolio("user", None),  # type: ignore[arg-type]
            cmd.PauseMindfolio("user", "half a letter: \ud800"),
        ],
        ids=lambda command: type(command).__name__,
    )
    def test_is_denied_and_nothing_is_recorded(self, rig: Rig, command: cmd.Command) -> None:
        before, calls = rig.desk.book.seq, list(rig.broker.calls)
        (denial,) = denied(rig, command)
        assert denial.code.value == "STRUCTURE"
        assert denial.measured == "a command with a value of another kind than it declares"
        assert (rig.desk.book.seq, rig.broker.calls, rig.desk.halted) == (before, calls, "")

    @pytest.mark.parametrize("limit", [-MOST_MONEY - dollars(1), -(10**30), 10**30])
    def test_so_is_a_limit_that_no_order_can_have(self, rig: Rig, limit: int) -> None:
        hear(rig, filled(rig.broker.submitted[0]))
        position = hold(rig, made_of(call(110, -1)), ("1.00",))
        waiting = cmd.ClosePosition(position.position_id, None, dollars("0.05"), "user", "x")
        assert give(rig, waiting) == []
        order_id = rig.broker.submitted[-1].order_id
        hear(rig, BrokerAccepted(order_id))
        other = hold(rig, made_of(put(88, 1), put(93, -1)), ("0.40", "0.90"))
        before = rig.desk.book.seq
        for command in (
            cmd.ClosePosition(other.position_id, None, limit, "user", "x"),
            cmd.RollPosition(other.position_id, (put(93, -1),), (put(92, -1),), limit, "user", "x"),
            cmd.ReplaceOrder(order_id, limit, "user"),
        ):
            assert give(rig, command) == ["STRUCTURE"]
            assert rig.desk.book.seq == before
