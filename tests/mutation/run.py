"""Mutation testing: `uv run python -m tests.mutation.run [PART ...]`.

Every mutant of a part's files is run against the tests that reach its line, the quickest first, until one fails; what
no test notices has survived and is listed. The tests of a file are collected once; each mutant gets a fork of that
process, in which the changed functions take the place of the real ones. What changes nothing that could be noticed is
listed in `equivalent.py`, with the reason, and is not run.

`--only EARLIER` tries the survivors of an earlier report or printed list again, to see whether new tests notice them.
"""

import argparse
import ast
import gc
import importlib
import inspect
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, TypeAlias

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.equivalent import EQUIVALENT
from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent.parent
_RISK = ("tests/engine/risk/test_gate.py",)
_FOLDS = ("tests/engine/ledger/test_book.py", "tests/engine/ledger/test_book_state.py", "tests/property")
_ORDERS = tuple(
    f"tests/engine/runtime/test_{name}.py"
    for name in ("order_reports", "orders", "reconciling", "closings", "lifecycle")
)
PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "gate": {
        "engine/risk/gate.py": (),
        "engine/risk/checks_state.py": _RISK,
        "engine/risk/checks_market.py": _RISK,
        "engine/risk/checks_trade.py": _RISK,
        "engine/risk/checks_money.py": _RISK,
        "engine/risk/checks_evidence.py": (*_RISK, "tests/engine/risk/test_kernel_health.py"),
        "engine/risk/account_rules.py": (*_RISK, "tests/engine/risk/test_checks_trade.py"),
        "engine/risk/comparing.py": ("tests/engine/risk",),
    },
    "holds": {"engine/ledger/fold_orders.py": (*_FOLDS, *_ORDERS)},
    "book": {
        "engine/ledger/fold_money.py": (*_FOLDS, "tests/engine/runtime/test_handlers_account.py", *_ORDERS),
        "engine/ledger/fold_positions.py": (*_FOLDS, *_ORDERS),
    },
    "orders": {
        "engine/domain/order.py": ("tests/engine/ledger/test_fold_orders.py", "tests/engine/ledger/test_book_state.py"),
        "engine/runtime/orders.py": _ORDERS,
        "engine/runtime/order_reports.py": _ORDERS,
    },
    "breaker": {"engine/risk/breaker.py": (), "engine/runtime/breaking.py": ()},
    "reconciliation": {
        "engine/execution/reconcile.py": (),
        "engine/runtime/reconciling.py": ("tests/engine/runtime/test_transfers.py", *_ORDERS),
    },
}
"""Files of each part, with tests beside those that mirror them."""
SLOWEST_TEST = 20.0
"""Seconds; what takes longer alone is left out."""
LEAST_TIME, TIMES = 5.0, 4.0
"""A test that takes so many seconds of the processor, and so many times as long as without a mutant, goes on for ever:
the mutant counts as noticed. Ten times that by the clock, where it waits for ever."""


Reach: TypeAlias = tuple[int, float]
"""A test by its number, and the seconds that it took."""


@dataclass(slots=True)
class Mutation:
    """A plug-in of pytest that takes the place of its loop."""

    file: str
    step: int = 1
    only: frozenset[str] | None = None
    survivors: list[str] = field(default_factory=list)
    tried: int = 0
    equivalent: int = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """The mutants in the place of the tests."""
        self._file(session, self.file)
        return True

    def _file(self, session: pytest.Session, name: str) -> None:
        began, path = time.monotonic(), ROOT / name
        module = importlib.import_module(name.removesuffix(".py").replace("/", "."))
        reached = _reached(session, path)
        survivors: list[str] = []
        source = path.read_text(encoding="utf-8")
        every = list(mutants(source))[:: self.step]
        if self.only is not None:
            every = picked(every, self.only)
        changing = noticeable(name, source, every)
        for mutant in changing:
            items = reached.get(mutant.line, []) or reached.get(0, [])
            if not _is_noticed(session, module, path, mutant, items):
                survivors.append(f"{name}:{mutant}" + ("" if items else "  [no test]"))
        tried, equivalent = len(changing), len(every) - len(changing)
        self.tried, self.equivalent = self.tried + tried, self.equivalent + equivalent
        self.survivors += survivors
        killed, took = tried - len(survivors), time.monotonic() - began
        figures = f"{killed} of {tried} killed ({killed / (tried or 1):.1%}), {equivalent} equivalent"
        print(f"{name}: {figures}, {took:.0f} s")  # noqa: T201
        for line in survivors:
            print(f"    {line}")  # noqa: T201
        sys.stdout.flush()


