"""A table as every page shows it: sorted by value, selected by row, as high as its rows, and never silently empty."""

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QSortFilterProxyModel, Qt, QTimer, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStackedLayout, QTableView, QWidget

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.text import Text

ROW_HEIGHT = 30
_HEADER_HEIGHT = 32
_HEADING_EXTRA = 2 * theme.SPACE + 14
"""Padding of a heading and its sort arrow; the style's own hint is twice as generous."""

_WIDEN_MS = 400
_WIDEST = 420
"""No column but the stretched one takes more pixels than this."""


class DataTable(QWidget):
    """Shows a model through a sorting proxy. While it has no rows, a sentence says why.

    `sort_role` is the role that columns are sorted by, `stretch` the column that takes the room left over,
    `most_rows` how many rows are shown before the table scrolls.
    """

    current_changed = Signal(QModelIndex)
    """Index, in the given model, of the row that a person is on; invalid when there is none."""

    def __init__(
        self, model: QAbstractItemModel, name: str, title: str, *, sort_role: int, stretch: int, most_rows: int = 8
    ) -> None:
        super().__init__()
        self._model, self._most_rows = model, most_rows
        self._proxy = QSortFilterProxyModel(self)
        self._proxy.setSortRole(sort_role)
        self._proxy.setSourceModel(model)
        self._view = QTableView()
        self._view.setObjectName(name)
        self._view.setAccessibleName(title)
        self._empty = Text("", "muted", wraps=True, name=f"{name}_empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._view)
        self._stack.addWidget(self._empty)
        self._fit_later = QTimer(self, singleShot=True, interval=0)
        self._fit_later.timeout.connect(self._fit)
        self._widen_later = QTimer(self, singleShot=True, interval=_WIDEN_MS)
        self._widen_later.timeout.connect(self._widen)
        model.dataChanged.connect(self._on_data)
        self._set_up(stretch)
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._on_rows)
        self._fit()

    def _set_up(self, stretch: int) -> None:
        view = self._view
        view.setModel(self._proxy)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setShowGrid(False)
        # The row is marked as a whole; a frame around one of its cells says nothing more.
        view.setStyleSheet("QTableView { outline: none; }")
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.setCornerButtonEnabled(False)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = view.horizontalHeader()
        header.setFixedHeight(_HEADER_HEIGHT)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
        header.setMaximumSectionSize(_WIDEST * 4)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        view.setSortingEnabled(True)
        view.selectionModel().currentRowChanged.connect(self._on_current)

    @property
    def view(self) -> QTableView:
        """The Qt view, for focus and selection."""
        return self._view

    @property
    def empty_text(self) -> str:
        """What is said in place of rows, "" while there are rows."""
        return self._empty.text() if self._stack.currentWidget() is self._empty else ""

    def explain_empty(self, why: str) -> None:
        """Say why there are no rows, for as long as there are none."""
        self._empty.show_text(why)

    def select_source_row(self, row: int) -> None:
        """Put the selection on a row of the model."""
        index = self._proxy.mapFromSource(self._model.index(row, 0))
        self._view.setCurrentIndex(index)

    def _on_current(self, current: QModelIndex) -> None:
        self.current_changed.emit(self._proxy.mapToSource(current))

    def _on_rows(self) -> None:
        if not self._fit_later.isActive():
            self._fit_later.start()

    def _on_data(self) -> None:
        if not self._widen_later.isActive():
            self._widen_later.start()

    def _fit(self) -> None:
        rows = self._model.rowCount()
        self._stack.setCurrentWidget(self._view if rows else self._empty)
        if rows:
            self._set_widths(may_shrink=True)
        self.setFixedHeight(_HEADER_HEIGHT + min(rows, self._most_rows) * ROW_HEIGHT + 2 if rows else ROW_HEIGHT)

    def _widen(self) -> None:
        """Make room for figures that grew longer; columns do not shrink under a reader's eyes."""
        if self._model.rowCount():
            self._set_widths(may_shrink=False)

    def _set_widths(self, *, may_shrink: bool) -> None:
        """Fit every column to its words."""
        header = self._view.horizontalHeader()
        metrics = header.fontMetrics()
        for column in range(self._model.columnCount()):
            if header.sectionResizeMode(column) is QHeaderView.ResizeMode.Interactive:
                title = str(self._model.headerData(column, Qt.Orientation.Horizontal))
                heading = metrics.horizontalAdvance(title) + _HEADING_EXTRA
                wanted = min(max(self._view.sizeHintForColumn(column), heading), _WIDEST)
                if may_shrink or wanted > header.sectionSize(column):
                    header.resizeSection(column, wanted)
