"""The mindfolios that come with the program, and what each environment demands of data and waives."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace

from engine.core.money import Money, dollars
from engine.domain.limits import Costs, GateLimits, ModuleLimits
from engine.domain.mindfolio import Beginning, Environment, MindfolioSpec, ModuleKind, ModuleSpec, Waivers
from engine.modules.registry import STRUCTURES, parameters_for

NAMES = {
    ModuleKind.IV_SERVICE: "IV Service",
    ModuleKind.SELL_PUTS_ENGINE: "Sell Puts Engine",
    ModuleKind.SMART_REBALANCER: "Smart Rebalancer",
    ModuleKind.GAMMA_SCALPER: "Gamma Scalper",
}


def aggressive_growth(universe: tuple[str, ...]) -> MindfolioSpec:
    """The owner's $50,000 "Aggressive Growth": the IV Service trades by itself, the others ask."""
    return _mindfolio(
        "Aggressive Growth",
        50_000,
        universe,
        {
            ModuleKind.IV_SERVICE: (15_000, 500, 1000),
            ModuleKind.SELL_PUTS_ENGINE: (20_000, 1000, 1500),
            ModuleKind.SMART_REBALANCER: (10_000, 500, 750),
        },
    )


def main_account(universe: tuple[str, ...]) -> MindfolioSpec:
    """The owner's $100,000 "Main Trading Account": all four modules."""
    return _mindfolio(
        "Main Trading Account",
        100_000,
        universe,
        {
            ModuleKind.IV_SERVICE: (30_000, 1000, 2000),
            ModuleKind.SELL_PUTS_ENGINE: (40_000, 2000, 3000),
            ModuleKind.SMART_REBALANCER: (15_000, 500, 1000),
            ModuleKind.GAMMA_SCALPER: (10_000, 500, 800),
        },
    )


TEMPLATES: Mapping[str, Callable[[tuple[str, ...]], MindfolioSpec]] = {
    "aggressive-growth": aggressive_growth,
    "main-account": main_account,
}
"""Mindfolios to begin with, by the name that a command line gives."""


_LIMITS = {
    ModuleKind.IV_SERVICE: (30, 15),
    ModuleKind.SELL_PUTS_ENGINE: (20, 13),
    ModuleKind.SMART_REBALANCER: (20, 13),
    ModuleKind.GAMMA_SCALPER: (20, 12),
}
"""Which part of a budget a trade may risk, and a day may lose, where a person gives only the budget: as the owner's."""


def limits_of(kind: ModuleKind, budget: Money) -> ModuleLimits:
    """Max risk a trade and daily loss limit that go with a budget, in whole $10 and at least that."""
    risk, loss = (max(dollars(10), budget // part // dollars(10) * dollars(10)) for part in _LIMITS[kind])
    return ModuleLimits(max_risk_per_trade=risk, daily_loss_limit=loss)


def begun(beginning: Beginning | None, template: str, universe: tuple[str, ...], name: str = "") -> MindfolioSpec:
    """A new mindfolio as a person wants it, or else as its template has it, with another name if one is given."""
    if beginning is None:
        made = TEMPLATES[template](universe)
        return replace(made, name=name) if name else made
    limits = {kind: limits_of(kind, budget) for kind, budget in beginning.budgets.items()}
    return MindfolioSpec(
        name=beginning.name.strip(),
        capital=beginning.cash,
        budgets={kind.value: budget for kind, budget in beginning.budgets.items()},
        reserve=beginning.reserve,
        modules=tuple(
            replace(module_of(kind, universe, 0, 0, autotrade=kind is ModuleKind.IV_SERVICE), limits=limits[kind])
            for kind in beginning.budgets
        ),
    )


def gate_limits(environment: Environment) -> GateLimits:
    """What the gate demands. A recorded snapshot stands for ten minutes; the simulation quotes by the minute."""
    age = {Environment.REPLAY: dt.timedelta(minutes=10), Environment.SIMULATED: dt.timedelta(minutes=2)}
    return GateLimits(max_quote_age=age[environment])


def costs() -> Costs:
    """What trading costs in a new mindfolio: commission and the fees that regulators and exchanges took in 2026."""
    return Costs(
        commission_per_contract=dollars("0.60"),
        regulatory_per_contract=dollars("0.0452"),
        taf_per_contract=dollars("0.0033"),
        sec_per_million=dollars("20.60"),
        taf_per_share_millionths=195,
    )


def waivers(environment: Environment) -> Waivers:
    """What a market may lack: a recording is too short to test on, and has IV rank and events only where imported.

    IV rank and events are waived only where they are unknown. All are said on screen. The simulated market has a past.
    """
    is_recording = environment is Environment.REPLAY
    return Waivers(evidence=is_recording, iv_rank=is_recording, events=is_recording)


def module_of(
    kind: ModuleKind, universe: tuple[str, ...], risk: int, loss: int, *, autotrade: bool = False
) -> ModuleSpec:
    """A module as it comes: named after its kind, all of its structures, its own defaults; limits in dollars."""
    return ModuleSpec(
        module_id=kind.value,
        kind=kind,
        name=NAMES[kind],
        limits=ModuleLimits(max_risk_per_trade=dollars(risk), daily_loss_limit=dollars(loss)),
        autotrade=autotrade,
        universe=universe,
        structures=STRUCTURES[kind],
        # Written down in full, so that another version's defaults do not change a mindfolio that exists.
        parameters={spec.name: spec.default for spec in parameters_for(kind)},
    )


def _mindfolio(
    name: str, capital: int, universe: tuple[str, ...], modules: Mapping[ModuleKind, tuple[int, int, int]]
) -> MindfolioSpec:
    """Modules with their budget, max risk a trade and daily loss limit in dollars; the rest is the reserve."""
    budgets = {kind.value: dollars(budget) for kind, (budget, _, _) in modules.items()}
    return MindfolioSpec(
        name=name,
        capital=dollars(capital),
        budgets=budgets,
        reserve=dollars(capital) - sum(budgets.values()),
        modules=tuple(
            module_of(kind, universe, risk, loss, autotrade=kind is ModuleKind.IV_SERVICE)
            for kind, (_, risk, loss) in modules.items()
        ),
    )
