"""Orders: those that work, with what can be done about them, and the history of all orders and of all fills."""

from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.core.money import Money
from engine.domain.commands import CancelOrder, Command, ReplaceOrder
from engine.domain.denial import Denial
from engine.domain.mindfolio import MindfolioStatus
from engine.domain.order import Order, OrderStatus
from engine.domain.questions import FillsOf, OrdersOf
from engine.domain.records import FillRow, OrderRow
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.models.keyed_table import KEY_ROLE, SORT_ROLE
from mindfolio_desktop.ui.models.orders import (
    FillsModel,
    PastFill,
    PastOrder,
    PastOrdersModel,
    WorkingModel,
    WorkingRow,
    order_words,
    status_words,
    working,
)
from mindfolio_desktop.ui.models.positions import EXTERNAL_NAME
from mindfolio_desktop.ui.pager import Pager
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.choice import Choice
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.order_actions import OrderActions
from mindfolio_desktop.ui.widgets.page import Page
from mindfolio_desktop.ui.widgets.panel import Panel

_WHO = "user"
_NONE_WORKS = "No order works now. One stands here from when it is sent until it is filled or cancelled."
_NONE_SENT = "No order was sent yet. Modules send one for a trade that passes every check, and so does your approval."
_NONE_FILLED = "Nothing was filled yet. Every fill of an order comes here, with its price and costs."
_WHY, _PAST_WHY, _FILL_WHAT = 7, 6, 2
_REPLACEABLE = frozenset({OrderStatus.WORKING, OrderStatus.PARTLY_FILLED})


