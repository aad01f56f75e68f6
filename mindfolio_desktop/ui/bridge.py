"""Where the engine's thread and the window's thread meet: snapshots and notices in, commands and questions out."""

import datetime as dt
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot

from engine.domain.commands import Command
from engine.domain.notices import Alert, CommandAccepted, CommandDenied, Notice
from engine.domain.ports import Query
from engine.domain.snapshot import MindfolioSnapshot

INTERVAL_MS = 50
"""The main thread is woken at most once in this time: twenty times a second."""

SCANS_SINCE = dt.timedelta(hours=24)

_log = logging.getLogger(__name__)


class EngineBridge(QObject):
    """The window's only door to the engine; implements the `Publisher` port.

    `publish` and `notify` may be called on any thread and never block: the newest snapshot replaces the one before,
    notices queue up in order, and one queued signal wakes the main thread, where all public signals are emitted.
    A snapshot is delivered before the notices that came with it, so that who hears of an accepted command already
    sees its effect. Make it, connect it and close it on the main thread, and connect its signals to methods of
    QObjects.
    """

    snapshot_changed = Signal(object)
    """A newer MindfolioSnapshot."""
    command_accepted = Signal(object)
    """Command."""
    command_denied = Signal(object, object)
    """Command, tuple[Denial, ...]."""
    alert = Signal(object)
    """Alert."""
    scans_ready = Signal(str, object)
    """Module id, tuple[ScanRow, ...], newest first."""
    trades_ready = Signal(str, object)
    """Module id, tuple[TradeRow, ...], newest first."""
    skips_ready = Signal(str, object)
    """Module id, tuple[SkippedTrade, ...]: those that would still be open first."""
    nav_ready = Signal(object)
    """tuple[(datetime, Money), ...], oldest first."""

    _woken = Signal()
    _answered = Signal(str, str, object)

    def __init__(
        self,
        send: Callable[[Command], None],
        stop: Callable[[str, str], None],
        query: Query,
        parent: QObject | None = None,
    ) -> None:
        """`send` queues a command; `stop` (source, why) latches the emergency stop at once; both return at once."""
        super().__init__(parent)
        self._send, self._stop, self._query = send, stop, query
        self._lock = Lock()
        self._newest: MindfolioSnapshot | None = None
        self._notices: deque[Notice] = deque()
        self._is_wake_pending = False
        self._is_closed = False
        self._snapshot: MindfolioSnapshot | None = None
        self._since_delivery = QElapsedTimer()
        self._later = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._later.timeout.connect(self._deliver)
        self._woken.connect(self._wake, Qt.ConnectionType.QueuedConnection)
        self._answered.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        self._asking: set[tuple[str, str]] = set()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mindfolio-query")

    # --- from the engine's thread ---------------------------------------------------------------------------------
    def publish(self, snapshot: MindfolioSnapshot) -> None:
        """A newer snapshot; it replaces the one before."""
        with self._lock:
            self._newest = snapshot
            must_wake = self._claim_wake()
        if must_wake:
            self._woken.emit()

    def notify(self, notice: Notice) -> None:
        """A notice; none is lost and none overtakes another."""
        with self._lock:
            self._notices.append(notice)
            must_wake = self._claim_wake()
        if must_wake:
            self._woken.emit()

    def _claim_wake(self) -> bool:
        """Whether the caller, who holds the lock, is the one to wake the main thread."""
        if self._is_wake_pending or self._is_closed:
            return False
        self._is_wake_pending = True
        return True

    # --- on the main thread ---------------------------------------------------------------------------------------
    @property
    def snapshot(self) -> MindfolioSnapshot | None:
        """The snapshot that was delivered last."""
        return self._snapshot

    def send(self, command: Command) -> None:
        """Ask the engine for something; its answer comes as `command_accepted` or `command_denied`."""
        self._send(command)

    def emergency_stop(self, source: str, why: str) -> None:
        """Latch the emergency stop at once, past every queue. What came of it is in the next snapshots."""
        self._stop(source, why)

    def request_scans(self, module_id: str) -> None:
        """Ask for a module's scan rows of the last 24 hours of market time; the answer is `scans_ready`."""
        now = self._snapshot.market.now if self._snapshot is not None else dt.datetime.now(dt.UTC)
        self._ask("scans", module_id, partial(self._query.scans, module_id, now - SCANS_SINCE))

    def request_trades(self, module_id: str) -> None:
        """Ask for a module's closed trades; the answer is `trades_ready`."""
        self._ask("trades", module_id, partial(self._query.trades, module_id))

    def request_skips(self, module_id: str) -> None:
        """Ask what became of a module's skipped trades; the answer is `skips_ready`."""
        self._ask("skips", module_id, partial(self._query.skipped_trades, module_id))

    def request_nav(self) -> None:
        """Ask for the samples of NAV; the answer is `nav_ready`."""
        self._ask("nav", "", self._query.nav_history)

    def close(self) -> None:
        """End the query thread and take nothing more in; what is still queued is not delivered."""
        with self._lock:
            self._is_closed = True
        self._later.stop()
        self._worker.shutdown(wait=True, cancel_futures=True)

    @Slot()
    def _wake(self) -> None:
        if self._is_closed or self._later.isActive():
            return
        wait = INTERVAL_MS - self._since_delivery.elapsed() if self._since_delivery.isValid() else 0
        if wait > 0:
            self._later.start(wait)
        else:
            self._deliver()

    @Slot()
    def _deliver(self) -> None:
        with self._lock:
            if self._is_closed:
                return
            snapshot, self._newest = self._newest, None
            notices = tuple(self._notices)
            self._notices.clear()
            self._is_wake_pending = False
        self._since_delivery.start()
        if snapshot is not None:
            self._snapshot = snapshot
            self.snapshot_changed.emit(snapshot)
        for notice in notices:
            match notice:
                case CommandAccepted(command):
                    self.command_accepted.emit(command)
                case CommandDenied(command, denials):
                    self.command_denied.emit(command, denials)
                case Alert():
                    self.alert.emit(notice)

    # --- questions ------------------------------------------------------------------------------------------------
    def _ask(self, what: str, module_id: str, question: Callable[[], object]) -> None:
        """Run a question on the query thread; one that waits there already is not asked twice."""
        key = (what, module_id)
        if self._is_closed or key in self._asking:
            return
        self._asking.add(key)
        self._worker.submit(question).add_done_callback(partial(self._asked, what, module_id))

    def _asked(self, what: str, module_id: str, answer: Future[object]) -> None:
        """On the query thread: hand the answer, or what went wrong, to the main thread."""
        if not answer.cancelled() and not self._is_closed:
            self._answered.emit(what, module_id, answer)

    @Slot(str, str, object)
    def _answer(self, what: str, module_id: str, answer: Future[object]) -> None:
        self._asking.discard((what, module_id))
        if self._is_closed:
            return
        error = answer.exception()
        if error is not None:
            _log.error("the ledger could not answer for %s of %s", what, module_id, exc_info=error)
            self.alert.emit(self._complaint(what, module_id, error))
        elif what == "scans":
            self.scans_ready.emit(module_id, answer.result())
        elif what == "trades":
            self.trades_ready.emit(module_id, answer.result())
        elif what == "skips":
            self.skips_ready.emit(module_id, answer.result())
        else:
            self.nav_ready.emit(answer.result())

    def _complaint(self, what: str, module_id: str, error: BaseException) -> Alert:
        now = self._snapshot.market.now if self._snapshot is not None else dt.datetime.now(dt.UTC)
        return Alert(now, module_id, f"The ledger could not be read for the {_QUESTIONS[what]}: {error}")


_QUESTIONS = {"scans": "recent scans", "trades": "closed trades", "skips": "skipped trades", "nav": "history of NAV"}
