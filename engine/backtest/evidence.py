"""The pre-trade backtest that the gate asks for: the last 365 days of a structure on a symbol, worked out once a day.

An answer is known by its content: the module's program and settings, the structure and the symbol, the day, and the
fingerprint of what is known of the symbol. Whoever asks while it is being worked out waits for the same answer. A
module's name, its budget's use and what it holds change nothing; neither does who asks.

A walk is kept for each question that was asked, and on another day goes on from where it stood: one more session, not
a year. What it answers is what a walk of those 365 days alone would, because no trade of it knows of another.
"""

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Protocol, runtime_checkable

from engine.backtest.filling import Terms
from engine.backtest.result import Backtest
from engine.backtest.source import ChainSource
from engine.backtest.statistics import evidence_of
from engine.backtest.walk import Walk, walk
from engine.core.calendar import market_day, previous_session
from engine.domain.candidate import Candidate
from engine.domain.evidence import Awaited, Evidence
from engine.domain.mindfolio import ModuleSpec, ModuleStatus
from engine.domain.ports import Strategy
from engine.domain.structure import StructureKind
from engine.modules.registry import strategy_of

LOOK_BACK = dt.timedelta(days=365)

KEPT = 4096
"""Answers that are kept: those of a day are some hundreds."""

WALKS = 512
"""Walks that are kept, of some tens of kilobytes each."""

TOGETHER = 4
"""Symbols whose sessions are read at once: a year of so many fits on a `Shelf`, the two largest funds among them."""

ON_TOP = frozenset({StructureKind.COVERED_CALL})
"""What a module only ever sells on shares that it holds already: it belongs to the trade that brought them."""


@runtime_checkable
class Closable(Protocol):
    """What a program may be besides: one that holds a process."""

    def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What the year before a day says of a structure of a symbol under a module's rules."""

    module: ModuleSpec
    symbol: str
    kind: StructureKind
    day: dt.date

    def restricted(self) -> ModuleSpec:
        """The module as it is walked with."""
        return restricted(self.module, self.symbol, self.kind)


def questions_of(modules: Iterable[ModuleSpec], day: dt.date) -> tuple[Question, ...]:
    """Everything that modules could ask on a day: each structure of each on every symbol of its universe."""
    return tuple(
        Question(module, symbol, kind, day)
        for module in modules
        for symbol in module.universe
        for kind in module.structures
        if kind not in ON_TOP
    )


@dataclass(slots=True, eq=False)
class _Kept:
    """A walk of a question, gone on with under its lock: from which day it began, and what was known of the symbol."""

    lock: Lock = field(default_factory=Lock)
    walk: Walk | None = None
    source: ChainSource | None = None
    first: dt.date = dt.date.min
    day: dt.date = dt.date.min
    """The day that it last answered for: all sessions before it were seen."""
    fingerprint: str = ""


