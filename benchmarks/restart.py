"""From the start of a process to the first filled snapshot, on a ledger after a year of trading.

`uv run python -m benchmarks.restart`. Four modules look at fifty symbols in 26 scans of each of 252 sessions, marks are
journaled every minute, ten round trips a session; the program ended in the last minute of one more session, with open
positions, so that everything of that day has to be folded. The full `verify` of it all is measured as well.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.gate import shapes, specification, write_position
from benchmarks.journal import SESSIONS, timed, verified, write_session
from engine.core.calendar import next_session
from engine.domain import events as ev
from engine.domain.mindfolio import Environment
from engine.ledger.ledger import Ledger
from engine.ledger.store import SqliteStore
from engine.market.simulated.feed import SimulatedFeed
from engine.market.store import MarketStore
from engine.runtime import defaults
from engine.runtime.places import Places
from tests.builders import Clerk

SEED = 3
SYMBOLS = tuple(f"SYM{number:02d}" for number in range(50))
OPEN_POSITIONS = 20
STARTS = 5

_START = """
import sys, time
started = time.perf_counter()
from pathlib import Path
from engine.domain.mindfolio import Environment
from engine.runtime.assembly import OpenEngine
from engine.runtime.places import Places, Running
from mindfolio_desktop.headless import ProgressPublisher
imported = time.perf_counter()
engine = OpenEngine(Places(Path(sys.argv[1]), Environment.SIMULATED), Running(), ProgressPublisher(lambda _: None))
opened = time.perf_counter()
snapshot = engine.kernel.snapshot()
ended = time.perf_counter()
positions = sum(len(module.open_positions) for module in snapshot.modules)
print(imported - started, opened - imported, ended - opened, positions)
engine.close()
"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    sessions = parser.parse_args().sessions
    with tempfile.TemporaryDirectory(prefix="mindfolio-restart-") as folder:
        places = Places(Path(folder), Environment.SIMULATED)
        entries = write(places, sessions)
        print(f"{sessions} sessions: {entries:,} entries, {places.ledger.stat().st_size / 2**20:.0f} MB")
        runs = [started(places) for _ in range(STARTS + 1)][1:]  # the first one begins the broker's file
        for name, column in zip(
            ("process", "imports", "engine open", "snapshot"), zip(*runs, strict=True), strict=True
        ):
            print(f"{name:16} median {statistics.median(column):7.3f} s   slowest {max(column):7.3f} s")
        print(f"full verify      {timed(lambda: verified(places.ledger), repeats=1):7.3f} s")


def started(places: Places) -> tuple[float, float, float, float]:
    """Seconds of a whole process until its snapshot, and of its three parts."""
    command = [sys.executable, "-c", _START, str(places.data_dir)]
    before = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ourselves
        line = "" if process.stdout is None else process.stdout.readline()
        total = time.perf_counter() - before
    imports, opened, snapshot, positions = (float(word) for word in line.split())
    if positions != OPEN_POSITIONS:
        raise SystemExit(f"the snapshot shows {positions:.0f} positions and not {OPEN_POSITIONS}")
    return total, imports, opened, snapshot


def write(places: Places, sessions: int) -> int:
    """Trade the year; the number of entries."""
    feed, market = SimulatedFeed(SEED), MarketStore()
    ledger = Ledger(SqliteStore(places.ledger))
    ledger.record(
        feed.first_at,
        ev.MindfolioCreated(
            specification(), Environment.SIMULATED, "a year of it", SEED,
            defaults.gate_limits(Environment.SIMULATED), defaults.costs(), defaults.waivers(Environment.SIMULATED),
        ),
    )  # fmt: skip
    clerk = Clerk(ledger)
    session = next_session(feed.first_at)
    for _ in range(sessions):
        write_session(clerk, session.opens, SYMBOLS)
        session = next_session(session.closes)
    for update in feed.read(session.opens):
        market.apply(update)
    every = shapes(market, session.opens)
    clerk.at = max(clerk.at, session.opens)
    for _, (module_id, _, structure) in zip(range(OPEN_POSITIONS), every, strict=False):
        write_position(ledger, market, clerk.at, module_id, structure)
    write_session(clerk, session.opens, SYMBOLS, is_whole=False)
    entries = ledger.book.seq
    ledger.close()
    return entries


if __name__ == "__main__":
    main()
