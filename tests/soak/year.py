"""Watches a program with a window through its sessions: what it uses, and whether its books hold."""

import ctypes
import datetime as dt
import gc
import math
import os
import subprocess
import sys
import time
import tracemalloc
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import shiboken6
from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication, QWidget

from engine.core.calendar import next_session, session_on
from engine.domain.commands import SetSpeed
from engine.domain.snapshot import MindfolioSnapshot
from engine.runtime.places import Places
from mindfolio_desktop.opening import Program
from tests.soak.measure import busy_s, size_of, uses
from tests.soak.person import Person
from tests.soak.readings import MB, SESSIONS_A_MONTH, Reading, Watched

ROOT = Path(__file__).resolve().parents[2]
_LOOK_MS = 500
_IDLE_LOOKS = 6
"""Processes that have done nothing in so many looks have done what they were asked for."""
_STILL_LOOKS = 2
"""After so many looks with a still clock nothing is on its way any more."""
_TOLD = 25
"""Kinds of objects and lines of code of which is told that there is more."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a run goes: until `sessions` are over, or, with `seconds`, until those are."""

    sessions: int
    seconds: float = 0.0
    speed: float = math.inf
    turn_ms: int = 400
    explains: bool = False
    """Whether it tells each month what there is more of."""


class Year(QObject):
    """Follows one program, which begins with its clock held.

    Where the market runs as fast as it can it begins once the process that works out backtests is done: else it would
    be weeks further before the first trade has one. Once a month the clock is held, and everything that is in the files
    is checked. A fault ends the run.
    """

    def __init__(self, program: Program, places: Places, course: Course) -> None:
        super().__init__()
        self.watched = Watched()
        self._program, self._places, self._course = program, places, course
        self._person: Person | None = None
        self._began = time.monotonic()
        self._day: dt.date | None = None
        self._over, self._months = -1, 0
        self._idle = self._still = 0
        self._busy_s = -1.0
        self._is_begun = self._is_ending = self._is_check_due = False
        self._check: subprocess.Popen[str] | None = None
        self._more = _More()
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look)
        program.opened.connect(self._listen)

    @Slot()
    def _listen(self) -> None:
        self._bridge = self._program.switching.session.bridge
        self._bridge.snapshot_changed.connect(self._on_snapshot)
        self._timer.start()

    @Slot(object)
    def _on_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        if self._person is None:
            self._person = Person(self._program, self._course.turn_ms)
            self._person.begin(snapshot)
        if snapshot.halted:
            self._fail(f"trading halted: {snapshot.halted}")
        elif snapshot.differences:
            self._fail(f"book and broker differ: {snapshot.differences}")
        day = snapshot.market.session
        if not self._is_ending and day is not None and day != self._day:
            self._over += _sessions_after(self._day, day)
            self._day = day
            self._begin_session(snapshot, self._person)

    def _begin_session(self, snapshot: MindfolioSnapshot, person: Person) -> None:
        if not self._course.seconds:
            self._read(snapshot)
            if self._over >= self._course.sessions:
                self._hold_for_check()
                return
            if self._over // SESSIONS_A_MONTH > self._months:
                self._months = self._over // SESSIONS_A_MONTH
                self._hold_for_check()
        person.see(self._over + 1, snapshot)

    # --- looks -------------------------------------------------------------------------------------------------------
    @Slot()
    def _look(self) -> None:
        snapshot = self._bridge.snapshot
        if snapshot is None or self._is_ending:
            return
        if not self._is_begun:
            self._begin_market()
        if self._course.seconds:
            self._read(snapshot)
            if time.monotonic() - self._began >= self._course.seconds:
                self._hold_for_check()
        if self._is_check_due:
            self._go_on_checking(snapshot)

    def _begin_market(self) -> None:
        busy = busy_s(os.getpid())
        self._idle = self._idle + 1 if busy == self._busy_s else 0
        self._busy_s = busy
        if self._idle >= _IDLE_LOOKS or math.isfinite(self._course.speed):
            self._is_begun = True
            self._bridge.send(SetSpeed(self._course.speed))

    def _hold_for_check(self) -> None:
        if not self._is_check_due:
            self._is_check_due, self._still = True, 0
            self._bridge.send(SetSpeed(0.0))

    def _go_on_checking(self, snapshot: MindfolioSnapshot) -> None:
        if self._check is None:
            self._still = self._still + 1 if snapshot.market.speed == 0 else 0
            if self._still >= _STILL_LOOKS:
                if self._course.explains:
                    say(self._more.told())
                command = [sys.executable, "-m", "tests.soak.check", str(self._places.data_dir)]
                self._check = subprocess.Popen(
                    command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
                )
        elif self._check.poll() is not None:
            words, _ = self._check.communicate()
            status, self._check, self._is_check_due = self._check.returncode, None, False
            self.watched.checks += 1
            if status:
                self._fail(f"after {self._over} sessions: {words.strip()}")
            elif self._course.seconds or self._over >= self._course.sessions:
                self._end()
            else:
                self._bridge.send(SetSpeed(self._course.speed))

    # --- what is told ------------------------------------------------------------------------------------------------
    def _read(self, snapshot: MindfolioSnapshot) -> None:
        but = frozenset() if self._check is None else frozenset({self._check.pid})
        here, *others = uses(os.getpid(), but)
        every = (here, *others)
        # What Python knows of already: to ask Qt for all there is would make thousands of them known, and keep them.
        known = shiboken6.getAllValidWrappers()
        reading = Reading(
            session=max(0, self._over),
            elapsed_s=time.monotonic() - self._began,
            cpu_s=busy_s(os.getpid(), itself=True),
            program=here.resident,
            helpers=sum(each.resident for each in others),
            own=sum(each.own for each in every),
            files=sum(each.files for each in every),
            threads=sum(each.threads for each in every),
            processes=len(every),
            widgets=sum(isinstance(each, QWidget) for each in known),
            qobjects=sum(isinstance(each, QObject) for each in known),
            objects=len(gc.get_objects()),
            ledger=size_of(self._places.folder),
            entries=snapshot.seq,
            opened=sum(view.closed_trades + len(view.open_positions) for view in snapshot.modules),
        )
        self.watched.readings.append(reading)
        say(
            f"{reading.session:4} {snapshot.market.now:%Y-%m-%d} {reading.elapsed_s:6.0f} s, "
            f"{reading.resident / MB:6.1f} MB ({reading.program / MB:.1f} + {reading.helpers / MB:.1f}), "
            f"{reading.files} files, {reading.threads} threads, {reading.widgets} widgets, "
            f"{reading.qobjects} QObjects, {reading.entries} entries, {reading.opened} opened, "
            f"{snapshot.positions} open, NAV {snapshot.nav / 10_000:,.2f}, {snapshot.status}"
        )

    def _fail(self, why: str) -> None:
        self.watched.faults.append(why)
        self._end()

    def _end(self) -> None:
        if not self._is_ending:
            self._is_ending = True
            self._timer.stop()
            if self._check is not None:
                self._check.kill()
                self._check.communicate()
            if self._person is not None:
                self.watched.turns = self._person.turns
                self.watched.done, self.watched.denied = dict(self._person.done), dict(self._person.denied)
            QApplication.exit(0)


