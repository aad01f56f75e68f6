"""What proves a scan's trades: the backtest behind each opening that it proposes, worked out where the scan runs."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from engine.core.calendar import market_day
from engine.domain.candidate import Candidate, Finding
from engine.domain.mindfolio import ModuleKind, ModuleSpec, ModuleStatus
from engine.domain.order import OrderPurpose
from engine.domain.ports import Backtester, Preparing, Strategy
from engine.domain.scan import ScanContext
from engine.domain.structure import StructureKind


@dataclass(slots=True)
class PacedBacktests:
    """What of a user's module has its backtest of today: each scan works out one more at the most.

    A user's program is asked over a pipe about each session, which takes seconds, and the market waits for its scan.
    """

    about: tuple[dt.date, ModuleSpec] | None = None
    known: set[tuple[str, StructureKind]] = field(default_factory=set)

    def with_evidence(
        self, findings: Iterable[Finding], backtester: Backtester, context: ScanContext
    ) -> Iterator[Finding]:
        """Findings with the backtests behind them; a trade whose backtest has to wait becomes a reason."""
        about = market_day(context.now), replace(context.module, status=ModuleStatus.ACTIVE)
        if about != self.about:
            self.about, self.known = about, set()
        is_one_done = False
        for finding in findings:
            candidate = finding.candidate
            if candidate is None or _to_judge(finding, context) is None:
                yield _with_evidence(finding, backtester, context)
                continue
            key = candidate.structure.symbol, candidate.structure.kind
            if key not in self.known and is_one_done and context.waivers.evidence:
                yield replace(finding, candidate=replace(candidate, evidence=None))
                continue
            if key not in self.known and is_one_done:
                waits = "its backtest comes with a later scan: one is worked out with each"
                yield replace(finding, candidate=None, structure=candidate.structure.kind.value, reason=waits)
                continue
            is_one_done = is_one_done or key not in self.known
            tested = _with_evidence(finding, backtester, context)
            self.known.add(key)
            yield tested


def scan_with_evidence(
    strategy: Strategy, backtester: Backtester, context: ScanContext, tested: PacedBacktests | None = None
) -> tuple[Finding, ...]:
    """One scan, and the backtest behind each opening that it proposes. Whatever evidence a module gives is replaced.

    A hedge is insurance, of which a backtest can only say that it costs money: it has none, so a person decides.
    `tested` is a user's module's own, which works out one backtest at a time.
    """
    if tested is not None:
        return tuple(tested.with_evidence(strategy.scan(context), backtester, context))
    findings = tuple(strategy.scan(context))
    if isinstance(backtester, Preparing):
        wanted = [_to_judge(each, context) for each in findings]
        backtester.prepare(context.module, [each for each in wanted if each is not None], context.now)
    return tuple(_with_evidence(finding, backtester, context) for finding in findings)


def backtest_steps(backtester: Backtester) -> int:
    """A sign of life of a backtester, 0 of one that gives none: a scan that waits for its work does not hang."""
    return backtester.steps if isinstance(backtester, Preparing) else 0


def _with_evidence(finding: Any, backtester: Backtester, context: ScanContext) -> Finding:
    if not isinstance(finding, Finding) or not isinstance(finding.candidate, Candidate):
        return finding  # type: ignore[no-any-return]  # what it is instead is the kernel's to judge
    candidate, evidence = finding.candidate, None
    if _to_judge(finding, context) is not None:
        evidence = backtester.evidence(context.module, candidate, context.now)
    return replace(finding, candidate=replace(candidate, evidence=evidence))


def _to_judge(finding: Any, context: ScanContext) -> Candidate | None:
    """A finding's candidate if it is an opening of the module's own, which a backtest can speak about; else None."""
    candidate, module = finding.candidate if isinstance(finding, Finding) else None, context.module
    if not isinstance(candidate, Candidate) or candidate.module_id != module.module_id:
        return None
    is_insurance = module.kind is ModuleKind.SMART_REBALANCER and not module.program
    is_new = candidate.purpose is OrderPurpose.OPEN and not candidate.position_id
    return candidate if is_new and not is_insurance and candidate.structure.legs else None
