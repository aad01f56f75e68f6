"""One module's page: its money, performance and settings, what it holds, what it looked at and why, what it closed."""

import datetime as dt
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, Qt, QTimer, Slot
from PySide6.QtWidgets import QWidget

from engine.domain.aftermath import by_reason
from engine.domain.commands import Command, PauseModule, ResumeModule, ScanNow
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.questions import NavSamples, Question, ScansOf, SkipsOf, TradesOf
from engine.domain.snapshot import MindfolioSnapshot, ModuleView
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.models.keyed_table import KEY_ROLE, SORT_ROLE, KeyedTableModel
from mindfolio_desktop.ui.models.positions import PositionsModel
from mindfolio_desktop.ui.models.scans import ScansModel
from mindfolio_desktop.ui.models.skips import SkipsModel
from mindfolio_desktop.ui.models.trades import TradesModel
from mindfolio_desktop.ui.views.module_setup import ModuleSetup
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.equity_plot import EquityPlot, Samples
from mindfolio_desktop.ui.widgets.module_panels import (
    MoneyBand,
    ParametersPanel,
    PerformancePanel,
    SettingsOf,
    SettingsPanel,
)
from mindfolio_desktop.ui.widgets.navigation import DASHBOARD, POSITIONS
from mindfolio_desktop.ui.widgets.outcome_plot import OutcomePlot
from mindfolio_desktop.ui.widgets.page import OwnWindowButton, Page
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Beside, Flow
from mindfolio_desktop.ui.widgets.scan_detail import ScanDetail
from mindfolio_desktop.ui.widgets.text import ElidedText, Text

SCANS_SINCE = dt.timedelta(hours=24)
"""Of market time: how far back the list of scans goes."""

_WHO = "user"
_NO_TRADES = "No trade of this module was closed yet. What is closed, expires or is assigned comes here."
_ASK_INTERVAL_MS = 1000
"""Scans, trades and NAV are asked for at most once in this time."""

_PATIENCE = 5
"""Intervals after which an answer that did not come is asked for again, when there is news."""

_SCANS, _TRADES, _SKIPS, _NAV = "scans", "trades", "skips", "nav"
_STRUCTURE, _REASON, _WHY, _BECAUSE = 1, 4, 4, 1
_WHY_WIDTH = 80


