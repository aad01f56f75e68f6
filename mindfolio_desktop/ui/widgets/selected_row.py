"""Gains and losses keep their colours in the row that is selected.

Qt paints a selected row's words in one colour. A painter of our own, in Python, for every cell of a table would hold
the window up; so the selected row alone has one.
"""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, Slot
from PySide6.QtGui import QBrush, QPalette
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTableView


class _Coloured(QStyledItemDelegate):
    """Paints a selected cell's words in the colour that its model gives them."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        colour = index.data(Qt.ItemDataRole.ForegroundRole)
        if isinstance(colour, QBrush):
            option.palette.setBrush(QPalette.ColorRole.HighlightedText, colour)


class SelectedRow(QObject):
    """Keeps the selected row's painter on it, wherever sorting and new rows move it."""

    def __init__(self, view: QTableView) -> None:
        """`view` has its model already, and selects one row at a time."""
        super().__init__(view)
        self._view, self._plain, self._painter, self._row = view, view.itemDelegate(), _Coloured(view), -1
        view.selectionModel().selectionChanged.connect(self._follow)
        model = view.model()
        for signal in (model.rowsInserted, model.rowsRemoved, model.rowsMoved, model.layoutChanged, model.modelReset):
            signal.connect(self._follow)

    @Slot()
    def _follow(self) -> None:
        rows = self._view.selectionModel().selectedRows()
        row = rows[0].row() if rows else -1
        if row == self._row:
            return
        if self._row >= 0:
            self._view.setItemDelegateForRow(self._row, self._plain)
        if row >= 0:
            self._view.setItemDelegateForRow(row, self._painter)
        self._row = row
