"""`mindfolio module add`: one more module in a mindfolio that exists, while no window runs it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.core.errors import DenialCode, MindfolioError
from engine.core.money import Money, usd
from engine.domain import commands as cmd
from engine.domain.account import EXTERNAL
from engine.domain.denial import Denial
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec
from engine.domain.structure import StructureKind
from engine.modules.registry import BUILT_IN
from engine.modules.sandbox.programs import Enabled, UserPrograms
from engine.runtime import defaults
from engine.runtime.assembly import OpenEngine
from engine.runtime.desk import Desk
from engine.runtime.handlers import handle
from engine.runtime.places import Places, Running
from mindfolio_desktop.headless import ProgressPublisher
from mindfolio_desktop.user_modules import universe_of

RISK_OF_BUDGET, LOSS_OF_BUDGET = 50, 75
"""Thousandths of its budget: what a trade of a new module may lose at most, and what a day, where nobody says."""

_WHY = "mindfolio module add"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A module to be added: a built-in kind or the name of an enabled one, and what a user says of it.

    Limits that are None follow from the budget; no symbols are the whole market.
    """

    given: str
    budget: Money = 0
    max_risk: Money | None = None
    daily_loss: Money | None = None
    symbols: tuple[str, ...] = ()
    autotrade: bool = False


def add(places: Places, wanted: Wanted) -> Iterator[str]:
    """Add a module, paused, and move its budget out of the reserve; answers with lines that say so.

    Raises MindfolioError, in one line, when it cannot be: an unknown name, a program that is not enabled, a reserve
    that is too small, a stop, or a mindfolio that is in use.
    """
    programs = UserPrograms(places.modules)
    kind, enabled = _program_of(wanted.given, programs)
    publisher = ProgressPublisher(lambda _: None)
    engine = OpenEngine(places, Running(), publisher)
    try:
        desk = engine.kernel.desk
        engine.kernel.obey_latch()
        spec = _spec(desk, wanted, kind, enabled)
        handle(desk, cmd.AddModule(spec, wanted.budget, "user", _WHY))
        desk.commit()
        reserve = desk.book.reserve
    finally:
        engine.close()
    for notice in publisher.denied:
        raise MindfolioError(f"{wanted.given} is not added: {'; '.join(map(_words, notice.denials))}")
    limits = spec.limits
    yield f"{spec.name} ({spec.module_id}): added with {usd(wanted.budget)}, paused; the reserve is {usd(reserve)}"
    yield (
        f"  a trade may lose {usd(limits.max_risk_per_trade)}, a day {usd(limits.daily_loss_limit)}; "
        f"{len(spec.universe)} symbols; {'it trades by itself' if spec.autotrade else 'its trades wait for you'}"
    )


def _program_of(given: str, programs: UserPrograms) -> tuple[ModuleKind, Enabled | None]:
    """What a name stands for: a kind that comes with the program, or a user's module. Raises MindfolioError."""
    kinds = {_plain(kind.value): kind for kind in BUILT_IN}
    users = {each.name: each for each in programs.listed()}
    kind, listed = kinds.get(_plain(given)), users.get(given)
    if kind is not None and listed is not None:
        raise MindfolioError(f"{given} is a kind of module and a file of yours: give the file another name")
    if kind is not None:
        return kind, None
    if listed is None:
        raise MindfolioError(f"there is no module {given}: neither one of {', '.join(kinds)} nor a file of yours")
    if listed.enabled is None or not listed.is_enabled:
        raise MindfolioError(f"{given} is not enabled as it is now: mindfolio module enable {given}")
    return ModuleKind.USER, listed.enabled


def _spec(desk: Desk, wanted: Wanted, kind: ModuleKind, enabled: Enabled | None) -> ModuleSpec:
    """The module, under an id and a name that nobody has or had. Raises MindfolioError for limits of nothing."""
    risk = wanted.budget * RISK_OF_BUDGET // 1000 if wanted.max_risk is None else wanted.max_risk
    loss = wanted.budget * LOSS_OF_BUDGET // 1000 if wanted.daily_loss is None else wanted.daily_loss
    if risk <= 0 or loss <= 0:
        raise MindfolioError("a module without limits cannot trade: say --budget, or --max-risk and --daily-loss")
    universe = universe_of(wanted.symbols, desk.feed.symbols)
    if enabled is None:
        spec = defaults.module_of(kind, universe, 0, 0)
    else:
        spec = ModuleSpec(
            module_id=enabled.name.upper(),
            kind=kind,
            name=enabled.name,
            limits=ModuleLimits(risk, loss),
            autotrade=False,
            universe=universe,
            structures=tuple(StructureKind(each) for each in enabled.structures),
            parameters={each.name: each.default for each in enabled.parameters},
            program=enabled.program,
        )
    spec = replace(spec, limits=ModuleLimits(risk, loss), autotrade=wanted.autotrade)
    taken = {*desk.book.module_ids, EXTERNAL}
    number = next(each for each in range(1, len(taken) + 2) if _numbered(spec.module_id, "_", each) not in taken)
    return replace(
        spec,
        module_id=_numbered(spec.module_id, "_", number),
        name=_numbered(spec.name, " ", number),
    )


def _numbered(text: str, mark: str, number: int) -> str:
    return text if number == 1 else f"{text}{mark}{number}"


def _plain(name: str) -> str:
    """A kind as it may be typed: in any case, with either mark between its words."""
    return name.lower().replace("_", "-")


def _words(denial: Denial) -> str:
    match denial:
        case Denial(DenialCode.RESERVE, int(budget), int(reserve)):
            return f"the reserve holds {usd(reserve)}, less than the {usd(budget)} of its budget"
        case Denial(DenialCode.STOPPED):
            return f"the mindfolio is stopped ({denial.facts.get('why')}): mindfolio rearm"
        case _:
            return str(denial.facts.get("why") or f"{denial.code.value} {denial.measured}")
