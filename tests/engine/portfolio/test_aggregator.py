"""Snapshots made from what moved alone: always the very same as one made of everything."""

import datetime as dt
import gc
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from weakref import ref

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.analytics.black_scholes import european
from engine.core.calendar import years_to_expiry
from engine.core.clock import epoch_us
from engine.core.money import UNIT, dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.chain import Chain
from engine.domain.contract_keys import contract_keys, decode_keys
from engine.domain.mindfolio import ModuleStatus
from engine.domain.scan import Past
from engine.domain.snapshot import MarketView, MindfolioSnapshot
from engine.domain.structure import shares_of
from engine.portfolio.aggregate import Aggregator, Background, aggregate
from tests.builders import ALPHA, APRIL, BETA, MAY, NOW, Clerk, approval, condor, module_spec

RATE = 0.04
SYMBOLS = ("SPY", "SPX", "XSP")
SECTORS = {"SPY": "Broad Market", "SPX": "Broad Market"}


def closes(seed: int) -> dict[str, Past]:
    """100 closes of each symbol but XSP, which has 20."""
    random = np.random.default_rng(seed)
    days = np.arange(NOW.toordinal() - 100, NOW.toordinal())
    index = random.normal(0, 0.01, days.size)
    return {
        symbol: Past(days[-count:], 100 * np.exp(np.cumsum(beta * index + random.normal(0, 0.01, days.size))[-count:]))
        for symbol, beta, count in (("SPY", 1.0, 100), ("SPX", 1.5, 100), ("XSP", 1.0, 20))
    }


def index_chain(symbol: str, spot: float) -> Chain:
    """Options that cannot be exercised early, at a volatility of 25 %: quick to value."""
    strikes = np.arange(230, 291, 10, dtype=np.int64) * UNIT
    blocks = [
        contract_keys(np.full(strikes.size, day.toordinal(), dtype=np.int64), np.full(strikes.size, is_put), strikes)
        for day in (APRIL, MAY)
        for is_put in (False, True)
    ]
    key = np.concatenate(blocks)
    ordinals, is_put, strike = decode_keys(key)
    years = np.array([years_to_expiry(NOW, dt.date.fromordinal(day)) for day in ordinals.tolist()])
    mid = european(spot, spot * np.exp(RATE * years), strike / UNIT, years, RATE, 0.25, is_put).price
    some = np.full(key.size, 1000.0)
    stamps = np.full(key.size, epoch_us(NOW), dtype=np.int64)
    return Chain(symbol, 1, NOW, spot, NOW, key, np.maximum(mid - 0.05, 0.0), mid + 0.05, some, some, stamps)


@pytest.fixture(scope="module")
def quoted() -> dict[str, tuple[Chain, ...]]:
    """Two chains of each symbol, apart in price."""
    return {symbol: tuple(index_chain(symbol, spot) for spot in (258.0, 262.0)) for symbol in SYMBOLS}


@dataclass
class World:
    """A ledger and a market that things happen to, and an aggregator that watches."""

    quoted: dict[str, tuple[Chain, ...]]
    clerk: Clerk = field(default_factory=Clerk)
    chains: dict[str, Chain] = field(default_factory=dict)
    now: dt.datetime = NOW
    background: Background = field(default_factory=lambda: Background(closes(1), SECTORS))
    keeper: Aggregator = field(default_factory=Aggregator)

    def tick(self, symbol: str, which: int) -> None:
        """A new chain of one symbol; the others stay the same objects."""
        self.chains = {**self.chains, symbol: replace(self.quoted[symbol][which])}

    def drop(self, symbol: str) -> None:
        """No quotes of a symbol any more."""
        self.chains = {key: chain for key, chain in self.chains.items() if key != symbol}

    def blind(self, symbol: str) -> None:
        """A chain without any row."""
        chain, none, stamps = self.quoted[symbol][0], np.zeros(0), np.zeros(0, dtype=np.int64)
        empty = Chain(symbol, 1, NOW, chain.spot, NOW, stamps, none, none, none, none, stamps)
        self.chains = {**self.chains, symbol: empty}

    def open(self, symbol: str, module_id: str) -> None:
        """A condor, of May where there is one of April already."""
        count = len(self.clerk.ledger.book.positions)
        shape = condor(symbol=symbol) if count % 2 else condor(symbol=symbol, expiration=MAY)
        self.clerk.open("-1.20", module_id=module_id, structure=shape)

    def buy(self, symbol: str) -> None:
        """100 shares."""
        self.clerk.open("260", structure=shares_of(symbol), quantity=100)

    def close(self, place: int) -> None:
        """One of the condors."""
        held = [
            each for each in self.clerk.ledger.book.positions.values() if each.structure.legs and not each.closed_at
        ]
        held = [each for each in held if each.module_id != EXTERNAL]
        if held:
            self.clerk.close(held[place % len(held)].position_id, "0.55")

    def mark(self, place: int, amount: int) -> None:
        """A position marked anew."""
        held = list(self.clerk.ledger.book.positions)
        if held:
            self.clerk.mark(**{held[place % len(held)]: str(-amount)})

    def move(self, place: int) -> None:
        """A position goes over to EXTERNAL."""
        held = [each for each in self.clerk.ledger.book.positions.values() if each.module_id != EXTERNAL]
        if held:
            self.clerk.record(ev.PositionMoved(held[place % len(held)].position_id, EXTERNAL, "user", "test"))

    def add(self) -> None:
        """One more module, once."""
        if "gamma" not in self.clerk.ledger.book.modules:
            self.clerk.record(ev.ModuleAdded(module_spec("gamma"), "user", "test"))

    def ask(self) -> None:
        """An approval, a scan, a pause."""
        made = self.clerk.ledger.book.approvals_made + 1
        self.clerk.record(ev.ApprovalRequested(approval(f"A{made:06d}")))
        self.clerk.record(ev.ScanCompleted(BETA, 1, 4, 1, 0, 3, "00"))
        self.clerk.record(ev.ModuleStatusChanged(ALPHA, ModuleStatus.PAUSED, "user", "test"))

    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.now += dt.timedelta(seconds=seconds)

    def learn(self, seed: int) -> None:
        """Other closes, and another table of sectors."""
        self.background = Background(closes(seed), dict(SECTORS))

    def both(self) -> tuple[MindfolioSnapshot, MindfolioSnapshot]:
        """The snapshot by the one who watches, and the one made of everything."""
        market = MarketView(self.now, self.now.date(), is_open=True, next_open=None, speed=1.0)
        book = self.clerk.ledger.book
        kept = self.keeper.snapshot(book, self.chains, market, RATE, self.background)
        return kept, aggregate(book, self.chains, market, RATE, self.background)


