"""A panel over the page that goes away by itself: no dialog, so that everything else keeps working beside it."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QFrame, QTableWidget, QVBoxLayout, QWidget
from shiboken6 import isValid

from mindfolio_desktop.ui import theme

_TOP = 24
_MARGIN = 2 * theme.SPACE


class Overlay(QFrame):
    """Opens over the middle of `host`, closes with Esc or when something outside gets the focus, which it gives back.

    `wide` and `high` are pixels at 100 % text; a smaller host makes it smaller.
    """

    def __init__(self, host: QWidget, name: str, title: str, wide: int, high: int) -> None:
        super().__init__(host)
        self.setObjectName(name)
        self.setAccessibleName(title)
        theme.set_role(self, "overlay")
        self._host, self._wide, self._high = host, wide, high
        self._before: QWidget | None = None
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 12, 12, 12)
        self.column.setSpacing(theme.SPACE)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus)
        self.hide()

    def open(self, focus: QWidget) -> None:
        """Show it with the focus in one of its widgets."""
        self._before = QApplication.focusWidget()
        self._place()
        self.show()
        self.raise_()
        focus.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_and_return(self) -> None:
        """Hide, and give the focus back to what had it."""
        before, self._before = self._before, None
        self.hide()
        if before is not None and isValid(before) and before.isVisible():  # it may be gone with its page
            before.setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_and_return()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Follow the host from now on. Not before: a filter in Python is asked about every event of the host."""
        super().showEvent(event)
        self._host.installEventFilter(self)

    def hideEvent(self, event: QHideEvent) -> None:
        """Follow it no longer."""
        super().hideEvent(event)
        self._host.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the middle of the host."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _on_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        if self.isHidden() or now is None:
            return
        if now is not self and not self.isAncestorOf(now):
            self._before = None  # somebody went elsewhere on purpose
            self.hide()

    def _place(self) -> None:
        host = self._host
        top = min(theme.px(_TOP), max(0, (host.height() - theme.px(self._high)) // 2))
        width = min(theme.px(self._wide), host.width() - 2 * _MARGIN)
        height = min(theme.px(self._high), host.height() - top - _MARGIN)
        self.setGeometry((host.width() - width) // 2, top, width, height)


def plain_table(name: str, title: str, columns: int) -> QTableWidget:
    """A table for an overlay: rows are chosen as a whole, nothing is edited, no headings."""
    table = QTableWidget(0, columns)
    table.setObjectName(name)
    table.setAccessibleName(title)
    table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.setStyleSheet("QTableView { outline: none; }")
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(theme.px(30))
    table.horizontalHeader().hide()
    return table
