"""A user's module as the engine sees it: a Strategy like any other, which no thread of the kernel ever waits for.

`scan` runs on a thread of its own and asks the process for findings and, in the same breath, for what to do about each
open position; `manage` answers from that at once. So a user's module looks at its positions when it scans, each quarter
of an hour, and what it says is acted on at once: an exit or a warning for `EXITS_HOLD`, a trade or a hedge, whose price
was of then, for `TRADES_HOLD`. The house's own rules go on at every quote.
"""

import datetime as dt
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.domain.candidate import Finding
from engine.domain.mindfolio import ModuleKind
from engine.domain.position import Position
from engine.domain.scan import Action, Hedge, ManageContext, ScanContext, Trade, Warn
from engine.modules.sandbox.checks import actions_problem, findings_problem
from engine.modules.sandbox.process import ModuleFault, ModuleProcess, ProcessEnded
from engine.modules.sandbox.protocol import Answer, Judge, Judged, Limits, Look, Looked, Said, held_of, judge_of

EXITS_HOLD = dt.timedelta(minutes=20)
"""Of market time: a scan's interval and a little."""

TRADES_HOLD = dt.timedelta(minutes=2)

_ITS_WORD = "a word of the module on"

_NO_PROCESS = "the program is closing"


@dataclass(frozen=True, slots=True)
class Program:
    """A module's code, byte for byte as it is run, and the name it goes by."""

    name: str
    source: bytes


@dataclass(frozen=True, slots=True)
class _Answered:
    """What was said of a position, when, and of which state of it."""

    position: Position
    at: dt.datetime
    actions: tuple[Action, ...]


class Runner:
    """Keeps one process for a module: begun when first asked, begun anew when it ends, given up when that goes on."""

    def __init__(self, program: Program, limits: Limits) -> None:
        self._program, self._limits = program, limits
        self._process: ModuleProcess | None = None
        self._ends: list[float] = []
        self._asking = threading.Lock()
        self._is_closed = False

    def ask(self, question: Look | Judge) -> Answer:
        """An answer within the limits. Raises ModuleFault, and the process is gone then.

        The time is for all of it: one that ends when it is asked does not get its time to load and to answer anew.
        """
        with self._asking:
            left_s = self._limits.scan_s + (self._limits.load_s if self._process is None else 0.0)
            deadline = time.monotonic() + left_s
            while True:
                try:
                    process = self._running(deadline - time.monotonic())
                    return process.ask(question, max(0.0, min(self._limits.scan_s, deadline - time.monotonic())))
                except ProcessEnded as ended:
                    self.drop_process()
                    self._count(ended)
                    if time.monotonic() >= deadline:
                        raise ModuleFault(f"{ended}, and its time was up") from None
                except BaseException:
                    self.drop_process()
                    raise

    def drop_process(self) -> None:
        """End the process; the next question begins another."""
        process, self._process = self._process, None
        if process is not None:
            process.close()

    def close(self) -> None:
        """End the process; whoever waits for it hears of its end, and no other is begun."""
        self._is_closed = True
        process = self._process
        if process is not None:
            process.kill()
        # Whoever waits for an answer leaves the pipes first.
        has_left = self._asking.acquire(timeout=2.0)
        self.drop_process()
        if has_left:
            self._asking.release()

    def _running(self, within_s: float) -> ModuleProcess:
        if self._is_closed:
            raise ModuleFault(_NO_PROCESS)
        if self._process is None:
            return ModuleProcess(self._program.name, self._program.source, self._limits, within_s, self._began)
        return self._process

    def _began(self, process: ModuleProcess) -> None:
        """Hold it before it has loaded: a close while it loads, which may be for ever, has to find it."""
        self._process = process
        if self._is_closed:
            process.kill()

    def _count(self, ended: ProcessEnded) -> None:
        """Note an end, and wait before the next begin. Raises ModuleFault at the last that is borne with."""
        wall, limits = time.monotonic(), self._limits
        self._ends = [*(at for at in self._ends if wall - at < limits.window_s), wall]
        if len(self._ends) >= limits.failures:
            count, self._ends = len(self._ends), []
            raise ModuleFault(f"{ended}, {count} times within {limits.window_s / 60:g} minutes") from None
        time.sleep(limits.pause_s * 2 ** (len(self._ends) - 1))


