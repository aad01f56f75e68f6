"""IV Service with several structures: a finding for each, one candidate a symbol, and the same choice unseen."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.candidate import Finding
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.scan import IvRank, ScanContext
from engine.domain.structure import StructureKind
from engine.modules.iv_service import STRUCTURES, IvService
from tests.option_markets import closes, day_in, iv_module, scan_context, term_chain

CONDOR, CALENDAR, DIAGONAL = STRUCTURES
RISING = closes(*np.linspace(80, 99, 60).tolist())
CHAIN = term_chain({28: 0.30, 38: 0.29, 60: 0.28})
SERVICE = IvService()


def context_of(*structures: StructureKind, **changes: object) -> ScanContext:
    return scan_context(CHAIN, iv_module(*structures), pasts={"SPY": RISING}, **changes)


def by_structure(findings: tuple[Finding, ...]) -> dict[str, Finding]:
    found = {finding.structure: finding for finding in findings}
    assert len(found) == len(findings)
    return found


def per_risk(kind: StructureKind) -> float:
    (finding,) = SERVICE.scan(context_of(kind))
    candidate = finding.candidate
    assert candidate is not None, finding.reason
    assert candidate.expected_profit is not None
    return candidate.expected_profit / candidate.max_risk


def test_of_three_that_would_do_the_one_with_most_expected_for_its_risk_is_proposed() -> None:
    findings = SERVICE.scan(context_of(*STRUCTURES))
    assert set(by_structure(findings)) == {"Iron Condor", "Calendar", "Diagonal"}
    best = max(STRUCTURES, key=per_risk)
    assert [finding.candidate is not None for finding in findings] == [True, False, False]
    assert findings[0].structure == best.value
    for other in findings[1:]:
        assert other.reason.startswith(f"{best.value.lower()} preferred: -$")
        assert ", here -$" in other.reason
        assert other.numbers["iv_rank_pct"] == 65.0


def test_unseen_in_a_backtest_the_same_structure_is_chosen_as_on_screen() -> None:
    shown = SERVICE.scan(context_of(*STRUCTURES))
    unseen = SERVICE.scan(context_of(*STRUCTURES, is_shown=False))
    assert [finding.structure for finding in unseen] == [finding.structure for finding in shown]
    assert unseen[0].candidate is not None
    assert shown[0].candidate is not None
    assert unseen[0].candidate.structure == shown[0].candidate.structure


@pytest.mark.parametrize("kind", STRUCTURES)
def test_alone_and_unseen_nothing_that_decides_nothing_is_worked_out(kind: StructureKind) -> None:
    (finding,) = SERVICE.scan(context_of(kind, is_shown=False))
    (shown,) = SERVICE.scan(context_of(kind))
    assert finding.candidate is not None
    assert shown.candidate is not None
    assert (finding.candidate.probability_of_profit, finding.candidate.expected_profit) == (None, None)
    assert finding.candidate.structure == shown.candidate.structure
    assert (finding.candidate.worst_price, finding.candidate.quantity) == (
        shown.candidate.worst_price,
        shown.candidate.quantity,
    )


def test_each_structure_has_its_own_reason_and_none_stands_in_anothers_way() -> None:
    low = {"SPY": IvRank(20.0, 252)}
    found = by_structure(SERVICE.scan(context_of(*STRUCTURES, iv_ranks=low)))
    assert found["Iron Condor"].reason == "IV rank 20 below 50"
    assert sum(finding.candidate is not None for finding in found.values()) == 1
    earnings = Outlook((Happening(HappeningKind.EARNINGS, day_in(45)),), day_in(400))
    found = by_structure(SERVICE.scan(context_of(*STRUCTURES, outlooks={"SPY": earnings})))
    assert found["Iron Condor"].candidate is not None, "38 days end before the announcement"
    why = f"earnings on {day_in(45)}, before the expiry on {day_in(60)}"
    assert found["Calendar"].reason == found["Diagonal"].reason == why


def test_an_unknown_rank_speaks_against_condors_only() -> None:
    found = by_structure(SERVICE.scan(context_of(*STRUCTURES, iv_ranks={})))
    assert found["Iron Condor"].reason == "IV rank unknown (0 sessions)"
    chosen = next(finding.candidate for finding in found.values() if finding.candidate is not None)
    assert (chosen.waived, chosen.iv_rank) == ((), None)


def test_a_symbol_that_is_not_looked_at_has_one_finding_whatever_is_enabled() -> None:
    (finding,) = SERVICE.scan(context_of(*STRUCTURES, busy_symbols=frozenset({"SPY"})))
    assert (finding.reason, finding.structure) == ("an order is working or an approval waiting already", "")


def test_what_this_module_does_not_trade_is_not_looked_for() -> None:
    findings = SERVICE.scan(context_of(StructureKind.LONG_STRADDLE, CALENDAR))
    assert [finding.structure for finding in findings] == ["Calendar"]


@settings(max_examples=15, deadline=None)
@given(st.sampled_from([0.24, 0.28, 0.31, 0.40]), st.sampled_from([0.25, 0.28, 0.35]), st.booleans())
def test_there_is_never_more_than_one_candidate_a_symbol_and_a_second_look_says_the_same(
    front: float, back: float, rises: bool
) -> None:
    chain = term_chain({28: front, 38: (front + back) / 2, 60: back})
    past = RISING if rises else closes(*np.linspace(120, 101, 60).tolist())
    context = scan_context(chain, iv_module(*STRUCTURES), pasts={"SPY": past})
    findings = SERVICE.scan(context)
    assert len(findings) == 3
    assert sum(finding.candidate is not None for finding in findings) <= 1
    assert all(finding.reason for finding in findings)
    assert SERVICE.scan(replace(context)) == findings