class ModuleDetail(Page):
    """The page of the module given to `show_module`. `settings_of` tells a strategy's settings, defaults included."""

    _models: tuple[KeyedTableModel[Any], ...] = ()

    def __init__(
        self, bridge: EngineBridge, parent: QWidget | None = None, *, settings_of: SettingsOf | None = None
    ) -> None:
        super().__init__("module_detail", parent)
        self._bridge = bridge
        self._module_id = ""
        self._view: ModuleView | None = None
        self._asked: dict[str, object] = {}
        self._waiting: list[tuple[Command, Button]] = []
        self._ask_later = QTimer(self, singleShot=True, interval=_ASK_INTERVAL_MS)
        self._ask_later.timeout.connect(self._ask)
        self._wanted: set[str] = set()
        self._due: dict[str, int] = {}
        self._positions, self._scans, self._trades = PositionsModel(self), ScansModel(self), TradesModel(self)
        self._skips = SkipsModel(self)
        self._models = (self._positions, self._scans, self._trades, self._skips)
        self._back = Button("← Back", "detail_back")
        self._name = ElidedText(pixels=20, weight=theme.BOLD, name="detail_name")
        self._status = Text(pixels=12, weight=theme.MEDIUM, name="detail_status")
        self._why = ElidedText(role="muted", name="detail_why")
        self._scan = Button("Scan now", "detail_scan")
        self._pause = Button("Pause", "detail_pause")
        self._setup = ModuleSetup(bridge)
        self._band, self._performance = MoneyBand(), PerformancePanel()
        self._settings, self._parameters = SettingsPanel(), ParametersPanel(settings_of)
        self._equity = EquityPlot("equity_plot")
        self._outcomes = OutcomePlot("outcome_plot")
        self._tables = {
            "positions": DataTable(
                self._positions, "positions_table", "Active positions", sort_role=SORT_ROLE, stretch=_STRUCTURE
            ),
            "scans": DataTable(
                self._scans, "scans_table", "Recent scans", sort_role=SORT_ROLE, stretch=_REASON, most_rows=10
            ),
            "trades": DataTable(self._trades, "trades_table", "Closed trades", sort_role=SORT_ROLE, stretch=_WHY),
            "skips": DataTable(
                self._skips, "skips_table", "Skipped trades", sort_role=SORT_ROLE, stretch=_BECAUSE, most_rows=8
            ),
        }
        self._scan_detail = ScanDetail()
        self._to_position = Button("Look at it and act…", "detail_open_position", "link")
        self._lay_out()
        self._connect()

    # --- set-up ---------------------------------------------------------------------------------------------------
    def _lay_out(self) -> None:
        column = self.column
        column.addLayout(self._heading())
        column.addWidget(self._setup)
        column.addWidget(self._band)
        middle = Beside()
        nav = Panel("NAV of the account", "equity_panel", "all modules together")
        nav.body.addWidget(self._equity, 1)
        for panel, share, least in ((self._performance, 3, 280), (self._settings, 3, 280), (nav, 4, 360)):
            middle.add(panel, share, least)
        column.addLayout(middle)
        for key, title, note in (
            ("positions", "Active positions", ""),
            ("scans", "Recent scans", "last 24 hours of market time"),
            ("trades", "Closed trades", "after all costs"),
            ("skips", "Trades that were not made", "what one contract of each would have come to"),
        ):
            panel = Panel(title, f"{key}_panel", note)
            panel.body.addWidget(self._tables[key])
            if key == "positions":
                panel.body.addWidget(self._to_position, 0, Qt.AlignmentFlag.AlignLeft)
                self._to_position.hide()
            if key == "trades":
                panel.body.addWidget(self._outcomes)
            if key == "scans":
                panel.body.addWidget(self._scan_detail)
            column.addWidget(panel)
        column.addWidget(self._parameters)
        column.addStretch(1)

    def _heading(self) -> Flow:
        heading = Flow(theme.SPACE + theme.SPACE // 2)
        for part in (self._back, self._name, self._status):
            heading.add(part)
        heading.add(self._why, least=_WHY_WIDTH)
        heading.add_group(self._scan, self._pause, self._setup.edit, self._setup.remove, OwnWindowButton())
        return heading

    def _connect(self) -> None:
        self._back.clicked.connect(self._go_back)
        self._setup.closed.connect(self._to_top)
        self._setup.removed.connect(self._go_back)
        self._scan.clicked.connect(self._on_scan)
        self._pause.clicked.connect(self._on_pause)
        self._tables["scans"].current_changed.connect(self._on_scan_chosen)
        self._tables["positions"].current_changed.connect(self._on_position_chosen)
        self._tables["positions"].view.doubleClicked.connect(self._open_position)
        self._to_position.clicked.connect(self._open_position)
        bridge = self._bridge
        bridge.answered.connect(self._on_answer)
        bridge.command_accepted.connect(self._on_answered)
        bridge.command_denied.connect(self._on_answered)

    # --- what is shown --------------------------------------------------------------------------------------------
    @property
    def module_id(self) -> str:
        """The module on this page, "" before the first."""
        return self._module_id

    def show_module(self, module_id: str) -> None:
        """Turn to a module; its figures come with the next snapshot, its lists when they were read."""
        if module_id == self._module_id:
            return
        self._module_id, self._view = module_id, None
        self._asked, self._wanted, self._due = {}, set(), {}
        self._ask_later.stop()
        for model in self._models:
            model.show_rows([])
        self._outcomes.hide()
        self._tables["scans"].explain_empty("Reading the scans…")
        self._tables["trades"].explain_empty("Reading the trades…")
        self._tables["skips"].explain_empty("Reading what was skipped…")
        self._free_buttons()
        self.verticalScrollBar().setValue(0)

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show newer figures of the module, and ask for its lists where they have grown."""
        view = snapshot.module(self._module_id)
        self._setup.show_view(view, snapshot)
        if view is None:
            self._show_gone()
            return
        if view != self._view:
            self._show_view(view, snapshot)
        self._positions.show_positions(view.open_positions, snapshot.market.now)
        self._tables["positions"].explain_empty(_no_positions(view))
        scans = (snapshot.market.session, view.scans_today, view.executed_today, len(view.approvals))
        session = snapshot.market.session  # what was skipped is looked at when one ends
        minute = int(snapshot.market.now.timestamp()) // 60
        for what, counter in ((_SCANS, scans), (_TRADES, view.closed_trades), (_SKIPS, session), (_NAV, minute)):
            if what not in self._asked or self._asked[what] != counter:
                self._asked[what] = counter
                self._wanted.add(what)
        if self._wanted and not self._ask_later.isActive():
            self._ask()

    def _show_view(self, view: ModuleView, snapshot: MindfolioSnapshot) -> None:
        is_other = self._view is None or view.status is not self._view.status
        self._view = view
        is_paused = view.status is ModuleStatus.PAUSED
        self._name.show_text(view.spec.name)
        self._status.show_text("Paused" if is_paused else "Active", "warning-chip" if is_paused else "chip")
        is_stopped = snapshot.status is MindfolioStatus.STOPPED
        why = fmt.told(view.status_why) if is_paused else "everything is stopped" if is_stopped else ""
        self._why.show_text(why[:1].upper() + why[1:])
        if is_other:
            self._pause.setText("Resume" if is_paused else "Pause")
            self._pause.setAccessibleName(f"{self._pause.text()} {view.spec.name}")
            self._scan.setAccessibleName(f"Scan now with {view.spec.name}")
        self._band.show_view(view)
        self._performance.show_view(view)
        self._settings.show_spec(view.spec)
        self._parameters.show_spec(view.spec)

    def _show_gone(self) -> None:
        self._view = None
        self._name.show_text(self._module_id)
        self._status.show_text("", "")
        self._why.show_text("This mindfolio has no such module any more.")
        self._scan.setEnabled(False)
        self._pause.setEnabled(False)
        self._positions.show_rows([])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for model in self._models:
                model.refresh_colours()

    # --- lists ----------------------------------------------------------------------------------------------------
    @Slot()
    def _ask(self) -> None:
        """Ask for what has grown. What grows within the interval, or while an answer is due, waits for its end."""
        if not self._wanted:
            return
        self._ask_later.start()
        for what in sorted(self._wanted):
            if self._due.get(what, 0) > 0:
                self._due[what] -= 1
                continue
            self._wanted.discard(what)
            self._due[what] = _PATIENCE
            self._bridge.ask(self._question(what))

    def _question(self, what: str) -> Question:
        match what:
            case "scans":
                snapshot = self._bridge.snapshot
                now = snapshot.market.now if snapshot is not None else dt.datetime.now(dt.UTC)
                return ScansOf(self._module_id, now - SCANS_SINCE)
            case "trades":
                return TradesOf(self._module_id)
            case "skips":
                return SkipsOf(self._module_id)
        return NavSamples()

    @Slot(object, object)
    def _on_answer(self, question: Question, answer: Any) -> None:
        match question:
            case ScansOf(self._module_id):
                self._on_scans(answer)
            case TradesOf(self._module_id):
                self._on_trades(answer)
            case SkipsOf(self._module_id):
                self._on_skips(answer)
            case NavSamples():
                self._on_nav(answer)

    def _on_scans(self, rows: tuple[Any, ...]) -> None:
        self._due.pop(_SCANS, None)
        self._scans.show_rows(rows)
        self._tables["scans"].explain_empty(
            "No scan in the last 24 hours of market time. Modules scan by themselves while a session is open; "
            "“Scan now” looks at every symbol at once."
        )

    @Slot(QModelIndex)
    def _on_scan_chosen(self, index: QModelIndex) -> None:
        self._scan_detail.show_row(self._scans.row_at(index.row()) if index.isValid() else None)

    def _on_trades(self, rows: tuple[Any, ...]) -> None:
        self._due.pop(_TRADES, None)
        self._trades.show_rows(rows)
        self._outcomes.show_results([row.net_pnl for row in rows])
        self._outcomes.setVisible(bool(rows))
        self._tables["trades"].explain_empty(_NO_TRADES)

    def _on_skips(self, trades: tuple[Any, ...]) -> None:
        self._due.pop(_SKIPS, None)
        self._skips.show_rows(by_reason(trades))
        self._tables["skips"].explain_empty("No trade that was found was left out yet; each close looks again.")

    def _on_nav(self, samples: Samples) -> None:
        self._due.pop(_NAV, None)
        self._equity.show_samples(samples)

    @Slot(QModelIndex)
    def _on_position_chosen(self, index: QModelIndex) -> None:
        self._to_position.setVisible(index.isValid())

    @Slot()
    def _open_position(self) -> None:
        """Turn to the positions page, at the row that was chosen here."""
        key = self._tables["positions"].view.currentIndex().siblingAtColumn(0).data(KEY_ROLE)
        if isinstance(key, str):
            self.page_requested.emit(f"{POSITIONS}/{key}")

    @Slot()
    def _to_top(self) -> None:
        """Where the settings are that were changed: what closed may have been longer than the page."""
        self.verticalScrollBar().setValue(0)

    @Slot()
    def _go_back(self) -> None:
        self.page_requested.emit(DASHBOARD)

    # --- commands -------------------------------------------------------------------------------------------------
    @Slot()
    def _on_scan(self) -> None:
        self._send(ScanNow(self._module_id, _WHO), self._scan)

    @Slot()
    def _on_pause(self) -> None:
        if self._view is None:
            return
        if self._view.status is ModuleStatus.PAUSED:
            self._send(ResumeModule(self._module_id, _WHO, "resumed on the module's page"), self._pause)
        else:
            self._send(PauseModule(self._module_id, _WHO, "paused on the module's page"), self._pause)

    def _send(self, command: Command, button: Button) -> None:
        """Send once: the button waits for the answer."""
        button.setEnabled(False)
        self._waiting.append((command, button))
        self._bridge.send(command)

    @Slot(object)
    @Slot(object, object)
    def _on_answered(self, command: Command, _denials: object = None) -> None:
        for waiting in self._waiting:
            if waiting[0] == command:
                waiting[1].setEnabled(True)
                self._waiting.remove(waiting)
                return

    def _free_buttons(self) -> None:
        self._waiting.clear()
        for button in (self._scan, self._pause):
            button.setEnabled(True)


def _no_positions(view: ModuleView) -> str:
    if view.status is ModuleStatus.PAUSED:
        return "No open positions. The module is paused: it opens nothing until it is resumed."
    if view.over_by:
        return "No open positions. The module is over its budget: new trades wait."
    if not view.spec.autotrade:
        return "No open positions. A trade that a scan finds waits under Approvals until you decide."
    return "No open positions. The module opens one when a scan finds a trade that passes every check."
