"""The field for a net price a share: `$2.50 credit`, `$3.20 debit`."""

import re

from PySide6.QtCore import Qt
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QSpinBox

from engine.core.money import CENT, UNIT, Money, dollars
from mindfolio_desktop.ui import format as fmt

_TYPED = re.compile(
    r"\s*(?P<minus>[-\N{MINUS SIGN}])?\s*\$?\s*(?P<amount>\d{1,6}(\.\d{1,2})?)\s*(?P<side>credit|debit|cr|db|c|d)?\s*",
    re.IGNORECASE,
)
_MOST = 1_000_000 * UNIT // CENT


class PriceBox(QSpinBox):
    """Cents a share; a credit is negative. A plain number keeps the side that is shown. Up pays more, by one step."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setRange(-_MOST, _MOST)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setKeyboardTracking(False)

    @property
    def price(self) -> Money:
        """Net a share, credits negative."""
        return self.value() * CENT

    def show_price(self, price: Money, tick: Money) -> None:
        """Show a price and how far one step goes, without reporting it as a change."""
        blocked = self.blockSignals(True)
        self.setSingleStep(max(1, tick // CENT))
        self.setValue(-(-price // CENT))
        self.blockSignals(blocked)

    def textFromValue(self, value: int) -> str:
        return fmt.net_price(value * CENT)

    def valueFromText(self, text: str) -> int:
        price = parse_price(text, is_credit=self.value() < 0)
        return self.value() if price is None else price // CENT

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        is_price = parse_price(text, is_credit=False) is not None
        return QValidator.State.Acceptable if is_price else QValidator.State.Intermediate, text, position

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


def parse_price(text: str, *, is_credit: bool) -> Money | None:
    """A typed net price: `2.50`, `-2.50`, `2.50 credit`; None when it is none. A bare number is of the side given."""
    found = _TYPED.fullmatch(text.replace(",", ""))
    if found is None:
        return None
    side = (found["side"] or "").lower()
    is_received = side.startswith("c") if side else bool(found["minus"]) or is_credit
    amount = dollars(found["amount"])
    return -amount if is_received else amount
