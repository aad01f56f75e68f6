"""The main window: places pages, header, emergency stop and messages, and passes between them. It owns no logic."""

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QCloseEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.domain.budget import BudgetPlan
from engine.domain.commands import Command, ReallocateBudget, SetSpeed
from engine.domain.denial import Denial
from engine.domain.mindfolio import Environment
from engine.domain.notices import Alert
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals
from mindfolio_desktop.ui.actions import Action, Actions
from mindfolio_desktop.ui.announce import announce
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.command_words import ANSWERED_THERE, command_words
from mindfolio_desktop.ui.floating import Floats
from mindfolio_desktop.ui.frame import come_back, keep_place
from mindfolio_desktop.ui.later import later
from mindfolio_desktop.ui.leaving import Leaving
from mindfolio_desktop.ui.look import Look
from mindfolio_desktop.ui.others import Others
from mindfolio_desktop.ui.page_maker import SPECS, PageMaker
from mindfolio_desktop.ui.pages import PAGES
from mindfolio_desktop.ui.remembered import recall, remember, sync
from mindfolio_desktop.ui.switcher import Switcher
from mindfolio_desktop.ui.views.dashboard import Dashboard
from mindfolio_desktop.ui.views.settings import AboutOf
from mindfolio_desktop.ui.widgets.differences import DifferencesPanel
from mindfolio_desktop.ui.widgets.emergency import StopPanel
from mindfolio_desktop.ui.widgets.emergency_button import EmergencyButton
from mindfolio_desktop.ui.widgets.environment_banner import EnvironmentBanner
from mindfolio_desktop.ui.widgets.header import Header
from mindfolio_desktop.ui.widgets.messages import MessageLog, Toasts
from mindfolio_desktop.ui.widgets.module_panels import SettingsOf
from mindfolio_desktop.ui.widgets.navigation import DASHBOARD, MESSAGES, Navigation
from mindfolio_desktop.ui.widgets.page import Live, Page
from mindfolio_desktop.ui.widgets.palette import CommandPalette, KeyList
from mindfolio_desktop.ui.widgets.status_line import StatusLine
from mindfolio_desktop.ui.window_actions import connect_differences, connect_stop, fixed_actions, module_actions

_SETTLING_MS = 200
"""How long new pages work out their sizes before they are painted: half a layout looks broken."""

_PAGE = "window/page"


