"""A drop-down list: chosen from by keys, never by the wheel, and its arrow is seen in both schemes."""

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.picker import Picker


def test_keys_choose_and_the_wheel_does_not(qtbot: QtBot) -> None:
    picker = Picker("picker", "Module")
    qtbot.addWidget(picker)
    picker.addItems(["one", "two"])
    picker.show()
    QTest.keyClick(picker, Qt.Key.Key_Down)
    assert picker.currentText() == "two"
    turned = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(0, 120), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(picker, turned)
    assert picker.currentText() == "two"
    assert picker.accessibleName() == "Module"


def test_the_arrow_is_drawn(qtbot: QtBot) -> None:
    picker = Picker("picker", "Module")
    qtbot.addWidget(picker)
    picker.resize(120, 34)
    picker.show()
    image = picker.grab().toImage()
    ground = QColor(theme.tokens().raised)
    marks = {
        image.pixelColor(x, y).name() for x in range(picker.width() - 20, picker.width() - 8) for y in range(12, 24)
    }
    assert len(marks - {ground.name()}) > 3
