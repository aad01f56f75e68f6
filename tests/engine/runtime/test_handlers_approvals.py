"""Waiting trades taken in another size: one trade, through the whole gate, and never two of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.errors import DenialCode
from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain import questions as ask
from engine.domain.candidate import Approval, TradeTerms
from engine.domain.preview import TradePreview
from engine.domain.restriking import strikes_of_legs
from engine.domain.structure import StructureKind
from engine.runtime import answers, handlers_approvals
from engine.runtime.openings import MOST_MONEY
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


def test_a_click_at_the_very_end_is_too_late(rig: Rig) -> None:
    """Whether or not it was swept away before."""
    approval = waits(rig)
    click = cmd.ApproveTrade(approval.approval_id, "user")
    rig.desk.clock.advance_to(approval.expires_at)
    assert [each.code for each in handlers_approvals.approve(rig.desk, click)] == [DenialCode.APPROVAL_EXPIRED]
    assert rig.broker.submitted == []


class TestOtherStrikes:
    """A person's trade of the module's structure: through the whole gate, and journaled as what it is."""

    def moved(self, rig: Rig, at: int, by: int = 1) -> tuple[Money, ...]:
        """The strikes that wait, one of them moved by so many listed ones."""
        approval = waits(rig)
        listed = answers.answer(rig.desk, ask.StrikesOf(approval.approval_id)).work()
        assert isinstance(listed, tuple)
        strikes = list(strikes_of_legs(approval.candidate.structure))
        strikes[at] = listed[at][listed[at].index(strikes[at]) + by]
        return tuple(strikes)

    def test_the_edited_trade_is_what_is_ordered_and_both_are_kept(self, rig: Rig) -> None:
        approval = waits(rig)
        strikes = self.moved(rig, 0, -1)
        assert give(rig, cmd.ApproveTrade(approval.approval_id, "Ada", 2, strikes)) == []
        (order,) = rig.broker.submitted
        assert (order.structure.kind, strikes_of_legs(order.structure)) == (StructureKind.IRON_CONDOR, strikes)
        (intended,) = rig.desk.book.orders.values()
        assert intended.who == "Ada"
        assert "Ada changed the strikes from" in intended.why
        assert "no backtest speaks for these strikes" in intended.why
        assert not set(approval.candidate.reasons) & set(intended.why.split("; ")), "they spoke for other strikes"
        (decided,) = rig.events(ev.ApprovalDecided)
        assert isinstance(decided, ev.ApprovalDecided)
        assert decided.proposed == TradeTerms(
            approval.candidate.structure, approval.candidate.quantity, approval.candidate.worst_price
        )
        assert decided.approved == TradeTerms(order.structure, 2, intended.worst)
        assert "strikes" in decided.why
        assert "quantity 2" in decided.why

    def test_the_backtest_of_what_waited_does_not_pass_for_it(self, rig: Rig) -> None:
        approval = waits(rig)
        assert approval.candidate.evidence is not None
        wanted = cmd.ApproveTrade(approval.approval_id, "user", None, self.moved(rig, 0, -1))
        edited, denials = handlers_approvals.at_the_click(rig.desk, approval, wanted)
        assert denials == ()
        assert edited.evidence is None
        assert (edited.probability_of_profit, edited.breakevens, edited.expected_profit) == (None, (), None)

    def test_where_evidence_is_waived_it_is_one_contract_at_most(self, rig: Rig) -> None:
        rig.desk.book.waivers = replace(rig.desk.book.waivers, evidence=True)
        approval_id, strikes = waits(rig).approval_id, self.moved(rig, 0, -1)
        assert give(rig, cmd.ApproveTrade(approval_id, "user", 2, strikes)) == ["EVIDENCE"]
        assert give(rig, cmd.ApproveTrade(approval_id, "user", 1, strikes)) == []

    def test_a_wider_wing_is_held_against_the_limits_of_the_module(self, rig: Rig) -> None:
        approval = waits(rig)
        strikes = self.moved(rig, 0, -5)
        codes = give(rig, cmd.ApproveTrade(approval.approval_id, "user", approval.candidate.quantity, strikes))
        assert "MAX_RISK" in codes
        assert rig.broker.submitted == []
        assert rig.desk.book.approvals == {approval.approval_id: approval}

    def test_strikes_that_make_something_else_are_refused_in_words(self, rig: Rig) -> None:
        approval = waits(rig)
        strikes = strikes_of_legs(approval.candidate.structure)
        crossed = (strikes[1], strikes[0], *strikes[2:])
        (denial,) = denied(rig, cmd.ApproveTrade(approval.approval_id, "user", None, crossed))
        assert denial.code.value == "STRUCTURE"
        assert "not an iron condor" in str(denial.measured)

    def test_a_strike_that_was_never_quoted_has_no_price(self, rig: Rig) -> None:
        approval = waits(rig)
        strikes = strikes_of_legs(approval.candidate.structure)
        odd = (dollars("7.77"), *strikes[1:])
        (denial,) = denied(rig, cmd.ApproveTrade(approval.approval_id, "user", None, odd))
        assert (denial.code.value, denial.facts["why"]) == ("DATA_BAD", "the 7.77 put was never quoted")
        huge = (*strikes[:3], 2 * MOST_MONEY)
        (denial,) = denied(rig, cmd.ApproveTrade(approval.approval_id, "user", None, huge))
        assert (denial.code.value, denial.measured) == ("STRUCTURE", "there are no such strikes")

    def test_a_price_beyond_what_the_person_saw_is_refused(self, rig: Rig) -> None:
        approval = waits(rig)
        strikes = self.moved(rig, 0, -1)
        seen = answers.answer(rig.desk, ask.PreviewTrade(approval.approval_id, 1, strikes)).work()
        assert isinstance(seen, TradePreview)
        assert seen.worst is not None
        assert seen.mid is not None
        assert seen.mid <= seen.worst
        better = seen.mid - dollars("0.10")
        assert give(rig, cmd.ApproveTrade(approval.approval_id, "user", 1, strikes, better)) == ["APPROVAL_EXPIRED"]
        assert give(rig, cmd.ApproveTrade(approval.approval_id, "user", 1, strikes, seen.worst)) == []
        assert next(iter(rig.desk.book.orders.values())).worst == seen.worst

    def test_a_worst_price_of_ones_own_never_reaches_further_than_what_was_asked_for(self, rig: Rig) -> None:
        approval = waits(rig)
        far = approval.candidate.worst_price + dollars(1)
        assert give(rig, cmd.ApproveTrade(approval.approval_id, "user", None, (), far)) == []
        assert next(iter(rig.desk.book.orders.values())).worst == approval.candidate.worst_price

    def test_the_strikes_that_wait_are_no_edit(self, rig: Rig) -> None:
        approval = waits(rig)
        same = strikes_of_legs(approval.candidate.structure)
        assert give(rig, cmd.ApproveTrade(approval.approval_id, "user", None, same)) == []
        (decided,) = rig.events(ev.ApprovalDecided)
        assert isinstance(decided, ev.ApprovalDecided)
        assert (decided.why, decided.proposed, decided.approved) == ("", None, None)

    def test_a_closing_keeps_its_strikes(self, tmp_path: Path) -> None:
        rig = suggestions.scene(tmp_path)
        suggestions.scan(rig)
        approval = waits(rig)
        strikes = strikes_of_legs(approval.candidate.structure)
        assert give(rig, cmd.ApproveTrade(approval.approval_id, "user", None, strikes)) == ["ORDER_STATE"]

    def test_what_does_not_wait_has_no_strikes(self, rig: Rig) -> None:
        assert answers.answer(rig.desk, ask.StrikesOf("A000099")).work() is None
