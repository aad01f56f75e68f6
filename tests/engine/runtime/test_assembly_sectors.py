"""The table of sectors at the start: the data directory's own over the program's; a bad one stops before the ledger."""

from pathlib import Path

import pytest

from engine.core.errors import MindfolioError
from engine.domain.mindfolio import Environment
from engine.runtime.assembly import OpenEngine
from engine.runtime.places import Places, Running
from tests.fakes import RecordingPublisher


def test_the_desk_has_the_users_sectors_over_the_programs(tmp_path: Path) -> None:
    (tmp_path / "sectors.csv").write_text("symbol,sector\nTSLA,Consumer Discretionary\n", encoding="utf-8")
    engine = OpenEngine(Places(tmp_path, Environment.SIMULATED), Running(quote_minutes=30), RecordingPublisher())
    try:
        sectors = engine.kernel.desk.sectors
        assert (sectors["TSLA"], sectors["AAPL"]) == ("Consumer Discretionary", "Technology")
    finally:
        engine.close()


def test_a_bad_row_is_named_and_no_ledger_is_begun(tmp_path: Path) -> None:
    (tmp_path / "sectors.csv").write_text("symbol,sector\nTSLA\n", encoding="utf-8")
    places = Places(tmp_path, Environment.SIMULATED)
    with pytest.raises(MindfolioError, match="row 2: 1 columns where there have to be 2"):
        OpenEngine(places, Running(quote_minutes=30), RecordingPublisher())
    assert not places.ledger.exists()
