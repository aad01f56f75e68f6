"""The log's files: JSON lines, rotated, written by a thread of their own, without what looks like a secret.

Whoever logs hands a plain record to a queue and goes on. Where the disk is slower than what is logged, what is too much
to wait is dropped, counted, and told in the log itself; so is what cannot be written. Nothing is raised, and nothing
waits.
"""

import contextlib
import datetime as dt
import faulthandler
import json
import logging
import os
import sys
from collections.abc import Callable
from functools import partial
from io import TextIOWrapper
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from queue import SimpleQueue
from threading import RLock
from typing import IO, cast

from filelock import FileLock, Timeout

from engine.core.files import own_folder
from mindfolio_desktop.faults import Fault, as_lines, faults_of
from mindfolio_desktop.redaction import hidden

MOST_BYTES = 1_000_000
KEPT = 4
"""Files of the past beside the one that is written."""

WAITING = 5000
"""Records that may wait for the disk."""

CRASHES = "crash.txt"
"""Where the interpreter writes, by itself, which lines ran when the process died."""

_LONGEST = 4000
_PROCESSES = 9
"""So many processes may log in one folder at a time, each into files of its own."""
_PATIENCE_S = 3.0

_log = logging.getLogger(__name__)


class LogFiles:
    """Everything that is logged goes into `folder` until `close`, and warnings to the terminal, if there is one."""

    def __init__(self, folder: Path, waiting: int = WAITING) -> None:
        self.front = Front(SimpleQueue(), waiting)
        handlers: list[logging.Handler] = []
        self._lock: FileLock | None = None
        self._crashes: IO[str] | None = None
        why = ""
        try:
            own_folder(folder)
            path, self._lock = _free(folder)
            handlers.append(LinesFile(path))
            self._watch_crashes(folder)
        except OSError as error:
            why = error.strerror or type(error).__name__
        if sys.stderr is not None:  # a windowed program may have none
            terminal = logging.StreamHandler(sys.stderr)
            terminal.setLevel(logging.WARNING)
            terminal.setFormatter(_Plain())
            handlers.append(terminal)
        self._back = Back(self.front, handlers)
        self._back.start()
        logging.getLogger().addHandler(self.front)
        if why:
            _log.warning("nothing is logged in %s: %s", folder, why)

    def close(self) -> None:
        """Write what waits, as far as the disk is not hung, and let go."""
        logging.getLogger().removeHandler(self.front)
        self._back.stop()
        if not self._back.hangs:
            for handler in self._back.handlers:
                with contextlib.suppress(OSError, ValueError):  # what it still holds does not fit on the disk
                    handler.close()
        if self._crashes is not None:
            faulthandler.disable()
            self._crashes.close()
        if self._lock is not None:
            self._lock.release()

    def _watch_crashes(self, folder: Path) -> None:
        if not faulthandler.is_enabled():  # somebody else watches already: the tests do
            self._crashes = open_privately(str(folder / CRASHES), "a")
            faulthandler.enable(self._crashes)


class Front(QueueHandler):
    """Where records are handed in. Never waits."""

    def __init__(self, queue: "SimpleQueue[logging.LogRecord | None]", waiting: int) -> None:
        """A queue that may be used within itself: a collection of garbage may log in the middle of a log."""
        super().__init__(queue)
        self._waiting_records, self._waiting = queue, waiting
        self._counting = RLock()
        self._dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """All that the record says as plain texts, so that nothing of the program is held or read later."""
        plain = logging.makeLogRecord(
            {key: record.__dict__[key] for key in ("name", "levelno", "levelname", "created", "threadName", "process")}
        )
        plain.msg, plain.args = str(record.msg)[:_LONGEST], None
        plain.words = record.getMessage()[:_LONGEST]
        plain.faults = faults_of(record.exc_info[1]) if record.exc_info else []
        return plain

    def enqueue(self, record: logging.LogRecord) -> None:
        """Queue it, or count it as dropped."""
        if self._waiting_records.qsize() >= self._waiting:
            self.count_dropped()
        else:
            self._waiting_records.put_nowait(record)

    def end(self) -> None:
        """Nothing comes any more."""
        self._waiting_records.put_nowait(None)

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """A record whose own words fail is dropped as well."""
        self.count_dropped()

    def count_dropped(self, count: int = 1) -> None:
        """So many more are lost."""
        with self._counting:
            self._dropped += count

    def take_dropped(self) -> int:
        """How many were lost since this was asked last."""
        with self._counting:
            dropped, self._dropped = self._dropped, 0
        return dropped


