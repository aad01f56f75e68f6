"""Checks of what speaks for a trade: its backtest, and a second opinion on the prices.

Source: product terms, sections 2.3 and 2.4.
"""

from engine.core.errors import DenialCode, Fact
from engine.domain.denial import Denial
from engine.domain.evidence import Evidence
from engine.risk.comparing import about, above, at_most, pct, shown, whole
from engine.risk.facts import TradeFacts

WAIVED_CONTRACTS = 1
"""Most contracts of a trade whose evidence was waived."""


def check_evidence(facts: TradeFacts) -> Denial | None:
    """EVIDENCE: the backtest's trades, win rate and expectancy; where it is waived, at most one contract instead.

    The fact `why` is "insufficient evidence" when there are too few trades to judge by: a person may still decide to
    trade. Shares alone (hedges, covers) are no structure that could be tested, and what rolls a position or is added to
    one was tested with it.
    """
    structure = facts.candidate.structure
    if (structure.shares and not structure.legs) or facts.adds_to:
        return None
    return _waived_size(facts) if facts.waivers.evidence is True else _judged(facts)


def _judged(facts: TradeFacts) -> Denial | None:
    limits, evidence = facts.gate, facts.evidence
    if limits is None:
        return Denial(DenialCode.EVIDENCE, facts=about(facts) | {"why": "no limits"})
    if evidence is None or not at_most(limits.min_backtest_trades, whole(evidence.trades)):
        return None if facts.is_by_hand is True else _too_little(facts, limits.min_backtest_trades)
    more = about(facts) | _evidence_facts(evidence)
    if not (above(evidence.win_rate, limits.min_win_rate) and at_most(evidence.win_rate, 1)):
        more["why"] = "win rate"
        return Denial(DenialCode.EVIDENCE, pct(evidence.win_rate), pct(limits.min_win_rate), "pct", more)
    expectancy = whole(evidence.expectancy)
    if not above(expectancy, 0):
        more["why"] = "expectancy"
        return Denial(DenialCode.EVIDENCE, expectancy, 0, "usd", more)
    return None


def _too_little(facts: TradeFacts, demanded: int) -> Denial:
    more = about(facts) | {"why": "insufficient evidence"}
    if facts.evidence is None:
        return Denial(DenialCode.EVIDENCE, facts=more)
    more |= _evidence_facts(facts.evidence)
    return Denial(DenialCode.EVIDENCE, shown(facts.evidence.trades), shown(demanded), "", more)


def check_kernel_health(facts: TradeFacts) -> Denial | None:
    """KERNEL_HEALTH: our pricing kernel and a second one disagree on a leg, or were not compared on every leg."""
    more = about(facts)
    legs = facts.candidate.structure.legs
    readings = facts.kernel or ()
    if {leg.contract.occ for leg in legs} != {reading.occ for reading in readings if reading.what == "price"}:
        return Denial(DenialCode.KERNEL_HEALTH, facts=more | {"why": "no second opinion on the prices"})
    for reading in readings:
        if not reading.agrees:
            more |= {"leg": reading.occ, "what": reading.what, "why": "two pricing kernels disagree"}
            more |= {"ours": shown(reading.ours), "theirs": shown(reading.theirs)}
            difference = abs(reading.ours - reading.theirs)
            return Denial(DenialCode.KERNEL_HEALTH, shown(difference), reading.limit, "", more)
    return None


def _waived_size(facts: TradeFacts) -> Denial | None:
    quantity = whole(facts.candidate.quantity)
    if above(quantity, 0) and at_most(quantity, WAIVED_CONTRACTS):
        return None
    more = about(facts) | {"why": "evidence waived"}
    return Denial(DenialCode.EVIDENCE, shown(facts.candidate.quantity), WAIVED_CONTRACTS, "contracts", more)


def _evidence_facts(evidence: Evidence) -> dict[str, Fact]:
    return {
        "trades": shown(evidence.trades),
        "win_rate_pct": pct(evidence.win_rate),
        "expectancy": shown(evidence.expectancy),
        "source": evidence.source,
    }
