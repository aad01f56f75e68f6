"""Two runs with one seed write the same journal, byte for byte, whatever the threads do."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.domain.mindfolio import Environment
from engine.ledger.store import SqliteStore
from engine.market.history import HistoryStore
from engine.market.importer import import_files
from engine.runtime.places import Places, Running
from mindfolio_desktop.headless import run_headless

Rows = list[tuple[int, object, str, bytes, str]]


def journal(places: Places) -> Rows:
    """Every entry as it stands in the file."""
    store = SqliteStore(places.ledger, for_reading=True)
    rows: Rows = [(entry.seq, entry.at, entry.type, entry.body, entry.hash) for entry in store.entries()]
    store.close()
    return rows


def run(folder: Path, environment: Environment, days: int | None, running: Running) -> Rows:
    """One headless run in a folder of its own."""
    places = Places(folder, environment)
    run_headless(places, running, days, lambda _line: None)
    return journal(places)


PLAIN = Running(seed=11, approves_all=True, quote_minutes=15, symbols=("XLE",))
REPLAYED = Running(seed=11, approves_all=True)
THREADED = replace(PLAIN, threads=2, random_delay_s=0.02)


@pytest.fixture(scope="module")
def a_simulated_day(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The journal of one simulated session, computed inline."""
    return run(tmp_path_factory.mktemp("simulated"), Environment.SIMULATED, 1, PLAIN)


def test_two_delayed_threads_write_the_same_journal(tmp_path: Path, a_simulated_day: Rows) -> None:
    assert len(a_simulated_day) > 50
    assert run(tmp_path, Environment.SIMULATED, 1, THREADED) == a_simulated_day


def test_another_process_with_another_hash_seed_writes_the_same_journal(tmp_path: Path, a_simulated_day: Rows) -> None:
    command = [sys.executable, "-m", "mindfolio_desktop", "run", "--headless", "--days", "1", "--approve", "all",
               "--seed", "11", "--quotes", "15", "--symbols", "XLE", "--data-dir", str(tmp_path)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": "4711"})
    assert journal(Places(tmp_path, Environment.SIMULATED)) == a_simulated_day


def test_another_seed_is_another_journal(tmp_path: Path, a_simulated_day: Rows) -> None:
    other = run(tmp_path, Environment.SIMULATED, 1, replace(PLAIN, seed=12))
    assert [row[3] for row in other] != [row[3] for row in a_simulated_day]


def test_the_replayed_real_market_gives_identical_journals(tmp_path: Path, yahoo_file: Path) -> None:
    import_files([yahoo_file], HistoryStore(Places(tmp_path / "a", Environment.REPLAY).history), lambda _line: None)
    shutil.copytree(tmp_path / "a", tmp_path / "b")

    first = run(tmp_path / "a", Environment.REPLAY, None, REPLAYED)
    # The second run of this process, and its threads may do as they like: a third like the first would show no more.
    delayed = replace(REPLAYED, threads=2, random_delay_s=0.02)
    assert run(tmp_path / "b", Environment.REPLAY, None, delayed) == first
