"""What several golden tests look at, made once: the runs of all four modules, and the ticks of a recording."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.domain.ports import ChainUpdate
from engine.market.history import HistoryStore
from engine.market.replay import ReplayFeed
from tests.golden.runs import GoldenRun, golden_run


@pytest.fixture(scope="session")
def nineteen_sessions(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> GoldenRun:
    """All four modules over nineteen snapshots of SPY, QQQ, TSLA and NVDA."""
    return golden_run("nineteen_sessions", shared_dir / "data", tmp_path_factory.mktemp("nineteen"))


@pytest.fixture(scope="session")
def goog_minutes(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> GoldenRun:
    """All four modules over two days of GOOG by the minute."""
    return golden_run("goog_minutes", shared_dir / "data", tmp_path_factory.mktemp("goog"))


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