class UserStrategy:
    """A user's module in the running engine. `permitted` is asked at each scan: its program, or why it may not run."""

    def __init__(self, permitted: Callable[[], Program | str], limits: Limits) -> None:
        self._runner: Runner | None = None
        self._limits, self._permitted = limits, permitted
        self._is_closed = False
        self._asked_of: dict[str, tuple[Position, ManageContext]] = {}
        self._answers: dict[str, _Answered] = {}
        self.is_sound = True
        """False from a fault until it is asked again, which a person has to allow."""

    @property
    def kind(self) -> ModuleKind:
        """Which program this is."""
        return ModuleKind.USER

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """Findings, checked. Raises ModuleFault with one line; then nothing that it said of positions holds any more.

        Waits for the process: never on the kernel's thread.
        """
        self.is_sound = True
        try:
            runner = self._runner_now()
            # What is asked stays to be asked: two scans may overlap, and each says what holds from then on.
            known = dict(self._asked_of)
            asked = [known[each.position_id] for each in context.open_positions if each.position_id in known]
            self._asked_of = {each[0].position_id: each for each in asked}
            asked = [each for each in asked if context.now - each[1].now <= TRADES_HOLD]
            answer = runner.ask(Look(only_its_own(context), tuple(held_of(*each) for each in asked)))
            if not isinstance(answer, Looked) or len(answer.actions) != len(asked):
                raise ModuleFault("it answered something else than what it was asked")  # noqa: TRY301 - one place for faults
            checked_findings(answer.findings, context, self._limits)
            pairs = zip(asked, answer.actions, strict=True)
            found = {each[0].position_id: _Answered(each[0], context.now, checked(*each, said)) for each, said in pairs}
        except BaseException:
            self.is_sound, self._answers = False, {}
            if self._runner is not None:
                self._runner.drop_process()
            raise
        self._answers = found
        return answer.findings

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        """What was last said of the position, as long as it holds and the position is as it was. Waits for nothing."""
        self._asked_of[position.position_id] = (position, context)
        said = self._answers.get(position.position_id)
        if said is None or (said.position.structure, said.position.quantity) != (position.structure, position.quantity):
            return ()
        age = context.now - said.at
        return tuple(
            action
            for action in said.actions
            if age <= (TRADES_HOLD if isinstance(action, Trade | Hedge) else EXITS_HOLD)
        )

    def close(self) -> None:
        """End its process; no other is begun."""
        self._is_closed = True
        if self._runner is not None:
            self._runner.close()

    def _runner_now(self) -> Runner:
        found = self._permitted()
        if isinstance(found, str):
            raise ModuleFault(found)
        if self._is_closed:
            raise ModuleFault(_NO_PROCESS)
        if self._runner is None:
            self._runner = Runner(found, self._limits)
        return self._runner


class DirectStrategy:
    """A user's module that is waited for at every question of a backtest, which has `Limits.test_s` for all of them."""

    def __init__(self, program: Program, limits: Limits) -> None:
        self._runner, self._limits = Runner(program, limits), limits
        self._left_s = limits.test_s

    @property
    def kind(self) -> ModuleKind:
        """Which program this is."""
        return ModuleKind.USER

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """Findings, checked. Raises ModuleFault with one line."""
        answer = self._ask(Look(only_its_own(context), ()))
        if not isinstance(answer, Looked):
            raise ModuleFault("it answered something else than what it was asked")
        return checked_findings(answer.findings, context, self._limits)

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        """Actions, checked. Raises ModuleFault with one line."""
        answer = self._ask(judge_of(position, context))
        if not isinstance(answer, Judged):
            raise ModuleFault("it answered something else than what it was asked")
        return checked(position, context, answer.actions)

    def close(self) -> None:
        """End its process."""
        self._runner.close()

    def _ask(self, question: Look | Judge) -> Answer:
        if self._left_s <= 0:
            raise ModuleFault(f"its answers in one backtest took longer than {self._limits.test_s:g} s")
        began = time.monotonic()
        try:
            return self._runner.ask(question)
        finally:
            self._left_s -= time.monotonic() - began


def only_its_own(context: ScanContext) -> ScanContext:
    """What a user's module is shown: chains and pasts of its universe and positions, nothing of the mindfolio."""
    symbols = {*context.module.universe, *(position.symbol for position in context.open_positions)}
    return replace(
        context,
        chains={symbol: chain for symbol, chain in context.chains.items() if symbol in symbols},
        pasts={symbol: past for symbol, past in context.pasts.items() if symbol in symbols},
        scores={symbol: score for symbol, score in context.scores.items() if symbol in symbols},
        exposure=None,
    )


def checked_findings(findings: tuple[Finding, ...], context: ScanContext, limits: Limits) -> tuple[Finding, ...]:
    """Findings that may be worked on. Raises ModuleFault."""
    if problem := findings_problem(findings, context, limits):
        raise ModuleFault(problem)
    return findings


def checked(position: Position, context: ManageContext, said: tuple[Said, ...]) -> tuple[Action, ...]:
    """Actions that may be worked on. Raises ModuleFault.

    What it warns of goes by a name of its own: a subject is told once a session, and the house has some to tell.
    """
    actions = tuple(each.action() for each in said)
    if problem := actions_problem(actions, position, context):
        raise ModuleFault(problem)
    return tuple(
        replace(each, about=f"{_ITS_WORD} {each.about}") if isinstance(each, Warn) else each for each in actions
    )
