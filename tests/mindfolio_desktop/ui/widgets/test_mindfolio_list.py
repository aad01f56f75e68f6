"""The list of mindfolios by mouse and keys: open one, begin one, forget a line that leads nowhere."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QTableWidget, QTableWidgetItem, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.mindfolio_list import MindfolioList
from tests.mindfolio_desktop.ui.known import GONE, HERE, THERE


@pytest.fixture
def shown(qtbot: QtBot) -> MindfolioList:
    host = QWidget()
    host.resize(900, 600)
    qtbot.addWidget(host)
    host.show()
    qtbot.waitExposed(host)
    made = MindfolioList(host)
    made.show_list([HERE, THERE, GONE])
    return made


def table(shown: MindfolioList) -> QTableWidget:
    found = shown.findChild(QTableWidget, "mindfolio_table")
    assert isinstance(found, QTableWidget)
    return found


def button(shown: MindfolioList, name: str) -> QPushButton:
    found = shown.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def about(shown: MindfolioList) -> str:
    found = shown.findChild(QLabel, "mindfolio_about")
    assert isinstance(found, QLabel)
    return found.text()


def cell(shown: MindfolioList, row: int, column: int) -> QTableWidgetItem:
    found = table(shown).item(row, column)
    assert found is not None
    return found


def click_row(shown: MindfolioList, row: int) -> None:
    middle = table(shown).visualItemRect(cell(shown, row, 0)).center()
    QTest.mouseClick(table(shown).viewport(), Qt.MouseButton.LeftButton, pos=middle)


def test_name_environment_and_time_are_listed_and_the_environment_has_its_colour(shown: MindfolioList) -> None:
    assert [tuple(cell.strip() for cell in row) for row in shown.rows] == [
        ("First", "SIMULATED", "open now"),
        ("Second", "REPLAY", "Mon 16 Mar 2026 12:00:00 ET"),
        ("Third", "SIMULATED", "missing"),
    ]
    tokens = theme.tokens()
    assert [cell(shown, row, 1).background().color() for row in range(3)] == [
        QColor(tokens.simulated),
        QColor(tokens.replay),
        QColor(tokens.simulated),
    ]


def test_enter_opens_the_first_that_can_be_opened_and_arrows_choose(shown: MindfolioList, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.open_wanted) as asked:
        QTest.keyClick(table(shown), Qt.Key.Key_Return)
    assert asked.args == [THERE]
    assert shown.isHidden()


def test_what_is_open_or_missing_cannot_be_opened(shown: MindfolioList, qtbot: QtBot) -> None:
    for row in (0, 2):
        click_row(shown, row)
        assert not button(shown, "mindfolio_open").isEnabled()
        with qtbot.assertNotEmitted(shown.open_wanted):
            QTest.keyClick(table(shown), Qt.Key.Key_Return)
    assert not shown.isHidden()


def test_what_is_missing_says_what_to_do_and_can_be_forgotten(shown: MindfolioList, qtbot: QtBot) -> None:
    assert button(shown, "mindfolio_forget").isHidden()
    click_row(shown, 2)
    assert about(shown).startswith("No ledger in")
    assert "nothing is deleted" in about(shown)
    with qtbot.waitSignal(shown.forget_wanted) as asked:
        QTest.mouseClick(button(shown, "mindfolio_forget"), Qt.MouseButton.LeftButton)
    assert asked.args == [GONE.key]
    shown.fill_again([HERE, THERE])
    assert len(shown.rows) == 2


def test_a_click_opens_and_another_begins_a_new_one(shown: MindfolioList, qtbot: QtBot) -> None:
    click_row(shown, 1)
    with qtbot.waitSignal(shown.open_wanted) as asked:
        QTest.mouseClick(button(shown, "mindfolio_open"), Qt.MouseButton.LeftButton)
    assert asked.args == [THERE]
    shown.show_list([HERE])
    with qtbot.waitSignal(shown.new_wanted):
        QTest.mouseClick(button(shown, "mindfolio_new"), Qt.MouseButton.LeftButton)
    assert shown.isHidden()


def test_escape_and_a_second_call_close_it(shown: MindfolioList) -> None:
    QTest.keyClick(table(shown), Qt.Key.Key_Escape)
    assert shown.isHidden()
    shown.show_list([HERE])
    shown.show_list([HERE])
    assert shown.isHidden()
