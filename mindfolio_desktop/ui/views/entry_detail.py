"""One journal entry in full: what happened, its postings, and every field as it was journaled."""

from collections.abc import Mapping

from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from engine.domain.records import EntryRow
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.entry_words import entry_words, field_lines, kind_words
from mindfolio_desktop.ui.models.entries import PostingLine, PostingsModel
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.text import Text

_ACCOUNT = 0
_FIELDS_LEAST = 160


class EntryDetail(QWidget):
    """Shows the entry that a person is on, or says that none is chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("entry_detail")
        self._seq: int | None = None
        self._title = Text(pixels=15, weight=theme.BOLD, wraps=True, name="entry_title")
        self._when = Text(role="muted", wraps=True, name="entry_when")
        self._words = Text(wraps=True, name="entry_words")
        self._postings = PostingsModel(self)
        self._table = DataTable(
            self._postings, "entry_postings", "Postings of the entry", sort_role=SORT_ROLE, stretch=_ACCOUNT
        )
        self._table.explain_empty("It moved no money between accounts.")
        self._sum = Text(role="muted", wraps=True, name="entry_sum")
        self._fields = QPlainTextEdit()
        self._fields.setObjectName("entry_fields")
        self._fields.setAccessibleName("All fields of the entry")
        self._fields.setReadOnly(True)
        self._fields.setTabChangesFocus(True)
        self._fields.setFont(theme.font(12))
        self._fields.setMinimumHeight(theme.px(_FIELDS_LEAST))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        self._parts: tuple[QWidget, ...] = (
            self._when,
            self._words,
            Text("Postings", "caption", 12),
            self._table,
            self._sum,
            Text("Fields", "caption", 12),
            self._fields,
        )
        column.addWidget(self._title)
        for part in self._parts:
            column.addWidget(part, int(part is self._fields))
        column.addStretch(0)
        self.show_entry(None, {})

    def show_entry(self, entry: EntryRow | None, names: Mapping[str, str]) -> None:
        """Show an entry, or none; `names` are those of the modules by id."""
        for part in self._parts:
            part.setVisible(entry is not None)
        if entry is None:
            self._seq = None
            self._title.show_text("Choose an entry to see all of it.", "muted")
            return
        if entry.seq == self._seq:
            return
        self._seq = entry.seq
        self._title.show_text(kind_words(entry.type), "")
        self._when.show_text(f"Entry {fmt.number(entry.seq, 0)}, {fmt.moment(entry.at)}")
        self._words.show_or_hide(entry_words(entry, names))
        rows = entry.postings
        self._postings.show_rows(
            [PostingLine(place, row, names.get(row.module_id, row.module_id)) for place, row in enumerate(rows)]
        )
        debits = sum(row.amount for row in rows if row.amount > 0)
        credited = -sum(row.amount for row in rows if row.amount < 0)
        self._sum.show_or_hide(f"Debits {fmt.price(debits)}, credits {fmt.price(credited)}" if rows else "")
        self._fields.setPlainText(field_lines(entry))
