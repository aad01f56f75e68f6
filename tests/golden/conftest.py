"""What several golden tests look at, made once: the runs of all four modules, and the ticks of a recording."""

import datetime as dt
import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from engine.domain.ports import ChainUpdate
from engine.market.history import HistoryStore
from engine.market.replay import ReplayFeed
from tests.golden.runs import GoldenRun, golden_run


@pytest.fixture(scope="session")
def nineteen_sessions(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> GoldenRun:
    """All four modules over nineteen snapshots of SPY, QQQ, TSLA and NVDA."""
    return _made_once("nineteen_sessions", shared_dir, tmp_path_factory)


@pytest.fixture(scope="session")
def goog_minutes(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> GoldenRun:
    """All four modules over two days of GOOG by the minute."""
    return _made_once("goog_minutes", shared_dir, tmp_path_factory)


def _made_once(name: str, shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> GoldenRun:
    """The run, by whichever of the processes that run these tests asks first; nobody changes what it has left."""
    base = tmp_path_factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"golden_{name}"
    outcome = place.with_suffix(".pickle")
    with FileLock(place.with_suffix(".lock")):
        if not outcome.exists():
            run = golden_run(name, shared_dir / "data", place)
            outcome.write_bytes(pickle.dumps(run))
            return run
        found = pickle.loads(outcome.read_bytes())  # noqa: S301 - written above
        assert isinstance(found, GoldenRun)
        return found


@pytest.fixture(scope="session")
def ticks(nineteen_sessions: GoldenRun) -> list[ChainUpdate]:
    """Every update of the nineteen sessions, in order."""
    return list(all_of(ReplayFeed(HistoryStore(nineteen_sessions.places.history))))


def all_of(feed: ReplayFeed) -> Iterator[ChainUpdate]:
    """What a feed shows, from its first moment to its last."""
    at: dt.datetime | None = feed.first_at
    while at is not None:
        yield from feed.read(at)
        at = feed.next_at(at)
