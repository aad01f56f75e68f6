"""What the engine says besides figures: warnings that appear in the corner, and a list in which nothing is lost."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.announce import announce
from mindfolio_desktop.ui.later import later
from mindfolio_desktop.ui.widgets.choice import Choice
from mindfolio_desktop.ui.widgets.icon import Icon, IconButton
from mindfolio_desktop.ui.widgets.page import page_heading
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.text import Text

WIDTH = 400
AT_ONCE = 4
"""Notes on screen at a time; older ones give way and stay in the list."""
SHOWN_MS = 20_000
"""A refusal must not cover the controls below it for ever."""
KEPT = 500
"""Lines of the list; the ledger keeps everything for ever."""
_ABOVE_BUTTONS = 124
"""Pixels from the lower edge: the rows of buttons at a page's foot, Approve and Refuse among them, stay free."""
_ROW_HEIGHT = 30
_COLUMN_WIDTHS = (150, 170, 90)
_TIME, _WHERE, _URGENCY, _MESSAGE, _WHOLE = range(5)
_WRAP_MS = 100
"""After a change of width, until messages are broken into lines anew: there may be many."""

_WIDE = 760
"""Pixels at 100 %, below which module and urgency stand before the message: it needs the room of their columns."""
_EVERYWHERE, _ACCOUNT = "Everything", "Mindfolio"
_URGENT = "urgent"


class Toast(QFrame):
    """One warning. It goes by itself, or not at all if it `stays` until it is dismissed."""

    dismissed = Signal(object)

    def __init__(self, title: str, words: str, *, stays: bool) -> None:
        super().__init__()
        self.setObjectName("toast")
        theme.set_role(self, "toast")
        self.setFixedWidth(theme.px(WIDTH))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum)
        close = IconButton("", "dismiss", "muted", "toast_dismiss", 16)
        close.setFixedSize(theme.px(28), theme.px(28))
        close.setAccessibleName(f"Dismiss: {title}")
        theme.set_role(close, "quiet")
        close.clicked.connect(self._dismiss)
        column = QVBoxLayout()
        column.setSpacing(2)
        self._title = Text(title, weight=theme.BOLD, name="toast_title", wraps=True)
        self._words = Text(words, "muted", wraps=True, name="toast_text")
        if not words:
            self._words.hide()
        column.addWidget(self._title)
        column.addWidget(self._words)
        across = QHBoxLayout(self)
        across.setContentsMargins(14, 10, 8, 12)
        across.setSpacing(10)
        across.addWidget(Icon("warning", "warning"), 0, Qt.AlignmentFlag.AlignTop)
        across.addLayout(column, 1)
        across.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        if not stays:
            later(self, SHOWN_MS, self._dismiss)

    @Slot()
    def _dismiss(self) -> None:
        self.dismissed.emit(self)


class Toasts(QWidget):
    """The notes low on the right of `host`, newest below. It covers nothing but the notes themselves."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self.setObjectName("toasts")
        self._host = host
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.SPACE)
        self._toasts: list[Toast] = []
        self.hide()

    @property
    def shown(self) -> tuple[Toast, ...]:
        """The notes on screen, oldest first."""
        return tuple(self._toasts)

    def show_message(self, title: str, words: str = "", *, stays: bool = False) -> None:
        """A new note, also told to screen readers."""
        toast = Toast(title, words, stays=stays)
        toast.dismissed.connect(self._remove)
        self._toasts.append(toast)
        self._column.addWidget(toast)
        toast.show()
        while len(self._toasts) > AT_ONCE:
            self._remove(self._toasts[0])
        announce(self, f"{title}. {words}")
        self._place()

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the host while there is a note."""
        super().showEvent(event)
        self._host.installEventFilter(self)

    def hideEvent(self, event: QHideEvent) -> None:
        """Follow it no longer."""
        super().hideEvent(event)
        self._host.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the corner of the host."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    @Slot(object)
    def _remove(self, toast: Toast) -> None:
        if toast in self._toasts:
            self._toasts.remove(toast)
            self._column.removeWidget(toast)
            toast.hide()
            toast.deleteLater()
            self._place()

    def _place(self) -> None:
        host = self._host
        if not self._toasts:
            self.hide()
            return
        width = theme.px(WIDTH)
        height = sum(toast.heightForWidth(width) for toast in self._toasts) + theme.SPACE * (len(self._toasts) - 1)
        self.setFixedSize(QSize(width, height))
        self.move(host.width() - width - 2 * theme.SPACE, host.height() - height - theme.px(_ABOVE_BUTTONS))
        self.show()
        self.raise_()


