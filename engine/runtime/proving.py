"""What proves a scan's trades: the backtest behind each opening that it proposes, or why that has to wait."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

from engine.backtest.evidence import Question
from engine.core.calendar import market_day, next_session, session_at
from engine.core.errors import MindfolioError
from engine.domain.candidate import Candidate, Finding
from engine.domain.evidence import Awaited, Evidence
from engine.domain.mindfolio import ModuleKind, ModuleSpec, ModuleStatus
from engine.domain.order import OrderPurpose
from engine.domain.ports import AskedAhead, Backtester, Preparing, Strategy
from engine.domain.scan import ScanContext
from engine.domain.structure import StructureKind
from engine.runtime.desk import Desk

_PACED = Awaited("its backtest comes with a later scan: one is worked out with each")

_NOT_BESIDE = (
    "Backtests are not worked out beside the market any more, whose clock now waits for them until tomorrow: "
    "their process ended again and again"
)


@runtime_checkable
class Trying(Protocol):
    """A `Backtester` that can be asked before there is such a module."""

    def try_out(self, question: Question) -> Evidence | Awaited:
        """The answer to a question, or that it is being worked out."""
        ...


@dataclass(slots=True)
class PacedBacktests:
    """The `Backtester` of one user's module: each scan works out one more of the day's at the most.

    A user's program is asked over a pipe about each session, which takes seconds, and the market waits for its scan.
    """

    backtester: Backtester
    about: tuple[dt.date, ModuleSpec] | None = None
    known: set[tuple[str, StructureKind]] = field(default_factory=set)
    is_one_done: bool = False

    def prepare(self, module: ModuleSpec, candidates: Sequence[Candidate], now: dt.datetime) -> None:  # noqa: ARG002 - one by one
        """A scan has come to its trades: one may be worked out."""
        about = market_day(now), replace(module, status=ModuleStatus.ACTIVE)
        if about != self.about:
            self.about, self.known = about, set()
        self.is_one_done = False

    def evidence(self, module: ModuleSpec, candidate: Candidate, now: dt.datetime) -> Evidence | Awaited:
        """The backtest of a trade; a second one of a scan that was never worked out has to wait."""
        key = candidate.structure.symbol, candidate.structure.kind
        if key not in self.known and self.is_one_done:
            return _PACED
        self.is_one_done = self.is_one_done or key not in self.known
        tested = self.backtester.evidence(module, candidate, now)
        self.known.add(key)
        return tested

    @property
    def steps(self) -> int:
        """Those of the one behind it."""
        return backtest_steps(self.backtester)


def scan_with_evidence(strategy: Strategy, backtester: Backtester, context: ScanContext) -> tuple[Finding, ...]:
    """One scan, and the backtest behind each opening that it proposes. Whatever evidence a module gives is replaced.

    A trade whose backtest has to wait becomes a reason, or goes on without it where evidence is waived. A hedge is
    insurance, of which a backtest can only say that it costs money: it has none, so a person decides.
    """
    findings = tuple(strategy.scan(context))
    if isinstance(backtester, Preparing):
        wanted = [_to_judge(each, context) for each in findings]
        backtester.prepare(context.module, [each for each in wanted if each is not None], context.now)
    return tuple(_with_evidence(finding, backtester, context) for finding in findings)


def backtest_steps(backtester: Backtester) -> int:
    """A sign of life of a backtester, 0 of one that gives none: a scan that waits for its work does not hang."""
    return backtester.steps if isinstance(backtester, Preparing) else 0


def ask_ahead(desk: Desk) -> None:
    """Let a backtester that works beside the market begin with what scans could ask in this session or the next."""
    if isinstance(desk.backtester, AskedAhead):
        session = session_at(desk.now) or next_session(desk.now)
        # Those at work first: a paused one asks when it is resumed.
        modules = sorted(desk.book.modules.values(), key=lambda each: each.status is not ModuleStatus.ACTIVE)
        tested = [each.spec for each in modules if each.spec.kind is not ModuleKind.USER]
        tested = [each for each in tested if not _is_insurance(each)]
        desk.backtester.ask_ahead(tested, session.day)


def tell_trouble(desk: Desk) -> None:
    """Tell the user, once, that scans wait for their backtests again."""
    trouble = desk.backtester.trouble if isinstance(desk.backtester, AskedAhead) else ""
    if trouble and "backtests" not in desk.told:
        desk.told.add("backtests")
        desk.alert("", f"{_NOT_BESIDE} ({trouble})")


def trial(
    backtester: Backtester, module: ModuleSpec, symbol: str, kind: StructureKind, now: dt.datetime
) -> Evidence | Awaited:
    """What a backtest says before a module is funded; `Awaited` where a process works it out. Raises MindfolioError."""
    if not isinstance(backtester, Trying):
        raise MindfolioError("this market has no past to test on")
    return backtester.try_out(Question(module, symbol, kind, market_day(now)))


def _with_evidence(finding: Any, backtester: Backtester, context: ScanContext) -> Finding:
    if not isinstance(finding, Finding) or not isinstance(finding.candidate, Candidate):
        return finding  # type: ignore[no-any-return]  # what it is instead is the kernel's to judge
    candidate, tested = finding.candidate, None
    if _to_judge(finding, context) is not None:
        tested = backtester.evidence(context.module, candidate, context.now)
    if isinstance(tested, Awaited) and not context.waivers.evidence:
        return replace(finding, candidate=None, structure=candidate.structure.kind.value, reason=tested.why)
    return replace(finding, candidate=replace(candidate, evidence=tested if isinstance(tested, Evidence) else None))


def _to_judge(finding: Any, context: ScanContext) -> Candidate | None:
    """A finding's candidate if it is an opening of the module's own, which a backtest can speak about; else None."""
    candidate, module = finding.candidate if isinstance(finding, Finding) else None, context.module
    if not isinstance(candidate, Candidate) or candidate.module_id != module.module_id:
        return None
    is_new = candidate.purpose is OrderPurpose.OPEN and not candidate.position_id
    return candidate if is_new and not _is_insurance(module) and candidate.structure.legs else None


def _is_insurance(module: ModuleSpec) -> bool:
    return module.kind is ModuleKind.SMART_REBALANCER and not module.program
