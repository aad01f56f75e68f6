"""The window beside a busy engine: how smoothly it runs, and how soon a stop is latched.

`uv run python -m benchmarks.window [--runs pace pages drag stop] [--seconds 20] [--presses 1000]`. Drawn without
a screen. Each run is a process of its own:

- pace: 12 modules and 500 positions; ten times a second one underlying ticks, and with it a tenth of the positions;
  another thread writes a journal, a third values chains as scans do. How late a 10 ms timer comes on the window's
  thread, what part of a core that thread uses, and whether all events have arrived.
- pages: from turning to a page, made before, to its paint.
- drag: from a mouse move on a budget's divider to its paint.
- stop: from a press of the button, sent by another thread, to the latch, while all of that goes on.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QPushButton, QSlider, QStackedWidget, QWidget

from benchmarks.aggregate import RATE, book_of, names, pasts, ticks
from engine.analytics.chain_values import chain_values
from engine.domain import events as ev
from engine.domain.notices import Alert, Notice
from engine.domain.snapshot import MarketView, MindfolioSnapshot
from engine.ledger.store import SqliteStore
from engine.portfolio.aggregate import Aggregator, Background
from engine.risk.latch import StopLatch
from engine.runtime.host import SWITCH_S
from mindfolio_desktop.switching import set_aside
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.main_window import MainWindow
from mindfolio_desktop.ui.pages import PAGES
from mindfolio_desktop.ui.widgets.navigation import DASHBOARD
from tests.builders import NOW, Clerk, ledger
from tests.mindfolio_desktop.ui.answering import AnsweringEngine
from tests.mindfolio_desktop.ui.gestures import mouse

INTERVAL_MS = 10
RATE_HZ = 10.0
SCANS_A_SECOND = 4.0
SWITCHES = 300
MOVES = 400
MOVE_PIXELS = 3
REACH_PIXELS = 40
"""How far the divider is dragged to both sides: far enough to leave the magnet that holds it where it was."""
RUNS = ("pace", "pages", "drag", "stop")
KEYS = tuple(page.place.key for page in PAGES)
SIZE = (1400, 900)


# --- a busy engine ---------------------------------------------------------------------------------------------------
class BusyEngine:
    """Publishes snapshots of a large book, writes a journal and values chains, each on a thread of its own."""

    def __init__(self, folder: Path) -> None:

        self.symbols = names(25)
        self._book = book_of(self.symbols)
        self._background = Background(pasts(self.symbols))
        self._market = MarketView(NOW, NOW.date(), True, None, 1.0)
        self._aggregator, self._rate = Aggregator(), RATE
        self._ticks = ticks(self.symbols, 10_000_000)
        self._folder = folder
        self.is_over = False
        self.alerts = self.scans = self.entries = self.snapshots = 0
        self._chains = next(self._ticks)[0]
        self.first = self._snapshot()
        self.publish: Callable[[MindfolioSnapshot], None] = lambda _snapshot: None
        self.notify: Callable[[Notice], None] = lambda _notice: None
        self._threads = [threading.Thread(target=work) for work in (self._tick, self._write, self._scan)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End."""
        self.is_over = True
        for thread in self._threads:
            thread.join()

    def _snapshot(self) -> MindfolioSnapshot:
        return self._aggregator.snapshot(self._book, self._chains, self._market, self._rate, self._background)

    def _tick(self) -> None:
        """Two underlyings of 25 tick between snapshots: the positions of some eight in a hundred change."""
        due = time.perf_counter()
        while not self.is_over:
            for _ in range(2):
                self._chains = next(self._ticks)[0]
            self.publish(self._snapshot())
            self.notify(Alert(self._market.now, "", f"event {self.alerts}"))
            self.alerts += 1
            self.snapshots += 1
            due += 1 / RATE_HZ
            time.sleep(max(0.0, due - time.perf_counter()))

    def _write(self) -> None:
        """A commit for each mark of the book, as the kernel does."""
        store = SqliteStore(self._folder / "busy.sqlite")
        clerk = Clerk(ledger(store))
        while not self.is_over:
            clerk.record(ev.MarksRecorded({}, clerk.ledger.book.nav))
            clerk.ledger.commit()
            self.entries += 1
            time.sleep(0.02)
        store.close()

    def _scan(self) -> None:
        """What a scan spends its time on: volatilities and Greeks of whole chains."""
        place = 0
        while not self.is_over:
            chain = self._chains[self.symbols[place % len(self.symbols)]]
            chain_values(chain, self._market.now, self._rate)
            place, self.scans = place + 1, self.scans + 1
            time.sleep(1 / SCANS_A_SECOND)


