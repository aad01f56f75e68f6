"""GOOG's real minutes of 24 December 2015, traded: a put, a straddle and its hedges checked by hand.

The recording has no open interest, so that with the defaults the gate refuses every trade; and half of $10,000 does not
pay for hedges in a share of $750. Here every contract has 1,000 of open interest made up, the modules have $100,000
each, a score of 85 is given, and the hedging band is 3 shares instead of 15. Quotes of a minute are known at its end:
they were read in the file by eye.
"""

import datetime as dt
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.core.calendar import years_to_expiry
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Parameter
from engine.domain.order import Order
from engine.domain.scan import Score
from engine.domain.structure import StructureKind
from engine.market.events import read_calendar
from engine.market.history import HistoryStore
from engine.market.pasts import read_closes
from engine.market.replay import ReplayFeed
from tests.golden.conftest import all_of
from tests.golden.runs import GoldenRun
from tests.golden.test_gamma_replay import by_another_program
from tests.golden.test_sell_puts_replay import closed
from tests.trader_days.day import GATE, Day, at, mindfolio

DAY = dt.date(2015, 12, 24)
PUTS, GAMMA = ModuleKind.SELL_PUTS_ENGINE, ModuleKind.GAMMA_SCALPER


@dataclass(frozen=True)
class Outcome:
    """What was ordered and filled, and the shares that are held at the end by position."""

    orders: list[Order]
    fills: dict[str, ev.OrderFilled]
    held: dict[str, Any]


def spec(kind: ModuleKind, *kinds: StructureKind, **parameters: Parameter) -> ModuleSpec:
    limits = ModuleLimits(dollars(10_000), dollars(100_000))
    return ModuleSpec(kind.value, kind, kind.value, limits, True, ("GOOG",), kinds, parameters=parameters)


