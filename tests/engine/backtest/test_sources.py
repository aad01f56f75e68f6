"""The sessions of the simulated market's past and of recordings: what they hold, and that they never look ahead."""

import datetime as dt
import gc
import weakref
from pathlib import Path

import numpy as np
import pytest

from engine.backtest.shelf import Shelf
from engine.backtest.source import MarketDay
from engine.backtest.sources import SimulatedChains, source_for
from engine.core.calendar import session_on
from engine.domain.ports import ChainUpdate
from engine.market.simulated.feed import SimulatedFeed
from engine.market.simulated.history import SimulatedHistory
from engine.modules.board import board_of, days_listed
from tests.recordings import falling_volatility, record_market

FIRST, LAST = dt.date(2025, 6, 2), dt.date(2025, 6, 13)


@pytest.fixture(scope="module")
def history() -> SimulatedHistory:
    return SimulatedFeed(1).history()


@pytest.fixture(scope="module")
def source(history: SimulatedHistory) -> SimulatedChains:
    return SimulatedChains(history)


def test_a_simulated_session_is_its_market_a_minute_before_the_close(
    source: SimulatedChains, history: SimulatedHistory
) -> None:
    days = source.days("KO", FIRST, LAST)

    assert len(days) == 10
    for day in days:
        session = session_on(day.day)
        assert session is not None
        assert day.now == session.closes - dt.timedelta(minutes=1) == day.chain.at
        quoted = history.end_of_day("KO", day.day)
        assert quoted is not None
        place = np.searchsorted(quoted.key, day.chain.key)
        for name in ("key", "bid", "ask", "open_interest"):
            assert np.array_equal(getattr(quoted, name)[place], getattr(day.chain, name), equal_nan=True)
        assert day.chain.spot == quoted.spot


def test_settlement_and_past_are_the_closes_of_the_bars(source: SimulatedChains, history: SimulatedHistory) -> None:
    days = source.days("NVDA", FIRST, LAST)
    bars = history.daily_bars(dt.datetime(2025, 6, 14, tzinfo=dt.UTC))
    column = sorted(SimulatedFeed(1).symbols).index("NVDA")
    traded = dict(zip(bars.day.tolist(), bars.close[:, column].tolist(), strict=True))

    for day in days:
        assert day.settlement == round(traded[day.day.toordinal()] * 10_000)
        assert day.past.day[-1] < day.day.toordinal()
        assert day.past.close[-1] == pytest.approx(traded[int(day.past.day[-1])])


def test_chains_come_with_their_values(source: SimulatedChains) -> None:
    day = source.days("KO", FIRST, LAST)[0]
    dte = days_listed(day.chain, day.now, 30, 45)[0]

    one = board_of(day.chain, day.day.toordinal() + dte, day.now, 0.04)
    other = board_of(day.chain, day.day.toordinal() + 7, day.now, 0.04)

    assert one.values is other.values, "one pass for all expirations, not one for each"
    assert one.is_usable.any()


def test_dividends_are_paid_on_their_day_and_announced_before(source: SimulatedChains) -> None:
    days = source.days("KO", dt.date(2025, 1, 6), dt.date(2025, 6, 30))
    paid = [(number, day) for number, day in enumerate(days) if day.dividend]

    assert paid
    for number, day in paid:
        eve = days[number - 1]
        assert eve.next_dividend is not None
        assert eve.next_dividend == pytest.approx(day.dividend, rel=0.01)
        assert any(each.day == day.day for each in eve.outlook.happenings)


def test_a_longer_range_is_the_same_sessions_and_more(history: SimulatedHistory, source: SimulatedChains) -> None:
    whole = source.days("KO", FIRST, LAST)
    parts = SimulatedChains(history)
    parts.days("KO", FIRST + dt.timedelta(days=3), FIRST + dt.timedelta(days=7))
    pieced = parts.days("KO", FIRST, LAST)

    assert [same(one, other) for one, other in zip(whole, pieced, strict=True)] == [True] * 10


def test_an_unknown_symbol_has_no_sessions(source: SimulatedChains) -> None:
    assert source.days("NOPE", FIRST, LAST) == ()
    assert source.label("NOPE", FIRST, LAST) == "end-of-day chains of the simulated market (0 of 10 sessions)"