def _reached(session: pytest.Session, path: Path) -> dict[int, list[Reach]]:
    """Tests by the line of a file that they run: its own first, then the quickest; under 0 those that run any."""
    with tempfile.NamedTemporaryFile() as file:
        if not (child := os.fork()):
            Path(file.name).write_bytes(pickle.dumps(_lines_by_test(session, str(path))))
            os._exit(0)
        os.waitpid(child, 0)
        runs: list[tuple[float, int, set[int]]] = pickle.loads(Path(file.name).read_bytes())  # noqa: S301 - our own
    reached: dict[int, list[Reach]] = defaultdict(list)
    own = f"test_{path.stem}"
    is_other = [not item.path.stem.startswith(own) for item in session.items]
    for took, number, lines in sorted(runs, key=lambda run: (is_other[run[1]], *run[:2])):
        if took <= SLOWEST_TEST:
            for line in (0, *lines) if lines else ():
                reached[line].append((number, took))
    return reached


def _lines_by_test(session: pytest.Session, path: str) -> list[tuple[float, int, set[int]]]:
    lines: set[int] = set()

    def watch(frame: FrameType, what: str, _: object) -> Any:
        if frame.f_code.co_filename != path:
            return None
        if what == "line":
            lines.add(frame.f_lineno)
        return watch

    runs = []
    for number, item in enumerate(session.items):
        lines.clear()
        sys.settrace(watch)
        threading.settrace(watch)
        began = time.monotonic()
        is_good = _passes(item)
        sys.settrace(None)
        if is_good:
            runs.append((time.monotonic() - began, number, _with_statements(lines, path)))
    return runs


def _with_statements(lines: set[int], path: str) -> set[int]:
    """All lines of each statement of which one line was run: a mutant may sit on another of them."""
    whole = set(lines)
    for first, last in _statements(path):
        if any(line in lines for line in range(first, last + 1)):
            whole.update(range(first, last + 1))
    return whole


def _statements(path: str, known: dict[str, list[tuple[int, int]]] = {}) -> list[tuple[int, int]]:  # noqa: B006 - a cache
    if path not in known:
        tree = ast.parse(Path(path).read_text(encoding="utf-8"))
        simple = (node for node in ast.walk(tree) if isinstance(node, ast.stmt) and not hasattr(node, "body"))
        known[path] = [(node.lineno, node.end_lineno or node.lineno) for node in simple]
        for node in ast.walk(tree):
            test = getattr(node, "test", None) or getattr(node, "iter", None)
            if isinstance(test, ast.expr):
                known[path].append((test.lineno, test.end_lineno or test.lineno))
    return known[path]


def _passes(item: pytest.Item) -> bool:
    item._initrequest()  # type: ignore[attr-defined]
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def _passes_in_time(item: pytest.Item, took: float) -> bool:
    most = LEAST_TIME + TIMES * took
    signal.setitimer(signal.ITIMER_PROF, most)
    signal.alarm(int(10 * most))
    return _passes(item)


def _is_noticed(session: pytest.Session, module: ModuleType, path: Path, mutant: Mutant, items: list[Reach]) -> bool:
    child = os.fork()
    if not child:
        gc.disable()  # it would touch, and so copy, all that the fork shares
        for ending in (signal.SIGPROF, signal.SIGALRM):  # a child that goes on for ever, or waits for ever: noticed
            signal.signal(ending, signal.SIG_DFL)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        try:
            _put_in(module, compile(mutant.tree(), str(path), "exec"))
            is_good = all(_passes_in_time(session.items[number], took) for number, took in items)
        except BaseException:  # noqa: BLE001 - a module that cannot even be loaded is noticed
            is_good = False
        os._exit(0 if is_good else 1)
    return os.waitpid(child, 0)[1] != 0


# --- the changed module in the place of the real one -----------------------------------------------------------------
def _put_in(module: ModuleType, code: CodeType) -> None:
    """Give the functions of a module the code of a changed copy, and its constants their changed values."""
    changed = ModuleType(module.__name__)
    changed.__dict__.update(__file__=module.__file__, __package__=module.__package__)
    sys.modules[module.__name__] = changed
    exec(code, changed.__dict__)  # noqa: S102 - our own source
    sys.modules[module.__name__] = module
    for name, new in list(changed.__dict__.items()):
        old = module.__dict__.get(name)
        if isinstance(old, FunctionType) and old.__module__ == module.__name__:
            _take_code(old, new)
        elif isinstance(old, type) and old.__module__ == module.__name__:
            for part, value in vars(new).items():
                _take_code(_function(vars(old).get(part)), _function(value))
        elif not name.startswith("__") and _is_plain(old) and old != new:
            for other in list(sys.modules.values()):
                if getattr(other, "__dict__", {}).get(name) is old:
                    setattr(other, name, new)


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple | frozenset | set):
        return all(_is_plain(each) for each in value)
    return isinstance(value, int | str) or type(value).__module__ == "datetime"