class HistoryBacktester:
    """A `Backtester` over a source of chains. Asked by several threads; each answer is worked out once."""

    def __init__(
        self, source: ChainSource, terms: Terms, strategy: Callable[[ModuleSpec], Strategy] = strategy_of
    ) -> None:
        """`strategy` finds the program behind a module."""
        self._source = source
        self._terms = terms
        self._strategy = strategy
        self._lock = Lock()
        self._answers: OrderedDict[Hashable, Future[Evidence]] = OrderedDict()
        self._newest = dt.date.min
        """The newest day that was asked about: the answers that are kept are of it, or were asked for since."""
        self._walks: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._steps = 0

    def content(self, question: Question) -> tuple[Hashable, ...]:
        """What the answer depends on. Its `repr` is the same in every process."""
        symbol, day = question.symbol, question.day
        return *_settings(question.restricted()), symbol, question.kind, day, self._source.fingerprint(symbol, day)

    @property
    def terms(self) -> Terms:
        """What it trades on."""
        return self._terms

    @property
    def steps(self) -> int:
        """Answers and readings of several symbols that were worked out so far."""
        return self._steps

    def prepare(self, module: ModuleSpec, candidates: Sequence[Candidate], now: dt.datetime) -> None:
        """Work out the answers about several candidates, whose sessions are read together.

        A fault of a program is left to whoever asks for that answer.
        """
        day = market_day(now)
        asked = dict.fromkeys((each.structure.symbol, each.structure.kind) for each in candidates)
        questions = [Question(module, symbol, kind, day) for symbol, kind in asked]
        new = [each for each in questions if self.content(each) not in self._answers]
        for start in range(0, len(new), TOGETHER):
            group = new[start : start + TOGETHER]
            self.read_for(group)
            for each in group:
                with suppress(Exception):
                    self.answer(each)

    def read_for(self, questions: Sequence[Question]) -> None:
        """Make ready what questions of one day about a few symbols need."""
        # Where a walk is kept, the newest sessions are enough: reading them alone takes no time.
        cold = {each.symbol for each in questions if self._kept(each.restricted(), each.symbol).walk is None}
        if cold:
            self.read_together(sorted(cold), questions[0].day)

    def let_go(self) -> None:
        """Let go of the sessions that were read: the walks are kept, and need only those that are still to come."""
        self._source.let_go()

    def read_together(self, symbols: Sequence[str], day: dt.date) -> None:
        """Make a year's sessions of a few symbols ready, where that takes less time than one after the other."""
        self._source.read_together(symbols, day - LOOK_BACK, previous_session(day).day)
        self._step()

    def evidence(self, module: ModuleSpec, candidate: Candidate, now: dt.datetime) -> Evidence:
        """What the 365 days before `now`'s day say of a candidate's structure under its module's own rules.

        The last session looked at is the one before that day, whose chain nobody has yet. Raises what the module's
        program raises, for everybody who asks the same.
        """
        structure = candidate.structure
        return self.answer(Question(module, structure.symbol, structure.kind, market_day(now)))

    def answer(self, question: Question) -> Evidence:
        """As `evidence`, of a question that no candidate has asked."""
        content = self.content(question)
        with self._lock:
            if question.day > self._newest:
                # Nobody asks about the days before any more, and an answer tells of hundreds of trades.
                self._newest = question.day
                self._answers.clear()
            answer = self._answers.get(content)
            is_mine = answer is None
            if answer is None:
                answer = self._answers[content] = Future()
                self._forget()
            self._answers.move_to_end(content)
        if is_mine:
            try:
                answer.set_result(evidence_of(self._gone_on(question)))
            except BaseException as error:
                answer.set_exception(error)
                with self._lock:
                    self._answers.pop(content, None)  # a fault of the moment is not the answer of the day
                raise
            finally:
                self._step()
        return answer.result()

    def try_out(self, question: Question) -> Evidence | Awaited:
        """As `answer`, for who asks before there is such a module."""
        return self.answer(question)

    def backtest(self, module: ModuleSpec, symbol: str, kind: StructureKind, day: dt.date) -> Backtest:
        """The whole backtest behind an answer, worked out anew."""
        last = previous_session(day).day
        return self.between(module, symbol, kind, day - LOOK_BACK, last)

    def between(self, module: ModuleSpec, symbol: str, kind: StructureKind, first: dt.date, last: dt.date) -> Backtest:
        """A structure of a symbol under a module's rules over sessions from `first` to `last`, both included.

        Without a session it is a backtest of no trades, whose source says so.
        """
        source = self._source.chosen(symbol, first, last)
        days = source.days(symbol, first, last)
        if not days:
            return _nothing(symbol, kind, first, last)
        only = restricted(module, symbol, kind)
        label = source.label(symbol, first, last, len(days))
        with self._program(only) as strategy:
            return walk(strategy, only, days, self._terms, kind.value, label)

    def _gone_on(self, question: Question) -> Backtest:
        """The backtest behind an answer without its orders, by the walk that is kept where it stands before the day."""
        symbol, kind, day = question.symbol, question.kind, question.day
        first, last = day - LOOK_BACK, previous_session(day).day
        source, only = self._source.chosen(symbol, first, last), question.restricted()
        kept = self._kept(only, symbol)
        with kept.lock:
            made = kept.walk
            goes_on = made is not None and kept.source is source and kept.first <= first and kept.day <= day
            if not goes_on or kept.fingerprint != source.fingerprint(symbol, kept.day):
                made = None
            since = None if made is None else made.last
            days = [each for each in source.days(symbol, since or first, last) if since is None or each.day > since]
            if made is None and not days:
                return _nothing(symbol, kind, first, last)
            made = made or Walk(only, replace(self._terms, is_told=False))
            is_newest = day >= kept.day
            if is_newest:
                kept.walk = None  # whatever is raised: half a session is no walk
            with self._program(only) as strategy:
                made.go_on(strategy, days)
            told = made.sessions(first, last)
            if not told:
                return _nothing(symbol, kind, first, last)
            if is_newest:
                made.forget_before(first)
                kept.walk, kept.source, kept.first, kept.day = made, source, first, day
                kept.fingerprint = source.fingerprint(symbol, day)
            return made.between(first, last, kind.value, source.label(symbol, first, last, told))

    def _kept(self, only: ModuleSpec, symbol: str) -> _Kept:
        """The place for the walk of a question."""
        key = (*_settings(only), symbol)
        with self._lock:
            kept = self._walks.setdefault(key, _Kept())
            self._walks.move_to_end(key)
            while len(self._walks) > WALKS:
                self._walks.popitem(last=False)
            return kept

    @contextmanager
    def _program(self, module: ModuleSpec) -> Iterator[Strategy]:
        strategy = self._strategy(module)
        try:
            yield strategy
        finally:
            if isinstance(strategy, Closable):
                strategy.close()  # a user's program runs in a process of its own

    def _step(self) -> None:
        with self._lock:
            self._steps += 1

    def _forget(self) -> None:
        """Let go of the answers that nobody asked for longest."""
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)


def _settings(only: ModuleSpec) -> tuple[Hashable, ...]:
    """What of a module can change an answer."""
    parameters = tuple(sorted((name, type(value).__name__, value) for name, value in only.parameters.items()))
    return only.kind, only.program, only.house_rules, only.structures, only.limits, parameters


def _nothing(symbol: str, kind: StructureKind, first: dt.date, last: dt.date) -> Backtest:
    return Backtest(symbol, kind.value, first, last, f"no chains of {symbol}", (), (), ())


def restricted(module: ModuleSpec, symbol: str, kind: StructureKind) -> ModuleSpec:
    """A module that trades one structure of one symbol, and what it sells on top of that, and is otherwise itself."""
    structures = tuple(each for each in module.structures if each in ON_TOP and each is not kind)
    return replace(
        module,
        autotrade=True,
        status=ModuleStatus.ACTIVE,
        universe=(symbol,),
        structures=(kind, *structures),
    )
