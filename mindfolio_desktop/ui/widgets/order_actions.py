"""What a person can do about a live order: cancel it, or give it another limit; and what its status means."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.core.money import Money
from engine.domain.denial import Denial
from engine.domain.order import Order
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.price_field import PriceField
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.text import ElidedText, Text


class OrderActions(QWidget):
    """Shows one order. `cancelled` and `replaced` (limit) come once; until the engine answers, the buttons wait."""

    cancelled = Signal()
    replaced = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("order_actions")
        self._order: Order | None = None
        self._why_cancel = self._why_replace = ""
        self._is_waiting = False
        self._name = ElidedText(weight=theme.MEDIUM, name="order_name")
        self._meaning = Text("", "muted", wraps=True, name="order_meaning")
        self._refused = Text("", "warning", wraps=True, name="order_refused")
        self._cancel = Button("Cancel order", "order_cancel")
        self._limit = PriceField("order_limit", "New limit, net a share")
        self._replace = Button("Set new limit", "order_replace")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.SPACE // 2, 0, 0)
        column.setSpacing(theme.SPACE)
        column.addWidget(self._name)
        column.addWidget(self._meaning)
        across = Flow()
        across.add_group(Text("New limit", "muted"), self._limit)
        across.add(self._replace)
        column.addLayout(across)
        column.addWidget(self._cancel, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._refused)
        self._refused.hide()
        self._cancel.clicked.connect(self._on_cancel)
        self._replace.clicked.connect(self._on_replace)
        self._limit.entered.connect(self._on_replace)
        self._limit.changed.connect(self._show_buttons)

    @property
    def order_id(self) -> str:
        """The order shown, "" for none."""
        return "" if self._order is None else self._order.order_id

    def show_order(self, order: Order, words: str, meaning: str, why_cancel: str, why_replace: str) -> None:
        """Show an order in words, what its status means, and why it cannot be cancelled or given another limit."""
        if order.order_id != self.order_id:
            self._is_waiting = False
            self._refused.show_or_hide("")
            self._limit.show_price(order.limit)
        self._order, self._why_cancel, self._why_replace = order, why_cancel, why_replace
        self._name.show_text(words)
        reasons = dict.fromkeys(why for why in (meaning, why_cancel, why_replace) if why)
        self._meaning.show_or_hide("\n".join(reasons))
        self._show_buttons()

    def show_answer(self, denials: tuple[Denial, ...] = ()) -> None:
        """The engine's answer to a button: done, or why not."""
        self._is_waiting = False
        self._refused.show_or_hide(f"Not done.\n{refusals.denials(denials)}" if denials else "")
        self._show_buttons()

    @Slot()
    def _show_buttons(self) -> None:
        price: Money | None = self._limit.price
        is_other = self._order is not None and price is not None and price != self._order.limit
        self._cancel.setEnabled(not self._is_waiting and not self._why_cancel)
        self._cancel.setToolTip(self._why_cancel)
        self._limit.setEnabled(not self._why_replace)
        self._replace.setEnabled(not self._is_waiting and not self._why_replace and is_other)
        unready = "" if is_other else "Type another price a share first, such as 1.25"
        self._replace.setToolTip(self._why_replace or unready)

    @Slot()
    def _on_cancel(self) -> None:
        if self._cancel.isEnabled():
            self._wait()
            self.cancelled.emit()

    @Slot()
    def _on_replace(self) -> None:
        if self._replace.isEnabled():
            price = self._limit.price
            self._wait()
            self.replaced.emit(price)

    def _wait(self) -> None:
        self._is_waiting = True
        self._refused.show_or_hide("")
        self._show_buttons()
