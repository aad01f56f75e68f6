"""The ledger's page: journal and notes, of which only the one in sight is kept up to date."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QTableView, QWidget
from pytestqt.qtbot import QtBot

from engine.domain.questions import EntriesOf, NotesOf
from engine.domain.trade_events import OrderSubmitted
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.views.ledger import LedgerPage
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.journal import FILLED, entry, note
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth


@pytest.fixture
def page(qtbot: QtBot, bridge: EngineBridge, engine: EngineFake) -> LedgerPage:
    engine.answers |= {EntriesOf: (FILLED,), NotesOf: (note(20, "x"),)}
    made = LedgerPage(bridge)
    qtbot.addWidget(made)
    made.resize(1080, 700)
    made.set_snapshot(aggressive_growth())
    made.show()
    return made


def tab(page: LedgerPage, name: str) -> QPushButton:
    found = page.findChild(QPushButton, f"ledger_{name}")
    assert found is not None
    return found


def view(page: LedgerPage, name: str) -> QWidget:
    found = page.findChild(QWidget, name)
    assert found is not None
    return found


def test_it_begins_with_the_journal(page: LedgerPage, engine: EngineFake, qtbot: QtBot) -> None:
    table = page.findChild(QTableView, "journal_table")
    assert table is not None
    qtbot.waitUntil(lambda: table.model().rowCount() == 1)
    assert [type(each) for each in engine.questions] == [EntriesOf]
    assert tab(page, "journal").isChecked()


def test_a_click_turns_to_the_notes_and_back(page: LedgerPage, engine: EngineFake, qtbot: QtBot) -> None:
    QTest.mouseClick(tab(page, "notes"), Qt.MouseButton.LeftButton)
    assert view(page, "notes").isVisible()
    assert not view(page, "journal").isVisible()
    qtbot.waitUntil(lambda: NotesOf() in engine.questions)
    QTest.mouseClick(tab(page, "journal"), Qt.MouseButton.LeftButton)
    assert view(page, "journal").isVisible()
    assert not tab(page, "notes").isChecked()


def test_the_journal_fills_the_height_that_there_is(page: LedgerPage, engine: EngineFake, qtbot: QtBot) -> None:
    table = page.findChild(QTableView, "journal_table")
    assert table is not None
    engine.answers[EntriesOf] = tuple(entry(seq, OrderSubmitted("O1")) for seq in range(99, 0, -1))
    page._journal._pager.begin()
    qtbot.waitUntil(lambda: table.model().rowCount() == 99 and table.height() > 8 * 30)
    low = table.height()
    page.resize(1080, 1300)
    qtbot.waitUntil(lambda: table.height() > low + 400)
    page.resize(1080, 700)
    # The page is laid out anew after its table.
    qtbot.waitUntil(lambda: table.height() == low and page.verticalScrollBar().maximum() < 80)
