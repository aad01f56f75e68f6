"""A person's desk: a screen of its own, a hand on mouse and keys, an eye on the window, and the journal to look up."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from engine.core.errors import LedgerFault
from engine.ledger.query import LedgerQuery
from engine.runtime.places import Places
from tests.end_to_end.watched import Box, Sight

ROOT = Path(__file__).resolve().parents[2]
SCREEN = (1280, 800)

PATIENCE_S = 30.0
"""How long anything may take of which nothing else is said."""

_LOOK_S = 0.1
_HAND_S = 0.06
"""Between two motions of the hand."""

_PAINT_S = 0.4
"""What is there may be painted a little later."""

_ANSWER_S = 20.0
_MOST_NOTCHES = 80
_TOAST = "toast"
_LOG = "program.log"

T = TypeVar("T")


class Failed(Exception):
    """What was to happen did not; the words say what was waited for, or what came instead."""


def wait_for(what: str, look: Callable[[], T | None], limit_s: float = PATIENCE_S) -> T:
    """What `look` finds, as soon as that is something (neither None nor False). Raises Failed after `limit_s`."""
    until = time.monotonic() + limit_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise Failed(f"waited {limit_s:g} s for {what}")
        time.sleep(_LOOK_S)


@contextmanager
def screen(display: str) -> Iterator[None]:
    """A screen of that name, for as long as it is needed."""
    number = display.removeprefix(":")
    place = Path(f"/tmp/.X11-unix/X{number}")  # noqa: S108 - where X servers are reached
    if place.exists():
        raise Failed(f"there is a screen {display} already: name another with --display")
    width, height = SCREEN
    command = ["Xvfb", display, "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"the screen {display}", place.exists)
        yield
    finally:
        _end(server)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Window:
    """The real program in a process of its own: seen by object name, moved by mouse and keys only."""

    def __init__(self, display: str, kept: Path, program: Sequence[str], arguments: list[str]) -> None:
        """Start `tests.end_to_end.watched` by its command; what it prints goes to `kept`."""
        self._environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        self._kept = kept
        here, there = socket.socketpair()
        command = [*program, str(there.fileno()), *arguments]
        with there, (kept / _LOG).open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=[there.fileno()],
            )  # fmt: skip
        here.settimeout(_ANSWER_S)
        self._line = here
        self._answers = here.makefile("r", encoding="utf-8")
        self.notes: list[str] = []
        """What a person would have grumbled about on the way."""

    def end(self) -> None:
        """End the program where it has not ended by itself."""
        if self.process.poll() is None:
            _end(self.process)
        self._answers.close()
        self._line.close()

    def check(self) -> None:
        """Raises Failed when the program has ended."""
        if self.process.poll() is not None:
            raise Failed(f"the program ended with {self.process.returncode}, see {_LOG}")

    # --- the eye --------------------------------------------------------------------------------------------------
    def look(self, name: str) -> Sight | None:
        """What can be seen of a widget; None while none of that name is shown."""
        self.check()
        try:
            self._line.sendall(f"{name}\n".encode())
            answer = self._answers.readline()
        except OSError as error:
            raise Failed(f"the window did not say where {name} is: {error}") from error
        found: Sight | None = json.loads(answer or "null")
        return found

    def see(self, name: str, limit_s: float = PATIENCE_S, *, is_enabled: bool = True) -> Sight:
        """A widget that is shown, and (unless told otherwise) can be used."""

        def shown() -> Sight | None:
            found = self.look(name)
            return found if found is not None and (found["is_enabled"] or not is_enabled) else None

        return wait_for(f"{name} to be shown{' and enabled' if is_enabled else ''}", shown, limit_s)

    def picture(self, name: str) -> Path:
        """The screen as it is now, kept as a PNG."""
        time.sleep(_PAINT_S)
        path = self._kept / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(path)], env=self._environment, check=True, timeout=60)
        return path

    # --- the hand -------------------------------------------------------------------------------------------------
    def hand(self, *motion: object) -> None:
        """One call of xdotool."""
        command = ["xdotool", *map(str, motion)]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise Failed(f"{' '.join(command)}: {done.stderr.strip()}")
        time.sleep(_HAND_S)

    def settle(self, name: str, limit_s: float = PATIENCE_S) -> Sight:
        """A usable widget, scrolled into sight with the wheel, once it has stopped moving."""
        before: list[Box | None] = [None]

        def still() -> Sight | None:
            found = self._into_sight(name, limit_s)
            was, before[0] = before[0], found["box"]
            if was == found["box"] and found["covered_by"]:
                self._uncover(name, found["covered_by"])
                return None
            return found if was == found["box"] else None

        return wait_for(f"{name} to stand still", still, limit_s)

    def _uncover(self, name: str, over: list[str]) -> None:
        """Dismiss a note that lies over a widget; anything else has no business there."""
        if _TOAST not in over:
            raise Failed(f"{name} is covered by {' in '.join(over)}")
        self.notes.append(f"a note lay over {name}")
        found = self.look(f"{_TOAST}_dismiss")
        if found is not None:
            left, top, width, height = found["box"]
            self.hand("mousemove", left + width // 2, top + height // 2)
            self.hand("click", 1)

    def _into_sight(self, name: str, limit_s: float) -> Sight:
        for _ in range(_MOST_NOTCHES):
            found = self.see(name, limit_s)
            seen, scroll, box = found["seen"], found["scroll"], found["box"]
            if scroll is None or (seen is not None and seen[3] >= min(box[3], scroll[3])):
                return found
            left, top, _, height = scroll
            is_below = box[1] + box[3] > top + height
            self.hand("mousemove", left + 4, top + height // 2)  # a page's margin: nothing there takes the wheel
            self.hand("click", 5 if is_below else 4)
        raise Failed(f"{name} cannot be scrolled into sight")

    def click(self, name: str, limit_s: float = PATIENCE_S, *, from_left: int | None = None) -> None:
        """Click a usable widget: its middle, or so many pixels from its left edge."""
        left, top, width, height = self.settle(name, limit_s)["box"]
        self.hand("mousemove", left + (width // 2 if from_left is None else from_left), top + height // 2)
        self.hand("click", 1)

    def click_row(self, table: str, key: str) -> bool:
        """Click the row of a table that has that key; False when there is none (any more)."""
        if self.look(table) is None:
            return False
        row = next((one for one in self.settle(table)["rows"] if one["key"] == key), None)
        if row is not None:
            left, top, width, height = row["box"]
            self.hand("mousemove", left + width // 2, top + height // 2)
            self.hand("click", 1)
        return row is not None

    def keys(self, table: str) -> list[str]:
        """Of the rows of a table, none where it is not shown."""
        found = self.look(table)
        return [] if found is None else [row["key"] for row in found["rows"]]

    def write(self, name: str, words: str) -> None:
        """Click into a field, choose what is in it, and type over it."""
        self.click(name)
        self.hand("key", "ctrl+a")
        self.hand("type", "--delay", 25, "--", words)

    def drag(self, name: str, by: int) -> None:
        """Take a widget at its middle, and let it go so many pixels to the right."""
        left, top, width, height = self.settle(name)["box"]
        x, y = left + width // 2, top + height // 2
        self.hand("mousemove", x, y)
        self.hand("mousedown", 1)
        for part in range(1, 11):
            self.hand("mousemove", x + by * part // 10, y)
        self.hand("mouseup", 1)


class Journal:
    """What the program wrote down, read from outside while it runs. `check` raises Failed when it does no more."""

    def __init__(self, places: Places, check: Callable[[], None]) -> None:
        self.places, self._check = places, check
        self._query = LedgerQuery(places.ledger)

    def newest(self) -> int:
        """The number of the newest entry, 0 where there is none yet."""
        found = self._query.entries(limit=1) if self.places.ledger.exists() else ()
        return found[0].seq if found else 0

    def all_of(self, kind: str, after: int = 0) -> list[dict[str, Any]]:
        """Bodies of the entries of a type since an entry, oldest first; none while there is no journal yet."""
        self._check()
        if not self.places.ledger.exists():
            return []
        try:
            found = self._query.entries(kind=kind)
        except LedgerFault:  # it is just being made
            return []
        return [json.loads(entry.body) for entry in reversed(found) if entry.seq > after]

    def wait_for(
        self,
        kind: str,
        after: int = 0,
        which: Callable[[dict[str, Any]], bool] = lambda _: True,
        limit_s: float = PATIENCE_S,
    ) -> dict[str, Any]:
        """The first such entry since another one that fits."""
        return wait_for(
            f"{kind} in the journal", lambda: next(filter(which, self.all_of(kind, after)), None), limit_s
        )  # fmt: skip
