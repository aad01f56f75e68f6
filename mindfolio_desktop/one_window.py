"""One window on one data place: a second start rings at the first one's door, and leaves.

A lock file says that somebody is in; it goes with its process, however that ends. Whoever is in listens at an address
that only its user can read, together with a word to say there: the ring is answered by a thread of its own, also while
the window is busy. A lock at whose door nobody answers is nobody's: what must never be written by two, the ledger, has
a lock of its own.
"""

import contextlib
import json
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile

from engine.core.errors import MindfolioError
from engine.core.files import own_folder, replace_text

if TYPE_CHECKING:
    from multiprocessing.connection import Connection, Listener

LOCK, ADDRESS = "window.lock", "window.address"
PATIENCE_S = 10.0
"""How long a start waits for the door of one that has only just begun."""

_ANSWER_S = 3.0
_LOOK_S = 0.1
_PREFIX, _DOOR = "mindfolio-", "door"
_RING, _HEARD = b"raise", b"raised"


class AlreadyOpen(MindfolioError):
    """Another window is open here, and was brought to the front."""


class OneWindow:
    """The place of the one window. Claim it before anything is shown, `listen` once there is something to raise."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = QLockFile(str(home / LOCK))
        self._lock.setStaleLockTime(0)  # only of a process that is gone, never for its age
        self._listener: Listener | None = None
        self._folder = ""
        self._thread: threading.Thread | None = None
        self._is_over = False

    def claim(self, patience_s: float = PATIENCE_S) -> None:
        """Be the one window. Raises AlreadyOpen once another one has answered that it comes to the front."""
        with contextlib.suppress(OSError):  # where it cannot be made, opening says so in the window
            own_folder(self._home)
        until = time.monotonic() + patience_s
        while not self._lock.tryLock(0) and self._lock.error() is QLockFile.LockError.LockFailedError:
            if ring(self._home):
                raise AlreadyOpen(
                    f"Mindfolio is open already on {self._home}: its window was brought to the front "
                    "(“Switch…” there opens another mindfolio)"
                )
            if time.monotonic() > until:
                return
            time.sleep(_LOOK_S)

    def listen(self, on_ring: Callable[[], None]) -> None:
        """Answer at the door from now on; `on_ring` is called on another thread. Without a door all else works."""
        from multiprocessing.connection import Listener  # noqa: PLC0415 - heavy: not before the first paint

        word = secrets.token_bytes(32)
        self._clear_away()
        try:
            if os.name == "nt":
                self._listener = Listener(None, "AF_PIPE", authkey=word)
            else:  # not in the data place: the name of a socket must be short
                self._folder = tempfile.mkdtemp(prefix=_PREFIX)
                self._listener = Listener(str(Path(self._folder) / _DOOR), "AF_UNIX", authkey=word)
            address = {"address": self._listener.address, "word": word.hex()}
            replace_text(self._home / ADDRESS, json.dumps(address))
        except OSError:
            self._clear()
            return
        self._thread = threading.Thread(
            target=self._answer, args=(self._listener, on_ring), name="mindfolio-door", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Answer no more; the next one may be the window."""
        self._is_over = True
        if self._thread is not None:
            ring(self._home)  # what waits for a ring hears nothing else
            self._thread.join(_ANSWER_S)
            (self._home / ADDRESS).unlink(missing_ok=True)
        self._clear()
        self._lock.unlock()

    def _answer(self, listener: "Listener", on_ring: Callable[[], None]) -> None:
        while not self._is_over:
            try:
                with listener.accept() as visitor:
                    self._hear(visitor, on_ring)
            except Exception:  # noqa: BLE001 - whoever comes without the word, or goes before he was heard
                time.sleep(_LOOK_S)  # where the system has no more handles, it would come again at once

    def _hear(self, visitor: "Connection[bytes, bytes]", on_ring: Callable[[], None]) -> None:
        if visitor.poll(_ANSWER_S) and visitor.recv_bytes(len(_RING)) == _RING and not self._is_over:
            on_ring()
            visitor.send_bytes(_HEARD)

    def _clear_away(self) -> None:
        """What a process that was killed has left of its door."""
        found = _address(self._home)
        door = Path(found[0]) if found is not None else None
        if door is not None and door.name == _DOOR and door.parent.name.startswith(_PREFIX):
            with contextlib.suppress(OSError):
                door.unlink(missing_ok=True)
                door.parent.rmdir()

    def _clear(self) -> None:
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


def ring(home: Path) -> bool:
    """Whether somebody has answered that the window there comes to the front."""
    heard = threading.Event()
    # On a thread of its own: a process that was stopped takes the ring and never answers.
    caller = threading.Thread(target=_ring, args=(home, heard), name="mindfolio-ring", daemon=True)
    caller.start()
    caller.join(_ANSWER_S)
    return heard.is_set()


def _address(home: Path) -> tuple[str, bytes] | None:
    """Where the door is, and the word to say there."""
    try:
        with (home / ADDRESS).open("rb") as file:
            held = json.loads(file.read(4096))
        return str(held["address"]), bytes.fromhex(held["word"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _ring(home: Path, heard: threading.Event) -> None:
    found = _address(home)
    if found is None:
        return
    address, word = found
    from multiprocessing.connection import Client  # noqa: PLC0415 - heavy, and mostly nobody is there

    try:
        with Client(address, authkey=word) as door:
            door.send_bytes(_RING)
            if door.poll(_ANSWER_S) and door.recv_bytes(len(_HEARD)) == _HEARD:
                heard.set()
    except Exception:  # noqa: BLE001 - whatever is at that address: it is not the window
        return
