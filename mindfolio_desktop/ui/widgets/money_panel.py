"""Cash in and out, and P&L that becomes capital: what each would do, before it is done."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from engine.core.money import UNIT, Money
from engine.domain.commands import Command, DepositCash, SettleLoss, SweepGain, WithdrawCash
from engine.domain.denial import Denial
from engine.domain.snapshot import MindfolioSnapshot, ModuleView
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.widgets.amount_box import AmountBox
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.proposal_card import moved_words
from mindfolio_desktop.ui.widgets.swatch import Swatch
from mindfolio_desktop.ui.widgets.text import ElidedText, Text

WHO = "user"
MONEY_COMMANDS = (DepositCash, WithdrawCash, SweepGain, SettleLoss)
_MOST_DOLLARS = 1_000_000_000


class MoneyPanel(Panel):
    """Deposits, withdrawals, sweeps and settlements. `wanted` carries a command; its answer comes by `show_answer`."""

    wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__("Cash and Results", "money_panel", "every entry is journaled with its reason")
        self._snapshot: MindfolioSnapshot | None = None
        self._waiting: Command | None = None
        self._rows: dict[str, _ModuleRow] = {}
        self._amount = AmountBox()
        self._amount.setObjectName("cash_amount")
        self._amount.setAccessibleName("Amount to deposit or to withdraw, in dollars")
        self._amount.lineEdit().textChanged.connect(self._preview)
        self._reason = _reason("cash_reason", "Reason, kept in the journal")
        self._deposit = Button("Deposit", "deposit")
        self._withdraw = Button("Withdraw", "withdraw")
        self._deposit.clicked.connect(self._on_deposit)
        self._withdraw.clicked.connect(self._on_withdraw)
        self._in = Text("", "muted", 12, name="deposit_preview")
        self._out = Text("", "muted", 12, name="withdraw_preview")
        self._answer = Text("", wraps=True, name="money_answer")
        self._modules = QGridLayout()
        self._lay_out()

    def _lay_out(self) -> None:
        cash = QVBoxLayout()
        cash.setSpacing(theme.SPACE)
        cash.addWidget(Text("Cash", weight=theme.MEDIUM))
        fields = QHBoxLayout()
        fields.setSpacing(theme.SPACE)
        self._amount.setFixedWidth(130)
        fields.addWidget(self._amount)
        fields.addWidget(self._reason, 1)
        cash.addLayout(fields)
        actions = QGridLayout()
        actions.setHorizontalSpacing(2 * theme.SPACE)
        actions.setVerticalSpacing(theme.SPACE)
        for at, (button, words) in enumerate(((self._deposit, self._in), (self._withdraw, self._out))):
            actions.addWidget(button, at, 0)
            actions.addWidget(words, at, 1)
        actions.setColumnStretch(1, 1)
        cash.addLayout(actions)
        cash.addStretch(1)
        results = QVBoxLayout()
        results.setSpacing(theme.SPACE)
        results.addWidget(Text("Realised since the last settlement", weight=theme.MEDIUM))
        self._modules.setHorizontalSpacing(theme.SPACE)
        self._modules.setVerticalSpacing(theme.SPACE)
        self._modules.setColumnStretch(4, 1)
        results.addLayout(self._modules)
        results.addStretch(1)
        across = QHBoxLayout()
        across.setSpacing(4 * theme.SPACE)
        across.addLayout(cash, 2)
        across.addLayout(results, 3)
        self.body.addLayout(across)
        self.body.addWidget(self._answer)
        self._answer.show_or_hide("")

    # --- what is shown --------------------------------------------------------------------------------------------
    def show_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show what there is to move."""
        self._snapshot = snapshot
        self._amount.show_amount(self._amount.value() * UNIT, _MOST_DOLLARS, snapshot.capital)
        names = [(view.spec.module_id, view.spec.name) for view in snapshot.modules]
        if names != [(key, row.name) for key, row in self._rows.items()]:
            self._build(snapshot)
        for view in snapshot.modules:
            self._rows[view.spec.module_id].show_view(view, snapshot.reserve)
        self._preview()

    def _build(self, snapshot: MindfolioSnapshot) -> None:
        while (item := self._modules.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._rows = {}
        for at, view in enumerate(snapshot.modules):
            row = _ModuleRow(view, at, self._send)
            self._rows[view.spec.module_id] = row
            for column, widget in enumerate(row.widgets):
                self._modules.addWidget(widget, at, column)

    @Slot()
    def _preview(self) -> None:
        snapshot, amount = self._snapshot, self._typed()
        # Not while one waits: a button that is disabled under the focus hands it on, and the page scrolls away.
        is_open = snapshot is not None and amount is not None and amount > 0
        self._deposit.setEnabled(is_open)
        self._withdraw.setEnabled(is_open)
        if snapshot is None:
            return
        if amount is None or amount <= 0:
            words = "Type an amount: 12,500 or 12.5k" if amount is None else "Type an amount first"
            self._in.show_text(words, "muted")
            self._out.show_text(f"The reserve holds {fmt.exact_money(snapshot.reserve)}", "muted")
            return
        reserve, capital = snapshot.reserve, snapshot.capital
        self._in.show_text(_after(reserve, reserve + amount, capital, capital + amount), "")
        if amount > reserve:
            short = fmt.exact_money(amount - reserve)
            self._out.show_text(f"The reserve holds {fmt.exact_money(reserve)}, {short} too little", "warning")
            self._withdraw.setEnabled(False)
        else:
            self._out.show_text(_after(reserve, reserve - amount, capital, capital - amount), "")

    def _typed(self) -> Money | None:
        """What is in the field now, typed to the end or not; None while it is no amount."""
        dollars = self._amount.typed()
        return None if dollars is None else dollars * UNIT

    # --- commands -------------------------------------------------------------------------------------------------
    @Slot()
    def _on_deposit(self) -> None:
        if amount := self._typed():
            self._send(DepositCash(amount, WHO, self._why("deposited in the window")))

    @Slot()
    def _on_withdraw(self) -> None:
        if amount := self._typed():
            self._send(WithdrawCash(amount, WHO, self._why("withdrawn in the window")))

    def _why(self, otherwise: str) -> str:
        return self._reason.text().strip() or otherwise

    def _send(self, command: Command) -> None:
        if self._waiting is not None or self._snapshot is None:
            return
        self._waiting = command
        self._answer.show_or_hide("Asked\N{HORIZONTAL ELLIPSIS}", "muted")
        self.show_snapshot(self._snapshot)
        self.wanted.emit(command)

    def show_answer(self, command: Command, denials: tuple[Denial, ...]) -> None:
        """What became of a command: done, or refused with its reasons."""
        if command != self._waiting or self._snapshot is None:
            return
        self._waiting = None
        if denials:
            self._answer.show_or_hide(f"Not done. {refusals.denials(denials)}", "warning")
        else:
            self._answer.show_or_hide(f"Done: {done_words(command, self._snapshot)}.", "muted")
            if isinstance(command, DepositCash | WithdrawCash):
                if self._deposit.hasFocus() or self._withdraw.hasFocus():
                    self._amount.setFocus()  # before its button is disabled, which would hand the focus on
                self._amount.setValue(0)
                self._reason.clear()
        self.show_snapshot(self._snapshot)


class _ModuleRow:
    """The controls of one module's results: a gain is swept, whole or in part; a loss is settled whole."""

    def __init__(self, view: ModuleView, index: int, send: Callable[[Command], None]) -> None:
        self.name, self._id = view.spec.name, view.spec.module_id
        self._send = send
        self._view = view
        self._reserve: Money = 0
        self._gain: Money = 0
        self.result = Text(name=f"unsettled_{self._id}")
        self.part = AmountBox()
        self.part.setObjectName(f"sweep_amount_{self._id}")
        self.part.setAccessibleName(f"How much of the gain of {self.name} is swept, in dollars; empty of cents")
        self.part.setFixedWidth(110)
        self.preview = ElidedText(role="muted", name=f"settle_preview_{self._id}")
        self.button = Button("Sweep", f"settle_{self._id}", "compact")
        self.button.clicked.connect(self._on_click)
        self.part.lineEdit().textChanged.connect(self._show)
        self.result.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        label = ElidedText(self.name)
        label.setFixedWidth(150)
        self.widgets: tuple[QWidget, ...] = (
            Swatch(index), label, self.result, self.part, self.preview, self.button,
        )  # fmt: skip

    def show_view(self, view: ModuleView, reserve: Money) -> None:
        self._view, self._reserve = view, reserve
        gain = max(0, view.unsettled)
        # Left as it was, the field stands for all of the gain, also when that grows.
        is_all = self.part.value() == self._gain // UNIT
        self.part.show_amount(gain if is_all else min(self.part.value() * UNIT, gain), gain // UNIT, gain)
        self._gain = gain
        self.result.show_text(_signed(view.unsettled), theme.gain_role(view.unsettled))
        self.result.setAccessibleName(f"{self.name}, realised since the last settlement: {_signed(view.unsettled)}")
        self.part.setVisible(gain >= UNIT)
        if not view.unsettled and self.button.hasFocus():
            self.result.setFocus()  # its button goes: the focus would go on to anywhere
        self.button.setVisible(view.unsettled != 0)
        words = "Sweep" if gain else "Settle"
        self.button.setText(words)
        what = "into the reserve" if gain else "off the reserve"
        self.button.setAccessibleName(f"{words} the result of {self.name} {what}")
        self._show()

    def _amount(self) -> Money | None:
        """How much of a gain: all of it with its cents where the field was left as it is."""
        gain, dollars = self._view.unsettled, self.part.typed()
        if dollars is None:
            return None
        return gain if dollars == gain // UNIT else dollars * UNIT

    def _show(self) -> None:
        unsettled, reserve = self._view.unsettled, self._reserve
        amount = self._amount() if unsettled > 0 else None
        is_right = unsettled < 0 or (amount is not None and 0 < amount <= unsettled)
        self.button.setEnabled(is_right)
        if unsettled == 0:
            self.preview.show_text("nothing to settle", "muted")
        elif unsettled > 0:
            words = "Type how much of it" if amount is None or not is_right else ""
            self.preview.show_text(words or f"Reserve {moved_words(reserve, reserve + (amount or 0))}", "muted")
        else:
            of_reserve = min(-unsettled, reserve)
            rest = -unsettled - of_reserve
            budget = self._view.budget
            words = f"Reserve {moved_words(reserve, reserve - of_reserve)}"
            if rest:
                words += f", its budget {moved_words(budget, max(0, budget - rest))}"
            self.preview.show_text(words, "muted")

    def _on_click(self) -> None:
        unsettled = self._view.unsettled
        if unsettled < 0:
            self._send(SettleLoss(self._id, WHO, "settled on the page of budgets"))
        elif (amount := self._amount()) is not None:
            part = None if amount == unsettled else amount
            self._send(SweepGain(self._id, part, WHO, "swept on the page of budgets"))


def done_words(command: Command, snapshot: MindfolioSnapshot) -> str:
    """What was done: `deposited $1,000`."""
    match command:
        case DepositCash(amount):
            return f"deposited {fmt.exact_money(amount)}"
        case WithdrawCash(amount):
            return f"withdrew {fmt.exact_money(amount)}"
        case SweepGain(module_id) | SettleLoss(module_id):
            view = snapshot.module(module_id)
            name = module_id if view is None else view.spec.name
            return f"{'swept the gain' if isinstance(command, SweepGain) else 'settled the loss'} of {name}"
    return ""


def _after(reserve: Money, then: Money, capital: Money, capital_then: Money) -> str:
    return f"Reserve {moved_words(reserve, then)}\nCapital {moved_words(capital, capital_then)}"


def _signed(amount: Money) -> str:
    return f"{fmt.arrow(amount)} {fmt.signed_money(amount, cents=True)}".strip()


def _reason(name: str, hint: str) -> QLineEdit:
    field = QLineEdit()
    field.setObjectName(name)
    field.setPlaceholderText(hint)
    field.setAccessibleName(hint)
    field.setMaxLength(200)
    return field
