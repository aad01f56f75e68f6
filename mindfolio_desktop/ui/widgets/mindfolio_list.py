"""The mindfolios of this user, over the page: open one in place of this, begin another, or drop a dead line."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QTableWidgetItem, QWidget

from engine.domain.mindfolio import KnownMindfolio, KnownState
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.others import NEW
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.overlay import Overlay, plain_table
from mindfolio_desktop.ui.widgets.text import Text

_NAME, _ENVIRONMENT, _OPENED = range(3)
_STATES = {KnownState.OPEN: "open now", KnownState.MISSING: "missing"}


class MindfolioList(Overlay):
    """Up, Down and Enter, or a double click. What became of a choice shows in the window."""

    open_wanted = Signal(object)
    """A KnownMindfolio that is there and not open."""
    new_wanted = Signal()
    forget_wanted = Signal(object)
    """The key of one that is missing."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host, "mindfolio_list", "Mindfolios", 640, 420)
        self._shown: tuple[KnownMindfolio, ...] = ()
        self._table = plain_table("mindfolio_table", "Mindfolios: name, environment, last opened", 3)
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        self._about = Text("", "muted", 12, wraps=True, name="mindfolio_about")
        self._open = Button("Open", "mindfolio_open", "primary")
        self._forget = Button("Forget this line", "mindfolio_forget")
        self._new = Button(NEW, "mindfolio_new")
        heading = QHBoxLayout()
        heading.addWidget(Text("Mindfolios", pixels=16, weight=theme.BOLD))
        heading.addStretch(1)
        heading.addWidget(Text("Esc closes", "muted", 12))
        buttons = QHBoxLayout()
        buttons.addWidget(self._new)
        buttons.addStretch(1)
        buttons.addWidget(self._forget)
        buttons.addWidget(self._open)
        self.column.addLayout(heading)
        self.column.addWidget(self._table, 1)
        self.column.addWidget(self._about)
        self.column.addLayout(buttons)
        self._table.currentCellChanged.connect(self._on_current)
        self._table.doubleClicked.connect(self._on_double_click)
        self._open.clicked.connect(self._choose)
        self._forget.clicked.connect(self._drop)
        self._new.clicked.connect(self._begin)

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """What is listed, from the top: name, environment, last opened or state."""
        model = self._table.model()
        columns = range(model.columnCount())
        return tuple(tuple(model.index(row, at).data() for at in columns) for row in range(model.rowCount()))

    def show_list(self, known: Sequence[KnownMindfolio]) -> None:
        """Open it over these, the first that can be opened chosen; or close it, if it is open."""
        if not self.isHidden():
            self.close_and_return()
            return
        self._fill(known)
        self.open(self._table)

    def fill_again(self, known: Sequence[KnownMindfolio]) -> None:
        """Something was forgotten."""
        self._table.setFocus()  # first: the button that was pressed goes, and its focus would close the list
        self._fill(known)

    def _fill(self, known: Sequence[KnownMindfolio]) -> None:
        self._shown = tuple(known)
        self._table.setRowCount(len(known))
        tokens = theme.tokens()
        for row, one in enumerate(known):
            name = QTableWidgetItem(one.name)
            name.setFont(theme.font(13, theme.BOLD if one.state is KnownState.OPEN else theme.MEDIUM))
            environment = QTableWidgetItem(f"  {fmt.environment(one.environment)}  ")
            environment.setFont(theme.font(12, theme.BOLD))
            environment.setBackground(QColor(getattr(tokens, one.environment.value)))
            environment.setForeground(QColor(tokens.on_banner))
            environment.setIcon(_patch(getattr(tokens, one.environment.value)))
            opened = QTableWidgetItem(_STATES.get(one.state) or _opened_words(one))
            opened.setForeground(QColor(tokens.warning if one.state is KnownState.MISSING else tokens.muted))
            for column, item in ((_NAME, name), (_ENVIRONMENT, environment), (_OPENED, opened)):
                self._table.setItem(row, column, item)
        first = next((row for row, one in enumerate(known) if one.state is KnownState.CLOSED), 0)
        self._table.setCurrentCell(first, _NAME)
        self._on_current()

    @property
    def _chosen(self) -> KnownMindfolio | None:
        row = self._table.currentRow()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    @Slot()
    def _on_current(self) -> None:
        one = self._chosen
        self._open.setEnabled(one is not None and one.state is KnownState.CLOSED)
        self._forget.setVisible(one is not None and one.state is KnownState.MISSING)
        self._about.show_text("" if one is None else _about(one))

    @Slot(QModelIndex)
    def _on_double_click(self, _index: QModelIndex) -> None:
        self._choose()

    @Slot()
    def _choose(self) -> None:
        one = self._chosen
        if one is not None and one.state is KnownState.CLOSED:
            self.close_and_return()
            self.open_wanted.emit(one)

    @Slot()
    def _drop(self) -> None:
        one = self._chosen
        if one is not None and one.state is KnownState.MISSING:
            self.forget_wanted.emit(one.key)

    @Slot()
    def _begin(self) -> None:
        self.close_and_return()
        self.new_wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens what is chosen."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self._table.hasFocus():
            if not event.isAutoRepeat():
                self._choose()
        else:
            super().keyPressEvent(event)


def _patch(colour: str) -> QIcon:
    """The environment's colour, also in the chosen row, whose ground is another."""
    pixmap = QPixmap(theme.px(14), theme.px(14))
    pixmap.fill(QColor(colour))
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon


def _opened_words(one: KnownMindfolio) -> str:
    return fmt.moment(one.opened_at) if one.opened_at is not None else "not opened yet"


def _about(one: KnownMindfolio) -> str:
    where = Path(one.key)
    if one.state is KnownState.MISSING:
        return f"No ledger in {where}. Put the folder back, or forget this line; nothing is deleted by that."
    return f"Ledger in {where}"
