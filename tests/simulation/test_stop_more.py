"""The stop beside the matrix: two at once, during a closing plan, killed at each step, while starting, a clock held."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerCancelRefused, BrokerFilled
from engine.domain.evidence import Evidence
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.order import OrderPurpose, OrderStatus
from engine.modules.registry import strategy_for
from engine.risk.latch import set_latch_file
from engine.runtime import kernel as kernel_module
from engine.runtime.inbox import Shutdown
from engine.runtime.pacer import Pacer
from tests.simulation.stop_world import LIVING, OTHER, SECOND, START, World, locked, ticket


@pytest.fixture(autouse=True)
def _worlds_end() -> Iterator[None]:
    """Nothing outlives its test."""
    yield
    while LIVING:
        LIVING[-1].close()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Ten o'clock, and a condor working at mid."""
    world = World(tmp_path).run(START + SECOND)
    world.do(ticket())
    world.go_on(2)
    assert world.order.status is OrderStatus.WORKING
    return world


def reopened(world: World) -> World:
    """The next process."""
    return world.reopened(line=lambda new: new.log.extend(world.line.log))


class TestTwoStops:
    def test_at_once_they_are_one_stop_and_every_cancel_leaves_once(self, world: World) -> None:
        threads = [threading.Thread(target=press) for press in (world.press, world.press_outside, world.press)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        world.go_on(30)

        assert len(world.events(ev.EmergencyStopLatched)) == 1
        assert len(world.line.calls("cancel")) == 1
        assert world.desk.book.orders == {}

    def test_one_that_comes_after_the_first_was_seen_is_not_lifted_with_it(self, world: World) -> None:
        world.press()
        world.go_on(30)
        set_latch_file(world.folder / "STOP", "mindfolio stop", "no, really")

        world.do(cmd.RearmMindfolio("user", "all is well"))

        assert world.publisher.denied[-1].denials[0].code is DenialCode.STOPPED
        assert (world.desk.latch.is_set, world.desk.book.status) == (True, MindfolioStatus.STOPPED)
        world.do(cmd.RearmMindfolio("user", "I have seen the second one as well"))
        assert (world.desk.latch.is_set, world.desk.book.status) == (False, MindfolioStatus.ACTIVE)


class TestDuringAClosingPlan:
    @pytest.fixture
    def planned(self, tmp_path: Path) -> World:
        """Two positions and a plan to close them."""
        world = World(tmp_path).run(START + SECOND)
        for each in (ticket("-0.28", quantity=1), ticket("-0.20", OTHER, 1)):
            world.do(each)
            world.go_on(3)
        world.do(cmd.PlanClosing(0, "user"))
        assert world.desk.book.closing is not None
        assert len(world.desk.book.closing.steps) == 2
        return world

    def test_what_the_program_began_waits_for_a_person_and_its_working_order_is_kept(self, planned: World) -> None:
        plan = planned.desk.book.closing
        assert plan is not None
        planned.desk.record(ev.ClosingDecided(plan.plan_id, is_confirmed=True, who="engine", why="ACCOUNT_LOSS"))
        planned.desk.look_at = planned.desk.now
        planned.go_on(1)
        first = [order.order_id for order in planned.desk.book.orders.values()]
        assert len(first) == 1
        planned.press()
        planned.go_on(240)

        sent = planned.line.calls("submit closing")
        assert len(sent) == 1, "the second step was not begun"
        assert planned.desk.book.closing_by == ""
        assert planned.desk.book.closing is not None
        asked = [each for each in planned.events(ev.OrderCancelRequested) if isinstance(each, ev.OrderCancelRequested)]
        assert not any(each.why == "emergency stop" for each in asked)
        planned.do(cmd.ConfirmClosing(planned.desk.book.closing.plan_id, "user"))
        planned.go_on(240)
        assert len(planned.line.calls("submit closing")) >= 2, "a person has confirmed it"
        assert planned.desk.book.positions == {}
        assert planned.desk.book.status is MindfolioStatus.STOPPED

    def test_what_a_person_has_confirmed_goes_on(self, planned: World) -> None:
        plan = planned.desk.book.closing
        assert plan is not None
        planned.do(cmd.ConfirmClosing(plan.plan_id, "user"))
        planned.go_on(1)
        planned.press()
        planned.go_on(480)

        assert planned.desk.book.positions == {}
        assert planned.line.after_the_latch("submit") == []
        assert planned.desk.book.status is MindfolioStatus.STOPPED


class DiedError(BaseException):
    """kill -9."""


class TestKilled:
    """The process ends at each step of the stop; the next one carries it through."""

    @pytest.mark.parametrize("step", ["latched", "journaled", "at the cancel", "cancelled", "answered"])
    @pytest.mark.parametrize("is_twice", [False, True], ids=["once", "and while it recovers"])
    def test_at_a_step(self, tmp_path: Path, step: str, *, is_twice: bool) -> None:
        world = World(tmp_path).run(START + SECOND)
        world.do(ticket())
        world.go_on(2)
        world.press()
        self._die_at(world, step)
        with pytest.raises(DiedError):
            world.go_on(20)

        again = self._next(world)
        if is_twice:
            self._die_at(again, "at the cancel" if step in ("latched", "journaled", "at the cancel") else "answered")
            try:
                again.go_on(20)
            except DiedError:
                again = self._next(again)
        again.go_on(60)

        assert again.desk.book.status is MindfolioStatus.STOPPED
        assert len(again.events(ev.EmergencyStopLatched)) == 1
        assert again.desk.book.orders == {}
        assert again.desk.book.held("IV_SERVICE_2") == 0
        assert len(again.line.calls("submit")) == 1
        assert again.line.done("O000001") == 0
        assert again.faults() == ()

    def _next(self, world: World) -> World:
        def untouched(new: Any) -> None:
            new.log.extend(world.line.log)

        return world.reopened(line=untouched)

    def _die_at(self, world: World, step: str) -> None:
        def die() -> None:
            raise DiedError

        def at_entry(kind: str) -> None:
            def after(batch: Any) -> None:
                if any(entry.type == kind for entry in batch.entries):
                    die()

            world.watched.after = after

        cancel = world.line.inner.cancel

        def arrives(*arguments: Any) -> None:
            cancel(*arguments)
            die()

        match step:
            case "latched":
                world.kernel.obey_latch = die  # type: ignore[method-assign]
            case "journaled":
                at_entry("EmergencyStopLatched")
            case "at the cancel":
                world.line.inner.cancel = lambda *_: die()  # type: ignore[method-assign]
            case "cancelled":
                world.line.inner.cancel = arrives  # type: ignore[method-assign, assignment]
            case _:
                at_entry("OrderEnded")


class TestStarting:
    def test_a_stop_before_the_first_start_lets_nothing_open(self, tmp_path: Path) -> None:
        set_latch_file(tmp_path / "STOP", "mindfolio stop", "before it began")
        world = World(tmp_path).run(START + SECOND)
        world.do(ticket())

        assert world.desk.book.status is MindfolioStatus.STOPPED
        assert world.publisher.denied[-1].denials[0].code is DenialCode.STOPPED
        assert world.line.calls("submit", arrived=False) == []

    def test_one_that_comes_in_the_middle_of_recovery_is_obeyed_before_anything_else(self, world: World) -> None:
        def pressing(line: Any) -> None:
            ask = line.inner.ask

            def asked(*arguments: Any) -> None:
                set_latch_file(world.folder / "STOP", "mindfolio stop", "while it starts")
                ask(*arguments)

            line.inner.ask = asked

        again = world.reopened(line=pressing)
        seen = [again.desk.book.status, again.go_on(30).desk.book.status]
        assert seen == [MindfolioStatus.ACTIVE, MindfolioStatus.STOPPED], "first it was still starting"
        assert again.desk.book.orders == {}
        assert again.line.calls("submit", arrived=False) == []


class TestCancels:
    def test_a_second_one_waits_five_seconds_whatever_the_broker_answers(self, world: World) -> None:
        asked = world.desk.now
        world.line.inner.cancel = lambda order_id, now: world.line.say(  # type: ignore[method-assign]
            BrokerCancelRefused(order_id, "busy"), now + SECOND
        )
        world.press()
        world.go_on(20)
        sent = world.line.calls("cancel")
        assert [(at - asked).total_seconds() for at in sent[:3]] == [0, 5, 10]
        assert world.order.status is OrderStatus.CANCEL_PENDING

    def test_one_without_an_answer_is_sent_again_even_when_no_question_gets_through(self, world: World) -> None:
        world.line.hangs_up, world.line.refuses = {"cancel"}, {"ask"}
        world.line.is_mute = True
        pressed = world.desk.now
        world.press()
        world.go_on(16)
        assert [(at - pressed).total_seconds() for at in world.line.calls("cancel")] == [0, 5, 10, 15]

    def test_they_go_out_while_the_markets_clock_is_held(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kernel_module, "RETRY_S", 0.05)
        world.kernel._pacer = Pacer(0.0)
        world.kernel._publishes = True  # a window is there: the kernel waits for it, and its clock stands
        world.line.refuses = {"cancel"}
        world.press()
        held_at = world.desk.now
        thread_done = threading.Event()

        def restore() -> None:
            time.sleep(0.2)
            world.line.refuses = set()
            time.sleep(0.4)
            world.inbox.put(Shutdown())
            thread_done.set()

        threading.Thread(target=restore).start()
        world.kernel.stands = False
        world.kernel.run()
        assert thread_done.wait(5)
        assert world.line.calls("cancel") == [held_at]
        assert world.desk.now == held_at
        assert len(world.line.calls("cancel", arrived=False)) > 2


class TestAModuleThatHangs:
    def test_it_is_paused_alone_and_the_market_goes_on(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kernel_module, "SCAN_PATIENCE_S", 0.2)
        released = threading.Event()
        world = World(tmp_path, threads=1).run(START + SECOND)
        real = strategy_for

        class Hangs:
            def __init__(self, strategy: Any) -> None:
                self._strategy = strategy

            def scan(self, context: Any) -> Any:
                if context.module.module_id == "IV_SERVICE":
                    released.wait()
                return self._strategy.scan(context)

            def manage(self, *arguments: Any) -> Any:
                return self._strategy.manage(*arguments)

        world.desk.strategy_of = lambda module: Hangs(real(module.kind))  # type: ignore[assignment,return-value]
        scans = len(world.events(ev.ScanCompleted))
        try:
            world.run(START + 16 * 60 * SECOND)
        finally:
            released.set()
        world.go_on(60)

        status = {module_id: module.status for module_id, module in world.desk.book.modules.items()}
        assert (status["IV_SERVICE"], status["IV_SERVICE_2"]) == (ModuleStatus.PAUSED, ModuleStatus.ACTIVE)
        assert "did not come back" in world.desk.book.modules["IV_SERVICE"].status_why
        new = [each.module_id for each in world.events(ev.ScanCompleted)[scans:] if isinstance(each, ev.ScanCompleted)]
        assert new == ["IV_SERVICE_2"], "the one behind it in the queue has scanned, and the late answer is dropped"

    @pytest.mark.parametrize(("is_alive", "status"), [(True, ModuleStatus.ACTIVE), (False, ModuleStatus.PAUSED)])
    def test_one_whose_backtest_gets_on_is_waited_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_alive: bool, status: ModuleStatus
    ) -> None:
        monkeypatch.setattr(kernel_module, "SCAN_PATIENCE_S", 0.4)

        world, real, asked = World(tmp_path, threads=1).run(START + SECOND), strategy_for, []

        class Backtests:
            steps = 0

            def prepare(self, *_: object) -> None:
                """Nothing: it answers one by one."""

            def evidence(self, *_: object) -> Evidence:
                return Evidence(100, 0.8, dollars(50), "test")

        class WaitsForThem:
            def __init__(self, strategy: Any) -> None:
                self._strategy = strategy

            def scan(self, context: Any) -> Any:
                if context.module.module_id == "IV_SERVICE":
                    asked.append(context.now)
                    for _step in range(10):
                        time.sleep(0.1)
                        backtests.steps += is_alive
                return self._strategy.scan(context)

            def manage(self, *arguments: Any) -> Any:
                return self._strategy.manage(*arguments)

        world.desk.backtester = backtests = Backtests()
        world.desk.strategy_of = lambda module: WaitsForThem(real(module.kind))  # type: ignore[assignment,return-value]
        world.run(START + 16 * 60 * SECOND)

        assert len(asked) == 1
        assert world.desk.book.modules["IV_SERVICE"].status is status


