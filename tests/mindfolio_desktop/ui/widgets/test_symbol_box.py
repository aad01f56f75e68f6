"""A symbol is found by typing, by the arrows, and stays chosen when the list grows."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.symbol_box import SymbolBox


@pytest.fixture
def box(qtbot: QtBot) -> SymbolBox:
    made = SymbolBox("symbols")
    qtbot.addWidget(made)
    made.show_symbols(("IWM", "KO", "SPY", "XLF"))
    made.show()
    return made


def typed(box: SymbolBox, text: str) -> None:
    line = box.findChild(QLineEdit)
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def test_the_first_is_chosen_until_somebody_chooses(box: SymbolBox) -> None:
    assert (box.symbol, box.currentText()) == ("IWM", "IWM")


def test_typing_finds_a_symbol_in_any_case_and_by_a_part_that_only_it_has(box: SymbolBox, qtbot: QtBot) -> None:
    with qtbot.waitSignal(box.symbol_chosen) as chosen:
        typed(box, "spy")
    assert chosen.args == ["SPY"]
    typed(box, "xl")
    assert (box.symbol, box.currentText()) == ("XLF", "XLF")


def test_what_names_no_symbol_is_taken_back(box: SymbolBox, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(box.symbol_chosen):
        typed(box, "GME")
        typed(box, "")
    assert (box.symbol, box.currentText()) == ("IWM", "IWM")


def test_typing_shows_what_fits(box: SymbolBox) -> None:
    line = box.findChild(QLineEdit)
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, "w")
    finder = box.completer()
    assert finder is not None
    assert [finder.completionModel().index(at, 0).data() for at in range(finder.completionCount())] == ["IWM"]


def test_arrows_walk(box: SymbolBox) -> None:
    QTest.keyClick(box, Qt.Key.Key_Down)
    QTest.keyClick(box, Qt.Key.Key_Down)
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert box.symbol == "KO"


def test_a_longer_list_keeps_the_choice_and_what_is_being_typed(box: SymbolBox, qtbot: QtBot) -> None:
    typed(box, "KO")
    line = box.findChild(QLineEdit)
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, "SP")
    with qtbot.assertNotEmitted(box.symbol_chosen):
        box.show_symbols(("AAPL", "IWM", "KO", "SPY", "XLF"))
    assert (box.symbol, line.text()) == ("KO", "SP")
