"""The sessions of the simulated market's past and of recordings: what they hold, and that they never look ahead."""

import datetime as dt
import gc
import weakref
from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engine.backtest.shelf import Shelf
from engine.backtest.source import MarketDay
from engine.backtest.sources import ModelledChains, SimulatedChains, source_for
from engine.core.calendar import session_on
from engine.domain.instrument import OptionContract, Right
from engine.domain.ports import ChainUpdate
from engine.market.bars import Adjustment
from engine.market.events import import_events
from engine.market.import_bars import import_table
from engine.market.simulated.feed import SimulatedFeed
from engine.market.simulated.history import SimulatedHistory
from engine.modules.board import board_of, days_listed
from tests.recordings import falling_volatility, record_market
from tests.spy_2021 import import_spy_2021

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


def test_a_longer_range_of_modelled_sessions_is_the_same_sessions_and_more(source: SimulatedChains) -> None:
    whole = ModelledChains(source).days("NVDA", FIRST, LAST)
    parts = ModelledChains(source)
    for day in (FIRST + dt.timedelta(days=8), FIRST + dt.timedelta(days=2)):
        parts.days("NVDA", day, day)

    assert len(whole) == 10
    assert all(same(one, other) for one, other in zip(whole, parts.days("NVDA", FIRST, LAST), strict=True))


def test_modelled_chains_are_near_those_of_the_market_that_they_are_made_from(source: SimulatedChains) -> None:
    modelled = ModelledChains(source)
    assert modelled.label("SPY", FIRST, LAST, 10) == "modelled from price and IV history (10 of 10 sessions)"
    for real, ours in zip(source.days("SPY", FIRST, LAST), modelled.days("SPY", FIRST, LAST), strict=True):
        assert ours.iv_rank.percent == pytest.approx(real.iv_rank.percent, abs=3)
        here, there = (board_of(each.chain, 0, each.now, 0.04).values for each in (real, ours))
        _, mine, theirs = np.intersect1d(real.chain.key, ours.chain.key, return_indices=True)
        delta = np.abs(here.delta[mine])
        both = here.valid[mine] & there.valid[theirs] & (delta > 0.1) & (delta < 0.4)
        assert np.count_nonzero(both) > 40
        assert np.abs(there.iv[theirs] - here.iv[mine])[both].mean() < 0.03


def test_names_read_together_are_those_read_alone(history: SimulatedHistory, source: SimulatedChains) -> None:
    together = SimulatedChains(history)

    together.read_together(("NVDA", "KO", "NOPE"), FIRST, LAST)

    for symbol in ("KO", "NVDA"):
        pairs = zip(source.days(symbol, FIRST, LAST), together.days(symbol, FIRST, LAST), strict=True)
        assert [same(one, other) for one, other in pairs] == [True] * 10
    assert together.days("NOPE", FIRST, LAST) == ()


def test_what_was_let_go_is_read_again_and_is_the_same(history: SimulatedHistory) -> None:
    first, last = dt.date(2025, 6, 23), dt.date(2025, 6, 30)  # with a dividend
    source = SimulatedChains(history, shelf=(shelf := Shelf()))
    before = source.days("XOM", first, last)

    source.let_go()

    assert shelf.get("XOM", tuple(each.day for each in before)) == ()
    # A walk goes on from the last session that it has seen: what a share has paid since is told all the same.
    assert any(each.dividend for each in before[1:])
    for seen, new in pairwise(before):
        source.let_go()
        assert same(source.days("XOM", seen.day, new.day)[-1], new)


