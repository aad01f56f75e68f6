"""The controls of a waiting trade: each by mouse and keys to the signal that it stands for."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QMenu, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.decision_bar import REASONS, DecisionBar


@pytest.fixture
def bar(qtbot: QtBot) -> DecisionBar:
    made = DecisionBar()
    qtbot.addWidget(made)
    made.resize(560, 90)
    made.show_trade(3, may_edit=True)
    made.show_time_left(600.0)
    made.show_state(is_waiting=False, is_settling=False)
    made.show()
    qtbot.waitExposed(made)
    return made


def button(bar: DecisionBar, name: str) -> QPushButton:
    found = bar.findChild(QPushButton, f"ticket_{name}")
    assert found is not None
    return found


def count(bar: DecisionBar) -> QSpinBox:
    found = bar.findChild(QSpinBox, "ticket_quantity")
    assert found is not None
    return found


def note(bar: DecisionBar) -> str:
    found = bar.findChild(QLabel, "ticket_quantity_of")
    assert found is not None
    return found.text()


def click(bar: DecisionBar, name: str) -> None:
    QTest.mouseClick(button(bar, name), Qt.MouseButton.LeftButton)


def offered(bar: DecisionBar) -> list[str]:
    menu = bar.findChild(QMenu, "ticket_snooze_menu")
    assert menu is not None
    return [action.text() for action in menu.actions() if action.isVisible()]


def test_approve_takes_the_quantity_that_was_asked_for(bar: DecisionBar, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bar.approved) as approved:
        click(bar, "approve")
    assert approved.args == [3]
    assert note(bar) == ""


def test_another_quantity_is_marked_looked_at_and_approved(bar: DecisionBar, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bar.quantity_changed) as changed:
        QTest.keyClick(count(bar), Qt.Key.Key_Down)
    assert changed.args == [2]
    assert note(bar) == "edited, asked for 3"
    with qtbot.waitSignal(bar.approved) as approved:
        click(bar, "approve")
    assert approved.args == [2]


def test_a_quantity_that_was_typed_and_not_left_counts(bar: DecisionBar, qtbot: QtBot) -> None:
    count(bar).selectAll()
    QTest.keyClicks(count(bar), "12")
    button(bar, "approve").setFocusPolicy(Qt.FocusPolicy.NoFocus)
    with qtbot.waitSignal(bar.approved) as approved:
        click(bar, "approve")
    assert approved.args == [12]


def test_a_roll_or_a_closing_is_of_the_whole_position(bar: DecisionBar) -> None:
    bar.show_trade(9, may_edit=False)
    assert (count(bar).value(), count(bar).isEnabled(), note(bar)) == (9, False, "the whole position")


def test_a_common_reason_is_chosen_by_its_place(bar: DecisionBar, qtbot: QtBot) -> None:
    reasons = bar.findChild(QComboBox, "ticket_reasons")
    assert reasons is not None
    reasons.setFocus()
    QTest.keyClick(reasons, Qt.Key.Key_Down)
    with qtbot.waitSignal(bar.refused) as refused:
        click(bar, "refuse")
    assert refused.args == [REASONS[0]]


def test_own_words_are_a_reason_and_return_refuses(bar: DecisionBar, qtbot: QtBot) -> None:
    line = bar.findChild(QLineEdit, "ticket_reason")
    assert line is not None
    QTest.keyClicks(line, "  not before the Fed ")
    with qtbot.waitSignal(bar.refused) as refused:
        QTest.keyClick(line, Qt.Key.Key_Return)
    assert refused.args == ["not before the Fed"]
    bar.show_trade(1, may_edit=True)
    assert line.text() == "", "a reason goes with its trade"


def test_only_what_ends_before_the_request_can_be_snoozed(bar: DecisionBar, qtbot: QtBot) -> None:
    assert offered(bar) == ["2 minutes", "5 minutes"]
    bar.show_time_left(4000.0)
    assert offered(bar) == ["2 minutes", "5 minutes", "15 minutes", "30 minutes", "60 minutes"]
    bar.show_time_left(120.0)
    assert not button(bar, "snooze").isEnabled()
    assert "too soon" in button(bar, "snooze").toolTip()


def test_snooze_reports_the_minutes(bar: DecisionBar, qtbot: QtBot) -> None:
    menu = bar.findChild(QMenu, "ticket_snooze_menu")
    assert menu is not None
    menu.popup(bar.mapToGlobal(bar.rect().bottomLeft()))
    QTest.keyClick(menu, Qt.Key.Key_Down)
    with qtbot.waitSignal(bar.snoozed) as snoozed:
        QTest.keyClick(menu, Qt.Key.Key_Return)
    assert snoozed.args == [2]


@pytest.mark.parametrize(("is_waiting", "words"), [(True, "Checking…"), (False, "Approve")])
def test_nothing_can_be_pressed_twice(bar: DecisionBar, qtbot: QtBot, is_waiting: bool, words: str) -> None:
    bar.show_state(is_waiting=is_waiting, is_settling=not is_waiting)
    with qtbot.assertNotEmitted(bar.approved), qtbot.assertNotEmitted(bar.refused):
        click(bar, "approve")
        click(bar, "refuse")
    assert button(bar, "approve").text() == words
    assert not button(bar, "snooze").isEnabled()
