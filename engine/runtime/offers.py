"""What modules can be made of: our own kinds and the programs that a person enabled, each as it would come."""

from collections.abc import Callable, Collection
from dataclasses import replace

from engine.backtest.evidence import ON_TOP
from engine.core.errors import MindfolioError
from engine.core.money import Money, dollars
from engine.domain.account import EXTERNAL
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec
from engine.domain.module_offer import ModuleOffer, Offers
from engine.domain.structure import StructureKind
from engine.modules.registry import STRUCTURES, parameters_for
from engine.modules.sandbox.programs import Enabled, UserPrograms
from engine.runtime import defaults

RISK_OF_BUDGET, LOSS_OF_BUDGET = 50, 75
"""Thousandths of its budget: what a trade of a user's module may lose at most, and what a day, where nobody says."""

_OWN_BUDGET = dollars(10_000)

_SHARES = frozenset({StructureKind.LONG_STOCK, StructureKind.SHORT_STOCK})
"""A hedge of what is held, and no trade to test by itself."""

_FUNDED: dict[ModuleKind, tuple[int, int, int]] = {
    ModuleKind.IV_SERVICE: (15_000, 500, 1000),
    ModuleKind.SELL_PUTS_ENGINE: (20_000, 1000, 1500),
    ModuleKind.SMART_REBALANCER: (10_000, 500, 750),
    ModuleKind.GAMMA_SCALPER: (10_000, 500, 800),
}
"""Budget, max risk a trade and daily loss limit in dollars, as such a module typically has them."""

_SUMMARIES: dict[ModuleKind, str] = {
    ModuleKind.IV_SERVICE: "Sells iron condors where implied volatility ranks high, and buys calendars and diagonals "
    "where the near month is dear against the far one.",
    ModuleKind.SELL_PUTS_ENGINE: "Sells cash-secured puts on companies with sound fundamentals, keeps the shares that "
    "are assigned, and sells covered calls on them until they are called away.",
    ModuleKind.SMART_REBALANCER: "Watches the whole mindfolio for concentration, correlation and sector weight, "
    "suggests what to close, and hedges with put spreads.",
    ModuleKind.GAMMA_SCALPER: "Buys straddles and strangles where volatility is cheap against how much the price "
    "really moves, and hedges their delta with shares.",
}


def offers(taken: Collection[str], symbols: tuple[str, ...], users: Callable[[], tuple[ModuleOffer, ...]]) -> Offers:
    """All of them, trading in `symbols`, under ids that are not among the `taken` ones. Reads the users' files."""
    try:
        own, trouble = users(), ""
    except (MindfolioError, OSError) as error:
        own, trouble = (), str(error)
    found = (*(_offer_of(kind, symbols) for kind in _FUNDED), *own)
    return Offers(
        tuple(replace(each, spec=free_spec(replace(each.spec, universe=symbols), taken)) for each in found),
        symbols,
        trouble,
    )


def users_offers(programs: UserPrograms) -> tuple[ModuleOffer, ...]:
    """The programs that are enabled as they are now. Raises MindfolioError where the list of them cannot be read."""
    return tuple(
        _users_offer(each.enabled) for each in programs.listed() if each.is_enabled and each.enabled is not None
    )


def users_spec(enabled: Enabled, budget: Money) -> ModuleSpec:
    """A module of a user's program with all it can trade, its own defaults, and limits that follow from a budget."""
    return ModuleSpec(
        module_id=enabled.name.upper(),
        kind=ModuleKind.USER,
        name=enabled.name,
        limits=ModuleLimits(budget * RISK_OF_BUDGET // 1000, budget * LOSS_OF_BUDGET // 1000),
        autotrade=False,
        universe=(),
        structures=tuple(StructureKind(each) for each in enabled.structures),
        parameters={each.name: each.default for each in enabled.parameters},
        program=enabled.program,
    )


def free_spec(spec: ModuleSpec, taken: Collection[str]) -> ModuleSpec:
    """A module under an id that nobody has or had, and a name with the same number."""
    used = {*taken, EXTERNAL}
    number = next(each for each in range(1, len(used) + 2) if _numbered(spec.module_id, "_", each) not in used)
    return replace(spec, module_id=_numbered(spec.module_id, "_", number), name=_numbered(spec.name, " ", number))


def _offer_of(kind: ModuleKind, symbols: tuple[str, ...]) -> ModuleOffer:
    budget, risk, loss = _FUNDED[kind]
    # Insurance costs money in every backtest: that is what it is for.
    testable = () if kind is ModuleKind.SMART_REBALANCER else _testable(STRUCTURES[kind])
    spec = defaults.module_of(kind, symbols, risk, loss)
    return ModuleOffer(
        spec.name,
        spec,
        _SUMMARIES[kind],
        dollars(budget),
        STRUCTURES[kind],
        parameters_for(kind),
        testable,
    )


def _users_offer(enabled: Enabled) -> ModuleOffer:
    spec = users_spec(enabled, _OWN_BUDGET)
    return ModuleOffer(
        enabled.name,
        spec,
        enabled.summary,
        _OWN_BUDGET,
        spec.structures,
        enabled.parameters,
        _testable(spec.structures),
    )


def _testable(structures: tuple[StructureKind, ...]) -> tuple[StructureKind, ...]:
    return tuple(kind for kind in structures if kind not in ON_TOP | _SHARES)


def _numbered(text: str, mark: str, number: int) -> str:
    return text if number == 1 else f"{text}{mark}{number}"
