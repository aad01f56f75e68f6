"""The program's first moments: what is imported before the first paint, and a stop in the middle of them."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QRunnable, Qt, QThreadPool, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.domain.commands import PauseModule
from engine.domain.mindfolio import Environment, MindfolioStatus
from engine.runtime.places import Places, Running
from mindfolio_desktop.logs import Log
from mindfolio_desktop.one_window import AlreadyOpen, OneWindow
from mindfolio_desktop.opening import Program
from mindfolio_desktop.ui import remembered, theme
from mindfolio_desktop.ui.look import Look
from mindfolio_desktop.ui.widgets.trouble_dialog import TroubleDialog

WAIT_MS = 30_000
RUNNING = Running(speed=60.0, publishes=True, symbols=("KO",))

FIRST_PAINT = """
import os, sys
from mindfolio_desktop import cli, opening
def watched(program):
    def painted():
        heavy = ("numpy", "sqlalchemy", "duckdb", "pyqtgraph", "py_vollib", "asyncio", "engine.domain.snapshot")
        heavy += ("logging.handlers", "filelock", "multiprocessing", "mindfolio_desktop.app")
        print(*[name for name in sys.modules if name.startswith("PySide6.Qt")])
        print(*[name for name in heavy if name in sys.modules])
        sys.stdout.flush()
        os._exit(0)
    program.frame.opening.painted.connect(painted)
