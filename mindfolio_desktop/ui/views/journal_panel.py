"""The journal, newest first: filtered by kind and text, read page by page, one entry in full, and kept as a file."""

from pathlib import Path
from typing import get_args

from PySide6.QtCore import QEvent, QModelIndex, QStandardPaths, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QVBoxLayout, QWidget

from engine.domain.events import Event
from engine.domain.questions import EntriesOf, ExportEntries, Question
from engine.domain.records import EntryRow
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.entry_words import kind_words
from mindfolio_desktop.ui.models.entries import EntriesModel, Line
from mindfolio_desktop.ui.models.keyed_table import KEY_ROLE, SORT_ROLE
from mindfolio_desktop.ui.pager import Pager
from mindfolio_desktop.ui.views.entry_detail import EntryDetail
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.data_table import ROW_HEIGHT, DataTable
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Beside, Flow
from mindfolio_desktop.ui.widgets.text import Text

_WHAT, _MODULE = 3, 4
_LIST_WIDTH, _ENTRY_WIDTH, _TEXT_WIDTH = 520, 340, 200
_WIDE = 1360
"""Below this the module is told by the entry alone. All pixels are those at 100 %."""
_TEXT_MOST = 100
_LEAST_ROWS = 8
_AROUND_ROWS = 196
"""Pixels of the panel that are no rows: its title, the filters, the headings, the button below."""
_KINDS = tuple(sorted((kind.__name__ for kind in get_args(Event)), key=kind_words))


class JournalPanel(QWidget):
    """The list follows the journal as it grows; a page of older entries is read when it is asked for."""

    def __init__(self, bridge: EngineBridge) -> None:
        super().__init__()
        self.setObjectName("journal")
        self._bridge = bridge
        self._names: dict[str, str] = {}
        self._lines: dict[int, Line] = {}
        self._writing: ExportEntries | None = None
        self._kind = QComboBox()
        self._text = QLineEdit()
        self._export = Button("Export CSV…", "journal_export")
        self._older = Button("Load older", "journal_older")
        self._pager: Pager[EntryRow] = Pager(bridge, self._older, self._question, parent=self)
        self._message = Text("", wraps=True, name="journal_message")
        self._dialog: QFileDialog | None = None
        self._model = EntriesModel(self)
        self._table = DataTable(
            self._model, "journal_table", "Journal, newest first", sort_role=SORT_ROLE, stretch=_WHAT
        )
        self._detail = EntryDetail()
        self._set_up()
        self._lay_out()
        bridge.answered.connect(self._on_answered)
        bridge.unanswered.connect(self._on_unanswered)

    def _set_up(self) -> None:
        kind = self._kind
        kind.setObjectName("journal_kind")
        kind.setAccessibleName("Kind of entry")
        kind.setFont(theme.font())
        kind.setMaxVisibleItems(16)
        kind.addItem("Every kind", "")
        for name in _KINDS:
            kind.addItem(kind_words(name), name)
        kind.currentIndexChanged.connect(self._pager.begin)
        text = self._text
        text.setObjectName("journal_text")
        text.setAccessibleName("Text to look for in the journal")
        text.setPlaceholderText("Look for a text: an id, a symbol, a reason")
        text.setClearButtonEnabled(True)
        text.setMaxLength(_TEXT_MOST)
        text.textChanged.connect(self._pager.begin_soon)
        self._export.setToolTip("Write every entry that is filtered, also those not loaded here, to a file")
        self._export.clicked.connect(self._choose_file)
        self._pager.changed.connect(self._show_entries)
        self._table.current_changed.connect(self._on_current)
        self._table.explain_empty("Reading the journal…")

    def _lay_out(self) -> None:
        filters = Flow()
        filters.add(self._kind)
        filters.add(self._text, least=_TEXT_WIDTH)
        filters.add(self._export)
        listed = Panel("Journal", "journal_panel", "newest first")
        listed.body.addLayout(filters)
        listed.body.addWidget(self._message)
        listed.body.addWidget(self._table)
        listed.body.addWidget(self._older, 0, Qt.AlignmentFlag.AlignLeft)
        listed.body.addStretch(1)
        entry = Panel("Entry", "journal_entry")
        entry.body.addWidget(self._detail, 1)
        across = Beside()
        across.add(listed, 3, _LIST_WIDTH)
        across.add(entry, 2, _ENTRY_WIDTH)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(across)
        self._message.show_or_hide("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The module has a column where there is room for it."""
        super().resizeEvent(event)
        self._table.view.setColumnHidden(_MODULE, self.width() < theme.px(_WIDE))

    def set_room(self, pixels: int) -> None:
        """Fill a height with as many rows as it has room for."""
        self._table.set_most_rows(max(_LEAST_ROWS, (pixels - theme.px(_AROUND_ROWS)) // theme.px(ROW_HEIGHT)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_model"):
            self._model.refresh_colours()

    # --- what is shown --------------------------------------------------------------------------------------------
    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Follow the journal as it grows."""
        self._names = {view.spec.module_id: view.spec.name for view in snapshot.modules}
        self._pager.follow(snapshot.seq)

    def _question(self, before: int | None = None) -> EntriesOf:
        return EntriesOf(self._kind.currentData(), self._text.text().strip(), before)

    @Slot()
    def _show_entries(self) -> None:
        pager, asked, entries = self._pager, self._question(), self._pager.rows
        if pager.trouble:
            self._message.show_or_hide(f"Not done: {pager.trouble}", "warning")
        elif pager.is_reading:
            self._message.show_or_hide("")
        nothing = "No entry is like that." if asked.kind or asked.text else "Nothing was journaled yet."
        self._table.explain_empty(pager.why_empty("Reading the journal…", nothing, "The journal could not be read."))
        self._lines = {each.seq: self._lines.get(each.seq) or Line.of(each, self._names) for each in entries}
        self._model.show_rows(list(self._lines.values()))
        if not entries:
            self._detail.show_entry(None, self._names)

    @Slot(QModelIndex)
    def _on_current(self, current: QModelIndex) -> None:
        entry = self._pager.find(current.siblingAtColumn(0).data(KEY_ROLE))
        self._detail.show_entry(entry, self._names)

    # --- to a file ------------------------------------------------------------------------------------------------
    @Slot()
    def _choose_file(self) -> None:
        dialog = QFileDialog(self, "Export the journal", "journal.csv", "CSV files (*.csv)")
        dialog.setObjectName("journal_file")
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        if Path(documents).is_dir():
            dialog.setDirectory(documents)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._write)
        self._dialog = dialog
        dialog.open()

    @Slot(str)
    def _write(self, path: str) -> None:
        self._export.setEnabled(False)
        self._message.show_or_hide("Writing the file…", "muted")
        asked = self._question()
        self._writing = ExportEntries(path, asked.kind, asked.text)
        self._bridge.ask(self._writing)

    @Slot(object, object)
    def _on_answered(self, question: Question, answer: object) -> None:
        if self._writing is not None and question == self._writing and isinstance(answer, int):
            self._end_writing(f"{fmt.counted(answer, 'entry', 'entries')} written to {self._writing.path}", "muted")

    @Slot(object, str)
    def _on_unanswered(self, question: Question, why: str) -> None:
        if self._writing is not None and question == self._writing:
            self._end_writing(f"Not done: {why}", "warning")

    def _end_writing(self, words: str, role: str) -> None:
        self._writing = None
        self._export.setEnabled(True)
        self._message.show_or_hide(words, role)