def _nothing(_source: str, _why: str) -> None:
    """Nobody is there who could stop."""


def _window(
    folder: Path, stop: Callable[[str, str], None] = _nothing, *, is_busy: bool = True
) -> tuple[QApplication, MainWindow, EngineBridge, BusyEngine]:
    """The application, its window, the bridge, and a busy engine that has begun; the first figures are shown."""
    sys.setswitchinterval(SWITCH_S)
    application = QApplication([])
    theme.apply(application)
    engine = BusyEngine(folder)
    answering = AnsweringEngine()
    bridge = EngineBridge(answering.send, stop, answering.read)
    answering.notify = bridge.notify
    window = MainWindow(bridge)
    window.resize(*SIZE)
    window.show()
    engine.publish, engine.notify = bridge.publish, bridge.notify
    bridge.publish(engine.first)
    _settle(0.5)
    set_aside()  # as the program does then
    if is_busy:
        engine.start()
    return application, window, bridge, engine


def _settle(seconds: float) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop, loop.quit)
    loop.exec()


class Eye(QObject):
    """Waits for the next paint of a widget."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        self._has_seen = False
        watched.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's own name
        """Take down that it was painted."""
        self._has_seen = self._has_seen or event.type() is QEvent.Type.Paint
        return False

    def wait(self, begun: float, patience_s: float = 5.0) -> float:
        """Milliseconds from `begun` until it is painted, which is waited for."""
        self._has_seen = False
        while not self._has_seen and time.perf_counter() - begun < patience_s:
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 1)
        return (time.perf_counter() - begun) * 1000


# --- runs ------------------------------------------------------------------------------------------------------------
def pace(folder: Path, seconds: float) -> None:
    """Print how late a timer is on the dashboard and on a page with a table, and what the thread costs."""
    _application, window, bridge, engine = _window(folder)
    heard: list[object] = []
    bridge.alert.connect(heard.append)
    owner = QObject()
    for key in (DASHBOARD, "positions" if "positions" in KEYS else "m00"):
        _turn(window, key)
        _settle(3.0)  # laying out a page for the first time is not what is measured
        late: list[float] = []
        last = [0.0]

        def tick(late: list[float] = late, last: list[float] = last) -> None:
            now = time.perf_counter()
            if last[0]:
                late.append(max(0.0, (now - last[0]) * 1000 - INTERVAL_MS))
            last[0] = now

        timer = QTimer(owner)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(tick)
        timer.start(INTERVAL_MS)
        used, began = time.thread_time(), time.perf_counter()
        _settle(seconds)
        share = (time.thread_time() - used) / (time.perf_counter() - began)
        timer.stop()
        p50, p99 = np.percentile(late, (50, 99))
        print(f"  {key}: timer late by p50 {p50:.2f}, p99 {p99:.2f}, most {max(late):.1f} ms over {len(late):,}; "
              f"the window's thread used {share:.1%} of a core")  # fmt: skip
    engine.close()
    _settle(0.5)
    print(f"  {engine.snapshots} snapshots, {engine.entries} commits, {engine.scans} chains valued; "
          f"events told {engine.alerts}, arrived {len(heard)}")  # fmt: skip
    bridge.close()


def _turn(window: MainWindow, key: str) -> None:
    """To a page, or to a module's."""
    if key in KEYS:
        window.go(key)
    else:
        window.open_module(key)


def pages(folder: Path) -> None:
    """Print how long turning to pages takes: made before, and for the first time."""
    _application, window, bridge, engine = _window(folder)
    random, first, again = Random(1), list[float](), list[float]()  # noqa: S311 - the same turns each time
    keys = [*KEYS, "m00", "m07"]
    known, key = {DASHBOARD}, ""
    (stack,) = (each for each in window.findChildren(QStackedWidget) if each.objectName() == "pages")
    eyes: dict[QWidget, Eye] = {}
    for turn in range(SWITCHES):
        key = keys[turn] if turn < len(keys) else random.choice([other for other in keys if other != key])
        began = time.perf_counter()
        _turn(window, key)
        page = stack.currentWidget()
        if page not in eyes:
            eyes[page] = Eye(page.viewport() if isinstance(page, QAbstractScrollArea) else page)
        taken = eyes[page].wait(began)
        (again if key in known else first).append(taken)
        known.add(key)
        _settle(0.06)
    engine.close()
    p50, p99 = np.percentile(again, (50, 99))
    print(f"  {len(keys)} pages: p50 {p50:.1f}, p99 {p99:.1f}, most {max(again):.1f} ms; "
          f"each for the first time: at most {max(first):.0f} ms")  # fmt: skip
    bridge.close()


