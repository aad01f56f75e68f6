"""The strip that closes a position, or units of it, with its cost at mid and at natural before."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QSpinBox

from engine.core.money import Money
from engine.domain.position import Position
from engine.domain.position_sheet import ClosingPart, ClosingQuote
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.widgets.action_strip import ActionStrip
from mindfolio_desktop.ui.widgets.price_choice import PriceChoice
from mindfolio_desktop.ui.widgets.text import Text


class CloseStrip(ActionStrip):
    """`asked` (units) comes when another number of units was chosen, and must be answered by `show_quote`."""

    asked = Signal(int)

    def __init__(self) -> None:
        super().__init__("close_strip", "Close", "Close")
        self._quantity = QSpinBox()
        self._quantity.setObjectName("close_quantity")
        self._quantity.setAccessibleName("Units to close")
        self._quantity.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self._quantity.setToolTip("Type it, or use the up and down keys")
        self._quantity.setFixedWidth(theme.px(72))
        self._of = Text("", "muted", name="close_of")
        self._price = PriceChoice("close_price")
        self._quote: ClosingQuote | None = None
        across = QHBoxLayout()
        across.setSpacing(theme.SPACE)
        across.addWidget(self._quantity)
        across.addWidget(self._of)
        across.addStretch(1)
        self.controls.addLayout(across)
        self.controls.addWidget(self._price)
        self._quantity.valueChanged.connect(self._on_quantity)
        self._price.changed.connect(self._show)

    @property
    def quantity(self) -> int:
        """Units to close."""
        return self._quantity.value()

    @property
    def limit(self) -> Money | None:
        """A limit, None to walk from mid towards natural."""
        return self._price.limit

    def open_for(self, position: Position, words: str) -> None:
        """Ask about closing a position, all of it to begin with."""
        self._quote = None
        self._price.begin()
        blocked = self._quantity.blockSignals(True)
        self._quantity.setRange(1, max(1, position.quantity))
        self._quantity.setValue(position.quantity)
        self._quantity.blockSignals(blocked)
        self._of.show_text(f"of {fmt.counted(position.quantity, 'unit')}")
        self.open(f"Close {words}")
        self.show_cost("Asking for prices…")
        self._quantity.setFocus()
        self._quantity.selectAll()  # what is typed is the number, not one more digit of it
        self.asked.emit(position.quantity)

    def show_quote(self, quote: ClosingQuote) -> None:
        """What it would cost now; ignored when it is about another number of units."""
        if quote.quantity != self.quantity or self.isHidden():
            return
        self._quote = quote
        self._price.show_mid(quote.parts[0].mid if quote.parts else None)
        self._show()

    @Slot()
    def _on_quantity(self) -> None:
        self._quote = None
        self.show_possible(is_possible=False)
        self.asked.emit(self.quantity)

    @Slot()
    def _show(self) -> None:
        quote = self._quote
        if quote is None or self.is_waiting:
            return
        lines = []
        if quote.parts:
            mids, naturals = [part.mid for part in quote.parts], [part.natural for part in quote.parts]
            lines = [
                f"At mid: {cost_words(quote.at_mid)}{a_share(mids)}",
                f"At natural: {cost_words(quote.at_natural)}{a_share(naturals)}",
            ]
        if len(quote.parts) > 1:
            lines.append(_steps(quote.parts, is_limit=self.limit is not None))
        self.show_cost("\n".join(lines))
        has_price = bool(quote.parts) and (quote.parts[0].mid is not None or self.limit is not None)
        refused = refusals.denials(quote.denials)
        if not refused and not has_price:
            refused = "There is no price to close at now: set a limit, or wait for quotes."
        if not refused and not self._price.is_ready:
            refused = "Type a price a share, such as 1.25."
        self.show_refused(refused)
        self.show_possible(is_possible=not refused)


def cost_words(amount: Money | None) -> str:
    """`pay $120.00`, `receive $35.00`, `nothing`; a dash where it is not known."""
    if amount is None:
        return fmt.UNKNOWN
    if amount == 0:
        return "nothing"
    return f"{'pay' if amount > 0 else 'receive'} {fmt.money(abs(amount), cents=True)}"


def a_share(prices: list[Money | None]) -> str:
    """The net price a share in brackets, where there is but one, and it is not even."""
    return f" ({fmt.net_price(prices[0])} a share)" if len(prices) == 1 and prices[0] else ""


def _steps(parts: tuple[ClosingPart, ...], *, is_limit: bool) -> str:
    named = [fmt.held(part.structure, part.quantity, names_symbol=False) for part in parts]
    if is_limit:
        return f"The limit is for the first order: {named[0]}. The rest stays as it is."
    return f"In {len(parts)} orders, one after the other: {', then '.join(named)}."
