"""The simulated feed: its times, its determinism in any order and at any step, and what a reader of it knows."""

import datetime as dt
from functools import cache
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.calendar import next_session, session_at, session_on
from engine.core.money import UNIT
from engine.domain.contract_keys import decode_keys
from engine.domain.ports import ChainUpdate, Feed
from engine.market.simulated.clock import MINUTE
from engine.market.simulated.faults import halts, is_fresh
from engine.market.simulated.feed import SimulatedFeed
from engine.market.simulated.universe import SYMBOLS
from engine.market.store import MarketStore

HOUR = dt.timedelta(hours=1)
STEP = 3 * HOUR
COLUMNS = ("key", "bid", "ask", "volume", "open_interest")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def times(feed: SimulatedFeed, count: int) -> list[dt.datetime]:
    found = [feed.first_at]
    while len(found) < count:
        found.append(feed.next_at(found[-1]))
    return found


def assert_same(one: tuple[ChainUpdate, ...], other: tuple[ChainUpdate, ...]) -> None:
    assert [(update.symbol, update.at, update.spot) for update in one] == [
        (update.symbol, update.at, update.spot) for update in other
    ]
    for here, there in zip(one, other, strict=True):
        for name in COLUMNS:
            np.testing.assert_array_equal(getattr(here, name), getattr(there, name), err_msg=name)


# --- times ----------------------------------------------------------------------------------------------------
def test_the_first_quotes_come_at_the_open_of_the_first_session() -> None:
    feed: Feed = SimulatedFeed(1)
    assert feed.first_at == utc("2026-01-05 14:30")
    assert SimulatedFeed(1, dt.date(2026, 1, 17)).first_at == utc("2026-01-20 14:30")
    assert SimulatedFeed(1, dt.date(2026, 7, 1)).first_at == utc("2026-07-01 13:30")
    assert feed.symbols == SYMBOLS


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2025-12-01 00:00", "2026-01-05 14:30"),
        ("2026-01-05 14:29:59", "2026-01-05 14:30"),
        ("2026-01-05 14:30", "2026-01-05 14:31"),
        ("2026-01-05 14:30:59.999999", "2026-01-05 14:31"),
        ("2026-01-05 20:58", "2026-01-05 20:59"),
        ("2026-01-05 20:59", "2026-01-06 14:30"),  # Nothing at the closing instant.
        ("2026-01-05 21:00", "2026-01-06 14:30"),
        ("2026-01-09 20:59", "2026-01-12 14:30"),
        ("2026-01-16 23:00", "2026-01-20 14:30"),  # Martin Luther King Jr. Day.
        ("2026-11-27 17:59", "2026-11-30 14:30"),  # A half day.
    ],
)
def test_quotes_come_every_step_of_every_session(after: str, due: str) -> None:
    assert SimulatedFeed(1).next_at(utc(after)) == utc(due)


def test_another_time_zone_is_the_same_instant() -> None:
    feed = SimulatedFeed(1)
    there = feed.first_at.astimezone(dt.timezone(dt.timedelta(hours=9)))
    assert feed.next_at(there) == feed.next_at(feed.first_at)
    assert_same(feed.read(there), feed.read(feed.first_at))


@pytest.mark.parametrize(
    "at", ["2026-01-05 14:29", "2026-01-05 14:30:30", "2026-01-05 21:00", "2026-01-10 15:00", "2025-12-30 15:00"]
)
def test_a_time_without_quotes_cannot_be_read(at: str) -> None:
    with pytest.raises(ValueError, match="no quotes at"):
        SimulatedFeed(1).read(utc(at))


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="seed"):
        SimulatedFeed(-1)
    with pytest.raises(ValueError, match="step"):
        SimulatedFeed(1, step=dt.timedelta(0))


