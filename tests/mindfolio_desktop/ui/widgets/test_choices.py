"""Exactly one is down; a click and the arrow keys pick another."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.choices import Choices


@pytest.fixture
def choices(qtbot: QtBot) -> Choices:
    made = Choices("whose", "Whose")
    qtbot.addWidget(made)
    made.show_options(
        [("", "Whole book"), ("a", "Alpha"), ("b", "Beta with a name that is much too long for a button")]
    )
    made.show()
    qtbot.waitExposed(made)
    return made


def button(choices: Choices, key: str) -> QPushButton:
    found = choices.findChild(QPushButton, f"whose_{key}")
    assert isinstance(found, QPushButton)
    return found


def test_the_first_is_down_until_another_is_clicked(choices: Choices, qtbot: QtBot) -> None:
    assert choices.current == ""
    assert button(choices, "all").isChecked()
    with qtbot.waitSignal(choices.chosen) as chosen:
        QTest.mouseClick(button(choices, "a"), Qt.MouseButton.LeftButton)
    assert chosen.args == ["a"]
    assert [button(choices, key).isChecked() for key in ("all", "a", "b")] == [False, True, False]


def test_a_click_on_the_one_that_is_down_leaves_it_down(choices: Choices, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(choices.chosen):
        QTest.mouseClick(button(choices, "all"), Qt.MouseButton.LeftButton)
    assert button(choices, "all").isChecked()


def test_arrow_keys_go_round_and_the_frame_goes_along(choices: Choices) -> None:
    choices.activateWindow()
    choices.setFocus()
    QTest.keyClick(choices, Qt.Key.Key_Left)
    assert choices.current == "b"
    assert [bool(button(choices, key).property("focused")) for key in ("all", "a", "b")] == [False, False, True]
    QTest.keyClick(choices, Qt.Key.Key_Right)
    assert choices.current == ""
    QTest.keyClick(choices, Qt.Key.Key_End)
    assert choices.current == "b"
    QTest.keyClick(choices, Qt.Key.Key_Home)
    assert choices.current == ""
    assert choices.accessibleDescription() == "Whole book"
    QTest.keyClick(choices, Qt.Key.Key_X)
    choices.clearFocus()
    assert not button(choices, "all").property("focused")


def test_names_are_cut_with_the_whole_in_the_tooltip_and_for_screen_readers(choices: Choices) -> None:
    long = button(choices, "b")
    assert long.text() != long.toolTip()
    assert "much too long for a button" in long.toolTip()
    assert long.accessibleName() == "Whose: Beta with a name that is much too long for a button"


def test_they_are_joined_to_one_row_where_there_is_room(choices: Choices) -> None:
    buttons = [button(choices, key) for key in ("all", "a", "b")]
    choices.resize(sum(one.sizeHint().width() for one in buttons), 80)
    assert [one.property("place") for one in buttons] == ["first", "", "last"]
    assert [one.x() for one in buttons[1:]] == [one.geometry().right() + 1 for one in buttons[:2]]
    choices.resize(choices.width() - 1, 80)
    assert {one.property("place") for one in buttons} == {"only"}
    assert buttons[2].y() > buttons[0].geometry().bottom()


def test_other_options_keep_what_was_picked_where_it_is_still_there(choices: Choices) -> None:
    QTest.mouseClick(button(choices, "a"), Qt.MouseButton.LeftButton)
    choices.show_options([("", "Whole book"), ("a", "Alpha")])
    assert choices.current == "a"
    choices.show_options([("", "Whole book")])
    assert choices.current == ""


def test_tab_stops_once_where_they_stand_also_when_they_come_late(qtbot: QtBot) -> None:
    whole = QWidget()
    qtbot.addWidget(whole)
    column = QVBoxLayout(whole)
    before, late, after = QPushButton("before"), Choices("late", "Late"), QPushButton("after")
    for part in (before, late, after):
        column.addWidget(part)
    late.show_options([("a", "Alpha"), ("b", "Beta")])
    whole.show()
    qtbot.waitExposed(whole)
    before.setFocus()
    QTest.keyClick(before, Qt.Key.Key_Tab)
    assert whole.focusWidget() is late
    QTest.keyClick(late, Qt.Key.Key_Tab)
    assert whole.focusWidget() is after
