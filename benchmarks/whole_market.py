"""The shape of the whole US market, from quotes to Greeks: `uv run python -m benchmarks.whole_market`.

6,000 underlyings with 1.5 million contracts, few of them with thousands and most with a hundred, as listed. The quotes
are made here and are no market; what is measured is how long one core takes to merge them into the store and to value
every contract as the program does (forwards, American implied volatility, American Greeks), and how much memory.
Other figures than these two may follow the name, for a shorter run: `benchmarks.whole_market 600 150000`.
"""

import cProfile
import datetime as dt
import pstats
import resource
import sys
import time

import numpy as np

from engine.analytics.black_scholes import european
from engine.analytics.chain_values import chain_values
from engine.core.calendar import years_to_expiry
from engine.core.money import UNIT
from engine.domain.chain import Ints
from engine.domain.contract_keys import contract_keys
from engine.domain.ports import ChainUpdate
from engine.market.store import MarketStore

SYMBOLS, CONTRACTS = 6_000, 1_500_000
NOW = dt.datetime(2026, 3, 16, 15, 0, tzinfo=dt.UTC)
RATE = 0.04
FRIDAYS = [dt.date(2026, 3, 20) + dt.timedelta(weeks=weeks) for weeks in (0, 1, 2, 4, 8, 13, 17, 26, 39, 44, 57, 96)]
PROFILED = 300
"""Symbols that are valued once more under the profiler, which itself takes time."""


def main() -> None:
    """Make the quotes, merge and value them, and print where time and memory went."""
    symbols, contracts = (int(given) for given in sys.argv[1:3]) if len(sys.argv) > 2 else (SYMBOLS, CONTRACTS)
    rng = np.random.default_rng(7)
    sizes = sizes_of(symbols, contracts, rng)
    updates = [made(f"S{place:05}", int(size), rng) for place, size in enumerate(sizes)]
    total = sum(update.key.size for update in updates)
    largest = max(update.key.size for update in updates)
    print(f"{symbols:,} symbols, {total:,} contracts; median {int(np.median(sizes))} a symbol, largest {largest:,}")
    base = peak_mb()
    store = MarketStore()
    for name in ("first quotes into the store", "every quote replaced"):
        started = time.perf_counter()
        for update in updates:
            store.apply(update if name.startswith("first") else later(update))
        report(name, time.perf_counter() - started, total)
    merged = peak_mb()
    started, valid = time.perf_counter(), 0
    for chain in store.chains().values():
        valid += int(np.isfinite(chain_values(chain, NOW, RATE).delta).sum())
    report("forwards, volatilities, Greeks", time.perf_counter() - started, total)
    print(f"{valid / total:.1%} of the contracts have Greeks")
    print(
        f"memory: the quotes as made {base:,.0f} MB, with the store {merged:,.0f} MB, at the peak {peak_mb():,.0f} MB"
    )
    profile(store)


def sizes_of(symbols: int, contracts: int, rng: np.random.Generator) -> Ints:
    """Contracts of each symbol: log-normal, at least 20, `contracts` in all but for rounding."""
    drawn = rng.lognormal(sigma=1.5, size=symbols)
    sizes: Ints = np.maximum(20, drawn * contracts / drawn.sum()).astype(np.int64)
    return sizes


def made(symbol: str, size: int, rng: np.random.Generator) -> ChainUpdate:
    """A chain of about `size` contracts: calls and puts at strikes around the spot, on a cent grid around a smile."""
    spot = float(np.round(rng.lognormal(4.0, 0.8), 2))
    days = FRIDAYS[: int(np.clip(size // 20, 2, len(FRIDAYS)))]
    strikes = max(5, size // (2 * len(days)))
    grid = np.unique(np.maximum(1, np.rint(spot * np.exp(np.linspace(-0.5, 0.4, strikes)) * 100))).astype(np.int64)
    day = np.repeat(np.arange(len(days)), 2 * grid.size)
    put = np.tile(np.repeat(np.array([False, True]), grid.size), len(days))
    strike = np.tile(grid, 2 * len(days))
    years = np.array([years_to_expiry(NOW, each) for each in days])[day]
    forward = spot * np.exp(RATE * years)
    far = np.log(strike / 100 / forward)
    mid = european(spot, forward, strike / 100, years, RATE, 0.3 - 0.15 * far + 0.2 * far**2, put).price
    half = np.maximum(0.01, 0.02 * mid)
    return ChainUpdate(
        symbol,
        NOW,
        spot,
        contract_keys(np.array([each.toordinal() for each in days])[day], put, strike * (UNIT // 100)),
        np.floor(np.maximum(mid - half, 0) * 100) / 100,
        np.ceil((mid + half) * 100) / 100,
        np.full(mid.size, 10.0),
        np.full(mid.size, 100.0),
    )


def later(update: ChainUpdate) -> ChainUpdate:
    """The same quotes a second later."""
    return ChainUpdate(
        update.symbol,
        update.at + dt.timedelta(seconds=1),
        update.spot,
        update.key,
        update.bid,
        update.ask,
        update.volume,
        update.open_interest,
    )


def profile(store: MarketStore) -> None:
    """Which functions the valuation of a part of the market spends its time in."""
    profiler = cProfile.Profile()
    profiler.enable()
    for chain in list(store.chains().values())[:PROFILED]:
        chain_values(chain, NOW, RATE)
    profiler.disable()
    rows = pstats.Stats(profiler).get_stats_profile().func_profiles.items()
    whole = sum(row.tottime for _, row in rows)
    print(f"where the time goes, {PROFILED} symbols under a profiler:")
    for name, row in sorted(rows, key=lambda pair: -pair[1].tottime)[:12]:
        place = row.file_name.rsplit("/", 1)[-1].removesuffix(".py")
        print(f"  {row.tottime / whole:6.1%}  {row.ncalls:>8} calls  {place}.{name}")


def report(what: str, seconds: float, contracts: int) -> None:
    """One line: a step, its time, and that of a contract."""
    print(f"{what:32} {seconds:7.2f} s   {1e9 * seconds / contracts:8.0f} ns a contract")


def peak_mb() -> float:
    """The most memory that this process had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
