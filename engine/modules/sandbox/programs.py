"""The users' modules of a data directory: what is there, what a person has enabled, and the processes that run it.

A module is one file, in the folder or named by an installed package's entry point `mindfolio.modules`. It is enabled by
its SHA-256: the bytes that are hashed are the ones that are run, so there is no moment between check and use.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from weakref import WeakSet

import msgspec

from engine.core.errors import MindfolioError
from engine.core.files import own_folder
from engine.domain.mindfolio import ModuleKind, ModuleSpec
from engine.domain.ports import Strategy
from engine.domain.structure import StructureKind
from engine.modules.base import ParameterSpec, parameter_problems
from engine.modules.registry import program_problem, strategy_of
from engine.modules.sandbox.parent import DirectStrategy, Program, UserStrategy
from engine.modules.sandbox.process import ModuleProcess, one_line
from engine.modules.sandbox.protocol import MIB, Limits

GROUP = "mindfolio.modules"
"""The entry points of packages that bring modules: a name, and the Python module whose file it is."""

LONGEST_SOURCE = MIB

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

_DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)\d")
"""What Windows takes for a device, whatever its folder and ending: a file so named is none."""

_MOST_PARAMETERS = 50


@dataclass(frozen=True, slots=True)
class Enabled:
    """A program as a person enabled it: its hash, and what it said of itself then."""

    name: str
    program: str
    structures: tuple[str, ...]
    parameters: tuple[ParameterSpec, ...]
    summary: str
    sealed: tuple[str, ...]
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """A program that is there: where, whether the file as it is now may run, and what of it was enabled."""

    name: str
    place: str
    program: str
    is_enabled: bool
    enabled: Enabled | None


class UserPrograms:
    """The owner of all users' programs and processes of one engine. `close` ends them."""

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self._folder = folder
        self._limits = limits or Limits()
        self._running: dict[tuple[str, str], UserStrategy] = {}
        self._tested: WeakSet[DirectStrategy] = WeakSet()

    # --- what a person does with them --------------------------------------------------------------------------------
    def listed(self) -> tuple[Listed, ...]:
        """All programs that are there or were enabled, by name."""
        enabled = self._enabled()
        found: dict[str, Listed] = {}
        for name, path in self._places():
            try:
                program = hash_of(_read(path)) if path.is_file() else ""
            except (MindfolioError, OSError):
                program = ""  # one that cannot be read, or is no module, hides no other
            known = enabled.get(name)
            is_enabled = known is not None and known.program == program
            found[name] = Listed(name, str(path), program, is_enabled, known)
        for name, known in enabled.items():
            found.setdefault(name, Listed(name, "", "", is_enabled=False, enabled=known))
        return tuple(found[name] for name in sorted(found))

    def source(self, name: str) -> bytes:
        """The file's bytes as they are now. Raises MindfolioError where there is no such module."""
        path = dict(self._places()).get(name)
        if path is None or not path.is_file():
            raise MindfolioError(
                f"there is no module {name}: neither {self._folder / f'{name}.py'} nor a package's entry point"
            )
        return _read(path)

    def enable(self, name: str, now: dt.datetime) -> Enabled:
        """Let a program as it is now run, after its process has loaded it once. Raises MindfolioError."""
        check_name(name)
        source = self.source(name)
        enabled = described(Program(name, source), self._limits, now)
        self._write({**self._enabled(), name: enabled})
        return enabled

    def disable(self, name: str) -> None:
        """Let it run no more: a running one is off at its next scan. Raises MindfolioError when it was not enabled."""
        enabled = self._enabled()
        if name not in enabled:
            raise MindfolioError(f"{name} is not enabled")
        del enabled[name]
        self._write(enabled)

    # --- what the engine asks ----------------------------------------------------------------------------------------
    def strategy_of(self, module: ModuleSpec) -> Strategy:
        """The program behind a module: a user's in a process of its own, which its first scan begins.

        Reads no file: whether the program may run is seen at each scan, on the scan's own thread.
        """
        if module.kind is not ModuleKind.USER:
            return strategy_of(module)
        key = module.module_id, module.program
        if key not in self._running:
            self._running[key] = UserStrategy(partial(self._permitted, module.program), self._limits)
        return self._running[key]

    def direct_strategy(self, module: ModuleSpec) -> DirectStrategy:
        """A user's program that is waited for, in a process of its own; close it. Raises MindfolioError."""
        program = self._permitted(module.program)
        if isinstance(program, str):
            raise MindfolioError(program)
        made = DirectStrategy(program, self._limits)
        self._tested.add(made)
        return made

    def tested_by(self, module: ModuleSpec) -> Strategy:
        """The program that a backtest walks with: one that is waited for, and closed, if it is a user's."""
        return self.direct_strategy(module) if module.kind is ModuleKind.USER else strategy_of(module)

    def permission(self, program: str) -> str:
        """Why a program may not run now, "" when it may: enabled, and its file unchanged since."""
        found = self._permitted(program)
        return found if isinstance(found, str) else ""

    def goes_on_paused(self, module: ModuleSpec) -> bool:
        """Whether a paused module is still asked about its positions: a user's, until it has failed."""
        running = self._running.get((module.module_id, module.program))
        return running is not None and running.is_sound

    def problem(self, module: ModuleSpec) -> str:
        """Why a module cannot be added with this program, "" when it can."""
        if module.kind is not ModuleKind.USER:
            return "only a user's module has a program of its own" if module.program else program_problem(module)
        if why := self.permission(module.program):
            return why
        enabled = self._by_hash(module.program)
        assert enabled is not None  # noqa: S101 - it is permitted
        if unknown := [kind.value for kind in module.structures if kind.value not in enabled.structures]:
            return f"{enabled.name} does not trade {', '.join(unknown)}"
        return "; ".join(parameter_problems(enabled.parameters, module.parameters))

    def parameters_of(self, module: ModuleSpec) -> tuple[ParameterSpec, ...]:
        """The settings of a user's program as it was enabled; () for one that is not, or where that cannot be read."""
        try:
            enabled = self._by_hash(module.program)
        except (MindfolioError, OSError):
            return ()
        return () if enabled is None else enabled.parameters

    def close(self) -> None:
        """End every process."""
        everyone: list[UserStrategy | DirectStrategy] = [*self._running.values(), *self._tested]
        for each in everyone:
            each.close()
        self._running.clear()

    # --- files -------------------------------------------------------------------------------------------------------
    def _places(self) -> Iterator[tuple[str, Path]]:
        """Names and files; one in the folder comes after, and so wins over, a package's of the same name."""
        for point in entry_points(group=GROUP):
            if _NAME.fullmatch(point.name):
                yield point.name, file_of(point)
        for path in sorted(self._folder.glob("*.py")):
            if _NAME.fullmatch(path.stem):
                yield path.stem, path

    def _permitted(self, program: str) -> Program | str:
        """The program with this hash, from bytes that have it; or why there is none."""
        try:
            enabled = self._by_hash(program)
        except (MindfolioError, OSError) as error:
            return str(error)
        if enabled is None:
            return f"its program {program[:12] or 'without a hash'} is not enabled, or not any more"
        try:
            source = self.source(enabled.name)
        except (MindfolioError, OSError) as error:
            return f"{enabled.name} cannot be read: {error}"
        if hash_of(source) != program:
            again = f"look at it, and run `mindfolio module enable {enabled.name}`"
            return f"the file of {enabled.name} was changed since it was enabled: {again}"
        return Program(enabled.name, source)

    def _by_hash(self, program: str) -> Enabled | None:
        return next((each for each in self._enabled().values() if each.program == program), None)

    @property
    def _file(self) -> Path:
        return self._folder / "enabled.json"

    def _enabled(self) -> dict[str, Enabled]:
        try:
            body = self._file.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            return {each.name: each for each in msgspec.json.decode(body, type=tuple[Enabled, ...])}
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:  # no text, or no end of nests
            raise MindfolioError(
                f"{self._file} cannot be read ({error}): delete it, and enable modules anew"
            ) from error

    def _write(self, enabled: dict[str, Enabled]) -> None:
        own_folder(self._folder)
        rows: Sequence[Enabled] = [enabled[name] for name in sorted(enabled)]
        aside = self._file.with_suffix(".new")
        aside.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1))
        aside.replace(self._file)