class OrdersView(Page):
    """Live orders come with the snapshot; the history is asked for when something about them has changed."""

    _models: tuple[Any, ...] = ()

    def __init__(self, bridge: EngineBridge, parent: QWidget | None = None) -> None:
        super().__init__("orders", parent)
        self._bridge = bridge
        self._snapshot: MindfolioSnapshot | None = None
        self._names: dict[str, str] = {}
        self._live: dict[str, WorkingRow] = {}
        self._chosen = ""
        self._is_filling = False
        self._sent: Command | None = None
        self._module = Choice("orders_module", "Orders of which module")
        self._module.addItem("All modules", "")
        self._working, self._past, self._filled = WorkingModel(self), PastOrdersModel(self), FillsModel(self)
        self._models = (self._working, self._past, self._filled)
        self._table = DataTable(
            self._working, "working_table", "Working orders", sort_role=SORT_ROLE, stretch=_WHY, most_rows=8
        )
        self._past_table = DataTable(
            self._past, "past_orders_table", "History of orders", sort_role=SORT_ROLE, stretch=_PAST_WHY, most_rows=10
        )
        self._fills_table = DataTable(
            self._filled, "fills_table", "Fills", sort_role=SORT_ROLE, stretch=_FILL_WHAT, most_rows=10
        )
        self._actions = OrderActions()
        self._older_orders = Button("Load older orders", "orders_older")
        self._older_fills = Button("Load older fills", "fills_older")
        self._orders: Pager[OrderRow] = Pager(
            bridge,
            self._older_orders,
            lambda before: OrdersOf(self._module_id, before),
            lambda row: row.order.order_id,
            parent=self,
        )
        self._fills: Pager[FillRow] = Pager(
            bridge, self._older_fills, lambda before: FillsOf(self._module_id, before), parent=self
        )
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.add_heading("Orders", self._module)
        live = Panel("Working orders", "working_panel", "net prices a share")
        live.body.addWidget(self._table)
        live.body.addWidget(self._actions)
        self.column.addWidget(live)
        for title, name, note, table, older in (
            ("History of orders", "past_orders_panel", "the last changed on top", self._past_table, self._older_orders),
            ("Fills", "fills_panel", "the newest on top", self._fills_table, self._older_fills),
        ):
            panel = Panel(title, name, note)
            panel.body.addWidget(table)
            across = QHBoxLayout()
            across.addWidget(older)
            across.addStretch(1)
            panel.body.addLayout(across)
            self.column.addWidget(panel)
        self.column.addStretch(1)
        self._actions.hide()
        self._table.explain_empty("Waiting for the engine…")
        self._show_history()

    def _connect(self) -> None:
        self._module.currentIndexChanged.connect(self._on_module)
        self._table.current_changed.connect(self._on_current)
        self._actions.cancelled.connect(self._cancel)
        self._actions.replaced.connect(self._replace)
        for pager in (self._orders, self._fills):
            pager.changed.connect(self._show_history)
        bridge = self._bridge
        bridge.command_accepted.connect(self._on_command_answer)
        bridge.command_denied.connect(self._on_command_answer)

    # --- what is shown --------------------------------------------------------------------------------------------
    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show the live orders, and ask for the history where something about them has changed."""
        self._snapshot = snapshot
        names = {view.spec.module_id: view.spec.name for view in snapshot.modules}
        if names != self._names:
            self._names = names
            self._fill_modules()
        self._show_live()
        # Whatever happens to an order or a position is journaled; marks are too, and are no news here.
        seen = (
            tuple(
                (order.order_id, order.status, order.filled, order.limit)
                for view in snapshot.modules
                for order in view.orders
            ),
            tuple((view.closed_trades, len(view.open_positions)) for view in snapshot.modules),
        )
        for pager in (self._orders, self._fills):
            pager.follow(seen)

    def _fill_modules(self) -> None:
        kept = self._module.currentData()
        blocked = self._module.blockSignals(True)
        self._module.clear()
        self._module.addItem("All modules", "")
        for module_id, name in self._names.items():
            self._module.addItem(name, module_id)
        self._module.setCurrentIndex(max(0, self._module.findData(kept)))
        self._module.blockSignals(blocked)

    def _show_live(self) -> None:
        snapshot, wanted = self._snapshot, self._module_id
        if snapshot is None:
            return
        rows = [row for row in working(snapshot) if wanted in (None, row.order.module_id)]
        self._live = {row.order.order_id: row for row in rows}
        # Rows that come and go move Qt's current row: that is not a person's choice.
        self._is_filling = True
        self._working.show_rows(rows)
        self._is_filling = False
        self._table.explain_empty(_NONE_WORKS)
        if self._chosen not in self._live:
            self._chosen = next(iter(self._live), "")
        at = self._working.row_of(self._chosen)
        current = self._table.view.currentIndex().siblingAtColumn(0).data(KEY_ROLE)
        if at is not None and current != self._chosen:
            self._table.select_source_row(at)
        self._show_chosen()

    def _show_chosen(self) -> None:
        row = self._live.get(self._chosen)
        if row is not None and self._snapshot is not None:
            order = row.order
            _, meaning = status_words(order.status)
            why = _why_not_cancel(order), _why_not_replace(order, self._snapshot)
            self._actions.show_order(order, f"{order_words(order)}, {row.module}", meaning, *why)
        if self._actions.isHidden() != (row is None):
            self._actions.setVisible(row is not None)

    @Slot(QModelIndex)
    def _on_current(self, current: QModelIndex) -> None:
        key = current.siblingAtColumn(0).data(KEY_ROLE)
        if not self._is_filling and isinstance(key, str) and key in self._live and key != self._chosen:
            self._chosen = key
            self._show_chosen()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for model in self._models:
                model.refresh_colours()

    # --- history --------------------------------------------------------------------------------------------------
    @property
    def _module_id(self) -> str | None:
        return self._module.currentData() or None

    @Slot()
    def _on_module(self) -> None:
        self._show_live()
        for pager in (self._orders, self._fills):
            pager.begin()

    @Slot()
    def _show_history(self) -> None:
        """Fills are shown anew with the orders too: these say what was filled."""
        for pager, table, words in (
            (self._orders, self._past_table, ("Reading the orders…", _NONE_SENT)),
            (self._fills, self._fills_table, ("Reading the fills…", _NONE_FILLED)),
        ):
            table.explain_empty(pager.why_empty(*words, f"The ledger could not be read: {pager.trouble}"))
        self._past.show_rows([PastOrder(row, self._name(row.order.module_id)) for row in self._orders.rows])
        fills = [PastFill(row, self._name(row.module_id), self._order(row.order_id)) for row in self._fills.rows]
        self._filled.show_rows(fills)

    def _order(self, order_id: str) -> Order | None:
        row = self._orders.find(order_id)
        return None if row is None else row.order

    def _name(self, module_id: str) -> str:
        return self._names.get(module_id, EXTERNAL_NAME if module_id == "EXTERNAL" else module_id)

    # --- actions --------------------------------------------------------------------------------------------------
    @Slot()
    def _cancel(self) -> None:
        self._send(CancelOrder(self._chosen, _WHO, "cancelled on the orders page"))

    @Slot(object)
    def _replace(self, limit: Money) -> None:
        self._send(ReplaceOrder(self._chosen, limit, _WHO))

    def _send(self, command: Command) -> None:
        self._sent = command
        self._bridge.send(command)

    @Slot(object)
    @Slot(object, object)
    def _on_command_answer(self, command: Command, denials: tuple[Denial, ...] = ()) -> None:
        if self._sent is None or command != self._sent:
            return
        self._sent = None
        if isinstance(command, CancelOrder | ReplaceOrder) and command.order_id == self._actions.order_id:
            self._actions.show_answer(denials)


def _why_not_cancel(order: Order) -> str:
    """Why an order cannot be cancelled now, "" where it can."""
    return "Its cancel is under way." if order.status is OrderStatus.CANCEL_PENDING else ""


def _why_not_replace(order: Order, snapshot: MindfolioSnapshot) -> str:
    """Why an order cannot be given another limit now, "" where it can, as far as its own bounds go."""
    if order.status not in _REPLACEABLE:
        return "A new limit waits until the broker has the order and nothing else is asked for."
    if order.adds_risk and (snapshot.halted or snapshot.status is not MindfolioStatus.ACTIVE):
        what = "halted" if snapshot.halted else snapshot.status.value.lower()
        return f"Trading is {what}: an order that opens something is not made more eager."
    return ""
