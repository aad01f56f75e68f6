"""The records of a proposal: what they say of themselves, and which settings are refused."""

from typing import Any

import pytest

from engine.core.money import dollars
from engine.domain.budget import BudgetPlan
from engine.domain.reallocation import ModuleEffect, Proposal, ProposalKind, ProposalSettings, worst_case_at


def effect(module_id: str, before: int, after: int, available: int) -> ModuleEffect:
    return ModuleEffect(module_id, module_id, dollars(before), dollars(after), dollars(available), 0, 0, 0, 0, "")


def test_turnover_is_what_changes_hands_the_reserve_included() -> None:
    before = BudgetPlan({"a": dollars(100), "b": dollars(100)}, dollars(50))
    after = BudgetPlan({"a": dollars(130), "b": dollars(40)}, dollars(80))
    proposal = Proposal(ProposalKind.KELLY, before, after, (effect("a", 100, 130, 0), effect("b", 100, 40, -5)), "")
    assert proposal.turnover == dollars(60), "b gives 60: 30 to a and 30 to the reserve"
    assert proposal.is_change
    a, b = proposal.effects
    assert (a.over_by, a.is_reduce_only) == (0, False)
    assert (b.over_by, b.is_reduce_only) == (dollars(5), True)


def test_a_proposal_that_changes_nothing_turns_nothing_over() -> None:
    split = BudgetPlan({"a": dollars(100)}, 0)
    proposal = Proposal(ProposalKind.EQUAL, split, split, (effect("a", 100, 100, 0),), "")
    assert (proposal.is_change, proposal.turnover) == (False, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"largest_step": 1.01}, {"kelly_fraction": -0.1}, {"largest_share": float("nan")}, {"loser_gives": 2.0},
        {"least_reserve": -1}, {"least_sessions": 1}, {"least_trades": 0},
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"shares|reserve"):
        ProposalSettings(**wrong)


def test_a_worst_case_grows_with_what_is_used_and_is_rounded_against_us() -> None:
    assert worst_case_at(dollars(900), dollars(3), dollars(4)) == dollars(1_200)
    assert worst_case_at(10, 3, 4) == 14
    assert worst_case_at(dollars(900), dollars(3), dollars(3)) == dollars(900)
    assert worst_case_at(None, dollars(3), dollars(4)) is None
    assert worst_case_at(dollars(900), 0, dollars(4)) is None, "nothing to go by"
    assert worst_case_at(0, 0, dollars(4)) == 0
