"""The default mindfolio: the owner's figures, and settings that its own modules and gate accept."""

import datetime as dt
from collections.abc import Callable

import pytest

from engine.core.money import dollars
from engine.domain.budget import BudgetPlan
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import Beginning, Environment, ModuleKind, ModuleSpec, ModuleStatus, PnlPolicy
from engine.modules.base import parameter_problems
from engine.modules.gamma_rules import GammaRules
from engine.modules.iv_rules import IvRules
from engine.modules.rebalancer_rules import RebalancerRules
from engine.modules.registry import BUILT_IN, parameters_for
from engine.modules.sell_puts_rules import PutRules
from engine.runtime import defaults

UNIVERSE = ("QQQ", "SPY")

_RULES: dict[ModuleKind, Callable[[ModuleSpec], object]] = {
    ModuleKind.IV_SERVICE: IvRules.of,
    ModuleKind.SELL_PUTS_ENGINE: PutRules.of,
    ModuleKind.SMART_REBALANCER: RebalancerRules.of,
    ModuleKind.GAMMA_SCALPER: GammaRules.of,
}


SPLITS = {
    "aggressive-growth": (50_000, {"IV_SERVICE": 15_000, "SELL_PUTS_ENGINE": 20_000, "SMART_REBALANCER": 10_000}),
    "main-account": (
        100_000,
        {"IV_SERVICE": 30_000, "SELL_PUTS_ENGINE": 40_000, "SMART_REBALANCER": 15_000, "GAMMA_SCALPER": 10_000},
    ),
}
"""The owner's: capital and budgets; 5,000 are the reserve of both."""


@pytest.mark.parametrize("name", SPLITS)
def test_the_owners_mindfolios_are_split_as_the_owner_wants_them(name: str) -> None:
    capital, budgets = SPLITS[name]
    spec = defaults.TEMPLATES[name](UNIVERSE)
    assert (spec.capital, spec.pnl_policy, spec.reserve) == (dollars(capital), PnlPolicy.ISOLATE, dollars(5_000))
    assert spec.budgets == {module_id: dollars(budget) for module_id, budget in budgets.items()}
    plan = BudgetPlan(spec.budgets, spec.reserve)
    assert plan.check(spec.capital, frozenset(module.module_id for module in spec.modules)) == ()
    assert [module.module_id for module in spec.modules if module.autotrade] == ["IV_SERVICE"], "the others ask"


def test_every_template_is_named_here() -> None:
    assert SPLITS.keys() == defaults.TEMPLATES.keys()


@pytest.mark.parametrize("name", SPLITS)
def test_every_module_has_limits_the_whole_universe_and_rules_that_can_be_read(name: str) -> None:
    for module in defaults.TEMPLATES[name](UNIVERSE).modules:
        assert module.universe == UNIVERSE
        assert module.status is ModuleStatus.ACTIVE
        assert module.limits.max_risk_per_trade is not None
        assert module.limits.daily_loss_limit is not None
        assert 0 < module.limits.max_risk_per_trade <= module.limits.daily_loss_limit
        assert module.structures
        _RULES[module.kind](module)  # raises for rules that contradict each other


def test_every_kind_that_comes_with_the_program_can_be_made() -> None:
    made = [defaults.module_of(kind, UNIVERSE, 500, 1000) for kind in BUILT_IN]
    assert [module.kind for module in made] == list(BUILT_IN)
    assert all(not parameter_problems(parameters_for(module.kind), module.parameters) for module in made)


@pytest.mark.parametrize("environment", list(Environment))
def test_every_environment_demands_an_age_of_quotes_and_waives_visibly(environment: Environment) -> None:
    limits = defaults.gate_limits(environment)
    assert limits.max_quote_age is not None
    assert dt.timedelta(minutes=1) <= limits.max_quote_age <= dt.timedelta(minutes=10)
    assert limits.max_leg_spread_pct is not None
    assert limits.min_open_interest is not None
    waivers = defaults.waivers(environment)
    # A recording is short and may come without a past and a calendar; the simulated market has all of them.
    is_recording = environment is Environment.REPLAY
    assert (waivers.evidence, waivers.iv_rank, waivers.events) == (is_recording, is_recording, is_recording)


def test_what_a_person_asks_for_is_begun_with_limits_that_go_with_its_budgets() -> None:
    budgets = {ModuleKind.IV_SERVICE: dollars(15_000), ModuleKind.GAMMA_SCALPER: dollars(1_000)}
    spec = defaults.begun(Beginning(" Mine ", dollars(20_000), budgets), "main-account", UNIVERSE)
    assert (spec.name, spec.capital, spec.reserve) == ("Mine", dollars(20_000), dollars(4_000))
    assert spec.budgets == {"IV_SERVICE": dollars(15_000), "GAMMA_SCALPER": dollars(1_000)}
    limits = {module.kind: module.limits for module in spec.modules}
    assert limits[ModuleKind.IV_SERVICE] == ModuleLimits(dollars(500), dollars(1_000))
    assert limits[ModuleKind.GAMMA_SCALPER] == ModuleLimits(dollars(50), dollars(80))
    assert [module.autotrade for module in spec.modules] == [True, False]
    assert all(module.universe == UNIVERSE for module in spec.modules)


def test_without_a_wish_it_is_the_template() -> None:
    assert defaults.begun(None, "main-account", UNIVERSE) == defaults.main_account(UNIVERSE)


def test_a_small_budget_still_has_limits() -> None:
    assert defaults.limits_of(ModuleKind.IV_SERVICE, dollars(1)) == ModuleLimits(dollars(10), dollars(10))
