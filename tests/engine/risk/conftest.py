"""One trade that passes every check, from which each scenario departs."""

import datetime as dt

import pytest

from engine.core.money import dollars
from engine.domain.candidate import Candidate
from engine.domain.evidence import Evidence
from engine.domain.greeks import Greeks
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import AccountLimits, GateLimits, ModuleLimits
from engine.domain.mindfolio import AccountRules, MindfolioStatus, ModuleKind, ModuleSpec, ModuleStatus, Waivers
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure, StructureKind
from engine.risk.facts import TradeFacts
from engine.risk.kernel_health import LegPrice

NOW = dt.datetime(2026, 3, 16, 19, 0, tzinfo=dt.UTC)
EXPIRATION = dt.date(2026, 4, 17)


def leg(strike: str, right: Right, ratio: int) -> Leg:
    return Leg(OptionContract("TSLA", EXPIRATION, dollars(strike), right), ratio)


def quote(bid: str, ask: str) -> Quote:
    return Quote(dollars(bid), dollars(ask), NOW - dt.timedelta(seconds=2), volume=40, open_interest=500)


@pytest.fixture(scope="session")
def good() -> TradeFacts:
    """A TSLA iron condor 240/250/270/280, two contracts for a credit of 2.50, with all limits known and met."""
    condor = Structure(
        StructureKind.IRON_CONDOR,
        (leg("240", Right.PUT, 1), leg("250", Right.PUT, -1), leg("270", Right.CALL, -1), leg("280", Right.CALL, 1)),
    )
    candidate = Candidate(
        module_id="iv",
        structure=condor,
        quantity=2,
        net_price=dollars("-2.50"),
        worst_price=dollars("-2.50"),
        buying_power=dollars(1500),
        max_risk=dollars(1500),
        costs=dollars("4.80"),
        generation=7,
        greeks=Greeks(),
        breakevens=(dollars("247.50"), dollars("272.50")),
        probability_of_profit=0.68,
        expected_profit=dollars(12),
        iv_rank=72.0,
        iv_rank_sessions=252,
        reasons=("IV rank 72",),
    )
    module = ModuleSpec(
        module_id="iv",
        kind=ModuleKind.IV_SERVICE,
        name="IV Service",
        limits=ModuleLimits(max_risk_per_trade=dollars(2000), daily_loss_limit=dollars(1000)),
        autotrade=True,
        universe=("SPY", "TSLA"),
        structures=(StructureKind.IRON_CONDOR,),
    )
    return TradeFacts(
        now=NOW,
        candidate=candidate,
        quotes=(quote("2.00", "2.10"), quote("3.20", "3.40"), quote("3.30", "3.50"), quote("1.95", "2.05")),
        price=dollars("-2.50"),
        is_latched=False,
        mindfolio_status=MindfolioStatus.ACTIVE,
        module=module,
        module_status=ModuleStatus.ACTIVE,
        gate=GateLimits(),
        waivers=Waivers(),
        market_open=True,
        buying_power=dollars(1500),
        max_risk=dollars(1500),
        costs=dollars("4.80"),
        available=dollars(6500),
        account_available=dollars(26_300),
        broker_available=dollars(26_000),
        day_pnl=dollars(-100),
        duplicate_of=None,
        evidence=Evidence(trades=40, win_rate=0.71, expectancy=dollars(9), source="recorded chains"),
        kernel=tuple(LegPrice(each.contract.occ, "price", 2.5, 2.5 + 1e-9) for each in condor.legs),
        covering_shares=0,
        account_rules=AccountRules(),
        equity=dollars(50_000),
        settled_cash=dollars(20_000),
        day_trades=0,
        account_limits=AccountLimits(),
        account_day_pnl=dollars(-300),
        drawdown_bp=120,
        stakes=(),
        symbol_positions=1,
        symbol_used=dollars(2000),
        budget=dollars(20_000),
        happenings=(),
        openings_last_minute=3,
        orders_today=40,
        symbol_halts=(),
        broker_reachable=True,
    )
