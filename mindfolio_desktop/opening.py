"""The program with a window, from its first moment to its last.

The window is painted before anything heavy is imported: a person who starts the program in a hurry has the emergency
stop within the first third of a second. Only then come the engine's vocabulary, the pages, and the engine itself.
"""

import gc
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication

from engine.core.files import own_folder
from engine.risk.latch import StopLatch
from engine.runtime.places import Places, Running
from mindfolio_desktop.logs import Log
from mindfolio_desktop.one_window import OneWindow
from mindfolio_desktop.troubles import Troubles, listen_no_longer, listen_to_qt
from mindfolio_desktop.ui import remembered, theme
from mindfolio_desktop.ui.frame import Frame, to_front
from mindfolio_desktop.ui.look import Look

if TYPE_CHECKING:
    from mindfolio_desktop.app import Session
    from mindfolio_desktop.switching import Switching


class Program(QObject):
    """The window, then what is in it."""

    opened = Signal()
    """The pages are there, and the engine starts."""
    rung = Signal()
    """Another start of the program has found this one; from any thread."""

    def __init__(self, places: Places, running: Running, look: Look, *, asks_first: bool = False) -> None:
        """With `asks_first` there is no mindfolio yet, and a person is asked what it shall be."""
        super().__init__()
        self._places, self._running, self._look, self._asks_first = places, running, look, asks_first
        self._switching: Switching | None = None
        self._is_over = False
        self.frame = Frame(None if asks_first else places.environment)
        self.frame.closed.connect(self._end)
        self.frame.opening.stop_requested.connect(self._stop)

    @property
    def switching(self) -> "Switching":
        """What is open. Raises RuntimeError before `opened`."""
        if self._switching is None:
            raise RuntimeError("nothing is open yet")
        return self._switching

    def session(self) -> "Session | None":
        """What runs now."""
        return None if self._switching is None else self._switching.session

    def watch(self, log: Log, door: OneWindow) -> None:
        """Once it is painted: write the log, and come to the front when another start rings."""
        self._troubles = Troubles(self.session, self.frame)
        log.watched_by(self._troubles.see)
        self.rung.connect(self._to_front, Qt.ConnectionType.QueuedConnection)
        self.frame.opening.painted.connect(log.begin)
        self.frame.opening.painted.connect(partial(door.listen, self.rung.emit))

    def start(self) -> None:
        """Show the window; the rest follows by itself."""
        self.frame.opening.painted.connect(self._open)
        self.frame.show()

    def close(self) -> bool:
        """End what runs; True when its threads have ended."""
        return self._switching is None or self._switching.close()

    @Slot()
    def _open(self) -> None:
        if self._is_over:
            return
        QApplication.setWindowIcon(theme.program_icon())  # not before: drawing it loads a library more
        from mindfolio_desktop.switching import Switching  # noqa: PLC0415 - heavy: the window is painted before

        self._switching = Switching(self._places, self._running, self._look, self.frame)
        if self._asks_first:
            from mindfolio_desktop.welcome import ask_first  # noqa: PLC0415 - only at the first start of all

            ask_first(self._switching.session)
        else:
            self._switching.session.start()
        self.opened.emit()

    @Slot(str)
    def _stop(self, source: str) -> None:
        """Nothing runs yet: the latch is all there is to set, and the engine will start stopped."""
        own_folder(self._places.folder)
        StopLatch(self._places.latch).set(f"window {source}", "emergency stop pressed")
        self.frame.opening.show_stopped()

    @Slot()
    def _to_front(self) -> None:
        if self._switching is None:
            to_front(self.frame)
        else:
            self._switching.session.window.leaving.come_back()

    @Slot()
    def _end(self) -> None:
        self._is_over = True


def run_window(
    places: Places,
    running: Running,
    *,
    asks_first: bool = False,
    watched: Callable[[Program], None] | None = None,
) -> int:
    """Open the window and stay until it is closed; returns the exit code.

    `watched` is given the program before it starts. Raises AlreadyOpen, with nothing shown, where a window is open on
    the same data place: that one comes to the front.
    """
    gc.disable()  # until everything is imported: what comes then stays, and looking through it again costs 50 ms
    door = OneWindow(places.home)
    door.claim()
    application = QApplication([sys.argv[0]])
    application.setApplicationName("Mindfolio")
    application.setApplicationDisplayName("Mindfolio")
    application.setDesktopFileName("mindfolio")  # by which a Linux desktop finds the entry of its menu
    with closing(door), Log(places.home) as log:
        listen_to_qt()
        try:
            remembered.use_folders(places.home, places.folder)
            program = Program(places, running, Look(application), asks_first=asks_first)
            program.opened.connect(_collect_again)
            if watched is not None:
                watched(program)
            program.watch(log, door)
            program.start()
            code = application.exec()
            has_ended = program.close()
            remembered.sync()
        finally:
            listen_no_longer()
    return code if has_ended else 1


def _collect_again() -> None:
    gc.freeze()
    gc.enable()
