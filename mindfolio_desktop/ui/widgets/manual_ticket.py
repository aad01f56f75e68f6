"""A person's own ticket: its legs, what they are, cost and risk, and the fields by which it becomes an order."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from engine.core.money import Money
from engine.domain.structure import Leg, StructureKind
from engine.domain.ticket_view import TicketView
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.panel import Facts
from mindfolio_desktop.ui.widgets.picker import Picker
from mindfolio_desktop.ui.widgets.price_box import PriceBox
from mindfolio_desktop.ui.widgets.reflow import Beside, Flow, stacked
from mindfolio_desktop.ui.widgets.text import ElidedText, Text

MOST_UNITS = 1000
_NOTE_WIDTH, _REASON_WIDTH = 240, 140
HINT = (
    "Click a bid to sell, an ask to buy; or go there with the arrows and press Space. Each press is one contract more, "
    "and the other side takes it back."
)


class ManualTicket(QFrame):
    """Fields of a ticket. `changed`: a field that figures depend on; `checked`, `sent` and `cleared`: the buttons."""

    changed = Signal()
    checked = Signal()
    sent = Signal()
    cleared = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("manual_ticket")
        self.setAccessibleName("Ticket")
        theme.set_role(self, "card")
        self._own_limit = self._own_worst = False
        self._names: tuple[tuple[str, str], ...] = ()
        self._title = ElidedText("Ticket", pixels=14, weight=theme.BOLD, name="manual_title")
        self._note = Text(HINT, "muted", wraps=True, name="manual_note")
        self._others = Text(role="muted", pixels=12, wraps=True, name="manual_others")
        self._body = QWidget()
        self._legs = Text(wraps=False, name="manual_legs")
        self._prices, self._risk, self._needs = Facts("manual_prices"), Facts("manual_risk"), Facts("manual_needs")
        self.module = Picker("manual_module", "Module")
        self.quantity = QSpinBox()
        self.limit, self.worst = PriceBox("manual_limit", "Limit"), PriceBox("manual_worst", "Worst price")
        self.reason = QLineEdit()
        self._clear = Button("Clear", "manual_clear")
        self._check = Button("Check", "manual_check")
        self._check.setToolTip("Runs every check on this ticket as it stands now. Nothing is sent.")
        self._send = Button("Send", "manual_send", "primary")
        self._blocked = Text(role="warning", wraps=True, name="manual_blocked")
        self._answer = Text(role="warning", wraps=True, name="manual_answer")
        self._set_up()
        self._lay_out()
        self._answer.show_or_hide("")
        self.show_legs(())

    def _set_up(self) -> None:
        for facts, rows in (
            (
                self._prices,
                (
                    ("mid", "Mid", "Net price a share in the middle of the legs' quotes"),
                    ("natural", "Natural", "Net price a share that crosses every spread"),
                    ("breakevens", "Break-evens", "Prices of the underlying at expiry, at the limit"),
                ),
            ),
            (
                self._risk,
                (
                    ("risk", "Max risk", "By the rule of its structure, at the worst price"),
                    ("profit", "Max profit", "At expiry, at the limit, before costs"),
                    ("costs", "Costs to open", "Commissions and fees"),
                ),
            ),
            (
                self._needs,
                (
                    ("power", "Buying power", "What it takes of the budget, at the worst price"),
                    ("available", "Available", "What the module has left of its budget"),
                ),
            ),
        ):
            for key, caption, tip in rows:
                facts.add(key, caption, tip)
        self.module.setMinimumWidth(theme.px(170))
        self.quantity.setObjectName("manual_quantity")
        self.quantity.setAccessibleName("Quantity")
        self.quantity.setRange(1, MOST_UNITS)
        self.quantity.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.quantity.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.quantity.setFixedWidth(theme.px(64))
        for box in (self.limit, self.worst):
            box.setFixedWidth(theme.px(128))
        self.reason.setObjectName("manual_reason")
        self.reason.setAccessibleName("Reason")
        self.reason.setPlaceholderText("Reason, kept with the order")
        self.reason.setMaxLength(200)
        self.quantity.valueChanged.connect(self.changed)
        self.module.currentIndexChanged.connect(self.changed)
        self.limit.valueChanged.connect(self._on_limit)
        self.worst.valueChanged.connect(self._on_worst)
        self._check.clicked.connect(self.checked)
        self._send.clicked.connect(self.sent)
        self._clear.clicked.connect(self.cleared)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.SPACE, 10, 2 * theme.SPACE, 10)
        column.setSpacing(theme.SPACE)
        heading = Flow(2 * theme.SPACE)
        heading.add(self._title)
        heading.add(self._note, least=_NOTE_WIDTH)
        column.addLayout(heading)
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(theme.SPACE)
        figures = Beside(4 * theme.SPACE, aligned=True)
        for part, share in ((self._legs, 3), (self._prices, 4), (self._risk, 3), (self._needs, 3)):
            figures.add(stacked(part), share)
        body.addLayout(figures)
        body.addLayout(self._fields())
        body.addWidget(self._others)
        body.addWidget(self._blocked)
        column.addWidget(self._body)
        column.addWidget(self._answer)

    def _fields(self) -> Flow:
        fields = Flow()
        for caption, field in (
            ("For the module", self.module),
            ("Quantity", self.quantity),
            ("Limit", self.limit),
            ("Worst", self.worst),
            ("Reason", self.reason),
            ("", self._clear),
            ("", self._check),
            ("", self._send),
        ):
            label = Text(caption, "caption", 12)
            label.setBuddy(field)
            fields.add(stacked(label, field, gap=2), least=_REASON_WIDTH if field is self.reason else None)
        return fields

    # --- what is shown --------------------------------------------------------------------------------------------
    @property
    def own_limit(self) -> Money | None:
        """The limit that a person set, None while it follows the mid."""
        return self.limit.price if self._own_limit else None

    @property
    def own_worst(self) -> Money | None:
        """The worst price that a person set, None while it follows the natural."""
        return self.worst.price if self._own_worst else None

    @property
    def module_id(self) -> str:
        """The module that is chosen, "" for none."""
        chosen = self.module.currentData()
        return chosen if isinstance(chosen, str) else ""

    def show_legs(self, legs: Sequence[Leg]) -> None:
        """Show other legs; limit and worst price begin at mid and natural again."""
        self._own_limit = self._own_worst = False
        if not legs:
            self._keep_focus()
        self._body.setVisible(bool(legs))
        self._note.show_or_hide("" if legs else HINT, "muted")
        self._title.show_text("Ticket")
        self._legs.show_text("\n".join(_leg_words(leg) for leg in legs))
        self._legs.setAccessibleName(self._legs.text())
        if not legs:
            self.quantity.blockSignals(True)
            self.quantity.setValue(1)
            self.quantity.blockSignals(False)
            self.reason.clear()

    def show_figures(self, view: TicketView, available: Money | None) -> None:
        """Show what the ticket would be at the newest quotes."""
        is_custom = view.structure.kind is StructureKind.CUSTOM
        name = f"{view.structure.symbol}: no structure that has a name" if is_custom else fmt.structure(view.structure)
        self._title.show_text(f"{view.quantity} {fmt.TIMES} {name}")
        self._note.show_or_hide(f"No price: {view.no_price}" if view.no_price else "", "warning")
        self._prices.show_fact("mid", fmt.net_price(view.mid))
        self._prices.show_fact("natural", fmt.net_price(view.natural))
        self._prices.show_fact("breakevens", " and ".join(map(fmt.price, view.breakevens)) or fmt.UNKNOWN)
        risk = (
            fmt.UNBOUNDED if view.is_risk_unbounded and view.max_risk is None else fmt.money(view.max_risk, cents=True)
        )
        profit = fmt.UNBOUNDED if view.is_profit_unbounded else fmt.money(view.max_profit, cents=True)
        self._risk.show_fact("risk", risk)
        self._risk.show_fact("profit", profit)
        self._risk.show_fact("costs", fmt.money(view.costs, cents=True))
        is_short = None not in (view.buying_power, available) and (view.buying_power or 0) > (available or 0)
        self._needs.show_fact("power", fmt.money(view.buying_power, cents=True))
        self._needs.show_fact("available", fmt.money(available, cents=True), "warning" if is_short else "")
        for box, price, is_own in (
            (self.limit, view.limit, self._own_limit),
            (self.worst, view.worst, self._own_worst),
        ):
            if price is not None and not (is_own and box.price == price) and not _is_typing(box):
                box.show_price(price, view.tick)

    def show_modules(self, able: Sequence[tuple[str, str]], unable: str) -> None:
        """Offer the modules (id, name) that may trade it, and say why the others may not."""
        self._others.show_or_hide(unable)
        if tuple(able) == self._names:
            return
        before, self._names = self.module_id, tuple(able)
        self.module.blockSignals(True)
        self.module.clear()
        for module_id, name in able:
            self.module.addItem(name, module_id)
        self.module.setCurrentIndex(max(0, self.module.findData(before)) if able else -1)
        self.module.setEnabled(bool(able))
        self.module.blockSignals(False)

    def show_state(self, blocked: str, *, is_waiting: bool, can_check: bool) -> None:
        """Why it cannot be sent now, "" when it can; while an answer is due nothing is.

        Checked it can be also while it is blocked: with the market closed, say.
        """
        if is_waiting:
            self._keep_focus()
        self._send.setText("Checking…" if is_waiting else "Send")
        self._send.setEnabled(not blocked and not is_waiting)
        self._send.setAccessibleDescription(blocked)
        self._check.setEnabled(can_check and not is_waiting)
        self._blocked.show_or_hide("" if is_waiting else blocked)
        for field in (self.quantity, self.limit, self.worst, self.reason, self._clear):
            field.setEnabled(not is_waiting)
        self.module.setEnabled(not is_waiting and bool(self._names))

    def _keep_focus(self) -> None:
        """Hold the keys here while the fields rest: they must not fall on whatever control comes next."""
        focused: QWidget | None = QApplication.focusWidget()
        if focused is not None and self.isAncestorOf(focused):
            self.setFocus()

    def show_answer(self, words: str, role: str = "warning") -> None:
        """Say beside the ticket what came of it, or why it cannot be sent."""
        self._answer.show_or_hide(words, role)

    @Slot()
    def _on_limit(self) -> None:
        self._own_limit = True
        self.changed.emit()

    @Slot()
    def _on_worst(self) -> None:
        self._own_worst = True
        self.changed.emit()


def _leg_words(leg: Leg) -> str:
    return f"{'Buy' if leg.ratio > 0 else 'Sell'} {abs(leg.ratio)} {fmt.contract(leg.contract)}"


def _is_typing(box: PriceBox) -> bool:
    """Whether a person has begun to type another price, which newer quotes must not take away."""
    return box.hasFocus() and box.lineEdit().text() != box.textFromValue(box.value())