SYMBOL, PLACE = st.sampled_from(SYMBOLS[1:]), st.integers(0, 5)
STEPS: st.SearchStrategy[Callable[[World], None]] = st.one_of(
    st.builds(lambda which: lambda world: world.tick("SPY", which), st.integers(0, 1)),
    st.builds(lambda symbol, which: lambda world: world.tick(symbol, which), SYMBOL, st.integers(0, 1)),
    st.builds(lambda symbol: lambda world: world.drop(symbol), SYMBOL),
    st.builds(lambda symbol: lambda world: world.blind(symbol), SYMBOL),
    st.builds(lambda symbol, module: lambda world: world.open(symbol, module), SYMBOL, st.sampled_from([ALPHA, BETA])),
    st.builds(lambda symbol: lambda world: world.buy(symbol), SYMBOL),
    st.builds(lambda place: lambda world: world.close(place), PLACE),
    st.builds(lambda place, amount: lambda world: world.mark(place, amount), PLACE, st.integers(1, 900)),
    st.builds(lambda place: lambda world: world.move(place), PLACE),
    st.just(lambda world: world.add()),
    st.just(lambda world: world.ask()),
    st.builds(lambda seconds: lambda world: world.wait(seconds), st.sampled_from([1, 59, 3600, 86_400])),
    st.builds(lambda seed: lambda world: world.learn(seed), st.integers(1, 3)),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=1, max_size=12))
def test_what_is_made_from_changes_is_what_is_made_from_everything(
    quoted: dict[str, tuple[Chain, ...]], steps: list[Callable[[World], None]]
) -> None:
    world = World(quoted)
    for step in [lambda world: world.tick("SPX", 0), lambda world: world.open("SPX", ALPHA), *steps]:
        step(world)
        kept, whole = world.both()
        assert kept == whole


def test_a_tick_leaves_the_views_of_other_symbols_and_modules_as_they_are(
    quoted: dict[str, tuple[Chain, ...]],
) -> None:
    world = World(quoted)
    world.open("SPX", ALPHA)
    world.open("XSP", BETA)
    for symbol in SYMBOLS:
        world.tick(symbol, 0)
    before, _ = world.both()
    world.tick("XSP", 1)
    after, _ = world.both()
    assert after.modules[0] is before.modules[0]
    assert after.modules[1].greeks != before.modules[1].greeks
    assert after.comovement is before.comovement
    again, _ = world.both()
    assert all(one is other for one, other in zip(again.modules, after.modules, strict=True))


def test_a_book_read_back_after_a_failed_commit_is_another_book(quoted: dict[str, tuple[Chain, ...]]) -> None:
    world = World(quoted)
    world.open("SPX", ALPHA)
    world.tick("SPX", 0)
    first, _ = world.both()
    world.clerk = Clerk()  # as many events of another history
    while world.clerk.ledger.book.seq < first.seq:
        world.ask()
    kept, whole = world.both()
    assert kept == whole
    assert kept.positions == 0


def test_what_is_no_longer_needed_is_not_kept(quoted: dict[str, tuple[Chain, ...]]) -> None:
    world = World(quoted)
    world.open("SPX", ALPHA)
    world.open("XSP", BETA)
    market = MarketView(NOW, NOW.date(), is_open=True, next_open=None, speed=1.0)

    shown = []
    for number in range(90):
        world.tick(("SPX", "XSP")[number % 2], number // 2 % 2)
        shown += [ref(chain) for chain in world.chains.values()]
        world.keeper.snapshot(world.clerk.ledger.book, world.chains, market, RATE, world.background)
    gc.collect()
    alive = {id(chain) for each in shown if (chain := each()) is not None}
    assert len(alive) <= 64  # the newest values of so many chains are kept for who else asks


def test_what_is_external_is_weighed_and_in_no_sum(quoted: dict[str, tuple[Chain, ...]]) -> None:
    world = World(quoted)
    world.tick("SPX", 0)
    world.buy("SPX")
    mine, _ = world.both()
    assert mine.weighted.dollar_delta == dollars(25_800)
    assert mine.liquidation is not None
    world.move(0)
    after, _ = world.both()
    assert (after.weighted.dollar_delta, after.positions, after.liquidation) == (0, 0, after.cash)
    assert [(row.name, row.power) for row in after.concentrations] == [("SPX", dollars(25_800))]
    assert [row.name for row in after.sectors] == ["Broad Market"]
