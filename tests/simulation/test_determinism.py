"""Two runs with one seed write the same journal, byte for byte, whatever the threads do."""

import os
import subprocess
import sys
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


def run(folder: Path, environment: Environment, days: int | None, running: Running, file: Path | None = None) -> Rows:
    """One headless run in a folder of its own."""
    places = Places(folder, environment)
    if file is not None:
        import_files([file], HistoryStore(places.history), lambda _line: None)
    run_headless(places, running, days, lambda _line: None)
    return journal(places)


PLAIN = Running(seed=11, approves_all=True)
THREADED = Running(seed=11, approves_all=True, threads=2, random_delay_s=0.02)


def test_simulated_journals_are_identical_also_with_two_delayed_threads(tmp_path: Path) -> None:
    first = run(tmp_path / "a", Environment.SIMULATED, 1, PLAIN)

    assert len(first) > 50
    assert run(tmp_path / "b", Environment.SIMULATED, 1, PLAIN) == first
    assert run(tmp_path / "c", Environment.SIMULATED, 1, THREADED) == first


def test_another_seed_is_another_journal(tmp_path: Path) -> None:
    one = run(tmp_path / "a", Environment.SIMULATED, 1, Running(seed=1))
    two = run(tmp_path / "b", Environment.SIMULATED, 1, Running(seed=2))
    assert [row[3] for row in one] != [row[3] for row in two]


def test_the_replayed_real_market_gives_identical_journals(tmp_path: Path, yahoo_file: Path) -> None:
    first = run(tmp_path / "a", Environment.REPLAY, None, PLAIN, yahoo_file)

    assert run(tmp_path / "b", Environment.REPLAY, None, PLAIN, yahoo_file) == first
    assert run(tmp_path / "c", Environment.REPLAY, None, THREADED, yahoo_file) == first


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_the_order_of_sets_and_dicts_does_not_reach_the_journal(tmp_path: Path, hash_seed: str) -> None:
    command = [sys.executable, "-m", "mindfolio_desktop", "run", "--headless", "--days", "1", "--approve", "all",
               "--seed", "11", "--data-dir", str(tmp_path)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": hash_seed})
    first = run(tmp_path / "here", Environment.SIMULATED, 1, PLAIN)
    assert journal(Places(tmp_path, Environment.SIMULATED)) == first
