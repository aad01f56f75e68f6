"""A backtest before funding: one structure on one symbol under the settings in the form, and what it says."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox

from engine.domain.evidence import Evidence
from engine.domain.module_offer import ModuleOffer
from engine.domain.structure import StructureKind
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.evidence_panel import EvidencePanel
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.text import Text

_STATE_WIDTH = 240


class TrialPanel(Panel):
    """`asked` with a symbol and a structure; answers come by `show_waiting`, `show_evidence`, `show_failed`."""

    asked = Signal(str, object)

    def __init__(self, offer: ModuleOffer, symbols: Sequence[str]) -> None:
        super().__init__("Backtest Before Funding", "trial_panel", "the year before today, by one contract")
        self._symbol, self._kind = QComboBox(), QComboBox()
        self._symbol.setObjectName("trial_symbol")
        self._symbol.setAccessibleName("Symbol to test on")
        self._kind.setObjectName("trial_structure")
        self._kind.setAccessibleName("Structure to test")
        self._symbol.addItems(list(symbols))
        self._kinds: tuple[StructureKind, ...] = offer.testable
        self._kind.addItems([fmt.kind(each) for each in offer.testable])
        self._is_running = False
        """The button stays enabled meanwhile: one that is disabled hands the focus on, and the page scrolls away."""
        self._run = Button("Run backtest", "trial_run")
        self._run.clicked.connect(self._ask)
        self._state = Text("", "muted", wraps=True, name="trial_state")
        self._evidence = EvidencePanel()
        self._evidence.hide()
        across = Flow()
        for widget in (self._symbol, self._kind, self._run):
            across.add(widget)
        across.add(self._state, least=_STATE_WIDTH)
        self.body.addLayout(across)
        self.body.addWidget(self._evidence)
        if not offer.testable:
            for widget in (self._symbol, self._kind, self._run):
                widget.hide()
            self._state.show_text("It watches and hedges: a backtest could only say that insurance costs money.")

    def show_waiting(self, seconds: int) -> None:
        """It is being worked out, since so many seconds."""
        self._is_running = True
        self._state.show_text(f"Walking a year of sessions\N{HORIZONTAL ELLIPSIS} {seconds} s", "muted")

    def show_evidence(self, evidence: Evidence) -> None:
        """What it says."""
        self._is_running = False
        self._state.show_text("By these settings:", "muted")
        self._evidence.show_evidence(evidence)
        self._evidence.show()

    def show_failed(self, why: str) -> None:
        """There is none, and why."""
        self._is_running = False
        self._state.show_text(f"No backtest: {why}", "warning")
        self._evidence.hide()

    def show_outdated(self) -> None:
        """The settings were changed since: what is shown is not about them."""
        if self._evidence.isVisibleTo(self):
            self._state.show_text("The settings were changed since this backtest: run it again.", "warning")

    @Slot()
    def _ask(self) -> None:
        if self._kinds and not self._is_running:
            self.asked.emit(self._symbol.currentText(), self._kinds[self._kind.currentIndex()])
