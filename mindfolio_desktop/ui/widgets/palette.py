"""Two ways to find what can be done: the command palette, and the list of keys. Both show the window's actions."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLineEdit, QTableWidget, QTableWidgetItem, QWidget

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.actions import Action, Actions
from mindfolio_desktop.ui.announce import announce
from mindfolio_desktop.ui.widgets.overlay import Overlay, plain_table
from mindfolio_desktop.ui.widgets.text import Text

_MOVES = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8, Qt.Key.Key_PageDown: 8}


class CommandPalette(Overlay):
    """Type to find, arrows to choose, Enter to do, Esc to leave it."""

    def __init__(self, host: QWidget, actions: Actions) -> None:
        super().__init__(host, "palette", "Command palette", 620, 460)
        self._actions = actions
        self._found: tuple[Action, ...] = ()
        self._field = _Field()
        self._table = plain_table("palette_actions", "What can be done", 3)
        self._table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        _set_widths(self._table, stretch=0)
        self._nothing = Text("", "muted", name="palette_nothing")
        self.column.addWidget(self._field)
        self.column.addWidget(self._nothing)
        self.column.addWidget(self._table, 1)
        self._field.textChanged.connect(self._find)
        self._field.moved.connect(self._move)
        self._field.chosen.connect(self._run)
        self._table.clicked.connect(self._run)

    @property
    def titles(self) -> tuple[str, ...]:
        """What is listed, from the top."""
        return tuple(action.title for action in self._found)

    @Slot()
    def show_palette(self) -> None:
        """Open it, everything listed; or close it, if it is open."""
        if not self.isHidden():
            self.close_and_return()
            return
        self._field.clear()
        self._find("")
        self.open(self._field)

    @Slot(str)
    def _find(self, typed: str) -> None:
        self._found = self._actions.found(typed)
        _fill(self._table, [(action, (action.title, action.group, action.keys)) for action in self._found])
        self._nothing.show_or_hide("" if self._found else f"Nothing is called “{typed}”.")
        self._table.setVisible(bool(self._found))
        self._choose(0)

    @Slot(int)
    def _move(self, by: int) -> None:
        self._choose(min(max(0, self._table.currentRow() + by), len(self._found) - 1))

    def _choose(self, row: int) -> None:
        if not 0 <= row < len(self._found):
            return
        self._table.setCurrentCell(row, 0)
        if not self.isHidden():  # the focus stays in the field, so a screen reader must be told
            announce(self, self._found[row].title)

    @Slot()
    def _run(self) -> None:
        row = self._table.currentRow()
        if 0 <= row < len(self._found):
            action = self._found[row]
            self.close_and_return()
            action.run()


class _Field(QLineEdit):
    """Where words are typed; keys that choose go to the list."""

    moved = Signal(int)
    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("palette_words")
        self.setAccessibleName("Find what can be done")
        self.setPlaceholderText("Type to find a page, a module or a command")
        self.setClearButtonEnabled(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows and pages move, Enter does it; all else is typing, or goes on to the palette."""
        key = Qt.Key(event.key())
        if key in _MOVES:
            self.moved.emit(_MOVES[key])
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if not event.isAutoRepeat():
                self.chosen.emit()
        else:
            super().keyPressEvent(event)


class KeyList(Overlay):
    """Every key of the window and what it does."""

    def __init__(self, host: QWidget, actions: Actions) -> None:
        super().__init__(host, "key_list", "Keys", 520, 560)
        self._actions = actions
        self._table = plain_table("key_table", "Keys and what they do", 2)
        _set_widths(self._table, stretch=1)
        heading = QHBoxLayout()
        heading.addWidget(Text("Keys", pixels=16, weight=theme.BOLD))
        heading.addStretch(1)
        heading.addWidget(Text("Esc closes", "muted", 12))
        self.column.addLayout(heading)
        self.column.addWidget(self._table, 1)

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """Keys and what they do, from the top."""
        model = self._table.model()
        return tuple((model.index(row, 0).data(), model.index(row, 1).data()) for row in range(model.rowCount()))

    @Slot()
    def show_keys(self) -> None:
        """Open it, or close it, if it is open."""
        if not self.isHidden():
            self.close_and_return()
            return
        _fill(self._table, [(action, (action.keys, action.title)) for action in self._actions.keyed])
        self._table.setCurrentCell(0, 0)
        self.open(self._table)


def _set_widths(table: QTableWidget, *, stretch: int) -> None:
    header = table.horizontalHeader()
    for column in range(table.columnCount()):
        is_wide = column == stretch
        header.setSectionResizeMode(
            column, QHeaderView.ResizeMode.Stretch if is_wide else QHeaderView.ResizeMode.ResizeToContents
        )


def _fill(table: QTableWidget, rows: list[tuple[Action, tuple[str, ...]]]) -> None:
    tokens = theme.tokens()
    table.setRowCount(len(rows))
    for row, (action, cells) in enumerate(rows):
        for column, words in enumerate(cells):
            item = QTableWidgetItem(words)
            if action.is_emergency:
                item.setFont(theme.font(13, theme.BOLD))
                item.setForeground(QColor(tokens.stop_icon))
                if column == 0 and words == action.title:
                    item.setIcon(theme.icon("stop", tokens.stop_icon, theme.px(18)))
            elif words != action.title:
                item.setForeground(QColor(tokens.muted))
            table.setItem(row, column, item)