class Back(QueueListener):
    """The thread that writes."""

    def __init__(self, front: Front, handlers: list[logging.Handler]) -> None:
        super().__init__(front.queue, *handlers, respect_handler_level=True)
        self._front = front
        self.hangs = False
        """Whether it did not end in time: what it writes to must be left alone then."""
        self._files = [handler for handler in handlers if isinstance(handler, LinesFile)]
        for file in self._files:
            file.on_failed = front.count_dropped

    def handle(self, record: logging.LogRecord) -> None:
        """Write it, and before it how many were lost."""
        if (dropped := self._front.take_dropped()) and not self._told(dropped):
            self._front.count_dropped(dropped)
        super().handle(record)

    def _told(self, dropped: int) -> bool:
        said = logging.LogRecord(__name__, logging.WARNING, "", 0, "lines that were lost: %d", (dropped,), None)
        return all(file.wrote(self._front.prepare(said)) for file in self._files)

    def stop(self) -> None:
        """Write what waits, and end; a disk that hangs is not waited for."""
        thread = self._thread
        if thread is None:
            return
        self._front.end()
        thread.join(_PATIENCE_S)
        self.hangs = thread.is_alive()
        self._thread = None


class LinesFile(RotatingFileHandler):
    """JSON lines for their user alone."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        super().__init__(path, maxBytes=most_bytes, backupCount=KEPT, encoding="utf-8")
        self.setFormatter(_Line())
        self.on_failed: Callable[[], None] = _nobody

    def wrote(self, record: logging.LogRecord) -> bool:
        """Whether it could be written; nobody counts it where not."""
        before, has_failed = self.on_failed, list[bool]()
        self.on_failed = partial(has_failed.append, True)
        try:
            self.handle(record)
        finally:
            self.on_failed = before
        return not has_failed

    def _open(self) -> TextIOWrapper:
        return open_privately(self.baseFilename, self.mode)

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """The disk is full, or the folder gone."""
        self.on_failed()


class _Line(logging.Formatter):
    """One record as a line of JSON. `template` is what stands in the source: it holds nothing of the account."""

    def format(self, record: logging.LogRecord) -> str:
        at = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "at": at,
            "level": record.levelname,
            "from": record.name,
            "thread": record.threadName,
            "process": record.process,
            "words": hidden(_words(record)),
            "template": hidden(str(record.msg)),
        }
        if faults := _faults(record):
            line["faults"] = [{**fault, "text": hidden(fault["text"][:_LONGEST])} for fault in faults]
        return json.dumps(line)


class _Plain(logging.Formatter):
    """For the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return hidden("\n".join([_words(record), *as_lines(_faults(record))]))


def open_privately(path: str, mode: str) -> TextIOWrapper:
    """Open a text file that is made, where it is not there, for its user alone."""
    return cast(
        "TextIOWrapper",
        open(path, mode, encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)),
    )


def _words(record: logging.LogRecord) -> str:
    return str(getattr(record, "words", ""))


def _faults(record: logging.LogRecord) -> list[Fault]:
    return cast("list[Fault]", getattr(record, "faults", []))


def _nobody() -> None:
    """Nobody counts."""


def _free(folder: Path) -> tuple[Path, FileLock]:
    """A file that no other process writes, and the lock that says so. Raises OSError."""
    for number in range(1, _PROCESSES + 1):
        name = "mindfolio" if number == 1 else f"mindfolio-{number}"
        lock = FileLock(folder / f"{name}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            continue
        return folder / f"{name}.jsonl", lock
    raise OSError(0, "so many processes write there already")