def test_the_real_closes_of_2021_are_its_sessions(shared_dir: Path, tmp_path: Path) -> None:
    source = source_for(import_spy_2021(shared_dir, tmp_path).root)
    first, last = dt.date(2021, 1, 4), dt.date(2021, 12, 31)

    days = source.days("SPY", first, last)

    # The half day after Thanksgiving was stamped 15:59, when the market had closed.
    assert source.label("SPY", first, last, len(days)) == "recorded chains (251 of 252 sessions)"
    assert dt.date(2021, 11, 26) not in {day.day for day in days}
    monday = days[0]
    put = monday.chain.quote(OptionContract("SPY", dt.date(2021, 1, 29), 3_450_000, Right.PUT))
    assert (monday.day, monday.chain.spot, monday.settlement) == (first, 368.79, 3_687_900)
    assert put is not None
    assert (put.bid, put.ask, put.open_interest) == (27_600, 27_800, 48_199)
    values = board_of(monday.chain, 0, monday.now, 0.04).values
    row = monday.chain.row(OptionContract("SPY", dt.date(2021, 1, 29), 3_450_000, Right.PUT))
    # The vendor has 0.288 and -0.178 for it.
    assert row is not None
    assert values.iv[row] == pytest.approx(0.288, abs=0.02)
    assert values.delta[row] == pytest.approx(-0.178, abs=0.01)


def test_an_unknown_symbol_has_no_sessions(source: SimulatedChains) -> None:
    assert source.days("NOPE", FIRST, LAST) == ()
    assert ModelledChains(source).days("NOPE", FIRST, LAST) == ()
    assert source.label("NOPE", FIRST, LAST, 0) == "end-of-day chains of the simulated market (0 of 10 sessions)"


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

    def ends_of_day(self, symbols: Collection[str], day: dt.date) -> tuple[ChainUpdate, ...]:
        found = super().ends_of_day(symbols, day)
        return (
            found
            if day <= self._after
            else tuple(replace(each, bid=each.bid / 2, spot=each.spot * 1.3) for each in found)
        )

    def closes(self, now: dt.datetime) -> tuple[np.ndarray, np.ndarray]:
        days, close = super().closes(now)
        return days, np.where((days > self._after.toordinal())[:, np.newaxis], close * 1.3, close)

    def month_volatility(self, now: dt.datetime) -> tuple[np.ndarray, np.ndarray]:
        days, found = super().month_volatility(now)
        return days, np.where((days > self._after.toordinal())[:, np.newaxis], found * 3, found)


@pytest.mark.parametrize("offset", [0, 3, 7])
@pytest.mark.parametrize("modelled", [False, True])
def test_nothing_after_a_day_enters_it(source: SimulatedChains, offset: int, modelled: bool) -> None:
    day = FIRST + dt.timedelta(days=offset)
    other = SimulatedChains(Perturbed(1, day))
    here = (ModelledChains(source) if modelled else source).days("KO", FIRST, LAST)
    there = (ModelledChains(other) if modelled else other).days("KO", FIRST, LAST)

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
    label = source.label("SPY", dt.date(2026, 3, 16), dt.date(2026, 3, 20), len(days))
    assert label == f"recorded chains ({len(days)} of 5 sessions)"
    assert source.fingerprint("SPY", dt.date(2026, 3, 17)) != source.fingerprint("SPY", dt.date(2026, 3, 18))


def test_fewer_recorded_sessions_than_half_are_modelled_where_there_are_closes(tmp_path: Path) -> None:
    root = record_market(tmp_path, falling_volatility()) / "history"
    file = tmp_path / "SPY.csv"
    days = [day for day in (dt.date(2026, 1, 5) + dt.timedelta(days=each) for each in range(75)) if session_on(day)]
    rows = "".join(f"{day},100,101,100,{100 + number % 2},1\n" for number, day in enumerate(days))
    file.write_text(f"date,open,high,low,close,volume\n{rows}")
    import_table(file, root, adjustment=Adjustment.NONE)
    source = source_for(root)
    monday, friday = dt.date(2026, 3, 16), dt.date(2026, 3, 20)

    # Four sessions are recorded: of eight they are half, of nine they are less.
    assert source.label("SPY", dt.date(2026, 3, 10), dt.date(2026, 3, 19), 4).startswith("recorded chains (4 of 8")
    modelled = source.label("SPY", dt.date(2026, 3, 9), dt.date(2026, 3, 19), 9)
    assert modelled == "modelled from price history, at realised volatility (9 of 9 sessions)"
    found = source.days("SPY", dt.date(2026, 3, 9), dt.date(2026, 3, 19))
    assert [day.chain.spot for day in found][:2] == [100.0 + days.index(each.day) % 2 for each in found[:2]]
    assert len(source.days("SPY", monday, friday)) == 4
    assert source.days("PEP", monday, friday) == ()


