"""The engine's thread: commands from any thread, a stop that never waits, failures that are told."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.domain import commands as cmd
from engine.domain.mindfolio import Environment, MindfolioStatus, ModuleStatus
from engine.domain.notices import Alert
from engine.domain.snapshot import MindfolioSnapshot
from engine.runtime.assembly import OpenEngine
from engine.runtime.host import EngineHost
from engine.runtime.places import Places, Running
from tests.fakes import RecordingPublisher

PATIENCE_S = 30.0
"""For a busy machine; nothing here takes as long by itself."""


class HeldPublisher(RecordingPublisher):
    """Keeps the engine's thread inside `publish` until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_held = threading.Event()
        self.goes_on = threading.Event()

    def publish(self, snapshot: MindfolioSnapshot) -> None:
        super().publish(snapshot)
        self.is_held.set()
        assert self.goes_on.wait(PATIENCE_S)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path, Environment.SIMULATED)


@pytest.fixture
def host_for(places: Places) -> Iterator[Callable[..., EngineHost]]:
    """Make hosts that are ended with the test."""
    hosts: list[EngineHost] = []

    def make(publisher: RecordingPublisher, speed: float = 3600.0) -> EngineHost:
        hosts.append(EngineHost(places, Running(speed=speed, publishes=True, symbols=("KO",)), publisher))
        return hosts[-1]

    yield make
    assert all([host.close(PATIENCE_S) for host in hosts])  # noqa: C419 - every one is closed before any is judged


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def test_a_stop_latches_at_once_while_the_engine_is_busy(host_for: Callable[..., EngineHost], places: Places) -> None:
    publisher = HeldPublisher()
    host = host_for(publisher)
    host.start()
    assert publisher.is_held.wait(PATIENCE_S)

    began = time.monotonic()
    host.stop("button", "I do not like it")
    took = time.monotonic() - began

    assert places.latch.exists(), "on this thread, before the call returned"
    assert took < 5.0, "it did not wait for the engine, which is still held"
    assert publisher.snapshots[-1].status is MindfolioStatus.ACTIVE
    publisher.goes_on.set()
    wait_for(lambda: publisher.snapshots[-1].status is MindfolioStatus.STOPPED)
    stopped = publisher.snapshots[-1]
    assert stopped.stop_why == "I do not like it"
    assert all(view.status is ModuleStatus.PAUSED for view in stopped.modules)


def test_a_stop_before_the_start_lets_nothing_open(host_for: Callable[..., EngineHost]) -> None:
    publisher = RecordingPublisher()
    host = host_for(publisher)
    host.stop("tray", "before it began")
    host.start()
    wait_for(lambda: bool(publisher.snapshots) and publisher.snapshots[-1].status is MindfolioStatus.STOPPED)
    assert publisher.snapshots[-1].held == publisher.snapshots[-1].used == 0


def test_commands_sent_before_the_start_are_carried_out(host_for: Callable[..., EngineHost]) -> None:
    publisher = RecordingPublisher()
    host = host_for(publisher)
    command = cmd.PauseModule("IV_SERVICE", "user", "before it began")
    host.send(command)
    host.start()
    wait_for(lambda: [notice.command for notice in publisher.accepted] == [command])


def test_a_start_that_fails_is_told_as_an_urgent_alert_and_the_thread_ends(
    host_for: Callable[..., EngineHost], places: Places
) -> None:
    first = OpenEngine(places, Running(), RecordingPublisher())
    publisher = RecordingPublisher()
    host = host_for(publisher)
    host.start()
    wait_for(lambda: bool(publisher.notices))

    (alert,) = publisher.notices
    assert isinstance(alert, Alert)
    assert alert.is_urgent
    assert alert.text.startswith("The engine could not start: ")
    assert "in use by another Mindfolio" in alert.text
    assert host.close(PATIENCE_S)
    first.close()


def test_a_folder_that_cannot_be_made_is_told_with_its_path(places: Places, tmp_path: Path) -> None:
    blocked = Places(tmp_path / "file", Environment.SIMULATED)
    blocked.data_dir.write_text("not a folder")
    publisher = RecordingPublisher()
    host = EngineHost(blocked, Running(publishes=True), publisher)
    host.start()
    assert host.close(PATIENCE_S)

    (text,) = publisher.alerts
    assert str(blocked.data_dir) in text
    assert "internal fault" not in text


def test_closing_ends_the_thread_and_frees_the_ledger(host_for: Callable[..., EngineHost], places: Places) -> None:
    publisher = RecordingPublisher()
    host = host_for(publisher)
    host.start()
    wait_for(lambda: bool(publisher.snapshots))

    assert host.close(PATIENCE_S)
    assert "mindfolio-engine" not in {thread.name for thread in threading.enumerate()}
    OpenEngine(places, Running(), publisher).close()
    assert host.close(), "closing twice does no harm"


def test_closing_a_held_engine_gives_up_in_time_and_says_so(host_for: Callable[..., EngineHost]) -> None:
    publisher = HeldPublisher()
    host = host_for(publisher)
    host.start()
    assert publisher.is_held.wait(PATIENCE_S)

    assert not host.close(timeout_s=0.05)
    publisher.goes_on.set()
    assert host.close(PATIENCE_S)


def test_closing_what_never_started_is_done_at_once(host_for: Callable[..., EngineHost]) -> None:
    assert host_for(RecordingPublisher()).close(0.0)


def test_the_speed_of_the_market_changes_while_it_runs(host_for: Callable[..., EngineHost]) -> None:
    publisher = RecordingPublisher()
    host = host_for(publisher, 0.001)
    host.start()
    wait_for(lambda: bool(publisher.snapshots))
    began = publisher.snapshots[-1].market
    assert began.speed == 0.001

    host.send(cmd.SetSpeed(36_000.0))
    wait_for(lambda: publisher.snapshots[-1].market.now > began.now)
    host.send(cmd.SetSpeed(0.0))
    wait_for(lambda: publisher.snapshots[-1].market.speed == 0.0)

    held_at = publisher.snapshots[-1].market.now
    pause = cmd.PauseModule("IV_SERVICE", "user", "lunch")
    host.send(pause)
    wait_for(lambda: publisher.snapshots[-1].modules[0].status is ModuleStatus.PAUSED)
    assert publisher.snapshots[-1].market.now == held_at, "commands are served, the clock stands"
    assert [type(notice.command) for notice in publisher.accepted] == [cmd.SetSpeed, cmd.SetSpeed, cmd.PauseModule]


def test_a_host_with_so_many_sessions_ends_by_itself_after_them(places: Places) -> None:
    publisher = RecordingPublisher()
    running = Running(publishes=True, symbols=("KO",), quote_minutes=60, sessions=1)
    host = EngineHost(places, running, publisher)
    assert not host.has_ended
    host.start()
    wait_for(lambda: host.has_ended)
    days = {snapshot.market.now.date() for snapshot in publisher.snapshots}
    assert len(days) <= 2, "the session, and what was before the market's first moment"
    assert host.close(PATIENCE_S)
