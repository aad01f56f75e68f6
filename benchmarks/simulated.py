"""How fast the simulated market is: `uv run python -m benchmarks.simulated`, on one core, half a minute.

A re-quote is everything that a reader gets at an instant: prices, spreads, ticks and faults of all contracts. The
history is that of all names over 18 months. The day is a whole one: quotes each minute, ledger, paper broker, and four
modules that scan all names every 15 minutes.
"""

import datetime as dt
import math
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from engine.core.calendar import next_session
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain.mindfolio import Environment
from engine.market.simulated.feed import SimulatedFeed
from engine.market.simulated.universe import SYMBOLS
from engine.market.store import MarketStore
from engine.runtime import handlers
from engine.runtime.assembly import OpenEngine, session_limit
from engine.runtime.places import Places, Running
from tests.fakes import RecordingPublisher

SEED = 1
READS = 60
DAYS = 10


def main() -> None:
    """Print the figures."""
    started = time.perf_counter()
    feed = SimulatedFeed(SEED)
    print(f"18 months of days behind the first session     {milliseconds(started):8.0f} ms")
    started = time.perf_counter()
    updates = feed.read(feed.first_at)
    print(f"first session opened and quoted                {milliseconds(started):8.0f} ms")
    contracts = sum(update.key.size for update in updates)
    opened, at = [], next_session(feed.first_at).opens
    for _ in range(DAYS):
        started = time.perf_counter()
        feed.read(at)
        opened.append(milliseconds(started))
        at = next_session(at).opens
    print(f"a further session opened and quoted            {statistics.median(opened):8.0f} ms")
    requote(feed, contracts)
    history = feed.history()
    started = time.perf_counter()
    bars = history.daily_bars(feed.first_at)
    print(f"daily bars, {len(SYMBOLS)} names, {bars.day.size} days                 {milliseconds(started):8.0f} ms")
    started = time.perf_counter()
    for tenor in (30, 60, 90):
        history.implied_volatility(tenor, feed.first_at)
    print(f"implied volatility of those, three tenors      {milliseconds(started):8.0f} ms")
    chains = [end_of_day(feed, day) for day in (dt.date(2025, 3, 3), dt.date(2025, 6, 2), dt.date(2025, 12, 1))]
    print(f"one name's chain at a past close               {statistics.median(chains):8.0f} ms")
    whole_day()


def requote(feed: SimulatedFeed, contracts: int) -> None:
    """Every contract again, minute after minute; and the same with the market store that the kernel reads."""
    read, applied = [], []
    market, at = MarketStore(), feed.first_at
    for _ in range(READS):
        started = time.perf_counter()
        updates = feed.read(at)
        read.append(milliseconds(started))
        started = time.perf_counter()
        for update in updates:
            market.apply(update)
        applied.append(milliseconds(started))
        at = feed.next_at(at)
    print(
        f"re-quote of {len(SYMBOLS)} names, {contracts} contracts        {statistics.median(read):8.1f} ms "
        f"({statistics.median(read) * 80_000 / contracts:.1f} ms for each 80,000; slowest {max(read):.1f})"
    )
    print(f"the same into the market store                 {statistics.median(applied):8.1f} ms")


def whole_day() -> None:
    """A session from open to close, without a window, as fast as it goes."""
    with tempfile.TemporaryDirectory(prefix="mindfolio-day-") as folder:
        started = time.perf_counter()
        engine = OpenEngine(
            Places(Path(folder), Environment.SIMULATED),
            Running(seed=SEED, speed=math.inf, approves_all=True),
            RecordingPublisher(),
        )
        kernel = engine.kernel
        fourth = replace(kernel.desk.book.modules["IV_SERVICE"].spec, module_id="IV_SERVICE_4", name="IV Fourth")
        handlers.handle(kernel.desk, cmd.AddModule(fourth, dollars(5_000), "benchmark", "four modules"))
        for module_id in ("IV_SERVICE_3", "IV_SERVICE_4"):
            handlers.handle(kernel.desk, cmd.ResumeModule(module_id, "benchmark", "four modules"))
        kernel.desk.commit()
        kernel.run(until=session_limit(kernel, 1))
        seconds = time.perf_counter() - started
        modules = kernel.desk.book.modules.values()
        scans, opened = sum(each.scans_today for each in modules), len(kernel.desk.book.positions)
        engine.close()
    print(f"a whole day, {len(modules)} modules, {scans} scans, {opened} opened  {seconds:8.1f} s")


def end_of_day(feed: SimulatedFeed, day: dt.date) -> float:
    """Milliseconds for the largest chain."""
    started = time.perf_counter()
    feed.history().end_of_day("SPY", day)
    return milliseconds(started)


def milliseconds(started: float) -> float:
    """Since an instant of the wall's clock."""
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()
