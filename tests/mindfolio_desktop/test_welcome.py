"""The first start over the real engine: what was chosen is begun, a demo has history, and nothing runs before."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.domain.mindfolio import Environment
from engine.runtime.places import Places, Running, existing
from mindfolio_desktop import welcome
from mindfolio_desktop.app import Session
from mindfolio_desktop.welcome import ask_first

WAIT_MS = 60_000


@pytest.fixture
def session(tmp_path: Path, qtbot: QtBot) -> Iterator[Session]:
    running = Running(speed=20.0, threads=1, publishes=True, symbols=("KO",), quote_minutes=15)
    made = Session(Places(tmp_path, Environment.SIMULATED), running)
    ask_first(made)
    yield made
    assert made.close()
    made.window.deleteLater()
    QCoreApplication.sendPostedEvents(made.window, QEvent.Type.DeferredDelete.value)


def click(session: Session, name: str) -> None:
    found = session.window.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def button_is_shown(session: Session, name: str) -> bool:
    return any(one.isVisible() for one in session.window.findChildren(QPushButton, name))


def test_nothing_runs_before_it_was_asked_for(session: Session, tmp_path: Path) -> None:
    assert existing(tmp_path) == ()
    assert button_is_shown(session, "first_run_create")
    assert not button_is_shown(session, "go_dashboard")
    session.window.go("messages")
    assert button_is_shown(session, "first_run_create")


def test_the_mindfolio_that_was_described_is_begun(session: Session, qtbot: QtBot) -> None:
    click(session, "first_run_create")
    qtbot.waitUntil(lambda: session.bridge.snapshot is not None, timeout=WAIT_MS)
    snapshot = session.bridge.snapshot
    assert snapshot is not None
    assert snapshot.name == "My Mindfolio"
    kinds = [view.spec.kind.value for view in snapshot.modules]
    assert kinds == ["IV_SERVICE", "SELL_PUTS_ENGINE", "SMART_REBALANCER"]
    assert snapshot.capital == snapshot.reserve + snapshot.allocated
    assert button_is_shown(session, "go_dashboard")
    assert button_is_shown(session, "emergency_stop")


def test_a_demo_runs_its_days_and_then_goes_on(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(welcome, "DEMO_SESSIONS", 1)
    click(session, "first_run_demo")
    qtbot.waitUntil(lambda: button_is_shown(session, "demo_enough"))
    qtbot.waitUntil(lambda: button_is_shown(session, "go_dashboard"), timeout=WAIT_MS)
    first = session.bridge.snapshot
    assert first is not None
    assert first.name == "Aggressive Growth"
    assert first.seq > 1
    qtbot.waitUntil(lambda: session.bridge.snapshot is not first, timeout=WAIT_MS)
    assert not session.host.has_ended


def test_a_demo_can_be_cut_short(session: Session, qtbot: QtBot) -> None:
    click(session, "first_run_demo")
    qtbot.waitUntil(lambda: session.bridge.snapshot is not None, timeout=WAIT_MS)
    click(session, "demo_enough")
    qtbot.waitUntil(lambda: button_is_shown(session, "go_dashboard"), timeout=WAIT_MS)


def test_another_size_of_text_keeps_the_page_and_what_was_typed(session: Session, qtbot: QtBot) -> None:
    name = session.window.findChild(QLineEdit, "first_run_name")
    assert isinstance(name, QLineEdit)
    name.setText("Typed")
    session.window._look.choose_text_size(125)
    qtbot.waitUntil(lambda: button_is_shown(session, "first_run_create"))
    assert not button_is_shown(session, "go_dashboard")
    assert name.text() == "Typed"
    session.window._look.choose_text_size(100)
