"""Users' modules in the running kernel: the hostile ones are paused alone, and the others' positions are seen to."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.calendar import market_day
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerAccepted, BrokerReport
from engine.domain.candidate import Candidate, Finding
from engine.domain.evidence import Evidence
from engine.domain.mindfolio import ModuleKind, ModuleSpec, ModuleStatus, Waivers
from engine.domain.order import Order, OrderPurpose
from engine.domain.position import Position
from engine.domain.scan import Action, ManageContext, ScanContext
from engine.ledger.verify import verify_store
from engine.modules.sandbox.programs import UserPrograms
from engine.runtime import handlers
from engine.runtime.proving import PacedBacktests, scan_with_evidence
from tests.builders import candidate, condor, three_iv_services
from tests.engine.modules.sandbox.scenes import QUICK, QUIET, managing, scan_context, scanning, user_module
from tests.engine.runtime.scenes import CONDOR, denied, hold, quiet
from tests.fakes import EXPIRATION, Rig, ScriptedBroker, chain_update, filled, new_york

HOSTILE = {
    "LOOPS": "while True: pass",
    "MEMORY": "bytearray(10 << 30)",
    "LEAVES": "import os; os._exit(1)",
    "GARBAGE": 'import os; [os.write(fd, b"\\xff" * 99) for fd in (3, 4)]',
    "STRANGER": 'return [Finding("IBM", None, "x")]',
    "FORKS": "import os; [os.fork() for _ in range(9)]",
}


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[UserPrograms]:
    """The owner of the users' programs, closed at the end."""
    folder = tmp_path / "modules"
    folder.mkdir()
    owner = UserPrograms(folder, replace(QUICK, scan_s=1.5))
    yield owner
    owner.close()


def enabled(programs: UserPrograms, tmp_path: Path, name: str, source: bytes) -> None:
    """Put a program there and enable it."""
    (tmp_path / "modules" / f"{name}.py").write_bytes(source)
    programs.enable(name, new_york(9))


def joined(rig: Rig, programs: UserPrograms) -> Rig:
    """Let a rig run users' programs."""
    rig.desk.strategy_of, rig.desk.goes_on_paused = programs.strategy_of, programs.goes_on_paused
    rig.desk.program_problem = programs.problem
    return rig


def opens_only(order: Order) -> list[BrokerReport]:
    """A broker's script: openings fill at once, closings rest."""
    return [filled(order)] if order.purpose is OrderPurpose.OPEN else [BrokerAccepted(order.order_id)]


def test_hostile_modules_are_paused_alone_and_the_others_trade_on_time(programs: UserPrograms, tmp_path: Path) -> None:
    spec = three_iv_services(("SPY",))
    theirs = []
    for name, body in HOSTILE.items():
        enabled(programs, tmp_path, name.lower(), scanning(body))
        theirs.append(user_module(scanning(body), module_id=name))
    enabled(programs, tmp_path, "quiet", QUIET.encode())
    theirs.append(user_module(module_id="QUIET"))
    budgets = spec.budgets | {module.module_id: 0 for module in theirs}
    spec = replace(spec, modules=(*theirs, *spec.modules), budgets=budgets)
    rig = joined(Rig(tmp_path, [chain_update(new_york(10)), chain_update(new_york(10, 15))], spec=spec), programs)

    rig.run()

    status = {module_id: module.status for module_id, module in rig.desk.book.modules.items()}
    assert {name for name, each in status.items() if each is ModuleStatus.PAUSED} == {*HOSTILE, "IV_SERVICE_3"}
    faults = [event for event in rig.events(ev.ModuleStatusChanged) if isinstance(event, ev.ModuleStatusChanged)]
    assert [(event.module_id, event.code) for event in faults] == [(name, "MODULE_FAULT") for name in HOSTILE]
    assert [(order.module_id, order.created_at) for order in rig.broker.submitted[:1]] == [("IV_SERVICE", new_york(10))]
    assert rig.desk.book.modules["QUIET"].scanned_at is not None
    assert verify_store(rig.store).faults == ()


