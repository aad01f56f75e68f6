"""An error that nobody expected, in any thread: trading is paused at once, and the window tells of it calmly.

The engine halts by itself where its own thread fails (`Kernel.run`); for every other error all openings are paused, as
a person would pause them, by the thread on which it happened: the window's may be the one that fails. Each error does
so once in the life of the program: who has resumed after it knows of it, and the log counts on.
"""

import logging
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, Slot, qInstallMessageHandler
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from engine.domain.mindfolio import MindfolioStatus
from engine.runtime.places import ENGINE_THREAD
from mindfolio_desktop.faults import Where, as_lines, faults_of, where
from mindfolio_desktop.redaction import for_others
from mindfolio_desktop.versions import program_version, python_version

if TYPE_CHECKING:
    from mindfolio_desktop.app import Session
    from mindfolio_desktop.ui.widgets.trouble_dialog import Standing, TroubleDialog

_MOST_KINDS = 200
"""Beyond so many kinds of error, further ones are logged only."""

_WHO = "program"
ENGINE_PLACE = "the engine"

_QT = logging.getLogger("PySide6")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.CRITICAL,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class Troubles(QObject):
    """Watches the log for them. Make it on the main thread; `see` may be called on any."""

    _seen = Signal(object)

    def __init__(self, session: Callable[[], "Session | None"], parent: QWidget) -> None:
        """`session` is what runs now, if anything; dialogs stand over `parent`."""
        super().__init__(parent)
        self._session, self._parent = session, parent
        self._counts: Counter[Where] = Counter()
        self._dialog: TroubleDialog | None = None
        self._owed = ""
        """The error for which what was not open yet has to be paused once it is."""
        self._seen.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def see(self, record: logging.LogRecord) -> None:
        """Pause trading, and have it shown; nothing but counting where the same came before."""
        faults = faults_of(record.exc_info[1]) if record.exc_info else []
        kind = where(faults) if faults else Where(record.name, record.getMessage())
        if kind not in self._counts and len(self._counts) >= _MOST_KINDS:
            return
        self._counts[kind] += 1
        if self._counts[kind] > 1:
            return
        error = faults[0]["type"] if faults else "Qt reports an error"
        if record.threadName != ENGINE_THREAD:
            self._pause(error)
        details = "\n".join(
            [
                f"Mindfolio {program_version()}, Python {python_version()}",
                f"{record.name}, thread {record.threadName}: {record.getMessage()}",
                *as_lines(faults),
            ]
        )
        self._seen.emit((_what(record.threadName, error), for_others(details)))

    def _pause(self, error: str) -> None:
        session = self._session()
        if session is None:
            return
        from engine.domain.commands import PauseMindfolio  # noqa: PLC0415 - heavy: not before the first paint

        snapshot = session.bridge.snapshot
        self._owed = error if snapshot is None else ""
        if snapshot is None or (snapshot.status is MindfolioStatus.ACTIVE and not snapshot.halted):
            session.bridge.send(PauseMindfolio(_WHO, f"an unexpected error of the program ({error})"))

    @Slot(object)
    def _show(self, told: tuple[str, str]) -> None:
        from mindfolio_desktop.ui.widgets.trouble_dialog import Trouble, TroubleDialog  # noqa: PLC0415 - as above

        trouble = Trouble(*told)
        if (session := self._session()) is not None and ENGINE_PLACE not in trouble.what:  # the engine tells of its own
            session.bridge.tell(f"{trouble.what} Trading pauses, to be safe.", is_urgent=True)
        if self._dialog is not None and isValid(self._dialog) and self._dialog.isVisible():
            self._dialog.add(trouble)
            return
        self._dialog = TroubleDialog(trouble, self._standing, self._parent)
        self._dialog.show()

    def _standing(self) -> "Standing":
        from mindfolio_desktop.ui.widgets.trouble_dialog import Standing  # noqa: PLC0415 - as above

        session = self._session()
        if session is None:
            return Standing(None, has_ended=True)
        if self._owed and session.bridge.snapshot is not None:
            self._pause(self._owed)
        return Standing(session.bridge.snapshot, session.host.has_ended)


def listen_to_qt() -> None:
    """Qt's own messages go to the log from now on; where it reports an error, that is one."""
    qInstallMessageHandler(_on_message)


def listen_no_longer() -> None:
    """Qt prints its messages again."""
    qInstallMessageHandler(None)


def _on_message(kind: QtMsgType, _context: QMessageLogContext, words: str | None) -> None:
    _QT.log(_LEVELS.get(kind, logging.WARNING), "%s", words)


def _what(thread: str | None, error: str) -> str:
    place = {ENGINE_THREAD: ENGINE_PLACE, "MainThread": "the window"}.get(thread or "", "the background")
    return f"An unexpected error happened in {place} ({error})."
