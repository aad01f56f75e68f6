"""The program's first moments: what is imported before the first paint, and a stop in the middle of them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.domain.mindfolio import Environment, MindfolioStatus
from engine.runtime.places import Places, Running
from mindfolio_desktop.opening import Program
from mindfolio_desktop.ui import remembered, theme
from mindfolio_desktop.ui.look import Look

WAIT_MS = 30_000
RUNNING = Running(speed=60.0, publishes=True, symbols=("KO",))

FIRST_PAINT = """
import os, sys
from mindfolio_desktop import cli, opening
def watched(program):
    def painted():
        heavy = ("numpy", "sqlalchemy", "duckdb", "pyqtgraph", "py_vollib", "asyncio", "engine.domain.snapshot")
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
