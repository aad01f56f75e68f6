"""The window while backtests are worked out: how late a timer on its thread is, and how long the market's clock stands.

`uv run python -m benchmarks.window_beside [--seconds 40] [--runs none beside inline]`. A real window, drawn without
a screen, over the engine's thread on the simulated market (46 names, every module), at sixty times. Each run begins a
new mindfolio a second before its first open, in a process of its own:

- none: no backtest is worked out at all, and every trade waits for its own;
- beside: all of them are worked out in a process beside it, which is what a window does;
- inline: they are worked out where scans run, on the engine's own worker, and the market waits for them.

A timer of 10 ms on the window's thread tells how much later than asked it comes; "stood" is the longest time in which
the market's clock did not move, where quotes come once a second; "worked" is the other process's time on a processor.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from engine.backtest import beside
from engine.backtest.evidence_process import Answer
from engine.domain.mindfolio import Environment
from engine.domain.snapshot import MindfolioSnapshot
from engine.runtime.host import SWITCH_S
from engine.runtime.places import Places, Running
from mindfolio_desktop.app import Session
from mindfolio_desktop.ui import theme

INTERVAL_MS = 10
SPEED = 60.0
SETTLING_S = 3.0
"""After the market is first seen open: how long laying out the first pages takes is not what is measured."""

COLUMNS = {
    "ticks": 6, "p50 ms": 9, "p99": 9, "max": 9, "stood s": 9, "open at s": 9, "answers": 9, "worked s": 9, "scans": 6,
    "snapshots": 9, "close s": 8,
}  # fmt: skip
"""Of the table, and how wide they are."""

RUNS = ("none", "beside", "inline")


class Idle:
    """What stands for the other process where none shall work: it never answers."""

    def __init__(self, _make: object) -> None:
        self._is_killed = threading.Event()

    def answers(self, *_: object) -> Iterator[Answer]:
        """None until it is killed."""
        self._is_killed.wait()
        return iter(())

    def kill(self) -> None:
        """End it."""
        self._is_killed.set()

    close = kill


@dataclass
class Watch:
    """What a run was like."""

    late_ms: list[float] = field(default_factory=list)
    snapshots: int = 0
    scans: int = 0
    stood_s: float = 0.0
    opened_s: float = 0.0
    """When the market was first seen open, by the wall's clock."""
    opened: Callable[[], None] = print
    """What to do then."""
    _ticked: float = 0.0
    _market: object = None
    _moved: float = 0.0

    def tick(self) -> None:
        """The timer has come."""
        now = time.perf_counter()
        if self._ticked:
            self.late_ms.append(max(0.0, (now - self._ticked) * 1000 - INTERVAL_MS))
        self._ticked = now

    def see(self, snapshot: MindfolioSnapshot) -> None:
        """A snapshot has come."""
        now = time.perf_counter()
        self.snapshots += 1
        self.scans = sum(module.scans_today for module in snapshot.modules)
        if not snapshot.market.is_open:
            return
        if not self.opened_s:
            self.opened_s = now
            self.opened()
        if snapshot.market.now != self._market:
            self._market, self._moved = snapshot.market.now, now
        self.stood_s = max(self.stood_s, now - self._moved)


def run(name: str, folder: Path, seconds: float) -> None:
    """One run, whose figures are printed."""
    if name == "none":
        patch.object(beside, "EvidenceProcess", Idle).start()
    sys.setswitchinterval(SWITCH_S)
    application = QApplication([])
    theme.apply(application)
    places = Places(folder, Environment.SIMULATED)
    session = Session(places, Running(speed=SPEED, threads=1, publishes=True, is_beside=name != "inline"))
    session.window.resize(1400, 900)
    watch, owner = Watch(), QObject()
    session.bridge.snapshot_changed.connect(watch.see)
    timer = QTimer(owner)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(watch.tick)

    def measure() -> None:
        QTimer.singleShot(round(SETTLING_S * 1000), owner, lambda: timer.start(INTERVAL_MS))
        QTimer.singleShot(round((SETTLING_S + seconds) * 1000), owner, application.quit)

    watch.opened = measure
    session.start()
    began = time.perf_counter()
    application.exec()
    answered = len(list(places.evidence.rglob("*.json")))
    closing = time.perf_counter()
    has_ended = session.close()
    closed_s = time.perf_counter() - closing
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    late = np.array(watch.late_ms)
    p50, p99 = np.percentile(late, (50, 99))
    figures = (
        f"{late.size:6}", f"{p50:9.2f}", f"{p99:9.2f}", f"{late.max():9.2f}", f"{watch.stood_s:9.1f}",
        f"{watch.opened_s - began:9.1f}", f"{answered:9}", f"{used.ru_utime + used.ru_stime:9.1f}",
        f"{watch.scans:6}", f"{watch.snapshots:9}", f"{closed_s:8.2f}",
    )  # fmt: skip
    print(*figures, "" if has_ended else "(did not end)")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--runs", nargs="+", default=RUNS, choices=RUNS)
    parser.add_argument("--one", nargs=2, metavar=("RUN", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        run(options.one[0], Path(options.one[1]), options.seconds)
        return
    print(f"load of this machine before: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")
    print(f"{'run':8}" + " ".join(f"{head:>{width}}" for head, width in COLUMNS.items()))
    with tempfile.TemporaryDirectory() as folder:
        for name in options.runs:
            mine = Path(folder, name)
            print(f"{name:8}", end="", flush=True)
            subprocess.run(  # noqa: S603 - ourselves
                [sys.executable, "-m", "benchmarks.window_beside", "--seconds", str(options.seconds), "--one", name,
                 str(mine)], check=True,
            )  # fmt: skip


if __name__ == "__main__":
    main()
