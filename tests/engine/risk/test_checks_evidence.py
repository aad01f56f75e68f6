"""Backtests and the second opinion: each figure at its boundary, and without a number."""

from dataclasses import replace
from typing import Any

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.denial import Denial
from engine.domain.evidence import Evidence
from engine.domain.mindfolio import Waivers
from engine.domain.structure import shares_of
from engine.risk import checks_evidence as checks
from engine.risk.facts import TradeFacts

NO_NUMBERS: tuple[Any, ...] = (float("nan"), float("inf"), float("-inf"), True, False, None, "1")


def denied(denial: Denial | None, code: DenialCode) -> Denial:
    assert denial is not None
    assert denial.code is code
    return denial


class TestEvidence:
    def facts(self, good: TradeFacts, **changes: Any) -> TradeFacts:
        assert good.evidence is not None
        return replace(good, evidence=replace(good.evidence, **changes))

    @pytest.mark.parametrize(("trades", "passes"), [(29, False), (30, True), (31, True), (0, False)])
    def test_there_are_enough_trades(self, good: TradeFacts, trades: int, passes: bool) -> None:
        denial = checks.check_evidence(self.facts(good, trades=trades))
        assert (denial is None) is passes
        if not passes:
            denial = denied(denial, DenialCode.EVIDENCE)
            assert (denial.measured, denial.limit, denial.facts["why"]) == (trades, 30, "insufficient evidence")

    @pytest.mark.parametrize(
        ("win_rate", "passes"), [(0.5999, False), (0.60, False), (0.6001, True), (1.0, True), (1.5, False)]
    )
    def test_the_win_rate_is_strictly_above_its_limit(self, good: TradeFacts, win_rate: float, passes: bool) -> None:
        denial = checks.check_evidence(self.facts(good, win_rate=win_rate))
        assert (denial is None) is passes
        if not passes:
            denial = denied(denial, DenialCode.EVIDENCE)
            assert denial.measured == pytest.approx(win_rate * 100)
            assert (denial.limit, denial.unit, denial.facts["why"]) == (60.0, "pct", "win rate")

    def test_a_win_rate_given_in_percent_is_not_taken_for_a_share(self, good: TradeFacts) -> None:
        denied(checks.check_evidence(self.facts(good, win_rate=55.0)), DenialCode.EVIDENCE)

    @pytest.mark.parametrize(("expectancy", "passes"), [(-1, False), (0, False), (1, True)])
    def test_the_average_trade_earns_something(self, good: TradeFacts, expectancy: int, passes: bool) -> None:
        denial = checks.check_evidence(self.facts(good, expectancy=expectancy))
        assert (denial is None) is passes
        if not passes:
            denial = denied(denial, DenialCode.EVIDENCE)
            assert (denial.measured, denial.limit, denial.unit) == (expectancy, 0, "usd")
            assert denial.facts["why"] == "expectancy"

    def test_the_owners_example_wins_often_and_still_loses_money(self, good: TradeFacts) -> None:
        expectancy = dollars("0.71") * 185 - dollars("0.29") * 520
        denial = denied(
            checks.check_evidence(self.facts(good, win_rate=0.71, expectancy=expectancy)), DenialCode.EVIDENCE
        )
        assert (denial.measured, denial.facts["win_rate_pct"]) == (dollars("-19.45"), 71.0)

    @pytest.mark.parametrize("value", NO_NUMBERS)
    @pytest.mark.parametrize("name", ["trades", "win_rate", "expectancy"])
    def test_evidence_that_is_no_number_denies(self, good: TradeFacts, name: str, value: Any) -> None:
        denied(checks.check_evidence(self.facts(good, **{name: value})), DenialCode.EVIDENCE)

    @pytest.mark.parametrize("value", NO_NUMBERS)
    @pytest.mark.parametrize("name", ["min_backtest_trades", "min_win_rate"])
    def test_a_missing_limit_denies(self, good: TradeFacts, name: str, value: Any) -> None:
        assert good.gate is not None
        changes: dict[str, Any] = {name: value}
        denied(checks.check_evidence(replace(good, gate=replace(good.gate, **changes))), DenialCode.EVIDENCE)

    def test_no_evidence_and_no_limits_deny(self, good: TradeFacts) -> None:
        nothing = denied(checks.check_evidence(replace(good, evidence=None)), DenialCode.EVIDENCE)
        assert nothing.facts["why"] == "insufficient evidence"
        denied(checks.check_evidence(replace(good, gate=None)), DenialCode.EVIDENCE)

    @pytest.mark.parametrize(("quantity", "passes"), [(0, False), (1, True), (2, False), (3, False)])
    @pytest.mark.parametrize("evidence", [None, Evidence(100, 0.9, dollars(50), "recorded chains")])
    def test_waived_evidence_allows_one_contract(
        self, good: TradeFacts, evidence: Evidence | None, quantity: int, passes: bool
    ) -> None:
        candidate = replace(good.candidate, quantity=quantity)
        facts = replace(good, waivers=Waivers(evidence=True), evidence=evidence, candidate=candidate)
        denial = checks.check_evidence(facts)
        assert (denial is None) is passes
        if not passes:
            denial = denied(denial, DenialCode.EVIDENCE)
            assert (denial.measured, denial.limit, denial.unit) == (quantity, 1, "contracts")

    @pytest.mark.parametrize("quantity", [*NO_NUMBERS, 1.0])
    def test_waived_evidence_needs_a_whole_quantity(self, good: TradeFacts, quantity: Any) -> None:
        candidate = replace(good.candidate, quantity=quantity)
        facts = replace(good, waivers=Waivers(evidence=True), candidate=candidate)
        denied(checks.check_evidence(facts), DenialCode.EVIDENCE)

    @pytest.mark.parametrize("flag", [1, "yes", None])
    def test_only_a_plain_yes_waives(self, good: TradeFacts, flag: Any) -> None:
        facts = replace(good, waivers=Waivers(evidence=flag), evidence=None)
        denied(checks.check_evidence(facts), DenialCode.EVIDENCE)

    def test_too_few_trades_do_not_bind_a_person_and_bad_ones_do(self, good: TradeFacts) -> None:
        for evidence in (None, Evidence(29, 0.9, dollars(50), "recorded chains")):
            assert checks.check_evidence(replace(good, evidence=evidence, is_by_hand=True)) is None
        losing = self.facts(replace(good, is_by_hand=True), expectancy=0)
        denied(checks.check_evidence(losing), DenialCode.EVIDENCE)

    @pytest.mark.parametrize(
        ("legs", "shares", "adds_to", "is_asked"),
        [
            *((4, 0, "", True), (4, 0, "P000001", False), (4, 100, "", True), (4, 100, "P000001", False)),
            *((0, 1, "", False), (0, 1, "P000001", False), (0, 0, "", True)),
        ],
    )
    def test_only_what_opens_options_anew_is_asked_for_its_backtest(
        self, good: TradeFacts, legs: int, shares: int, adds_to: str, is_asked: bool
    ) -> None:
        structure = replace(good.candidate.structure, legs=good.candidate.structure.legs[:legs], shares=shares)
        facts = replace(good, candidate=replace(good.candidate, structure=structure), adds_to=adds_to, evidence=None)
        assert (checks.check_evidence(facts) is not None) is is_asked

    def test_shares_alone_are_no_structure_to_be_tested(self, good: TradeFacts) -> None:
        candidate = replace(good.candidate, structure=shares_of("TSLA"), quantity=5_000)
        assert checks.check_evidence(replace(good, candidate=candidate)) is None
        assert checks.check_evidence(replace(good, candidate=candidate, waivers=Waivers(), evidence=None)) is None


class TestKernelHealth:
    @pytest.mark.parametrize("kernel", [None, ()])
    def test_prices_that_nobody_else_worked_out_deny(self, good: TradeFacts, kernel: Any) -> None:
        denial = denied(checks.check_kernel_health(replace(good, kernel=kernel)), DenialCode.KERNEL_HEALTH)
        assert denial.facts == {
            "symbol": "TSLA", "structure": "Iron Condor", "why": "no second opinion on the prices"
        }  # fmt: skip

    def test_two_kernels_that_disagree_are_told_with_both_figures(self, good: TradeFacts) -> None:
        assert good.kernel is not None
        apart = replace(good.kernel[2], theirs=good.kernel[2].ours + 0.25)
        facts = replace(good, kernel=(*good.kernel[:2], apart, good.kernel[3]))
        denial = denied(checks.check_kernel_health(facts), DenialCode.KERNEL_HEALTH)
        assert (denial.measured, denial.limit) == (0.25, apart.limit)
        assert denial.facts == {
            "symbol": "TSLA", "structure": "Iron Condor", "leg": apart.occ, "what": "price",
            "why": "two pricing kernels disagree", "ours": 2.5, "theirs": 2.75,
        }  # fmt: skip
