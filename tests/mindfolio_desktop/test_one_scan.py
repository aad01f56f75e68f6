"""One scan on the simulated market and on a recording: every reason is told, and nothing is left behind."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import MindfolioError
from engine.domain.mindfolio import Environment, ModuleKind
from engine.risk.gate import CHECKS
from engine.runtime.places import Places
from mindfolio_desktop.one_scan import scan_document, scan_text

IV = ModuleKind.IV_SERVICE


def scanned(places: Places, *symbols: str, at: dt.time | None = None, seed: int | None = None) -> dict[str, Any]:
    """A scan as a script would read it."""
    document = scan_document(places, seed, IV, symbols, at, lambda _: None)
    found = json.loads(json.dumps(document, allow_nan=False))
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def at_ten(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A scan of a fund that has a candidate, whose past of a year is tested, and of a company that has none."""
    places = Places(tmp_path_factory.mktemp("scanned") / "data", Environment.SIMULATED)
    document = scanned(places, "XLK", "AAPL")
    assert not places.data_dir.exists(), "nothing is written"
    return document


class TestSimulated:
    def test_each_symbol_has_an_outcome_and_a_reason_and_nothing_is_written(self, at_ten: dict[str, Any]) -> None:
        assert at_ten["at"] == "2026-01-05T15:00:00+00:00"  # ten o'clock in New York
        assert {row["symbol"] for row in at_ten["symbols"]} == {"XLK", "AAPL"}
        apple = [row for row in at_ten["symbols"] if row["symbol"] == "AAPL"]
        assert len(apple) == 3, "one for each structure that the module trades"
        assert {row["outcome"] for row in apple} == {"skipped"}
        assert any(row["reason"].startswith("earnings on 2026-02-05") for row in apple)
        assert all(row["checks"] == [] for row in apple)

    def test_a_candidate_comes_with_its_checklist_and_its_backtest(self, at_ten: dict[str, Any]) -> None:
        (row,) = [row for row in at_ten["symbols"] if row.get("trade")]

        assert [check["code"] for check in row["checks"]] == [check.code.value for check in CHECKS]
        is_refused = any(not check["is_met"] for check in row["checks"])
        assert row["outcome"] == ("refused" if is_refused else "would be traded")
        assert len(row["trade"]["legs"]) == 4
        assert row["trade"]["backtest"]["trades"] > 0
        assert row["trade"]["max_risk"] > 0

    def test_another_seed_is_another_market_and_the_same_one_the_same(self, simulated: Places) -> None:
        assert scanned(simulated, "SPY", seed=2) == scanned(simulated, "SPY", seed=2)
        assert scanned(simulated, "SPY", seed=2) != scanned(simulated, "SPY", seed=3)

    def test_it_can_be_later_in_the_day(self, simulated: Places) -> None:
        document = scanned(simulated, "KO", at=dt.time(9, 37))
        assert document["at"] == "2026-01-05T14:37:00+00:00"

    @pytest.mark.parametrize("at", [dt.time(9, 29), dt.time(16, 0)])
    def test_a_closed_market_is_said_to_be_closed(self, simulated: Places, at: dt.time) -> None:
        with pytest.raises(MindfolioError, match=f"the market is closed at {at:%H:%M} New York time"):
            scanned(simulated, at=at)

    def test_an_unknown_symbol_is_named(self, simulated: Places) -> None:
        with pytest.raises(MindfolioError, match=r"^NOPE: not in this market, which quotes AAPL, "):
            scanned(simulated, "SPY", "NOPE")


class TestRecording:
    def test_it_scans_the_first_quotes_of_the_recording(self, recording: Places) -> None:
        document = scanned(recording)

        assert document["at"] == "2026-03-16T14:00:00+00:00"
        assert document["waived"] == ["evidence", "iv_rank", "events"]
        assert {row["symbol"] for row in document["symbols"]} == {"SPY"}
        assert not recording.folder.exists()

    def test_a_market_that_was_not_imported_is_said_to_be_missing(self, tmp_path: Path) -> None:
        with pytest.raises(MindfolioError, match="mindfolio import FILE"):
            scanned(Places(tmp_path, Environment.REPLAY))


def test_the_text_tells_what_was_not_met_and_what_was() -> None:
    checks = [
        {"code": "BUDGET", "is_met": False, "words": "Budget: too much", "denial": {}},
        {"code": "TICK", "is_met": True, "words": "", "denial": None},
        {"code": "EVENT", "is_met": True, "words": "", "denial": None},
    ]
    rows = [
        {
            "symbol": "SPY",
            "structure": "Iron Condor",
            "outcome": "refused",
            "reason": "IV rank 60",
            "numbers": {"credit_usd": 15500, "expiry_dte": 39},
            "trade": {"lines": ["1 x ..."]},
            "checks": checks,
        },
        {
            "symbol": "QQQ",
            "structure": "",
            "outcome": "skipped",
            "reason": "IV rank 40 below 50",
            "numbers": {},
            "trade": None,
            "checks": [],
        },
    ]
    document: dict[str, object] = {
        "module": "IV Service",
        "market": "a market",
        "at": "2026-01-05T15:00:00+00:00",
        "waived": ["evidence"],
        "symbols": rows,
    }

    assert scan_text(document).splitlines() == [
        "IV Service on a market at 2026-01-05T15:00:00+00:00",
        "waived in this environment: evidence",
        "SPY    Iron Condor    REFUSED: IV rank 60",
        "       credit $1.55, expiry dte 39",
        "       1 x ...",
        "       NOT MET BUDGET: Budget: too much",
        "       the gate's conditions met: TICK, EVENT",
        "QQQ                   SKIPPED: IV rank 40 below 50",
    ]
