"""The desk: what is decided is durable before anything leaves, and a failing window stops nothing."""

import datetime as dt
import gc
import threading
import weakref
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.errors import LedgerFault
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.notices import Alert, Notice
from engine.domain.order import OrderPurpose
from engine.domain.records import LedgerBatch
from engine.domain.snapshot import MindfolioSnapshot
from engine.ledger.ledger import Ledger
from engine.risk.latch import set_latch_file
from engine.runtime import handlers
from engine.runtime.desk import assert_within_budget
from engine.runtime.inbox import Shutdown
from tests.fakes import MONDAY, FaultyStore, RecordingPublisher, Rig, ScriptedBroker, chain_update, filled, new_york


class BrokenWindow(RecordingPublisher):
    """A window that fails whenever it is told something."""

    def publish(self, snapshot: MindfolioSnapshot) -> None:
        super().publish(snapshot)
        raise RuntimeError("wrapped C++ object has been deleted")

    def notify(self, notice: Notice) -> None:
        super().notify(notice)
        raise RuntimeError("wrapped C++ object has been deleted")


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """A new mindfolio just before the first quotes."""
    return Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(11))])


TUESDAY = MONDAY + dt.timedelta(days=1)


def paused(module_id: str = "IV_SERVICE") -> ev.ModuleStatusChanged:
    """An event to record."""
    return ev.ModuleStatusChanged(module_id, ModuleStatus.PAUSED, "user", "test")