real = opening.run_window
opening.run_window = lambda *given, **how: real(*given, **how, watched=watched)
cli.run(["--data-dir", sys.argv[1], *sys.argv[2:]])
"""


@pytest.mark.parametrize("arguments", [[], ["--template", "aggressive-growth"]])
def test_before_the_first_paint_only_three_parts_of_qt_are_imported(tmp_path: Path, arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT, str(tmp_path), *arguments],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    parts, heavy = done.stdout.split("\n")[:2]
    assert set(parts.split()) == {"PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets"}
    assert heavy == ""


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    made = Places(tmp_path, Environment.SIMULATED)
    remembered.use_folders(made.home, made.folder)
    yield made
    remembered.use({})


@pytest.fixture
def program(qtbot: QtBot, qapp: QApplication, places: Places) -> Iterator[Program]:
    made = Program(places, RUNNING, Look(qapp))
    yield made
    if is_open(made):
        made.switching.session.window.floats.put_away()
    assert made.close()
    made.frame.hide()
    made.frame.deleteLater()
    QCoreApplication.sendPostedEvents(made.frame, QEvent.Type.DeferredDelete.value)
    theme.apply(qapp)


def is_open(program: Program) -> bool:
    try:
        return program.switching is not None
    except RuntimeError:
        return False


def label(window: QWidget, name: str) -> str:
    found = window.findChild(QLabel, name)
    assert found is not None
    return found.text()


def test_the_pages_come_into_the_window_that_was_painted(program: Program, qtbot: QtBot) -> None:
    with qtbot.waitSignal(program.opened, timeout=WAIT_MS):
        program.start()
        assert not is_open(program)
    session = program.switching.session
    assert session.window.window() is program.frame
    assert not program.frame.windowIcon().isNull()
    assert label(program.frame, "environment") == "SIMULATED", "before the first figures too"
    focused = program.frame.focusWidget()
    assert focused is not None
    assert focused.objectName() == "dashboard", "no button that a space would press"
    qtbot.waitUntil(lambda: session.bridge.snapshot is not None, timeout=WAIT_MS)
    assert program.frame.windowTitle().startswith("Aggressive Growth")
    assert len(program.frame.findChildren(QPushButton, "emergency_stop")) == 1


def test_a_stop_before_anything_runs_is_a_stop(program: Program, places: Places, qtbot: QtBot) -> None:
    program.frame.show()
    stop = program.frame.findChild(QPushButton, "emergency_stop")
    assert stop is not None
    QTest.mousePress(stop, Qt.MouseButton.LeftButton)
    assert places.latch.exists()
    assert label(program.frame, "opening_words").startswith("Stopped")
    with qtbot.waitSignal(program.opened, timeout=WAIT_MS):
        program.start()
    bridge = program.switching.session.bridge
    qtbot.waitUntil(
        lambda: bridge.snapshot is not None and bridge.snapshot.status is MindfolioStatus.STOPPED, timeout=WAIT_MS
    )
    assert label(program.frame, "stop_why") == "Why: emergency stop pressed"


def test_closed_at_once_nothing_is_opened(program: Program, places: Places, qtbot: QtBot) -> None:
    program.start()
    program.frame.close()
    qtbot.wait(1200)
    assert not is_open(program)
    assert not places.ledger.exists()
    with pytest.raises(RuntimeError, match="nothing is open"):
        program.switching  # noqa: B018 - it is the asking that is refused


def test_the_first_start_of_all_asks(qtbot: QtBot, qapp: QApplication, places: Places) -> None:
    made = Program(places, RUNNING, Look(qapp), asks_first=True)
    assert made.frame.findChild(QPushButton, "emergency_stop") is None
    with qtbot.waitSignal(made.opened, timeout=WAIT_MS):
        made.start()
    create = made.frame.findChild(QPushButton, "first_run_create")
    assert create is not None
    assert create.isVisible()
    assert not places.ledger.exists()
    assert made.close()
    made.frame.hide()
    made.frame.deleteLater()
    QCoreApplication.sendPostedEvents(made.frame, QEvent.Type.DeferredDelete.value)
    theme.apply(qapp)


@pytest.fixture
def watched(program: Program, places: Places, qtbot: QtBot) -> Iterator[Program]:
    """Open, with its log and its door, as `run_window` has it."""
    with closing(OneWindow(places.home)) as door, Log(places.home) as log:
        door.claim()
        program.watch(log, door)
        with qtbot.waitSignal(program.opened, timeout=WAIT_MS):
            program.start()
        bridge = program.switching.session.bridge
        qtbot.waitUntil(lambda: bridge.snapshot is not None, timeout=WAIT_MS)
        yield program


def status(program: Program) -> MindfolioStatus | None:
    snapshot = program.switching.session.bridge.snapshot
    return None if snapshot is None else snapshot.status


def fail() -> None:
    raise ZeroDivisionError


class Apart(QRunnable):
    def run(self) -> None:
        fail()


ELSEWHERE: dict[str, Callable[[], object]] = {
    "a slot": lambda: [QTimer.singleShot(0, fail) for _ in range(100)],
    "a thread": lambda: threading.Thread(target=fail).start(),
    "a runnable of Qt": lambda: QThreadPool.globalInstance().start(Apart()),
}


@pytest.mark.parametrize("how", ELSEWHERE)
def test_an_error_that_nobody_caught_pauses_trading_and_is_told_once(
    watched: Program, places: Places, qtbot: QtBot, how: str
) -> None:
    urgent: list[str] = []
    watched.switching.session.bridge.alert.connect(
        lambda alert: urgent.append(alert.text) if alert.is_urgent and alert.is_standing else None
    )
    ELSEWHERE[how]()
    qtbot.waitUntil(lambda: status(watched) is MindfolioStatus.PAUSED, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: len(watched.frame.findChildren(TroubleDialog)) == 1, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: label(watched.frame, "trouble_state").startswith("Trading is paused"), timeout=WAIT_MS)
    assert [text.endswith("Trading pauses, to be safe.") for text in urgent] == [True]
    resume = watched.frame.findChild(QPushButton, "resume_stopped")
    assert resume is not None
    assert resume.text() == "Resume everything"
    QTest.mouseClick(resume, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: status(watched) is MindfolioStatus.ACTIVE, timeout=WAIT_MS)
    assert len(watched.frame.findChildren(TroubleDialog)) == 1


def test_a_fault_of_the_engine_halts_it_and_is_told_with_its_place(
    watched: Program, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_desk: object, _command: object) -> None:
        fail()

    monkeypatch.setattr("engine.runtime.handlers.handle", broken)
    watched.switching.session.bridge.send(PauseModule("IV_SERVICE", "user", "to break it"))
    qtbot.waitUntil(lambda: len(watched.frame.findChildren(TroubleDialog)) == 1, timeout=WAIT_MS)
    assert label(watched.frame, "trouble_what") == "An unexpected error happened in the engine (ZeroDivisionError)."
    qtbot.waitUntil(lambda: label(watched.frame, "trouble_state").startswith("Trading has stopped"), timeout=WAIT_MS)
    details = watched.frame.findChild(QPlainTextEdit, "trouble_details")
    assert details is not None
    assert "engine/runtime/kernel.py:" in details.toPlainText()


def test_a_second_start_brings_the_window_back_out_of_the_tray(watched: Program, places: Places, qtbot: QtBot) -> None:
    QApplication.setQuitOnLastWindowClosed(False)
    watched.frame.hide()
    with pytest.raises(AlreadyOpen):
        OneWindow(places.home).claim()
    qtbot.waitUntil(watched.frame.isVisible, timeout=WAIT_MS)
    assert QApplication.quitOnLastWindowClosed(), "closing it ends the program again"


def test_others_that_can_look_into_the_data_place_are_told_of_once(
    program: Program, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mindfolio_desktop.switching.open_to_others", lambda path: f"others can look into {path}")
    told: list[str] = []
    with qtbot.waitSignal(program.opened, timeout=WAIT_MS):
        program.start()
    program.switching.session.bridge.alert.connect(lambda alert: told.append(alert.text))
    qtbot.waitUntil(lambda: "Others can look" in " ".join(told), timeout=WAIT_MS)
    assert sum("can look into" in text for text in told) == 1
