"""The main window: places pages, header, emergency stop and messages, and passes between them. It owns no logic."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from engine.domain.commands import (
    ApproveTrade,
    Command,
    ConfirmClosing,
    EmergencyStop,
    EnterTrade,
    PauseModule,
    PlanClosing,
    ReallocateBudget,
    RearmMindfolio,
    RefuseTrade,
    ResolveDifference,
    ResumeModule,
    ScanNow,
    SetSpeed,
)
from engine.domain.denial import Denial
from engine.domain.notices import Alert
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.pages import PAGES
from mindfolio_desktop.ui.views.dashboard import WHO
from mindfolio_desktop.ui.views.module_detail import ModuleDetail
from mindfolio_desktop.ui.widgets.close_question import CloseQuestion, unattended
from mindfolio_desktop.ui.widgets.differences import DifferencesPanel
from mindfolio_desktop.ui.widgets.emergency import EmergencyButton, StopPanel
from mindfolio_desktop.ui.widgets.header import EnvironmentBanner, Header
from mindfolio_desktop.ui.widgets.messages import MessageLog, Toasts
from mindfolio_desktop.ui.widgets.module_panels import SettingsOf
from mindfolio_desktop.ui.widgets.navigation import DASHBOARD, MESSAGES, Navigation
from mindfolio_desktop.ui.widgets.page import Live, Page
from mindfolio_desktop.ui.widgets.status_line import StatusLine

_COMMANDS: dict[type, str] = {
    ReallocateBudget: "Reallocate budgets",
    ApproveTrade: "Approve trade",
    RefuseTrade: "Refuse trade",
    EmergencyStop: "Emergency stop",
    RearmMindfolio: "Re-arm",
    PlanClosing: "Plan what to close",
    ConfirmClosing: "Close the riskiest",
    ResolveDifference: "Resolve a difference",
    EnterTrade: "Enter a trade",
}

_SPECS = {page.place.key: page for page in PAGES}

PLAN_TARGET_PCT = 50
"""Of the worst case of now: how far a closing plan brings it down."""


class MainWindow(QMainWindow):
    """The window over one mindfolio. `closing` is emitted once, when it closes; the engine is stopped elsewhere."""

    closing = Signal()

    def __init__(
        self, bridge: EngineBridge, parent: QWidget | None = None, *, settings_of: SettingsOf | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("main_window")
        self.setWindowTitle("Mindfolio")
        self.resize(1280, 800)
        self.setMinimumSize(1040, 640)
        self._bridge = bridge
        self._snapshot: MindfolioSnapshot | None = None
        self._unread = 0
        self._may_close = False
        self._question: CloseQuestion | None = None
        self._banner = EnvironmentBanner()
        self._emergency = EmergencyButton(self)
        self._header = Header(self._emergency)
        self._stop_panel = StopPanel()
        self._differences = DifferencesPanel()
        self._navigation = Navigation([page.place for page in PAGES])
        self._detail = ModuleDetail(bridge, settings_of=settings_of)
        self._messages = MessageLog()
        self._pages = QStackedWidget()
        self._made: dict[str, QWidget] = {MESSAGES: self._messages}
        """The pages that were turned to so far, by key. Messages come before anybody looks."""
        self._status = StatusLine()
        body = self._lay_out()
        self._toasts = Toasts(body)
        self._connect()
        self._navigation.show_scheme(theme.scheme())
        self._go(DASHBOARD)
        self._page(DASHBOARD).setFocus()

    # --- set-up ---------------------------------------------------------------------------------------------------
    def _lay_out(self) -> QWidget:
        """Put everything in its place; returns the area above the status line."""
        for page in (self._detail, self._messages):
            self._pages.addWidget(page)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self._navigation)
        middle.addWidget(self._pages, 1)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for strip in (self._banner, self._header, self._stop_panel, self._differences):
            column.addWidget(strip)
        column.addLayout(middle, 1)
        self.setCentralWidget(body)
        self.setStatusBar(self._status)
        return body

    def _connect(self) -> None:
        bridge = self._bridge
        bridge.snapshot_changed.connect(self._show)
        bridge.command_accepted.connect(self._on_accepted)
        bridge.command_denied.connect(self._on_denied)
        bridge.alert.connect(self._on_alert)
        self._emergency.stop_requested.connect(self._stop)
        self._stop_panel.rearm_requested.connect(self._rearm)
        self._stop_panel.plan_requested.connect(self._plan_closing)
        self._stop_panel.plan_confirmed.connect(self._confirm_closing)
        self._differences.resolved.connect(self._bridge.send)
        self._header.speed.speed_requested.connect(self._set_speed)
        self._navigation.page_chosen.connect(self._go)
        self._navigation.module_chosen.connect(self.open_module)
        self._navigation.theme_toggled.connect(self._toggle_theme)
        self._detail.page_requested.connect(self._go)

    # --- pages ----------------------------------------------------------------------------------------------------
    @Slot(str)
    def open_module(self, module_id: str) -> None:
        """Show a module's details."""
        self._detail.show_module(module_id)
        self._turn_to(self._detail, module_id)

    @Slot(str)
    def _go(self, key: str) -> None:
        self._turn_to(self._page(key), key)
        if key == MESSAGES:
            self._unread = 0
            self._navigation.show_unread(0)

    def _page(self, key: str) -> QWidget:
        """A page, made when it is first asked for."""
        page = self._made.get(key)
        if page is None:
            page = self._made[key] = _SPECS[key].make(self._bridge)
            self._pages.addWidget(page)
            if isinstance(page, Page):
                page.page_requested.connect(self._go)
                page.module_opened.connect(self.open_module)
        return page

    def _turn_to(self, page: QWidget, key: str) -> None:
        self._pages.setCurrentWidget(page)
        self._navigation.show_page(key)
        self._show_on_page()

    def _show_on_page(self) -> None:
        """Only the page in sight is kept up to date; the others catch up when they are turned to."""
        page = self._pages.currentWidget()
        if self._snapshot is not None and isinstance(page, Live):
            page.set_snapshot(self._snapshot)

    # --- from the engine ------------------------------------------------------------------------------------------
    @Slot(object)
    def _show(self, snapshot: MindfolioSnapshot) -> None:
        self._snapshot = snapshot
        title = f"{snapshot.name} \N{EN DASH} {fmt.environment(snapshot.environment)} \N{EN DASH} Mindfolio"
        if title != self.windowTitle():
            self.setWindowTitle(title)
        for part in (self._banner, self._header, self._stop_panel, self._differences, self._navigation, self._status):
            part.set_snapshot(snapshot)
        self._show_on_page()

    @Slot(object)
    def _on_accepted(self, command: Command) -> None:
        if not isinstance(command, SetSpeed):
            self._status.show_event(f"Done: {self._words(command)}")

    @Slot(object, object)
    def _on_denied(self, command: Command, denials: tuple[Denial, ...]) -> None:
        title, reasons = f"Not done: {self._words(command)}", refusals.denials(denials) or "No reason was given."
        self._record(self._time(), "", f"{title}. {reasons}")
        if isinstance(command, RearmMindfolio):
            self._stop_panel.show_denied()
        if isinstance(command, ResolveDifference):
            self._differences.show_denied()
        # The allocation bar and the tickets show their own refusals, where the person is looking.
        if not isinstance(command, ReallocateBudget | ApproveTrade | RefuseTrade | EnterTrade):
            self._toasts.show_message(title, reasons, is_warning=True)

    @Slot(object)
    def _on_alert(self, alert: Alert) -> None:
        where = self._module_name(alert.module_id) if alert.module_id else ""
        self._record(fmt.short_moment(alert.at), where, alert.text)
        # A module's trouble stays on its card; what concerns the whole mindfolio stays here until it is dismissed.
        stays = alert.is_urgent and not alert.module_id
        self._toasts.show_message(where or "Mindfolio", alert.text, is_warning=alert.is_urgent, stays=stays)

    def _record(self, time: str, where: str, words: str) -> None:
        self._messages.add(time, where, words)
        self._status.show_event("  ".join(part for part in (time, where, words) if part))
        if self._pages.currentWidget() is not self._messages:
            self._unread += 1
            self._navigation.show_unread(self._unread)

    # --- to the engine --------------------------------------------------------------------------------------------
    @Slot(str)
    def _stop(self, source: str) -> None:
        try:
            self._bridge.emergency_stop(f"window {source}", "emergency stop pressed")
        finally:
            self._stop_panel.show_requested()

    @Slot(str)
    def _rearm(self, reason: str) -> None:
        self._bridge.send(RearmMindfolio(WHO, reason))

    @Slot()
    def _plan_closing(self) -> None:
        self._bridge.send(PlanClosing(PLAN_TARGET_PCT, WHO))

    @Slot(str)
    def _confirm_closing(self, plan_id: str) -> None:
        self._bridge.send(ConfirmClosing(plan_id, WHO))

    @Slot(float)
    def _set_speed(self, speed: float) -> None:
        self._bridge.send(SetSpeed(speed))

    # --- words ----------------------------------------------------------------------------------------------------
    def _words(self, command: Command) -> str:
        """What a person asked for: `Pause IV Service`."""
        match command:
            case PauseModule(module_id):
                return f"Pause {self._module_name(module_id)}"
            case ResumeModule(module_id):
                return f"Resume {self._module_name(module_id)}"
            case ScanNow(module_id):
                return f"Scan with {self._module_name(module_id)}"
            case SetSpeed(speed):
                return "Hold the market" if speed == 0 else f"Market speed {fmt.speed(speed)}"
        return _COMMANDS[type(command)]

    def _module_name(self, module_id: str) -> str:
        view = self._snapshot.module(module_id) if self._snapshot is not None else None
        return view.spec.name if view is not None else module_id

    def _time(self) -> str:
        return fmt.short_moment(self._snapshot.market.now) if self._snapshot is not None else ""

    # --- the window -----------------------------------------------------------------------------------------------
    @Slot()
    def _toggle_theme(self) -> None:
        application = QApplication.instance()
        if isinstance(application, QApplication):
            wanted = theme.Scheme.LIGHT if theme.scheme() is theme.Scheme.DARK else theme.Scheme.DARK
            theme.apply(application, wanted)
            self._navigation.show_scheme(wanted)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, or ask first when something would stay unattended."""
        snapshot = self._snapshot
        if snapshot is None or self._may_close or not unattended(snapshot):
            event.accept()
            self.closing.emit()
            return
        event.ignore()
        if self._question is None:
            self._question = CloseQuestion(snapshot, self)
            self._question.accepted.connect(self._close_anyway)
            self._question.rejected.connect(self._stay)
            self._question.show()
        self._question.raise_()
        self._question.activateWindow()

    @Slot()
    def _close_anyway(self) -> None:
        self._question = None
        self._may_close = True
        self.close()

    @Slot()
    def _stay(self) -> None:
        self._question = None
