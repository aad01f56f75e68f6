"""Cash in and out, and P&L that becomes capital: what each would do, before it is done."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

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
from mindfolio_desktop.ui.widgets.reflow import Beside, Flow, stacked
from mindfolio_desktop.ui.widgets.setting_field import MOST
from mindfolio_desktop.ui.widgets.swatch import Swatch
from mindfolio_desktop.ui.widgets.text import ElidedText, Text

WHO = "user"
MONEY_COMMANDS = (DepositCash, WithdrawCash, SweepGain, SettleLoss)
_TOO_MUCH = f"At most {fmt.exact_money(MOST)} at once"
_AMOUNT_WIDTH, _PART_WIDTH, _REASON_WIDTH = 130, 110, 160
_CASH_WIDTH, _RESULTS_WIDTH = 320, 400


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
        self._amount.limited.connect(self._on_limited)
        self._amount.misread.connect(self._on_misread)
        self._reason = _reason("cash_reason", "Reason, kept in the journal")
        self._deposit = Button("Deposit", "deposit")
        self._withdraw = Button("Withdraw", "withdraw")
        self._deposit.clicked.connect(self._on_deposit)
        self._withdraw.clicked.connect(self._on_withdraw)
        self._in = Text("", "muted", 12, wraps=True, name="deposit_preview")
        self._out = Text("", "muted", 12, wraps=True, name="withdraw_preview")
        self._answer = Text("", wraps=True, name="money_answer")
        self._modules = QGridLayout()
        self._lay_out()

    def _lay_out(self) -> None:
        self._amount.setFixedWidth(theme.px(_AMOUNT_WIDTH))
        fields, fields_in = QWidget(), Flow()
        fields.setLayout(fields_in)
        fields_in.add(self._amount)
        fields_in.add(self._reason, least=_REASON_WIDTH)
        actions, holder = QGridLayout(), QWidget()
        holder.setLayout(actions)
        actions.setContentsMargins(0, 0, 0, 0)
        actions.setHorizontalSpacing(2 * theme.SPACE)
        actions.setVerticalSpacing(theme.SPACE)
        for at, (button, words) in enumerate(((self._deposit, self._in), (self._withdraw, self._out))):
            actions.addWidget(button, at, 0)
            actions.addWidget(words, at, 1)
        actions.setColumnStretch(1, 1)
        rows = QWidget()
        rows.setLayout(self._modules)
        self._modules.setContentsMargins(0, 0, 0, 0)
        self._modules.setHorizontalSpacing(theme.SPACE)
        self._modules.setVerticalSpacing(theme.SPACE // 2)
        self._modules.setColumnStretch(1, 1)
        across = Beside(4 * theme.SPACE)
        across.add(stacked(Text("Cash", weight=theme.MEDIUM), fields, holder), 2, _CASH_WIDTH)
        results = Text("Realised since the last settlement", weight=theme.MEDIUM)
        across.add(stacked(results, rows), 3, _RESULTS_WIDTH)
        self.body.addLayout(across)
        self.body.addWidget(self._answer)
        self._answer.show_or_hide("")

    # --- what is shown --------------------------------------------------------------------------------------------
    def show_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show what there is to move."""
        self._snapshot = snapshot
        self._amount.show_amount(self._amount.value() * UNIT, MOST // UNIT, snapshot.capital)
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
                self._modules.addWidget(widget, 2 * at, column)
            self._modules.addWidget(row.preview, 2 * at + 1, 1, 1, len(row.widgets) - 1)

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
            words = "Type an amount without a sign: 12,500 or 12.5k" if amount is None else "Type an amount first"
            self._in.show_text(words, "muted")
            self._out.show_text(f"The reserve holds {fmt.exact_money(snapshot.reserve)}", "muted")
            return
        reserve, capital = snapshot.reserve, snapshot.capital
        if amount > MOST:
            self._in.show_text(_TOO_MUCH, "warning")
            self._deposit.setEnabled(False)
        else:
            self._in.show_text(_after(reserve, reserve + amount, capital, capital + amount), "")
        if amount > reserve:
            short = f", {fmt.exact_money(amount - reserve)} too little" if amount <= MOST else ""
            self._out.show_text(f"The reserve holds {fmt.exact_money(reserve)}{short}", "warning")
            self._withdraw.setEnabled(False)
        else:
            self._out.show_text(_after(reserve, reserve - amount, capital, capital - amount), "")

    @Slot()
    def _on_limited(self) -> None:
        """The field has gone back to what it takes at most: say so, before somebody takes it for what was typed."""
        self._answer.show_or_hide(f"{_TOO_MUCH}.", "warning")

    @Slot(str)
    def _on_misread(self, text: str) -> None:
        self._answer.show_or_hide(self._amount.misread_words(text), "warning")

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
        self.part.setFixedWidth(theme.px(_PART_WIDTH))
        self.preview = Text(role="muted", pixels=12, wraps=True, name=f"settle_preview_{self._id}")
        self.preview.setContentsMargins(0, 0, 0, theme.SPACE)
        self.button = Button("Sweep", f"settle_{self._id}", "compact")
        self.button.clicked.connect(self._on_click)
        self.part.lineEdit().textChanged.connect(self._show)
        self.result.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.widgets: tuple[QWidget, ...] = (
            Swatch(index), ElidedText(self.name), self.result, self.part, self.button,
        )  # fmt: skip
        """In one row; the preview stands below them."""

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
            words = "" if is_right else f"Type how much of it, {fmt.exact_money(unsettled)} at most"
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
