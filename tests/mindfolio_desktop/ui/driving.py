"""A hand on the whole window: what its tests find, read, press and publish."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QStackedWidget, QWidget
from pytestqt.qtbot import QtBot

from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.main_window import MainWindow


def publish(bridge: EngineBridge, qtbot: QtBot, snapshot: MindfolioSnapshot) -> None:
    """Let the engine say something, and the window hear it."""
    with qtbot.waitSignal(bridge.snapshot_changed):
        bridge.publish(snapshot)


def find(window: QWidget, name: str) -> QWidget:
    """A widget by its object name."""
    found = window.findChild(QWidget, name)
    assert isinstance(found, QWidget), name
    return found


def text(window: QWidget, name: str) -> str:
    """What a label says."""
    label = find(window, name)
    assert isinstance(label, QLabel)
    return label.text()


def click(window: QWidget, name: str) -> None:
    """A real click into the middle of a widget."""
    QTest.mouseClick(find(window, name), Qt.MouseButton.LeftButton)


def page(window: MainWindow) -> str:
    """The class of the page in sight."""
    pages = window.findChild(QStackedWidget, "pages")
    assert isinstance(pages, QStackedWidget)
    current = pages.currentWidget()
    assert current is not None
    return type(current).__name__
