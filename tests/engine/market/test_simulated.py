"""The simulated feed: its times, its determinism in any order, and a market in which selling options is fair game."""

import datetime as dt
import math
from functools import cache
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.calendar import session_at, session_on, years_to_expiry
from engine.domain.chain import Floats
from engine.domain.instrument import decode_keys
from engine.domain.ports import ChainUpdate, Feed
from engine.market.simulated import SimulatedFeed
from engine.market.store import MarketStore

MINUTE = dt.timedelta(minutes=1)
HALF_HOUR = dt.timedelta(minutes=30)
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
    assert feed.symbols == ("AAPL", "NVDA", "QQQ", "SPY", "TSLA")


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
def test_the_last_known_quotes_are_those_of_the_newest_due_time(at: str, newest: str) -> None:
    assert_same(SimulatedFeed(3).last_known(utc(at)), SimulatedFeed(3).read(utc(newest)))


def test_before_the_first_quotes_nothing_is_known() -> None:
    assert SimulatedFeed(3).last_known(utc("2026-01-05 14:29:59")) == ()


# --- determinism ----------------------------------------------------------------------------------------------
@cache
def in_sequence() -> dict[dt.datetime, tuple[ChainUpdate, ...]]:
    """Six sessions of half hours, read one after the other."""
    feed = SimulatedFeed(11, step=HALF_HOUR)
    return {at: feed.read(at) for at in times(feed, 6 * 13)}


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 6 * 13 - 1), min_size=1, max_size=8))
def test_what_is_read_does_not_depend_on_what_was_read_before(order: list[int]) -> None:
    recorded = list(in_sequence().items())
    fresh = SimulatedFeed(11, step=HALF_HOUR)
    for number in order:
        at, expected = recorded[number]
        assert_same(fresh.read(at), expected)


def test_what_the_reader_does_with_the_arrays_does_not_come_back() -> None:
    feed = SimulatedFeed(2)
    for update in feed.read(feed.first_at):
        for name in COLUMNS:
            getattr(update, name)[:] = 0
    assert_same(feed.read(feed.first_at), SimulatedFeed(2).read(feed.first_at))


def test_seeds_make_different_markets() -> None:
    at = SimulatedFeed(1).first_at + 5 * MINUTE
    one, other = SimulatedFeed(1).read(at), SimulatedFeed(2).read(at)
    for here, there in zip(one, other, strict=True):
        assert here.spot != there.spot
        assert not np.array_equal(here.bid, there.bid)


def test_a_seed_makes_the_same_market_on_every_machine() -> None:
    """The figures change with the model only: numpy's code for other processors differs in last bits, not in ticks."""
    feed = SimulatedFeed(7, step=HALF_HOUR)
    digest = sha256()
    six_sessions = times(feed, 6 * 13)
    for at in six_sessions:
        for update in feed.read(at):
            digest.update(np.float64(update.spot).tobytes())
            for name in COLUMNS:
                digest.update(np.nan_to_num(getattr(update, name), nan=-1.0).astype("<f8").tobytes())
    last = feed.read(six_sessions[-1])
    assert [update.spot for update in last] == [268.96, 191.14, 621.65, 690.71, 437.39]
    assert digest.hexdigest() == "47df0c69d463dbe7b0134f02ae0d4e27c26287962e519776b017eea4a22821b0"


# --- the market -----------------------------------------------------------------------------------------------
def test_every_listed_contract_is_quoted_until_it_expires() -> None:
    """Through the store: what a session started in the middle knows is what one that saw everything knows."""
    seen_all = MarketStore()
    for updates in in_sequence().values():
        for update in updates:
            seen_all.apply(update)
    now = max(in_sequence())
    seen_all.drop_expired(now)
    resumed = MarketStore()
    for update in SimulatedFeed(11, step=HALF_HOUR).last_known(now):
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


def test_the_last_minute_of_an_expiration_has_clean_quotes() -> None:
    feed = SimulatedFeed(4)
    friday = utc("2026-01-09 20:59")
    for update in feed.read(friday):
        expiration, is_put, strike = decode_keys(update.key)
        today = expiration == friday.date().toordinal()
        exercise = np.maximum(np.where(is_put, -1, 1) * (update.spot - strike / 10_000), 0)
        mid = (update.bid + update.ask) / 2
        good = today & (update.bid >= 0) & (update.ask >= update.bid)
        assert good.sum() > 0.98 * today.sum()
        assert (np.abs(mid - exercise)[good] < 0.01 * update.spot).all()


def straddle_volatility(update: ChainUpdate, ordinal: int) -> float:
    """Implied volatility at the money from the straddle: 2 S sqrt(T / 2 pi) sigma (Brenner and Subrahmanyam)."""
    expiration, is_put, strike = decode_keys(update.key)
    mid = (update.bid + update.ask) / 2
    total = 0.0
    for side in (False, True):
        rows = np.flatnonzero((expiration == ordinal) & (is_put == side) & (mid > 0))
        total += float(np.interp(update.spot, strike[rows] / 10_000, mid[rows]))
    years = years_to_expiry(update.at, dt.date.fromordinal(ordinal))
    return total / (update.spot * math.sqrt(2 * years / math.pi))


def realised_and_implied(seed: int, sessions: int) -> tuple[Floats, Floats]:
    """Implied volatility of an expiration some five weeks out, and what the opens until then realised; (n, 5)."""
    feed = SimulatedFeed(seed, step=dt.timedelta(days=1))
    at = times(feed, sessions + 30)
    spots, implied, until = [], [], []
    for morning in at:
        updates = feed.read(morning)
        spots.append([update.spot for update in updates])
        ordinals = np.unique(decode_keys(updates[0].key)[0])
        chosen = int(ordinals[np.argmin(np.abs(ordinals - morning.toordinal() - 35))])
        implied.append([straddle_volatility(update, chosen) for update in updates])
        until.append(chosen)
    returns = np.diff(np.log(np.array(spots)), axis=0)
    days = np.array([morning.toordinal() for morning in at])
    realised = [
        np.sqrt((returns[start : np.searchsorted(days, until[start])] ** 2).mean(axis=0) * 252)
        for start in range(sessions)
    ]
    return np.array(realised), np.array(implied[:sessions])


def test_implied_volatility_exceeds_realised_on_average_but_not_always() -> None:
    realised, implied = (
        np.concatenate(part) for part in zip(*(realised_and_implied(seed, 500) for seed in (1, 2)), strict=True)
    )
    ratio = implied.mean(axis=0) / realised.mean(axis=0)
    assert ((ratio > 1.0) & (ratio < 1.45)).all()
    assert 1.08 < ratio.mean() < 1.3
    losing = (realised > implied).mean(axis=0)
    assert ((losing > 0.05) & (losing < 0.5)).all()
    assert ((implied.max(axis=0) / implied.min(axis=0)) > 1.5).all(), (
        "volatility must move for IV rank to mean anything"
    )
