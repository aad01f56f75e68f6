"""A pricing kernel that fails while the engine runs: nothing opens, and the user is told once."""

from pathlib import Path

import pytest

from engine.analytics import kernel
from engine.core.errors import DenialCode
from engine.domain import events as ev
from engine.domain.chain import Floats
from engine.domain.mindfolio import Waivers
from engine.runtime import openings
from tests.engine.runtime.test_openings import rig_for_several, waiting
from tests.fakes import Rig, chain_update, new_york


def test_a_kernel_that_goes_wrong_opens_nothing_and_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = rig_for_several(tmp_path)
    candidate = waiting(rig)
    sound = kernel.european

    def off(*columns: Floats) -> tuple[Floats, kernel.Flags]:
        values, valid = sound(*columns)
        return values + 1e-4, valid

    monkeypatch.setattr(kernel, "european", off)
    for _ in range(2):
        denials = openings.try_open(rig.desk, candidate)
        assert [denial.code for denial in denials] == [DenialCode.KERNEL_HEALTH]
    rig.desk.commit()
    assert rig.events(ev.OrderIntended) == []
    assert sum("disagree" in alert for alert in rig.publisher.alerts) == 1

    # What passed and fails once more is told once more.
    assert rig.desk.kernel_faults_told
    monkeypatch.undo()
    assert openings.gate(rig.desk, candidate) == ()
    assert not rig.desk.kernel_faults_told
    assert openings.try_open(rig.desk, candidate) == ()


def test_a_second_opinion_that_cannot_be_had_denies_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = rig_for_several(tmp_path)
    candidate = waiting(rig)

    def gone(*_: object) -> None:
        raise ImportError("vollib")

    monkeypatch.setattr(openings, "leg_prices", gone)
    (denial,) = openings.try_open(rig.desk, candidate)
    assert denial.code is DenialCode.KERNEL_HEALTH
    assert denial.facts["why"] == "no second opinion on the prices"


def test_a_sound_kernel_is_no_reason_to_skip(tmp_path: Path) -> None:
    rig = Rig(tmp_path, [chain_update(new_york(10))], waivers=Waivers(iv_rank=True, evidence=True, events=True)).run()
    assert rig.events(ev.OrderIntended)
