"""Pages of the ledger: the newest as it grows, older ones by a button, other filters, gaps and faults."""

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.core.errors import LedgerFault
from engine.domain.questions import PAGE, FillsOf, LedgerQuestion, NotesOf
from engine.domain.records import NoteRow
from mindfolio_desktop.ui import pager
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.pager import Pager
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.journal import note


class Ledger(EngineFake):
    """Answers pages out of notes numbered from 1 up to the newest."""

    newest = 3

    def read(self, question: LedgerQuestion) -> object:
        super().read(question)
        if not isinstance(question, NotesOf):
            return ()
        top = self.newest + 1 if question.before is None else question.before
        return tuple(note(seq, f"note {seq}") for seq in range(top - 1, 0, -1))[:PAGE]


class Host(QWidget):
    """Whose list it is; `text` is the filter."""

    def __init__(self, bridge: EngineBridge) -> None:
        super().__init__()
        self.text = ""
        self.older = QPushButton("Load older", self)
        self.pager: Pager[NoteRow] = Pager(bridge, self.older, lambda before: NotesOf(self.text, before), parent=self)
        self.changes = 0
        self.pager.changed.connect(self._count)

    def _count(self) -> None:
        self.changes += 1

    @property
    def seqs(self) -> list[int]:
        return [row.seq for row in self.pager.rows]


@pytest.fixture
def engine() -> Ledger:
    return Ledger()


@pytest.fixture
def host(qtbot: QtBot, bridge: EngineBridge) -> Host:
    made = Host(bridge)
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_newest_page_is_read_when_there_is_something_to_follow(host: Host, engine: Ledger, qtbot: QtBot) -> None:
    assert (host.pager.is_reading, engine.questions) == (True, [])
    host.pager.follow(1)
    qtbot.waitUntil(lambda: host.seqs == [3, 2, 1])
    assert (host.pager.is_reading, host.older.isVisible()) == (False, False)
    found = host.pager.find(2)
    assert found is not None
    assert found.note.text == "note 2"
    assert host.pager.find(4) is None


def test_what_did_not_move_is_not_read_again_and_what_did_is_once_it_is_time(
    host: Host, engine: Ledger, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pager, "REFRESH_MS", 50)
    host.pager.follow(1)
    qtbot.waitUntil(lambda: len(host.seqs) == 3)
    host.pager.follow(1)
    assert len(engine.questions) == 1
    engine.newest = 4
    host.pager.follow(2)
    assert len(engine.questions) == 1, "too soon"
    qtbot.waitUntil(lambda: host.seqs == [4, 3, 2, 1])  # without another word: nothing may come after it
    assert len(engine.questions) == 2


def test_older_rows_are_loaded_by_the_button_until_there_are_none(host: Host, engine: Ledger, qtbot: QtBot) -> None:
    engine.newest = 2 * PAGE
    host.pager.refresh()
    qtbot.waitUntil(host.older.isVisible)
    QTest.mouseClick(host.older, Qt.MouseButton.LeftButton)
    assert not host.older.isEnabled(), "one page at a time"
    qtbot.waitUntil(lambda: len(host.seqs) == 2 * PAGE)
    assert engine.questions[-1] == NotesOf("", PAGE + 1)
    assert host.older.isVisible(), "a full page says nothing of what is before it"
    QTest.mouseClick(host.older, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not host.older.isVisible())
    assert host.seqs == list(range(2 * PAGE, 0, -1))


def test_newer_rows_leave_what_was_loaded_and_the_button_as_they_are(host: Host, engine: Ledger, qtbot: QtBot) -> None:
    engine.newest = PAGE - 1
    host.pager.refresh()
    qtbot.waitUntil(lambda: len(host.seqs) == PAGE - 1)
    engine.newest = PAGE + 5
    host.pager.refresh()
    qtbot.waitUntil(lambda: len(host.seqs) == PAGE + 5)
    assert not host.older.isVisible(), "the first row of all was read before"


