"""Backtests behind a scan's candidates: asked for together, and a sign that a scan does not hang."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine.domain.candidate import Candidate, Finding
from engine.domain.evidence import Evidence
from engine.domain.limits import Costs
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Waivers
from engine.domain.order import OrderPurpose
from engine.domain.position import Position
from engine.domain.scan import Action, ManageContext, ScanContext
from engine.runtime.proving import backtest_steps, scan_with_evidence
from tests.builders import candidate, module_spec
from tests.engine.backtest.hand import option, structure
from tests.fakes import new_york

SOLD = structure((option(100), -1))
WANTED = candidate("alpha", structure=SOLD)
KNOWN = Evidence(trades=40, win_rate=0.7, expectancy=1, source="by hand")


@dataclass
class Prepared:
    """A backtester that notes what it was asked, together and one by one."""

    together: list[tuple[Candidate, ...]] = field(default_factory=list)
    alone: list[Candidate] = field(default_factory=list)
    steps: int = 0

    def prepare(self, _module: ModuleSpec, candidates: Sequence[Candidate], _now: dt.datetime) -> None:
        """Note them."""
        self.together.append(tuple(candidates))

    def evidence(self, _module: ModuleSpec, wanted: Candidate, _now: dt.datetime) -> Evidence:
        """The same of all."""
        self.alone.append(wanted)
        return KNOWN


@dataclass
class Finds:
    """A strategy that finds what its test says."""

    found: tuple[Any, ...]
    kind: ModuleKind = ModuleKind.IV_SERVICE

    def scan(self, _context: ScanContext) -> tuple[Finding, ...]:
        """What the test says."""
        return self.found

    def manage(self, _position: Position, _context: ManageContext) -> tuple[Action, ...]:
        """Nothing."""
        return ()


def context() -> ScanContext:
    """At noon, with nothing in it but the module."""
    nothing: dict[str, Any] = {"chains": {}, "iv_ranks": {}, "outlooks": {}}
    return ScanContext(
        now=new_york(12), generation=1, module=module_spec("alpha"), available=0, open_positions=(),
        busy_symbols=frozenset(), costs=Costs(), waivers=Waivers(), rate=0.04, **nothing,
    )  # fmt: skip


def test_the_openings_of_a_scan_are_asked_for_together_and_nothing_else_is() -> None:
    other = replace(WANTED, quantity=2)
    found = (
        Finding("SPY", WANTED, "sells"),
        Finding("SPY", None, "no strike"),
        Finding("SPY", replace(WANTED, purpose=OrderPurpose.ROLL, position_id="P1"), "rolls"),
        Finding("SPY", replace(WANTED, position_id="P1"), "adds"),
        Finding("SPY", replace(WANTED, module_id="beta"), "of another"),
        "garbage",
        Finding("QQQ", other, "sells"),
    )
    backtester = Prepared()
    answer = scan_with_evidence(Finds(found), backtester, context())

    assert backtester.together == [(WANTED, other)]
    assert backtester.alone == [WANTED, other]
    rest: tuple[Any, ...] = answer[:5] + answer[6:]
    given = [each.candidate.evidence for each in rest if each.candidate is not None]
    assert given == [KNOWN, None, None, None, KNOWN]


def test_one_that_cannot_answer_together_is_asked_one_by_one() -> None:
    class Plain:
        def evidence(self, *_: object) -> Evidence:
            """The same of all."""
            return KNOWN

    (found,) = scan_with_evidence(Finds((Finding("SPY", WANTED, "sells"),)), Plain(), context())

    assert found.candidate is not None
    assert found.candidate.evidence is KNOWN
    assert backtest_steps(Plain()) == 0