def test_modelled_chains_over_adjusted_closes_know_of_no_split(tmp_path: Path) -> None:
    root, file, events = tmp_path / "history", tmp_path / "SPY.csv", tmp_path / "events.csv"
    days = [day for day in (dt.date(2026, 1, 5) + dt.timedelta(days=each) for each in range(75)) if session_on(day)]
    rows = "".join(f"{day},100,101,100,{100 + number % 2},1\n" for number, day in enumerate(days))
    file.write_text(f"date,open,high,low,close,volume\n{rows}")
    events.write_text("symbol,kind,day,value\nSPY,split,2026-03-17,2\nSPY,ex-dividend,2026-03-18,1\n")
    import_events(events, root)
    import_table(file, root, adjustment=Adjustment.ALL)
    range_ = dt.date(2026, 3, 16), dt.date(2026, 3, 19)

    adjusted = source_for(root).days("SPY", *range_)
    import_table(file, root, adjustment=Adjustment.NONE)
    traded = source_for(root).days("SPY", *range_)

    assert [(day.split, day.dividend) for day in adjusted] == [(1.0, 0)] * 4
    assert [(day.split, day.dividend) for day in traded] == [(1.0, 0), (2.0, 0), (1.0, 10_000), (1.0, 0)]
    assert [day.settlement for day in adjusted] == [day.settlement for day in traded]


def test_events_that_were_announced_later_enter_no_recorded_session(tmp_path: Path) -> None:
    # Recorded are 16 to 19 March. A report of 3 April is known from 20 March on, an ex-day of 27 March too.
    spans = "SPY,earnings,2025-01-01,2026-12-31,,\nSPY,ex-dividend,2025-01-01,2026-12-31,,\n"
    later = "SPY,earnings,2026-04-03,,,\nSPY,ex-dividend,2026-03-27,,1,\nSPY,ex-dividend,2026-03-19,,2,2026-03-19\n"
    sooner = "SPY,ex-dividend,2026-06-19,,2,2026-03-17\n"
    told = {}
    for name, rows in (("none", ""), ("later", later), ("sooner", later + sooner)):
        root, events = record_market(tmp_path / name, falling_volatility()) / "history", tmp_path / f"{name}.csv"
        events.write_text(f"symbol,kind,day,until,value,known\n{spans}{rows}")
        import_events(events, root)
        told[name] = source_for(root).days("SPY", dt.date(2026, 3, 16), dt.date(2026, 3, 19))

    assert len(told["none"]) == 4
    seen = [[same(one, other) for one, other in zip(told["none"], told[name], strict=True)] for name in told]
    # The dividend of the 19th is paid on that day, whoever knew of it; what was announced on the 17th is seen after it.
    assert seen == [[True] * 4, [True, True, True, False], [True, True, False, False]]
    assert [day.dividend for day in told["later"]] == [0, 0, 0, 20_000]
    assert [day.next_dividend for day in told["sooner"]] == [None, None, 20_000, 20_000]


def test_a_recording_s_fingerprint_changes_with_what_is_said_of_its_events(tmp_path: Path) -> None:
    root, events = record_market(tmp_path, falling_volatility()) / "history", tmp_path / "events.csv"
    prints = [source_for(root).fingerprint("SPY", dt.date(2026, 3, 18))]
    event = "SPY,earnings,2026-03-30"
    for row in (f"{event},,", f"{event},,2026-03-02", "SPY,earnings,2026-01-01,2026-12-31,"):
        events.write_text(f"symbol,kind,day,until,known\n{row}\n")
        import_events(events, root)
        prints.append(source_for(root).fingerprint("SPY", dt.date(2026, 3, 18)))

    assert len(set(prints)) == 4
