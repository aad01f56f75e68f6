"""The program's log, and what nobody caught: all of it goes through Python's `logging`.

A record of level CRITICAL is an error that nobody expected: one that the engine caught last of all, or one of any
thread that nobody caught. Whoever watches (`watched_by`) hears of it on the thread where it happened.

The file begins with `begin`, after the first paint; what is logged before waits for it. Nothing here blocks whoever
logs (see `log_file`).
"""

import logging
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from engine.core.errors import MindfolioError
from mindfolio_desktop.faults import Where, faults_of, where
from mindfolio_desktop.versions import program_version, python_version

if TYPE_CHECKING:
    from mindfolio_desktop.log_file import LogFiles

FOLDER = "logs"
"""In the user's data place."""

OURS = ("engine", "mindfolio_desktop")
_MOST_EARLY = 1000

_log = logging.getLogger(__name__)

Watcher = Callable[[logging.LogRecord], None]


class Log:
    """The log of one process, for as long as the `with` block."""

    def __init__(self, home: Path) -> None:
        """`home` is the user's data place; nothing is made there before `begin`."""
        self._folder = home / FOLDER
        self._early = _Early()
        self._files: LogFiles | None = None
        self._watch: _Watch | None = None
        self._levels = {name: logging.getLogger(name).level for name in OURS}
        self._hooks = _Hooks()

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self._early)
        for name in OURS:
            logging.getLogger(name).setLevel(logging.INFO)
        self._hooks.set()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: TracebackType | None) -> None:
        """Write what waits, and leave everything as it was before. What ends the program unexpectedly is logged."""
        if isinstance(error, Exception) and not isinstance(error, MindfolioError | OSError):
            _log.critical("the program ends by an error", exc_info=error)
        if self._early.records:
            self.begin()
        self._hooks.unset()
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
        root = logging.getLogger()
        for handler in (self._early, self._watch):
            if handler is not None:
                root.removeHandler(handler)
        if self._files is not None:
            self._files.close()

    def begin(self) -> None:
        """Write to the file from now on. Where it cannot be made, everything goes on without it."""
        if self._files is not None:
            return
        from mindfolio_desktop.log_file import LogFiles  # noqa: PLC0415 - heavy: not before the first paint

        self._files = LogFiles(self._folder)
        logging.getLogger().removeHandler(self._early)
        while self._early.records:
            self._files.front.handle(self._early.records.popleft())
        _log.info("Mindfolio %s begins, Python %s, %s", program_version(), python_version(), sys.platform)

    def watched_by(self, watcher: Watcher) -> None:
        """Call this for each unexpected error, on the thread where it happened."""
        self._watch = _Watch(watcher)
        logging.getLogger().addHandler(self._watch)


class _Early(logging.Handler):
    """Keeps what comes before the file is there."""

    def __init__(self) -> None:
        super().__init__()
        self.records: deque[logging.LogRecord] = deque(maxlen=_MOST_EARLY)

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class _Watch(logging.Handler):
    def __init__(self, watcher: Watcher) -> None:
        super().__init__(logging.CRITICAL)
        self._watcher = watcher

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._watcher(record)
        except Exception:  # noqa: BLE001 - who tells of errors must not make more of them
            self.handleError(record)


class _Hooks:
    """What Python calls with an exception that nobody caught: in the main thread, in another, where none can be raised.

    Slots and events of Qt, QThread and QRunnable come to the first.
    """

    def __init__(self) -> None:
        self._counts: Counter[Where] = Counter()
        self._counting = threading.RLock()  # a collection of garbage may bring one in the middle of another

    def set(self) -> None:
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._main, self._thread, self._unraisable

    def unset(self) -> None:
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before

    def _main(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            self._before[0](kind, error, trace)
            return
        self._tell("an error that nobody caught", error.with_traceback(trace))

    def _thread(self, what: threading.ExceptHookArgs) -> None:
        if issubclass(what.exc_type, SystemExit) or what.exc_value is None:
            return
        # The thread's name is in the record: this is called on it.
        self._tell("an error that nobody caught", what.exc_value.with_traceback(what.exc_traceback))

    def _unraisable(self, what: "sys.UnraisableHookArgs") -> None:
        # What it was raised in is not shown: its own words may be anything.
        self._tell("an error where none can be raised", what.exc_value)

    def _tell(self, what: str, error: BaseException | None) -> None:
        """The first one whole; of the same only the 10th, 100th...: what comes with each paint fills no log."""
        kind = where(faults_of(error))
        with self._counting:
            self._counts[kind] += 1
            count = self._counts[kind]
        if count == 1:
            _log.critical(what, exc_info=error)
        elif str(count).rstrip("0") == "1":
            _log.error("%s of %s came %d times by now", what, kind.type, count)
