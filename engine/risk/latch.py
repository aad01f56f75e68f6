"""The emergency latch: one flag in memory and one file, either of which means stopped.

Whether it is set never depends on what the file says, only on whether something is there: a file that is empty,
damaged, a folder, a dangling link, or that cannot be looked at, is a stop. Reading takes no lock, so nothing can hold
up the last look before an order leaves. This file imports nothing of the program but what makes a folder, so that a
second process can set the latch at once, even when the rest of the program cannot start.
"""

import contextlib
import json
import logging
import os
import stat
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from engine.core.files import own_folder

_logger = logging.getLogger(__name__)

_UNKNOWN = "unknown"
_LONGEST_TEXT = 4096
"""Bytes of a stop file that are read for display."""


@dataclass(frozen=True, slots=True, eq=False)
class _Stop:
    """One press of the button in this process; two presses are never equal."""

    source: str
    why: str


class StopLatch:
    """The latch at `path`, whose folder must exist: without it no stop from outside could arrive, so that is a stop.

    Any thread may call anything. The flag is two references: the last stop, and the last stop that was lifted. Each
    is replaced in one step, so a stop that comes while another is being lifted is never lost.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stop: _Stop | None = None
        self._lifted: _Stop | None = None
        # Only writers of the file wait here. Re-entrant, because a signal's handler may stop while its thread lifts.
        self._file_lock = threading.RLock()

    @property
    def is_set(self) -> bool:
        """Whether everything is stopped: in memory, or because anything at all is at the path, or it is unreadable."""
        return self._stop is not self._lifted or _is_latched(self._path)

    def set(self, source: str, why: str) -> bool:
        """Stop: at once in memory, then durably in the file. Never raises.

        False when the file could not be written: the stop holds in this process but might not survive it.
        """
        self._stop = _Stop(source, why)
        try:
            with self._file_lock:
                set_latch_file(self._path, source, why)
        except Exception:
            # Nothing may come back as an error from here: the flag is set, and the caller goes on cancelling orders.
            _logger.exception("the stop file could not be written")
            return False
        return True

    def lift(self) -> bool:
        """Remove file and flag. False, and still stopped, when what is at the path cannot be removed."""
        with self._file_lock:
            seen = self._stop
            try:
                _remove(self._path)
            except OSError:
                _logger.exception("the stop file could not be removed")
                return False
            self._lifted = seen
        return not self.is_set

    def identity(self) -> tuple[int, int] | None:
        """Which stop file lies there now, None without one: a newer stop puts another file in its place."""
        try:
            found = os.lstat(self._path)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def who(self) -> tuple[str, str]:
        """Source and reason of the stop for display, as well as they are known; two empty texts when not stopped."""
        found = _read_text(self._path) if self.identity() is not None else ("", "")
        if found[0] not in ("", _UNKNOWN):
            return found  # the newest stop, which may be another process's
        stop = self._stop
        if stop is not None and stop is not self._lifted:
            return stop.source, stop.why
        return _read_text(self._path) if _is_latched(self._path) else ("", "")


def set_latch_file(path: Path, source: str, why: str) -> None:
    """Stop the program whose latch is at `path`, from any process; makes the folder if need be. Raises OSError.

    The file appears complete or not at all. It appears before it is forced to the disk, because its mere presence
    stops and a slow disk must not delay that; it is durable when this returns.
    """
    own_folder(path.parent)
    body = json.dumps({"source": source, "why": why}).encode("ascii")
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    temporary = Path(name)
    try:
        # On a full disk the words do not fit, but the name does: an empty file stops as well.
        with os.fdopen(descriptor, "wb", buffering=0) as file, contextlib.suppress(OSError):
            file.write(body)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    with path.open("r+b") as file:
        os.fsync(file.fileno())
    _sync_folder(path.parent)


def _is_latched(path: Path) -> bool:
    try:
        os.lstat(path)
    except FileNotFoundError:
        return not os.path.isdir(path.parent)  # noqa: PTH112 - a third of the time, before every order that is sent
    except OSError:
        return True
    return True


def _remove(path: Path) -> None:
    try:
        is_folder = stat.S_ISDIR(os.lstat(path).st_mode)
    except FileNotFoundError:
        return
    if is_folder:
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def _read_text(path: Path) -> tuple[str, str]:
    try:
        # Anything but a plain file is not opened: a pipe would never answer.
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return _UNKNOWN, "the stop file is not a file"
        with path.open("rb") as file:
            text = file.read(_LONGEST_TEXT).decode("utf-8", errors="replace")
    except OSError as error:
        return _UNKNOWN, f"the stop file cannot be read: {error.strerror}"
    try:
        found = json.loads(text)
        return str(found["source"]), str(found["why"])
    except (ValueError, TypeError, KeyError, RecursionError):
        # Somebody made the file by hand: its first line is the best there is.
        lines = text.strip().splitlines()
        return _UNKNOWN, "".join(character for character in lines[0] if character.isprintable()) if lines else ""


def _sync_folder(folder: Path) -> None:
    """Make the new name in the folder durable; Windows has no such call, and does it by itself."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
