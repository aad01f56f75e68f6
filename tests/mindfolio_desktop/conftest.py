"""What tests of the program share: the mindfolio that a new ledger begins with, and a market that was recorded."""

import sys
from collections.abc import Generator
from pathlib import Path
from shutil import copytree

import pytest

from engine.domain.mindfolio import Environment
from engine.runtime import defaults
from engine.runtime.places import Places
from tests.builders import three_iv_services
from tests.mindfolio_desktop.shell import Shell
from tests.recordings import falling_volatility, record_market


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    """Delete for good the windows that pytest-qt has closed, before anything else of the test is put back.

    Else they wait for the next event loop, which may be many tests away, and every change of the look until then gives
    each of their hundreds of widgets its new style.
    """
    if (qt := sys.modules.get("PySide6.QtCore")) is not None and qt.QCoreApplication.instance() is not None:
        qt.QCoreApplication.sendPostedEvents(None, qt.QEvent.Type.DeferredDelete.value)
    return (yield)


@pytest.fixture
def begins_with_three(monkeypatch: pytest.MonkeyPatch) -> None:
    """New mindfolios begin with one module that trades, one that asks and one that is paused."""
    monkeypatch.setitem(defaults.TEMPLATES, "aggressive-growth", three_iv_services)


@pytest.fixture
def simulated(tmp_path: Path) -> Places:
    """A simulated market without a ledger."""
    return Places(tmp_path / "data", Environment.SIMULATED)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """A recorded market of SPY without a ledger."""
    return Places(record_market(tmp_path_factory.mktemp("recorded"), falling_volatility()), Environment.REPLAY)


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Nothing is there yet, not even the directory."""
    return Shell(tmp_path / "data", capsys)


@pytest.fixture
def recorded(empty: Shell, recording: Places) -> Shell:
    """Four sessions are recorded in it."""
    copytree(recording.data_dir, empty.data_dir)
    return empty
