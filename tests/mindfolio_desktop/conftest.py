"""What tests of the program share: the mindfolio that a new ledger begins with, and a market that was recorded."""

from pathlib import Path

import pytest

from engine.domain.mindfolio import Environment
from engine.runtime import defaults
from engine.runtime.places import Places
from tests.builders import three_iv_services
from tests.recordings import falling_volatility, record_market


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
