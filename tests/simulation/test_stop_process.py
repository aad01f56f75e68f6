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
from mindfolio_desktop.cli import run
from tests.recordings import falling_volatility, record_market

PATIENCE_S = 90.0
"""For a busy machine."""

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal"),
]

Start = Callable[..., "subprocess.Popen[bytes]"]


def running(places: Places) -> list[str]:
    """A run that trades at the first quotes; it is stopped long before the simulated market has more of them."""
    market = places.environment.value
    only = ["--symbols", "XLE", "--quotes", "30"] if places.environment is Environment.SIMULATED else []
    return ["run", "--headless", "--market", market, "--approve", "all", *only, "--data-dir", str(places.data_dir)]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start runs, which end with the test."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(places: Places, *arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "mindfolio_desktop", *running(places), *arguments]
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


def test_a_running_process_obeys_and_the_next_one_is_still_stopped(tmp_path: Path, start: Start) -> None:
    places = Places(tmp_path, Environment.SIMULATED)
    process = start(places, "--speed", "120")
    wait_for(lambda: "OrderSubmitted" in types(places))
    stop(places)
    wait_for(lambda: "EmergencyStopLatched" in types(places))
    time.sleep(1.5)  # three minutes of the market
    assert process.poll() is None, "it runs on: cancels and late fills are its business"
    process.kill()
    process.wait()
    check(places)

    assert start(places, "--days", "1").wait(PATIENCE_S) == 0
    check(places)


@pytest.mark.parametrize("after_ms", [0, 10])
def test_a_process_killed_right_after_the_file_appears(tmp_path: Path, start: Start, after_ms: int) -> None:
    # A recording: it trades within a second, without a year of the past to work out first.
    places = Places(record_market(tmp_path, falling_volatility()), Environment.REPLAY)
    process = start(places, "--speed", "60")
    wait_for(lambda: "OrderIntended" in types(places))
    stopping = subprocess.Popen(
        [sys.executable, "-m", "mindfolio_desktop", "stop", "--data-dir", str(places.data_dir)],
        stdout=subprocess.DEVNULL, env={**os.environ},
    )  # fmt: skip
    while not os.path.lexists(places.latch):
        assert stopping.poll() in (None, 0)
        time.sleep(0.0002)
    time.sleep(after_ms / 1000)
    process.kill()
    process.wait()
    assert stopping.wait(PATIENCE_S) == 0

    # All that the next run knows is on the disk: another process would know no more.
    assert run(running(places)) == 0
    check(places)
