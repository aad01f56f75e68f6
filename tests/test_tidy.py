"""House rules that a linter does not know: sizes, a test file per module, no floats where money lives."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("engine", "mindfolio_desktop")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
LONGEST_FILE = 400
LONGEST_BODY = 50

LONG_FILES: dict[str, int] = {}
"""Files that may be longer than LONGEST_FILE, and how long: this list only shrinks."""

LONG_BODIES: dict[str, int] = {}
"""Function bodies that may be longer than LONGEST_BODY lines, by file::name: this list only shrinks."""

WITHOUT_TESTS: frozenset[str] = frozenset()
"""Modules without a test file of their own, proven through another's: this list only shrinks."""


def relative(path: Path) -> str:
    """The path as this file names it."""
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_says_what_it_is_and_is_not_too_long(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)

    assert ast.get_docstring(tree), "a module begins by saying what it is"
    assert len(source.splitlines()) <= LONG_FILES.get(relative(path), LONGEST_FILE)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            allowed = LONG_BODIES.get(f"{relative(path)}::{node.name}", LONGEST_BODY)
            assert body_lines(node) <= allowed, f"{node.name} is {body_lines(node)} lines long"


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's body without its docstring."""
    statements = node.body[1:] if ast.get_docstring(node) else node.body
    return (statements[-1].end_lineno or 0) - statements[0].lineno + 1 if statements else 0


def has_behaviour(path: Path) -> bool:
    """Whether a module does anything: records, enumerations and protocols alone do not."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            statements = node.body[1:] if ast.get_docstring(node) else node.body
            if any(not isinstance(statement, ast.Expr | ast.Pass) for statement in statements):
                return True
    return False


def test_every_module_has_a_test_file() -> None:
    missing = []
    for path in MODULES:
        if path.name in {"__init__.py", "__main__.py"} or not has_behaviour(path):
            continue
        tests = ROOT / "tests" / path.parent.relative_to(ROOT)
        name = path.stem
        if not list(tests.glob(f"test_{name}*.py")) and relative(path) not in WITHOUT_TESTS:
            missing.append(relative(path))
    assert missing == []


@pytest.mark.parametrize("path", [p for p in MODULES if "/ledger/" in p.as_posix()], ids=relative)
def test_no_float_where_money_is_kept(path: Path) -> None:
    assert not re.search(r"\bfloat\(|\bsa\.Numeric\b|\bsa\.Float\b", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "path", [path for path in MODULES if "QPainter" in path.read_text(encoding="utf-8")], ids=relative
)
def test_a_painter_is_ended_even_where_painting_fails(path: Path) -> None:
    """One that is still open when its widget is done, because an exception keeps it, ends the program by a signal."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    ended = {id(item.context_expr) for node in ast.walk(tree) if isinstance(node, ast.With) for item in node.items}
    opened = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "QPainter"]
    assert [node.lineno for node in opened if node.args and id(node) not in ended] == []


def test_nothing_in_the_repository_names_a_machine_or_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    forbidden = re.compile(
        "|".join(["py" + r"pi\.org", "python" + "hosted", "registry" + r"\.npm", "/wo" + "rk/", "/ro" + "ot/"])
    )
    named = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.suffix in {".otf", ".png", ".parquet"} or not path.is_file():
            continue
        if forbidden.search(path.read_text(encoding="utf-8", errors="replace")):
            named.append(name)
    assert named == []
    assert not {"uv.lock", "poetry.lock", "package-lock.json"} & set(listed.stdout.splitlines())