def _sessions_after(day: dt.date | None, until: dt.date) -> int:
    """How many sessions lie after a day, until another, which counts: the window may not see each of them."""
    if day is None:
        return 1
    session, count = session_on(day), 0
    while session is not None and session.day < until:
        session, count = next_session(session.closes), count + 1
    return count


class _More:
    """What there is more of than when it was asked for last: kinds of objects, and lines that have allocated."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._trace: tracemalloc.Snapshot | None = None

    def told(self) -> str:
        """Lines of text."""
        gc.collect()
        kinds = Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())
        lines = [_of_c_library(), f"{sys.getallocatedblocks():,} blocks of Python; of kinds of objects there are more:"]
        if self._kinds:
            lines += [f"  {count:8,} {name}" for name, count in (kinds - self._kinds).most_common(_TOLD)]
        self._kinds = kinds
        if tracemalloc.is_tracing():
            trace = tracemalloc.take_snapshot()
            if self._trace is not None:
                lines += [f"  {each}" for each in trace.compare_to(self._trace, "lineno")[:_TOLD]]
            self._trace = trace
        return "\n".join(lines)


class _Mallinfo2(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keep",
        )
    ]


def _of_c_library() -> str:
    """What the C library has in use, and what it keeps although it is free: holes between what is in use."""
    mallinfo2 = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo2 is None:
        return "this C library does not tell what it keeps"
    mallinfo2.restype = _Mallinfo2
    info = mallinfo2()
    in_use, free, apart = (size / MB for size in (info.uordblks, info.fordblks, info.hblkhd))
    return f"the C library has {in_use:.1f} MB in use, {free:.1f} MB free, {apart:.1f} MB mapped apart"


def say(words: str) -> None:
    """At once, also into a file."""
    print(words, flush=True)  # noqa: T201 - this is a command