class TestADatabaseThatIsLocked:
    def test_for_a_moment_the_stop_waits_and_becomes_durable(self, tmp_path: Path) -> None:
        world = World(tmp_path, busy_ms=5000).run(START + SECOND)
        world.do(ticket())
        world.go_on(2)
        lock = locked(world.folder)
        lock.__enter__()
        timer = threading.Timer(0.3, lambda: lock.__exit__(None, None, None))
        timer.start()
        world.press()
        world.go_on(30)
        timer.join()

        assert not world.desk.halted
        assert world.desk.book.status is MindfolioStatus.STOPPED
        assert world.desk.book.orders == {}

    def test_a_cancel_that_cannot_leave_at_the_halt_is_tried_until_it_can(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kernel_module, "RETRY_S", 0.05)
        world.line.refuses = {"cancel"}
        world.kernel._publishes = True
        with locked(world.folder):
            world.press_outside()

            def restore() -> None:
                time.sleep(0.5)
                world.line.refuses = set()
                time.sleep(0.4)
                world.inbox.put(Shutdown())

            threading.Thread(target=restore).start()
            world.kernel.stands = False
            world.kernel.run()

        assert world.desk.halted
        assert len(world.line.calls("cancel")) == 1, "once it got through, it was not sent again"
        assert world.publisher.snapshots[-1].halted, "the window was told"


def test_legs_done_alone_stay_so_after_nonsense_and_after_the_broker_says_that_it_lives(tmp_path: Path) -> None:
    from tests.simulation.stop_rows import legged  # noqa: PLC0415

    world = World(tmp_path).run(START + SECOND)
    legged(world, lambda: None)
    world.line.say(BrokerFilled("O000001", 9, dollars("-0.36"), (0, 0, 0, 0)), world.desk.now + SECOND)
    world.go_on(30)
    assert world.order.status is OrderStatus.LEGGED
    assert world.order.purpose is OrderPurpose.OPEN
    again = reopened(world)
    again.line.tells_account = False
    again.go_on(30)
    assert again.order.status is OrderStatus.LEGGED
    assert again.line.calls("cancel", arrived=False) == []
