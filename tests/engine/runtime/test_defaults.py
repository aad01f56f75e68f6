"""The default mindfolio: the owner's figures, and settings that its own modules and gate accept."""

import datetime as dt

import pytest

from engine.core.money import dollars
from engine.domain.budget import BudgetPlan
from engine.domain.mindfolio import Environment, ModuleStatus, PnlPolicy
from engine.modules.iv_rules import IvRules
from engine.runtime import defaults

UNIVERSE = ("QQQ", "SPY")


def test_aggressive_growth_splits_fifty_thousand_as_the_owner_wants_it() -> None:
    spec = defaults.aggressive_growth(UNIVERSE)
    assert (spec.name, spec.capital, spec.pnl_policy) == ("Aggressive Growth", dollars("50000"), PnlPolicy.ISOLATE)
    assert spec.budgets == {
        "IV_SERVICE": dollars("15000"),
        "IV_SERVICE_2": dollars("20000"),
        "IV_SERVICE_3": dollars("10000"),
    }
    assert spec.reserve == dollars("5000")
    plan = BudgetPlan(spec.budgets, spec.reserve)
    assert plan.check(spec.capital, frozenset(module.module_id for module in spec.modules)) == ()


def test_one_module_trades_by_itself_one_asks_and_one_waits_paused() -> None:
    modules = defaults.aggressive_growth(UNIVERSE).modules
    assert [(module.autotrade, module.status) for module in modules] == [
        (True, ModuleStatus.ACTIVE),
        (False, ModuleStatus.ACTIVE),
        (False, ModuleStatus.PAUSED),
    ]


def test_every_module_has_limits_the_whole_universe_and_rules_that_can_be_read() -> None:
    for module in defaults.aggressive_growth(UNIVERSE).modules:
        assert module.universe == UNIVERSE
        assert module.limits.max_risk_per_trade is not None
        assert module.limits.daily_loss_limit is not None
        assert 0 < module.limits.max_risk_per_trade <= module.limits.daily_loss_limit
        IvRules.of(module)  # raises for rules that contradict each other


@pytest.mark.parametrize("environment", list(Environment))
def test_every_environment_demands_an_age_of_quotes_and_waives_visibly(environment: Environment) -> None:
    limits = defaults.gate_limits(environment)
    assert limits.max_quote_age is not None
    assert dt.timedelta(minutes=1) <= limits.max_quote_age <= dt.timedelta(minutes=10)
    assert limits.max_leg_spread_pct is not None
    assert limits.min_open_interest is not None
    waivers = defaults.waivers(environment)
    # A recording may come without a past and without a calendar; the simulated market has both.
    is_recording = environment is Environment.REPLAY
    assert (waivers.evidence, waivers.iv_rank, waivers.events) == (True, is_recording, is_recording)
