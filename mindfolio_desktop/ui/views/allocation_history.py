"""The history of allocation: charts, every change, and what earlier splits might have made."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QModelIndex, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.domain.allocation_review import AllocationReview
from engine.domain.budget import BudgetPlan
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.models.allocation_changes import AllocationChangesModel
from mindfolio_desktop.ui.models.kept_splits import KeptSplitsModel, doubt_words, split_words
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE
from mindfolio_desktop.ui.widgets.allocation_plot import AllocationPlot
from mindfolio_desktop.ui.widgets.allocation_rows import ReserveSwatch
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.swatch import Swatch
from mindfolio_desktop.ui.widgets.text import ElidedText, Text

ESTIMATE = (
    "An estimate: each module's P&L is scaled by its budget, as if half the budget had earned half. Trades are whole "
    "contracts, and limits would have bound elsewhere."
)
"""What is said beside what an earlier split might have made."""

_MOVED, _SPLIT = 4, 1
_LEGEND_WIDTH, _STATE_WIDTH = 320, 280


class AllocationHistoryPanel(QWidget):
    """Shows a review. `asked`: it should be read again; `draft_requested` carries an earlier split as a plan."""

    asked = Signal()
    draft_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("allocation_history")
        self._review: AllocationReview | None = None
        self._snapshot: MindfolioSnapshot | None = None
        self._legend_of: tuple[str, ...] = ()
        self._groups: list[QWidget] = []
        self._plan: BudgetPlan | None = None
        self._is_reading = False
        self._again = Button("Read again", "read_allocations")
        self._again.clicked.connect(self._on_again)
        self._state = Text("", "muted", wraps=True, name="allocations_state")
        self._legend = QWidget()
        self._keys = Flow(2 * theme.SPACE)
        self._legend.setLayout(self._keys)
        self._plot = AllocationPlot("allocation_plot")
        self._changes, self._kept = AllocationChangesModel(self), KeptSplitsModel(self)
        self._table = DataTable(
            self._changes,
            "allocation_changes",
            "Changes of the split",
            sort_role=SORT_ROLE,
            stretch=_MOVED,
            most_rows=10,
        )
        self._kept_table = DataTable(
            self._kept, "kept_splits", "Earlier splits kept", sort_role=SORT_ROLE, stretch=_SPLIT, most_rows=8
        )
        self._load = Button("Load this split as draft", "load_split")
        self._load.clicked.connect(self._on_load)
        self._load_words = Text("", "muted", wraps=True, name="load_split_words")
        self._about = Text("", wraps=True, name="kept_about")
        self._table.current_changed.connect(self._on_change)
        self._kept_table.current_changed.connect(self._on_kept)
        self._lay_out()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.SPACE)
        chart = Panel("Allocation History", "allocation_history_panel", "budgets above, cumulative P&L below")
        head = Flow()
        head.add(self._legend, least=_LEGEND_WIDTH)
        head.add(self._state, least=_STATE_WIDTH)
        head.add(self._again)
        chart.body.addLayout(head)
        chart.body.addWidget(self._plot)
        changes = Panel("Every Change", "allocation_changes_panel", "newest first")
        changes.body.addWidget(self._table)
        foot = Flow(theme.SPACE + theme.SPACE // 2)
        foot.add(self._load)
        foot.add(self._load_words, least=_STATE_WIDTH)
        changes.body.addLayout(foot)
        kept = Panel("Had You Kept an Earlier Split", "kept_splits_panel", "estimates")
        kept.body.addWidget(Text(ESTIMATE, "muted", wraps=True, name="kept_caveat"))
        kept.body.addWidget(self._kept_table)
        kept.body.addWidget(self._about)
        self._about.show_or_hide("")
        for panel in (chart, changes, kept):
            column.addWidget(panel)
        self._show_load()

    # --- what is shown --------------------------------------------------------------------------------------------
    def show_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Follow the names, the modules and the capital of now."""
        before, self._snapshot = self._snapshot, snapshot
        if before is None or _names(before) != _names(snapshot):
            self._show_review()
        self._show_load()

    def show_reading(self) -> None:
        """The ledger is being read."""
        self._is_reading = True
        self._state.show_text("Reading the ledger\N{HORIZONTAL ELLIPSIS}", "muted")
        if self._review is None:
            for table in (self._table, self._kept_table):
                table.explain_empty("Reading the ledger\N{HORIZONTAL ELLIPSIS}")

    def show_failed(self, why: str) -> None:
        """There is no history, and why."""
        self._is_reading = False
        self._state.show_text(f"The ledger could not be read: {why}", "warning")
        if self._review is None:
            self._plot.explain_empty("The ledger could not be read.")
            for table in (self._table, self._kept_table):
                table.explain_empty("The ledger could not be read.")

    def show_history(self, review: AllocationReview) -> None:
        """Show what was read."""
        self._is_reading = False
        self._state.show_text("", "muted")
        self._review = review
        self._show_review()

    def _show_review(self) -> None:
        review, snapshot = self._review, self._snapshot
        if review is None or snapshot is None:
            return
        names = _names(snapshot)
        self._show_legend(names)
        self._plot.show_days(review.days, {module_id: place for place, module_id in enumerate(names)})
        self._changes.show_rows([(each, names) for each in reversed(review.changes)])
        self._kept.show_rows([(each, names) for each in reversed(review.kept)])
        self._kept_table.explain_empty("The split was never another one: there is nothing to compare.")
        self._table.explain_empty("No change yet.")

    def _show_legend(self, names: Mapping[str, str]) -> None:
        if tuple(names.values()) == self._legend_of:
            return
        self._legend_of = tuple(names.values())
        for group in self._groups:
            self._keys.forget(group)
            group.hide()
            group.deleteLater()
        keys = [*((Swatch(place), name) for place, name in enumerate(names.values())), (ReserveSwatch(), "Reserve")]
        self._groups = [self._keys.add_group(swatch, ElidedText(name, "muted", 12)) for swatch, name in keys]

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._changes.refresh_colours()
            self._kept.refresh_colours()

    @Slot()
    def _on_again(self) -> None:
        if not self._is_reading:
            self.asked.emit()

    # --- choosing -------------------------------------------------------------------------------------------------
    @Slot(QModelIndex)
    def _on_change(self, index: QModelIndex) -> None:
        row = self._changes.row_at(index.row()) if index.isValid() else None
        self._plan = None if row is None else row[0].change.after
        self._show_load()

    def _show_load(self) -> None:
        plan = self._drafted()
        if self._plan is None:
            words = "Choose a change to load the split that it made."
        elif plan is None:
            words = "That split cannot be loaded: the modules are others now, or capital is less than its budgets."
        else:
            words = "Opens the allocation bar with that split; what came in since is the reserve's. Nothing is applied."
        self._load.setEnabled(plan is not None)
        self._load_words.show_text(words)

    def _drafted(self) -> BudgetPlan | None:
        """The chosen split over the capital of now; None where it does not fit."""
        snapshot, plan = self._snapshot, self._plan
        if snapshot is None or plan is None:
            return None
        drafted = BudgetPlan(plan.budgets, snapshot.capital - sum(plan.budgets.values()))
        return None if drafted.check(snapshot.capital, frozenset(_names(snapshot))) else drafted

    @Slot()
    def _on_load(self) -> None:
        plan = self._drafted()
        if plan is not None:
            self.draft_requested.emit(plan)

    @Slot(QModelIndex)
    def _on_kept(self, index: QModelIndex) -> None:
        row = self._kept.row_at(index.row()) if index.isValid() else None
        if row is None:
            self._about.show_or_hide("")
            return
        doubts = doubt_words(row)
        rough = f" {doubts[:1].upper()}{doubts[1:]}." if doubts else ""
        self._about.show_or_hide(f"{split_words(row)}.{rough}", "muted")


def _names(snapshot: MindfolioSnapshot) -> dict[str, str]:
    return {view.spec.module_id: view.spec.name for view in snapshot.modules}
