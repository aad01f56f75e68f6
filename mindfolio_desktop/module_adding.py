"""`mindfolio module add`: one more module in a mindfolio that exists, while no window runs it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.core.errors import DenialCode, MindfolioError
from engine.core.money import Money, usd
from engine.domain import commands as cmd
from engine.domain.denial import Denial
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec
from engine.modules.registry import BUILT_IN
from engine.modules.sandbox.programs import Enabled, UserPrograms
from engine.runtime import defaults
from engine.runtime.assembly import OpenEngine
from engine.runtime.desk import Desk
from engine.runtime.handlers import handle
from engine.runtime.offers import LOSS_OF_BUDGET, RISK_OF_BUDGET, free_spec, users_spec
from engine.runtime.places import Places, Running
from mindfolio_desktop.headless import ProgressPublisher
from mindfolio_desktop.user_modules import universe_of

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
    spec = defaults.module_of(kind, universe, 0, 0) if enabled is None else users_spec(enabled, wanted.budget)
    spec = replace(spec, limits=ModuleLimits(risk, loss), universe=universe, autotrade=wanted.autotrade)
    return free_spec(spec, desk.book.module_ids)


def _plain(name: str) -> str:
    """A kind as it may be typed: in any case, with either mark between its words."""
    return name.lower().replace("_", "-")


def _words(denial: Denial) -> str:
    match denial:
        case Denial(DenialCode.RESERVE, int(budget), int(reserve)):
            return f"the reserve holds {usd(reserve)}, less than the {usd(budget)} of its budget"
        case Denial(DenialCode.STOPPED):
            return f"the mindfolio is stopped ({denial.facts.get('why')}): mindfolio rearm"
        case Denial(DenialCode.SETTINGS):
            return str(denial.measured)
        case _:
            return str(denial.facts.get("why") or f"{denial.code.value} {denial.measured}")
