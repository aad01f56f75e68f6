"""A user's module in a process of its own: begun, asked with a deadline, and ended with everything it has begun.

The process gets no environment of ours, no open file but its two pipes, and an empty folder to stand in. Between
questions it stands still (on Linux), so it can neither work nor talk unasked.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from engine.core.errors import MindfolioError
from engine.modules.sandbox import CHILD_FLAG
from engine.modules.sandbox.protocol import (
    HEAD,
    Answer,
    Failed,
    Limits,
    Load,
    Loaded,
    Request,
    Seal,
    Sealed,
    Unreadable,
    answer_in,
    frame,
)

_HAS_SIGNALS = os.name == "posix"

_STANDS_STILL = sys.platform == "linux"
"""Between questions: only where the system ends what stands still when its parent is killed."""

_BEGINS = ThreadPoolExecutor(1, thread_name_prefix="mindfolio-module-begins")
"""The thread that begins processes: Linux ends them with the thread that began them, so it has to be one that stays."""

_BOOT = """import os, sys
if hasattr(os, "nice"):
    os.nice(10)
sys.path.append(sys.argv[1])
from engine.modules.sandbox.child import main
main()
"""
"""At low priority from the first line on: also what it imports is never more urgent than a stop."""

_CHUNK = 1 << 16


LONGEST_WHY = 1000
"""Characters that are told of a fault."""


def one_line(text: str, longest: int) -> str:
    """Words of a user's module as a person may read them: no line breaks, nothing that moves a terminal's cursor."""
    words = " ".join(text[: 2 * longest].split())[:longest]
    return "".join(each if each.isprintable() else "?" for each in words)


class ModuleFault(MindfolioError):
    """A user's module broke the contract, or its code failed: it is paused, and a person is told why, in one line."""

    def __init__(self, why: str) -> None:
        """`why` may hold words of the module's own."""
        super().__init__(one_line(why, LONGEST_WHY))


class ProcessEnded(ModuleFault):
    """Its process ended by itself: a new one may do better."""


def command() -> list[str]:
    """How the other end is begun: isolated from the user's own packages and the working folder; see `environment`."""
    if getattr(sys, "frozen", False):
        return [sys.executable, CHILD_FLAG]
    return [sys.executable, "-P", "-s", "-c", _BOOT, str(Path(__file__).resolve().parents[3])]


def environment() -> dict[str, str]:
    """All that the process knows of ours: one thread for its linear algebra, and on Windows what Python needs.

    Sets of names come in the same order in every process, so that a session can be had again.
    """
    needed = ("SYSTEMROOT",) if os.name == "nt" else ()
    kept = {name: os.environ[name] for name in needed if name in os.environ}
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")
    return {**threads, "PYTHONUTF8": "1", "PYTHONHASHSEED": "0", **kept}