def described(program: Program, limits: Limits, now: dt.datetime) -> Enabled:
    """What a program says of itself when a process loads it. Raises MindfolioError for what no program may be."""
    process = ModuleProcess(program.name, program.source, limits)
    loaded = process.loaded
    sealed = process.sealed
    process.close()
    known = {kind.value for kind in StructureKind}
    names = [each.name for each in loaded.parameters]
    if not loaded.structures or not known.issuperset(loaded.structures):
        raise MindfolioError(f"{program.name}: STRUCTURES names something that is no structure")
    if len(set(names)) != len(names) or len(names) > _MOST_PARAMETERS:
        raise MindfolioError(f"{program.name}: PARAMETERS has a name twice, or more than {_MOST_PARAMETERS} of them")
    return Enabled(
        program.name, hash_of(program.source), tuple(dict.fromkeys(loaded.structures)), loaded.parameters,
        one_line(loaded.summary, 200), sealed, now,
    )  # fmt: skip


def hash_of(source: bytes) -> str:
    """What names a program: SHA-256 of its file, in hexadecimal digits."""
    return hashlib.sha256(source).hexdigest()


def file_of(point: EntryPoint) -> Path:
    """The file that an entry point names, found without running anything of its package."""
    inside = Path(*point.module.split("."))
    if point.dist is None:
        return inside.with_suffix(".py")
    path = Path(str(point.dist.locate_file(inside.with_suffix(".py"))))
    return path if path.is_file() else Path(str(point.dist.locate_file(inside / "__init__.py")))


def check_name(name: str) -> None:
    """Raises MindfolioError for what is no name of a module."""
    if not _NAME.fullmatch(name) or _DEVICE.fullmatch(name):
        raise MindfolioError(
            f"{name!r} is no name of a module: small letters, digits and _, at most 40, a letter first"
        )


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        source = file.read(LONGEST_SOURCE + 1)
    if len(source) > LONGEST_SOURCE:
        raise MindfolioError(f"{path} is larger than {LONGEST_SOURCE // MIB} MiB: no module is")
    return source
