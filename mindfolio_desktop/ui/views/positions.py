"""Every open position of every module, and of the account beside them: find one, look at it, act on it."""

from PySide6.QtCore import QEvent, QModelIndex, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.models.keyed_table import KEY_ROLE, SORT_ROLE
from mindfolio_desktop.ui.models.positions import NOT_SHOWN_FIRST, PositionRow, PositionsModel, everywhere
from mindfolio_desktop.ui.views.position_panel import PositionPanel
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.navigation import ORDERS
from mindfolio_desktop.ui.widgets.page import Page
from mindfolio_desktop.ui.widgets.panel import Panel

_STRUCTURE = 1
_FILTER_WIDTH = 280


class PositionsView(Page):
    """The table with its filter and columns; below it the position that is chosen, the first one to begin with."""

    _model: PositionsModel | None = None

    def __init__(self, bridge: EngineBridge, parent: QWidget | None = None) -> None:
        super().__init__("positions", parent)
        self._snapshot: MindfolioSnapshot | None = None
        self._rows: dict[str, PositionRow] = {}
        self._chosen = ""
        self._is_filling = False
        self._filter = QLineEdit()
        self._filter.setObjectName("positions_filter")
        self._filter.setAccessibleName("Filter positions by symbol, module or structure")
        self._filter.setPlaceholderText("Filter by symbol, module, structure")
        self._filter.setClearButtonEnabled(True)
        self._columns = Button("Columns", "positions_choose_columns")
        model = PositionsModel(self, of_all=True)
        self._model = model
        self._table = DataTable(
            model, "all_positions_table", "Open positions", sort_role=SORT_ROLE, stretch=_STRUCTURE, most_rows=8
        )
        self._table.explain_empty("Waiting for the engine…")
        self._columns.setMenu(self._table.offer_columns(NOT_SHOWN_FIRST))
        self._detail = PositionPanel(bridge)
        self.add_heading("Positions", self._filter, self._columns)
        panel = Panel("Open positions", "all_positions_panel", "right-click a heading to choose columns")
        panel.body.addWidget(self._table)
        self.column.addWidget(panel)
        self.column.addWidget(self._detail)
        self.column.addStretch(1)
        self._detail.hide()
        self._filter.textChanged.connect(self._show)
        self._table.current_changed.connect(self._on_current)
        self._detail.orders_wanted.connect(self._go_to_orders)

    # --- what is shown --------------------------------------------------------------------------------------------
    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show newer figures; the chosen position stays chosen as long as it is open and not filtered away."""
        self._snapshot = snapshot
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The filter leaves room for the heading beside it."""
        super().resizeEvent(event)
        self._filter.setFixedWidth(min(theme.px(_FILTER_WIDTH), self.width() // 3))

    def show_item(self, item: str) -> None:
        """Choose a position; a filter that hides it goes."""
        self._chosen = item
        if self._filter.text() and item not in self._rows:
            self._filter.clear()
        self._show()
        self.ensureWidgetVisible(self._table)

    @Slot()
    def _show(self) -> None:
        snapshot, model = self._snapshot, self._model
        if snapshot is None or model is None:
            return
        everything = everywhere(snapshot)
        rows = [row for row in everything if row.matches(self._filter.text())]
        self._rows = {row.view.position.position_id: row for row in rows}
        # Rows that come and go move Qt's current row: that is not a person's choice.
        self._is_filling = True
        model.show_rows(rows)
        self._is_filling = False
        self._table.explain_empty(
            f"None of the {len(everything)} open positions matches “{self._filter.text().strip()}”."
            if everything
            else "Nothing is held. Modules open positions when a scan finds a trade that passes every check."
        )
        if self._chosen not in self._rows:
            self._chosen = next(iter(self._rows), "")
        self._select()
        self._show_chosen()

    def _select(self) -> None:
        """Put the selection on what is chosen, where it is not yet."""
        current = self._table.view.currentIndex().siblingAtColumn(0).data(KEY_ROLE)
        row = self._model.row_of(self._chosen) if self._model is not None else None
        if row is not None and current != self._chosen:
            self._table.select_source_row(row)

    def _show_chosen(self) -> None:
        row = self._rows.get(self._chosen)
        if row is not None and self._snapshot is not None:
            self._detail.show_row(row, self._snapshot)
        if self._detail.isHidden() != (row is None):
            self._detail.setVisible(row is not None)

    @Slot(QModelIndex)
    def _on_current(self, current: QModelIndex) -> None:
        key = current.siblingAtColumn(0).data(KEY_ROLE)
        if not self._is_filling and isinstance(key, str) and key in self._rows and key != self._chosen:
            self._chosen = key
            self._show_chosen()

    @Slot()
    def _go_to_orders(self) -> None:
        self.page_requested.emit(ORDERS)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._model is not None:
            self._model.refresh_colours()
