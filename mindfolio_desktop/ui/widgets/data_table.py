"""A table as every page shows it: sorted by value, selected by row, as high as its rows, and never silently empty."""

from collections.abc import Iterable

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPoint, QSortFilterProxyModel, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QStackedLayout, QTableView, QWidget

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.remembered import recall, remember
from mindfolio_desktop.ui.widgets.selected_row import SelectedRow
from mindfolio_desktop.ui.widgets.text import Text

ROW_HEIGHT = 30
_HEADER_HEIGHT = 32
_HEADING_EXTRA = 2 * theme.SPACE + 14
"""Padding of a heading and its sort arrow; the style's own hint is twice as generous."""

_SPARE = 4
"""Qt's hint is rounded, and where words need a fraction of a pixel more they are cut short."""

_WIDEN_MS = 1000
_LOOKED_AT = 64
_WIDEST = 420
"""No column but the stretched one takes more pixels than this."""

_STRETCHED_LEAST = 240
"""What the stretched column keeps, or what its words take, where the others leave no room for it."""

_HIDDEN = "hidden"


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
        self._model, self._most_rows, self._stretch = model, most_rows, stretch
        self._memory, self._key, self._is_fitting = f"columns/{name}", f"table/{name}", False
        self._menu: QMenu | None = None
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
        self._come_back()
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
        view.verticalHeader().setDefaultSectionSize(theme.px(ROW_HEIGHT))
        header = view.horizontalHeader()
        header.setFixedHeight(theme.px(_HEADER_HEIGHT))
        header.setHighlightSections(False)
        # Fitting looks at what is seen and some rows more: all of a long table would take 30 ms at each look.
        header.setResizeContentsPrecision(_LOOKED_AT)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
        header.setMaximumSectionSize(theme.px(_WIDEST) * 4)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        view.setSortingEnabled(True)
        view.selectionModel().currentRowChanged.connect(self._on_current)
        SelectedRow(view)

    def _come_back(self) -> None:
        """Sort and widths as a person left them; a table that has other columns now begins anew."""
        header = self._view.horizontalHeader()
        self._widths: dict[str, int] = {}
        kept = recall(self._key, dict[str, object]())
        titles, widths = self._titles(), kept.get("widths")
        if isinstance(widths, dict):
            self._widths = {
                title: width
                for title, width in widths.items()
                if title in titles and isinstance(width, int) and width > 0
            }
        by, is_down = kept.get("by"), kept.get("down")
        if isinstance(by, str) and by in titles:
            order = Qt.SortOrder.DescendingOrder if is_down is True else Qt.SortOrder.AscendingOrder
            self._view.sortByColumn(titles.index(by), order)
        header.sortIndicatorChanged.connect(self._keep)
        header.sectionResized.connect(self._on_resized)

    def _on_resized(self, column: int, _before: int, width: int) -> None:
        """Only a width that a person dragged is kept: the table's own fitting is not, nor that a column is hidden."""
        if self._is_fitting or column == self._stretch or width <= 0:
            return
        self._widths[self._titles()[column]] = round(width * 100 / theme.text_size())
        self._keep()

    def _keep(self) -> None:
        header, titles = self._view.horizontalHeader(), self._titles()
        column = header.sortIndicatorSection()
        is_down = header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder
        by = titles[column] if 0 <= column < len(titles) else ""
        remember(self._key, {"by": by, "down": is_down, "widths": self._widths})

    def _titles(self) -> list[str]:
        return [self._title(at) for at in range(self._model.columnCount())]

    @property
    def view(self) -> QTableView:
        """The Qt view, for focus and selection."""
        return self._view

    @property
    def empty_text(self) -> str:
        """What is said in place of rows, "" while there are rows."""
        return self._empty.text() if self._stack.currentWidget() is self._empty else ""

    def explain_empty(self, why: str) -> None:
        """Say why there are no rows, for as long as there are none. May be called with each snapshot."""
        if why != self._empty.text():
            self._empty.show_text(why)
            self._on_rows()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Why there are no rows may need another line, and columns that fitted may not any more."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._on_rows()

    def offer_columns(self, hidden: Iterable[str] = ()) -> QMenu:
        """Let a person choose which columns are shown, by a menu of the heading; it is remembered by the table's name.

        `hidden` are titles of those that are not shown to begin with. The first column and the stretched one stay.
        """
        away = recall(self._memory, dict[str, object]()).get(_HIDDEN, list(hidden))
        away = away if isinstance(away, list) else list(hidden)
        menu = QMenu(self)
        menu.setObjectName(f"{self._view.objectName()}_columns")
        menu.setAccessibleName("Columns shown")
        header = self._view.horizontalHeader()
        for column in range(1, self._model.columnCount()):
            if column == self._stretch:
                continue
            title = self._title(column)
            action = QAction(title, menu, checkable=True)
            action.setChecked(title not in away)
            action.setData(column)
            self._view.setColumnHidden(column, title in away)
            menu.addAction(action)
        menu.triggered.connect(self._on_column)
        self._menu = menu
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._open_menu)
        return menu

    @Slot(QPoint)
    def _open_menu(self, at: QPoint) -> None:
        if self._menu is not None:
            self._menu.popup(self._view.horizontalHeader().mapToGlobal(at))

    @Slot(QAction)
    def _on_column(self, action: QAction) -> None:
        self._view.setColumnHidden(action.data(), not action.isChecked())
        self._set_widths(may_shrink=True)
        if self._menu is not None:
            away = [one.text() for one in self._menu.actions() if not one.isChecked()]
            remember(self._memory, {_HIDDEN: away})

    def set_most_rows(self, rows: int) -> None:
        """Show so many rows at the most before it scrolls."""
        if rows != self._most_rows:
            self._most_rows = rows
            self._fit()

    def select_source_row(self, row: int) -> None:
        """Put the selection on a row of the model."""
        index = self._proxy.mapFromSource(self._model.index(row, 0))
        self._view.setCurrentIndex(index)

    def source_index(self) -> QModelIndex:
        """Where a person is, in the given model; invalid when nowhere."""
        return self._proxy.mapToSource(self._view.currentIndex())

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
        heading, row = theme.px(_HEADER_HEIGHT), theme.px(ROW_HEIGHT)
        why = max(0, self._empty.heightForWidth(max(1, self.width())))
        header, bar = self._view.horizontalHeader(), self._view.horizontalScrollBar()
        below = bar.sizeHint().height() if rows and header.length() > self.width() else 0
        self.setFixedHeight(heading + min(rows, self._most_rows) * row + 2 + below if rows else why)

    def _widen(self) -> None:
        """Make room for figures that grew longer; columns do not shrink under a reader's eyes."""
        if self._model.rowCount():
            self._set_widths(may_shrink=False)

    def _set_widths(self, *, may_shrink: bool) -> None:
        """Fit every column to its words."""
        header = self._view.horizontalHeader()
        self._is_fitting = True
        for column in range(self._model.columnCount()):
            if column != self._stretch:
                title = self._title(column)
                kept = self._widths.get(title)
                if kept is not None:
                    header.resizeSection(column, theme.px(kept))
                    continue
                words = self._view.sizeHintForColumn(column) + _SPARE
                wanted = min(max(words, self._heading(column)), theme.px(_WIDEST))
                if may_shrink or wanted > header.sectionSize(column):
                    header.resizeSection(column, wanted)
        self._set_stretch()
        self._is_fitting = False

    def _title(self, column: int) -> str:
        return str(self._model.headerData(column, Qt.Orientation.Horizontal))

    def _heading(self, column: int) -> int:
        """The width that a column's heading takes."""
        return self._view.horizontalHeader().fontMetrics().horizontalAdvance(self._title(column)) + _HEADING_EXTRA

    def _set_stretch(self) -> None:
        """Where no room is left over, the table scrolls: the stretched column stays wide enough to be read."""
        header, at = self._view.horizontalHeader(), self._stretch
        others = sum(header.sectionSize(column) for column in range(header.count()) if column != at)
        wanted = max(self._heading(at), min(self._view.sizeHintForColumn(at), theme.px(_STRETCHED_LEAST)))
        is_tight = others + wanted > self.width()
        header.setSectionResizeMode(
            at, QHeaderView.ResizeMode.Interactive if is_tight else QHeaderView.ResizeMode.Stretch
        )
        if is_tight:
            header.resizeSection(at, wanted)