def test_a_list_that_grows_for_months_keeps_what_was_asked_for_and_a_page_more(
    host: Host, engine: Ledger, qtbot: QtBot
) -> None:
    longest = 0
    for newest in range(50, 10 * PAGE, 50):
        engine.newest = newest
        host.pager.refresh()
        qtbot.waitUntil(lambda: host.seqs[:1] == [engine.newest])
        longest = max(longest, len(host.seqs))
        assert host.seqs == list(range(newest, newest - len(host.seqs), -1)), "no gap"
    assert PAGE < longest <= 2 * PAGE
    assert host.older.isVisible(), "what was dropped can be loaded again"
    QTest.mouseClick(host.older, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(host.older.isEnabled)
    loaded = len(host.seqs)
    assert loaded > PAGE
    engine.newest += PAGE - 1
    host.pager.refresh()
    qtbot.waitUntil(lambda: host.seqs[0] == engine.newest)
    assert len(host.seqs) == loaded + PAGE - 1, "what a person has loaded does not go at once"


def test_where_more_came_than_one_page_holds_nothing_is_shown_beyond_the_gap(
    host: Host, engine: Ledger, qtbot: QtBot
) -> None:
    host.pager.refresh()
    qtbot.waitUntil(lambda: len(host.seqs) == 3)
    engine.newest = PAGE + 4
    host.pager.refresh()
    qtbot.waitUntil(lambda: len(host.seqs) == PAGE)
    assert host.seqs[-1] == 5
    assert host.older.isVisible()


def test_another_filter_drops_what_was_read_and_what_was_asked_under_the_one_before(
    host: Host, bridge: EngineBridge, engine: Ledger, qtbot: QtBot
) -> None:
    host.pager.refresh()
    qtbot.waitUntil(lambda: len(host.seqs) == 3)
    host.text = "x"
    host.pager.begin()
    assert (host.seqs, host.pager.is_reading) == ([], True)
    bridge.answered.emit(NotesOf("", None), (note(9, "late"),))
    bridge.answered.emit(FillsOf(None, None), ())
    assert (host.seqs, host.pager.is_reading) == ([], True)
    qtbot.waitUntil(lambda: len(host.seqs) == 3)
    assert engine.questions[-1] == NotesOf("x", None)


def test_typing_is_answered_once_it_rests(host: Host, engine: Ledger, qtbot: QtBot) -> None:
    for _ in range(3):
        host.pager.begin_soon()
    assert engine.questions == []
    qtbot.waitUntil(lambda: len(host.seqs) == 3)
    assert len(engine.questions) == 1


def test_of_two_rows_with_one_key_the_later_one_stays(qtbot: QtBot, bridge: EngineBridge) -> None:
    owner = QObject()
    button = QPushButton()
    qtbot.addWidget(button)
    rows: Pager[NoteRow] = Pager(
        bridge, button, lambda before: NotesOf("", before), lambda row: row.note.text, parent=owner
    )
    bridge.answered.emit(NotesOf(), (note(9, "a"), note(8, "b")))
    bridge.answered.emit(NotesOf(), (note(10, "b"), note(5, "a")))
    assert [(row.seq, row.note.text) for row in rows.rows] == [(10, "b"), (9, "a")]


def test_what_cannot_be_read_is_said_until_it_can(host: Host, engine: Ledger, qtbot: QtBot) -> None:
    def said() -> str:
        return host.pager.why_empty("reading", "nothing", f"not read: {host.pager.trouble}")

    assert said() == "reading"
    engine.fault = LedgerFault("it is damaged")
    host.pager.refresh()
    qtbot.waitUntil(lambda: said() == "not read: it is damaged")
    assert (host.changes, host.older.isEnabled()) == (1, True)
    engine.fault, engine.newest = None, 0
    host.pager.refresh()
    qtbot.waitUntil(lambda: said() == "nothing")
    host.pager.begin()
    assert said() == "reading"
