"""One thing to confirm: pressed once, answered once, left by Esc."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.domain.denial import Denial
from mindfolio_desktop.ui.widgets.action_strip import ActionStrip


@pytest.fixture
def strip(qtbot: QtBot) -> ActionStrip:
    made = ActionStrip("s", "Do it", "Do")
    qtbot.addWidget(made)
    return made


def button(strip: ActionStrip, name: str) -> QPushButton:
    found = strip.findChild(QPushButton, name)
    assert found is not None
    return found


def words(strip: ActionStrip, name: str) -> str:
    label = strip.findChild(QLabel, name)
    assert label is not None
    return label.text() if not label.isHidden() else ""


def test_the_button_can_be_pressed_once_it_is_possible_and_waits_for_the_answer(
    strip: ActionStrip, qtbot: QtBot
) -> None:
    assert strip.isHidden()
    strip.open("Do it to SPY")
    confirm = button(strip, "s_confirm")
    assert (words(strip, "s_title"), confirm.isEnabled()) == ("Do it to SPY", False)
    strip.show_cost("At mid: pay $1.00")
    strip.show_possible(is_possible=True)
    with qtbot.waitSignal(strip.confirmed):
        QTest.mouseClick(confirm, Qt.MouseButton.LeftButton)
    assert (confirm.isEnabled(), confirm.text(), strip.is_waiting) == (False, "Sending…", True)
    with qtbot.assertNotEmitted(strip.confirmed):
        QTest.mouseClick(confirm, Qt.MouseButton.LeftButton)
    strip.show_denied((Denial(DenialCode.MARKET_CLOSED),))
    assert words(strip, "s_refused") == "Not done.\nMarket: orders open only during the regular session"
    assert (confirm.isEnabled(), confirm.text()) == (True, "Do")
    strip.open("Another")
    assert (words(strip, "s_refused"), words(strip, "s_cost"), confirm.isEnabled()) == ("", "", False)


def test_it_is_left_by_its_button_and_by_escape(strip: ActionStrip, qtbot: QtBot) -> None:
    strip.open("Do it")
    with qtbot.waitSignal(strip.dismissed):
        QTest.mouseClick(button(strip, "s_dismiss"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(strip.dismissed):
        QTest.keyClick(button(strip, "s_dismiss"), Qt.Key.Key_Escape)
    with qtbot.assertNotEmitted(strip.dismissed):
        QTest.keyClick(strip, Qt.Key.Key_A)


def test_a_denial_without_a_reason_says_so(strip: ActionStrip) -> None:
    strip.open("Do it")
    strip.show_denied(())
    assert words(strip, "s_refused") == "Not done.\nNo reason was given."
