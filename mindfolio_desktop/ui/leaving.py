"""What happens when a window is left: it closes or another opens, or it asks first, or goes on in the tray."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from engine.domain.notices import Alert
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.frame import to_front
from mindfolio_desktop.ui.outside import told_outside
from mindfolio_desktop.ui.widgets.close_question import CloseQuestion, unattended
from mindfolio_desktop.ui.widgets.navigation import MESSAGES
from mindfolio_desktop.ui.widgets.tray import Tray


class Leaving(QObject):
    """Asks for one window. Once `exit_decided` came, the window may close."""

    exit_decided = Signal()
    stop_wanted = Signal(str)
    """An emergency stop from the tray: its source."""
    page_wanted = Signal(str)
    module_wanted = Signal(str)

    def __init__(self, window: QWidget, bridge: EngineBridge) -> None:
        super().__init__(window)
        self._window, self._bridge = window, bridge
        self._told_of = ""
        """The module that the last note in the tray is about; "" is the whole mindfolio."""
        self._is_decided = False
        self._question: CloseQuestion | None = None
        self._then: Callable[[], None] | None = None
        self._tray: Tray | None = None

    def may_close(self, snapshot: MindfolioSnapshot | None) -> bool:
        """Whether the window may close now; where not, a question is on screen that will tell."""
        if snapshot is None or self._is_decided or not unattended(snapshot):
            return True
        if self._question is None:
            self._question = CloseQuestion(snapshot, self._window, has_tray=Tray.is_there())
            self._question.accepted.connect(self._exit)
            self._question.rejected.connect(self._stay)
            self._question.tray_chosen.connect(self._go_to_tray)
            self._question.show()
        self._to_front()
        return False

    def may_leave(self, snapshot: MindfolioSnapshot | None, other: str, then: Callable[[], None]) -> bool:
        """Whether another mindfolio may be opened now; where not, a question is on screen, and `then` its yes."""
        if snapshot is None or not unattended(snapshot):
            return True
        if self._question is None:
            self._then = then
            self._question = CloseQuestion(snapshot, self._window, other=other)
            self._question.accepted.connect(self._leave)
            self._question.rejected.connect(self._stay)
            self._question.show()
        self._to_front()
        return False

    def _to_front(self) -> None:
        if self._question is not None:
            self._question.raise_()
            self._question.activateWindow()

    @Slot()
    def _leave(self) -> None:
        then, self._then, self._question = self._then, None, None
        if then is not None:
            then()

    @Slot()
    def _exit(self) -> None:
        self._question = None
        self._is_decided = True
        self.exit_decided.emit()

    @Slot()
    def _stay(self) -> None:
        self._question = self._then = None

    @Slot()
    def _go_to_tray(self) -> None:
        """Go on without the window, for as long as the desktop has a tray to come back from."""
        self._in_tray()
        QApplication.setQuitOnLastWindowClosed(False)
        self._window.window().hide()

    @Slot(object)
    def on_alert(self, alert: Alert) -> None:
        """Tell what is urgent by the desktop's tray while nobody looks at the window."""
        if alert.is_urgent and QApplication.activeWindow() is None and Tray.is_there():
            self._told_of = alert.module_id
            self._in_tray().show_note(*told_outside(alert, self._bridge.snapshot))

    @Slot()
    def _open_note(self) -> None:
        """Show what the note is about: the module, or the messages, where the note itself stands."""
        self.come_back()
        snapshot = self._bridge.snapshot
        if snapshot is not None and snapshot.module(self._told_of) is not None:
            self.module_wanted.emit(self._told_of)
        else:
            self.page_wanted.emit(MESSAGES)

    def _in_tray(self) -> Tray:
        """The icon, on show; it goes when the window is come back to."""
        if self._tray is None:
            self._tray = Tray(self._window)
            self._tray.window_wanted.connect(self.come_back)
            self._tray.note_opened.connect(self._open_note)
            self._tray.stop_wanted.connect(self._stop)
            self._tray.exit_wanted.connect(self._exit_from_tray)
            application = QGuiApplication.instance()
            if isinstance(application, QGuiApplication):
                application.applicationStateChanged.connect(self._on_state)
        self._tray.show_words(self._window.windowTitle())
        return self._tray

    @Slot(object)
    def _on_state(self, state: Qt.ApplicationState) -> None:
        """Somebody looks at the window again: what was in the tray for a note goes."""
        if state is Qt.ApplicationState.ApplicationActive and self._window.isVisible() and self._tray is not None:
            self._tray.hide()

    @Slot()
    def come_back(self) -> None:
        """Show the window before all others, out of the tray too."""
        if self._tray is not None:
            self._tray.hide()
        QApplication.setQuitOnLastWindowClosed(True)
        to_front(self._window)

    @Slot()
    def _stop(self) -> None:
        """Stop first; then show what came of it."""
        self.stop_wanted.emit("tray")
        self.come_back()

    @Slot()
    def _exit_from_tray(self) -> None:
        """Show the window, which lists what would stay unattended, and asks."""
        self.come_back()
        self._window.window().close()
