"""Pages in windows of their own, for a second monitor: each another page, live while in sight, with its own stop."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QHideEvent, QKeySequence, QScreen, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from engine.domain.budget import BudgetPlan
from engine.domain.mindfolio import MindfolioStatus
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.actions import Action, Actions
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.frame import to_front
from mindfolio_desktop.ui.look import Look
from mindfolio_desktop.ui.pages import FLOATING
from mindfolio_desktop.ui.remembered import recall, remember
from mindfolio_desktop.ui.widgets.emergency_button import EmergencyButton
from mindfolio_desktop.ui.widgets.environment_banner import EnvironmentBanner
from mindfolio_desktop.ui.widgets.page import Live, Page
from mindfolio_desktop.ui.widgets.text import ElidedText, Text
from mindfolio_desktop.ui.words import status_words

CLOSE_KEYS = "Ctrl+W"
_OPEN = "own_windows/open"
_WIDE, _HIGH = 1000, 720
_TITLE_BAR = 32
"""Pixels that a window's frame may need above it."""

Make = Callable[[str], QWidget]


class Host(Protocol):
    """The main window, as the others need it."""

    def go(self, where: str) -> None: ...
    def open_module(self, module_id: str) -> None: ...
    def load_draft(self, plan: BudgetPlan) -> None: ...
    def stop(self, source: str) -> None: ...


class FloatingWindow(QWidget):
    """One page with the environment's colour above it and the emergency stop in the same corner as everywhere."""

    closed = Signal(str)
    """Its page's key: a person closed it."""
    stop_wanted = Signal(str)

    def __init__(self, key: str, make: Make) -> None:
        super().__init__()
        self.setObjectName(f"own_window_{key}")
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, on=False)
        self.setMinimumSize(640, 420)
        self._key, self._make = key, make
        self._snapshot: MindfolioSnapshot | None = None
        self._inside: QWidget | None = None
        self._is_stop_sent = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        close = QShortcut(QKeySequence(CLOSE_KEYS), self)
        close.activated.connect(self._close)
        self.build()

    @Slot()
    def build(self) -> None:
        """Make everything, or make it anew: text has another size."""
        if self._inside is not None:
            self._inside.hide()
            self._inside.setParent(None)
            self._inside.deleteLater()
        self._inside = QWidget()
        self._banner = EnvironmentBanner()
        self._title = ElidedText(pixels=18, weight=theme.BOLD, name="own_window_name")
        self._status = Text(pixels=12, weight=theme.MEDIUM, name="own_window_status")
        self._clock = Text(role="muted", pixels=13, name="own_window_clock")
        # The main window's shortcut works here too: two of one kind would cancel each other out.
        self._emergency = EmergencyButton(self, has_keys=False)
        self._emergency.stop_requested.connect(self._on_stop)
        self._page = self._make(self._key)
        head = QFrame()
        head.setObjectName("own_window_head")
        theme.set_role(head, "header")
        across = QHBoxLayout(head)
        across.setContentsMargins(2 * theme.SPACE, 10, 2 * theme.SPACE, 10)
        across.setSpacing(10)
        across.addWidget(self._title)
        across.addWidget(self._status, 0, Qt.AlignmentFlag.AlignVCenter)
        across.addStretch(1)
        across.addWidget(self._clock)
        across.addSpacing(2 * theme.SPACE)
        across.addWidget(self._emergency, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._banner)
        column.addWidget(head)
        column.addWidget(self._page, 1)
        self._column.addWidget(self._inside)
        self._page.setFocus()  # else the stop would have it, and a space would press it
        self._inside.show()  # at once: the stop is never away, not even while text changes its size
        self._show()

    @property
    def page(self) -> QWidget:
        """The page in it."""
        return self._page

    @property
    def place(self) -> list[int]:
        """Where it stands, to be remembered: left, top, width, height, and whether it is maximised."""
        at = self.normalGeometry() if self.isMaximized() else self.geometry()
        return [at.x(), at.y(), at.width(), at.height(), int(self.isMaximized())]

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show newer figures, if anybody sees them; else once somebody does."""
        self._snapshot = snapshot
        if snapshot.status is MindfolioStatus.STOPPED:
            self._is_stop_sent = False
        self._show()

    def show_requested(self) -> None:
        """A stop was sent, here or elsewhere; nothing is confirmed yet."""
        self._is_stop_sent = self._snapshot is None or self._snapshot.status is not MindfolioStatus.STOPPED
        self._show()

    def _show(self) -> None:
        snapshot = self._snapshot
        if snapshot is None or not self.isVisible() or self.isMinimized():
            return
        where = fmt.environment(snapshot.environment)
        module = snapshot.module(self._key)
        what = module.spec.name if module is not None else self._key.capitalize()
        title = f"{what} \N{EN DASH} {snapshot.name} \N{EN DASH} {where} \N{EN DASH} Mindfolio"
        if title != self.windowTitle():
            self.setWindowTitle(title)
        self._banner.set_snapshot(snapshot)
        self._title.show_text(snapshot.name)
        sent = ("Stop sent, not confirmed yet", "warning-chip")
        self._status.show_text(*(sent if self._is_stop_sent else status_words(snapshot)))
        self._clock.show_text(fmt.moment(snapshot.market.now))
        if isinstance(self._page, Live):
            self._page.set_snapshot(snapshot)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        super().showEvent(event)
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        """Catch up when it is no longer minimised."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._show()

    def closeEvent(self, event: QCloseEvent) -> None:
        """A person closes it: it does not come back by itself."""
        super().closeEvent(event)
        self.closed.emit(self._key)

    @Slot()
    def _close(self) -> None:
        self.close()

    @Slot(str)
    def _on_stop(self, source: str) -> None:
        self.stop_wanted.emit(f"{self._key} {source}")


