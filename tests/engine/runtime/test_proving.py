"""Backtests behind a scan's candidates: asked for together or ahead, told to wait, and a sign of life."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.core.calendar import market_day, next_session
from engine.domain import commands as cmd
from engine.domain.candidate import Candidate, Finding
from engine.domain.evidence import Awaited, Evidence
from engine.domain.limits import Costs
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Waivers
from engine.domain.notices import Alert
from engine.domain.order import OrderPurpose
from engine.domain.position import Position
from engine.domain.scan import Action, ManageContext, ScanContext
from engine.runtime import handlers
from engine.runtime.proving import ask_ahead, backtest_steps, scan_with_evidence
from tests.builders import candidate, module_spec
from tests.engine.backtest.hand import option, structure
from tests.fakes import Rig, chain_update, new_york

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


class Late:
    """A backtester that has nothing yet."""

    def evidence(self, *_: object) -> Awaited:
        """Why."""
        return Awaited("it is being worked out")


def test_a_trade_whose_backtest_has_to_wait_becomes_a_reason_and_the_others_go_on() -> None:
    rolls = replace(WANTED, purpose=OrderPurpose.ROLL, position_id="P1")
    found = (Finding("SPY", WANTED, "sells", {"rank": 70}), Finding("SPY", rolls, "rolls"))
    waits, goes_on = scan_with_evidence(Finds(found), Late(), context())

    assert (waits.candidate, waits.reason, waits.structure) == (None, "it is being worked out", "Short Put")
    assert (waits.symbol, waits.numbers) == ("SPY", {"rank": 70})
    assert goes_on.candidate is not None


def test_where_evidence_is_waived_a_trade_goes_on_without_it() -> None:
    waived = replace(context(), waivers=Waivers(evidence=True))
    (found,) = scan_with_evidence(Finds((Finding("SPY", WANTED, "sells"),)), Late(), waived)
    assert found.candidate == replace(WANTED, evidence=None)


# --- ahead of scans ---------------------------------------------------------------------------------------------------
@dataclass
class Ahead(Late):
    """One that works beside the market, and notes what it is asked ahead."""

    asked: list[tuple[list[str], dt.date]] = field(default_factory=list)
    trouble: str = ""

    def ask_ahead(self, modules: Sequence[ModuleSpec], day: dt.date) -> None:
        """Note it."""
        self.asked.append(([each.module_id for each in modules], day))


def with_ahead(rig: Rig) -> Ahead:
    """Let a rig have such a backtester."""
    rig.desk.backtester = found = Ahead()
    return found


def test_what_is_asked_ahead_is_the_running_session_or_the_next_and_modules_at_work_come_first(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10))])
    ahead = with_ahead(rig)
    handlers.handle(rig.desk, cmd.PauseModule("IV_SERVICE", "user", "a look"))
    ask_ahead(rig.desk)
    today = market_day(new_york(10))
    assert ahead.asked == [(["IV_SERVICE_2", "IV_SERVICE", "IV_SERVICE_3"], today)]

    rig.run(until=new_york(16))
    after = next_session(new_york(16)).day
    assert ahead.asked[1:] == [(["IV_SERVICE_2", "IV_SERVICE", "IV_SERVICE_3"], after)], "after the close"
    rig.desk.backtester = Late()
    ask_ahead(rig.desk)


def test_what_no_backtest_is_for_is_not_asked(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10))])
    ahead = with_ahead(rig)
    modules = rig.desk.book.modules
    for module_id, kind in (("IV_SERVICE", ModuleKind.USER), ("IV_SERVICE_2", ModuleKind.SMART_REBALANCER)):
        modules[module_id] = replace(modules[module_id], spec=replace(modules[module_id].spec, kind=kind))
    ask_ahead(rig.desk)
    assert ahead.asked[0][0] == ["IV_SERVICE_3"]


def test_the_user_is_told_once_when_scans_wait_for_their_backtests_again(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(10, 30)), chain_update(new_york(11))])
    ahead = with_ahead(rig)
    rig.run(until=new_york(10, 1))
    told = [each.text for each in rig.publisher.notices if isinstance(each, Alert) and "Backtests" in each.text]
    assert told == []
    ahead.trouble = "exit code -9"
    rig.run(until=new_york(11, 1))
    told = [each.text for each in rig.publisher.notices if isinstance(each, Alert) and "Backtests" in each.text]
    assert len(told) == 1
    assert told[0].endswith("(exit code -9)")
