"""Which program stands behind each kind of module. The only place that knows them all."""

from collections.abc import Callable

from engine.domain.mindfolio import ModuleKind, ModuleSpec
from engine.domain.ports import Strategy
from engine.domain.structure import StructureKind
from engine.modules import (
    gamma_rules,
    gamma_scalper,
    iv_rules,
    iv_service,
    rebalancer_rules,
    sell_puts,
    sell_puts_rules,
    smart_rebalancer,
)
from engine.modules.base import ParameterSpec

_PROGRAMS: dict[ModuleKind, tuple[Strategy, tuple[ParameterSpec, ...]]] = {
    ModuleKind.IV_SERVICE: (iv_service.IvService(), iv_rules.PARAMETERS),
    ModuleKind.SELL_PUTS_ENGINE: (sell_puts.SellPuts(), sell_puts_rules.PARAMETERS),
    ModuleKind.GAMMA_SCALPER: (gamma_scalper.GammaScalper(), gamma_rules.PARAMETERS),
    ModuleKind.SMART_REBALANCER: (smart_rebalancer.SmartRebalancer(), rebalancer_rules.PARAMETERS),
}


_RULES: dict[ModuleKind, Callable[[ModuleSpec], object]] = {
    ModuleKind.IV_SERVICE: iv_rules.IvRules.of,
    ModuleKind.SELL_PUTS_ENGINE: sell_puts_rules.PutRules.of,
    ModuleKind.GAMMA_SCALPER: gamma_rules.GammaRules.of,
    ModuleKind.SMART_REBALANCER: rebalancer_rules.RebalancerRules.of,
}
"""Each raises ValueError for settings that are unknown, out of bounds, or contradict each other."""

STRUCTURES: dict[ModuleKind, tuple[StructureKind, ...]] = {
    ModuleKind.IV_SERVICE: (StructureKind.IRON_CONDOR, StructureKind.CALENDAR, StructureKind.DIAGONAL),
    ModuleKind.SELL_PUTS_ENGINE: (StructureKind.SHORT_PUT, StructureKind.COVERED_CALL),
    ModuleKind.SMART_REBALANCER: (StructureKind.BEAR_PUT_SPREAD,),
    ModuleKind.GAMMA_SCALPER: (
        StructureKind.LONG_STRADDLE,
        StructureKind.LONG_STRANGLE,
        StructureKind.LONG_STOCK,
        StructureKind.SHORT_STOCK,
    ),
}
"""What each program can trade; a module may be let trade fewer."""

BUILT_IN = tuple(_PROGRAMS)
"""The kinds whose programs are ours; a user's is found by its hash."""


def program_problem(module: ModuleSpec) -> str:
    """Why no module can be made with this program, "" when one can; of those that are ours."""
    if module.kind not in _PROGRAMS or module.program:
        return "no such program"
    if unknown := [kind.value for kind in module.structures if kind not in STRUCTURES[module.kind]]:
        return f"it does not trade {', '.join(unknown)}"
    try:
        _RULES[module.kind](module)
    except ValueError as error:
        return str(error)
    return ""


def strategy_for(kind: ModuleKind) -> Strategy:
    """The program of a kind of module that is ours. It holds no state: all modules of one kind share it."""
    return _PROGRAMS[kind][0]


def strategy_of(module: ModuleSpec) -> Strategy:
    """The program behind a module."""
    return strategy_for(module.kind)


def parameters_for(kind: ModuleKind) -> tuple[ParameterSpec, ...]:
    """The settings that a kind of module has, in the order of its settings page."""
    return _PROGRAMS[kind][1]
