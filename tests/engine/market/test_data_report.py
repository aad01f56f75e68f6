"""What a folder of market data is said to hold."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from engine.market.bars import Adjustment
from engine.market.data_report import data_document, data_text, missing_sessions
from engine.market.events import import_events
from engine.market.history import HistoryStore
from engine.market.import_bars import import_table
from engine.market.iv_history import update_iv_history
from tests.fakes import chain_update, new_york
from tests.recordings import record_market

MONDAY, TUESDAY, FRIDAY = dt.date(2026, 3, 16), dt.date(2026, 3, 17), dt.date(2026, 3, 20)


def ignore(_: str) -> None:
    """Progress that nobody reads."""


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (set(), []),
        ({MONDAY}, []),
        ({dt.date(2026, 3, 13), MONDAY, TUESDAY}, []),  # no gap over the weekend
        ({dt.date(2026, 4, 2), dt.date(2026, 4, 6)}, []),  # nor over Good Friday
        ({MONDAY, FRIDAY}, [(TUESDAY, dt.date(2026, 3, 19), 3)]),
        (
            {MONDAY, dt.date(2026, 3, 18), FRIDAY},
            [(TUESDAY, TUESDAY, 1), (dt.date(2026, 3, 19), dt.date(2026, 3, 19), 1)],
        ),
    ],
)
def test_gaps_are_sessions_without_a_snapshot(days: set[dt.date], expected: list[tuple[dt.date, dt.date, int]]) -> None:
    assert missing_sessions(days) == expected


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Three snapshots of SPY: one after hours, one with two spoilt quotes; bars, rates and events beside them."""
    folder = tmp_path_factory.mktemp("data")
    spoilt = chain_update(new_york(12, day=FRIDAY))
    spoilt.bid[[10, 11]], spoilt.ask[10], spoilt.ask[11] = 5.0, 4.0, 5.0
    record_market(folder, [chain_update(new_york(12)), chain_update(new_york(17, day=TUESDAY)), spoilt])
    history = HistoryStore(folder / "history")
    update_iv_history(history, ignore)
    for name, text in (
        ("SPY.csv", "date,open,high,low,close,volume,dividends\n2026-03-16,1,2,1,2,3,0\n2026-03-17,1,2,1,2,3,0.5\n"),
        ("vix_daily.csv", "date,open,high,low,close\n2026-03-16,20,20,20,20\n"),
        ("interest-rate.csv", "DATE,PCREDIT8\n2003-01-09,2.25\n"),
    ):
        (folder / name).write_text(text)
    import_table(folder / "SPY.csv", history.root, adjustment=Adjustment.NONE)
    import_table(folder / "vix_daily.csv", history.root)
    import_table(folder / "interest-rate.csv", history.root)
    events = folder / "events.csv"
    events.write_text("symbol,kind,day\nAAPL,earnings,2026-04-30\n")
    import_events(events, history.root)
    return data_document(history, ignore)


def test_chains_are_counted_by_symbol_and_year(document: dict[str, Any]) -> None:
    (chains,) = document["chains"]
    rows = chain_update(new_york(12)).key.size
    assert chains["symbol"] == "SPY"
    assert (chains["first"][:10], chains["last"][:10]) == ("2026-03-16", "2026-03-20")
    assert (chains["snapshots"], chains["sessions"], chains["rows"], chains["contracts"]) == (3, 2, 3 * rows, rows)
    assert chains["gaps"] == [["2026-03-17", "2026-03-19", 3]]
    (year,) = chains["years"]
    assert (year["year"], year["snapshots"], year["outside_hours"], year["rows"]) == (2026, 3, 1, 3 * rows)
    assert (year["faults"]["crossed"], year["faults"]["locked"]) == (1, 1)


def test_what_lies_beside_the_chains_is_listed(document: dict[str, Any]) -> None:
    assert [(bars["symbol"], bars["rows"]) for bars in document["bars"]] == [("SPY", 2), ("VIX", 1)]
    assert document["rates"] == {"rows": 1, "first": "2003-01-09", "last": "2003-01-09"}
    assert [(row["symbol"], row["kind"], row["complete"]) for row in document["events"]] == [
        ("AAPL", "earnings", []),
        ("SPY", "ex-dividend", [["2026-03-16", "2026-03-17"]]),
    ]
    (volatilities,) = document["volatilities"]
    assert (volatilities["sessions"], volatilities["known"], volatilities["rank"]) == (2, 2, None)
    assert (volatilities["rank_sessions"], volatilities["less_than_a_year"]) == (1, True)
    assert document["vix"] is None, "one common day is no comparison"
    assert document["volatilities_waiting"] == 0


def test_sessions_that_an_import_left_over_are_pointed_out(tmp_path: Path) -> None:
    record_market(tmp_path, [chain_update(new_york(12)), chain_update(new_york(12, day=TUESDAY))])
    document = data_document(HistoryStore(tmp_path / "history"), ignore)
    assert document["volatilities_waiting"] == 2
    assert "30-day volatilities of 2 sessions are not worked out yet; the next import does it" in data_text(document)


def test_it_is_a_document_and_a_page(document: dict[str, Any]) -> None:
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    text = data_text(document)
    assert "2 sessions, 3 missing: 2026-03-17 to 2026-03-19" in text
    assert "1 of them outside regular hours" in text
    assert "1 crossed, 1 locked" in text
    assert "SPY    bars (as traded): 2 from " in text
    assert "AAPL   earnings: 1 listed, not said to be complete anywhere, from events.csv" in text
    assert "IV rank unknown (1 sessions before it, less than a year)" in text


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    document = data_document(HistoryStore(tmp_path / "history"), ignore)
    assert document["chains"] == document["bars"] == document["events"] == document["volatilities"] == []
    assert data_text(document).endswith("import files first: mindfolio import FILE")
    assert not (tmp_path / "history").exists()
