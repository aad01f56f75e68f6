"""Notes: one press, one command; what was refused is said; what the journal has is listed and found again."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode, LedgerFault
from engine.domain.commands import WriteNote
from engine.domain.denial import Denial
from engine.domain.notes import NOTE_MOST
from engine.domain.notices import CommandAccepted, CommandDenied
from engine.domain.questions import PAGE, NotesOf
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.views.notes_panel import NotesPanel
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.journal import note
from tests.mindfolio_desktop.ui.snapshots import AUTO, aggressive_growth


@pytest.fixture
def panel(qtbot: QtBot, bridge: EngineBridge, engine: EngineFake) -> NotesPanel:
    engine.answers[NotesOf] = (note(21, "sold too early\nthe second time", symbol="KO"), note(20, "wait", ""))
    made = NotesPanel(bridge)
    qtbot.addWidget(made)
    made.resize(1040, 640)
    made.set_snapshot(aggressive_growth())
    made.show()
    qtbot.waitUntil(lambda: table(made).model().rowCount() == 2)
    return made


def table(panel: NotesPanel) -> QTableView:
    found = panel.findChild(QTableView, "notes_table")
    assert found is not None
    return found


def box(panel: NotesPanel) -> QPlainTextEdit:
    found = panel.findChild(QPlainTextEdit, "note_text")
    assert found is not None
    return found


def choice(panel: NotesPanel, name: str) -> QComboBox:
    found = panel.findChild(QComboBox, f"note_{name}")
    assert found is not None
    return found


def line(panel: NotesPanel, name: str) -> QLineEdit:
    found = panel.findChild(QLineEdit, name)
    assert found is not None
    return found


def text(panel: NotesPanel, name: str) -> str:
    found = panel.findChild(QLabel, name)
    assert found is not None
    return found.text() if found.isVisible() else ""


def write(panel: NotesPanel) -> QPushButton:
    found = panel.findChild(QPushButton, "note_write")
    assert found is not None
    return found


def press(panel: NotesPanel) -> None:
    QTest.mouseClick(write(panel), Qt.MouseButton.LeftButton)


def test_notes_are_listed_newest_first_and_read_in_full(panel: NotesPanel) -> None:
    model = table(panel).model()
    assert [model.index(0, column).data() for column in range(3)] == [
        "16 Mar 15:55:21", "IV Service, ask first, KO", "sold too early the second time",
    ]  # fmt: skip
    assert model.index(1, 1).data() == "general"
    at = table(panel).visualRect(model.index(0, 2)).center()
    QTest.mouseClick(table(panel).viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert text(panel, "note_whole") == "sold too early\nthe second time"


def test_a_note_is_sent_once_with_what_it_is_about(
    panel: NotesPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    assert not write(panel).isEnabled(), "nothing is written yet"
    QTest.keyClicks(box(panel), "  wait for the Fed")
    choice(panel, "module").setFocus()
    QTest.keyClick(choice(panel, "module"), Qt.Key.Key_Down)
    choice(panel, "position").setFocus()
    QTest.keyClick(choice(panel, "position"), Qt.Key.Key_Down)
    QTest.keyClicks(line(panel, "note_symbol"), "tsla")
    press(panel)
    press(panel)
    sent = WriteNote("wait for the Fed", "user", AUTO, "p-1", "TSLA")
    assert engine.commands == [sent]
    asked = len(engine.questions)
    with qtbot.waitSignal(bridge.command_accepted):
        bridge.notify(CommandAccepted(sent))
    assert box(panel).toPlainText() == line(panel, "note_symbol").text() == ""
    assert choice(panel, "module").currentData() == choice(panel, "position").currentData() == ""
    qtbot.waitUntil(lambda: len(engine.questions) == asked + 1)


def test_the_keyboard_writes_too(panel: NotesPanel, engine: EngineFake, qtbot: QtBot) -> None:
    qtbot.waitExposed(panel)
    panel.activateWindow()
    box(panel).setFocus()
    qtbot.waitUntil(box(panel).hasFocus)
    QTest.keyClicks(box(panel), "x")
    QTest.keyClick(box(panel), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert engine.commands == [WriteNote("x", "user")]


def test_a_refusal_is_told_and_the_text_stays(
    panel: NotesPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    QTest.keyClicks(box(panel), "x")
    press(panel)
    with qtbot.waitSignal(bridge.command_denied):
        bridge.notify(CommandDenied(engine.commands[0], (Denial(DenialCode.UNKNOWN_POSITION),)))
    assert text(panel, "note_answer") == "Not written. Position: it is not open any more"
    assert box(panel).toPlainText() == "x"
    assert write(panel).isEnabled()


def test_a_text_that_is_too_long_is_said_before_the_press(panel: NotesPanel) -> None:
    box(panel).setPlainText("x" * (NOTE_MOST + 1))
    assert text(panel, "note_count") == "2,001 of 2,000 characters"
    assert not write(panel).isEnabled()
    assert "2,001 characters, at most 2,000" in text(panel, "note_answer")


def test_a_search_asks_the_journal(panel: NotesPanel, engine: EngineFake, qtbot: QtBot) -> None:
    engine.answers[NotesOf] = ()
    QTest.keyClicks(line(panel, "notes_search"), "early")
    qtbot.waitUntil(lambda: text(panel, "notes_table_empty") == "No note holds that.")
    assert engine.questions[-1] == NotesOf("early")


def test_older_notes_are_read_when_asked_for(panel: NotesPanel, engine: EngineFake, qtbot: QtBot) -> None:
    engine.answers[NotesOf] = tuple(note(1000 - at, f"note {at}") for at in range(PAGE))
    panel._pager.begin()
    older = panel.findChild(QPushButton, "notes_older")
    assert older is not None
    qtbot.waitUntil(older.isVisible)
    engine.answers[NotesOf] = (note(5, "the first"),)
    QTest.mouseClick(older, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: table(panel).model().rowCount() == PAGE + 1)
    assert engine.questions[-1] == NotesOf("", 1001 - PAGE)
    assert not older.isVisible()


def test_what_cannot_be_read_is_said(panel: NotesPanel, engine: EngineFake, qtbot: QtBot) -> None:
    engine.fault = LedgerFault("the file is damaged")
    QTest.keyClicks(line(panel, "notes_search"), "x")
    qtbot.waitUntil(lambda: "the file is damaged" in text(panel, "notes_table_empty"))
