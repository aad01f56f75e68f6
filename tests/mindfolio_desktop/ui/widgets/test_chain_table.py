"""Cells of the chain are taken by mouse and keys; the strike next to the spot is in the middle."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui.models.chain import STRIKE, WEIGHTS, ChainModel
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE
from mindfolio_desktop.ui.widgets.chain_table import MOST_ROWS, ChainTable
from tests.mindfolio_desktop.ui.chains import chain_view, strike_row


@pytest.fixture
def table(qtbot: QtBot) -> ChainTable:
    """Sixty strikes."""
    model = ChainModel()
    made = ChainTable(model, sort_role=SORT_ROLE, home=STRIKE + 1, weights=WEIGHTS)
    model.setParent(made)
    qtbot.addWidget(made)
    made.resize(900, 400)
    made.show()
    qtbot.waitExposed(made)
    model.show_chain(chain_view(rows=tuple(strike_row(strike) for strike in range(570, 630))), {})
    made.center_on(model.row_of(dollars(606)) or 0)
    qtbot.wait(20)
    return made


def test_the_home_cell_is_in_the_middle_and_current(table: ChainTable) -> None:
    current = table.view.currentIndex()
    assert (current.row(), current.column()) == (36, STRIKE + 1)
    middle = table.view.visualRect(current).center().y()
    assert abs(middle - table.view.viewport().height() / 2) <= 16
    assert table.view.viewport().height() // 30 == MOST_ROWS


def test_the_columns_share_all_the_room(table: ChainTable) -> None:
    header = table.view.horizontalHeader()
    for width in (900, 1_300):
        table.resize(width, 400)
        table.grab()
        assert header.length() == table.view.viewport().width()
    assert header.sectionSize(STRIKE + 3) > header.sectionSize(STRIKE + 5), "a mid may have half a cent"


def test_a_click_takes_a_cell(table: ChainTable, qtbot: QtBot) -> None:
    at = table.view.visualRect(table.view.model().index(35, 5)).center()
    with qtbot.waitSignal(table.taken) as taken:
        QTest.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert taken.args == [35, 5]
    assert table.view.currentIndex().row() == 35
    assert not table.view.selectionModel().hasSelection(), "it would cover the mark of a leg"


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_keys_take_the_cell_that_one_is_on(table: ChainTable, qtbot: QtBot, key: Qt.Key) -> None:
    QTest.keyClick(table.view, Qt.Key.Key_Down)
    QTest.keyClick(table.view, Qt.Key.Key_Left)
    with qtbot.waitSignal(table.taken) as taken:
        QTest.keyClick(table.view, key)
    assert taken.args == [37, STRIKE]
    with qtbot.assertNotEmitted(table.taken):
        QTest.keyClick(table.view, key, Qt.KeyboardModifier.ControlModifier)
