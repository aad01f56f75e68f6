"""The chain as a table in which cells are taken: a click, Return or Space on a bid or an ask."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.data_table import DataTable

MOST_ROWS = 11
"""An odd number has a middle."""

_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_LEAST_WIDTH = 55
"""Pixels at 100 % of a column of weight 1, in which a price can be read; where there is less, the chain scrolls."""


class ChainTable(DataTable):
    """A chain in order of its strikes. `taken` tells the row and column, of the model, of a cell that was taken.

    `home` is the column in which a person starts, `weights` how wide the columns are beside each other.
    """

    taken = Signal(int, int)

    def __init__(self, model: QAbstractItemModel, *, sort_role: int, home: int, weights: Sequence[float]) -> None:
        self._home, self._weights, self._center = home, tuple(weights), -1
        super().__init__(model, "chain_table", "Option chain", sort_role=sort_role, stretch=home, most_rows=MOST_ROWS)
        self._center_later = QTimer(self, singleShot=True, interval=0)
        self._center_later.timeout.connect(self._on_center)
        view = self.view
        theme.set_role(view, "chain")
        view.setStyleSheet("")
        view.setFont(theme.font(12))
        view.setSortingEnabled(False)
        # The cell that one is on has a frame; a selection would cover what its ground says.
        view.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        header = view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(1)
        header.setSectionsClickable(False)
        view.clicked.connect(self._on_clicked)
        for key in _KEYS:
            taking = QShortcut(QKeySequence(key), view, context=Qt.ShortcutContext.WidgetShortcut)
            taking.setAutoRepeat(False)
            taking.activated.connect(self._on_key)

    def center_on(self, row: int) -> None:
        """Bring a row of the model into the middle, and put the cell that one is on there."""
        self._center = row
        self._center_later.start()

    def show_at_most(self, rows: int) -> None:
        """Be as high as so many rows, one more or less so that there is a middle."""
        rows -= 1 - rows % 2
        if rows != self._most_rows:
            self._most_rows = rows
            self._fit()

    @Slot()
    def _on_center(self) -> None:
        """After the table has its height: before, there is no middle."""
        index = self.view.model().index(self._center, self._home)
        self.view.setCurrentIndex(index)
        self.view.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_widths(may_shrink=True)

    def _set_widths(self, *, may_shrink: bool) -> None:
        """Give the columns all the room there is, by their weights."""
        del may_shrink
        bar = self.view.verticalScrollBar().sizeHint().width()
        is_scrolled = self.view.model().rowCount() > self._most_rows
        total = sum(self._weights)
        room = max(self.width() - is_scrolled * bar, round(theme.px(_LEAST_WIDTH) * total))
        ends = [round(room * sum(self._weights[: at + 1]) / total) for at in range(len(self._weights))]
        header = self.view.horizontalHeader()
        for at, (start, end) in enumerate(pairwise([0, *ends])):
            header.resizeSection(at, end - start)

    @Slot()
    def _on_key(self) -> None:
        """Take the cell that one is on."""
        current = self.view.currentIndex()
        if current.isValid():
            self._on_clicked(current)

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        # Nothing is sorted, so a row of the view is the row of the model.
        self.taken.emit(index.row(), index.column())