@pytest.mark.parametrize(
    ("at", "newest"),
    [
        ("2026-01-05 14:30", "2026-01-05 14:30"),
        ("2026-01-05 14:31:59", "2026-01-05 14:31"),
        ("2026-01-05 21:00", "2026-01-05 20:59"),
        ("2026-01-06 03:00", "2026-01-05 20:59"),
        ("2026-01-06 14:29:59", "2026-01-05 20:59"),
        ("2026-01-11 12:00", "2026-01-09 20:59"),
    ],
)
def test_the_last_known_quotes_end_with_those_of_the_newest_due_time(at: str, newest: str) -> None:
    feed = SimulatedFeed(3)
    read, known = feed.read(utc(newest)), feed.last_known(utc(at))
    assert_same(known[-len(read) :], read)
    assert [update.at for update in known] == sorted(update.at for update in known)


def test_the_last_known_quotes_hold_every_contract_that_trades() -> None:
    """In every kind of minute: with nothing missing, with stale contracts, and while a name is halted."""
    feed = SimulatedFeed(3)
    halted = a_halt(3)
    for at in (utc("2026-01-05 14:30"), utc("2026-01-05 17:00"), utc("2026-01-05 20:59"), halted):
        opened = SimulatedFeed(3)
        session = session_at(at)
        assert session is not None
        everything = {update.symbol: update.key for update in opened.read(session.opens)}
        market = MarketStore()
        for update in feed.last_known(at):
            market.apply(update)
        for symbol, key in everything.items():
            chain = market.chain(symbol)
            assert chain is not None
            np.testing.assert_array_equal(chain.key, key)


def a_halt(seed: int) -> dt.datetime:
    """A minute in which a name of a market is halted."""
    session = session_on(dt.date(2026, 1, 5))
    while session is not None:
        found = halts(seed, session)
        for name in np.flatnonzero(found.ends > found.begins).tolist():
            return session.opens + int(found.begins[name] + 2) * MINUTE
        session = next_session(session.opens)
    raise AssertionError


def test_a_halted_name_is_not_read_and_comes_back() -> None:
    feed, at = SimulatedFeed(3), a_halt(3)
    before, during, after = (
        {update.symbol for update in feed.read(each)} for each in (at - 3 * MINUTE, at, at + 20 * MINUTE)
    )
    assert before == set(SYMBOLS)
    assert len(during) < len(before)
    assert after >= before - (before - during) | during
    assert before - during <= after


def test_before_the_first_quotes_nothing_is_known() -> None:
    assert SimulatedFeed(3).last_known(utc("2026-01-05 14:29:59")) == ()


# --- determinism ----------------------------------------------------------------------------------------------
@cache
def in_sequence() -> dict[dt.datetime, tuple[ChainUpdate, ...]]:
    """Six sessions, read three times each, one after the other."""
    feed = SimulatedFeed(11, step=STEP)
    return {at: feed.read(at) for at in times(feed, 18)}


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 18 - 1), min_size=1, max_size=6))
def test_what_is_read_does_not_depend_on_what_was_read_before(order: list[int]) -> None:
    recorded = list(in_sequence().items())
    fresh = SimulatedFeed(11, step=STEP)
    for number in order:
        at, expected = recorded[number]
        assert_same(fresh.read(at), expected)


def test_how_often_it_is_read_changes_nothing() -> None:
    every_minute, every_hour = SimulatedFeed(11), SimulatedFeed(11, step=HOUR)
    for hours in range(3):
        at = every_hour.first_at + hours * HOUR
        assert_same(every_minute.read(at), every_hour.read(at))


def test_what_the_reader_does_with_the_arrays_does_not_come_back() -> None:
    feed = SimulatedFeed(2)
    for update in feed.read(feed.first_at):
        for name in COLUMNS:
            getattr(update, name)[:] = 0
    assert_same(feed.read(feed.first_at), SimulatedFeed(2).read(feed.first_at))


def test_seeds_make_different_markets() -> None:
    at = SimulatedFeed(1).first_at + 5 * MINUTE
    one, other = SimulatedFeed(1).read(at), SimulatedFeed(2).read(at)
    assert sum(here.spot != there.spot for here, there in zip(one, other, strict=True)) > 40
    assert not any(np.array_equal(here.bid, there.bid) for here, there in zip(one, other, strict=True))


