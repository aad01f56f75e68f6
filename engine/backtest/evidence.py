"""The pre-trade backtest that the gate asks for: the last 365 days of a structure on a symbol, worked out once a day.

An answer is known by its content: the module's program and settings, the structure and the symbol, the day, and the
fingerprint of what is known of the symbol. Whoever asks while it is being worked out waits for the same answer. A
module's name, its budget's use and what it holds change nothing; neither does who asks.
"""

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import replace
from threading import Lock
from typing import Protocol, runtime_checkable

from engine.backtest.filling import Terms
from engine.backtest.result import Backtest
from engine.backtest.source import ChainSource
from engine.backtest.statistics import evidence_of
from engine.backtest.walk import walk
from engine.core.calendar import market_day, previous_session
from engine.domain.candidate import Candidate
from engine.domain.evidence import Evidence
from engine.domain.mindfolio import ModuleSpec, ModuleStatus
from engine.domain.ports import Strategy
from engine.domain.structure import StructureKind
from engine.modules.registry import strategy_of

LOOK_BACK = dt.timedelta(days=365)

KEPT = 4096
"""Answers that are kept: those of a day are some hundreds."""

ON_TOP = frozenset({StructureKind.COVERED_CALL})
"""What a module only ever sells on shares that it holds already: it belongs to the trade that brought them."""


@runtime_checkable
class Closable(Protocol):
    """What a program may be besides: one that holds a process."""

    def close(self) -> None:
        """Let go of it."""
        ...


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

    def evidence(self, module: ModuleSpec, candidate: Candidate, now: dt.datetime) -> Evidence:
        """What the 365 days before `now`'s day say of a candidate's structure under its module's own rules.

        The last session looked at is the one before that day, whose chain nobody has yet. Raises what the module's
        program raises, for everybody who asks the same.
        """
        structure = candidate.structure
        return self.on_day(module, structure.symbol, structure.kind, market_day(now))

    def on_day(self, module: ModuleSpec, symbol: str, kind: StructureKind, day: dt.date) -> Evidence:
        """The answer about a structure of a symbol on a day."""
        question = self._question(module, symbol, kind, day)
        with self._lock:
            answer = self._answers.get(question)
            is_mine = answer is None
            if answer is None:
                answer = self._answers[question] = Future()
                self._forget()
            self._answers.move_to_end(question)
        if is_mine:
            try:
                answer.set_result(evidence_of(self.backtest(module, symbol, kind, day)))
            except BaseException as error:
                answer.set_exception(error)
                with self._lock:
                    self._answers.pop(question, None)  # a fault of the moment is not the answer of the day
                raise
        return answer.result()

    def keep(self, module: ModuleSpec, symbol: str, kind: StructureKind, day: dt.date, evidence: Evidence) -> None:
        """Take an answer that was worked out elsewhere, such as by a worker process at night."""
        answer: Future[Evidence] = Future()
        answer.set_result(evidence)
        with self._lock:
            self._answers[self._question(module, symbol, kind, day)] = answer
            self._forget()

    def backtest(self, module: ModuleSpec, symbol: str, kind: StructureKind, day: dt.date) -> Backtest:
        """The whole backtest behind an answer, worked out anew."""
        last = previous_session(day).day
        return self.between(module, symbol, kind, day - LOOK_BACK, last)

    def between(self, module: ModuleSpec, symbol: str, kind: StructureKind, first: dt.date, last: dt.date) -> Backtest:
        """A structure of a symbol under a module's rules over sessions from `first` to `last`, both included.

        Without a session it is a backtest of no trades, whose source says so.
        """
        days = self._source.days(symbol, first, last)
        if not days:
            return Backtest(symbol, kind.value, first, last, f"no chains of {symbol}", (), (), ())
        only = restricted(module, symbol, kind)
        label = self._source.label(symbol, first, last)
        strategy = self._strategy(only)
        try:
            return walk(strategy, only, days, self._terms, kind.value, label)
        finally:
            if isinstance(strategy, Closable):
                strategy.close()  # a user's program runs in a process of its own

    def _question(self, module: ModuleSpec, symbol: str, kind: StructureKind, day: dt.date) -> Hashable:
        only = restricted(module, symbol, kind)
        parameters = tuple(sorted((name, type(value), value) for name, value in only.parameters.items()))
        return (
            *(only.kind, only.program, only.house_rules, only.structures, only.limits, parameters),
            *(symbol, kind, day, self._source.fingerprint(symbol, day)),
        )

    def _forget(self) -> None:
        """Let go of the answers that nobody asked for longest."""
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)


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