class MessageLog(QWidget):
    """All messages since the start, newest first; the journal keeps what was done, and they only tell of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("messages_page")
        self._model = QStandardItemModel(0, 5, self)
        self._model.setHorizontalHeaderLabels(["Market time", "Module", "Urgency", "Message", "Message"])
        for section in range(5):
            self._model.horizontalHeaderItem(section).setTextAlignment(Qt.AlignmentFlag.AlignLeft)
        self._table = QTableView()
        self._table.setObjectName("messages")
        self._table.setAccessibleName("Messages, newest first")
        self._table.setModel(self._model)
        self._table.setShowGrid(False)
        self._table.setWordWrap(True)
        self._table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self._table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self._table.setTabKeyNavigation(False)
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setMinimumSectionSize(theme.px(_ROW_HEIGHT))
        self._table.horizontalHeader().setStretchLastSection(True)
        self._table.horizontalHeader().setHighlightSections(False)
        for section, width in enumerate(_COLUMN_WIDTHS):
            self._table.setColumnWidth(section, theme.px(width))
        self._where = Choice("messages_module", "Module that messages are about")
        self._where.addItems([_EVERYWHERE, _ACCOUNT])
        self._where.currentIndexChanged.connect(self._filter)
        self._urgency = Choice("messages_urgency", "Urgency of messages")
        self._urgency.addItems(["Any urgency", "Urgent only"])
        self._urgency.currentIndexChanged.connect(self._filter)
        self._empty = Text("", "muted", wraps=True, name="messages_empty")
        self._wrap_later = QTimer(self, singleShot=True, interval=_WRAP_MS)
        self._wrap_later.timeout.connect(self._table.resizeRowsToContents)
        panel = Panel("Since the start", "messages_panel", "newest first")
        panel.body.addWidget(self._empty)
        panel.body.addWidget(self._table, 1)
        column = QVBoxLayout(self)
        margin = 2 * theme.SPACE
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(margin)
        column.addLayout(page_heading("messages_page", "Messages", self._where, self._urgency))
        column.addWidget(panel)
        self._show_columns()
        self._explain()

    def add(self, time: str, where: str, words: str, *, is_urgent: bool = False) -> None:
        """One more line, on top."""
        urgency = _URGENT if is_urgent else ""
        whole = ": ".join(part for part in (urgency.capitalize(), where, words) if part)
        parts = (time, where, urgency, words, whole)
        self._model.insertRow(0, [QStandardItem(part) for part in parts])
        if where and self._where.findText(where) < 0:
            self._where.addItem(where)
        self._table.setRowHidden(0, not self._is_wanted(0))
        self._table.resizeRowToContents(0)
        if self._model.rowCount() > KEPT:
            self._model.removeRows(KEPT, self._model.rowCount() - KEPT)
        self._explain()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A message has as many lines as its width asks for."""
        super().resizeEvent(event)
        self._show_columns()
        self._wrap_later.start()

    def _show_columns(self) -> None:
        is_wide = self.width() >= theme.px(_WIDE)
        for column in (_WHERE, _URGENCY, _MESSAGE):
            self._table.setColumnHidden(column, not is_wide)
        self._table.setColumnHidden(_WHOLE, is_wide)

    @property
    def kept(self) -> tuple[tuple[str, str, str, bool], ...]:
        """Everything, filtered away or not, newest first: time, module, message, whether it is urgent."""
        parts = (_TIME, _WHERE, _MESSAGE, _URGENCY)
        rows = (tuple(self._text(row, part) for part in parts) for row in range(self._model.rowCount()))
        return tuple((time, where, words, urgency == _URGENT) for time, where, words, urgency in rows)

    @property
    def lines(self) -> tuple[tuple[str, str, str], ...]:
        """What is listed, newest first: time, module, message."""
        return tuple(
            (self._text(row, _TIME), self._text(row, _WHERE), self._text(row, _MESSAGE))
            for row in range(self._model.rowCount())
            if not self._table.isRowHidden(row)
        )

    @Slot()
    def _filter(self) -> None:
        for row in range(self._model.rowCount()):
            self._table.setRowHidden(row, not self._is_wanted(row))
        self._explain()

    def _is_wanted(self, row: int) -> bool:
        wanted, where = self._where.currentText(), self._text(row, _WHERE)
        is_there = wanted in (_EVERYWHERE, where or _ACCOUNT)
        return is_there and (not self._urgency.currentIndex() or self._text(row, _URGENCY) == _URGENT)

    def _explain(self) -> None:
        """Say why nothing is listed."""
        is_empty = not self._model.rowCount()
        nothing = "Nothing has been reported yet. What modules do, and what needs you, is told here."
        why = nothing if is_empty else "Nothing that was reported is like that."
        has_lines = any(not self._table.isRowHidden(row) for row in range(self._model.rowCount()))
        self._empty.show_or_hide("" if has_lines else why)

    def _text(self, row: int, column: int) -> str:
        return self._model.item(row, column).text()
