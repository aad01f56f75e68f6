"""The window before anything is in it: a stop that works, and a place that is kept while what it holds changes."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.domain.mindfolio import Environment
from mindfolio_desktop.ui.frame import Frame, Opening, to_front


class Content(QWidget):
    """Something that may refuse to be closed."""

    def __init__(self, title: str = "One") -> None:
        super().__init__()
        self.setWindowTitle(title)
        self.may_close = True

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's own name
        event.setAccepted(self.may_close)


@pytest.fixture
def frame(qtbot: QtBot) -> Frame:
    made = Frame(Environment.REPLAY)
    qtbot.addWidget(made)
    return made


def test_the_first_paint_shows_environment_and_stop_and_says_so_once(frame: Frame, qtbot: QtBot) -> None:
    said: list[bool] = []
    frame.opening.painted.connect(lambda: said.append(True))
    with qtbot.waitSignal(frame.opening.painted, timeout=5000):
        frame.show()
    banner = frame.findChild(QLabel, "environment")
    stop = frame.findChild(QPushButton, "emergency_stop")
    assert banner is not None
    assert banner.text() == "REPLAY"
    assert stop is not None
    assert stop.isVisible()
    assert stop.mapTo(frame, stop.rect().topRight()).x() > frame.width() * 0.95
    frame.repaint()
    qtbot.wait(20)
    assert said == [True]


@pytest.mark.parametrize("by_key", [True, False])
def test_the_stop_works_at_once(frame: Frame, qtbot: QtBot, *, by_key: bool) -> None:
    asked: list[str] = []
    frame.opening.stop_requested.connect(asked.append)
    frame.show()
    qtbot.waitExposed(frame)
    if by_key:
        frame.activateWindow()
        qtbot.waitUntil(frame.isActiveWindow)
        QTest.keyClick(frame, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    else:
        stop = frame.findChild(QPushButton, "emergency_stop")
        assert stop is not None
        QTest.mousePress(stop, Qt.MouseButton.LeftButton)
    assert asked == ["shortcut" if by_key else "button"]
    frame.opening.show_stopped()
    words = frame.findChild(QLabel, "opening_words")
    assert words is not None
    assert words.text().startswith("Stopped")


def test_before_the_first_mindfolio_there_is_nothing_to_stop(qtbot: QtBot) -> None:
    opening = Opening(None)
    qtbot.addWidget(opening)
    assert opening.findChild(QPushButton, "emergency_stop") is None


def test_a_window_that_nobody_sees_is_not_waited_for_for_ever(qtbot: QtBot) -> None:
    opening = Opening(Environment.SIMULATED)
    qtbot.addWidget(opening)
    with qtbot.waitSignal(opening.painted, timeout=5000):
        pass


def test_what_it_holds_gives_the_title_and_is_exchanged_in_place(frame: Frame, qtbot: QtBot) -> None:
    frame.show()
    frame.setGeometry(60, 50, 1100, 700)
    first, second = Content("One"), Content("Two")
    frame.hold(first)
    assert frame.windowTitle() == "One"
    first.setWindowTitle("One, in figures")
    assert frame.windowTitle() == "One, in figures"
    assert frame.findChild(QPushButton, "emergency_stop") is None, "two stops of one shortcut cancel each other out"
    frame.hold(second)
    first.setWindowTitle("gone")
    assert frame.windowTitle() == "Two"
    assert not first.isVisible()
    assert first.parent() is None
    assert second.isVisible()
    assert second.window() is frame
    first.deleteLater()


def test_it_closes_only_when_what_it_holds_agrees(frame: Frame) -> None:
    content = Content()
    frame.show()
    frame.hold(content)
    content.may_close = False
    assert not frame.close()
    assert frame.isVisible()
    content.may_close = True
    assert frame.close()
    assert not frame.isVisible()


def test_closed_while_it_is_opening_says_so(frame: Frame, qtbot: QtBot) -> None:
    frame.show()
    with qtbot.waitSignal(frame.closed, timeout=1000):
        assert frame.close()


def test_a_minimised_window_comes_back_to_the_front(frame: Frame) -> None:
    content = Content()
    frame.show()
    frame.hold(content)
    frame.showMinimized()
    to_front(content)
    assert not frame.isMinimized()
    assert frame.isVisible()
