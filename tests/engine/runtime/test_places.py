"""Where a data directory keeps what, and which of its ledgers is the newest."""

import math
import os
from pathlib import Path

from engine.domain.mindfolio import Environment
from engine.runtime.places import Places, Running, existing


def begun(data_dir: Path, environment: Environment, written_s: int) -> Places:
    """An environment with a ledger that was last written at a time."""
    places = Places(data_dir, environment)
    places.folder.mkdir(parents=True)
    places.ledger.write_bytes(b"ledger")
    os.utime(places.ledger, (written_s, written_s))
    return places


def test_environments_share_recordings_and_nothing_else(tmp_path: Path) -> None:
    simulated, replay = Places(tmp_path, Environment.SIMULATED), Places(tmp_path, Environment.REPLAY)
    assert simulated.history == replay.history
    kept = [
        {places.folder, places.ledger, places.latch, places.lock, places.recorded, places.evidence}
        for places in (simulated, replay)
    ]
    assert kept[0].isdisjoint(kept[1])
    assert all(path.is_relative_to(tmp_path / "simulated") for path in kept[0])
    assert all(path.is_relative_to(tmp_path / "replay") for path in kept[1])


def test_only_environments_with_a_ledger_exist(tmp_path: Path) -> None:
    assert existing(tmp_path) == ()
    assert existing(tmp_path / "missing") == ()
    Places(tmp_path, Environment.SIMULATED).folder.mkdir()
    assert existing(tmp_path) == ()
    replay = begun(tmp_path, Environment.REPLAY, 1000)
    assert existing(tmp_path) == (replay,)


def test_the_last_written_ledger_comes_first(tmp_path: Path) -> None:
    simulated = begun(tmp_path, Environment.SIMULATED, 1000)
    replay = begun(tmp_path, Environment.REPLAY, 2000)
    assert existing(tmp_path) == (replay, simulated)
    os.utime(simulated.ledger, (3000, 3000))
    assert existing(tmp_path) == (simulated, replay)


def test_what_an_open_ledger_writes_beside_itself_counts_but_an_empty_file_does_not(tmp_path: Path) -> None:
    simulated = begun(tmp_path, Environment.SIMULATED, 1000)
    replay = begun(tmp_path, Environment.REPLAY, 2000)
    aside = simulated.ledger.with_name("ledger.sqlite-wal")
    aside.touch()
    assert existing(tmp_path) == (replay, simulated), "readers leave an empty one behind"
    aside.write_bytes(b"entries")
    assert existing(tmp_path) == (simulated, replay)


def test_an_engine_runs_as_fast_as_it_can_and_asks_for_approvals_unless_told_otherwise() -> None:
    running = Running()
    assert (running.seed, running.speed, running.approves_all, running.publishes) == (None, math.inf, False, False)
