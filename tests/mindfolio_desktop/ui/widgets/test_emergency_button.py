"""The button that stops everything: on the press, by key, whatever has the focus."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.emergency_button import EmergencyButton


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    column = QVBoxLayout(made)
    column.addWidget(EmergencyButton(made))
    column.addWidget(QLineEdit())
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    return made


def button_of(window: QWidget) -> EmergencyButton:
    found = window.findChild(EmergencyButton)
    assert isinstance(found, EmergencyButton)
    return found


def test_it_is_large_named_in_words_and_acts_on_the_press(window: QWidget, qtbot: QtBot) -> None:
    button = button_of(window)
    assert button.height() >= theme.STOP_HEIGHT
    assert button.width() >= theme.STOP_HEIGHT
    assert button.text() == "EMERGENCY STOP"
    assert not button.icon().isNull()
    asked: list[str] = []
    button.stop_requested.connect(asked.append)
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    assert asked == ["button"]
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert asked == ["button"]


def test_the_shortcut_works_while_something_else_has_the_focus(window: QWidget, qtbot: QtBot) -> None:
    field = window.findChild(QLineEdit)
    assert isinstance(field, QLineEdit)
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    asked: list[str] = []
    button_of(window).stop_requested.connect(asked.append)
    modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(field, Qt.Key.Key_S, modifiers)
    assert asked == ["shortcut"]
    assert field.text() == ""


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_the_keyboard_presses_it(window: QWidget, qtbot: QtBot, key: Qt.Key) -> None:
    asked: list[str] = []
    button_of(window).stop_requested.connect(asked.append)
    button_of(window).setFocus()
    QTest.keyClick(button_of(window), key)
    assert asked == ["button"]


def test_its_words_keep_their_size_when_the_theme_changes(window: QWidget, qapp: QApplication) -> None:
    theme.apply(qapp, theme.Scheme.DARK, 200)
    button_of(window).follow_text_size()
    size = button_of(window).sizeHint()
    theme.apply(qapp, theme.Scheme.LIGHT, 200)
    QApplication.processEvents()
    assert button_of(window).font().pixelSize() == 28
    assert button_of(window).sizeHint() == size
    theme.apply(qapp)
