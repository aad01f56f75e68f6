"""One backtest as a person asks for it: which program, whose settings, which sessions, and what is told of it."""

import datetime as dt
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from engine.backtest.filling import Terms
from engine.backtest.html_report import report_html
from engine.backtest.result import Backtest
from engine.backtest.significance import even_splits, permutation_test, walk_forward
from engine.backtest.sources import source_for
from engine.backtest.spreads import fill
from engine.backtest.summary import BacktestReport, Part
from engine.backtest.walk import walk
from engine.core.calendar import market_day, previous_session
from engine.core.errors import MindfolioError
from engine.domain.mindfolio import Environment, ModuleSpec, Parameter
from engine.domain.structure import StructureKind
from engine.market.events import read_calendar
from engine.market.history import HistoryStore
from engine.market.pasts import read_closes
from engine.market.simulated.feed import SimulatedFeed
from engine.market.simulated.history import SimulatedHistory
from engine.modules.base import parameter_problems, setting_rows
from engine.modules.registry import BUILT_IN, parameters_for, strategy_of
from engine.runtime import defaults
from engine.runtime.assembly import DEFAULT_SEED
from engine.runtime.desk import RISK_FREE_RATE
from engine.runtime.places import Places

Progress = Callable[[str], None]

STRUCTURES: dict[str, tuple[str, tuple[StructureKind, ...]]] = {
    "iron-condor": ("Iron Condor", (StructureKind.IRON_CONDOR,)),
    "calendar": ("Calendar", (StructureKind.CALENDAR,)),
    "diagonal": ("Diagonal", (StructureKind.DIAGONAL,)),
    "csp": ("Cash-Secured Put", (StructureKind.SHORT_PUT,)),
    "wheel": ("Wheel", (StructureKind.SHORT_PUT, StructureKind.COVERED_CALL)),
    "straddle": ("Long Straddle", (StructureKind.LONG_STRADDLE,)),
}
"""What can be tested: its name, and which structures a module may trade then."""

PARTS = 3
"""Of the span of a walk-forward split: the first is seen before the second, both before the third."""

LIMIT_USD = 1_000_000
"""A trade may risk as much: what a structure comes to by one contract is asked, whoever could pay for it."""

YEAR = dt.timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a backtest is asked for. `first` and `last` None: the 365 days up to the last session that is known.

    `is_split`: statistics in and out of sample too. `permutations`: draws of the permutation test, 0 for none.
    """

    symbol: str
    structure: str
    first: dt.date | None = None
    last: dt.date | None = None
    settings: Path | None = None
    seed: int | None = None
    is_split: bool = False
    permutations: int = 0


def backtest(places: Places, asked: Asked, progress: Progress) -> BacktestReport:
    """Walk the sessions asked for. Raises MindfolioError with one line when there is nothing to walk over."""
    module = _module(asked)
    market, last_known = _market(places, asked)
    last = asked.last or last_known
    first = asked.first or last - YEAR
    if first > last:
        raise MindfolioError(f"--from {first} is after --to {last}; give an earlier --from or a later --to")
    progress(f"reading the sessions of {asked.symbol} from {first} to {last}")
    source = source_for(market, RISK_FREE_RATE)
    days = source.days(asked.symbol, first, last)
    if not days:
        raise MindfolioError(_nothing(places, asked, first, last))
    terms = Terms(defaults.costs(), fill, RISK_FREE_RATE, defaults.waivers(places.environment))
    progress(f"walking {len(days):,} sessions")
    try:
        found = walk(
            strategy_of(module),
            module,
            days,
            terms,
            STRUCTURES[asked.structure][0],
            source.label(asked.symbol, first, last, len(days)),
        )
    except ValueError as error:
        raise MindfolioError(f"the settings contradict each other: {error}") from None
    rows = setting_rows(parameters_for(module.kind), module.parameters)
    settings = tuple((row.label, f"{row.value:g} {row.unit}".rstrip()) for row in rows)
    parts = _parts(found) if asked.is_split else ()
    if not asked.permutations:
        return BacktestReport(found, settings, parts)
    seed = DEFAULT_SEED if asked.seed is None else asked.seed
    tested = permutation_test(found, asked.permutations, seed)
    return BacktestReport(found, settings, parts, None if tested is None else tested.p_value, asked.permutations, seed)


def _parts(found: Backtest) -> tuple[Part, ...]:
    """A walk forward in steps of a third: what had been seen of the span, and what came after it."""
    if (found.last - found.first).days + 1 < PARTS:
        raise MindfolioError(f"{found.first} to {found.last} is too short to be split; ask for more days")
    parts: list[Part] = []
    for fold in walk_forward(found, even_splits(found.first, found.last, PARTS)):
        parts += [Part("in sample", fold.in_sample), Part("out of sample", fold.out_of_sample)]
    return tuple(parts)


def write_html(report: BacktestReport, path: Path) -> None:
    """Write the page of a backtest. Raises OSError when it cannot be written."""
    path.write_text(report_html(report), encoding="utf-8")


def read_settings(path: Path) -> dict[str, Parameter]:
    """A module's own parameters from a TOML or JSON file. Raises MindfolioError when they cannot be read at all."""
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # what cannot be decoded, and both parsers' complaints
        raise MindfolioError(f"{path}: {str(error).splitlines()[0]}") from None
    if not isinstance(found, dict):
        raise MindfolioError(f"{path}: settings are names with values, as in: profit_target_pct = 50")
    return found


