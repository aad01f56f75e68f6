"""What `mindfolio module` does: makes a template, checks a module over a day, enables, disables and lists."""

import datetime as dt
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path

from engine.backtest.insufficient import InsufficientEvidence
from engine.core.errors import MindfolioError
from engine.core.files import own_folder
from engine.domain import commands as cmd
from engine.domain.candidate import Finding, ScanAction, ScanRow
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import Environment, ModuleKind, ModuleSpec
from engine.domain.notices import Alert, CommandDenied, Notice
from engine.domain.ports import Strategy
from engine.domain.position import Position
from engine.domain.scan import Action, ManageContext, ScanContext
from engine.domain.snapshot import MindfolioSnapshot
from engine.domain.structure import StructureKind
from engine.ledger.query import LedgerQuery
from engine.market.history import HistoryStore
from engine.modules.sandbox import seal
from engine.modules.sandbox.programs import Enabled, UserPrograms, check_name
from engine.runtime.assembly import OpenEngine, session_limit
from engine.runtime.handlers import handle
from engine.runtime.places import Places, Running

MODULE_ID = "CHECKED"

QUOTE_MINUTES = 15
"""How often the simulated day of a check has quotes: as often as modules scan."""

_ROWS_SHOWN = 12

_EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_WHO = "mindfolio module check"


@dataclass(frozen=True, slots=True)
class CheckPlaces(Places):
    """A folder to be thrown away, and somebody else's recordings to replay in it."""

    recordings: Path = Path()

    @property
    def history(self) -> Path:
        """Recordings of the data directory that the check is for."""
        return self.recordings


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a module in a day: what it is, each scan's time, its findings, and what it broke."""

    enabled: Enabled
    market: str
    scan_s: tuple[float, ...]
    rows: tuple[ScanRow, ...]
    faults: tuple[str, ...]
    positions: int

    @property
    def scans(self) -> int:
        """How many scans came back."""
        return len(self.scan_s)


@dataclass
class _Listener:
    """Keeps what the engine says of the module."""

    faults: list[str] = field(default_factory=list)

    def publish(self, snapshot: MindfolioSnapshot) -> None:
        """Nobody looks at snapshots here."""

    def notify(self, notice: Notice) -> None:
        """An urgent word about the module, or a refusal to begin it."""
        if isinstance(notice, Alert) and notice.module_id == MODULE_ID and notice.text.startswith("paused: "):
            self.faults.append(notice.text.removeprefix("paused: "))
        elif isinstance(notice, CommandDenied):
            self.faults += [f"{denial.code.value}: {denial.facts.get('why', '')}" for denial in notice.denials]


class _Timed:
    """A strategy whose scans are timed."""

    def __init__(self, strategy: Strategy, times: list[float]) -> None:
        self._strategy, self._times = strategy, times

    @property
    def kind(self) -> ModuleKind:
        """Which program this is."""
        return self._strategy.kind

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """The strategy's own answer."""
        began = time.perf_counter()
        findings = self._strategy.scan(context)
        self._times.append(time.perf_counter() - began)
        return findings

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        """The strategy's own answer."""
        return self._strategy.manage(position, context)


def new(name: str, folder: Path) -> tuple[Path, ...]:
    """Write a module to begin with, and a test of it. Raises MindfolioError where there is one already."""
    check_name(name)
    made = {
        folder / f"{name}.py": "module_template.py",
        folder / "tests" / f"test_{name}.py": "module_template_test.py",
    }
    for path in made:
        if path.exists() or path.is_symlink():  # a link to what is not there would write it elsewhere
            raise MindfolioError(f"{path} is there already: choose another name")
    for path, template in made.items():
        own_folder(path.parent)
        text = (files("resources") / template).read_text(encoding="utf-8")
        path.write_text(text.replace("NAME", name), encoding="utf-8")
    return tuple(made)


def name_of(given: str, folder: Path) -> str:
    """A module's name, given by itself or as its file in the folder. Raises MindfolioError for a file elsewhere."""
    path = Path(given)
    if path.suffix != ".py":
        return given
    if path.resolve().parent != folder.resolve():
        raise MindfolioError(f"{path} is not in {folder}: move it there, so that what is enabled stays where it is")
    return path.stem


def file_given(given: str, folder: Path) -> Path:
    """A module's file, given as such or by the name that it has in the folder."""
    path, named = Path(given), folder / f"{given.removesuffix('.py')}.py"
    return named if not path.is_file() and named.parent == folder and named.is_file() else path


def listing(programs: UserPrograms) -> Iterator[str]:
    """A line for each module that is there."""
    for each in programs.listed():
        state = "enabled" if each.is_enabled else "off"
        if not each.place:
            state = "missing"
        elif not each.program:
            state = "cannot be read, or is larger than a module may be: off"
        elif each.enabled is not None and not each.is_enabled:
            state = "changed since it was enabled: off"
        yield f"{each.name}: {state}, {each.program[:12] or '-'}, {each.place or 'no file'}"


def told(enabled: Enabled) -> Iterator[str]:
    """What a module says of itself, and what its process cannot do."""
    yield f"{enabled.name}: {enabled.summary or 'no docstring'}"
    yield f"  program {enabled.program}"
    yield f"  trades {', '.join(enabled.structures)}; {len(enabled.parameters)} settings"
    out_of_reach = [each for each in (seal.MEMORY, seal.FILES, seal.PROCESSES) if each in enabled.sealed]
    open_to_it = [each for each in (seal.MEMORY, seal.FILES, seal.PROCESSES) if each not in enabled.sealed]
    yield f"  limited by this system: {', '.join(out_of_reach) or 'nothing'}"
    if open_to_it:
        yield f"  NOT limited by this system: {', '.join(open_to_it)}; enable only what you would run yourself"


