"""The grip on a divider: it reports the hand in its parent's coordinates and decides nothing itself."""

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.divider_handle import DividerHandle


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(300, 60)
    return widget


@pytest.fixture
def handle(parent: QWidget) -> DividerHandle:
    widget = DividerHandle(parent)
    widget.setGeometry(100, 0, 15, 58)
    parent.show()
    return widget


def send(handle: DividerHandle, kind: QEvent.Type, x: float, button: Qt.MouseButton, *, alt: bool = False) -> None:
    modifiers = Qt.KeyboardModifier.AltModifier if alt else Qt.KeyboardModifier.NoModifier
    at = QPointF(x, 20)
    held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else button
    cause = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else button
    QApplication.sendEvent(handle, QMouseEvent(kind, at, QPointF(handle.mapToGlobal(at)), cause, held, modifiers))


def test_a_drag_is_reported_in_the_parents_pixels(handle: DividerHandle) -> None:
    heard: list[tuple[object, ...]] = []
    handle.grabbed.connect(lambda x: heard.append(("grabbed", x)))
    handle.dragged.connect(lambda x, is_free: heard.append(("dragged", x, is_free)))
    handle.dropped.connect(lambda: heard.append(("dropped",)))
    left = Qt.MouseButton.LeftButton
    send(handle, QEvent.Type.MouseButtonPress, 7, left)
    send(handle, QEvent.Type.MouseMove, 27, left)
    send(handle, QEvent.Type.MouseMove, 37, left, alt=True)
    send(handle, QEvent.Type.MouseButtonRelease, 37, left)
    assert heard == [("grabbed", 107.0), ("dragged", 127.0, False), ("dragged", 137.0, True), ("dropped",)]


def test_other_buttons_and_hovering_report_nothing(handle: DividerHandle) -> None:
    heard: list[object] = []
    for signal in (handle.grabbed, handle.dragged, handle.dropped):
        signal.connect(lambda *values: heard.append(values))
    for button in (Qt.MouseButton.RightButton, Qt.MouseButton.NoButton):
        for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease):
            send(handle, kind, 5, button)
    assert heard == []


def test_the_keyboards_place_can_be_seen(handle: DividerHandle, qtbot: QtBot) -> None:
    def look() -> QImage:
        return handle.grab().toImage()

    handle.clearFocus()
    plain = look()
    handle.setFocus()
    qtbot.waitUntil(handle.hasFocus)
    assert look() != plain
