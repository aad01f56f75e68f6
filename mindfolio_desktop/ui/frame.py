"""The program's window: on screen with a stop that works before anything of the engine is imported.

What it holds comes later, and is exchanged when another mindfolio is opened; the window stays where it is.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from engine.domain.mindfolio import Environment
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.later import later
from mindfolio_desktop.ui.remembered import recall, remember
from mindfolio_desktop.ui.widgets.emergency_button import EmergencyButton
from mindfolio_desktop.ui.widgets.environment_banner import EnvironmentBanner
from mindfolio_desktop.ui.widgets.text import Text

_GEOMETRY = "window/geometry"
_UNSEEN_MS = 1000
"""A window that nobody sees by then (it began minimised) is not waited for."""


def come_back(window: QWidget) -> None:
    """Put a window where the mindfolio's was left, or give it its first size."""
    window.resize(1280, 800)
    window.setMinimumSize(1040, 640)
    window.restoreGeometry(recall(_GEOMETRY, b""))


def keep_place(window: QWidget) -> None:
    """Remember where the window that holds this stands."""
    remember(_GEOMETRY, bytes(window.window().saveGeometry().data()))


def to_front(window: QWidget) -> None:
    """Show the window that holds this, before all others."""
    top = window.window()
    if top.isMinimized():
        top.showNormal()
    else:
        top.show()
    top.raise_()
    top.activateWindow()


class Opening(QWidget):
    """What is seen first: the environment, the emergency stop in its corner, and that more is coming."""

    painted = Signal()
    """It is on screen, or nobody looks. Once."""
    stop_requested = Signal(str)

    def __init__(self, where: Environment | None) -> None:
        """Without an environment nothing is opened yet that could be stopped."""
        super().__init__()
        self.setObjectName("opening")
        self._is_painted = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._words = Text("Opening\N{HORIZONTAL ELLIPSIS}", pixels=18, weight=theme.BOLD, name="opening_words")
        if where is not None:
            column.addWidget(EnvironmentBanner(where))
            column.addWidget(self._head())
        column.addStretch(1)
        later(self, _UNSEEN_MS, self._tell)

    def show_stopped(self) -> None:
        """The stop is latched; nothing has begun to run."""
        self._words.show_text("Stopped. Opening\N{HORIZONTAL ELLIPSIS}")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say so once it is painted."""
        super().paintEvent(event)
        later(self, 0, self._tell)

    def _head(self) -> QFrame:
        head = QFrame()
        theme.set_role(head, "header")
        across = QHBoxLayout(head)
        across.setContentsMargins(2 * theme.SPACE, 10, 2 * theme.SPACE, 10)
        across.addWidget(self._words, 1, Qt.AlignmentFlag.AlignTop)
        emergency = EmergencyButton(self)
        emergency.stop_requested.connect(self.stop_requested)
        across.addWidget(emergency, 0, Qt.AlignmentFlag.AlignTop)
        return head

    def _tell(self) -> None:
        if not self._is_painted:
            self._is_painted = True
            self.painted.emit()


class Frame(QWidget):
    """The window. It closes when what it holds agrees."""

    closed = Signal()
    """It closed before it held anything."""

    def __init__(self, where: Environment | None) -> None:
        super().__init__()
        self.setObjectName("frame")
        self.setWindowTitle("Mindfolio")
        come_back(self)
        self.opening = Opening(where)
        self._held: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.opening)

    def hold(self, content: QWidget) -> None:
        """Show this in place of what was shown before, which is its owner's to delete."""
        before, focused = self._held or self.opening, content.focusWidget()
        self._column.removeWidget(before)
        before.hide()
        before.setParent(None)
        if self._held is None:
            before.deleteLater()
        else:
            self._held.windowTitleChanged.disconnect(self.setWindowTitle)
            come_back(self)  # another mindfolio's window stood elsewhere
        self._held = content
        self._column.addWidget(content)
        self.setWindowTitle(content.windowTitle())
        content.windowTitleChanged.connect(self.setWindowTitle)
        content.show()
        if focused is not None:  # a widget that gets a parent loses it
            focused.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask what it holds."""
        if self._held is None:
            event.accept()
            self.closed.emit()
        elif self._held.close():
            event.accept()
        else:
            event.ignore()
