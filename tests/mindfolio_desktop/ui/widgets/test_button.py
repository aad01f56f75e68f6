"""A button is found by its name and pressed by Return as by Space, also outside dialogs."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.button import Button


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_it_is_named_and_the_keyboard_presses_it(qtbot: QtBot, key: Qt.Key) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    QVBoxLayout(host).addWidget(Button("Apply", "apply", "primary"))
    button = host.findChild(QPushButton, "apply")
    assert isinstance(button, QPushButton)
    assert button.property("role") == "primary"
    pressed: list[bool] = []
    button.clicked.connect(lambda: pressed.append(True))
    host.show()
    QTest.keyClick(button, key)
    assert pressed == [True]
