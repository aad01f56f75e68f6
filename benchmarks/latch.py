"""From the press of the stop to the last look before an order leaves, while everything else goes wrong.

`uv run python -m benchmarks.latch [--presses 2000] [--only WORDS]`. A thread sends openings by the kernel's own `send`
without a pause; only the journal is left out, so that nothing but the last look is between two of them. The stop comes
by `EngineHost.stop` on another thread, or by the file that another process makes (counted from before it appears).
For each condition: how long until the sender refuses, and how late an order still began to leave after the press.
The target is 50 ms at p99.9 and 250 ms at most.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.hostile_modules import ATTACKS, attacked
from engine.core.errors import LedgerFault
from engine.domain.mindfolio import Environment
from engine.domain.order import Order
from engine.domain.records import LedgerBatch
from engine.ledger.store import SqliteStore
from engine.risk.latch import StopLatch
from engine.runtime.host import EngineHost
from engine.runtime.orders import send
from engine.runtime.places import Places, Running
from tests.builders import order
from tests.fakes import RecordingPublisher
from tests.simulation.stop_world import locked

MS = 1e6
PRESSER = """
import sys, time
from pathlib import Path
from engine.risk.latch import set_latch_file
real, path = Path.replace, Path(sys.argv[1])
def replace(self, target):
    global appeared
    appeared = time.perf_counter_ns()
    return real(self, target)
Path.replace = replace
for _ in sys.stdin:
    set_latch_file(path, "another process", "benchmark")
    print(appeared, flush=True)
"""
"""The process that makes the file; its clock is the machine's, as ours is."""


@dataclass
class Sender:
    """A thread that sends the same opening again and again, and tells when it was refused first."""

    latch: StopLatch
    refused_at: int = 0
    left_at: int = 0
    has_refused: threading.Event = field(default_factory=threading.Event)
    is_over: bool = False

    def run(self) -> None:
        """Send until it is over."""
        intent: Order = replace(order(), status=order().status)
        book = SimpleNamespace(orders={intent.order_id: intent})
        desk: Any = SimpleNamespace(
            book=book, latch=self.latch, halted="", broker=self, now=intent.created_at, record=self.record,
            ask_at={}, reprice_at={}, ladder=SimpleNamespace(interval=intent.created_at - intent.created_at),
        )  # fmt: skip
        while not self.is_over:
            send(desk, intent.order_id)

    def submit(self, _order: Order, _now: object) -> None:
        """An order begins to leave."""
        self.left_at = time.perf_counter_ns()

    def record(self, event: object) -> None:
        """The journal hears of it: sent, or refused."""
        if type(event).__name__ == "OrderEnded" and not self.has_refused.is_set():
            self.refused_at = time.perf_counter_ns()
            self.has_refused.set()


