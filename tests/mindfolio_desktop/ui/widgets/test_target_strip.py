"""The strip of a position's own target and stop."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.position import OwnExits
from mindfolio_desktop.ui.widgets.target_strip import TargetStrip
from tests.mindfolio_desktop.ui.snapshots import position_view

POSITION = position_view().position


@pytest.fixture
def strip(qtbot: QtBot) -> TargetStrip:
    made = TargetStrip()
    qtbot.addWidget(made)
    made.open_for(POSITION, None, "a condor")
    return made


def box(strip: TargetStrip, name: str) -> QSpinBox:
    found = strip.findChild(QSpinBox, name)
    assert found is not None
    return found


def confirm(strip: TargetStrip) -> QPushButton:
    found = strip.findChild(QPushButton, "target_strip_confirm")
    assert found is not None
    return found


def test_percentages_are_typed_and_nothing_changed_cannot_be_sent(strip: TargetStrip, qtbot: QtBot) -> None:
    assert (strip.exits, confirm(strip).isEnabled()) == (OwnExits(), False)
    QTest.keyClick(box(strip, "target_profit"), Qt.Key.Key_Up)
    QTest.keyClick(box(strip, "target_stop"), Qt.Key.Key_PageUp)
    assert strip.exits == OwnExits(1, 10)
    with qtbot.waitSignal(strip.confirmed):
        QTest.mouseClick(confirm(strip), Qt.MouseButton.LeftButton)


def test_what_holds_now_is_shown_and_can_be_taken_back(strip: TargetStrip) -> None:
    strip.open_for(POSITION, OwnExits(60, None), "a condor")
    assert (box(strip, "target_profit").text(), box(strip, "target_stop").text()) == ("60%", "none")
    box(strip, "target_profit").selectAll()
    QTest.keyClicks(box(strip, "target_profit"), "0")
    assert strip.exits == OwnExits()
    assert confirm(strip).isEnabled()


def test_of_a_credit_no_more_than_all_is_won_and_of_a_debit_lost(strip: TargetStrip) -> None:
    assert (box(strip, "target_profit").maximum(), box(strip, "target_stop").maximum()) == (100, 1000)
    strip.open_for(position_view(credit=dollars(-320)).position, None, "a calendar")
    assert (box(strip, "target_profit").maximum(), box(strip, "target_stop").maximum()) == (1000, 100)
    label = strip.findChild(QLabel, "target_strip_cost")
    assert label is not None
    assert label.text().startswith("In percent of the $320.00 debit paid")
