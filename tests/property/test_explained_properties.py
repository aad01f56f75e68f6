"""Whatever happens, in whatever order: the parts that explain a P&L add up to the ledger's, module by module, exactly.

The random lives of `test_ledger_properties`, watched. Quotes have nothing to do with the prices of the fills, and are
missing now and then: what they say may be nonsense, the sums may not. The ordinary run is a few lives of 40 steps;
`uv run pytest tests/property/test_explained_properties.py --lives 1000` is the full figure.
"""

import datetime as dt
import random
from collections import defaultdict
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.chain import Chain
from engine.domain.explained import PnlParts
from engine.domain.position import Position
from engine.market.store import MarketStore
from engine.portfolio.explained import Point, point
from engine.portfolio.pnl_watch import Market, PnlWatch
from tests.builders import APRIL, MAY, NOW
from tests.fakes import chain_update
from tests.property.ledger_life import JUNE
from tests.property.test_ledger_properties import Life

RATE = 0.04


@lru_cache
def quoted(spot: float, volatility: float) -> dict[str, Chain]:
    """Quotes of all that lives here is about."""
    store, strikes = MarketStore(), (200.0, 300.0, 5.0)
    days = (APRIL, MAY, JUNE)
    store.apply(chain_update(NOW, spot, symbol="TSLA", expirations=days, volatility=volatility, strikes=strikes))
    return dict(store.chains())


class WatchedLife(Life):
    """A life with a watch beside it, in a market that moves at random."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = random.Random(7)
        self.watch = PnlWatch(interval=dt.timedelta(seconds=20))
        self.base = {module_id: self.book.pnl(module_id) for module_id in ("", *self.book.module_ids)}
        self.chains: dict[str, Chain] = {}
        self.seen: defaultdict[str, PnlParts] = defaultdict(PnlParts)
        record = self.clerk.record
        self.moves = [quoted(spot, volatility) for spot, volatility in ((250, 0.3), (262, 0.25))]

        def watched(event: ev.Event) -> None:
            before = self.watch.before(self.book, event)
            record(event)
            if self.chance.random() < 0.3:
                self.chains = self.chance.choice([*self.moves, {}])
            self.watch.after(before, self.book, event, self.market)

        self.clerk.record = watched  # type: ignore[method-assign]

    @property
    def market(self) -> Market:
        return Market(self.clerk.at, self.chains, RATE, self.mid)

    def mid(self, position: Position) -> Money | None:
        """A mid of its own for each position and instant, or none."""
        cents = hash((position.position_id, position.quantity, self.clerk.at.second)) % 500
        return None if cents < 100 else cents * position.quantity * 10_000

    @invariant()
    def the_parts_are_the_pnl(self) -> None:
        open_since: defaultdict[str, Money] = defaultdict(int)
        for position in self.book.positions.values():
            if position.module_id != EXTERNAL:
                value = self.watch.anchors[position.position_id].value
                open_since[position.module_id] += self.book.marks[position.position_id] - value
        for module_id in ("", *self.book.module_ids):
            told = (self.seen[module_id] + self.watch.modules.get(module_id, PnlParts())).total
            assert told + open_since[module_id] == self.book.pnl(module_id) - self.base.get(module_id, 0), module_id

    def teardown(self) -> None:
        """The session ends: nothing is left open, and what was said of positions is in what was said of modules."""
        self.watch.finish(self.book, self.market)
        modules, positions = self.watch.take()
        by_module: defaultdict[str, PnlParts] = defaultdict(PnlParts)
        for each in positions:
            by_module[each.module_id] += each.parts
        for module_id in ("", *self.book.module_ids):
            parts = modules.get(module_id, PnlParts())
            assert parts.total == self.book.pnl(module_id) - self.base.get(module_id, 0)
            assert parts.unwatched == 0
            theirs, mine = by_module[module_id], parts
            assert (theirs.delta, theirs.edge, theirs.residual) == (mine.delta, mine.edge, mine.residual)
        super().teardown()


@pytest.mark.timeout(3600)
def test_the_parts_of_a_random_life_add_up_to_its_pnl(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    @lru_cache(maxsize=4096)
    def seen(chain: Chain, keys: tuple[int, ...]) -> Point:
        return point(chain, keys, NOW, RATE)

    # The same few chains again and again: what they say is worked out once, whatever the second.
    monkeypatch.setattr("engine.portfolio.pnl_watch.point", lambda chain, keys, *_: seen(chain, tuple(keys)))
    lives = int(request.config.getoption("--lives"))
    run_state_machine_as_test(
        WatchedLife,
        settings=settings(
            max_examples=lives, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        ),
    )
