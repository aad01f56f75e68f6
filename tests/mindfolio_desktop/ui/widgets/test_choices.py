"""Exactly one is down; a click and the arrow keys pick another."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.choices import Choices


@pytest.fixture
def choices(qtbot: QtBot) -> Choices:
    made = Choices("whose", "Whose", across=2)
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


def test_arrow_keys_go_round_and_tab_stops_once(choices: Choices) -> None:
    QTest.keyClick(button(choices, "all"), Qt.Key.Key_Left)
    assert choices.current == "b"
    QTest.keyClick(button(choices, "b"), Qt.Key.Key_Right)
    assert choices.current == ""
    stops = [each for each in choices.findChildren(QPushButton) if each.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert stops == [button(choices, "all")]


def test_names_are_cut_with_the_whole_in_the_tooltip_and_for_screen_readers(choices: Choices) -> None:
    long = button(choices, "b")
    assert long.text() != long.toolTip()
    assert "much too long for a button" in long.toolTip()
    assert long.accessibleName() == "Whose: Beta whose name is much too long for a button"
    assert long.property("place") == "only", "it is alone in the second row"


def test_other_options_keep_what_was_picked_where_it_is_still_there(choices: Choices) -> None:
    QTest.mouseClick(button(choices, "a"), Qt.MouseButton.LeftButton)
    choices.show_options([("", "Whole book"), ("a", "Alpha")])
    assert choices.current == "a"
    choices.show_options([("", "Whole book")])
    assert choices.current == ""
