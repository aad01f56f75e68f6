"""Type, choose, Enter: everything of the registry can be done, and its keys are listed as they are."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QTableWidget, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.actions import Action, Actions
from mindfolio_desktop.ui.widgets.palette import CommandPalette, KeyList


class Stage(QWidget):
    """A host with both lists, and what was done."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []
        fixed = [
            self.action("Risk", "Ctrl+5"),
            self.action("Orders", "Ctrl+4"),
            self.action("EMERGENCY STOP", "Ctrl+Shift+S", is_emergency=True),
            self.action("Pause IV Service"),
        ]
        actions = Actions(self, fixed, lambda: ())
        self.palette_, self.keys = CommandPalette(self, actions), KeyList(self, actions)

    def action(self, title: str, keys: str = "", *, is_emergency: bool = False) -> Action:
        return Action(title, title, "Group", lambda: self.done.append(title), keys, is_emergency=is_emergency)

    @property
    def field(self) -> QLineEdit:
        found = self.findChild(QLineEdit, "palette_words")
        assert isinstance(found, QLineEdit)
        return found

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            QTest.keyClick(self.field, key)


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    made = Stage()
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.palette_.show_palette()
    qtbot.waitUntil(made.field.hasFocus)
    return made


def test_letters_find_and_enter_does_it(stage: Stage) -> None:
    QTest.keyClicks(stage.field, "ord")
    assert stage.palette_.titles == ("Orders",)
    stage.press(Qt.Key.Key_Return)
    assert stage.done == ["Orders"]
    assert stage.palette_.isHidden()


def test_arrows_choose_and_stop_at_both_ends(stage: Stage) -> None:
    assert stage.palette_.titles == ("Risk", "Orders", "Pause IV Service", "EMERGENCY STOP")
    stage.press(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Enter)
    assert stage.done == ["Orders"]
    stage.palette_.show_palette()
    stage.press(Qt.Key.Key_PageDown, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert stage.done == ["Orders", "EMERGENCY STOP"]


def test_a_click_does_it(stage: Stage) -> None:
    table = stage.findChild(QTableWidget, "palette_actions")
    assert isinstance(table, QTableWidget)
    row = table.visualRect(table.model().index(2, 0))
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
    assert stage.done == ["Pause IV Service"]


def test_nothing_found_is_said_and_enter_does_nothing(stage: Stage) -> None:
    QTest.keyClicks(stage.field, "xyz")
    said = stage.findChild(QLabel, "palette_nothing")
    assert isinstance(said, QLabel)
    assert said.text() == "Nothing is called “xyz”."
    stage.press(Qt.Key.Key_Return, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert stage.done == []
    stage.press(Qt.Key.Key_Escape)
    assert stage.palette_.isHidden()


def test_it_opens_empty_again(stage: Stage) -> None:
    QTest.keyClicks(stage.field, "ord")
    stage.press(Qt.Key.Key_Escape)
    stage.palette_.show_palette()
    assert stage.field.text() == ""
    assert len(stage.palette_.titles) == 4
    stage.palette_.show_palette()
    assert stage.palette_.isHidden()


def test_the_emergency_stop_is_marked(stage: Stage) -> None:
    table = stage.findChild(QTableWidget, "palette_actions")
    assert isinstance(table, QTableWidget)
    items = [item for row in range(4) if (item := table.item(row, 0)) is not None]
    red = QColor(theme.tokens().stop_icon)
    assert [item.text() for item in items if item.foreground().color() == red] == ["EMERGENCY STOP"]
    assert [item.text() for item in items if not item.icon().isNull()] == ["EMERGENCY STOP"]


def test_the_list_of_keys_is_the_registrys(stage: Stage, qtbot: QtBot) -> None:
    stage.keys.show_keys()
    assert stage.palette_.isHidden()
    assert stage.keys.rows == (("Ctrl+5", "Risk"), ("Ctrl+4", "Orders"), ("Ctrl+Shift+S", "EMERGENCY STOP"))
    table = stage.findChild(QTableWidget, "key_table")
    assert isinstance(table, QTableWidget)
    qtbot.waitUntil(table.hasFocus)
    QTest.keyClick(table, Qt.Key.Key_Escape)
    assert stage.keys.isHidden()
    stage.keys.show_keys()
    stage.keys.show_keys()
    assert stage.keys.isHidden()
