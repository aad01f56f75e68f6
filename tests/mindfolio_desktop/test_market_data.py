"""`mindfolio import` of what lies beside the chains, and `mindfolio data`."""

import json
from pathlib import Path

import pytest

from engine.market.history import HistoryStore
from engine.market.iv_history import read_iv_history
from tests.mindfolio_desktop.shell import Shell
from tests.recordings import falling_volatility, record_market, write_recording

BARS = "date,open,high,low,close,volume\n2026-03-16,10,12,9,11,500\n2026-03-17,10,12,9,,500\n"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "data", capsys)


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_files_of_every_kind_come_in_with_one_command(shell: Shell, tmp_path: Path) -> None:
    chains = str(write_recording(tmp_path / "chains.csv", falling_volatility()))
    bars = written(tmp_path, "SPY.csv", BARS)
    events = written(tmp_path, "events.csv", "symbol,kind,day\nSPY,earnings,2026-04-30\nSPY,party,2026-04-30\n")
    assert shell("import", events, chains, bars, "--prices", "traded") == 0
    assert (
        f"{bars}: 1 bars kept, 1 of them new\n  1 a price is missing or not above zero, the first in row 2\n"
        in shell.out
    )
    assert f"{events}: 1 events kept, 1 of them new, 0 spans kept, 0 of them new\n  1 kind is none of" in shell.out
    assert read_iv_history(shell.data_dir / "history").of("SPY").day.size == 4

    assert shell("data", "--json") == 0
    document = shell.document
    assert [chains["symbol"] for chains in document["chains"]] == ["SPY"]
    assert [(bars["symbol"], bars["adjustment"]) for bars in document["bars"]] == [("SPY", "none")]
    assert document["volatilities"][0]["sessions"] == 4

    assert shell("data") == 0
    assert "4 sessions, none missing" in shell.out
    assert "reading the chains of SPY" in shell.err


def test_a_folder_stands_for_the_files_of_data_below_it(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "2026").mkdir(parents=True)
    (folder / ".trash").mkdir()
    write_recording(folder / "2026" / "chains.csv", falling_volatility())
    events = written(folder, "Events.CSV", "symbol,kind,day\nSPY,earnings,2026-04-30\n")
    written(folder, "README.md", "my data")
    written(folder / ".trash", "old.csv", "nothing of use")
    assert shell("import", str(folder)) == 0
    assert [line.split(": ")[0] for line in shell.out.splitlines() if not line.startswith(" ")] == [
        str(folder / "2026" / "chains.csv"),
        events,
    ]


def test_a_folder_without_data_is_refused_in_one_line(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    written(folder, "README.md", "my data")
    assert shell("import", str(folder)) == 2
    assert f"{folder}: no file in this folder ends with .csv, .txt, .parquet, .gz, .zip" in shell.err
    assert not HistoryStore(tmp_path / "data" / "history").snapshots()


def test_plain_bars_are_asked_about_in_one_line(shell: Shell, tmp_path: Path) -> None:
    assert shell("import", written(tmp_path, "SPY.csv", BARS)) == 2
    assert shell.complaint.endswith("say --prices traded, --prices split-adjusted or --prices adjusted")
    assert shell("import", written(tmp_path, "daily.csv", BARS), "--prices", "adjusted", "--symbol", "spy") == 0
    assert shell("data", "--json") == 0
    (bars,) = shell.document["bars"]
    assert (bars["symbol"], bars["adjustment"]) == ("SPY", "splits and dividends")


def test_a_file_that_is_refused_after_chains_leaves_them_whole(shell: Shell, tmp_path: Path) -> None:
    chains = str(write_recording(tmp_path / "chains.csv", falling_volatility()))
    assert shell("import", chains, written(tmp_path, "SPY.csv", BARS)) == 2
    assert "rows kept, 0 rejected" in shell.out
    assert read_iv_history(shell.data_dir / "history").of("SPY").day.size == 4


def test_other_figures_for_a_day_are_counted_and_not_taken(shell: Shell, tmp_path: Path) -> None:
    first, second = BARS.splitlines()[:2], BARS.replace(",11,", ",10.5,").splitlines()[:2]
    assert shell("import", written(tmp_path, "SPY.csv", "\n".join(first)), "--prices", "traded") == 0
    assert shell("import", written(tmp_path, "SPY.csv", "\n".join(second)), "--prices", "traded") == 0
    assert "  1 bars were kept before with other figures, which stay\n" in shell.out


def test_without_data_it_says_what_to_do_and_makes_nothing(shell: Shell) -> None:
    assert shell("data") == 0
    assert "import files first: mindfolio import FILE" in shell.out
    assert not shell.data_dir.exists()
    assert shell("data", "--json") == 0
    assert json.loads(shell.out)["chains"] == []


def test_a_run_keeps_what_its_market_shows_where_that_is_asked_for(shell: Shell) -> None:
    updates = falling_volatility()
    record_market(shell.data_dir, updates)
    folder = shell.data_dir / "replay" / "recorded"
    assert shell("run", "--headless", "--market", "replay", "--days", "1", "--json") == 0
    assert "recorded" not in shell.document
    assert not folder.exists()

    assert shell("run", "--headless", "--market", "replay", "--record", "0", "--json") == 0
    later = [update for update in updates if update.at.date() > updates[0].at.date()]
    rows = sum(update.key.size for update in later)
    assert shell.document["recorded"] == {"folder": str(folder), "rows": rows, "fault": ""}
    assert [at for at, _ in HistoryStore(folder).snapshots()] == [update.at for update in later]

    assert shell("data", "--recorded", "replay", "--json") == 0
    assert (shell.document["folder"], shell.document["chains"][0]["rows"]) == (str(folder), rows)


def test_recording_is_said_in_words_and_takes_minutes(shell: Shell) -> None:
    record_market(shell.data_dir, falling_volatility())
    assert shell("run", "--headless", "--market", "replay", "--record", "soon") == 2
    assert "must be a whole number from 0 to 1,440" in shell.err
    assert shell("run", "--headless", "--market", "replay", "--record") == 0
    # Four snapshots a session, two half a minute after another: one of each pair is taken.
    assert f"{chains_rows() * 2 * 4:,} quotes recorded in {shell.data_dir / 'replay' / 'recorded'}" in shell.out


def chains_rows() -> int:
    """Rows of one snapshot."""
    return int(falling_volatility()[0].key.size)
