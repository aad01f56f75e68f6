"""How long the aggregated view takes, and whether it keeps what it no longer needs.

`uv run python -m benchmarks.aggregate [--ticks 2000] [--symbols 25] [--memory 0] [--trace]`. A book of 12 modules with
500 structures (2,000 legs: condors of two expirations), in underlyings of 480 contracts each. A tick is a new chain of
one of them; a full recomputation is `aggregate` with every chain new. American legs are of so many shares and funds;
European ones of the index classes that cannot be exercised early, of which there are eleven, so that each tick moves
more of them. The targets are 5 ms at p99 for a tick and 80 ms for a full recomputation, with European legs. Times by
the clock count what else the machine does, those of the processor do not. `--memory N` makes N ticks of European legs
instead and tells what the process has grown by.
"""

import argparse
import datetime as dt
import resource
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np

from engine.analytics.american import american_price
from engine.analytics.black_scholes import european
from engine.core.calendar import years_to_expiry
from engine.core.clock import epoch_us
from engine.core.money import UNIT, dollars
from engine.domain.chain import Chain, Floats
from engine.domain.contract_keys import contract_keys, decode_keys
from engine.domain.mindfolio import MindfolioSpec
from engine.domain.scan import Past
from engine.domain.snapshot import MarketView
from engine.domain.tick import EUROPEAN_CLASSES
from engine.ledger.book import Book
from engine.portfolio.aggregate import Aggregator, Background, aggregate
from tests.builders import APRIL, MAY, NOW, Clerk, condor, ledger, module_spec

MODULES, STRUCTURES, SPOT, RATE = 12, 500, 260.0, 0.04
EXPIRATIONS = (APRIL, MAY, dt.date(2026, 6, 18), dt.date(2026, 9, 18))
STRIKES = tuple(range(115, 415, 5))


def european_price(spot: float, forward: Floats, *rest: Any) -> Floats:
    """The price of an option that cannot be exercised early."""
    return european(spot, forward, *rest).price


def names(count: int) -> tuple[str, ...]:
    """The index of betas and so many other underlyings, one less."""
    return ("SPY", *(f"N{chr(65 + place // 26)}{chr(65 + place % 26)}" for place in range(count - 1)))