@pytest.fixture(scope="module")
def outcome(goog_minutes: GoldenRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """The half session by the minute, with the real kernel and paper broker."""
    history = HistoryStore(goog_minutes.places.history)
    ticks = [
        replace(tick, open_interest=np.full(tick.key.size, 1000.0))
        for tick in all_of(ReplayFeed(history))
        if tick.at.date() == DAY
    ]
    stocks = (StructureKind.LONG_STOCK, StructureKind.SHORT_STOCK)
    modules = (
        spec(PUTS, StructureKind.SHORT_PUT, symbol_share_pct=100, max_contracts=1),
        spec(GAMMA, StructureKind.LONG_STRADDLE, *stocks, max_contracts=1, hedge_band=3.0, min_hedge=2),
    )
    owner = mindfolio([(module, "100000") for module in modules], capital="300000")
    day = Day(tmp_path_factory.mktemp("goog-traded"), owner, ticks, gate=GATE)
    closes = read_closes(history.root, "GOOG", read_calendar(history.root))
    day.desk.pasts_on = lambda today: {"GOOG": closes.before(today.toordinal())}
    day.desk.scores_on = lambda _day: {"GOOG": Score(85.0, dt.date(2015, 12, 1), "desk")}
    day.until(at(DAY, "13:00"))
    yield Outcome(
        [event.order for event in day.events(ev.OrderIntended) if isinstance(event, ev.OrderIntended)],
        {event.order_id: event for event in day.events(ev.OrderFilled) if isinstance(event, ev.OrderFilled)},
        {key: each.shares for key, each in day.book.positions.items()},
    )
    closed(day)


def test_the_first_scan_sells_a_put_and_buys_a_straddle(outcome: Outcome) -> None:
    put, straddle = outcome.orders[:2]
    assert put.created_at == straddle.created_at == at(DAY, "09:31")
    # 10.90 to 12.40: mid 11.65, and 60 % of the way to the bid 11.20.
    assert [leg.contract.occ for leg in put.structure.legs] == ["GOOG160129P00705000"]
    assert (put.limit, put.worst) == (dollars("-11.65"), dollars("-11.20"))
    # Put 13.50 to 14.60 and call 12.90 to 14.20: mid 27.60, natural 28.80, and 28.32 at 60 %.
    assert [leg.contract.occ for leg in straddle.structure.legs] == ["GOOG160115P00750000", "GOOG160115C00750000"]
    assert (straddle.limit, straddle.worst) == (dollars("27.60"), dollars("28.32"))
    for order in (put, straddle):
        assert order.limit <= outcome.fills[order.order_id].net_price <= order.worst


HEDGES = (
    # When, the straddle's put and call then, GOOG's price by parity, its shares before, and those ordered.
    ("09:37", (13.10, 13.80), (13.60, 14.50), "750.20", 0, -3),
    ("09:43", (14.20, 15.30), (12.40, 13.30), "748.15", -3, 6),
)


def test_its_delta_is_taken_back_six_times_and_the_moves_earn_what_the_prices_say(outcome: Outcome) -> None:
    hedges = outcome.orders[2:]
    assert [(order.structure.kind.value, order.quantity) for order in hedges] == [
        ("Short Stock", 3), ("Short Stock", 3), ("Short Stock", 4), ("Short Stock", 4), ("Short Stock", 3),
        ("Short Stock", 3),
    ]  # fmt: skip
    prices = [abs(outcome.fills[order.order_id].net_price) for order in hedges]
    # Sold at 750.18, 750.45 and 750.38, bought back at 748.17, 748.65 and 748.05: 3 x 2.01 + 4 x 1.80 + 3 x 2.33.
    earned = sum(
        order.quantity * (sold - bought)
        for order, sold, bought in zip(hedges[::2], prices[::2], prices[1::2], strict=True)
    )
    assert earned == pytest.approx(dollars("20.22"), abs=dollars("0.30"))
    assert set(outcome.held.values()) == {0}, "what was sold short is bought back before any is bought"
    # No hedge follows another within five minutes.
    times = [order.created_at for order in hedges]
    assert all(after - before >= dt.timedelta(minutes=5) for before, after in pairwise(times))


@pytest.mark.parametrize(("clock", "put", "call", "spot", "shares", "ordered"), HEDGES, ids=["first", "second"])
def test_a_hedge_by_another_program(
    outcome: Outcome, clock: str, put: tuple[float, float], call: tuple[float, float], spot: str, shares: int,
    ordered: int,
) -> None:  # fmt: skip
    (order,) = [each for each in outcome.orders if each.created_at == at(DAY, clock)]
    years = years_to_expiry(order.created_at, dt.date(2016, 1, 15))
    _, delta = by_another_program(put, call, float(spot), 750, years)
    total = 100 * delta + shares
    assert abs(total) > 3
    assert -total == pytest.approx(ordered, abs=0.8)
    assert f"{ordered:+d} at {spot}" in order.why


QUOTES = (
    # The minute that begins then, contract, and bid and ask at its end.
    ("09:30", "put_7050000_20160129", 10.90, 12.40),
    ("09:30", "put_7500000_20160115", 13.50, 14.60),
    ("09:30", "call_7500000_20160115", 12.90, 14.20),
    ("09:36", "put_7500000_20160115", 13.10, 13.80),
    ("09:36", "call_7500000_20160115", 13.60, 14.50),
    ("09:42", "put_7500000_20160115", 14.20, 15.30),
    ("09:42", "call_7500000_20160115", 12.40, 13.30),
)


def test_the_hand_copied_quotes_are_the_recordings(shared_dir: Path) -> None:
    file = shared_dir / "data" / "chains" / "lean_minute" / "goog_20151224_quote_american.zip"
    with zipfile.ZipFile(file) as archive:
        for clock, contract, bid, ask in QUOTES:
            begins = dt.time.fromisoformat(clock)
            stamp = f"{(begins.hour * 60 + begins.minute) * 60_000},"
            rows = archive.read(f"20151224_goog_minute_quote_american_{contract}.csv").decode().splitlines()
            (cells,) = (row.split(",") for row in rows if row.startswith(stamp))
            assert (int(cells[4]) / 10_000, int(cells[9]) / 10_000) == (bid, ask)