def check(
    path: Path, recordings: Path | None = None, symbols: tuple[str, ...] = (), minutes: int = QUOTE_MINUTES
) -> Checked:
    """Let a module trade one day, alone, in a mindfolio to be thrown away: the recorded one, or a simulated one.

    The gate, the paper broker and the limits are those of every day; evidence is waived. `symbols` are its universe
    (none: all that the market has), `minutes` lie between the quotes of a simulated day. Raises MindfolioError when it
    cannot be loaded, or for a symbol that the market does not have.
    """
    if not path.is_file():
        raise MindfolioError(f"there is no file {path}")
    is_recorded = recordings is not None and bool(HistoryStore(recordings).snapshots())
    environment = Environment.REPLAY if is_recorded else Environment.SIMULATED
    with tempfile.TemporaryDirectory(prefix="mindfolio-check-") as folder:
        places = CheckPlaces(Path(folder), environment, recordings or Path(folder) / "history")
        own_folder(places.modules)
        (places.modules / path.name).write_bytes(path.read_bytes())
        programs = UserPrograms(places.modules)
        enabled = programs.enable(path.stem, dt.datetime.now(dt.UTC))
        listener, times = _Listener(), list[float]()
        quotes = None if is_recorded else minutes
        engine = OpenEngine(places, Running(quote_minutes=quotes), listener)
        try:
            desk = engine.kernel.desk
            # A backtest asks a module about each session of a year: in a day to be thrown away there is none.
            desk.backtester = InsufficientEvidence()
            desk.book.waivers = replace(desk.book.waivers, evidence=True)
            plain = desk.strategy_of
            desk.strategy_of = lambda module: _Timed(plain(module), times)
            _begin_alone(engine, enabled, symbols)
            engine.kernel.run(until=session_limit(engine.kernel, 1))
            positions = sum(each.module_id == MODULE_ID for each in desk.book.positions.values())
            market = desk.book.market
        finally:
            engine.close()
        rows = LedgerQuery(places.ledger).scans(MODULE_ID, _EVER, limit=100_000)
    return Checked(enabled, market, tuple(times), rows, tuple(listener.faults), positions)


def universe_of(asked: tuple[str, ...], there: tuple[str, ...]) -> tuple[str, ...]:
    """The symbols that a module looks at, all where none is asked for. Raises MindfolioError for an unknown one."""
    if unknown := sorted({*asked} - {*there}):
        raise MindfolioError(f"this market has no {', '.join(unknown)}; it has {', '.join(there)}")
    return asked or there


def _begin_alone(engine: OpenEngine, enabled: Enabled, symbols: tuple[str, ...]) -> None:
    """The module with all that the reserve holds, the others paused."""
    desk = engine.kernel.desk
    universe = universe_of(symbols, desk.feed.symbols)
    for module_id in desk.book.modules:
        handle(desk, cmd.PauseModule(module_id, _WHO, "another one is checked"))
    budget = desk.book.reserve
    spec = ModuleSpec(
        module_id=MODULE_ID,
        kind=ModuleKind.USER,
        name=enabled.name,
        limits=ModuleLimits(max_risk_per_trade=budget // 5, daily_loss_limit=budget // 2),
        autotrade=True,
        universe=universe,
        structures=tuple(StructureKind(kind) for kind in enabled.structures),
        parameters={each.name: each.default for each in enabled.parameters},
        program=enabled.program,
    )
    handle(desk, cmd.AddModule(spec, budget, _WHO, "to be checked"))
    handle(desk, cmd.ResumeModule(MODULE_ID, _WHO, "to be checked"))
    desk.commit()


def check_text(checked: Checked) -> Iterator[str]:
    """The outcome of a check in lines."""
    yield from told(checked.enabled)
    yield f"one day of {checked.market}; no backtest is asked of it here, so a trade is of one contract"
    if checked.scan_s:
        slowest = max(checked.scan_s) * 1000
        typical = sorted(checked.scan_s)[len(checked.scan_s) // 2] * 1000
        slow = f"{slowest:.0f} ms the slowest (the first begins the process)"
        yield f"{checked.scans} scans, {typical:.0f} ms each, {slow}"
    counts = Counter(row.action for row in checked.rows)
    traded, skipped = counts[ScanAction.EXECUTED], counts[ScanAction.SKIPPED]
    yield f"{len(checked.rows)} findings: {traded} traded, {skipped} skipped; {checked.positions} positions at the end"
    refused = Counter(denial.code.value for row in checked.rows for denial in row.denials)
    for code, count in refused.most_common():
        yield f"  refused by the gate {count} times: {code}"
    reasons = Counter(row.reason for row in checked.rows if row.action is ScanAction.SKIPPED and not row.denials)
    for reason, count in reasons.most_common(_ROWS_SHOWN):
        yield f"  skipped {count} times: {reason}"
    for row in [row for row in checked.rows if row.action is not ScanAction.SKIPPED][:_ROWS_SHOWN]:
        yield f"  {row.at:%H:%M} {row.action.value} {row.symbol} {row.structure}: {row.reason}"
    for fault in checked.faults:
        yield f"FAULT: {fault}"
    if not checked.faults:
        yield "no contract was broken"
