"""One of a few is asked for by click or key; what is marked is only what was shown."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.segments import Segments


def test_a_press_asks_and_marks_nothing_by_itself(qtbot: QtBot) -> None:
    segments = Segments("size", "Size", [("s", "Small"), ("m", "Medium"), ("l", "Large")])
    qtbot.addWidget(segments)
    segments.show()
    segments.show_chosen("s")
    asked: list[str] = []
    segments.chosen.connect(asked.append)
    buttons = {button.objectName(): button for button in segments.findChildren(QPushButton)}
    QTest.mouseClick(buttons["size_l"], Qt.MouseButton.LeftButton)
    QTest.keyClick(buttons["size_m"], Qt.Key.Key_Space)
    assert asked == ["l", "m"]
    assert [name for name, button in buttons.items() if button.isChecked()] == ["size_s"]
    segments.show_chosen("m")
    assert [name for name, button in buttons.items() if button.isChecked()] == ["size_m"]
    assert buttons["size_m"].accessibleName() == "Size: Medium"
