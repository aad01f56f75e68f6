"""A decision of the gate until its intent is durable: four modules with fifty positions each, on a real file.

`uv run python -m benchmarks.gate`. The market is the simulated one and the broker the paper one, both at work between
the decisions. A decision is `try_open` (every check, the second pricing kernel, the broker's preview) and the commit.
"""

import datetime as dt
import itertools
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from engine.core.calendar import days_to_expiry
from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.candidate import Candidate
from engine.domain.chain import Chain
from engine.domain.contract_keys import decode_keys
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import AccountLimits, GateLimits, ModuleLimits
from engine.domain.mindfolio import Environment, MindfolioSpec, ModuleKind, ModuleSpec
from engine.domain.order import Order, OrderPurpose
from engine.domain.package import package_quote, to_tick
from engine.domain.structure import Leg, Structure, StructureKind
from engine.ledger.ledger import Ledger
from engine.ledger.store import SqliteStore
from engine.market.simulated.feed import SimulatedFeed
from engine.market.store import MarketStore
from engine.runtime import defaults
from engine.runtime.assembly import OpenEngine
from engine.runtime.kernel import Kernel
from engine.runtime.openings import gate, ticket_candidate, try_open
from engine.runtime.orders import request_cancel
from engine.runtime.places import Places, Running
from mindfolio_desktop.headless import ProgressPublisher

MODULES = ("alpha", "beta", "gamma", "delta")
POSITIONS = 50
DECISIONS = 600
SEED = 3
DAYS = (24, 60)
"""Of the expirations that are traded."""


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="mindfolio-gate-") as folder:
        places = Places(Path(folder), Environment.SIMULATED)
        places.folder.mkdir(parents=True)
        write_book(places)
        engine = OpenEngine(places, Running(), ProgressPublisher(lambda _line: None))
        try:
            report(*measured(engine.kernel, DECISIONS))
        finally:
            engine.close()


def report(durable: list[float], sent: list[float]) -> None:
    """One line each: until the intent is durable, and until the order has left and that is durable, too."""
    for name, seconds in (("decision to durable intent", durable), ("decision to order sent", sent)):
        p50, p99 = np.percentile(seconds, (50, 99)) * 1e3
        print(f"{name:28} p50 {p50:6.2f} ms   p99 {p99:6.2f} ms   max {max(seconds) * 1e3:6.2f} ms   n {len(seconds)}")


def measured(kernel: Kernel, count: int) -> tuple[list[float], list[float]]:
    """Decide, cancel, let the market move; again. Only what the gate admits counts."""
    desk = kernel.desk
    step(kernel, 5)
    durable: list[float] = []
    sent: list[float] = []
    for candidate in itertools.cycle(list(candidates(kernel))):
        fresh = repriced(kernel, candidate)
        stamps: list[float] = []
        desk.after_commit(partial(stamp, stamps))
        started = time.perf_counter()
        denials = try_open(desk, fresh)
        desk.commit()
        ended = time.perf_counter()
        if not denials:
            durable.append(stamps[0] - started)
            sent.append(ended - started)
        for order in list(desk.book.orders.values()):
            request_cancel(desk, order, "measured")
        desk.commit()
        step(kernel, 2)
        if len(durable) == count:
            return durable, sent
    raise SystemExit("nothing can be opened")


def stamp(stamps: list[float]) -> None:
    """Note when everything before is durable: effects run after the commit, in the order in which they were asked."""
    stamps.append(time.perf_counter())


def step(kernel: Kernel, seconds: int) -> None:
    """Let market time pass, and everything in it happen."""
    until = kernel.desk.now + dt.timedelta(seconds=seconds)
    kernel.run(until)
    kernel.desk.clock.advance_to(until)


def candidates(kernel: Kernel) -> Iterator[Candidate]:
    """Condors that the gate admits now."""
    desk = kernel.desk
    for module_id, chain, structure in shapes(desk.market, desk.now, first=POSITIONS):
        candidate = ticket_candidate(desk, module_id, structure, 1, 0, 0, chain.symbol)
        candidate = repriced(kernel, candidate)
        if candidate.net_price < 0 and not gate(desk, candidate):
            yield candidate


def repriced(kernel: Kernel, candidate: Candidate) -> Candidate:
    """At mid, where nothing fills."""
    desk, structure = kernel.desk, candidate.structure
    quote = package_quote(structure.legs, desk.quotes_of(structure.legs), OrderPurpose.OPEN)
    mid = 0 if quote is None else to_tick(quote.mid)
    return ticket_candidate(desk, candidate.module_id, structure, 1, mid, mid, "measured")


