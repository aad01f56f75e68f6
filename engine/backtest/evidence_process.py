"""A process that does nothing but backtests, at low priority: asked several questions at once, it answers one by one.

It is spawned, not forked (a fork would copy threads' locks in whatever state they are), and never outlives the program
that began it: a thread of it waits for that program's end, whatever ends it.
"""

import contextlib
import datetime as dt
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeAlias

from engine.backtest.evidence import HistoryBacktester, Question
from engine.backtest.filling import Terms
from engine.backtest.shelf import Shelf
from engine.backtest.sources import source_for
from engine.core.memory import give_back
from engine.domain.evidence import Evidence
from engine.market.simulated.feed import SimulatedFeed

Make: TypeAlias = Callable[[], HistoryBacktester]
"""Makes a backtester in a process of its own: a function of a module, with its arguments bound by `partial`."""

PATIENCE_S = 600.0
"""How long it may be silent over its questions: a step takes seconds, but a busy machine leaves it little time."""

ROOM = 320 * 2**20
"""Bytes of sessions it keeps while it answers: those of the symbols that are read together. None between questions."""

_NICE = 10
_END_S = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The evidence for the question with this number, or why there is none ("" where there is)."""

    number: int
    evidence: Evidence | None
    fault: str = ""


class ProcessGone(Exception):
    """It has ended, or does not answer: of no more use."""


class EvidenceProcess:
    """One process. `answers` by one thread at a time; `kill` may come from any."""

    def __init__(self, make: Make) -> None:
        """Begin it: what it makes, it makes while it is asked already. Raises OSError where there can be none."""
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        # A daemon is ended with the program, and never waited for.
        self._process = context.Process(target=_serve, args=(theirs, make), name="mindfolio-evidence", daemon=True)
        try:
            self._process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._pipe = ours

    @property
    def pid(self) -> int | None:
        """The process's number."""
        return self._process.pid

    def answers(self, questions: Sequence[Question], patience_s: float = PATIENCE_S) -> Iterator[Answer]:
        """The answers to questions of one day about a few symbols, in their order, as they get ready.

        Raises ProcessGone when the process ends, or is silent for too long.
        """
        try:
            self._pipe.send(tuple(questions))
            left = len(questions)
            while left:
                if not self._pipe.poll(patience_s):
                    raise ProcessGone(f"it was silent for {patience_s:g} s")
                said = self._pipe.recv()
                if isinstance(said, Answer):  # or a sign that it gets on
                    left -= 1
                    yield said
        except (OSError, EOFError) as error:
            self._process.join(_END_S)
            raise ProcessGone(f"it ended with exit code {self._process.exitcode}") from error

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        """End it, and let go of what belongs to it. To be called by the thread that asks it."""
        self.kill()
        self._process.join(_END_S)
        self._pipe.close()


def simulated(seed: int, step: dt.timedelta, terms: Terms) -> HistoryBacktester:
    """A backtester over a simulated market of its own."""
    source = source_for(SimulatedFeed(seed, step=step).history(), terms.rate, Shelf(ROOM))
    return HistoryBacktester(source, terms)


def recorded(root: Path, terms: Terms) -> HistoryBacktester:
    """A backtester over what is recorded below a folder. Raises HistoryFault for a damaged recording."""
    return HistoryBacktester(source_for(root, terms.rate, Shelf(ROOM)), terms)


def _serve(pipe: Connection, make: Make) -> None:
    """What the process does."""
    if hasattr(os, "nice"):
        os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the program, which then ends this
    threading.Thread(target=_end_with_the_program, daemon=True).start()
    backtester = make()
    while True:
        try:
            questions: tuple[Question, ...] = pipe.recv()
            pipe.send(None)
            with contextlib.suppress(Exception):  # it is told where a question meets it again
                backtester.read_for(questions)
            pipe.send(None)
            for number, question in enumerate(questions):
                pipe.send(_answer(backtester, number, question))
            # A year of four symbols is a third of a gigabyte, and the walks go on without it.
            backtester.let_go()
            give_back()
        except (OSError, EOFError):
            return


def _end_with_the_program() -> None:
    program = parent_process()
    if program is not None:
        program.join()
        os._exit(1)


def _answer(backtester: HistoryBacktester, number: int, question: Question) -> Answer:
    try:
        return Answer(number, backtester.answer(question))
    except Exception as error:  # noqa: BLE001 - whatever a module's program or a recording does
        return Answer(number, None, f"{type(error).__name__}: {error}")
