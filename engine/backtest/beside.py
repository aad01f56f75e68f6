"""Backtests worked out beside everything else, in processes of their own: a scan never waits for one.

Who asks for what is not there yet is told so, and the question is put to a process, before all that nobody asks for
yet. What modules can ask on a day is asked ahead of it, so that most answers are there when the first scan wants them.

The answers are those of a `HistoryBacktester`, which also works out what is not for a process: users' modules, a
question that met a fault (the fault is then the asking scan's), and everything once processes have died too often.
"""

import datetime as dt
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from engine.backtest.answers import AnswerFiles, name_of
from engine.backtest.evidence import TOGETHER, HistoryBacktester, Question, questions_of
from engine.backtest.evidence_process import PATIENCE_S, Answer, EvidenceProcess, Make
from engine.core.calendar import market_day
from engine.domain.candidate import Candidate
from engine.domain.evidence import Awaited, Evidence
from engine.domain.mindfolio import ModuleKind, ModuleSpec

_log = logging.getLogger(__name__)

MOST_DEATHS = 3
"""Processes that may die a day; with one more, answers are worked out where they are asked for until another day."""

_LAST_WAIT_S = 2.0
"""How long closing waits for the threads that ask."""

AWAITED = Awaited("its backtest is being worked out; a later scan has it")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be asked ahead of a day."""

    modules: tuple[ModuleSpec, ...]
    day: dt.date


class BesideBacktester:
    """A `Backtester` that answers at once, or with `Awaited`. May be asked by any thread; close it at the end."""

    def __init__(
        self, inline: HistoryBacktester, make: Make, files: AnswerFiles, *, processes: int = 1,
        patience_s: float = PATIENCE_S,
    ) -> None:  # fmt: skip
        """`make` makes in a process what `inline` is here. Nothing is begun before the first question."""
        self._inline, self._make, self._files = inline, make, files
        self._count, self._patience_s = processes, patience_s
        self._changed = threading.Condition()
        self._known: dict[str, Evidence] = {}
        self._wanted: dict[str, Question] = {}
        """Asked by scans; these come first."""
        self._ahead: dict[str, Question] = {}
        self._under_way: set[str] = set()
        self._faulty: set[str] = set()
        self._asked: set[str] = set()
        """Symbols that scans have asked about: likely to be asked about first on another day too."""
        self._plan: _Plan | None = None
        self._day = dt.date.min
        self._deaths = 0
        self._trouble = ""
        self._is_closing = False
        self._threads: list[threading.Thread] = []
        self._processes: set[EvidenceProcess] = set()

    # --- asking ------------------------------------------------------------------------------------------------------
    def prepare(self, module: ModuleSpec, candidates: Sequence[Candidate], now: dt.datetime) -> None:
        """Ask for what is not there: of all candidates at once, so that their sessions are read together."""
        if self._trouble:
            self._inline.prepare(module, candidates, now)
            return
        for question in (_question(module, each, now) for each in candidates):
            name = self._name(question)
            if self._find(question.day, name) is None:
                self._want(question, name)

    def evidence(self, module: ModuleSpec, candidate: Candidate, now: dt.datetime) -> Evidence | Awaited:
        """The answer, or that a later scan has it. Raises what the module's program raises."""
        return self.try_out(_question(module, candidate, now))

    def try_out(self, question: Question) -> Evidence | Awaited:
        """As `evidence`, of a question that no candidate has asked, also for a module that there is not yet."""
        if question.module.kind is ModuleKind.USER:
            return self._inline.answer(question)
        name = self._name(question)
        found = self._find(question.day, name)
        if found is not None:
            return found
        return AWAITED if self._want(question, name) else self._inline.answer(question)

    def known(self, question: Question) -> Evidence | None:
        """The answer to a question, where it is there."""
        return self._find(question.day, self._name(question))

    def ask_ahead(self, modules: Sequence[ModuleSpec], day: dt.date) -> None:
        """Begin to work out whatever modules (no users' among them) could ask on a day. Waits for nothing."""
        with self._changed:
            self._plan = _Plan(tuple(modules), day)
            if day > self._day:
                self._day, self._deaths, self._trouble = day, 0, ""
                for of_before in (self._known, self._wanted, self._ahead, self._faulty):
                    of_before.clear()
            self._begin()
            self._changed.notify_all()

    @property
    def steps(self) -> int:
        """What was worked out here: only then somebody waits for it."""
        return self._inline.steps

    @property
    def trouble(self) -> str:
        """Why nothing is worked out beside any more, "" while it is."""
        return self._trouble

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to be worked out."""
        with self._changed:
            return not (self._plan or self._wanted or self._ahead or self._under_way)

    def close(self) -> None:
        """End the processes."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
            for process in self._processes:
                process.kill()
        for thread in self._threads:
            thread.join(_LAST_WAIT_S)

    def _find(self, day: dt.date, name: str) -> Evidence | None:
        found = self._known.get(name)
        if found is None and (found := self._files.get(day, name)) is not None:
            self._known[name] = found
        return found

    def _want(self, question: Question, name: str) -> bool:
        """Put a question to a process, before those that were asked ahead; False where it is none for a process."""
        with self._changed:
            if self._trouble or name in self._faulty:
                return False
            self._asked.add(question.symbol)
            if not any(name in place for place in (self._known, self._under_way, self._wanted)):
                self._ahead.pop(name, None)
                self._wanted[name] = question
                self._begin()
                self._changed.notify_all()
            return True

    def _name(self, question: Question) -> str:
        return name_of(self._inline.terms, self._inline.content(question))

    # --- the threads that ask processes ------------------------------------------------------------------------------
    def _begin(self) -> None:
        """Begin the threads, once."""
        if not self._threads and not self._is_closing:
            self._threads = [
                threading.Thread(target=self._work, name=f"mindfolio-evidence-{number}", daemon=True)
                for number in range(self._count)
            ]
            for thread in self._threads:
                thread.start()

    def _work(self) -> None:
        process: EvidenceProcess | None = None
        while batch := self._next():
            try:
                process = process or self._started()
                names = tuple(batch)
                for answer in process.answers(tuple(batch.values()), self._patience_s):
                    self._take(names[answer.number], batch[names[answer.number]], answer)
            except Exception as error:  # noqa: BLE001 - whatever it is, no scan may wait for ever
                if process is not None:
                    self._end(process)
                process = None
                self._has_died(batch, str(error) or type(error).__name__)
            finally:
                with self._changed:
                    self._under_way.difference_update(batch)
        if process is not None:
            self._end(process)

    def _next(self) -> dict[str, Question]:
        """The questions about a few symbols that come first; none when it is time to end."""
        while True:
            with self._changed:
                while not (self._plan or self._wanted or self._ahead or self._is_closing):
                    self._changed.wait()
                if self._is_closing:
                    return {}
                plan, self._plan = self._plan, None
                if plan is None:
                    return self._batch()
                asked = frozenset(self._asked)
                self._under_way.add("")  # so that nobody takes it for idle
            planned = self._planned(plan, asked)
            with self._changed:
                self._under_way.discard("")
                if plan.day == self._day and not self._trouble:
                    taken = self._under_way | self._wanted.keys() | self._known.keys()
                    self._ahead = {name: each for name, each in planned.items() if name not in taken}
                self._changed.notify_all()

    def _planned(self, plan: _Plan, asked: frozenset[str]) -> dict[str, Question]:
        """What is not there yet of all that could be asked; what scans have asked about first.

        One symbol after the other, by name: a year of a few large funds, which come first in a universe, is more than
        is kept at once.
        """
        self._files.forget_before(plan.day)
        questions = sorted(
            questions_of(plan.modules, plan.day), key=lambda each: (each.symbol not in asked, each.symbol)
        )
        try:
            named = {self._name(each): each for each in questions}
        except Exception:  # noqa: BLE001 - a recording that cannot be read is told by the scan that meets it
            _log.exception("nothing is asked ahead of %s", plan.day)
            return {}
        return {name: each for name, each in named.items() if not self._files.has(plan.day, name)}

    def _batch(self) -> dict[str, Question]:
        """Of the first few symbols all questions, those that scans have asked first."""
        first = tuple((self._wanted or self._ahead).values())
        symbols = tuple(dict.fromkeys(each.symbol for each in first))[:TOGETHER]
        batch = {
            name: each
            for name, each in (*self._wanted.items(), *self._ahead.items())
            if each.symbol in symbols and each.day == first[0].day
        }
        for name in batch:
            self._wanted.pop(name, None)
            self._ahead.pop(name, None)
        self._under_way.update(batch)
        return batch

    def _started(self) -> EvidenceProcess:
        process = EvidenceProcess(self._make)
        with self._changed:
            self._processes.add(process)
            if self._is_closing:
                process.kill()
        return process

    def _end(self, process: EvidenceProcess) -> None:
        with self._changed:
            self._processes.discard(process)
        process.close()

    def _take(self, name: str, question: Question, answer: Answer) -> None:
        if answer.evidence is not None:
            self._files.put(question.day, name, answer.evidence)
        with self._changed:
            self._under_way.discard(name)
            if answer.evidence is None:
                self._faulty.add(name)
            else:
                self._known[name] = answer.evidence

    def _has_died(self, batch: dict[str, Question], why: str) -> None:
        """Ask what was not answered again, or give up."""
        with self._changed:
            if self._is_closing:
                return
            self._deaths += 1
            _log.warning("the process that works out backtests has died (%d): %s", self._deaths, why)
            if self._deaths > MOST_DEATHS:
                self._trouble = why
                self._wanted.clear()
                self._ahead.clear()
                self._plan = None
            else:
                self._wanted = {name: each for name, each in batch.items() if name in self._under_way} | self._wanted


def _question(module: ModuleSpec, candidate: Candidate, now: dt.datetime) -> Question:
    return Question(module, candidate.structure.symbol, candidate.structure.kind, market_day(now))
