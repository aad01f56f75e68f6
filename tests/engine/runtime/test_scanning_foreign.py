"""Trades in positions that are not the module's: refused where found, and never a contradiction of the books."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.errors import DenialCode
from engine.domain.candidate import Candidate, Finding, ScanAction
from engine.domain.order import OrderPurpose
from engine.domain.structure import Leg, Structure, StructureKind
from engine.runtime import openings
from engine.runtime.inbox import ScanFinished
from engine.runtime.openings import Ticket
from engine.runtime.scanning import Scans
from tests.builders import candidate
from tests.engine.runtime.scenes import CONDOR, MODULE, hold
from tests.engine.runtime.test_openings import rig_for_several, waiting
from tests.engine.runtime.test_scanning import HeldWorkers, rows
from tests.engine.runtime.test_scanning_suggestions import FIRST, PRICES, scene
from tests.fakes import Rig


def said(rig: Rig, module_id: str, found: Candidate) -> tuple[ScanAction, str]:
    """What becomes of a module's only finding."""
    scans = Scans(HeldWorkers())
    scans.start(rig.desk, (module_id,))
    scans.take(ScanFinished(1, (Finding("SPY", found, "it looks good"),)))
    scans.apply(rig.desk)
    rig.desk.commit()
    (row,) = rows(rig, module_id)[:1]
    return row.action, row.reason


@pytest.mark.parametrize("purpose", [OrderPurpose.OPEN, OrderPurpose.ROLL])
def test_nobody_adds_to_anothers_position_or_rolls_it(tmp_path: Path, purpose: OrderPurpose) -> None:
    rig = scene(tmp_path, autotrade=True)
    found = candidate(FIRST, structure=CONDOR, purpose=purpose, position_id="P000001")
    assert said(rig, FIRST, found) == (ScanAction.SKIPPED, f"position P000001 is another module's ({MODULE})")
    assert rig.broker.submitted == []


def test_only_who_watches_over_all_suggests_the_end_of_anothers_position(tmp_path: Path) -> None:
    rig = scene(tmp_path, autotrade=True)
    hold(rig, CONDOR, PRICES, module=FIRST)
    found = candidate(MODULE, structure=CONDOR, purpose=OrderPurpose.CLOSE, position_id="P000003")
    assert said(rig, MODULE, found) == (ScanAction.SKIPPED, f"position P000003 is another module's ({FIRST})")
    assert rig.broker.submitted == []


@pytest.fixture
def approved(tmp_path: Path) -> tuple[Rig, Candidate]:
    """A candidate that passes every check."""
    rig = rig_for_several(tmp_path)
    found = waiting(rig)
    assert openings.gate(rig.desk, found) == ()
    return rig, found


def test_a_trade_in_a_position_that_is_not_there_is_refused_and_halts_nothing(approved: tuple[Rig, Candidate]) -> None:
    rig, found = approved
    ticket = Ticket(position_id="P000009")
    for denials in (openings.try_open(rig.desk, found, ticket), openings.rehearse(rig.desk, found, ticket)[1]):
        (denial,) = denials
        assert (denial.code, denial.measured) == (DenialCode.STRUCTURE, "P000009")
        assert "which is not there" in str(denial.facts["why"])
    assert rig.desk.book.orders == {}
    assert openings.try_open(rig.desk, found) == (), "without it the same trade goes"


def test_a_roll_of_more_than_is_held_is_refused_and_halts_nothing(tmp_path: Path) -> None:
    rig = scene(tmp_path)
    old = tuple(Leg(leg.contract, -leg.ratio) for leg in CONDOR.legs[:2])
    found = candidate(
        MODULE, structure=Structure(StructureKind.CUSTOM, old), quantity=10, purpose=OrderPurpose.ROLL,
        position_id="P000002",
    )  # fmt: skip
    denials = openings.try_open(rig.desk, found, Ticket(OrderPurpose.ROLL, "P000002", is_managing=True))
    assert denials
    assert rig.desk.book.orders == {}
    assert openings._contradiction(rig.desk, found, Ticket(OrderPurpose.ROLL, "P000002")) != ()
    nine = replace(found, quantity=9)
    assert openings._contradiction(rig.desk, nine, Ticket(OrderPurpose.ROLL, "P000002")) == ()
