"""Users' modules in the running kernel: the hostile ones are paused alone, and the others' positions are seen to."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerAccepted, BrokerReport
from engine.domain.mindfolio import ModuleStatus
from engine.domain.order import Order, OrderPurpose
from engine.ledger.verify import verify_store
from engine.modules.sandbox.programs import UserPrograms
from engine.runtime import handlers
from tests.builders import three_iv_services
from tests.engine.modules.sandbox.scenes import QUICK, QUIET, managing, scanning, user_module
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


def test_a_users_module_is_added_by_the_hash_of_its_enabled_file(programs: UserPrograms, tmp_path: Path) -> None:
    rig = joined(quiet(tmp_path), programs)
    add = cmd.AddModule(user_module(), dollars(1000), "user", "mine")
    (denial,) = denied(rig, add)
    assert "is not enabled" in str(denial.facts["why"])
    enabled(programs, tmp_path, "mine", QUIET.encode())
    assert denied(rig, add) == []
    assert rig.desk.book.modules["MINE"].status is ModuleStatus.PAUSED
