"""One kind of module in the gallery: what it does, what it trades, what it typically has, and the way to its form."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from engine.domain.module_offer import ModuleOffer
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.text import ElidedText, Text

_TYPICAL_WIDTH = 160


class OfferCard(QFrame):
    """Shows one offer; `chosen` carries it."""

    chosen = Signal(object)

    def __init__(self, offer: ModuleOffer) -> None:
        super().__init__()
        self._offer = offer
        key = offer.spec.module_id
        self.setObjectName(f"offer_{key}")
        self.setAccessibleName(f"{offer.name}: {offer.summary}")
        theme.set_role(self, "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.SPACE, 12, 2 * theme.SPACE, 2 * theme.SPACE)
        column.setSpacing(theme.SPACE)
        head = QHBoxLayout()
        head.addWidget(ElidedText(offer.name, pixels=14, weight=theme.BOLD, name=f"offer_name_{key}"), 1)
        if offer.is_users:
            head.addWidget(Text("yours", "chip", 12))
        column.addLayout(head)
        column.addWidget(Text(offer.summary or "Its author says nothing of it.", wraps=True))
        traded = ", ".join(fmt.kind(each) for each in offer.structures)
        column.addWidget(Text(f"Trades {traded}", "muted", 12, wraps=True))
        column.addStretch(1)
        foot = Flow()
        typical = f"typically {fmt.money(offer.budget)}, {fmt.counted(len(offer.parameters), 'setting')}"
        foot.add(Text(typical, "muted", 12, wraps=True), least=_TYPICAL_WIDTH)
        choose = Button("Set up", f"choose_{key}")
        choose.setAccessibleName(f"Set up a module of {offer.name}")
        choose.clicked.connect(self._on_choose)
        foot.add(choose)
        column.addLayout(foot)

    @Slot()
    def _on_choose(self) -> None:
        self.chosen.emit(self._offer)