def _module(asked: Asked) -> ModuleSpec:
    """The module that trades a structure, with that one alone, the settings of the file, and no budget to keep to."""
    _, wanted = STRUCTURES[asked.structure]
    specs = (defaults.module_of(kind, (asked.symbol,), LIMIT_USD, LIMIT_USD) for kind in BUILT_IN)
    found = next(spec for spec in specs if set(wanted) <= set(spec.structures))
    parameters = dict(found.parameters)
    if asked.settings is not None:
        given = read_settings(asked.settings)
        problems = parameter_problems(parameters_for(found.kind), given)
        if problems:
            raise MindfolioError(f"{asked.settings}: {'; '.join(problems)}")
        parameters |= given
    return replace(found, structures=wanted, parameters=parameters, autotrade=True)


def _market(places: Places, asked: Asked) -> tuple[SimulatedHistory | Path, dt.date]:
    """Where the sessions come from, and the last one that is known."""
    if places.environment is Environment.SIMULATED:
        feed = SimulatedFeed(DEFAULT_SEED if asked.seed is None else asked.seed)
        if asked.symbol not in feed.symbols:
            raise MindfolioError(f"{asked.symbol}: not in the simulated market, which has {', '.join(feed.symbols)}")
        return feed.history(), previous_session(market_day(feed.first_at)).day
    store = HistoryStore(places.history)
    closes = read_closes(places.history, asked.symbol, read_calendar(places.history))
    days = [market_day(at) for at, *_ in store.snapshots([asked.symbol])[-1:]]
    days += [dt.date.fromordinal(day) for day in closes.day[-1:].tolist()]
    if not days:
        kept = ", ".join(store.symbols) or "nothing"
        raise MindfolioError(
            f"{asked.symbol}: no chains and no daily prices in {places.history}, which holds {kept}; run "
            "`mindfolio import FILE` first"
        )
    return places.history, max(days)


def _nothing(places: Places, asked: Asked, first: dt.date, last: dt.date) -> str:
    if places.environment is Environment.SIMULATED:
        return f"{asked.symbol}: the simulated market has no session from {first} to {last}; choose other days"
    return (
        f"{asked.symbol}: no recorded session from {first} to {last}; `mindfolio data` says which there are, "
        "`mindfolio import FILE` brings in more"
    )
