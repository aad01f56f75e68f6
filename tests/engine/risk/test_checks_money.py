"""Risk, budget, day loss and account: each at limit - 1 unit, limit, limit + 1 unit, and without a number."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.denial import Denial
from engine.domain.limits import AccountLimits
from engine.domain.structure import Structure, StructureKind, shares_of
from engine.risk import checks_money as checks
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

    @pytest.mark.parametrize(("off", "passes"), [(-1, False), (0, False), (1, True)])
    def test_the_accounts_loss_denies_as_well(self, good: TradeFacts, off: int, passes: bool) -> None:
        denial = checks.check_daily_loss(replace(good, account_day_pnl=dollars(-2000) + off))
        assert (denial is None) is passes
        if not passes:
            denial = denied(denial, DenialCode.DAILY_LOSS)
            assert (denial.measured, denial.limit) == (dollars(-2000) + off, dollars(-2000))
            assert denial.facts["whose"] == "account"

    @pytest.mark.parametrize(("fallen", "passes"), [(0, True), (1499, True), (1500, False), (1501, False)])
    def test_so_does_a_drawdown(self, good: TradeFacts, fallen: int, passes: bool) -> None:
        denial = checks.check_daily_loss(replace(good, drawdown_bp=fallen))
        assert (denial is None) is passes
        if not passes:
            denial = denied(denial, DenialCode.DAILY_LOSS)
            assert (denial.measured, denial.limit, denial.unit) == (fallen / 100, 15, "pct")
            assert denial.facts["why"] == "drawdown"

    @pytest.mark.parametrize("value", NO_AMOUNTS)
    def test_what_is_not_known_of_the_account_denies(self, good: TradeFacts, value: Any) -> None:
        assert good.account_limits is not None
        denied(checks.check_daily_loss(replace(good, account_day_pnl=value)), DenialCode.DAILY_LOSS)
        denied(checks.check_daily_loss(replace(good, drawdown_bp=value)), DenialCode.DAILY_LOSS)
        if value is not None:
            for name in ("day_loss", "drawdown_pct"):
                changes: dict[str, Any] = {name: value}
                limits = replace(good.account_limits, **changes)
                denied(checks.check_daily_loss(replace(good, account_limits=limits)), DenialCode.DAILY_LOSS)
        denied(checks.check_daily_loss(replace(good, account_limits=None)), DenialCode.DAILY_LOSS)

    def test_account_limits_that_were_left_out_never_trip(self, good: TradeFacts) -> None:
        facts = replace(good, account_limits=AccountLimits(None, None), account_day_pnl=None, drawdown_bp=None)
        assert checks.check_daily_loss(facts) is None


class TestSymbolCap:
    @pytest.mark.parametrize(("so_far", "passes"), [(0, True), (2, True), (3, False), (4, False), (-1, False)])
    def test_this_position_counts(self, good: TradeFacts, so_far: int, passes: bool) -> None:
        denial = checks.check_symbol_cap(replace(good, symbol_positions=so_far))
        assert (denial is None) is passes
        if denial is not None and so_far > 0:
            assert (denial.code, denial.measured, denial.limit) == (DenialCode.SYMBOL_CAP, so_far + 1, 3)
            assert denial.facts["why"] == "positions"

    @pytest.mark.parametrize(("so_far", "passes"), [(3, True), (4, False)])
    def test_what_adds_to_a_position_is_no_further_one(self, good: TradeFacts, so_far: int, passes: bool) -> None:
        facts = replace(good, symbol_positions=so_far, adds_to="P000003")
        assert (checks.check_symbol_cap(facts) is None) is passes

    @pytest.mark.parametrize("adds_to", ["", None, True, 1])
    def test_only_a_name_adds_to_a_position(self, good: TradeFacts, adds_to: Any) -> None:
        denied(checks.check_symbol_cap(replace(good, symbol_positions=3, adds_to=adds_to)), DenialCode.SYMBOL_CAP)

    @pytest.mark.parametrize(("off", "passes"), [(-1, True), (0, True), (1, False)])
    def test_half_of_the_budget_is_the_most(self, good: TradeFacts, off: int, passes: bool) -> None:
        # Half of 20,000, less 1,500 of buying power and 4.80 of costs.
        facts = replace(good, symbol_used=dollars("8495.20") + off)
        denial = checks.check_symbol_cap(facts)
        assert (denial is None) is passes
        if not passes:
            denial = denied(denial, DenialCode.SYMBOL_CAP)
            assert (denial.measured, denial.limit, denial.facts["missing"]) == (dollars(10_000) + 1, dollars(10_000), 1)
            assert (denial.facts["why"], denial.facts["share_pct"]) == ("share of the budget", 50)

    def test_a_share_that_does_not_divide_is_rounded_down(self, good: TradeFacts) -> None:
        facts = replace(good, symbol_used=0, budget=2 * dollars("1504.80") - 1)
        assert denied(checks.check_symbol_cap(facts), DenialCode.SYMBOL_CAP).limit == dollars("1504.80") - 1

    @pytest.mark.parametrize("value", [*NO_AMOUNTS])
    @pytest.mark.parametrize("name", ["symbol_positions", "symbol_used", "budget", "buying_power", "costs"])
    def test_what_is_not_known_denies(self, good: TradeFacts, name: str, value: Any) -> None:
        changes: dict[str, Any] = {name: value}
        denied(checks.check_symbol_cap(replace(good, **changes)), DenialCode.SYMBOL_CAP)

    @pytest.mark.parametrize("value", NO_NUMBERS)
    @pytest.mark.parametrize("name", ["max_positions_per_symbol", "max_symbol_share_pct"])
    def test_a_missing_limit_denies(self, good: TradeFacts, name: str, value: Any) -> None:
        assert good.gate is not None
        changes: dict[str, Any] = {name: value}
        denied(checks.check_symbol_cap(replace(good, gate=replace(good.gate, **changes))), DenialCode.SYMBOL_CAP)
        denied(checks.check_symbol_cap(replace(good, gate=None)), DenialCode.SYMBOL_CAP)

    @pytest.mark.parametrize(("used", "passes"), [(-1, False), (0, True), (1, True)])
    def test_less_than_nothing_in_use_is_not_believed(self, good: TradeFacts, used: int, passes: bool) -> None:
        assert (checks.check_symbol_cap(replace(good, symbol_used=used)) is None) is passes


@pytest.mark.parametrize("check", [checks.check_max_risk, checks.check_budget, checks.check_account_buying_power])
@pytest.mark.parametrize(("shares", "passes"), [(200, True), (199, False)])
def test_a_call_over_shares_may_take_nothing(good: TradeFacts, check: Any, shares: int, passes: bool) -> None:
    call = good.candidate.structure.legs[2]
    candidate = replace(good.candidate, structure=Structure(StructureKind.SHORT_CALL, (call,)))
    facts = replace(good, candidate=candidate, covering_shares=shares, buying_power=0, max_risk=0)
    assert (check(facts) is None) is passes
    assert check(replace(facts, buying_power=-1, max_risk=-1)) is not None


@pytest.mark.parametrize("check", [checks.check_max_risk, checks.check_budget, checks.check_account_buying_power])
def test_shares_sold_short_take_something_and_costs_may_be_nothing(good: TradeFacts, check: Any) -> None:
    candidate = replace(good.candidate, structure=shares_of("TSLA", is_long=False))
    facts = replace(good, candidate=candidate, covering_shares=200, costs=0)
    assert check(facts) is None
    assert check(replace(facts, buying_power=0, max_risk=0)) is not None


@pytest.mark.parametrize(("risk", "passes"), [(0, True), (1, True), (-1, False), (None, False)])
def test_a_hedge_may_leave_its_position_nothing_to_lose(good: TradeFacts, risk: Any, passes: bool) -> None:
    shares = replace(good.candidate, structure=shares_of("SPY", is_long=False))
    facts = replace(good, candidate=shares, adds_to="P000001", max_risk=risk)
    assert (checks.check_max_risk(facts) is None) is passes
    # By themselves, and for options, a risk of nothing is not believed.
    assert checks.check_max_risk(replace(facts, adds_to="", max_risk=0)) is not None
    assert checks.check_max_risk(replace(good, adds_to="P000001", max_risk=0)) is not None


@pytest.mark.parametrize(("more", "passes"), [(0, True), (1, False)])
def test_what_leaves_a_position_no_more_to_lose_passes_a_limit_that_it_is_above_already(
    good: TradeFacts, more: int, passes: bool
) -> None:
    facts = with_limits(replace(good, adds_to="P000001"), max_risk_per_trade=1)
    assert good.max_risk is not None
    as_it_is = good.max_risk + good.costs - more
    assert (checks.check_max_risk(replace(facts, position_risk=as_it_is)) is None) is passes
    # A new trade has nothing to compare with; neither has a position without a bound, or a module without a limit.
    assert checks.check_max_risk(replace(facts, position_risk=as_it_is, adds_to="")) is not None
    assert checks.check_max_risk(replace(facts, position_risk=None)) is not None
    unlimited = with_limits(facts, max_risk_per_trade=None)
    assert checks.check_max_risk(replace(unlimited, position_risk=as_it_is)) is not None


@pytest.mark.parametrize(
    ("power", "loss", "passes"),
    [(0, 0, True), (500, 500, True), (501, 500, False), (499, 500, False), (-1, -1, False), (None, None, False)],
)
def test_what_takes_no_buying_power_takes_no_share_of_the_budget_in_a_symbol(
    good: TradeFacts, power: Any, loss: Any, passes: bool
) -> None:
    full = replace(good, symbol_used=dollars(10_000), buying_power=power, realised_loss=loss)
    assert (checks.check_symbol_cap(replace(full, adds_to="P000001")) is None) is passes
    assert checks.check_symbol_cap(full) is not None


def test_a_modules_hedge_goes_on_after_the_days_loss_and_nothing_else_does(good: TradeFacts) -> None:
    shares = replace(good.candidate, structure=shares_of("SPY", is_long=False))
    lost = replace(good, day_pnl=dollars(-1000), account_day_pnl=dollars(-2000), drawdown_bp=1500, is_managing=True)
    hedge = replace(lost, candidate=shares, adds_to="P000001")
    assert checks.check_daily_loss(hedge) is None
    condor = lost.candidate.structure
    nothing, both = replace(condor, legs=()), replace(condor, shares=100)
    others = [replace(hedge, candidate=replace(shares, structure=each)) for each in (condor, nothing, both)]
    for other in (replace(hedge, is_managing=False), replace(hedge, adds_to=""), *others):
        assert checks.check_daily_loss(other) is not None


@pytest.mark.parametrize("check", [checks.check_max_risk, checks.check_budget, checks.check_account_buying_power])
def test_a_roll_may_take_nothing_more_and_a_new_trade_takes_a_unit_at_least(good: TradeFacts, check: Any) -> None:
    roll = replace(good, result=good.candidate.structure, adds_to="P000001")
    for facts, least in ((roll, 0), (good, 1)):
        assert check(replace(facts, buying_power=least, max_risk=least, costs=0)) is None
        assert check(replace(facts, buying_power=least - 1, max_risk=least - 1, costs=0)) is not None
