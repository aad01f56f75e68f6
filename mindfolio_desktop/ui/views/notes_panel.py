"""A person's notes: written into the journal, about a module, a position or a symbol, and found again."""

from PySide6.QtCore import QEvent, QModelIndex, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from engine.domain.commands import Command, WriteNote
from engine.domain.denial import Denial
from engine.domain.notes import NOTE_MOST, SYMBOL_MOST, note_problem
from engine.domain.questions import NotesOf
from engine.domain.records import NoteRow
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.models.entries import NoteLine, NotesModel
from mindfolio_desktop.ui.models.keyed_table import KEY_ROLE, SORT_ROLE
from mindfolio_desktop.ui.pager import Pager
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.text import Text

_WHO = "user"
_NOTE = 2
_BOX_HEIGHT = 96
_SYMBOL_WIDTH, _POSITION_WIDTH = 120, 200


class NotesPanel(QWidget):
    """One press of `Write note` sends one command; the list shows what the journal has."""

    def __init__(self, bridge: EngineBridge) -> None:
        super().__init__()
        self.setObjectName("notes")
        self._bridge = bridge
        self._names: dict[str, str] = {}
        self._sent: WriteNote | None = None
        self._box = QPlainTextEdit()
        self._module, self._position, self._symbol = QComboBox(), QComboBox(), QLineEdit()
        self._write = Button("Write note", "note_write", "primary")
        self._count = Text("", "muted", name="note_count")
        self._answer = Text("", "warning", wraps=True, name="note_answer")
        self._search = QLineEdit()
        self._older = Button("Load older", "notes_older")
        self._pager: Pager[NoteRow] = Pager(bridge, self._older, self._question, parent=self)
        self._model = NotesModel(self)
        self._table = DataTable(
            self._model, "notes_table", "Notes, newest first", sort_role=SORT_ROLE, stretch=_NOTE, most_rows=10
        )
        self._whole = Text("", wraps=True, name="note_whole")
        self._set_up()
        self._lay_out()
        bridge.command_accepted.connect(self._on_accepted)
        bridge.command_denied.connect(self._on_denied)
        self._on_edited()

    def _set_up(self) -> None:
        self._box.setObjectName("note_text")
        self._box.setAccessibleName("Text of the note")
        self._box.setPlaceholderText("What did you see, think or decide? It is kept in the journal for good.")
        self._box.setTabChangesFocus(True)
        self._box.setFont(theme.font())
        self._box.setFixedHeight(theme.px(_BOX_HEIGHT))
        self._box.textChanged.connect(self._on_edited)
        for box, name, words in (
            (self._module, "note_module", "Module that the note is about"),
            (self._position, "note_position", "Position that the note is about"),
        ):
            box.setObjectName(name)
            box.setAccessibleName(words)
            box.setFont(theme.font())
        self._module.addItem("No module", "")
        self._position.addItem("No position", "")
        self._position.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._position.setMinimumContentsLength(16)
        self._symbol.setObjectName("note_symbol")
        self._symbol.setAccessibleName("Symbol that the note is about")
        self._symbol.setPlaceholderText("Symbol")
        self._symbol.setMaxLength(SYMBOL_MOST)
        self._symbol.setFixedWidth(theme.px(_SYMBOL_WIDTH))
        self._symbol.textChanged.connect(self._on_edited)
        self._search.setObjectName("notes_search")
        self._search.setAccessibleName("Text to look for in the notes")
        self._search.setPlaceholderText("Look through the notes")
        self._search.setClearButtonEnabled(True)
        self._search.setMaxLength(100)
        self._search.textChanged.connect(self._pager.begin_soon)
        self._write.clicked.connect(self._on_write)
        self._write.setToolTip("Ctrl+Return")
        QShortcut(QKeySequence("Ctrl+Return"), self._box, self._on_write)
        self._pager.changed.connect(self._show_notes)
        self._table.current_changed.connect(self._on_current)
        self._table.explain_empty("Reading the notes…")

    def _lay_out(self) -> None:
        write = Panel("New note", "note_panel")
        about = Flow()
        about.add_group(Text("About", "muted"), self._module)
        about.add(self._position, least=_POSITION_WIDTH)
        about.add(self._symbol)
        about.add(self._count)
        about.add(self._write)
        write.body.addWidget(self._box)
        write.body.addLayout(about)
        write.body.addWidget(self._answer)
        listed = Panel("Notes", "notes_panel", "newest first")
        for widget in (self._search, self._table, self._whole):
            listed.body.addWidget(widget)
        older = QHBoxLayout()
        older.addWidget(self._older)
        older.addStretch(1)
        listed.body.addLayout(older)
        listed.body.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.SPACE)
        column.addWidget(write)
        column.addWidget(listed, 1)
        self._answer.show_or_hide("")
        self._whole.show_or_hide("")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_model"):
            self._model.refresh_colours()

    # --- writing --------------------------------------------------------------------------------------------------
    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Offer the modules and positions that there are; read the newest notes when the journal has grown."""
        self._names = {view.spec.module_id: view.spec.name for view in snapshot.modules}
        positions = {
            held.position.position_id: fmt.held(held.position.structure, held.position.quantity)
            for view in snapshot.modules
            for held in view.open_positions
        }
        _offer(self._module, self._names)
        _offer(self._position, {key: f"{key}  {words}" for key, words in positions.items()})
        self._pager.follow(snapshot.seq)

    @property
    def _command(self) -> WriteNote:
        return WriteNote(
            self._box.toPlainText().strip(),
            _WHO,
            self._module.currentData(),
            self._position.currentData(),
            self._symbol.text().strip().upper(),
        )

    @Slot()
    def _on_edited(self) -> None:
        note = self._command
        length = len(note.text)
        is_long = length > NOTE_MOST
        words = f"{fmt.number(length, 0)} of {fmt.number(NOTE_MOST, 0)} characters" if length else ""
        self._count.show_text(words, "warning" if is_long else "muted")
        self._write.setEnabled(bool(note.text) and not is_long and self._sent is None)
        if note.text:
            problem = note_problem(note.text, note.symbol)
            self._answer.show_or_hide(f"Not like this: {problem}." if problem else "", "warning")

    @Slot()
    def _on_write(self) -> None:
        if not self._write.isEnabled():
            return
        self._sent = self._command
        self._write.setEnabled(False)
        self._bridge.send(self._sent)

    @Slot(object)
    def _on_accepted(self, command: Command) -> None:
        if command != self._sent:
            return
        self._sent = None
        self._box.clear()
        self._symbol.clear()
        self._module.setCurrentIndex(0)
        self._position.setCurrentIndex(0)
        self._answer.show_or_hide("")
        self._on_edited()
        self._pager.refresh()

    @Slot(object, object)
    def _on_denied(self, command: Command, denials: tuple[Denial, ...]) -> None:
        if command == self._sent:
            self._sent = None
            self._on_edited()
            self._answer.show_or_hide(f"Not written. {refusals.denials(denials)}", "warning")

    # --- reading --------------------------------------------------------------------------------------------------
    def _question(self, before: int | None) -> NotesOf:
        return NotesOf(self._search.text().strip(), before)

    @Slot()
    def _show_notes(self) -> None:
        pager = self._pager
        first = "Nothing was noted yet: the first note is written above."
        nothing = "No note holds that." if self._question(None).text else first
        unread = f"The notes could not be read: {pager.trouble}"
        self._table.explain_empty(pager.why_empty("Reading the notes…", nothing, unread))
        self._model.show_rows([NoteLine(row, self._about(row)) for row in pager.rows])
        if not pager.rows:
            self._whole.show_or_hide("")

    def _about(self, row: NoteRow) -> str:
        note = row.note
        parts = (self._names.get(note.module_id, note.module_id), note.position_id, note.symbol)
        return ", ".join(part for part in parts if part)

    @Slot(QModelIndex)
    def _on_current(self, current: QModelIndex) -> None:
        row = self._pager.find(current.siblingAtColumn(0).data(KEY_ROLE))
        self._whole.show_or_hide("" if row is None else row.note.text)


def _offer(box: QComboBox, choices: dict[str, str]) -> None:
    """Offer these below the first, which is none of them; the chosen one stays chosen while it is there."""
    shown = {box.itemData(place): box.itemText(place) for place in range(1, box.count())}
    if shown == choices:
        return
    chosen = box.currentData()
    while box.count() > 1:
        box.removeItem(1)
    for key, words in choices.items():
        box.addItem(words, key)
    box.setCurrentIndex(max(0, box.findData(chosen)))
