"""The field in which a person types an amount: of a budget, or of money to move."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QSpinBox, QWidget

from engine.core.money import UNIT, Money
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.widgets.allocation_draft import parse_amount
from mindfolio_desktop.ui.widgets.money_slider import STEP_DOLLARS

_MOST = (1 << 31) - 1
"""The largest number that a signal of Qt carries."""


class AmountBox(QSpinBox):
    """Whole dollars, typed as `12,500`, `25%` or `12.5k`; up and down $100, pages $1,000.

    Only a field of what stands, a budget, takes changes: `+2k` and `-500`. Where money is to be moved a sign has no
    meaning that everybody would guess, and an amount with one is misread.

    `gesture_began` comes with every key press, a key held down counting once, so that what follows is one step to
    undo. `limited(asked)` tells that more was typed than there is, `misread(text)` that the text is no amount; in both
    cases the field shows what holds.
    """

    gesture_began = Signal()
    escaped = Signal()
    undo_asked = Signal()
    redo_asked = Signal()
    limited = Signal(int)
    misread = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, takes_changes: bool = False) -> None:
        super().__init__(parent)
        self._takes_changes = takes_changes
        self._capital: Money = 0
        self._exact: Money = 0
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setSingleStep(STEP_DOLLARS)
        self.setKeyboardTracking(False)
        signs = "or a change: +2k, -500" if takes_changes else "without a sign"
        self.setToolTip(f"Type an amount: 12,500, 25%, 12.5k, {signs}")

    def show_amount(self, amount: Money, maximum: int, capital: Money) -> None:
        """Show an exact amount of which the whole dollars can be edited, without reporting it as a change."""
        self._capital, self._exact = capital, amount
        if (amount // UNIT, maximum) == (self.value(), self.maximum()):
            return
        blocked = self.blockSignals(True)
        self.setRange(0, maximum)
        self.setValue(amount // UNIT)
        self.blockSignals(blocked)

    def typed(self) -> int | None:
        """Whole dollars as the text stands, finished or not; None while it is no amount. May be beyond the limits."""
        text = self.lineEdit().text()
        if text == self.textFromValue(self.value()):
            return self.value()
        return self._read(text)

    def _read(self, text: str) -> int | None:
        return parse_amount(text, self.value() if self._takes_changes else None, self._capital)

    def textFromValue(self, value: int) -> str:
        return fmt.exact_money(self._exact if self._exact // UNIT == value else value * UNIT)

    def valueFromText(self, text: str) -> int:
        if text == self.textFromValue(self.value()):
            return self.value()
        amount = self._read(text)
        if amount is None:
            return self.value()
        if not self.minimum() <= amount <= self.maximum():
            self.limited.emit(min(max(-_MOST, amount), _MOST))
        return min(max(self.minimum(), amount), self.maximum())

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        is_amount = self._read(text) is not None
        is_shown = text == self.textFromValue(self.value())
        state = QValidator.State.Acceptable if is_amount or is_shown else QValidator.State.Intermediate
        return state, text, position

    def misread_words(self, text: str) -> str:
        """One line that tells what is wrong with a text, to be said beside the field."""
        change = (
            "" if self._takes_changes or text.strip()[:1] not in {"+", "-", "\N{MINUS SIGN}"} else " without a sign"
        )
        return f"“{text}” is not an amount of whole dollars{change}."

    def fixup(self, text: str) -> str:
        self.misread.emit(text)
        return self.textFromValue(self.value())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        line = self.lineEdit()
        if event.key() == Qt.Key.Key_Escape:
            if line.text() == self.textFromValue(self.value()):
                self.escaped.emit()
            else:
                line.setText(self.textFromValue(self.value()))
            return
        if event.matches(QKeySequence.StandardKey.Undo) and not line.isUndoAvailable():
            self.undo_asked.emit()
            return
        if event.matches(QKeySequence.StandardKey.Redo) and not line.isRedoAvailable():
            self.redo_asked.emit()
            return
        if not event.isAutoRepeat():
            self.gesture_began.emit()
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