def drag(folder: Path) -> None:
    """Print how long a mouse move on a divider takes to be painted, with a still engine and with a busy one."""
    _application, window, bridge, engine = _window(folder, is_busy=False)
    (handle,) = window.findChildren(QSlider, "divider_m05")
    (strip,) = window.findChildren(QWidget, "allocation_strip")
    eye = Eye(strip)
    for words in ("still", "busy"):
        if words == "busy":
            engine.start()
            _settle(0.5)
        taken = _dragged(handle, eye)
        p50, p99 = np.percentile(taken, (50, 99))
        print(
            f"  move to paint, {words} engine: p50 {p50:.2f}, p99 {p99:.2f}, most {max(taken):.2f} ms over {len(taken)}"
        )
    engine.close()
    bridge.close()


def _dragged(handle: QSlider, eye: Eye) -> list[float]:
    """Milliseconds of every move of one drag, to and fro."""
    taken: list[float] = []
    mouse(handle, QEvent.Type.MouseButtonPress, handle.width() / 2)
    at = start = handle.x() + handle.width() / 2
    step = MOVE_PIXELS
    while len(taken) < MOVES:
        at += step
        if abs(at - start) > REACH_PIXELS:
            step = -step
        began = time.perf_counter()
        before = handle.value()
        mouse(handle, QEvent.Type.MouseMove, at - handle.x())
        if handle.value() != before:  # held by a magnet it stays where it is, and nothing is painted
            taken.append(eye.wait(began))
        _settle(0.01)
    mouse(handle, QEvent.Type.MouseButtonRelease, handle.width() / 2)
    return taken


def stop(folder: Path, presses: int) -> None:
    """Print how long a press of the button takes to the latch."""
    latch, latched = StopLatch(folder / "STOP"), threading.Event()
    moments = [0.0, 0.0]

    def on_stop(source: str, why: str) -> None:
        latch.set(source, why)
        moments[1] = time.perf_counter()
        latched.set()

    _application, window, bridge, engine = _window(folder, on_stop)
    (button,) = window.findChildren(QPushButton, "emergency_stop")
    at = QPointF(button.width() / 2, button.height() / 2)
    taken: list[float] = []

    def press_all() -> None:
        random = Random(2)  # noqa: S311 - the same presses each time
        for _ in range(presses):
            time.sleep(random.uniform(0.005, 0.03))
            latched.clear()
            moments[0] = time.perf_counter()
            for kind, held in ((QEvent.Type.MouseButtonPress, Qt.MouseButton.LeftButton),
                               (QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton)):  # fmt: skip
                event = QMouseEvent(kind, at, at, Qt.MouseButton.LeftButton, held, Qt.KeyboardModifier.NoModifier)
                QCoreApplication.postEvent(button, event)
            latched.wait(10)
            taken.append((moments[1] - moments[0]) * 1000)
            latch.lift()

    presser = threading.Thread(target=press_all)
    presser.start()
    while presser.is_alive():
        _settle(0.2)
    engine.close()
    p50, p999 = np.percentile(taken, (50, 99.9))
    print(f"  press to latch: p50 {p50:.2f}, p99.9 {p999:.2f}, most {max(taken):.2f} ms over {len(taken):,}")
    bridge.close()


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", nargs="+", default=RUNS, choices=RUNS)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--presses", type=int, default=1000)
    parser.add_argument("--child", choices=RUNS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child is not None:
        {
            "pace": lambda: pace(chosen.folder, chosen.seconds),
            "pages": lambda: pages(chosen.folder),
            "drag": lambda: drag(chosen.folder),
            "stop": lambda: stop(chosen.folder, chosen.presses),
        }[chosen.child]()
        return
    print(f"load of this machine before: {', '.join(f'{load:.1f}' for load in os.getloadavg())}")
    for name in chosen.runs:
        print(name)
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "benchmarks.window", "--child", name, "--folder", folder,
                       "--seconds", str(chosen.seconds), "--presses", str(chosen.presses)]  # fmt: skip
            subprocess.run(command, check=True)  # noqa: S603 - ourselves


if __name__ == "__main__":
    main()
