"""`mindfolio stop` from another process against a real run: obeyed, recorded, and kept through kill -9."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.domain import events as ev
from engine.domain.mindfolio import Environment
from engine.ledger.ledger import Ledger, checked_entries
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from engine.risk.latch import StopLatch
from engine.runtime.places import Places

PATIENCE_S = 90.0
"""For a busy machine."""

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal"),
]

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Where the run keeps everything."""
    return Places(tmp_path, Environment.SIMULATED)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start runs, which end with the test."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "mindfolio_desktop", "run", "--headless", "--market", "simulated",
                   "--approve", "all", "--symbols", "XLE", "--quotes", "5",
                   "--data-dir", str(tmp_path), *arguments]  # fmt: skip
        begun.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.wait()


def types(places: Places) -> list[str]:
    """The journal's entries by type, while another process writes them."""
    if not places.ledger.exists():
        return []
    connection = sqlite3.connect(f"{places.ledger.as_uri()}?mode=ro", uri=True, timeout=5.0)
    try:
        return [row[0] for row in connection.execute("select type from journal order by seq")]
    except sqlite3.OperationalError:
        return []  # the file is there, its tables are not yet
    finally:
        connection.close()


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def stop(places: Places) -> None:
    """The command, in a process of its own."""
    command = [sys.executable, "-m", "mindfolio_desktop", "stop", "--data-dir", str(places.data_dir)]
    subprocess.run(command, check=True, capture_output=True)


def check(places: Places) -> None:
    """Stopped, once, and nothing that opens was decided or sent after it."""
    store = SqliteStore(places.ledger, for_reading=True)
    try:
        events = [event for _, event in checked_entries(store)]
        book = Ledger(store).book
    finally:
        store.close()
    stops = [number for number, event in enumerate(events) if isinstance(event, ev.EmergencyStopLatched)]
    assert len(stops) == 1
    opening = {
        event.order.order_id for event in events if isinstance(event, ev.OrderIntended) and event.order.adds_risk
    }
    for event in events[stops[0] :]:
        assert not (isinstance(event, ev.OrderIntended) and event.order.adds_risk)
        assert not (isinstance(event, ev.OrderSubmitted) and event.order_id in opening)
    assert book.status.value == "STOPPED"
    assert {module.status.value for module in book.modules.values()} == {"PAUSED"}
    assert StopLatch(places.latch).is_set
    assert verify_file(places.ledger).faults == ()


def test_a_running_process_obeys_and_the_next_one_is_still_stopped(places: Places, start: Start) -> None:
    process = start("--speed", "60")
    wait_for(lambda: "OrderSubmitted" in types(places))
    stop(places)
    wait_for(lambda: "EmergencyStopLatched" in types(places))
    time.sleep(3)  # three minutes of the market
    assert process.poll() is None, "it runs on: cancels and late fills are its business"
    process.kill()
    process.wait()
    check(places)

    assert start("--days", "1").wait(PATIENCE_S) == 0
    check(places)


@pytest.mark.parametrize("after_ms", [0, 10])
def test_a_process_killed_right_after_the_file_appears(places: Places, start: Start, after_ms: int) -> None:
    process = start("--speed", "60")
    wait_for(lambda: "OrderIntended" in types(places))
    stopping = subprocess.Popen(
        [sys.executable, "-m", "mindfolio_desktop", "stop", "--data-dir", str(places.data_dir)],
        stdout=subprocess.DEVNULL, env={**os.environ},
    )  # fmt: skip
    while not os.path.lexists(places.latch):
        assert stopping.poll() in (None, 0)
    time.sleep(after_ms / 1000)
    process.kill()
    process.wait()
    assert stopping.wait(PATIENCE_S) == 0

    assert start("--days", "1").wait(PATIENCE_S) == 0
    check(places)