class ModuleProcess:
    """One process that has loaded one module. Used by one thread at a time; `close` may come from any."""

    def __init__(
        self, name: str, source: bytes, limits: Limits, within_s: float | None = None,
        began: Callable[["ModuleProcess"], None] | None = None,
    ) -> None:  # fmt: skip
        """Begin it and load the module. Raises ModuleFault with one line when that does not come about.

        `within_s`: seconds for that, if fewer are left than a load may take. `began` is told of it before it loads.
        """
        self._limits = limits
        self._folder = tempfile.TemporaryDirectory(prefix="mindfolio-module-", ignore_cleanup_errors=True)
        self._killed_late = False
        self._process = _BEGINS.submit(
            subprocess.Popen,
            command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env=environment(),
            close_fds=True,
            start_new_session=True,
            bufsize=0,
        ).result()
        load_s = limits.load_s if within_s is None else max(0.0, min(within_s, limits.load_s))
        deadline = time.monotonic() + load_s
        try:
            if began is not None:
                began(self)
            sealed = self.ask(Seal(limits), load_s)
            loaded = self.ask(Load(name, source), max(0.0, deadline - time.monotonic()))
            if not isinstance(sealed, Sealed) or not isinstance(loaded, Loaded):
                raise ModuleFault("its process answered something else than what it is")  # noqa: TRY301 - one end for all
        except BaseException:
            self.close()
            raise
        self.sealed, self.loaded = sealed.what, loaded

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def ask(self, request: Request, within_s: float) -> Answer:
        """One question, one answer. Raises ModuleFault for a late, unasked, oversized or unreadable one.

        Raises ProcessEnded where the process is gone. After either the process is of no more use.
        """
        body = frame(request)
        deadline = time.monotonic() + within_s
        # Where a pipe cannot be waited for with a deadline, the end of the process ends the wait.
        watchdog = threading.Timer(within_s, self._kill_late)
        watchdog.daemon = True
        watchdog.start()
        try:
            if _STANDS_STILL:
                self._signal("SIGCONT")
            if self._has_something(0.0):
                self._refuse_unasked()
            self._write(body, deadline)
            size = int.from_bytes(self._read(HEAD, deadline), "big")
            if size > self._limits.answer:
                raise ModuleFault(f"its answer is of {size:,} bytes, at most {self._limits.answer:,} are taken")
            answer = answer_in(self._read(size, deadline))
            if _STANDS_STILL:
                self._signal("SIGSTOP")
        except TimeoutError:
            raise ModuleFault(f"it did not answer within {within_s:.3g} s") from None
        except (OSError, EOFError):
            if self._killed_late:
                raise ModuleFault(f"it did not answer within {within_s:.3g} s") from None
            raise ProcessEnded(f"its process ended ({self._how_it_ended()})") from None
        except Unreadable as error:
            raise ModuleFault(str(error)) from None
        finally:
            watchdog.cancel()
        if isinstance(answer, Failed):
            raise ModuleFault(answer.error)
        return answer

    def close(self) -> None:
        """End the process and everything in its group, and take its folder away. Does no harm twice."""
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5.0)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._folder.cleanup()

    def kill(self) -> None:
        """End it at once; from any thread."""
        if _HAS_SIGNALS:
            self._signal("SIGKILL")
        with contextlib.suppress(OSError):
            self._process.kill()

    # --- inside ------------------------------------------------------------------------------------------------------
    def _refuse_unasked(self) -> None:
        if self._process.poll() is not None:
            raise EOFError
        raise ModuleFault("it sent something that nobody had asked for")

    def _kill_late(self) -> None:
        self._killed_late = True
        self.kill()

    def _signal(self, name: str) -> None:
        """Send a signal to the whole group, where there is such a thing."""
        if _HAS_SIGNALS and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, getattr(signal, name))

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return "the pipe was closed"
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def _has_something(self, wait_s: float) -> bool:
        return _HAS_SIGNALS and _is_ready(self._out, select.POLLIN, wait_s)

    @property
    def _out(self) -> IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        return self._process.stdout

    @property
    def _in(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        return self._process.stdin

    def _write(self, body: bytes, deadline: float) -> None:
        descriptor, left = self._in.fileno(), memoryview(body)
        if _HAS_SIGNALS:
            os.set_blocking(descriptor, False)
        while left:
            self._wait(self._in, "out", deadline)
            with contextlib.suppress(BlockingIOError):
                left = left[os.write(descriptor, left[:_CHUNK]) :]

    def _read(self, size: int, deadline: float) -> bytes:
        parts: list[bytes] = []
        while size:
            self._wait(self._out, "in", deadline)
            part = os.read(self._out.fileno(), min(size, _CHUNK))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _wait(self, pipe: IO[bytes], direction: str, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if _HAS_SIGNALS and not _is_ready(pipe, select.POLLIN if direction == "in" else select.POLLOUT, left):
            raise TimeoutError


def _is_ready(pipe: IO[bytes], event: int, wait_s: float) -> bool:
    poll = select.poll()
    poll.register(pipe.fileno(), event)
    return bool(poll.poll(wait_s * 1000))