# --- the book --------------------------------------------------------------------------------------------------------
def write_book(places: Places) -> None:
    """A ledger with fifty condors in each of four modules, at the prices of the simulated market's first minute."""
    feed, market = SimulatedFeed(SEED), MarketStore()
    now = feed.first_at
    for update in feed.read(now):
        market.apply(update)
    ledger = Ledger(SqliteStore(places.ledger))
    name = f"simulated market of {len(feed.symbols)} names, seed {SEED}, quotes a minute"
    ledger.record(
        now,
        ev.MindfolioCreated(
            specification(), Environment.SIMULATED, name, SEED,
            limits(), defaults.costs(), defaults.waivers(Environment.SIMULATED),
        ),
    )  # fmt: skip
    for module_id, _, structure in itertools.islice(shapes(market, now), len(MODULES) * POSITIONS):
        write_position(ledger, market, now, module_id, structure)
    ledger.commit()
    ledger.close()


def write_position(ledger: Ledger, market: MarketStore, now: dt.datetime, module_id: str, structure: Structure) -> None:
    """One order and its whole fill, every leg at its mid."""
    book = ledger.book
    mids = [(quote.mid or 0) if (quote := market.quote(leg.contract)) else 0 for leg in structure.legs]
    net = sum(leg.ratio * mid for leg, mid in zip(structure.legs, mids, strict=True))
    puts = [leg.contract.strike for leg in structure.legs if leg.contract.right is Right.PUT]
    used: Money = (max(puts) - min(puts)) * 100 + net * 100
    order = Order(
        book.next_order_id, module_id, book.next_position_id, OrderPurpose.OPEN, structure, 1, net, net,
        max(0, used), now, "benchmark",
    )  # fmt: skip
    ledger.record(now, ev.OrderIntended(order))
    ledger.record(now, ev.OrderSubmitted(order.order_id))
    ledger.record(now, ev.OrderAccepted(order.order_id))
    ledger.record(now, ev.OrderFilled(order.order_id, 1, 1, net, tuple(mids), dollars("2.40"), used=max(0, used)))


def shapes(market: MarketStore, now: dt.datetime, first: int = 0) -> Iterator[tuple[str, Chain, Structure]]:
    """Condors around the spot, turn by turn for each module and symbol; the `first` of each module left out."""
    chains = [market.chains()[symbol] for symbol in sorted(market.chains())]
    wheels = [list(condors(chain, now)) for chain in chains]
    turns = itertools.chain.from_iterable(itertools.zip_longest(*wheels))
    every = [(chain, structure) for each in turns if each is not None for chain, structure in [each]]
    size = len(MODULES)
    for number, (chain, structure) in enumerate(every):
        if number // size >= first:
            yield MODULES[number % size], chain, structure


def condors(chain: Chain, now: dt.datetime) -> Iterator[tuple[Chain, Structure]]:
    """Condors one step wide: shorts on even ranks, longs on odd ones, so that no two modules meet in a contract."""
    ordinals, _, strikes = decode_keys(chain.key)
    for day in np.unique(ordinals).tolist():
        expiration = dt.date.fromordinal(day)
        if not DAYS[0] <= days_to_expiry(now, expiration) <= DAYS[1]:
            continue
        row = np.unique(strikes[ordinals == day])
        middle = int(np.searchsorted(row, chain.spot * 10_000)) // 2 * 2
        for below, above in itertools.product(range(2, 13, 2), repeat=2):
            if middle - below - 1 < 0 or middle + above + 1 >= row.size:
                continue
            picked = [int(row[at]) for at in (middle - below - 1, middle - below, middle + above, middle + above + 1)]
            signs = ((1, Right.PUT), (-1, Right.PUT), (-1, Right.CALL), (1, Right.CALL))
            legs = tuple(
                Leg(OptionContract(chain.symbol, expiration, strike, right), ratio)
                for strike, (ratio, right) in zip(picked, signs, strict=True)
            )
            yield chain, Structure(StructureKind.IRON_CONDOR, legs)


def specification() -> MindfolioSpec:
    """Four modules that decide by themselves nothing, and have room; no event stands before SPY's next expirations."""
    each = ModuleLimits(max_risk_per_trade=dollars(50_000), daily_loss_limit=dollars(500_000))
    modules = tuple(
        ModuleSpec(
            module_id, ModuleKind.IV_SERVICE, module_id, each, autotrade=False, universe=("SPY",),
            structures=(StructureKind.IRON_CONDOR,),
        )
        for module_id in MODULES
    )  # fmt: skip
    budget = dollars(1_000_000)
    return MindfolioSpec(
        "benchmark", 5 * budget, dict.fromkeys(MODULES, budget), budget, modules,
        account_limits=AccountLimits(day_loss=None, drawdown_pct=None),
    )  # fmt: skip


def limits() -> GateLimits:
    """Those of the simulated market, with room for what is measured."""
    return GateLimits(
        max_quote_age=dt.timedelta(minutes=2), max_positions_per_symbol=1_000, max_symbol_share_pct=100,
        max_orders_per_minute=10_000, max_orders_per_day=1_000_000,
    )  # fmt: skip


if __name__ == "__main__":
    main()