def test_an_exit_is_ordered_in_the_instant_of_the_scan_also_while_the_module_is_paused(
    programs: UserPrograms, tmp_path: Path
) -> None:
    source = managing('[Exit(p.position_id, "enough")]')
    enabled(programs, tmp_path, "mine", source)
    spec = three_iv_services(("SPY",))
    spec = replace(
        spec, modules=(user_module(source),), budgets={"MINE": dollars(45_000)}
    )  # fmt: skip
    broker = ScriptedBroker()
    broker.on_submit = opens_only
    updates = [chain_update(new_york(10, minute), expirations=(EXPIRATION,)) for minute in (0, 5, 15, 30)]
    rig = joined(Rig(tmp_path, updates, broker=broker, spec=spec), programs)
    rig.run(until=new_york(10, 1))
    handlers.handle(rig.desk, cmd.PauseModule("MINE", "user", "lunch"))
    held = hold(rig, CONDOR, ("0.10", "0.60", "0.60", "0.10"), module="MINE")

    rig.run(until=new_york(10, 14))
    assert rig.broker.submitted == [], "it is asked when it scans"
    rig.run(until=new_york(10, 15))

    assert [(order.position_id, order.why, order.created_at) for order in rig.broker.submitted] == [
        (held.position_id, "enough", new_york(10, 15))
    ]


class Counting:
    """A backtester that notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def evidence(self, module: ModuleSpec, candidate: Candidate, now: dt.datetime) -> Evidence:
        """The same for everything."""
        assert (module.module_id, market_day(now)) == ("MINE", now.date())
        self.asked.append(candidate.structure.symbol)
        return PASSES


class Proposes:
    """A user's module that wants a condor in each symbol, and an addition to what it holds."""

    kind = ModuleKind.USER

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """Three symbols and more of a fourth."""
        found = [candidate("MINE", structure=condor((88, 93, 110, 115), symbol)) for symbol in ("SPY", "QQQ", "IWM")]
        more = candidate("MINE", position_id="P000001", evidence=PASSES)
        return tuple(Finding(each.structure.symbol, each, "wanted") for each in (*found, more))

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        """Holds on."""
        return ()


PASSES = Evidence(40, 0.8, 10_000, "modelled")


def test_a_users_module_has_one_backtest_worked_out_with_each_scan_and_the_rest_wait() -> None:
    tested, context = PacedBacktests(Counting()), replace(scan_context(), waivers=Waivers())

    def scanned(context: ScanContext) -> list[str]:
        """The symbols whose trades have their backtest."""
        findings = scan_with_evidence(Proposes(), tested, context)
        assert len(findings) == 4
        assert findings[3].candidate == candidate("MINE", position_id="P000001"), "it brings no evidence of its own"
        for finding in findings[:3]:
            assert finding.candidate is not None or finding.reason.startswith("its backtest comes with a later scan")
        return [each.symbol for each in findings[:3] if each.candidate is not None and each.candidate.evidence]

    assert [scanned(context) for _ in range(3)] == [["SPY"], ["SPY", "QQQ"], ["SPY", "QQQ", "IWM"]]
    assert scanned(context) == ["SPY", "QQQ", "IWM"], "what was worked out holds for the day"
    assert scanned(replace(context, now=context.now + dt.timedelta(days=1))) == ["SPY"], "a day has its own"
    other = replace(context, module=replace(context.module, parameters={"days": 9}))
    assert scanned(other) == ["SPY"], "other settings are another question"


def test_where_evidence_is_waived_nothing_waits_for_it() -> None:
    backtester = Counting()
    findings = scan_with_evidence(Proposes(), PacedBacktests(backtester), scan_context())
    assert backtester.asked == ["SPY"]
    assert all(finding.candidate is not None for finding in findings)


def test_a_users_module_is_added_by_the_hash_of_its_enabled_file(programs: UserPrograms, tmp_path: Path) -> None:
    rig = joined(quiet(tmp_path), programs)
    add = cmd.AddModule(user_module(), dollars(1000), "user", "mine")
    (denial,) = denied(rig, add)
    assert "is not enabled" in str(denial.measured)
    enabled(programs, tmp_path, "mine", QUIET.encode())
    assert denied(rig, add) == []
    assert rig.desk.book.modules["MINE"].status is ModuleStatus.PAUSED
