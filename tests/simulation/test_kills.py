"""kill -9 at random times while a replay trades: whatever was committed is there, and nothing else.

`uv run pytest tests/simulation/test_kills.py --kills 30` is the full figure; the ordinary test run does a share of it.
"""

import contextlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from urllib.parse import quote

import pytest

from engine.domain.mindfolio import Environment
from engine.ledger.ledger import Ledger
from engine.ledger.store import SqliteStore
from engine.market.history import HistoryStore
from engine.market.importer import import_files
from engine.runtime.places import Places
from mindfolio_desktop.cli import run
from tests.recordings import falling_volatility, write_recording

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal")


@pytest.mark.timeout(600)
def test_a_killed_replay_restarts_with_exactly_what_was_committed(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    kills = int(request.config.getoption("--kills"))
    chance = random.Random(20260316)
    imported = tmp_path / "imported"
    history = HistoryStore(Places(imported, Environment.REPLAY).history)
    import_files([_recording(tmp_path, request)], history, lambda _line: None)
    entries_seen: list[int] = []
    killed = folder_number = 0
    places = _fresh(tmp_path, 0, imported)
    while killed < kills:
        process = subprocess.Popen(
            [sys.executable, "-m", "mindfolio_desktop", "run", "--headless", "--market", "replay", "--approve", "all",
             "--data-dir", str(places.data_dir)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _wait_until_it_writes(process, places, chance)
        if process.poll() is not None:
            folder_number += 1
            places = _fresh(tmp_path, folder_number, imported)
            continue
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed += 1
        entries_seen.append(_check(places))
    assert max(entries_seen) > 20, "the kills came before anything was traded"
    assert run(["run", "--headless", "--market", "replay", "--days", "2", "--data-dir", str(places.data_dir)]) == 0
    _check(places)


def _recording(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The real recording where it lies beside the repository, else one written here."""
    try:
        return Path(request.getfixturevalue("yahoo_file"))
    except pytest.skip.Exception:
        path = tmp_path / "recording.csv"
        write_recording(path, falling_volatility())
        return path


def _fresh(tmp_path: Path, number: int, imported: Path) -> Places:
    return Places(shutil.copytree(imported, tmp_path / f"data-{number}"), Environment.REPLAY)


def _wait_until_it_writes(process: "subprocess.Popen[bytes]", places: Places, chance: random.Random) -> None:
    """Half of the times until a random number of entries more is committed, else a random time after the start."""
    if chance.random() < 0.3:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.2, 1.5))
        return
    wanted = _entries(places) + chance.randint(1, 60)
    while process.poll() is None and _entries(places) < wanted:
        time.sleep(0.002)
    time.sleep(chance.uniform(0.0, 0.003))


def _entries(places: Places) -> int:
    if not places.ledger.exists():
        return 0
    connection = sqlite3.connect(f"file:{quote(places.ledger.as_posix())}?mode=ro", uri=True, timeout=5.0)
    try:
        return int(connection.execute("select coalesce(max(seq), 0) from journal").fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # the file is there, its tables are not yet
    finally:
        connection.close()


def _check(places: Places) -> int:
    """`verify` says sound, and the stored postings are those of the fold; returns the number of entries."""
    if _entries(places) == 0:
        return 0
    assert run(["verify", "--data-dir", str(places.data_dir)]) == 0
    store = SqliteStore(places.ledger)
    book = Ledger(store).book
    store.close()
    stored: dict[tuple[str, str], int] = defaultdict(int)
    connection = sqlite3.connect(places.ledger)
    for account, module_id, amount in connection.execute("select account, module_id, amount from postings"):
        stored[account, module_id] += amount
    connection.close()
    assert {key: amount for key, amount in stored.items() if amount} == {
        key: amount for key, amount in book.balances.items() if amount
    }
    assert sum(book.balances.values()) == 0
    assert sum(module.budget for module in book.modules.values()) + book.reserve == book.capital
    assert all(book.used(m) + book.held(m) <= module.budget for m, module in book.modules.items())
    return book.seq
