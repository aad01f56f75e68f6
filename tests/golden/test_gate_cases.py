"""The owner's trades that do not fit their modules: which codes refuse them, and with which two numbers."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from engine.core.money import UNIT, Money, dollars
from engine.domain.candidate import Candidate
from engine.domain.denial import Denial
from engine.domain.evidence import Evidence
from engine.domain.greeks import Greeks
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.limits import AccountLimits, GateLimits, ModuleLimits
from engine.domain.mindfolio import AccountRules, MindfolioStatus, ModuleKind, ModuleSpec, ModuleStatus, Waivers
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure, StructureKind, condor_buying_power
from engine.risk.checks_money import check_account_buying_power, check_budget, check_max_risk
from engine.risk.facts import TradeFacts
from engine.risk.gate import run_gate
from engine.risk.kernel_health import LegPrice

NOW = dt.datetime(2026, 3, 16, 19, 0, tzinfo=dt.UTC)
EXPIRATION = dt.date(2026, 4, 17)
CREDIT = dollars("2.50")


@dataclass(frozen=True)
class Case:
    """One trade with its module's figures and the account's buying power, all in dollars."""

    trade: str
    buying_power: int
    max_risk: int
    max_risk_per_trade: int
    available: int
    account: int
    denials: tuple[tuple[str, int, int], ...]


CONDOR = Case(
    "TSLA iron condor 240/250/270/280, 1 contract, credit 250",
    buying_power=750,
    max_risk=750,
    max_risk_per_trade=500,
    available=6500,
    account=26_300,
    denials=(("MAX_RISK", 750, 500),),
)
NVDA_PUT = Case(
    "NVDA 430 put, 1 contract",
    buying_power=43_000,
    max_risk=4300,
    max_risk_per_trade=1000,
    available=8000,
    account=26_300,
    denials=(("MAX_RISK", 4300, 1000), ("BUDGET", 43_000, 8000), ("ACCOUNT_BUYING_POWER", 43_000, 26_300)),
)
SPY_PUT = Case(
    "SPY 440 put, 1 contract",
    buying_power=44_000,
    max_risk=4400,
    max_risk_per_trade=1000,
    available=8000,
    account=26_300,
    denials=(("MAX_RISK", 4400, 1000), ("BUDGET", 44_000, 8000), ("ACCOUNT_BUYING_POWER", 44_000, 26_300)),
)
PUTS = (NVDA_PUT, SPY_PUT)
MONEY_CHECKS: tuple[Callable[[TradeFacts], Denial | None], ...] = (
    check_max_risk,
    check_budget,
    check_account_buying_power,
)


def condor() -> Structure:
    shape = ((240, Right.PUT, 1), (250, Right.PUT, -1), (270, Right.CALL, -1), (280, Right.CALL, 1))
    legs = tuple(
        Leg(OptionContract("TSLA", EXPIRATION, dollars(strike), right), ratio) for strike, right, ratio in shape
    )
    return Structure(StructureKind.IRON_CONDOR, legs)


def facts_of(case: Case) -> TradeFacts:
    """The trade with everything but its money in order, without costs."""
    structure = condor()
    buying_power, max_risk = dollars(case.buying_power), dollars(case.max_risk)
    candidate = Candidate(
        module_id="module",
        structure=structure,
        quantity=1,
        net_price=-CREDIT,
        worst_price=-CREDIT,
        buying_power=buying_power,
        max_risk=max_risk,
        costs=0,
        generation=1,
        greeks=Greeks(),
        breakevens=(),
        probability_of_profit=0.68,
        expected_profit=None,
        iv_rank=72.0,
        iv_rank_sessions=252,
        reasons=(),
    )
    module = ModuleSpec(
        module_id="module",
        kind=ModuleKind.IV_SERVICE,
        name="Module",
        limits=ModuleLimits(max_risk_per_trade=dollars(case.max_risk_per_trade), daily_loss_limit=dollars(1000)),
        autotrade=True,
        universe=("TSLA",),
        structures=(StructureKind.IRON_CONDOR,),
    )
    return TradeFacts(
        now=NOW,
        candidate=candidate,
        quotes=(Quote(dollars("2.00"), dollars("2.10"), NOW, open_interest=500),) * 4,
        price=-CREDIT,
        is_latched=False,
        mindfolio_status=MindfolioStatus.ACTIVE,
        module=module,
        module_status=ModuleStatus.ACTIVE,
        gate=GateLimits(),
        waivers=Waivers(),
        market_open=True,
        buying_power=buying_power,
        max_risk=max_risk,
        costs=0,
        available=dollars(case.available),
        account_available=dollars(case.account),
        broker_available=dollars(case.account),
        day_pnl=0,
        duplicate_of=None,
        evidence=Evidence(trades=40, win_rate=0.71, expectancy=dollars(9), source="by assumption"),
        kernel=tuple(LegPrice(leg.contract.occ, "price", 2.0, 2.0) for leg in candidate.structure.legs),
        account_rules=AccountRules(),
        equity=dollars(50_000),
        account_limits=AccountLimits(),
        account_day_pnl=0,
        drawdown_bp=0,
        stakes=(),
        symbol_positions=0,
        symbol_used=0,
        budget=dollars(100_000),
        happenings=(),
        openings_last_minute=0,
        orders_today=0,
        symbol_halts=(),
        broker_reachable=True,
    )


def in_dollars(denials: tuple[Denial | None, ...]) -> tuple[tuple[str, float, float], ...]:
    def amount(value: object) -> float:
        assert isinstance(value, int)
        return value / UNIT

    return tuple((each.code.value, amount(each.measured), amount(each.limit)) for each in denials if each is not None)


def money_denials(facts: TradeFacts) -> tuple[Denial | None, ...]:
    return tuple(check(facts) for check in MONEY_CHECKS)


def test_the_condor_is_refused_for_its_risk_alone() -> None:
    assert condor_buying_power(condor(), -CREDIT, 1) == dollars(CONDOR.buying_power)
    assert in_dollars(run_gate(facts_of(CONDOR))) == CONDOR.denials


@pytest.mark.parametrize("case", PUTS, ids=lambda case: case.trade)
def test_the_puts_are_refused_with_every_number_that_would_have_to_change(case: Case) -> None:
    denials = money_denials(facts_of(case))
    assert in_dollars(denials) == case.denials
    missing = [each.facts["missing"] for each in denials if each is not None]
    assert missing == [dollars(measured - limit) for _, measured, limit in case.denials]


@pytest.mark.parametrize("case", PUTS, ids=lambda case: case.trade)
def test_a_puts_risk_is_a_fall_of_ten_percent_below_its_strike(case: Case) -> None:
    assert case.max_risk == case.buying_power // MULTIPLIER * 10


@pytest.mark.parametrize("case", [CONDOR, *PUTS], ids=lambda case: case.trade)
def test_changing_just_those_numbers_by_what_is_missing_lets_the_trade_pass(case: Case) -> None:
    facts = facts_of(case)
    gaps: dict[str, Money] = {code: dollars(measured - limit) for code, measured, limit in case.denials}

    def raised(short_of: Money) -> TradeFacts:
        limits = facts.module.limits
        assert limits.max_risk_per_trade is not None
        assert facts.broker_available is not None
        account = gaps.get("ACCOUNT_BUYING_POWER", 0)
        risk = limits.max_risk_per_trade + gaps.get("MAX_RISK", 0) - short_of
        return replace(
            facts,
            module=replace(facts.module, limits=replace(limits, max_risk_per_trade=risk)),
            available=facts.available + gaps.get("BUDGET", 0),
            account_available=facts.account_available + account,
            broker_available=facts.broker_available + account,
        )

    assert run_gate(raised(short_of=0)) == ()
    assert [each.code.value for each in run_gate(raised(short_of=1))] == ["MAX_RISK"]


def test_the_cases_above_are_the_owners(shared_dir: Path) -> None:
    golden = json.loads((shared_dir / "spec" / "golden" / "aggressive_growth_50k.json").read_text(encoding="utf-8"))
    modules = {module["module"]: module for module in golden["modules"]}
    account = golden["capital"] - golden["aggregate"]["used"]
    owners = tuple(
        Case(
            case["trade"],
            case["buying_power"],
            case["max_risk"],
            modules[case["module"]]["max_risk_per_trade"],
            modules[case["module"]]["available"],
            account,
            tuple((code, measured, limit) for code, measured, limit in case["denials"]),
        )
        for case in golden["gate_cases"]
    )
    assert owners == (CONDOR, *PUTS)
    assert in_dollars(run_gate(facts_of(owners[0]))) == owners[0].denials
    for case in owners[1:]:
        assert in_dollars(money_denials(facts_of(case))) == case.denials
