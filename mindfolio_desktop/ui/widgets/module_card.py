"""One module on the dashboard: its budget, what it has at work, what it earned, what it waits for."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from engine.domain.mindfolio import ModuleKind, ModuleStatus
from engine.domain.snapshot import ModuleView
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.icon import Icon
from mindfolio_desktop.ui.widgets.meter import Meter
from mindfolio_desktop.ui.widgets.swatch import Swatch
from mindfolio_desktop.ui.widgets.text import ElidedText, Text


class ModuleCard(QFrame):
    """A card that shows one ModuleView; `index` is the module's place in the snapshot, which gives its colour."""

    opened = Signal(str)
    adjust_requested = Signal(str)
    pause_requested = Signal(str)
    resume_requested = Signal(str)
    approvals_opened = Signal()

    def __init__(self, module_id: str, index: int) -> None:
        super().__init__()
        self.module_id = module_id
        self._index = index
        self._view: ModuleView | None = None
        self.setObjectName(f"card_{module_id}")
        theme.set_role(self, "card")
        self._name = ElidedText(pixels=15, weight=theme.BOLD, name=f"name_{module_id}")
        self._status = Text(pixels=12, weight=theme.MEDIUM, name=f"status_{module_id}")
        self._about = ElidedText(role="muted", pixels=12)
        self._pnl = Text(pixels=20, weight=theme.BOLD, name=f"pnl_{module_id}")
        self._pnl_pct = Text(weight=theme.MEDIUM, name=f"pnl_pct_{module_id}")
        self._day = Text(role="muted", name=f"day_pnl_{module_id}")
        self._mark = Icon()
        self._mark.setObjectName(f"mark_{module_id}")
        self._meter = Meter(f"meter_{module_id}")
        self._used = Text(weight=theme.MEDIUM, name=f"used_{module_id}")
        self._budget = Text(role="muted", name=f"budget_{module_id}")
        self._available = Text(name=f"available_{module_id}")
        self._held = Text(role="muted", name=f"held_{module_id}")
        self._positions = Text(weight=theme.MEDIUM, name=f"positions_{module_id}")
        self._scans = ElidedText(role="muted", name=f"scans_{module_id}")
        self._why = Text(role="warning", pixels=12, wraps=True, name=f"why_{module_id}")
        self._approvals = Button("", f"approvals_{module_id}", "link")
        self._details = Button("View Details", f"details_{module_id}", "compact")
        self._adjust = Button("Adjust Budget", f"adjust_{module_id}", "compact")
        self._pause = Button("Pause", f"pause_{module_id}", "compact")
        self._approvals.clicked.connect(self.approvals_opened)
        self._details.clicked.connect(self._open)
        self._adjust.clicked.connect(self._ask_adjust)
        self._pause.clicked.connect(self._ask_pause)
        self._lay_out()

    def set_view(self, view: ModuleView) -> None:
        """Show the module's newest figures; nothing is touched when they are the same."""
        if view == self._view:
            return
        self._view = view
        spec = view.spec
        self.setAccessibleName(f"Module {spec.name}")
        self._name.show_text(spec.name)
        is_paused = view.status is ModuleStatus.PAUSED
        self._status.show_text("Paused" if is_paused else "Active", "warning-chip" if is_paused else "chip")
        kinds = ", ".join(f"{fmt.kind(one)}s" for one in spec.structures)
        about = f"{kinds} · {'trades by itself' if spec.autotrade else 'asks before it trades'}"
        suggests = spec.kind is ModuleKind.SMART_REBALANCER
        self._about.show_text("Watches the whole mindfolio" if suggests else about)
        self._show_pnl(view)
        self._show_budget(view)
        self._positions.show_text(fmt.kinds(one.position.structure for one in view.open_positions).capitalize())
        scans = f"{fmt.counted(view.scans_today, 'scan')} today"
        self._scans.show_text(f"{scans}, {view.executed_today} executed" if view.scans_today else scans)
        waiting = len(view.approvals)
        self._approvals.setVisible(waiting > 0 or (suggests and not spec.autotrade))
        self._approvals.setEnabled(waiting > 0)
        if suggests:
            self._approvals.setText(f"{fmt.counted(waiting, 'suggestion')} pending" if waiting else "Monitoring only")
        elif waiting:
            self._approvals.setText(f"{fmt.counted(waiting, 'approval')} waiting")
        self._why.show_or_hide(_sentence(view.status_why or "no reason recorded") if is_paused else "")
        word = "Resume" if is_paused else "Pause"
        if self._pause.text() != word:
            self._pause.setText(word)
        for button, words in (
            (self._details, "View details of"),
            (self._adjust, "Adjust budget of"),
            (self._pause, word),
        ):
            button.setAccessibleName(f"{words} {spec.name}")

    def _show_pnl(self, view: ModuleView) -> None:
        role = theme.gain_role(view.pnl)
        self._pnl.show_text(f"{fmt.arrow(view.pnl)} {fmt.signed_money(view.pnl)}".strip(), role)
        self._pnl_pct.show_text(fmt.signed_percent(view.pnl_pct), role)
        parts = f"Realised {fmt.signed_money(view.realised)}, open {fmt.signed_money(view.unrealised)}, after costs"
        self._pnl.setToolTip(parts)
        self._day.show_text(f"Today {fmt.signed_money(view.day_pnl)}", theme.gain_role(view.day_pnl))
        if view.pnl < 0 or view.over_by:
            words = "Over its budget" if view.over_by else "Losing money"
            self._mark.show_icon("warning", "warning", words)
        elif view.pnl > 0:
            self._mark.show_icon("good", "gain", "Earning money, within its budget")
        else:
            self._mark.show_icon("", "muted")

    def _show_budget(self, view: ModuleView) -> None:
        used = f"{fmt.money(view.used)} used, {fmt.percent(view.utilisation_pct)} of the budget"
        held = f"{fmt.money(view.held)} held by working orders"
        self._meter.show_usage(view.budget, view.used, view.held, self._colour(), f"{used}; {held}")
        self._used.show_text(f"{fmt.money(view.used)} used · {fmt.percent(view.utilisation_pct)}")
        self._budget.show_text(f"of {fmt.money(view.budget)} budget")
        if view.over_by:
            self._available.show_text(f"Over by {fmt.exact_money(view.over_by)}: new trades wait", "warning")
        else:
            self._available.show_text(f"{fmt.money(view.available)} available", "")
        self._held.show_text(f"{fmt.money(view.held)} held")

    def _colour(self) -> QColor:
        return theme.module_colour(self._index)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.SPACE, 14, 2 * theme.SPACE, 14)
        column.setSpacing(theme.SPACE)
        column.addLayout(_row(Swatch(self._index), self._name, None, self._status))
        column.addWidget(self._about)
        column.addSpacing(4)
        column.addLayout(_row(self._mark, self._pnl, self._pnl_pct, None, self._day))
        column.addSpacing(4)
        column.addWidget(self._meter)
        column.addLayout(_row(self._used, None, self._budget))
        column.addLayout(_row(self._available, None, self._held))
        line = QFrame()
        line.setFixedHeight(1)
        theme.set_role(line, "line")
        column.addSpacing(2)
        column.addWidget(line)
        column.addSpacing(2)
        column.addLayout(_row(self._positions, None, self._scans))
        column.addWidget(self._why)
        column.addStretch(1)
        column.addLayout(_row(self._approvals, None))
        column.addLayout(_row(self._details, self._adjust, None, self._pause))

    @Slot()
    def _open(self) -> None:
        self.opened.emit(self.module_id)

    @Slot()
    def _ask_adjust(self) -> None:
        self.adjust_requested.emit(self.module_id)

    @Slot()
    def _ask_pause(self) -> None:
        is_paused = self._view is not None and self._view.status is ModuleStatus.PAUSED
        (self.resume_requested if is_paused else self.pause_requested).emit(self.module_id)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _row(*parts: QWidget | None) -> QHBoxLayout:
    """Widgets side by side; None takes the free space."""
    row = QHBoxLayout()
    row.setSpacing(theme.SPACE)
    for part in parts:
        if part is None:
            row.addStretch(1)
        else:
            row.addWidget(part)
    return row