def _function(value: Any) -> Any:
    if isinstance(value, property):
        return value.fget
    return inspect.unwrap(getattr(value, "__func__", value)) if callable(value) else value


def _take_code(old: Any, new: Any) -> None:
    if isinstance(old, FunctionType) and isinstance(new, FunctionType):
        if len(old.__code__.co_freevars) == len(new.__code__.co_freevars):
            old.__code__ = new.__code__
        old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__


def beside(name: str) -> list[str]:
    """The tests that mirror a file, then those that its part names."""
    path = Path(name)
    own = sorted((ROOT / "tests" / path.parent).glob(f"test_{path.stem}*.py"))
    more = next(files[name] for files in PARTS.values() if name in files)
    return list(dict.fromkeys([*(each.relative_to(ROOT).as_posix() for each in own), *more]))


# --- which mutants ---------------------------------------------------------------------------------------------------
def noticeable(name: str, source: str, every: Iterable[Mutant]) -> list[Mutant]:
    """The mutants of a file without those that are known to change nothing."""
    lines, known = source.splitlines(), {(line, change) for line, change, _ in EQUIVALENT.get(name, ())}
    return [each for each in every if (lines[each.line - 1].strip(), each.change) not in known]


def told(text: str, name: str) -> frozenset[str]:
    """The survivors of a file that a report, or a printed list, tells of: "line: was -> made"."""
    lines = json.loads(text)[1] if text.startswith("[") else text.splitlines()
    found = (re.fullmatch(rf"\s*{re.escape(name)}:(\d+: .* -> .*?)(?:  \[no test\])?", line) for line in lines)
    return frozenset(match[1] for match in found if match is not None)


def picked(every: Iterable[Mutant], survivors: frozenset[str]) -> list[Mutant]:
    """The mutants among the survivors of an earlier run; where lines have moved since, all of the same change."""
    every = list(every)
    moved = {each.partition(": ")[2] for each in survivors - {str(mutant) for mutant in every}}
    return [mutant for mutant in every if str(mutant) in survivors or mutant.change in moved]


def _one(name: str, step: int, report: Path, only: Path | None) -> None:
    child = Mutation(name, step, None if only is None else told(only.read_text(encoding="utf-8"), name))
    arguments = ["-o", "timeout=0", "-p", "no:cacheprovider", "-n", "0", "--capture=no", "--hypothesis-seed=1"]
    pytest.main([*arguments, *beside(name)], plugins=[child])
    report.write_text(json.dumps((child.tried, child.survivors, child.equivalent)))


def main() -> int:
    """Run the parts that are named, or all; returns how many have less than 95 % of their mutants killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--file", help="one file alone, in this process")
    parser.add_argument("--step", type=int, default=1, help="only each so many-th mutant: a sample")
    parser.add_argument("--only", type=Path, help="with --file: the survivors of this earlier report, and no others")
    parser.add_argument("--report", type=Path, help="where its figures are kept, as JSON")
    options = parser.parse_args()
    if options.file:
        _one(options.file, options.step, options.report or Path(os.devnull), options.only)
        return 0
    failed = 0
    for part in options.parts or PARTS:
        tried = survived = equivalent = 0
        for name in PARTS[part]:
            with tempfile.NamedTemporaryFile() as report:
                command = [sys.executable, "-m", "tests.mutation.run", "--file", name, "--report", report.name]
                command += ["--step", str(options.step)]
                subprocess.run(command, check=True, cwd=ROOT)
                more, survivors, even = json.loads(Path(report.name).read_text(encoding="utf-8"))
            tried, survived, equivalent = tried + more, survived + len(survivors), equivalent + even
        failed += survived > tried * 0.05 or not tried
        share = (tried - survived) / (tried or 1)
        figures = f"{tried - survived} of {tried} killed, {share:.1%}, {equivalent} equivalent"
        print(f"== {part}: {figures}", flush=True)  # noqa: T201
    return failed


if __name__ == "__main__":
    sys.exit(main())
