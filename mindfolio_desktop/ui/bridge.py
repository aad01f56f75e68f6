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
from engine.domain.questions import (
    DESK_QUESTIONS,
    AllocationsSoFar,
    Answer,
    ChainOf,
    CheckTrade,
    ClosingOf,
    DeskQuestion,
    EntriesOf,
    ExpirationsOf,
    ExplainedDays,
    ExportEntries,
    FillsOf,
    LedgerQuestion,
    LegsOf,
    LimitsOf,
    ModuleOffers,
    NavSamples,
    NotesOf,
    OrdersOf,
    PayoffOf,
    PreviewTrade,
    ProposalsFor,
    Question,
    RollOf,
    RollTermsOf,
    ScansOf,
    SheetsOf,
    SkipsOf,
    StressOf,
    StrikesOf,
    TicketOf,
    TradesOf,
    TrialOf,
)
from engine.domain.snapshot import MindfolioSnapshot

INTERVAL_MS = 50
"""The main thread is woken at most once in this time: twenty times a second."""

REST_MS = 100
"""A hand that has moved nothing for so long rests."""
LONGEST_WAIT_MS = 2000
"""Figures do not wait longer than this for a hand that goes on moving."""

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
    answered = Signal(object, object)
    """Question, and what it asks for (see each question)."""
    unanswered = Signal(object, str)
    """Question, and why there is no answer; an alert tells of it too."""

    _woken = Signal()
    _done = Signal(object, object)

    def __init__(
        self,
        send: Callable[[Command | DeskQuestion], None],
        stop: Callable[[str, str], None],
        read: Callable[[LedgerQuestion], object],
        parent: QObject | None = None,
    ) -> None:
        """`send` queues a command or a question, `stop` (source, why) latches the emergency stop; both return at once.

        `read` answers from the ledger. It is called by one thread at a time, never by the main one.
        """
        super().__init__(parent)
        self._send, self._stop, self._read = send, stop, read
        self._lock = Lock()
        self._newest: MindfolioSnapshot | None = None
        self._notices: deque[Notice] = deque()
        self._is_wake_pending = False
        self._is_closed = self._is_held = False
        self._snapshot: MindfolioSnapshot | None = None
        self._since_delivery = QElapsedTimer()
        self._since_figures, self._since_move = QElapsedTimer(), QElapsedTimer()
        self._later = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._later.timeout.connect(self._deliver)
        self._woken.connect(self._wake, Qt.ConnectionType.QueuedConnection)
        self._done.connect(self._on_done, Qt.ConnectionType.QueuedConnection)
        self._asking: set[Question] = set()
        # Apart, so that a page of the ledger does not wait for somebody else's reckoning.
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mindfolio-query")
        self._reckoner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mindfolio-figures")

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

    def ask(self, question: Question) -> None:
        """Ask for something; it comes as `answered` or `unanswered`. What waits for its answer is not asked twice."""
        if self._is_closed or question in self._asking:
            return
        self._asking.add(question)
        if isinstance(question, DESK_QUESTIONS):
            self._send(question)
        else:
            self._reader.submit(self._read, question).add_done_callback(partial(self._hand_over, question))

    def tell(self, words: str, module_id: str = "", *, is_urgent: bool = False) -> None:
        """An alert that the window itself has to tell; what is urgent has a place of its own on the window."""
        now = self._snapshot.market.now if self._snapshot is not None else dt.datetime.now(dt.UTC)
        self.alert.emit(Alert(now, module_id, words, is_urgent, is_standing=is_urgent))

    def hold(self) -> None:
        """Deliver nothing until `release`: there is no window yet that could show it. Nothing is lost meanwhile."""
        self._is_held = True

    def release(self) -> None:
        """Deliver what has come, and everything that comes."""
        self._is_held = False
        self._wake()

    def give_way(self) -> None:
        """A hand moves something: new figures would make it stutter, and come once it rests (`LONGEST_WAIT_MS`).

        What cannot wait does not: a change of status, a halt, the answer to a command, an urgent alert.
        """
        self._since_move.start()

    def close(self) -> None:
        """End the threads that answer and take nothing more in; what is still queued is not delivered."""
        with self._lock:
            self._is_closed = True
        self._later.stop()
        for threads in (self._reader, self._reckoner):
            threads.shutdown(wait=True, cancel_futures=True)

    @Slot()
    def _wake(self) -> None:
        if self._is_closed or self._is_held or self._later.isActive():
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
            if self._can_wait():
                self._later.start(INTERVAL_MS)
                return
            snapshot, self._newest = self._newest, None
            notices = tuple(self._notices)
            self._notices.clear()
            self._is_wake_pending = False
        self._since_delivery.start()
        if snapshot is not None:
            self._since_figures.start()
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
                case Answer(question, work):
                    self._reckoner.submit(work).add_done_callback(partial(self._hand_over, question))

    def _can_wait(self) -> bool:
        """Whether what is queued may wait for a hand that moves; the caller holds the lock."""
        newest, shown = self._newest, self._snapshot
        if newest is None or shown is None or not self._since_move.isValid() or self._since_move.hasExpired(REST_MS):
            return False
        if (newest.status, newest.halted) != (shown.status, shown.halted):
            return False
        if any(not isinstance(notice, Alert) or notice.is_urgent for notice in self._notices):
            return False
        return not self._since_figures.hasExpired(LONGEST_WAIT_MS)

    # --- questions ------------------------------------------------------------------------------------------------
    def _hand_over(self, question: Question, outcome: Future[object]) -> None:
        """On another thread: hand the answer, or what went wrong, to the main thread."""
        if not outcome.cancelled() and not self._is_closed:
            self._done.emit(question, outcome)

    @Slot(object, object)
    def _on_done(self, question: Question, outcome: Future[object]) -> None:
        self._asking.discard(question)
        if self._is_closed:
            return
        error = outcome.exception()
        if error is None:
            self.answered.emit(question, outcome.result())
            return
        _log.error("no answer to %s", question, exc_info=error)
        is_read = not isinstance(question, DESK_QUESTIONS)
        what = _WORDS.get(type(question), "this page")
        trouble = f"The ledger could not be read for {what}" if is_read else f"There are no figures for {what}"
        self.tell(f"{trouble}: {error}", getattr(question, "module_id", None) or "")
        self.unanswered.emit(question, str(error))


_WORDS: dict[type, str] = {
    ScansOf: "the recent scans",
    TradesOf: "the closed trades",
    SkipsOf: "the skipped trades",
    NavSamples: "the history of NAV",
    AllocationsSoFar: "the history of allocation",
    ProposalsFor: "proposals",
    ModuleOffers: "the kinds of module",
    TrialOf: "a backtest",
    StressOf: "the stress grid",
    LimitsOf: "the limits",
    ExpirationsOf: "the expiration desk",
    ExplainedDays: "the explained P&L",
    SheetsOf: "the sheets of the day",
    OrdersOf: "the history of orders",
    FillsOf: "the history of fills",
    LegsOf: "the legs of a position",
    PayoffOf: "the payoff of a position",
    ClosingOf: "what a closing costs",
    RollTermsOf: "where a position could be rolled to",
    RollOf: "what a roll costs",
    EntriesOf: "the journal",
    ExportEntries: "the file",
    NotesOf: "the notes",
    PreviewTrade: "what the trade would change",
    StrikesOf: "the strikes of the trade",
    ChainOf: "the option chain",
    TicketOf: "the ticket",
    CheckTrade: "the checks of the ticket",
}
