"""The risk page: stress, worst case, Greeks, concentration, what moves together, and the limits."""

from typing import Any

from PySide6.QtCore import QElapsedTimer, QEvent, Slot

from engine.domain.concentration import Concentration
from engine.domain.questions import LimitsOf, Question, StressOf
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE, KeyedTableModel
from mindfolio_desktop.ui.models.risk import ConcentrationModel, GreeksModel, greeks_rows
from mindfolio_desktop.ui.views.comovement_panel import ComovementPanel
from mindfolio_desktop.ui.views.limits_panel import LimitsPanel
from mindfolio_desktop.ui.views.worst_panel import WorstPanel
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.page import Page
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Beside
from mindfolio_desktop.ui.widgets.stress_panel import StressPanel

ASK_INTERVAL_MS = 3000
"""Stress and limits are asked for at most once in this time, and only while the page is in sight."""

TROUBLE_INTERVAL_MS = 60_000
"""The same after a question that failed: each failure is a message, too."""

_NOTHING = "Nothing is held: nothing is concentrated."
_WEIGHTS_WIDTH = 400
"""Pixels in which a table of weights is shown without scrolling."""


class RiskPage(Page):
    """Shows a snapshot, and asks for what none holds. It sends nothing."""

    def __init__(self, bridge: EngineBridge) -> None:
        super().__init__("risk_page")
        self._bridge = bridge
        self._snapshot: MindfolioSnapshot | None = None
        self._since = QElapsedTimer()
        self._is_in_trouble = False
        self._weights: tuple[tuple[Concentration, ...], ...] = ()
        self._stress, self._worst = StressPanel(), WorstPanel()
        self._comovement, self._limits = ComovementPanel(), LimitsPanel()
        self._greeks = GreeksModel(self)
        self._symbols, self._sectors = ConcentrationModel("Symbol", self), ConcentrationModel("Sector", self)
        self._lay_out()
        bridge.answered.connect(self._on_answer)
        bridge.unanswered.connect(self._on_trouble)

    def _lay_out(self) -> None:
        self.add_heading("Risk")
        greeks = Panel("Greeks by module", "greeks_by_module", "shares of different names do not add up; dollars do")
        greeks.body.addWidget(
            DataTable(self._greeks, "greeks_table", "Greeks by module", sort_role=SORT_ROLE, stretch=0, most_rows=12)
        )
        beside = Beside()
        self._weight_tables = []
        for key, title, model in (
            ("symbols", "Concentration by symbol", self._symbols),
            ("sectors", "Concentration by sector", self._sectors),
        ):
            panel = Panel(title, f"concentration_{key}_panel", "buying power and stock, and dollar delta")
            table = DataTable(model, f"concentration_{key}", title, sort_role=SORT_ROLE, stretch=0)
            self._weight_tables.append(table)
            panel.body.addWidget(table)
            panel.body.addStretch(1)
            beside.add(panel, least=_WEIGHTS_WIDTH)
        for part in (self._stress, self._worst, greeks):
            self.column.addWidget(part)
        self.column.addLayout(beside)
        self.column.addWidget(self._comovement)
        self.column.addWidget(self._limits)
        self.column.addStretch(1)

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show newer figures, and ask for newer ones of what it does not hold."""
        self._snapshot = snapshot
        self._worst.set_snapshot(snapshot)
        self._greeks.show_rows(greeks_rows(snapshot))
        weights = snapshot.concentrations, snapshot.sectors
        if weights != self._weights:
            self._weights = weights
            self._symbols.show_rows(snapshot.concentrations)
            self._sectors.show_rows(snapshot.sectors)
        for table in self._weight_tables:
            table.explain_empty(_NOTHING)
        self._comovement.show_comovement(snapshot.comovement)
        interval = TROUBLE_INTERVAL_MS if self._is_in_trouble else ASK_INTERVAL_MS
        if not self._since.isValid() or self._since.hasExpired(interval):
            self._since.start()
            self._is_in_trouble = False
            self._bridge.ask(StressOf())
            self._bridge.ask(LimitsOf())

    @Slot(object, object)
    def _on_answer(self, question: Question, answer: Any) -> None:
        names = self._names()
        match question:
            case StressOf():
                worst = None if self._snapshot is None else self._snapshot.worst
                self._stress.show_grids(answer, names, () if worst is None else worst.without_price)
            case LimitsOf():
                self._limits.show_limits(answer, names)

    @Slot(object, str)
    def _on_trouble(self, question: Question, why: str) -> None:
        match question:
            case StressOf():
                self._is_in_trouble = True
                self._stress.show_trouble(why)
            case LimitsOf():
                self._is_in_trouble = True
                self._limits.show_trouble(why)

    def _names(self) -> dict[str, str]:
        modules = () if self._snapshot is None else self._snapshot.modules
        return {view.spec.module_id: view.spec.name for view in modules}

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            models: tuple[KeyedTableModel[Any], ...] = (
                self._greeks, self._symbols, self._sectors, self._comovement.betas, *self._worst.models,
                self._limits.account, self._limits.modules,
            )  # fmt: skip
            for model in models:
                model.refresh_colours()