def test_a_seed_makes_the_same_market_on_every_machine() -> None:
    """The figures change with the model only: numpy's code for other processors differs in last bits, not in ticks."""
    feed = SimulatedFeed(7, step=2 * HOUR)
    digest = sha256()
    six_sessions = times(feed, 6 * 4)
    for at in six_sessions:
        for update in feed.read(at):
            digest.update(np.float64(update.spot).tobytes())
            for name in COLUMNS:
                digest.update(np.nan_to_num(getattr(update, name), nan=-1.0).astype("<f8").tobytes())
    last = feed.read(six_sessions[-1])
    assert [update.spot for update in last][:5] == [270.94, 218.43, 231.83, 349.51, 231.66]
    assert digest.hexdigest() == "fd548c269db461cae609ff83f7a9fbb10190c2f161ec4a7aa7ccab655ac8441e"


# --- the reader ----------------------------------------------------------------------------------------------------
def test_what_is_known_after_a_resume_is_what_one_that_saw_everything_knows() -> None:
    """Through the store, over six sessions: contracts that were stale or halted keep the quote that they had."""
    seen_all = MarketStore()
    for updates in in_sequence().values():
        for update in updates:
            seen_all.apply(update)
    now = max(in_sequence())
    seen_all.drop_expired(now)
    assert_same_known(seen_all, SimulatedFeed(11, step=STEP).last_known(now))


def test_a_resume_in_a_stale_minute_knows_the_older_quotes() -> None:
    feed = SimulatedFeed(5)
    at = feed.first_at + 33 * MINUTE
    session = session_at(at)
    assert session is not None
    assert not is_fresh(session, at)
    seen_all = MarketStore()
    for minute in range(34):
        for update in feed.read(feed.first_at + minute * MINUTE):
            seen_all.apply(update)
    aged = sum(int((chain.quoted_at < chain.quoted_at.max()).sum()) for chain in seen_all.chains().values())
    assert aged > 20
    assert_same_known(seen_all, SimulatedFeed(5).last_known(at))


def assert_same_known(seen_all: MarketStore, known: tuple[ChainUpdate, ...]) -> None:
    resumed = MarketStore()
    for update in known:
        resumed.apply(update)
    for symbol, chain in seen_all.chains().items():
        restored = resumed.chains()[symbol]
        for name in (*COLUMNS, "quoted_at"):
            np.testing.assert_array_equal(getattr(chain, name), getattr(restored, name), err_msg=f"{symbol} {name}")
        assert chain.spot == restored.spot


def test_expirations_are_sessions_that_lie_ahead() -> None:
    for at, updates in in_sequence().items():
        session = session_at(at)
        assert session is not None
        for update in updates:
            for ordinal in np.unique(decode_keys(update.key)[0]).tolist():
                expiration = dt.date.fromordinal(ordinal)
                assert session.day <= expiration
                assert session_on(expiration) is not None


def test_the_history_is_that_of_the_market_that_is_read() -> None:
    feed = SimulatedFeed(6)
    read = {update.symbol: update.spot for update in feed.read(feed.first_at)}
    bars = feed.history().daily_bars(feed.first_at + dt.timedelta(days=1))
    assert dict(zip(SYMBOLS, bars.open[-1].tolist(), strict=True)) == read
    assert bars.day[-1] == feed.first_at.date().toordinal()


def test_a_fair_market_has_cheaper_options_on_the_same_shares_at_first() -> None:
    """At and below the money: that is where a premium is paid."""
    dear, fair = SimulatedFeed(6), SimulatedFeed(6, fair=True)
    cheaper = []
    for one, other in zip(dear.read(dear.first_at), fair.read(fair.first_at), strict=True):
        assert one.spot == other.spot
        keys, here, there = np.intersect1d(one.key, other.key, return_indices=True)
        assert keys.size > 0.6 * one.key.size
        below = decode_keys(keys)[2] <= one.spot * UNIT
        cheaper.append(np.nanmean(other.ask[there[below]] <= one.ask[here[below]]))
    assert min(cheaper) > 0.9
    assert np.mean(cheaper) > 0.98
