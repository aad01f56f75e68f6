"""The controls of a trade that waits: how many, approve, refuse with a reason, and not now."""

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QHBoxLayout, QLineEdit, QMenu, QSpinBox, QVBoxLayout, QWidget

from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.text import Text

REASONS = (
    "The price is not good enough",
    "Too much risk for what it pays",
    "Enough of this symbol already",
    "An event is too close",
    "The market is too nervous",
)
"""What people refuse for most often; any other words may be typed."""

SNOOZE_MINUTES = (2, 5, 15, 30, 60)
"""Market minutes; only those that end before the request does are offered."""

MOST_UNITS = 999
_REASON_MOST = 200
_COUNT_WIDTH = 64


class DecisionBar(QWidget):
    """Emits `approved(quantity)`, `refused(reason)`, `snoozed(minutes)`, and `quantity_changed` while one is chosen."""

    approved = Signal(int)
    refused = Signal(str)
    snoozed = Signal(int)
    quantity_changed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("decision_bar")
        self._found = 1
        self._is_resting = False
        self._seconds_left = 0.0
        self._count = QSpinBox()
        self._count.setObjectName("ticket_quantity")
        self._count.setAccessibleName("Quantity to approve")
        self._count.setFont(theme.font())
        self._count.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self._count.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._count.setKeyboardTracking(False)
        self._count.setRange(1, MOST_UNITS)
        self._count.setFixedWidth(theme.px(_COUNT_WIDTH))
        self._count.valueChanged.connect(self._on_count)
        self._of = Text("", "muted", name="ticket_quantity_of")
        self._approve = Button("Approve", "ticket_approve", "primary")
        self._refuse = Button("Refuse", "ticket_refuse")
        self._reason = QComboBox()
        self._snooze = Button("Snooze", "ticket_snooze")
        self._menu = QMenu(self)
        self._menu.setObjectName("ticket_snooze_menu")
        self._set_up()
        self._lay_out()

    def _set_up(self) -> None:
        reason = self._reason
        reason.setObjectName("ticket_reasons")
        reason.setAccessibleName("Reason for refusing")
        reason.setFont(theme.font())
        reason.setEditable(True)
        reason.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        reason.addItems(REASONS)
        reason.setCurrentIndex(-1)
        reason.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        reason.setMinimumContentsLength(12)
        line = QLineEdit()
        reason.setLineEdit(line)
        line.setObjectName("ticket_reason")
        line.setAccessibleName("Reason for refusing")
        line.setPlaceholderText("Reason for refusing, kept with the trade")
        line.setMaxLength(_REASON_MOST)
        line.returnPressed.connect(self._on_refuse)
        self._approve.clicked.connect(self._on_approve)
        self._refuse.clicked.connect(self._on_refuse)
        for minutes in SNOOZE_MINUTES:
            action = self._menu.addAction(f"{minutes} minutes")
            action.setData(minutes)
            action.triggered.connect(partial(self.snoozed.emit, minutes))
        self._snooze.setMenu(self._menu)

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setSpacing(theme.SPACE)
        label = Text("Quantity", "muted")
        label.setBuddy(self._count)
        for widget in (self._approve, label, self._count, self._of):
            first.addWidget(widget)
        first.addStretch(1)
        first.addWidget(self._snooze)
        second.addWidget(self._refuse)
        second.addWidget(self._reason, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        column.addLayout(first)
        column.addLayout(second)

    @property
    def quantity(self) -> int:
        """How many are chosen."""
        return self._count.value()

    def show_trade(self, quantity: int, *, may_edit: bool) -> None:
        """Begin with another trade of that quantity, as it was asked for."""
        self._found = quantity
        blocked = self._count.blockSignals(True)
        self._count.setRange(1, max(MOST_UNITS, quantity))
        self._count.setValue(quantity)
        self._count.blockSignals(blocked)
        self._count.setEnabled(may_edit)
        whole = "" if may_edit else "the whole position"
        self._of.show_text(whole)
        self._reason.setCurrentIndex(-1)
        self._reason.clearEditText()

    def show_time_left(self, seconds: float) -> None:
        """Offer only what ends before the request does; `seconds` of market time."""
        self._seconds_left = seconds
        for action in self._menu.actions():
            fits = 60 * int(action.data()) < seconds
            if action.isVisible() != fits:
                action.setVisible(fits)
        self._show_snooze()

    def show_state(self, *, is_waiting: bool, is_settling: bool, is_unseen: bool = False) -> None:
        """While a decision is on its way, or another trade has just come here, nothing can be pressed.

        What has no price that a person has seen cannot be approved.
        """
        self._is_resting = is_waiting or is_settling
        self._refuse.setEnabled(not self._is_resting)
        self._approve.setEnabled(not self._is_resting and not is_unseen)
        self._reason.setEnabled(not is_waiting)
        self._show_snooze()
        self._show_words(is_waiting=is_waiting)

    def _show_snooze(self) -> None:
        fits = 60 * SNOOZE_MINUTES[0] < self._seconds_left
        self._snooze.setEnabled(fits and not self._is_resting)
        self._snooze.setToolTip("Hide it for some market minutes" if fits else "It expires too soon to be put off")

    def _show_words(self, *, is_waiting: bool = False) -> None:
        self._approve.setText("Checking…" if is_waiting else "Approve")
        if self._count.isEnabled():
            is_edited = self.quantity != self._found
            self._of.show_text(f"edited, asked for {fmt.number(self._found, 0)}" if is_edited else "")

    @Slot(int)
    def _on_count(self, quantity: int) -> None:
        self._show_words()
        self.quantity_changed.emit(quantity)

    @Slot()
    def _on_approve(self) -> None:
        self._count.interpretText()  # what was typed and not left yet counts
        if self._approve.isEnabled():
            self.approved.emit(self.quantity)

    @Slot()
    def _on_refuse(self) -> None:
        if self._refuse.isEnabled():
            self.refused.emit(self._reason.currentText().strip())
