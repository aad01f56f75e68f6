"""The default mindfolio, and what each environment demands of data and waives."""

import datetime as dt

from engine.core.money import dollars
from engine.domain.limits import Costs, GateLimits, ModuleLimits
from engine.domain.mindfolio import Environment, MindfolioSpec, ModuleKind, ModuleSpec, ModuleStatus, Waivers
from engine.domain.structure import StructureKind
from engine.modules.registry import parameters_for


def aggressive_growth(universe: tuple[str, ...]) -> MindfolioSpec:
    """The owner's $50,000 "Aggressive Growth", with the modules that this version has.

    A second IV Service without autotrade stands in for Sell Puts, so that approvals exist, and a third one waits,
    paused, where the Rebalancer will be.
    """
    modules = (
        _iv_service("IV_SERVICE", "IV Service", universe, risk="500", loss="1000", autotrade=True),
        _iv_service("IV_SERVICE_2", "IV Approvals", universe, risk="1000", loss="1500", autotrade=False),
        _iv_service(
            "IV_SERVICE_3",
            "IV Standby",
            universe,
            risk="500",
            loss="750",
            autotrade=False,
            status=ModuleStatus.PAUSED,
        ),
    )
    return MindfolioSpec(
        name="Aggressive Growth",
        capital=dollars("50000"),
        budgets={
            "IV_SERVICE": dollars("15000"),
            "IV_SERVICE_2": dollars("20000"),
            "IV_SERVICE_3": dollars("10000"),
        },
        reserve=dollars("5000"),
        modules=modules,
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
    """What a market may lack: evidence everywhere; in a recording IV rank and events too, until they are imported.

    IV rank and events are waived only where they are unknown. All are said on screen.
    """
    is_recording = environment is Environment.REPLAY
    return Waivers(evidence=True, iv_rank=is_recording, events=is_recording)


def _iv_service(
    module_id: str,
    name: str,
    universe: tuple[str, ...],
    *,
    risk: str,
    loss: str,
    autotrade: bool,
    status: ModuleStatus = ModuleStatus.ACTIVE,
) -> ModuleSpec:
    return ModuleSpec(
        module_id=module_id,
        kind=ModuleKind.IV_SERVICE,
        name=name,
        limits=ModuleLimits(max_risk_per_trade=dollars(risk), daily_loss_limit=dollars(loss)),
        autotrade=autotrade,
        universe=universe,
        structures=(StructureKind.IRON_CONDOR,),
        status=status,
        # Written down in full, so that another version's defaults do not change a mindfolio that exists.
        parameters={spec.name: spec.default for spec in parameters_for(ModuleKind.IV_SERVICE)},
    )
