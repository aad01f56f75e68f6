"""The kernel as a trader meets it: scans, orders, restarts, halts, on a real ledger file and a hand-written market."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerAccepted
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.order import OrderStatus
from engine.ledger.ledger import Ledger
from engine.ledger.query import LedgerQuery
from engine.ledger.verify import verify_store
from engine.market.history import HistoryStore
from engine.market.recorder import Recorder
from engine.modules.iv_service import IvService
from engine.runtime.inbox import Shutdown
from tests.fakes import EXPIRATION, FaultyStore, Rig, ScriptedBroker, chain_update, filled, new_york


def test_first_quotes_of_a_session_are_scanned_by_every_active_module(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10))]).run()

    scans = [event for event in rig.events(ev.ScanCompleted) if isinstance(event, ev.ScanCompleted)]
    assert [scan.module_id for scan in scans] == ["IV_SERVICE", "IV_SERVICE_2"]
    assert [(scan.executed, scan.pending) for scan in scans] == [(1, 0), (0, 1)]
    query = LedgerQuery(tmp_path / "ledger.sqlite")
    rows = query.scans("IV_SERVICE", new_york(0))
    query.close()
    assert rows[0].symbol == "SPY"
    assert rows[0].waived == ("evidence", "iv_rank")


def test_a_snapshot_outside_the_session_marks_but_opens_nothing(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(16, 2))]).run()

    assert rig.broker.submitted == []
    assert rig.events(ev.ScanCompleted) == []
    assert rig.desk.market.spot("SPY") == dollars("100")


def test_scans_follow_the_quarter_hours_while_quotes_keep_coming(tmp_path: Path) -> None:
    minutes = [chain_update(new_york(9, 33) + dt.timedelta(minutes=m), 100 + m / 100) for m in range(60)]
    rig = Rig(tmp_path, minutes).run()

    rows = [entry for entry in rig.store.entries() if entry.type == "ScanCompleted"]
    at = sorted({entry.at for entry in rows})
    assert at == [new_york(9, 33), new_york(9, 45), new_york(10), new_york(10, 15), new_york(10, 30)]


def test_a_gap_in_the_market_is_made_up_for_by_one_scan_not_many(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(13))]).run()

    at = sorted({entry.at for entry in rig.store.entries() if entry.type == "ScanCompleted"})
    assert at == [new_york(10), new_york(13)]


def test_an_order_is_durable_with_its_hold_before_it_is_sent(tmp_path: Path) -> None:
    class Looking(ScriptedBroker):
        def submit(self, order: object, now: dt.datetime) -> None:
            seen.append([entry.type for entry in rig.store.entries()].count("OrderIntended"))
            super().submit(order, now)  # type: ignore[arg-type]

    seen: list[int] = []
    rig = Rig(tmp_path, [chain_update(new_york(10))], broker=Looking())
    rig.run()

    assert seen == [1]


def test_nothing_is_sent_when_the_intent_cannot_be_written(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10))])
    rig.desk.ledger = Ledger(FaultyStore(rig.store, fails_from=1))  # type: ignore[arg-type]
    rig.run()

    assert rig.broker.submitted == []
    assert "disk is full" in rig.desk.halted
    assert rig.desk.latch.is_set
    assert rig.publisher.alerts[-1].startswith("Trading halted")
    assert "OrderIntended" not in [entry.type for entry in rig.store.entries()]


def test_a_halted_kernel_refuses_commands_and_says_why(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10))], publishes=True)
    rig.desk.ledger = Ledger(FaultyStore(rig.store, fails_from=0))  # type: ignore[arg-type]
    rig.inbox.put(cmd.PauseModule("IV_SERVICE", "user", "test"))
    rig.inbox.put(cmd.ResumeModule("IV_SERVICE", "user", "test"))
    rig.inbox.put(Shutdown())
    rig.run()

    assert rig.publisher.denied[-1].denials[0].code == "STORAGE"


def test_a_fill_becomes_a_position_and_its_costs_reach_the_ledger(tmp_path: Path) -> None:
    broker = ScriptedBroker()
    broker.on_submit = lambda order: [BrokerAccepted(order.order_id), filled(order)]
    rig = Rig(tmp_path, [chain_update(new_york(10))], broker=broker).run()

    book = rig.desk.book
    (position,) = book.positions_of("IV_SERVICE")
    assert position.cost == broker.submitted[0].limit * 100
    assert book.realised("IV_SERVICE") == -dollars("2.40")
    assert book.cash == dollars("50000") - position.cost - dollars("2.40")
    assert book.held("IV_SERVICE") == 0
    assert verify_store(rig.store).faults == ()


def test_repeated_frames_book_once_and_late_frames_are_ignored(tmp_path: Path) -> None:
    broker = ScriptedBroker()
    broker.on_submit = lambda order: [filled(order), filled(order), BrokerAccepted(order.order_id)]
    rig = Rig(tmp_path, [chain_update(new_york(10))], broker=broker).run()

    assert len(rig.events(ev.OrderFilled)) == 1
    assert rig.desk.halted == ""


def test_a_fill_that_beats_the_cancel_wins(tmp_path: Path) -> None:
    broker = ScriptedBroker()
    broker.on_cancel = lambda order_id: [filled(broker.submitted[0])]
    rig = Rig(tmp_path, [chain_update(new_york(10))], broker=broker).run()

    assert [type(event).__name__ for event in rig.events(ev.OrderCancelRequested)] == ["OrderCancelRequested"]
    assert len(rig.desk.book.positions_of("IV_SERVICE")) == 1
    assert rig.desk.book.orders == {}


def test_the_ladder_walks_towards_natural_and_then_cancels(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10))]).run()

    order = rig.broker.submitted[0]
    limits = [event.limit for event in rig.events(ev.OrderRepriced) if isinstance(event, ev.OrderRepriced)]
    assert limits == sorted(limits)
    assert limits[-1] == order.worst
    assert all(limit > order.limit for limit in limits)
    assert rig.broker.calls[-1] == ("cancel", order.order_id)
    assert rig.desk.book.held("IV_SERVICE") == 0


def test_an_order_that_the_broker_denies_twice_ends_and_one_denial_ends_nothing(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(12))])
    rig.run(until=new_york(10, 0, 3))
    held = rig.desk.book.held("IV_SERVICE")
    assert held > 0

    again = rig.reopened()  # at a broker that has lost it
    again.run(until=new_york(10, 0, 12))
    assert again.desk.book.held("IV_SERVICE") == held, "one denial is no proof"
    again.run(until=new_york(10, 0, 30))

    assert again.desk.book.orders == {}
    assert again.desk.book.held("IV_SERVICE") == 0
    ended = [event for event in again.events(ev.OrderEnded) if isinstance(event, ev.OrderEnded)]
    assert [(event.status, event.why) for event in ended] == [(OrderStatus.CANCELLED, "the broker never had it")]


def test_a_restart_goes_on_with_the_next_quotes_and_knows_the_last(tmp_path: Path) -> None:
    updates = [chain_update(new_york(10)), chain_update(new_york(11), 101.0)]
    rig = Rig(tmp_path, updates)
    rig.run(until=new_york(10, 30))

    again = rig.reopened()
    assert again.desk.market.spot("SPY") == dollars("100")
    again.run()
    assert again.desk.market.spot("SPY") == dollars("101")


def test_a_daily_loss_pauses_that_module_alone(tmp_path: Path) -> None:
    broker = ScriptedBroker()
    broker.on_submit = lambda order: [filled(order)]
    crash = [chain_update(new_york(10)), chain_update(new_york(10, 5), 80.0, volatility=1.2)]
    rig = Rig(tmp_path, crash, broker=broker)
    spec = rig.desk.book.modules["IV_SERVICE"]
    object.__setattr__(spec.spec.limits, "daily_loss_limit", dollars("100"))
    rig.run()

    assert rig.desk.book.modules["IV_SERVICE"].status is ModuleStatus.PAUSED
    assert rig.desk.book.modules["IV_SERVICE"].status_why == "the daily loss limit is reached"
    assert rig.desk.book.modules["IV_SERVICE_2"].status is ModuleStatus.ACTIVE


def test_a_failing_module_is_paused_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = IvService.scan

    def scan(self: IvService, context: object) -> object:
        if context.module.module_id == "IV_SERVICE":  # type: ignore[attr-defined]
            raise ZeroDivisionError("a bug in the module")
        return real(self, context)  # type: ignore[arg-type]

    monkeypatch.setattr(IvService, "scan", scan)
    rig = Rig(tmp_path, [chain_update(new_york(10))])
    rig.run(until=new_york(10, 1))

    assert rig.desk.book.modules["IV_SERVICE"].status is ModuleStatus.PAUSED
    assert "ZeroDivisionError" in rig.desk.book.modules["IV_SERVICE"].status_why
    assert len(rig.desk.book.approvals) == 1
    assert rig.desk.halted == ""


def test_a_latch_set_by_another_process_stops_a_running_kernel(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(11))])
    rig.run(until=new_york(10, 0, 3))
    (tmp_path / "STOP").write_text("from outside")
    rig.run()

    assert rig.desk.book.status is MindfolioStatus.STOPPED
    assert all(module.status is ModuleStatus.PAUSED for module in rig.desk.book.modules.values())
    assert rig.broker.calls.count(("cancel", "O000001")) == 1
    assert rig.desk.book.orders == {}


def test_a_broken_invariant_halts_trading_instead_of_crashing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_desk: object) -> None:
        raise AssertionError("this cannot be")

    monkeypatch.setattr("engine.runtime.positions.enforce_daily_loss", broken)
    rig = Rig(tmp_path, [chain_update(new_york(10))]).run()

    assert rig.desk.halted == "internal fault: AssertionError: this cannot be"
    assert rig.desk.latch.is_set


def test_a_market_that_ended_does_not_wait_for_ever_for_a_word_that_never_comes(tmp_path: Path) -> None:
    broker = ScriptedBroker()
    broker.on_submit = lambda order: [filled(order)] if order.purpose == "OPEN" else [BrokerAccepted(order.order_id)]
    updates = [chain_update(new_york(10)), chain_update(new_york(15, 59, day=EXPIRATION), 100.0)]
    rig = Rig(tmp_path, updates, broker=broker).run()

    (position,) = rig.desk.book.positions.values()
    assert position.status.value == "Awaiting assignment", "never assumed"
    assert new_york(15, day=EXPIRATION) < rig.desk.now <= new_york(16, day=EXPIRATION) + dt.timedelta(days=4, minutes=5)
    assert verify_store(rig.store).faults == ()


@pytest.mark.parametrize("speed", [-1.0, float("nan"), "fast", None], ids=str)
def test_a_speed_that_is_none_is_denied_and_halts_nothing(tmp_path: Path, speed: Any) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(11))]).run(until=new_york(10, 0, 2))
    before = rig.kernel.snapshot().market.speed
    rig.inbox.put(cmd.SetSpeed(speed))
    rig.run(until=new_york(10, 0, 3))
    assert [denial.code.value for notice in rig.publisher.denied for denial in notice.denials] == ["NEGATIVE_AMOUNT"]
    assert (rig.kernel.snapshot().market.speed, rig.desk.halted) == (before, "")


def test_a_recording_that_ends_is_told_once_and_trading_goes_on(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(11)), chain_update(new_york(12))])
    rig.desk.recorder = Recorder(tmp_path / "recorded", dt.timedelta(0))
    rig.run(until=new_york(10))
    rig.desk.recorder.fault = "no space left on the device"
    rig.run()

    told = [text for text in rig.publisher.alerts if "recorded" in text]
    assert told == ["The market is not recorded any more: no space left on the device"]
    assert len(rig.events(ev.ScanCompleted)) > 1
    rig.desk.recorder.close()
    assert [at for at, _ in HistoryStore(tmp_path / "recorded").snapshots()] == [new_york(10)]
