"""Shared by all tests: Qt runs offscreen where there is no display; real market files are used where they lie."""

import gc
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import engine  # noqa: F401 - before numpy: it decides on the threads of numpy's linear algebra

# A busy machine is not a slow property: examples have no deadline, and every run tries the same ones. The long form
# (`--hypothesis-profile long`) looks for new ones each time. A property that names a number of its own keeps it.
settings.register_profile("mindfolio", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("long", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("mindfolio")

# Kept bytecode spares each process of the tests, and each one that they start, to compile the program and to rewrite
# its assertions again: six seconds of a process that runs them all. It lies in `__pycache__`, as git knows.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Folder of real recorded data beside the repository; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder of recorded market data (../shared) is not here")
    return SHARED


@pytest.fixture(scope="session")
def yahoo_file(shared_dir: Path) -> Path:
    """Nineteen real snapshots of SPY, QQQ, TSLA and NVDA option chains."""
    return shared_dir / "data" / "chains" / "yahoo_SPY_QQQ_TSLA_NVDA_2026-03-16_2026-04-24.parquet"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Long runs are the same tests with larger numbers."""
    parser.addoption("--kills", default="3", help="how often a process is killed at a random moment (full: 200)")
    parser.addoption("--crashes", default="9", help="how often a trader is killed beside its broker (full: 1000)")
    parser.addoption("--images", default="150", help="how many damaged ledgers are opened (full: 5000)")
    parser.addoption("--stories", default="1", help="how many times as many random stories of budgets and ledgers")
    parser.addoption("--lives", default="12", help="random lives whose P&L is explained (full: 1000)")
    parser.addoption("--nav-days", default="3", help="simulated sessions whose NAV path is recomputed (full: 60)")
    parser.addoption("--wal-images", default="120", help="how many damaged write-ahead logs are opened (full: 5000)")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the thousands of tests that are found out of the garbage collector's way: they stay until the end.

    Else it looks at all of them again and again: seven seconds of each process, before the first test has run.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()  # what is garbage by now is not kept with them
        gc.freeze()


def pytest_sessionfinish() -> None:
    """Give back what was frozen: libraries complain of what is still there when they are unloaded."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _rigs_are_closed() -> Iterator[None]:
    """Close the ledgers of the kernels that a test has run."""
    yield
    fakes = sys.modules.get("tests.fakes")
    while fakes is not None and fakes.OPEN_RIGS:
        fakes.OPEN_RIGS.pop().store.close()
