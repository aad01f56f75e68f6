"""The engine's thread inside the window's process: commands in, snapshots and notices out."""

import contextlib
import datetime as dt
import logging
import sys
import threading

from engine.core.errors import MindfolioError
from engine.core.files import own_folder
from engine.domain.commands import Command, EmergencyStop
from engine.domain.notices import Alert
from engine.domain.ports import Publisher
from engine.domain.questions import DeskQuestion
from engine.risk.latch import StopLatch
from engine.runtime.inbox import Inbox, Shutdown
from engine.runtime.places import ENGINE_THREAD, Places, Running

_log = logging.getLogger(__name__)

SWITCH_S = 0.001
"""How long one thread's Python may keep the others waiting. Python's own 5 ms, and several busy threads, would hold a
stop up for more than 50 ms."""


class EngineHost:
    """Owns the engine's thread. `send` and `stop` may be called from any thread at any time, also before `start`.

    Heavy imports (database, market, analytics) happen on the engine's thread, after the window is on screen.
    """

    def __init__(self, places: Places, running: Running, publisher: Publisher) -> None:
        self._places = places
        self._running = running
        self._publisher = publisher
        self._inbox = Inbox()
        # The folder first: a stop from outside must find it while the engine is still starting. Where it cannot be
        # made, starting fails with the reason.
        with contextlib.suppress(OSError):
            own_folder(places.folder)
        self._latch = StopLatch(places.latch)
        sys.setswitchinterval(SWITCH_S)
        self._is_open, self._fault = False, ""
        self._thread = threading.Thread(target=self._run, name=ENGINE_THREAD, daemon=False)

    def start(self) -> None:
        """Start the engine's thread."""
        self._thread.start()

    def send(self, message: Command | DeskQuestion) -> None:
        """Hand a command or a question to the kernel; the answer comes as a notice."""
        self._inbox.put(message)

    def stop(self, source: str, why: str) -> None:
        """Emergency stop: latch on the caller's thread first, then let the kernel do the rest. Never waits for it."""
        self._latch.set(source, why)
        self._inbox.put(EmergencyStop(source, why))

    @property
    def is_open(self) -> bool:
        """Whether the ledger was opened: the mindfolio runs, or has run."""
        return self._is_open

    @property
    def fault(self) -> str:
        """Why it could not be opened, "" where it could or is being opened."""
        return self._fault

    @property
    def has_ended(self) -> bool:
        """Whether it was started and has ended, by itself or not."""
        return self._thread.ident is not None and not self._thread.is_alive()

    def close(self, timeout_s: float = 10.0) -> bool:
        """End the thread after its current step; True when it has ended."""
        self._inbox.put(Shutdown())
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        from engine.runtime.assembly import OpenEngine, session_limit  # noqa: PLC0415 - heavy: not before the window is painted

        try:
            engine = OpenEngine(self._places, self._running, self._publisher, self._inbox, self._latch)
        except (MindfolioError, OSError) as error:
            self._fail(str(error))
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the window must say so
            _log.critical("the engine could not start", exc_info=True)
            self._fail(f"internal fault: {type(error).__name__}: {error}")
            return
        self._is_open = True
        try:
            sessions = self._running.sessions
            engine.kernel.run(until=None if sessions is None else session_limit(engine.kernel, sessions))
        finally:
            engine.close()

    def _fail(self, why: str) -> None:
        self._fault = why
        self._publisher.notify(Alert(dt.datetime.now(dt.UTC), "", f"The engine could not start: {why}", is_urgent=True))
