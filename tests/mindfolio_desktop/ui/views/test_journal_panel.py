"""The journal on the screen: pages, filters, the growing head, one entry in full, and the way to a file."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QLineEdit, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from engine.core.errors import LedgerFault
from engine.domain.questions import PAGE, EntriesOf, ExportEntries, LedgerQuestion
from engine.domain.records import EntryRow
from engine.domain.trade_events import OrderSubmitted
from mindfolio_desktop.ui import pager
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.views.journal_panel import JournalPanel
from mindfolio_desktop.ui.widgets.text import breakable
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.journal import FILLED, INTENDED, SUBMITTED, entry
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth


class Ledger(EngineFake):
    """Answers pages out of entries, as the ledger does."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[EntryRow] = [FILLED, SUBMITTED, INTENDED]
        self.written: list[ExportEntries] = []

    def read(self, question: LedgerQuestion) -> object:
        super().read(question)
        if isinstance(question, ExportEntries):
            self.written.append(question)
            return 3
        assert isinstance(question, EntriesOf)
        found = [
            each
            for each in self.entries
            if (question.before is None or each.seq < question.before)
            and question.kind in ("", each.type)
            and question.text.lower() in each.body.lower()
        ]
        return tuple(found[:PAGE])


def many(count: int) -> list[EntryRow]:
    return [entry(seq, OrderSubmitted(f"O{seq:06d}")) for seq in range(count, 0, -1)]


@pytest.fixture
def engine() -> Ledger:
    return Ledger()


@pytest.fixture
def panel(qtbot: QtBot, bridge: EngineBridge) -> JournalPanel:
    made = JournalPanel(bridge)
    qtbot.addWidget(made)
    made.resize(1040, 640)
    made.show()
    return made


def shown(panel: JournalPanel) -> QTableView:
    found = panel.findChild(QTableView, "journal_table")
    assert found is not None
    return found


def rows(panel: JournalPanel) -> int:
    return shown(panel).model().rowCount()


def button(panel: JournalPanel, name: str) -> QPushButton:
    found = panel.findChild(QPushButton, f"journal_{name}")
    assert found is not None
    return found


def text(panel: JournalPanel, name: str) -> str:
    found = panel.findChild(QLabel, name)
    assert found is not None
    return found.text() if found.isVisible() else ""


def begin(panel: JournalPanel, qtbot: QtBot, count: int = 3) -> None:
    panel.set_snapshot(aggressive_growth())
    qtbot.waitUntil(lambda: rows(panel) == count)


def test_the_newest_entries_are_on_top_and_one_is_shown_in_full(panel: JournalPanel, qtbot: QtBot) -> None:
    begin(panel, qtbot)
    view = shown(panel)
    assert view.model().index(0, 0).data() == "13"
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.model().index(0, 2)).center())
    assert text(panel, "entry_title") == "Order filled"
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert text(panel, "entry_title") == "Order submitted"


def test_older_entries_are_read_when_asked_for(panel: JournalPanel, engine: Ledger, qtbot: QtBot) -> None:
    engine.entries = many(PAGE + 5)
    begin(panel, qtbot, PAGE)
    assert button(panel, "older").isVisible()
    QTest.mouseClick(button(panel, "older"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: rows(panel) == PAGE + 5)
    assert engine.questions[-1] == EntriesOf("", "", 6)
    assert not button(panel, "older").isVisible(), "that was the first entry of all"


def test_the_list_follows_the_journal_and_keeps_what_was_loaded(
    panel: JournalPanel, engine: Ledger, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(panel, qtbot)
    engine.entries.insert(0, entry(14, OrderSubmitted("O000002")))
    panel.set_snapshot(aggressive_growth(seq=500))
    assert len(engine.questions) == 1, "not more often than every second"
    monkeypatch.setattr(pager, "REFRESH_MS", 0)
    panel.set_snapshot(aggressive_growth(seq=500))
    qtbot.waitUntil(lambda: rows(panel) == 4)
    panel.set_snapshot(aggressive_growth(seq=500))
    assert len(engine.questions) == 2, "nothing new was journaled"


def test_a_gap_larger_than_a_page_begins_anew(
    panel: JournalPanel, engine: Ledger, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pager, "REFRESH_MS", 0)
    begin(panel, qtbot)
    engine.entries = many(2 * PAGE)
    panel.set_snapshot(aggressive_growth(seq=900))
    qtbot.waitUntil(lambda: rows(panel) == PAGE)
    assert button(panel, "older").isVisible()


def test_a_kind_is_chosen_from_the_list(panel: JournalPanel, engine: Ledger, qtbot: QtBot) -> None:
    begin(panel, qtbot)
    kinds = panel.findChild(QComboBox, "journal_kind")
    assert kinds is not None
    kinds.setFocus()
    for _ in range(kinds.findData("OrderFilled")):
        QTest.keyClick(kinds, Qt.Key.Key_Down)
    assert kinds.currentText() == "Order filled"
    qtbot.waitUntil(lambda: rows(panel) == 1)
    assert engine.questions[-1] == EntriesOf("OrderFilled", "")


def test_a_text_is_looked_for_once_the_typing_rests(panel: JournalPanel, engine: Ledger, qtbot: QtBot) -> None:
    begin(panel, qtbot)
    line = panel.findChild(QLineEdit, "journal_text")
    assert line is not None
    QTest.keyClicks(line, "tsla")
    qtbot.waitUntil(lambda: rows(panel) == 1)
    assert engine.questions[-1] == EntriesOf("", "tsla")
    assert len(engine.questions) == 2
    line.clear()
    QTest.keyClicks(line, "nowhere")
    qtbot.waitUntil(lambda: text(panel, "journal_table_empty") == "No entry is like that.")
    assert text(panel, "entry_title") == "Choose an entry to see all of it."


def test_what_is_filtered_goes_to_a_chosen_file(
    panel: JournalPanel, engine: Ledger, qtbot: QtBot, tmp_path: Path
) -> None:
    begin(panel, qtbot)
    kinds = panel.findChild(QComboBox, "journal_kind")
    assert kinds is not None
    kinds.setCurrentIndex(kinds.findData("OrderFilled"))
    QTest.mouseClick(button(panel, "export"), Qt.MouseButton.LeftButton)
    dialog = panel.findChild(QFileDialog, "journal_file")
    assert dialog is not None
    assert dialog.testOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setDirectory(str(tmp_path))
    name = dialog.findChild(QLineEdit, "fileNameEdit")
    assert name is not None
    name.setText("trades")
    QTest.keyClick(name, Qt.Key.Key_Return)
    out = str(tmp_path / "trades.csv")
    qtbot.waitUntil(lambda: text(panel, "journal_message") == breakable(f"3 entries written to {out}"))
    assert engine.written == [ExportEntries(out, "OrderFilled", "")]
    assert button(panel, "export").isEnabled()
    assert engine.threads != {"MainThread"}


def test_what_cannot_be_read_or_written_is_said(panel: JournalPanel, engine: Ledger, qtbot: QtBot) -> None:
    engine.fault = LedgerFault("the file is damaged")
    panel.set_snapshot(aggressive_growth())
    qtbot.waitUntil(lambda: text(panel, "journal_message") == "Not done: the file is damaged")
    assert text(panel, "journal_table_empty") == "The journal could not be read."
