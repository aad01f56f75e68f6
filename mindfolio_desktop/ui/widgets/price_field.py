"""The field for a net price a share: an amount, and whether it is paid or received."""

import re

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QWidget

from engine.core.money import Money, dollars
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button

_WIDTH = 96
_MOST: Money = 10**12
_PRICE = re.compile(r"\$?(\d{1,3}(,\d{3})+|\d{1,12})?(\.\d{1,4})?(?<=\d)", re.ASCII)
"""A comma stands between thousands only: `1,25`, which somebody may mean as 1.25, must not be read as 125."""


class PriceField(QWidget):
    """A price typed as `1.25`; debits are positive, credits negative. `changed` comes with every change by a person."""

    changed = Signal()
    entered = Signal()
    """Return was pressed in the field."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._line = QLineEdit()
        self._line.setObjectName(f"{name}_amount")
        self._line.setAccessibleName(title)
        self._line.setFixedWidth(theme.px(_WIDTH))
        self._line.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._line.setToolTip("Net price a share, such as 1.25")
        self._debit = Button("Debit", f"{name}_debit", "segment")
        self._credit = Button("Credit", f"{name}_credit", "segment")
        sides = QButtonGroup(self)
        for button, place, tip in ((self._debit, "first", "We pay"), (self._credit, "last", "We receive")):
            button.setCheckable(True)
            button.setProperty("place", place)
            button.setToolTip(tip)
            sides.addButton(button)
        self._debit.setChecked(True)
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(theme.SPACE)
        across.addWidget(self._line)
        pair = QHBoxLayout()
        pair.setSpacing(0)
        pair.addWidget(self._debit)
        pair.addWidget(self._credit)
        across.addLayout(pair)
        self.setFocusProxy(self._line)
        self._line.textEdited.connect(self._on_edited)
        self._line.returnPressed.connect(self.entered)
        sides.buttonClicked.connect(self._on_edited)

    @property
    def price(self) -> Money | None:
        """The price a share, None while the words are none."""
        words = self._line.text().strip()
        if not _PRICE.fullmatch(words):
            return None
        try:
            amount = dollars(words.removeprefix("$").replace(",", ""))
        except ValueError:  # more digits than an amount has
            return None
        if not 0 <= amount <= _MOST:
            return None
        return -amount if self._credit.isChecked() else amount

    def show_price(self, price: Money | None) -> None:
        """Show a price to start from; None leaves the field empty."""
        self._line.setText("" if price is None else fmt.price(abs(price)).removeprefix("$").replace(",", ""))
        (self._credit if price is not None and price < 0 else self._debit).setChecked(True)

    @Slot()
    def _on_edited(self) -> None:
        self.changed.emit()