class Floats(QObject):
    """The windows beside a main window. They come and go with it, and are remembered for its mindfolio."""

    def __init__(self, window: QWidget, host: Host, bridge: EngineBridge, look: Look, make: Make) -> None:
        super().__init__(window)
        self._window, self._host, self._make = window, host, make
        self._actions: tuple[Action, ...] = ()
        self._floating: dict[str, FloatingWindow] = {}
        self._snapshot: MindfolioSnapshot | None = None
        bridge.snapshot_changed.connect(self._show)
        look.text_resized.connect(self._build_anew)

    def use_keys(self, actions: Actions) -> None:
        """The keys that work in the main window work in the others too."""
        self._actions = tuple(action for action in actions.keyed if not action.is_emergency)

    def open(self, key: str) -> bool:
        """Show a page, or a module by its id, in a window of its own, or bring that to the front; whether it can be."""
        if self._snapshot is None or not can_float(key, self._snapshot):
            return False
        one = self._floating.get(key)
        if one is None:
            one = self._new(key)
            remember(_OPEN, sorted(self._floating))
        one.show()
        one.raise_()
        one.activateWindow()
        return True

    @property
    def keys(self) -> tuple[str, ...]:
        """What is in a window of its own."""
        return tuple(self._floating)

    def show_requested(self) -> None:
        """A stop was sent."""
        for one in self._floating.values():
            one.show_requested()

    def keep(self) -> None:
        """Remember where they stand."""
        for key, one in self._floating.items():
            remember(f"own_window/{key}", one.place)

    def put_away(self) -> None:
        """The main window goes for good."""
        for one in self._floating.values():
            one.hide()
            one.deleteLater()
        self._floating.clear()

    def _new(self, key: str) -> FloatingWindow:
        one = self._floating[key] = FloatingWindow(key, self._made)
        one.closed.connect(self._on_closed)
        one.stop_wanted.connect(self._host.stop)
        for action in self._actions:
            shortcut = QShortcut(QKeySequence(action.keys), one)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(partial(self._run, action))
        is_maximised = self._put(one, recall(f"own_window/{key}", list[int]()))
        if self._snapshot is not None:
            one.set_snapshot(self._snapshot)
        if is_maximised:
            one.setWindowState(Qt.WindowState.WindowMaximized)
        return one

    def _made(self, key: str) -> QWidget:
        page = self._make(key)
        if isinstance(page, Page):
            page.page_requested.connect(self._go)
            page.module_opened.connect(self._open_module)
            page.draft_requested.connect(self._load_draft)
        return page

    def _put(self, one: FloatingWindow, kept: Sequence[object]) -> bool:
        """Where it stood, or on another screen than the main window; says whether it was maximised."""
        screens = [screen.availableGeometry() for screen in _screens(self._window)]
        numbers = [each for each in kept if type(each) is int and abs(each) < 1_000_000]
        if len(numbers) == len(kept) == 5:
            one.setGeometry(within(QRect(*numbers[:4]), screens))
            return bool(numbers[4])
        size = QRect(0, 0, theme.px(_WIDE), theme.px(_HIGH))
        if len(screens) > 1:
            size.moveCenter(screens[1].center())
        else:
            size.moveTopLeft(self._window.window().geometry().topLeft() + QPoint(48, 48) * len(self._floating))
        one.setGeometry(within(size, screens))
        return False

    @Slot(object)
    def _show(self, snapshot: MindfolioSnapshot) -> None:
        is_first, self._snapshot = self._snapshot is None, snapshot
        for one in self._floating.values():
            one.set_snapshot(snapshot)
        if is_first and self._window.isVisible():
            self._come_back(snapshot)

    def _come_back(self, snapshot: MindfolioSnapshot) -> None:
        for key in recall(_OPEN, list[object]()):
            if isinstance(key, str) and key not in self._floating and can_float(key, snapshot):
                self._new(key).show()

    @Slot()
    def _build_anew(self) -> None:
        for one in self._floating.values():
            one.build()

    @Slot(str)
    def _on_closed(self, key: str) -> None:
        one = self._floating.pop(key, None)
        if one is not None:
            remember(f"own_window/{key}", one.place)
            remember(_OPEN, sorted(self._floating))
            one.deleteLater()

    def follow(self, event: QHideEvent | QShowEvent) -> None:
        """The main window is hidden or shown, and these with it; minimising it, or another desktop, changes nothing."""
        if not event.spontaneous():
            for one in self._floating.values():
                one.setVisible(isinstance(event, QShowEvent))

    # --- back to the main window ----------------------------------------------------------------------------------
    def _run(self, action: Action) -> None:
        if action.group in {"Page", "Window"}:
            self._to_front()
        action.run()

    def _to_front(self) -> None:
        to_front(self._window)

    @Slot(str)
    def _go(self, where: str) -> None:
        self._to_front()
        self._host.go(where)

    @Slot(str)
    def _open_module(self, module_id: str) -> None:
        self._to_front()
        self._host.open_module(module_id)

    @Slot(object)
    def _load_draft(self, plan: BudgetPlan) -> None:
        self._to_front()
        self._host.load_draft(plan)


def can_float(key: str, snapshot: MindfolioSnapshot) -> bool:
    """Whether a page, or a module by its id, can be in a window of its own."""
    return key in FLOATING or snapshot.module(key) is not None


def within(wanted: QRect, screens: Sequence[QRect]) -> QRect:
    """A window's place, wholly on a screen: the one that shows most of it, or the first where none shows any.

    Never larger than the screen, and its frame's title in reach.
    """
    if not screens:
        return wanted
    shown = [_area(wanted.intersected(screen)) for screen in screens]
    screen = screens[shown.index(max(shown))]
    room = screen.adjusted(0, min(_TITLE_BAR, screen.height() // 4), 0, 0)
    width, height = min(wanted.width(), room.width()), min(wanted.height(), room.height())
    left = min(max(wanted.x(), room.x()), room.x() + room.width() - width)
    top = min(max(wanted.y(), room.y()), room.y() + room.height() - height)
    return QRect(left, top, width, height)


def _area(rect: QRect) -> int:
    return rect.width() * rect.height() if rect.isValid() else 0


def _screens(window: QWidget) -> list[QScreen]:
    """All screens, the main window's first."""
    mine = window.screen()
    return [mine, *(screen for screen in QGuiApplication.screens() if screen is not mine)]