def book_of(symbols: tuple[str, ...]) -> Book:
    """500 condors over 12 modules and the symbols."""
    ids = [f"m{place:02d}" for place in range(MODULES)]
    budgets = {module_id: dollars(200_000) for module_id in ids}
    spec = MindfolioSpec(
        "Large", dollars(2_500_000), budgets, dollars(100_000), tuple(module_spec(each) for each in ids)
    )
    clerk = Clerk(ledger(spec=spec))
    for place in range(STRUCTURES):
        low = 215 + 5 * (place * 7 % 6)
        strikes = (low - 10, low, low + 45 + 5 * (place % 3), low + 55 + 5 * (place % 3))
        shape = condor(strikes, symbols[place % len(symbols)], EXPIRATIONS[place // len(symbols) % 2])
        clerk.open("-1.20", module_id=ids[place % MODULES], structure=shape)
    clerk.ledger.commit()
    return clerk.ledger.book


def chain_of(symbol: str, generation: int, spot: float, at: dt.datetime) -> Chain:
    """A chain at a volatility of 25 %, quoted 10 cents wide, without a dividend."""
    strikes = np.array(STRIKES, dtype=np.int64) * UNIT
    blocks = [
        contract_keys(np.full(strikes.size, day.toordinal(), dtype=np.int64), np.full(strikes.size, is_put), strikes)
        for day in EXPIRATIONS
        for is_put in (False, True)
    ]
    key = np.sort(np.concatenate(blocks))
    ordinals, is_put, strike = decode_keys(key)
    lives = {day.toordinal(): years_to_expiry(at, day) for day in EXPIRATIONS}
    years = np.array([lives[ordinal] for ordinal in ordinals.tolist()])
    price = european_price if symbol in EUROPEAN_CLASSES else american_price
    mid = price(spot, spot * np.exp(RATE * years), strike / UNIT, years, RATE, 0.25, is_put)
    some = np.full(key.size, 1000.0)
    stamps = np.full(key.size, epoch_us(at), dtype=np.int64)
    return Chain(symbol, generation, at, spot, at, key, np.maximum(mid - 0.05, 0.0), mid + 0.05, some, some, stamps)


def ticks(symbols: tuple[str, ...], count: int) -> Iterator[tuple[dict[str, Chain], dt.datetime]]:
    """Chains of which one moves at each tick, and the time."""
    random = Random(7)  # noqa: S311 - the same ticks each time
    ready = {
        symbol: [chain_of(symbol, 1, SPOT * (1 + random.uniform(-0.01, 0.01)), NOW) for _ in range(4)]
        for symbol in symbols
    }
    chains = {symbol: made[0] for symbol, made in ready.items()}
    for number in range(count):
        symbol = random.choice(symbols)
        chains = {**chains, symbol: replace(random.choice(ready[symbol]), generation=number + 2)}
        yield chains, NOW


def pasts(symbols: tuple[str, ...]) -> dict[str, Past]:
    """A year of closes of each symbol, which move together."""
    random = np.random.default_rng(7)
    days = np.arange(NOW.toordinal() - 400, NOW.toordinal() - 1)
    index = random.normal(0, 0.01, days.size)
    return {
        symbol: Past(days, SPOT * np.exp(np.cumsum(index + random.normal(0, 0.01, days.size)))) for symbol in symbols
    }


def milliseconds(taken: list[float], share: float) -> float:
    """A quantile of seconds, in milliseconds."""
    return float(np.quantile(taken, share)) * 1000


def measure(book: Book, symbols: tuple[str, ...], count: int) -> None:
    """Print how long ticks and full recomputations take."""
    background, market = Background(pasts(symbols)), MarketView(NOW, NOW.date(), True, None, 1.0)
    keeper = Aggregator()
    taken, busy = [], []
    chains: dict[str, Chain] = {}
    for chains, _ in ticks(symbols, count + 1):
        started, began = time.perf_counter(), time.thread_time()
        keeper.snapshot(book, chains, market, RATE, background)
        taken.append(time.perf_counter() - started)
        busy.append(time.thread_time() - began)
    full = []
    for _ in range(7):
        chains = {symbol: replace(chain) for symbol, chain in chains.items()}  # other objects: nothing is known of them
        began = time.thread_time()
        whole = aggregate(book, chains, market, RATE, background)
        full.append(time.thread_time() - began)
    is_same = whole == keeper.snapshot(book, chains, market, RATE, background)
    for name, times in (("by the clock", taken[1:]), ("of the processor", busy[1:])):
        print(
            f"  tick, {name}: p50 {milliseconds(times, 0.5):.2f}, p99 {milliseconds(times, 0.99):.2f}, "
            f"most {max(times) * 1000:.2f} ms over {len(times):,}"
        )
    print(
        f"  full, of the processor: p50 {milliseconds(full, 0.5):.1f} ms, best {min(full) * 1000:.1f}; "
        f"the kept one is the same: {is_same}"
    )


def remember(book: Book, symbols: tuple[str, ...], count: int) -> None:
    """Print what the process has grown by over many ticks, in ten parts."""
    background, market = Background(pasts(symbols)), MarketView(NOW, NOW.date(), True, None, 1.0)
    keeper = Aggregator()
    for seen, (chains, now) in enumerate(ticks(symbols, count)):
        if seen % max(1, count // 10) == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            traced = tracemalloc.get_traced_memory()[0] / 2**20 if tracemalloc.is_tracing() else float("nan")
            print(f"  {seen:>9,} ticks: {peak:,.1f} MB at most resident, {traced:,.2f} MB traced", flush=True)
        keeper.snapshot(book, chains, replace(market, now=now), RATE, background)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {count:>9,} ticks: {peak:,.1f} MB at most resident", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The aggregated view: time of a tick and of a full recomputation.")
    parser.add_argument("--ticks", type=int, default=2000)
    parser.add_argument("--symbols", type=int, default=25)
    parser.add_argument("--memory", type=int, default=0, help="ticks of the memory run; 1000000 takes hours")
    parser.add_argument("--trace", action="store_true", help="count allocations too (slow)")
    chosen = parser.parse_args()
    for style, symbols in (("European", tuple(sorted(EUROPEAN_CLASSES))), ("American", names(chosen.symbols))):
        book = book_of(symbols)
        legs = sum(len(position.structure.legs) for position in book.positions.values())
        sizes = f"{len(book.positions)} structures, {legs:,} legs, {len(symbols)} underlyings"
        print(f"{style}: {len(book.modules)} modules, {sizes}")
        if chosen.memory:
            if chosen.trace:
                tracemalloc.start()
            remember(book, symbols, chosen.memory)
            return
        measure(book, symbols, chosen.ticks)


if __name__ == "__main__":
    main()