class MainWindow(QWidget):
    """The window over one mindfolio, which a frame may hold. `closing` comes once; the engine is stopped elsewhere."""

    closing = Signal()

    def __init__(
        self,
        bridge: EngineBridge,
        parent: QWidget | None = None,
        *,
        settings_of: SettingsOf | None = None,
        about_of: AboutOf | None = None,
        look: Look | None = None,
        others: Others | None = None,
        where: Environment | None = None,
    ) -> None:
        """Without a `look` it makes its own, without `others` it offers none; `where` is shown before the figures."""
        super().__init__(parent)
        self.setObjectName("main_window")
        self.setWindowTitle("Mindfolio")
        come_back(self)
        self._bridge = bridge
        self._look = look or Look(QApplication.instance(), self)
        self._snapshot: MindfolioSnapshot | None = None
        self._unread, self._environment = 0, where
        self.leaving = Leaving(self, bridge)
        self._emergency = EmergencyButton(self)
        self.switcher = Switcher(self, bridge, self.leaving, others)
        self._maker = PageMaker(self, bridge, self._look, settings_of, about_of)
        self.floats = Floats(self, self, bridge, self._look, self._maker.another)
        fixed = (*self.switcher.fixed_actions(), *fixed_actions(self, self._look, bridge.send))
        self._actions = Actions(self, fixed, self._changing_actions)
        self.floats.use_keys(self._actions)
        self._where = self._wanted_module = ""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._welcome: QWidget | None = None
        self._build()
        self._listen()
        self._come_back()
        self._pages.currentWidget().setFocus()
        if bridge.snapshot is not None:  # it has been running, for example for the window before
            self._show(bridge.snapshot)

    # --- set-up ---------------------------------------------------------------------------------------------------
    def _build(self) -> None:
        """Make everything but the emergency stop, which is there from the beginning to the end."""
        self._banner = EnvironmentBanner(self._environment)
        self._header = Header(self._emergency)
        self._stop_panel = StopPanel()
        self._differences = DifferencesPanel()
        self._navigation = Navigation([page.place for page in PAGES])
        self._detail = self._maker.module_page(self)
        self._messages = MessageLog()
        self._pages = QStackedWidget()
        self._pages.setObjectName("pages")
        self._made: dict[str, QWidget] = {MESSAGES: self._messages}
        """The pages that were turned to so far, by key. Messages come before anybody looks."""
        self._status = StatusLine()
        self._body = self._lay_out()
        self._toasts = Toasts(self._body)
        self._palette = CommandPalette(self._pages, self._actions)
        self._keys = KeyList(self._pages, self._actions)
        self.switcher.build(self._pages, self._header)
        self._connect()

    @Slot()
    def _build_anew(self) -> None:
        """Text has another size: make everything again, and be where we were."""
        focused = QApplication.focusWidget()
        name = focused.objectName() if focused is not None and self.isAncestorOf(focused) else ""
        kept, is_waiting, status = self._messages.kept, self._stop_panel.is_waiting, self._status
        self._emergency.setParent(self)
        # Taken out at once, so that nothing is there twice; kept until Qt deletes them, for one of them sent for this.
        if self._welcome is not None:
            self._welcome.setParent(self)
        for part in (self._body, status):
            part.hide()
            part.setParent(None)
            part.deleteLater()
        self._build()
        for part in (self._body, self._status):
            part.show()  # else they would be shown, and take the focus, only after this
        self._emergency.follow_text_size()
        for time, where, words, is_urgent in reversed(kept):
            self._messages.add(time, where, words, is_urgent=is_urgent)
        self._navigation.show_unread(self._unread)
        if is_waiting:
            self._stop_panel.show_requested()
        if self._snapshot is not None:
            self._show(self._snapshot)
        if self._welcome is None:
            self._come_back()
        else:
            self.show_welcome(self._welcome)
        again = self.findChild(QWidget, name) if name else None
        (again or self._pages.currentWidget()).setFocus()
        self._body.setUpdatesEnabled(False)
        later(self._body, _SETTLING_MS, partial(self._body.setUpdatesEnabled, True))

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
        self._column.addWidget(body, 1)
        self._column.addWidget(self._status)
        return body

    def _listen(self) -> None:
        """Hear what outlives every change of the text's size."""
        bridge = self._bridge
        bridge.snapshot_changed.connect(self._show)
        bridge.command_accepted.connect(self._on_accepted)
        bridge.command_denied.connect(self._on_denied)
        bridge.alert.connect(self._on_alert)
        bridge.alert.connect(self.leaving.on_alert)
        self._emergency.stop_requested.connect(self.stop)
        self.leaving.stop_wanted.connect(self.stop)
        self.leaving.page_wanted.connect(self.go)
        self.leaving.module_wanted.connect(self.open_module)
        self.leaving.exit_decided.connect(lambda: self.window().close())
        self._look.text_resized.connect(self._build_anew)

    def _connect(self) -> None:
        send = self._bridge.send
        connect_stop(self._stop_panel, self._bridge)
        connect_differences(self._differences, self._bridge)
        self._stop_panel.focus_left.connect(lambda: self._pages.currentWidget().setFocus())
        self._header.speed.speed_requested.connect(lambda speed: send(SetSpeed(speed)))
        self._navigation.page_chosen.connect(self.go)
        self._navigation.module_chosen.connect(self.open_module)
        self._navigation.theme_toggled.connect(self._look.toggle)

    # --- pages ----------------------------------------------------------------------------------------------------
    @Slot(str)
    def open_module(self, module_id: str) -> None:
        """Show a module's details."""
        if self._welcome is not None:
            return
        self._detail.show_module(module_id)
        self._turn_to(self._detail, module_id)

    @Slot(str)
    def go(self, where: str) -> None:
        """Turn to a page, or to something on it (`positions/P000001`); not before there is a mindfolio."""
        if self._welcome is not None:
            return
        key, _, item = where.partition("/")
        page = self._page(key)
        self._turn_to(page, key)
        if item and isinstance(page, Page):
            page.show_item(item)
        if key == MESSAGES:
            self._unread = 0
            self._navigation.show_unread(0)

    def _page(self, key: str) -> QWidget:
        """A page, made when it is first asked for."""
        page = self._made.get(key)
        if page is None:
            page = self._made[key] = self._maker.make(key, self)
            self._pages.addWidget(page)
        return page

    @Slot()
    def open_own_window(self) -> None:
        """Open the page in sight in a window of its own, if it is one that can be."""
        if not self.floats.open(self._where):
            self._status.show_event("This page has no window of its own.")

    @Slot(object)
    def load_draft(self, plan: BudgetPlan) -> None:
        """Open a split as a draft on the dashboard: what is applied is for a person to say."""
        self.go(DASHBOARD)
        dashboard = self._page(DASHBOARD)
        if isinstance(dashboard, Dashboard):
            dashboard.show_draft(plan)

    def _come_back(self) -> None:
        """Turn to where the window was left. A module is waited for until the engine tells of it."""
        key = self._where or recall(_PAGE, DASHBOARD)
        if key in SPECS:
            self.go(key)
        elif self._snapshot is not None and self._snapshot.module(key) is not None:
            self.open_module(key)
        else:
            self.go(DASHBOARD)
            self._wanted_module = key

    def _turn_to(self, page: QWidget, key: str) -> None:
        self._where, self._wanted_module = key, ""
        remember(_PAGE, key)
        self._pages.setCurrentWidget(page)
        self._navigation.show_page(key)
        dashboard = self._made.get(DASHBOARD)
        if isinstance(page, Page) and isinstance(dashboard, Dashboard):
            page.set_locked(dashboard.allocation.locked)
        self._show_on_page()

    def _show_on_page(self) -> None:
        """Only the page in sight is kept up to date; the others catch up when they are turned to."""
        page = self._pages.currentWidget()
        if self._snapshot is not None and isinstance(page, Live):
            page.set_snapshot(self._snapshot)

    # --- the first start ------------------------------------------------------------------------------------------
    def show_welcome(self, page: QWidget) -> None:
        """Show this page alone until `end_welcome`: there is no mindfolio yet. Head and foot come with the engine."""
        self._welcome, self.switcher.is_free = page, False
        self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)
        for part in (self._banner, self._header, self._navigation, self._status):
            part.setVisible(self._snapshot is not None and part is not self._navigation)

    def end_welcome(self) -> None:
        """There is a mindfolio now: show everything."""
        page, self._welcome, self.switcher.is_free = self._welcome, None, True
        for part in (self._banner, self._header, self._navigation, self._status):
            part.show()
        self._where = ""
        self.go(DASHBOARD)
        if page is not None:
            self._pages.removeWidget(page)
            page.deleteLater()

    # --- from the engine ------------------------------------------------------------------------------------------
    @Slot(object)
    def _show(self, snapshot: MindfolioSnapshot) -> None:
        self._snapshot = snapshot
        title = f"{snapshot.name} \N{EN DASH} {fmt.environment(snapshot.environment)} \N{EN DASH} Mindfolio"
        if title != self.windowTitle():
            self.setWindowTitle(title)
        for part in (self._banner, self._header, self._stop_panel, self._differences, self._navigation, self._status):
            part.set_snapshot(snapshot)
        if self._welcome is not None and self._header.isHidden():
            self.show_welcome(self._welcome)
        if self._wanted_module and snapshot.module(self._wanted_module) is not None:
            self.open_module(self._wanted_module)
        self._show_on_page()

    @Slot(object)
    def _on_accepted(self, command: Command) -> None:
        if isinstance(command, ReallocateBudget):
            announce(self, "The split of budgets is applied.")
        if not isinstance(command, SetSpeed):
            self._status.show_event(f"Done: {command_words(command, self._module_name)}")

    @Slot(object, object)
    def _on_denied(self, command: Command, denials: tuple[Denial, ...]) -> None:
        title = f"Not done: {command_words(command, self._module_name)}"
        reasons = refusals.denials(denials) or "No reason was given."
        self._record(self._time(), "", f"{title}. {reasons}")
        if isinstance(command, ANSWERED_THERE):
            announce(self, f"{title}. {reasons}")
        else:
            self._toasts.show_message(title, reasons)

    @Slot(object)
    def _on_alert(self, alert: Alert) -> None:
        where, words = self._module_name(alert.module_id), fmt.told(alert.text)
        self._record(fmt.short_moment(alert.at), where, words, is_urgent=alert.is_urgent)
        # What is not urgent stands at the foot; what snapshots go on telling has a place of its own on the window.
        if alert.is_urgent and not alert.is_standing:
            # A module's trouble stays on its card; what concerns the whole mindfolio stays until it is dismissed.
            self._toasts.show_message(where or "Mindfolio", words, stays=not alert.module_id)

    def _record(self, time: str, where: str, words: str, *, is_urgent: bool = False) -> None:
        self._messages.add(time, where, words, is_urgent=is_urgent)
        self._status.show_event("  ".join(part for part in (time, where, words) if part))
        if self._pages.currentWidget() is not self._messages:
            self._unread += 1
            self._navigation.show_unread(self._unread)

    # --- to the engine --------------------------------------------------------------------------------------------
    @Slot(str)
    def stop(self, source: str) -> None:
        """Emergency stop, at once; `source` says where it was asked for."""
        try:
            self._bridge.emergency_stop(f"window {source}", "emergency stop pressed")
        finally:
            self._stop_panel.show_requested()
            self.floats.show_requested()

    # --- words ----------------------------------------------------------------------------------------------------
    def _module_name(self, module_id: str) -> str:
        view = self._snapshot.module(module_id) if self._snapshot is not None else None
        return view.spec.name if view is not None else module_id

    def _time(self) -> str:
        return fmt.short_moment(self._snapshot.market.now) if self._snapshot is not None else ""

    # --- the window -----------------------------------------------------------------------------------------------
    def _changing_actions(self) -> Iterable[Action]:
        snapshot = self._snapshot
        of_modules = () if snapshot is None else module_actions(snapshot, self.open_module, self._bridge.send)
        return (*of_modules, *self.switcher.actions())

    @Slot()
    def show_palette(self) -> None:
        """Find a command by a few letters."""
        self._palette.show_palette()

    @Slot()
    def show_keys(self) -> None:
        """List every key."""
        self._keys.show_keys()

    def tell(self, title: str, words: str) -> None:
        """Say what did not work, here and in the list of messages; it stays until it is dismissed."""
        self._record(self._time(), "", f"{title}. {words}", is_urgent=True)
        self._toasts.show_message(title, words, stays=True)

    def keep(self) -> None:
        """Remember where it stands, with the windows beside it."""
        keep_place(self)
        self.floats.keep()
        sync()

    def showEvent(self, event: QShowEvent) -> None:
        """The windows beside it come with it."""
        super().showEvent(event)
        self.floats.follow(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """The windows beside it go with it."""
        super().hideEvent(event)
        self.floats.follow(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, or ask first when something would stay unattended."""
        self.keep()
        if self.leaving.may_close(self._snapshot):
            event.accept()
            self.closing.emit()
        else:
            event.ignore()
