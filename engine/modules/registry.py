"""Which program stands behind each kind of module. The only place that knows them all."""

from engine.domain.mindfolio import ModuleKind, ModuleSpec
from engine.domain.ports import Strategy
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


BUILT_IN = tuple(_PROGRAMS)
"""The kinds whose programs are ours; a user's is found by its hash."""


def program_problem(module: ModuleSpec) -> str:
    """Why no module can be made with this program, "" when one can; of those that are ours."""
    return "" if module.kind in _PROGRAMS and not module.program else "no such program"


def strategy_for(kind: ModuleKind) -> Strategy:
    """The program of a kind of module that is ours. It holds no state: all modules of one kind share it."""
    return _PROGRAMS[kind][0]


def strategy_of(module: ModuleSpec) -> Strategy:
    """The program behind a module."""
    return strategy_for(module.kind)


def parameters_for(kind: ModuleKind) -> tuple[ParameterSpec, ...]:
    """The settings that a kind of module has, in the order of its settings page."""
    return _PROGRAMS[kind][1]
