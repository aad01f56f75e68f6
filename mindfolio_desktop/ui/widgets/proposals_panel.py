"""Proposals for another split side by side, each to be opened as a draft."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout

from engine.core.money import UNIT, Money
from engine.domain.reallocation import Proposal
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.amount_box import AmountBox
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.card_grid import fill_grid
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.proposal_card import ProposalCard
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.text import Text

_CARD_WIDTH, _AMOUNT_WIDTH, _STATE_WIDTH = 320, 120, 280


class ProposalsPanel(Panel):
    """Asks for proposals (`asked`, with the least reserve) and shows what came; `draft_requested` carries a plan."""

    asked = Signal(object)
    draft_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__("Rebalance Budgets", "proposals_panel", "drafts: nothing is applied here")
        self._cards: list[ProposalCard] = []
        self._based_on: tuple[int, Money] | None = None
        self._columns = 0
        self._is_reading = False
        """The button stays enabled meanwhile: one that is disabled hands the focus on, and the page scrolls away."""
        self._least = AmountBox()
        self._least.setObjectName("least_reserve")
        self._least.setAccessibleName("What every proposal leaves in the reserve, in dollars")
        self._propose = Button("Propose", "propose", "primary")
        self._propose.clicked.connect(self._ask)
        self._least.lineEdit().returnPressed.connect(self._ask)
        self._least.limited.connect(self._on_limited)
        self._least.misread.connect(self._on_misread)
        self._least.setFixedWidth(theme.px(_AMOUNT_WIDTH))
        self._state = Text("", "muted", wraps=True, name="proposals_state")
        ask = Flow()
        ask.add_group(Text("Leave at least"), self._least, Text("in the reserve"))
        ask.add(self._propose)
        ask.add(self._state, least=_STATE_WIDTH)
        self.body.addLayout(ask)
        self._grid = QGridLayout()
        self._grid.setSpacing(2 * theme.SPACE)
        self.body.addLayout(self._grid)

    @Slot()
    def _on_limited(self) -> None:
        most = fmt.exact_money(self._least.maximum() * UNIT)
        self._state.show_text(f"Capital is {most}: no more than that can be left in the reserve.", "warning")

    @Slot(str)
    def _on_misread(self, text: str) -> None:
        self._state.show_text(self._least.misread_words(text), "warning")

    @property
    def least_reserve(self) -> Money:
        """What every proposal is to leave in the reserve."""
        return self._least.value() * UNIT

    def show_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Follow the split in force: what was proposed over another one is not loaded any more."""
        self._least.show_amount(self.least_reserve, snapshot.capital // UNIT, snapshot.capital)
        if self._based_on is None:
            return
        is_current = self._based_on == (snapshot.version, snapshot.capital)
        for card in self._cards:
            card.show_current(is_current=is_current)
        if not is_current:
            self._state.show_text("The split has changed since: propose again.", "warning")

    def show_reading(self) -> None:
        """The ledger is being read."""
        self._is_reading = True
        self._state.show_text("Reading the ledger\N{HORIZONTAL ELLIPSIS}", "muted")

    def show_failed(self, why: str) -> None:
        """There are no proposals, and why."""
        self._is_reading = False
        self._state.show_text(f"No proposals: {why}", "warning")

    def show_proposals(self, found: tuple[Proposal, ...], snapshot: MindfolioSnapshot) -> None:
        """Show proposals over the split of a snapshot."""
        self._is_reading = False
        for card in self._cards:
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = [ProposalCard(each) for each in found]
        for card in self._cards:
            card.load_asked.connect(self.draft_requested)
        self._based_on = snapshot.version, snapshot.capital
        changing = sum(each.is_change for each in found)
        which = str(changing) if changing else "None"
        self._state.show_text(f"{which} of {len(found)} would move money. No split closes a position.", "muted")
        self._columns = 0
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        room = self.width() - 4 * theme.SPACE
        columns = max(1, min(len(self._cards), room // theme.px(_CARD_WIDTH)))
        if columns == self._columns or not self._cards:
            return
        self._columns = columns
        fill_grid(self._grid, self._cards, columns)

    @Slot()
    def _ask(self) -> None:
        if not self._is_reading:
            self.asked.emit(self.least_reserve)
