"""The page of budgets: proposals for another split, cash and results, and the history of allocation."""

from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from engine.core.money import Money
from engine.domain.commands import Command
from engine.domain.denial import Denial
from engine.domain.questions import AllocationsSoFar, ProposalsFor, Question
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.views.allocation_history import AllocationHistoryPanel
from mindfolio_desktop.ui.widgets.money_panel import MONEY_COMMANDS, MoneyPanel
from mindfolio_desktop.ui.widgets.page import Page
from mindfolio_desktop.ui.widgets.proposals_panel import ProposalsPanel


class Budgets(Page):
    """Reads the ledger each time it is turned to, and at its buttons; sends cash commands; loads drafts elsewhere."""

    def __init__(self, bridge: EngineBridge, parent: QWidget | None = None) -> None:
        super().__init__("budgets", parent)
        self._bridge = bridge
        self._snapshot: MindfolioSnapshot | None = None
        self._is_due = False
        self._locked: frozenset[str] = frozenset()
        self._proposing: ProposalsFor | None = None
        self._proposals, self._money, self._history = ProposalsPanel(), MoneyPanel(), AllocationHistoryPanel()
        self.add_heading("Budgets")
        for panel in (self._proposals, self._money, self._history):
            self.column.addWidget(panel)
        self.column.addStretch(1)
        self._proposals.asked.connect(self._propose)
        self._history.asked.connect(self._read)
        for part in (self._proposals, self._history):
            part.draft_requested.connect(self.draft_requested)
        self._money.wanted.connect(self._send)
        bridge.answered.connect(self._on_answer)
        bridge.unanswered.connect(self._on_no_answer)
        bridge.command_accepted.connect(self._on_accepted)
        bridge.command_denied.connect(self._on_denied)

    def set_locked(self, module_ids: frozenset[str]) -> None:
        """Modules whose budgets no proposal touches."""
        self._locked = module_ids

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show newer figures; the ledger is not read again by it."""
        self._snapshot = snapshot
        for panel in (self._proposals, self._money, self._history):
            panel.show_snapshot(snapshot)
        if self._is_due:
            self._is_due = False
            self._read()
            self._propose(self._proposals.least_reserve)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Not when the window itself comes back: only when somebody turns to the page.
        if not event.spontaneous():
            self._is_due = True

    @Slot()
    def _read(self) -> None:
        self._history.show_reading()
        self._bridge.ask(AllocationsSoFar())

    @Slot(object)
    def _propose(self, least_reserve: Money) -> None:
        if self._snapshot is None:
            return
        self._proposals.show_reading()
        self._proposing = ProposalsFor(self._snapshot, least_reserve, self._locked)
        self._bridge.ask(self._proposing)

    @Slot(object, object)
    def _on_answer(self, question: Question, answer: Any) -> None:
        if isinstance(question, AllocationsSoFar):
            self._history.show_history(answer)
        elif isinstance(question, ProposalsFor) and question is self._proposing:
            self._proposals.show_proposals(answer, question.snapshot)
            self._show_proposals_now()

    def _show_proposals_now(self) -> None:
        if self._snapshot is not None:
            self._proposals.show_snapshot(self._snapshot)

    @Slot(object, str)
    def _on_no_answer(self, question: Question, why: str) -> None:
        if isinstance(question, AllocationsSoFar):
            self._history.show_failed(why)
        elif question is self._proposing:
            self._proposals.show_failed(why)

    @Slot(object)
    def _send(self, command: Command) -> None:
        self._bridge.send(command)

    @Slot(object)
    def _on_accepted(self, command: Command) -> None:
        self._on_denied(command, ())

    @Slot(object, object)
    def _on_denied(self, command: Command, denials: tuple[Denial, ...]) -> None:
        if isinstance(command, MONEY_COMMANDS):
            self._money.show_answer(command, denials)