# --- conditions ------------------------------------------------------------------------------------------------------
def in_the_background(*works: Callable[[], object]) -> Callable[[Path], Any]:
    """Threads that do these things without a pause."""

    @contextmanager
    def condition(_folder: Path) -> Iterator[None]:
        is_over = threading.Event()

        def loop(work: Callable[[], object]) -> None:
            while not is_over.is_set():
                work()

        threads = [threading.Thread(target=loop, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            is_over.set()
            for thread in threads:
                thread.join()

    return condition


def python_loop() -> int:
    """Pure Python for some 20 ms."""
    return sum(number * number for number in range(200_000))


def long_c_call() -> None:
    """A call into C of some 100 ms that lets other threads run."""
    np.sort(np.random.default_rng(1).random(1_000_000))


def evil_regex() -> object:
    """A call into C of some 100 ms that does not."""
    return re.match(r"(a+)+$", "a" * 21 + "b")


@contextmanager
def database_locked(folder: Path) -> Iterator[None]:
    """Another program holds the ledger, and the engine's thread waits for it in a commit."""
    path = folder / "other" / "ledger.sqlite"
    SqliteStore(path).close()

    def commit() -> None:
        store = SqliteStore(path)
        with locked(path.parent):
            try:
                store.append(LedgerBatch((), (), (("a", b"b"),), ()))
            except LedgerFault:
                store.close()

    with in_the_background(commit)(folder):
        yield


@contextmanager
def hostile_modules(_folder: Path) -> Iterator[None]:
    """Users' modules that loop, exhaust memory, die and talk nonsense, each let go on a second after its fault."""
    names = ("infinite loop", "catastrophic regex", "memory bit by bit", "os._exit", "garbage on the pipe", "fork bomb")
    with attacked(tuple(ATTACKS[name] for name in names)):
        yield


REGEX = in_the_background(evil_regex)
"""Pressed a tenth as often: each press waits for it."""

CONDITIONS: dict[str, Callable[[Path], Any]] = {
    "quiet, the window asleep": in_the_background(),
    "window in a Python loop": in_the_background(python_loop),
    "window and worker in Python loops": in_the_background(python_loop, python_loop),
    "database locked": database_locked,
    "worker in a long call (numpy)": in_the_background(long_c_call),
    "users' modules, hostile": hostile_modules,
    "worker in a regex of 0.1 s": REGEX,
}


# --- measuring -------------------------------------------------------------------------------------------------------
def measured(sender: Sender, press: Callable[[], int], presses: int, chance: Random) -> tuple[np.ndarray, np.ndarray]:
    """Milliseconds from each press to the refusal, and to the last order that began to leave."""
    latencies, late = np.empty(presses), np.empty(presses)
    for number in range(presses):
        time.sleep(chance.uniform(0.0, 0.002))
        pressed = press()
        sender.has_refused.wait()
        latencies[number] = (sender.refused_at - pressed) / MS
        late[number] = max(0.0, (sender.left_at - pressed) / MS)
        sender.latch.lift()
        lifted = time.perf_counter_ns()
        while sender.left_at < lifted:
            time.sleep(0)
        sender.has_refused.clear()
    return latencies, late


def by_host(host: EngineHost) -> Callable[[], int]:
    """The button's way."""

    def press() -> int:
        pressed = time.perf_counter_ns()
        host.stop("benchmark", "benchmark")
        return pressed

    return press


@contextmanager
def by_file(path: Path) -> Iterator[Callable[[], int]]:
    """Another process's way."""
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-c", PRESSER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None  # noqa: S101 - a pipe was asked for
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    to, back = process.stdin, process.stdout

    def press() -> int:
        to.write("\n")
        to.flush()
        return int(back.readline())

    try:
        yield press
    finally:
        to.close()
        process.wait()
        back.close()


def report(name: str, way: str, latencies: np.ndarray, late: np.ndarray) -> None:
    """One line of the table."""
    figures = (*np.percentile(latencies, (50, 99, 99.9)), latencies.max(), np.percentile(late, 99.9), late.max())
    print(f"{name:35} {way:5} {latencies.size:10,} " + " ".join(f"{figure:10.2f}" for figure in figures), flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--presses", type=int, default=2000)
    parser.add_argument("--only", default="", help="the conditions whose names have this in them")
    options = parser.parse_args()
    presses = options.presses
    chance = Random(1)  # noqa: S311 - when to press
    heads = ("n", "p50 ms", "p99", "p99.9", "max", "late p99.9", "late max")
    print(f"{'condition':35} {'way':5} " + " ".join(f"{head:>10}" for head in heads))
    for name, condition in CONDITIONS.items():
        if options.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            places = Places(Path(folder), Environment.SIMULATED)
            host = EngineHost(places, Running(), RecordingPublisher())
            sender = Sender(host._latch)  # noqa: SLF001 - the one that its `stop` sets
            thread = threading.Thread(target=sender.run)
            thread.start()
            with condition(Path(folder)), by_file(places.latch) as outside:
                for way, press in (("host", by_host(host)), ("file", outside)):
                    count = presses // 10 if condition is REGEX else presses
                    report(name, way, *measured(sender, press, count, chance))
            sender.is_over = True
            thread.join()


if __name__ == "__main__":
    main()
