"""The program without its window: an icon in the desktop's tray, with the emergency stop in its menu."""

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from mindfolio_desktop.ui import theme


class Tray(QObject):
    """Hidden until `show_words`. A click shows the window again; closing from here asks nothing more."""

    window_wanted = Signal()
    stop_wanted = Signal()
    exit_wanted = Signal()
    note_opened = Signal()
    """A click on the note that was shown last."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._menu = QMenu(window)
        self._menu.setObjectName("tray_menu")
        for words, name, signal in (
            ("Show Mindfolio", "tray_show", self.window_wanted),
            ("Exit", "tray_exit", self.exit_wanted),
            ("EMERGENCY STOP", "tray_stop", self.stop_wanted),
        ):
            action = QAction(words, self)
            action.setObjectName(name)
            action.triggered.connect(signal)
            self._menu.addAction(action)
        self._icon = QSystemTrayIcon(theme.icon("dashboard", theme.tokens().accent, 32), self)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._on_activated)
        self._icon.messageClicked.connect(self.note_opened)

    @staticmethod
    def is_there() -> bool:
        """Whether this desktop has a tray now."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    @property
    def is_shown(self) -> bool:
        """Whether the icon is in the tray."""
        return self._icon.isVisible()

    def show_words(self, words: str) -> None:
        """Be in the tray; `words` are its tip."""
        self._icon.setToolTip(words)
        self._icon.show()

    def show_note(self, title: str, words: str) -> None:
        """A note of the desktop's own, where it has such."""
        self._icon.showMessage(title, words, QSystemTrayIcon.MessageIcon.Warning)

    def hide(self) -> None:
        """Leave the tray."""
        self._icon.hide()

    @Slot(QSystemTrayIcon.ActivationReason)
    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            self.window_wanted.emit()
