"""The emergency stop's button. It knows nothing of the engine: the window's first paint shows it already."""

from weakref import WeakSet

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.icon import IconButton

SHORTCUT = "Ctrl+Shift+S"
_TEXT = 14
"""Pixels of its words at 100 %."""


class EmergencyButton(IconButton):
    """Red, with a word and a drawing. It acts on the press, asks nothing, and is never disabled."""

    stop_requested = Signal(str)
    """Where it came from: `button` or `shortcut`."""

    def __init__(self, parent: QWidget, *, has_keys: bool = True) -> None:
        """`parent`: the window in whose program the shortcut works, whatever has the focus. One button has the keys."""
        super().__init__("EMERGENCY STOP", "stop", "on_stop", "emergency_stop", 20)
        self.setParent(parent)
        theme.set_role(self, "emergency")
        self.follow_text_size()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAutoDefault(True)
        self.setAccessibleName("Emergency stop: cancel openings and pause everything")
        self.setToolTip(f"Stops everything at once, without a question ({SHORTCUT}).\nOpen positions stay open.")
        self.pressed.connect(self._from_button)
        self._reached: WeakSet[QWidget] = WeakSet()
        if has_keys:
            self._take_keys(parent)

    def _take_keys(self, parent: QWidget) -> None:
        shortcut = QShortcut(QKeySequence(SHORTCUT), parent)
        shortcut.setContext(Qt.ShortcutContext.ApplicationShortcut)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(self._from_shortcut)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusWindowChanged.connect(self._reach_dialog)

    def follow_text_size(self) -> None:
        """Take the size of text in use: this button is never made anew."""
        self.setFont(theme.font(_TEXT, theme.BOLD))
        # What the style sheet gives it, its border of 2 pixels included: a full header must not press on it.
        self.setMinimumHeight(theme.px(theme.STOP_HEIGHT - 2) + 4)
        self.show_size(20)

    def changeEvent(self, event: QEvent) -> None:
        """Keep its size of text: a style sheet that is changed gives back the font that it first found here."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self.font().pixelSize() != theme.px(_TEXT):
            self.setFont(theme.font(_TEXT, theme.BOLD))

    @Slot()
    def _reach_dialog(self) -> None:
        """Work in a modal dialog too: Qt keeps an application's shortcuts from it."""
        dialog = QApplication.activeModalWidget()
        if dialog is None or dialog in self._reached:
            return
        self._reached.add(dialog)
        shortcut = QShortcut(QKeySequence(SHORTCUT), dialog)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(self._from_shortcut)

    @Slot()
    def _from_button(self) -> None:
        self.stop_requested.emit("button")

    @Slot()
    def _from_shortcut(self) -> None:
        self.stop_requested.emit("shortcut")
