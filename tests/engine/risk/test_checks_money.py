"""Risk, budget, day loss, account and evidence: each at limit - 1 unit, limit, limit + 1 unit, and without a number."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.denial import Denial
from engine.domain.mindfolio import Waivers
from engine.domain.ports import Evidence
from engine.risk import checks
from engine.risk.facts import TradeFacts

NO_NUMBERS: tuple[Any, ...] = (float("nan"), float("inf"), float("-inf"), True, False, None, "1")
NO_AMOUNTS: tuple[Any, ...] = (*NO_NUMBERS, 15_000_000.0)


def denied(denial: Denial | None, code: DenialCode) -> Denial:
    assert denial is not None
    assert denial.code is code
    assert "NaN" not in json.dumps([denial.measured, denial.limit, denial.facts])
    return denial


def with_limits(facts: TradeFacts, **changes: Any) -> TradeFacts:
    return replace(facts, module=replace(facts.module, limits=replace(facts.module.limits, **changes)))


def set_max_risk(facts: TradeFacts, limit: Any) -> TradeFacts:
    return with_limits(facts, max_risk_per_trade=limit)


def set_budget(facts: TradeFacts, limit: Any) -> TradeFacts:
    return replace(facts, available=limit)


def set_own_cash(facts: TradeFacts, limit: Any) -> TradeFacts:
    return replace(facts, account_available=limit)


def set_broker(facts: TradeFacts, limit: Any) -> TradeFacts:
    return replace(facts, broker_available=limit)


@pytest.mark.parametrize(
    ("check", "code", "amount", "set_limit"),
    [
        (checks.check_max_risk, DenialCode.MAX_RISK, "max_risk", set_max_risk),
        (checks.check_budget, DenialCode.BUDGET, "buying_power", set_budget),
        (checks.check_account_buying_power, DenialCode.ACCOUNT_BUYING_POWER, "buying_power", set_own_cash),
        (checks.check_account_buying_power, DenialCode.ACCOUNT_BUYING_POWER, "buying_power", set_broker),
    ],
    ids=["max risk", "budget", "own cash", "broker"],
)
class TestUpperLimits:
    @pytest.mark.parametrize(("off", "passes"), [(-1, True), (0, True), (1, False)])
    @pytest.mark.parametrize("varied", ["amount", "costs"])
    def test_at_the_boundary_with_costs(
        self,
        good: TradeFacts,
        check: Callable[[TradeFacts], Denial | None],
        code: DenialCode,
        amount: str,
        set_limit: Callable[[TradeFacts, Any], TradeFacts],
        varied: str,
        off: int,
        passes: bool,
    ) -> None:
        limit = dollars("1504.80")
        field = amount if varied == "amount" else "costs"
        changes: dict[str, Any] = {field: getattr(good, field) + off}
        denial = check(set_limit(replace(good, **changes), limit))
        assert (denial is None) is passes
        if not passes:
            denial = denied(denial, code)
            assert (denial.measured, denial.limit, denial.unit) == (limit + 1, limit, "usd")
            assert (denial.facts["missing"], denial.facts["symbol"]) == (1, "TSLA")

    @pytest.mark.parametrize(
        ("costs", "shown"), [(None, None), (float("nan"), "nan"), (True, "True"), ("4.80", "4.80")]
    )
    def test_what_was_found_instead_of_an_amount_is_told(
        self, good: TradeFacts, check: Any, code: DenialCode, amount: str, set_limit: Any, costs: Any, shown: Any
    ) -> None:
        assert denied(check(set_limit(replace(good, costs=costs), dollars(2000))), code).facts["costs"] == shown

    @pytest.mark.parametrize("limit", NO_AMOUNTS)
    def test_a_missing_limit_denies(
        self, good: TradeFacts, check: Any, code: DenialCode, amount: str, set_limit: Any, limit: Any
    ) -> None:
        denial = denied(check(set_limit(good, limit)), code)
        assert (denial.limit, denial.facts["missing"]) == (None, None)

    @pytest.mark.parametrize("value", [*NO_AMOUNTS, 0, -1])
    def test_an_amount_that_is_unknown_or_not_above_zero_denies(
        self, good: TradeFacts, check: Any, code: DenialCode, amount: str, set_limit: Any, value: Any
    ) -> None:
        changes: dict[str, Any] = {amount: value}
        denial = denied(check(set_limit(replace(good, **changes), dollars(10**6))), code)
        assert (denial.measured, denial.facts["missing"]) == (None, None)

    @pytest.mark.parametrize("costs", [*NO_AMOUNTS, -1])
    def test_costs_that_are_unknown_or_negative_deny(
        self, good: TradeFacts, check: Any, code: DenialCode, amount: str, set_limit: Any, costs: Any
    ) -> None:
        denied(check(set_limit(replace(good, costs=costs), dollars(10**6))), code)

    def test_a_limit_below_zero_tells_how_much_is_missing_in_all(
        self, good: TradeFacts, check: Any, code: DenialCode, amount: str, set_limit: Any
    ) -> None:
        denial = denied(check(set_limit(good, dollars(-200))), code)
        assert denial.facts["missing"] == dollars("1704.80")


class TestDailyLoss:
    @pytest.mark.parametrize(("off", "passes"), [(-1, False), (0, False), (1, True)])
    def test_a_loss_exactly_at_the_limit_denies(self, good: TradeFacts, off: int, passes: bool) -> None:
        denial = checks.check_daily_loss(replace(good, day_pnl=dollars(-1000) + off))
        assert (denial is None) is passes
        if not passes:
            denial = denied(denial, DenialCode.DAILY_LOSS)
            assert (denial.measured, denial.limit, denial.unit) == (dollars(-1000) + off, dollars(-1000), "usd")
            assert denial.facts["module"] == "iv"

    @pytest.mark.parametrize("value", NO_AMOUNTS)
    def test_an_unknown_result_or_limit_denies(self, good: TradeFacts, value: Any) -> None:
        assert denied(checks.check_daily_loss(replace(good, day_pnl=value)), DenialCode.DAILY_LOSS).measured is None
        no_limit = with_limits(good, daily_loss_limit=value)
        assert denied(checks.check_daily_loss(no_limit), DenialCode.DAILY_LOSS).limit is None


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

    @pytest.mark.parametrize(("win_rate", "passes"), [(0.5999, False), (0.60, False), (0.6001, True), (1.0, True)])
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
