"""Proposals side by side: asking with a least reserve, and staying true to the split in force."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui.widgets.amount_box import AmountBox
from mindfolio_desktop.ui.widgets.proposals_panel import ProposalsPanel
from tests.mindfolio_desktop.ui.reviews import proposals
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth


def made(qtbot: QtBot, width: int = 1400) -> ProposalsPanel:
    panel = ProposalsPanel()
    qtbot.addWidget(panel)
    panel.resize(width, 500)
    panel.show()
    panel.show_snapshot(aggressive_growth())
    return panel


def button(panel: ProposalsPanel, name: str) -> QPushButton:
    found = panel.findChild(QPushButton, name)
    assert found is not None
    return found


def state(panel: ProposalsPanel) -> str:
    found = panel.findChild(QLabel, "proposals_state")
    assert found is not None
    return found.text()


def test_a_typed_reserve_is_asked_with_by_button_and_by_return(qtbot: QtBot) -> None:
    panel = made(qtbot)
    asked: list[object] = []
    panel.asked.connect(asked.append)
    box = panel.findChild(AmountBox, "least_reserve")
    assert box is not None
    box.selectAll()
    QTest.keyClicks(box, "7.5k")
    QTest.keyClick(box, Qt.Key.Key_Return)
    QTest.mouseClick(button(panel, "propose"), Qt.MouseButton.LeftButton)
    assert asked == [dollars(7_500)] * 2


def test_while_the_ledger_is_read_nobody_asks_twice(qtbot: QtBot) -> None:
    panel = made(qtbot)
    asked: list[object] = []
    panel.asked.connect(asked.append)
    panel.show_reading()
    assert state(panel).startswith("Reading the ledger")
    QTest.mouseClick(button(panel, "propose"), Qt.MouseButton.LeftButton)
    assert asked == []
    panel.show_failed("no space left")
    assert state(panel) == "No proposals: no space left"
    QTest.mouseClick(button(panel, "propose"), Qt.MouseButton.LeftButton)
    assert asked == [0]


def test_five_cards_and_a_split_that_changed_since_is_loaded_no_more(qtbot: QtBot) -> None:
    panel = made(qtbot)
    loaded: list[object] = []
    panel.draft_requested.connect(loaded.append)
    panel.show_proposals(proposals(), aggressive_growth())
    assert state(panel) == "1 of 5 would move money. No split closes a position."
    QTest.mouseClick(button(panel, "load_equal"), Qt.MouseButton.LeftButton)
    assert loaded == [proposals()[0].plan]
    panel.show_snapshot(aggressive_growth(version=6))
    assert state(panel) == "The split has changed since: propose again."
    QTest.mouseClick(button(panel, "load_equal"), Qt.MouseButton.LeftButton)
    assert len(loaded) == 1


def test_as_many_cards_stand_side_by_side_as_fit(qtbot: QtBot) -> None:
    panel = made(qtbot, 1400)
    panel.show_proposals(proposals(), aggressive_growth())
    assert panel._columns == 4
    panel.resize(500, 500)
    assert panel._columns == 1


def test_a_reserve_that_cannot_be_left_is_refused_in_words(qtbot: QtBot) -> None:
    panel = made(qtbot)
    box = panel.findChild(AmountBox, "least_reserve")
    assert box is not None
    for typed, words in (
        ("9" * 40, "Capital is $50,000: no more than that can be left in the reserve."),
        ("much", "“much” is not an amount of whole dollars."),
    ):
        box.selectAll()
        QTest.keyClicks(box, typed)
        box.interpretText()
        assert state(panel) == words