class TestCommit:
    def test_effects_run_after_the_write_and_notices_after_the_effects(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        happened: list[str] = []
        write = rig.store.append

        def append(batch: LedgerBatch) -> None:
            happened.append("written")
            write(batch)

        monkeypatch.setattr(rig.store, "append", append)
        monkeypatch.setattr(rig.publisher, "notify", lambda notice: happened.append("told"))
        rig.desk.record(paused())
        rig.desk.after_commit(lambda: happened.append("left"))
        rig.desk.alert("", "paused")

        assert rig.desk.commit()
        assert happened == ["written", "left", "told"]

    def test_what_an_effect_records_is_durable_before_its_own_effects(self, rig: Rig) -> None:
        durable: list[int] = []

        def first() -> None:
            rig.desk.record(paused("IV_SERVICE_2"))
            rig.desk.after_commit(lambda: durable.append(len(rig.events(ev.ModuleStatusChanged))))

        rig.desk.record(paused())
        rig.desk.after_commit(first)
        rig.desk.commit()

        assert durable == [2]

    def test_with_nothing_recorded_nothing_is_written_but_notices_go_out(self, rig: Rig) -> None:
        before = rig.desk.book.seq
        rig.desk.alert("", "hello")
        assert not rig.desk.commit()
        assert rig.desk.book.seq == before
        assert rig.publisher.alerts == ["hello"]

    def test_nothing_leaves_and_nobody_is_told_when_it_cannot_be_written(self, rig: Rig) -> None:
        rig.desk.ledger = Ledger(FaultyStore(rig.store, fails_from=0))  # type: ignore[arg-type]
        left: list[str] = []
        rig.desk.record(paused())
        rig.desk.after_commit(lambda: left.append("order"))
        rig.desk.alert("", "paused")

        with pytest.raises(LedgerFault, match="the disk is full"):
            rig.desk.commit()

        assert (left, rig.publisher.notices) == ([], [])

    def test_a_halt_drops_what_was_not_durable_latches_and_says_why(self, rig: Rig) -> None:
        left: list[str] = []
        rig.desk.after_commit(lambda: left.append("order"))
        rig.desk.alert("", "an order was sent")

        rig.desk.halt("the disk is full")
        rig.desk.commit()

        assert left == []
        (alert,) = rig.publisher.notices
        assert isinstance(alert, Alert)
        assert (alert.text, alert.is_urgent) == ("Trading halted: the disk is full", True)
        assert rig.desk.latch.is_set
        assert (rig.folder / "STOP").exists()
        assert not rig.desk.may_open


class TestAfterAHalt:
    @pytest.fixture
    def full(self, tmp_path: Path) -> Rig:
        """A mindfolio with a window, whose disk is full."""
        rig = Rig(tmp_path, [chain_update(new_york(10))], publishes=True)
        rig.desk.ledger = Ledger(FaultyStore(rig.store, fails_from=0))  # type: ignore[arg-type]
        return rig

    def test_the_command_that_could_not_be_kept_is_refused_and_its_change_is_gone(self, full: Rig) -> None:
        plan = full.desk.book.plan
        move = cmd.ReallocateBudget(plan.moved(dollars("1000"), None, "IV_SERVICE"), 1, "user", "test")
        for message in (move, Shutdown()):
            full.inbox.put(message)
        full.run()

        assert full.publisher.accepted == []
        assert [denied.command for denied in full.publisher.denied] == [move]
        assert {denial.code.value for denied in full.publisher.denied for denial in denied.denials} == {"STORAGE"}
        assert full.kernel.snapshot().halted == "the disk is full"
        assert full.desk.book.plan == plan

    def test_a_stop_is_still_answered_because_the_latch_holds(self, full: Rig) -> None:
        full.inbox.put(cmd.PauseModule("IV_SERVICE", "user", "the disk is full already"))
        stop = cmd.EmergencyStop("button", "test")
        threading.Timer(0.1, full.inbox.put, [stop]).start()
        threading.Timer(0.2, full.inbox.put, [Shutdown()]).start()
        full.run()

        assert [notice.command for notice in full.publisher.accepted] == [stop]
        assert full.desk.latch.is_set


class TestTwoStops:
    def test_a_stop_from_outside_after_the_one_that_was_seen_is_not_lifted_with_it(self, rig: Rig) -> None:
        rig.desk.is_reconciled = True
        handlers.handle(rig.desk, cmd.EmergencyStop("button", "first"))
        set_latch_file(rig.folder / "STOP", "outside", "second")
        handlers.handle(rig.desk, cmd.RearmMindfolio("user", "the first one was a mistake"))
        rig.desk.commit()

        assert [denial.code.value for denial in rig.publisher.denied[-1].denials] == ["STOPPED"]
        assert rig.desk.latch.is_set
        handlers.handle(rig.desk, cmd.RearmMindfolio("user", "both were"))
        assert not rig.desk.latch.is_set

    def test_a_stop_file_that_somebody_deleted_does_not_stand_in_the_way(self, rig: Rig) -> None:
        rig.desk.is_reconciled = True
        handlers.handle(rig.desk, cmd.EmergencyStop("button", "test"))
        (rig.folder / "STOP").unlink()
        handlers.handle(rig.desk, cmd.RearmMindfolio("user", "looked at everything"))
        rig.desk.commit()
        assert rig.publisher.denied == []
        assert rig.desk.book.status is MindfolioStatus.ACTIVE


class TestAFailingWindow:
    def test_the_engine_trades_on_and_every_notice_was_tried(self, tmp_path: Path) -> None:
        broker = ScriptedBroker()
        broker.on_submit = lambda order: [filled(order)]
        rig = Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(11), volatility=0.14)], broker=broker)
        rig.desk.publisher = window = BrokenWindow()
        rig.run()

        assert rig.desk.halted == ""
        assert not rig.desk.latch.is_set
        assert [order.purpose.value for order in broker.submitted] == ["OPEN", "CLOSE"], "the exit was not held up"
        assert rig.desk.book.orders == {}
        assert len(window.alerts) >= 3

    def test_a_stop_is_carried_out_although_the_window_fails(self, tmp_path: Path) -> None:
        rig = Rig(tmp_path, [chain_update(new_york(10))], publishes=True)
        rig.desk.publisher = window = BrokenWindow()
        for message in (cmd.EmergencyStop("button", "test"), Shutdown()):
            rig.inbox.put(message)
        rig.run()

        assert rig.desk.book.status is MindfolioStatus.STOPPED
        assert window.snapshots
        assert rig.desk.halted == ""

    def test_a_view_that_cannot_be_made_halts_once_and_not_for_ever(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rig = Rig(tmp_path, [chain_update(new_york(10))], publishes=True)

        tries: list[str] = []

        def snapshot() -> MindfolioSnapshot:
            tries.append(rig.desk.halted)
            raise ZeroDivisionError("a fault in the aggregation")

        monkeypatch.setattr(rig.kernel, "snapshot", snapshot)
        monkeypatch.setattr("engine.runtime.kernel.HEARTBEAT_S", 0.01)
        # Long enough for many more tries, were there any.
        threading.Timer(0.5, rig.inbox.put, [Shutdown()]).start()
        rig.run()

        assert len(tries) <= 2, "a last one after the halt, to show it"
        assert rig.publisher.alerts == ["Trading halted: internal fault: ZeroDivisionError: a fault in the aggregation"]


class TestFigures:
    def test_a_quote_may_be_as_old_as_the_gate_allows_and_no_older(self, rig: Rig) -> None:
        rig.run(until=new_york(10, 0, 2))
        (order,) = rig.desk.book.orders.values()
        legs = order.structure.legs
        rig.desk.clock.advance_to(new_york(10, 10))
        assert None not in rig.desk.fresh_quotes_of(legs)
        rig.desk.clock.advance_to(new_york(10, 10) + dt.timedelta(microseconds=1))
        assert rig.desk.fresh_quotes_of(legs) == (None,) * 4
        assert None not in rig.desk.quotes_of(legs)

    def test_without_a_limit_of_age_no_quote_is_fresh(self, rig: Rig) -> None:
        rig.run(until=new_york(10, 0, 2))
        (order,) = rig.desk.book.orders.values()
        rig.desk.book.limits = replace(rig.desk.book.limits, max_quote_age=None)
        assert rig.desk.fresh_quotes_of(order.structure.legs) == (None,) * 4

    def test_a_mark_keeps_no_market_once_there_is_a_newer_one(self, tmp_path: Path) -> None:
        broker = ScriptedBroker()
        broker.on_submit = lambda order: [filled(order)]
        rig = Rig(tmp_path, [chain_update(new_york(10))], broker=broker)
        rig.run(until=new_york(10, 0, 3))
        desk, (ended, *_) = rig.desk, rig.desk.book.positions.values()
        for minute in (1, 2):
            desk.clock.advance_to(new_york(10, minute))
            desk.market.apply(chain_update(new_york(10, minute)))
            if minute == 1:
                assert desk.mark_of(ended) is not None
                before = weakref.ref(desk.market.chains()[ended.symbol])

        # It is never asked about again, as a position that was closed: only others are.
        assert before() is not None
        assert desk.mark_of(replace(ended, position_id="P000099")) is not None
        gc.collect()
        assert before() is None

    def test_the_accounts_cash_counts_the_orders_and_positions_of_all_modules(self, tmp_path: Path) -> None:
        broker = ScriptedBroker()
        broker.on_submit = lambda order: [filled(order)] if order.order_id == "O000001" else []
        rig = Rig(tmp_path, [chain_update(new_york(10))], broker=broker)
        rig.desk.approves_all = True
        rig.run(until=new_york(10, 0, 3))

        book, (position,), (order,) = rig.desk.book, rig.desk.book.positions.values(), rig.desk.book.orders.values()
        assert position.module_id != order.module_id
        # The commission paid counts as a loss; what is held includes the one still to come.
        assert rig.desk.account_available() == dollars("50000") - dollars("2.40") - position.used - order.held
        assert book.available("IV_SERVICE_2") == dollars("20000") - order.held

    def test_an_overdrawn_module_after_an_admission_is_a_fault(self, rig: Rig) -> None:
        rig.run(until=new_york(10, 0, 2))
        assert_within_budget(rig.desk, "IV_SERVICE")
        plan = rig.desk.book.plan.moved(dollars("15000"), "IV_SERVICE", None)
        rig.desk.record(ev.BudgetReallocated(plan.budgets, plan.reserve, 2, "user", "test"))
        with pytest.raises(LedgerFault, match="IV_SERVICE would put more at work than it has"):
            assert_within_budget(rig.desk, "IV_SERVICE")

    @pytest.mark.parametrize("how", ["latch", "halt", "stopped"])
    def test_each_kind_of_stop_alone_forbids_openings(self, rig: Rig, how: str) -> None:
        desk = rig.desk
        assert [desk.is_active(module_id) for module_id in desk.book.modules] == [True, True, False]
        if how == "latch":
            (rig.folder / "STOP").touch()
        elif how == "halt":
            desk.halted = "test"
        else:
            desk.record(ev.EmergencyStopLatched("test", "test"))
        assert not desk.may_open
        assert not desk.is_active("IV_SERVICE")

    def test_a_module_that_is_not_there_is_not_active(self, rig: Rig) -> None:
        assert not rig.desk.is_active("NOBODY")


class TestMemory:
    def test_what_was_said_today_is_not_said_again_today_and_forgotten_tomorrow(self, rig: Rig) -> None:
        rig.desk.clock.advance_to(new_york(10))
        rig.desk.told_today.add("exit of P000001")
        rig.desk.clock.advance_to(new_york(15))
        assert "exit of P000001" in rig.desk.told_today
        rig.desk.clock.advance_to(new_york(10, day=TUESDAY))
        assert rig.desk.told_today == set()

    def test_a_new_session_remembers_of_positions_that_are_there_alone(self, tmp_path: Path) -> None:
        broker = ScriptedBroker()
        broker.on_submit = lambda order: [filled(order)]
        rig = Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(10, day=TUESDAY))], broker=broker)
        rig.run(until=new_york(10, 0, 3))
        desk, at, held = rig.desk, rig.desk.now, next(iter(rig.desk.book.positions))
        ids = (held, "P000099")
        desk.stuck = dict.fromkeys(ids, at)
        desk.hedged_at = dict.fromkeys(ids, at)
        desk.rejected = dict.fromkeys(ids, (1, at))
        desk.refused_at = {(each, OrderPurpose.ROLL): at for each in ids}

        rig.run(until=new_york(9, 45, day=TUESDAY))

        assert set(desk.hedged_at) == set(desk.rejected) == {held}
        assert set(desk.refused_at) == {(held, OrderPurpose.ROLL)}
        assert "P000099" not in desk.stuck


def test_a_refused_command_is_answered_once_and_changes_nothing(rig: Rig) -> None:
    before = rig.desk.book.seq
    handlers.handle(rig.desk, cmd.PauseModule("NOBODY", "user", "x"))
    rig.desk.commit()
    assert rig.desk.book.seq == before
    assert len(rig.publisher.notices) == 1
