"""The dashboard: the account, the allocation bar, a card for each module, and the aggregated risk."""

from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from engine.domain.budget import BudgetPlan
from engine.domain.commands import Command, PauseModule, ReallocateBudget, ResumeMindfolio, ResumeModule
from engine.domain.denial import Denial
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.widgets.account_panel import AccountPanel
from mindfolio_desktop.ui.widgets.allocation_bar import AllocationBar
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.card_grid import fill_grid
from mindfolio_desktop.ui.widgets.module_card import ModuleCard
from mindfolio_desktop.ui.widgets.navigation import APPROVALS, BUDGETS, GALLERY
from mindfolio_desktop.ui.widgets.page import Page
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.resume_strip import ResumeStrip
from mindfolio_desktop.ui.widgets.risk_panels import GreeksPanel, RankingPanel, WorstCasePanel

WHO = "user"
_MOST_COLUMNS = 4
_PANELS = 3


class Dashboard(Page):
    """Shows a snapshot and sends pause, resume and reallocation; every other wish is a signal."""

    def __init__(self, bridge: EngineBridge, parent: QWidget | None = None) -> None:
        super().__init__("dashboard", parent)
        self._bridge = bridge
        self._cards: dict[str, ModuleCard] = {}
        self._columns = 0
        self._account = AccountPanel()
        self.allocation = AllocationBar()
        self._allocation_panel = Panel("Budgets", "allocation_panel", inset=16)
        self._allocation_panel.body.addWidget(self.allocation)
        self._panels = (GreeksPanel(), WorstCasePanel(), RankingPanel())
        self._more = Button("Add New Module", "dashboard_gallery")
        self._rebalance = Button("Rebalance Budgets", "dashboard_budgets")
        self._card_grid, self._panel_grid = QGridLayout(), QGridLayout()
        self._resume_strip = ResumeStrip()
        self.column.addWidget(self._resume_strip)
        self.column.addWidget(self._account)
        self.column.addWidget(self._allocation_panel)
        for grid in (self._card_grid, self._panel_grid):
            grid.setSpacing(2 * theme.SPACE)
            self.column.addLayout(grid)
        more = QHBoxLayout()
        more.addWidget(self._more)
        more.addWidget(self._rebalance)
        more.addStretch(1)
        self.column.addLayout(more)
        self.column.addStretch(1)
        self._more.clicked.connect(self._go_to_gallery)
        self._rebalance.clicked.connect(self._go_to_budgets)
        self._resume_strip.resume_requested.connect(self._resume_stopped)
        self._resume_strip.everything_requested.connect(self._resume_everything)
        self.allocation.apply_requested.connect(self._send)
        self.allocation.moved.connect(bridge.give_way)
        bridge.command_accepted.connect(self._on_accepted)
        bridge.command_denied.connect(self._on_denied)

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show newer figures; parts that did not change are left alone."""
        self._resume_strip.set_snapshot(snapshot)
        self._account.set_snapshot(snapshot)
        self.allocation.set_snapshot(snapshot)
        module_ids = [view.spec.module_id for view in snapshot.modules]
        if module_ids != list(self._cards):
            self._build_cards(module_ids)
        for view in snapshot.modules:
            self._cards[view.spec.module_id].set_view(view)
        for panel in self._panels:
            panel.set_snapshot(snapshot)
        self._arrange()

    def card(self, module_id: str) -> ModuleCard:
        """The card of a module. Raises KeyError for a module that is not shown."""
        return self._cards[module_id]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many columns as fit."""
        super().resizeEvent(event)
        self._arrange()

    def _build_cards(self, module_ids: list[str]) -> None:
        for card in self._cards.values():
            self._card_grid.removeWidget(card)
            card.deleteLater()
        self._cards = {}
        for index, module_id in enumerate(module_ids):
            card = ModuleCard(module_id, index)
            card.opened.connect(self.module_opened)
            card.approvals_opened.connect(self._go_to_approvals)
            card.adjust_requested.connect(self._adjust)
            card.pause_requested.connect(self._pause)
            card.resume_requested.connect(self._resume)
            self._cards[module_id] = card
        self._columns = 0
        self._arrange()

    def _arrange(self) -> None:
        width = self.viewport().width() - 2 * theme.SPACE
        gap = 2 * theme.SPACE
        needed = max(one.minimumSizeHint().width() for one in (*self._cards.values(), *self._panels))
        fitting = max(1, min(_MOST_COLUMNS, (width + gap) // (needed + gap)))
        if fitting == self._columns:
            return
        self._columns = fitting
        fill_grid(self._card_grid, list(self._cards.values()), min(fitting, max(1, len(self._cards))))
        fill_grid(self._panel_grid, list(self._panels), min(fitting, _PANELS))

    def show_draft(self, plan: BudgetPlan) -> None:
        """Open a split as a draft in the allocation bar, and bring it into sight."""
        self.allocation.load(plan)
        self.ensureWidgetVisible(self._allocation_panel)

    @Slot()
    def _go_to_approvals(self) -> None:
        self.page_requested.emit(APPROVALS)

    @Slot()
    def _go_to_gallery(self) -> None:
        self.page_requested.emit(GALLERY)

    @Slot()
    def _go_to_budgets(self) -> None:
        self.page_requested.emit(BUDGETS)

    @Slot(str)
    def _adjust(self, module_id: str) -> None:
        self.ensureWidgetVisible(self._allocation_panel)
        self.allocation.focus_module(module_id)

    @Slot(str)
    def _pause(self, module_id: str) -> None:
        self._bridge.send(PauseModule(module_id, WHO, "paused on the dashboard"))

    @Slot(str)
    def _resume(self, module_id: str) -> None:
        self._bridge.send(ResumeModule(module_id, WHO, "resumed on the dashboard"))

    @Slot(object)
    def _resume_stopped(self, module_ids: tuple[str, ...]) -> None:
        for module_id in module_ids:
            self._bridge.send(ResumeModule(module_id, WHO, "resumed after the emergency stop"))

    @Slot()
    def _resume_everything(self) -> None:
        self._bridge.send(ResumeMindfolio(WHO, "resumed on the dashboard"))

    @Slot(object)
    def _send(self, command: Command) -> None:
        self._bridge.send(command)

    @Slot(object)
    def _on_accepted(self, command: Command) -> None:
        if isinstance(command, ReallocateBudget):
            self.allocation.show_accepted()

    @Slot(object, object)
    def _on_denied(self, command: Command, denials: tuple[Denial, ...]) -> None:
        if isinstance(command, ReallocateBudget):
            self.allocation.show_denied(denials)
