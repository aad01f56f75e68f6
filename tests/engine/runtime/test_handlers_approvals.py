"""Waiting trades taken in another size: one trade, through the whole gate, and never two of it."""

from pathlib import Path

import pytest

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.candidate import Approval
from engine.runtime import handlers_approvals
from tests.engine.runtime import test_scanning_suggestions as suggestions
from tests.engine.runtime.scenes import denied, give
from tests.engine.runtime.test_openings import APPROVER, give_budget, rig_for_several
from tests.fakes import Rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """One approval for several condors waits."""
    return rig_for_several(tmp_path)


def waits(rig: Rig) -> Approval:
    (approval,) = rig.desk.book.approvals.values()
    return approval


def test_a_smaller_quantity_is_ordered_and_the_approval_ends_in_the_same_step(rig: Rig) -> None:
    approval = waits(rig)
    assert approval.candidate.quantity > 2
    seq = rig.desk.book.seq

    assert give(rig, cmd.ApproveTrade(approval.approval_id, "user", 2)) == []

    assert [order.quantity for order in rig.broker.submitted] == [2]
    assert rig.desk.book.approvals == {}
    (decided,) = rig.events(ev.ApprovalDecided)
    assert isinstance(decided, ev.ApprovalDecided)
    assert (decided.status.value, decided.why) == (
        "APPROVED", f"edited: quantity 2, asked for {approval.candidate.quantity}",
    )  # fmt: skip
    kinds = [entry.type for entry in rig.store.entries() if entry.seq > seq]
    assert kinds[:2] == ["OrderIntended", "ApprovalDecided"]


def test_the_quantity_that_waits_is_no_edit(rig: Rig) -> None:
    approval = waits(rig)
    assert give(rig, cmd.ApproveTrade(approval.approval_id, "user", approval.candidate.quantity)) == []
    (decided,) = rig.events(ev.ApprovalDecided)
    assert isinstance(decided, ev.ApprovalDecided)
    assert decided.why == ""


def test_a_larger_quantity_goes_through_the_same_gate_and_the_original_goes_on_waiting(rig: Rig) -> None:
    approval = waits(rig)
    give_budget(rig, dollars(2000))
    codes = give(rig, cmd.ApproveTrade(approval.approval_id, "user", 40))
    assert "BUDGET" in codes
    assert "MAX_RISK" in codes
    assert rig.broker.submitted == []
    assert rig.desk.book.approvals == {approval.approval_id: approval}
    assert rig.desk.book.held(APPROVER) == 0


@pytest.mark.parametrize("quantity", [0, -1, 10**9])
def test_a_quantity_that_nobody_could_trade_is_refused(rig: Rig, quantity: int) -> None:
    assert give(rig, cmd.ApproveTrade(waits(rig).approval_id, "user", quantity)) == ["STRUCTURE"]
    assert rig.broker.submitted == []


def test_a_closing_is_of_the_whole_position(tmp_path: Path) -> None:
    rig = suggestions.scene(tmp_path)
    suggestions.scan(rig)
    approval = waits(rig)
    (denial,) = denied(rig, cmd.ApproveTrade(approval.approval_id, "user", approval.candidate.quantity - 1))
    assert (denial.code.value, denial.measured) == ("ORDER_STATE", "a roll or a closing is of the whole position")
    assert rig.broker.submitted == []


def test_what_nobody_decided_expires(rig: Rig) -> None:
    approval = waits(rig)
    rig.desk.clock.advance_to(approval.expires_at)
    handlers_approvals.expire_approvals(rig.desk)
    rig.desk.commit()
    assert rig.desk.book.approvals == {}
    assert give(rig, cmd.RefuseTrade(approval.approval_id, "user", "late")) == ["UNKNOWN_APPROVAL"]