def test_the_fingerprint_changes_with_the_market_and_its_last_session(source: SimulatedChains) -> None:
    monday = source.fingerprint("KO", dt.date(2025, 6, 9))

    assert monday == source.fingerprint("KO", dt.date(2025, 6, 8)), "nothing was traded on Sunday"
    assert monday != source.fingerprint("KO", dt.date(2025, 6, 10))
    assert monday != source.fingerprint("PEP", dt.date(2025, 6, 9))
    assert monday != SimulatedChains(SimulatedFeed(2).history()).fingerprint("KO", dt.date(2025, 6, 9))
    assert monday != SimulatedChains(SimulatedFeed(1, fair=True).history()).fingerprint("KO", dt.date(2025, 6, 9))


def test_what_the_shelf_lets_go_of_is_gone_with_its_values(history: SimulatedHistory) -> None:
    source = SimulatedChains(history, shelf=Shelf(room=1))
    chain = weakref.ref(source.days("KO", FIRST, FIRST)[0].chain)
    assert chain() is not None

    source.days("PFE", FIRST, FIRST)
    gc.collect()

    assert chain() is None


class Perturbed(SimulatedHistory):
    """A history whose quotes, closes, volatilities and payments after a day are other ones."""

    def __init__(self, seed: int, day: dt.date) -> None:
        super().__init__(SimulatedFeed(seed)._market)
        self._after = day

    def end_of_day(self, symbol: str, day: dt.date) -> ChainUpdate | None:
        found = super().end_of_day(symbol, day)
        if found is None or day <= self._after:
            return found
        return ChainUpdate(
            found.symbol, found.at, found.spot * 1.3, found.key, found.bid / 2, found.ask, found.volume, found.volume
        )

    def closes(self, now: dt.datetime) -> tuple[np.ndarray, np.ndarray]:
        days, close = super().closes(now)
        return days, np.where((days > self._after.toordinal())[:, np.newaxis], close * 1.3, close)

    def month_volatility(self, now: dt.datetime) -> tuple[np.ndarray, np.ndarray]:
        days, found = super().month_volatility(now)
        return days, np.where((days > self._after.toordinal())[:, np.newaxis], found * 3, found)


@pytest.mark.parametrize("offset", [0, 3, 7])
def test_nothing_after_a_day_enters_it(source: SimulatedChains, offset: int) -> None:
    day = FIRST + dt.timedelta(days=offset)
    here = source.days("KO", FIRST, LAST)
    there = SimulatedChains(Perturbed(1, day)).days("KO", FIRST, LAST)

    told = [same(one, other) for one, other in zip(here, there, strict=True)]
    expected = [one.day <= day for one in here]
    assert told == expected


def same(one: MarketDay, other: MarketDay) -> bool:
    """Whether two sessions tell the same, their chains' values included."""
    boards = [board_of(each.chain, 0, each.now, 0.04).values for each in (one, other)]
    pairs = [(getattr(one.chain, name), getattr(other.chain, name)) for name in ("key", "bid", "ask", "open_interest")]
    pairs += [(getattr(boards[0], name), getattr(boards[1], name)) for name in ("iv", "delta", "status", "mid")]
    pairs += [(one.past.day, other.past.day), (one.past.close, other.past.close)]
    plain = ("day", "now", "settlement", "iv_rank", "outlook", "dividend", "next_dividend", "split")
    return all(getattr(one, name) == getattr(other, name) for name in plain) and all(
        np.array_equal(mine, theirs, equal_nan=True) for mine, theirs in pairs
    )


def test_recorded_sessions_are_the_last_snapshots_of_their_days(tmp_path: Path) -> None:
    updates = falling_volatility()
    root = record_market(tmp_path, updates) / "history"
    source = source_for(root)
    last: dict[dt.date, ChainUpdate] = {update.at.date(): update for update in updates}

    days = source.days("SPY", dt.date(2026, 3, 16), dt.date(2026, 3, 20))

    assert [day.now for day in days] == [update.at for update in last.values()]
    assert [day.chain.spot for day in days] == [update.spot for update in last.values()]
    label = source.label("SPY", dt.date(2026, 3, 16), dt.date(2026, 3, 20))
    assert label == f"recorded chains ({len(days)} of 5 sessions)"
    assert source.fingerprint("SPY", dt.date(2026, 3, 17)) != source.fingerprint("SPY", dt.date(2026, 3, 18))
