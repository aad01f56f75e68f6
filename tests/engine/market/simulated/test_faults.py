"""What goes wrong in the simulated market: at the set rates, in every kind, and told by seed and time alone."""

import datetime as dt

import numpy as np
import pytest

from engine.core.calendar import Session, next_session, session_on
from engine.market.simulated.faults import (
    BAD_QUOTE_RATE,
    STALE_CONTRACTS,
    STALE_NAMES,
    break_some,
    halts,
    identities,
    is_fresh,
    mixed,
    neglected,
    salt,
    stale,
    stale_since,
    uniform,
)
from engine.market.simulated.universe import COUNT, IS_FUND

MINUTE = dt.timedelta(minutes=1)
WORD = (1 << 64) - 1


def session(year: int, month: int, day: int) -> Session:
    found = session_on(dt.date(year, month, day))
    assert found is not None
    return found


MONDAY = session(2026, 1, 5)
NAMES = np.repeat(np.arange(COUNT), 500)
WORDS = identities(1, NAMES, np.tile(np.arange(500), COUNT) + (1 << 50))


def test_words_are_mixed_as_the_paper_says() -> None:
    """Against the same in whole numbers of any size."""
    for number in (0, 1, 12345, WORD):
        word = number
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & WORD
        word ^= word >> 31
        assert int(mixed(np.array([number], dtype=np.uint64))[0]) == word
    assert int(salt(7)[0]) == int(mixed(np.array([8 * 0x9E3779B97F4A7C15 & WORD], dtype=np.uint64))[0])


def test_every_contract_has_its_own_word_in_every_market() -> None:
    assert np.unique(WORDS).size == WORDS.size
    assert not np.intersect1d(WORDS, identities(2, NAMES, np.tile(np.arange(500), COUNT) + (1 << 50))).size
    drawn = uniform(WORDS)
    assert 0 <= drawn.min() < 0.01
    assert 0.99 < drawn.max() < 1
    assert drawn.mean() == pytest.approx(0.5, abs=0.01)


def test_broken_quotes_come_at_the_set_rate_and_in_every_kind() -> None:
    kinds, seen = np.zeros(3), 0
    for minutes in range(60):
        bid, ask = np.full(WORDS.size, 1.0), np.full(WORDS.size, 1.1)
        break_some(WORDS, MONDAY.opens + minutes * MINUTE, bid, ask)
        no_bid, no_ask = np.isnan(bid), np.isnan(ask)
        assert not (no_ask & ~no_bid).any()
        kinds += [(bid > ask).sum(), (no_bid & ~no_ask).sum(), (no_bid & no_ask).sum()]
        seen += WORDS.size
    np.testing.assert_allclose(kinds / seen, BAD_QUOTE_RATE / 3, rtol=0.15)


def test_which_quotes_are_broken_changes_with_time() -> None:
    broken = []
    for minutes in range(2):
        bid = np.ones(WORDS.size)
        break_some(WORDS, MONDAY.opens + minutes * MINUTE, bid, np.full(WORDS.size, 2.0))
        broken.append(set(np.flatnonzero(bid != 1).tolist()))
    assert broken[0]
    assert len(broken[0] & broken[1]) < 5


def test_halts_are_rare_last_minutes_and_spare_funds_and_the_close() -> None:
    today, count, sessions = MONDAY, 0, 1_000
    for _ in range(sessions):
        found = halts(1, today)
        halted = found.ends > found.begins
        count += int(halted.sum())
        assert not halted[IS_FUND].any()
        length = (found.ends - found.begins)[halted]
        assert ((length >= 5) & (length <= 20)).all()
        assert (found.begins[halted] >= 30).all()
        assert (found.ends[halted] < (today.closes - today.opens) // MINUTE).all()
        today = next_session(today.opens)
    assert count / sessions == pytest.approx(0.004 * (~IS_FUND).sum(), rel=0.3)


def test_a_name_is_halted_from_its_first_minute_until_before_its_last() -> None:
    today = MONDAY
    while not ((found := halts(1, today)).ends > found.begins).any():
        today = next_session(today.opens)
    name = int(np.argmax(found.ends - found.begins))
    begins, ends = int(found.begins[name]), int(found.ends[name])
    states = [bool(found.halted(minute)[name]) for minute in (begins - 1, begins, ends - 1, ends)]
    assert states == [False, True, True, False]


def test_everything_is_quoted_at_the_open_and_once_a_quarter_of_an_hour() -> None:
    fresh = [minute for minute in range(60) if is_fresh(MONDAY, MONDAY.opens + minute * MINUTE)]
    assert fresh == [*range(9), 23, 38, 53]
    assert stale_since(MONDAY, MONDAY.opens + 30 * MINUTE) == MONDAY.opens + 24 * MINUTE
    assert stale_since(MONDAY, MONDAY.opens + 37.9 * MINUTE) == MONDAY.opens + 24 * MINUTE


def test_neglected_names_leave_the_same_contracts_standing_until_the_next_fresh_minute() -> None:
    seen = 0
    for fresh in (23, 38, 53, 68):
        at = MONDAY.opens + (fresh + 1) * MINUTE
        names, contracts = neglected(1, MONDAY, at), stale(MONDAY, at, WORDS)
        assert contracts.any()
        seen += int(names.sum())
        for minute in (fresh + 7, fresh + 14):
            later = MONDAY.opens + minute * MINUTE
            np.testing.assert_array_equal(neglected(1, MONDAY, later), names)
            np.testing.assert_array_equal(stale(MONDAY, later, WORDS), contracts)
        assert not neglected(1, MONDAY, MONDAY.opens + (fresh + 15) * MINUTE).any()
    assert seen


def test_stale_names_and_contracts_come_at_the_set_rate_and_differ_from_slot_to_slot() -> None:
    names, contracts, slots = np.zeros(COUNT), [], 1_500
    today = MONDAY
    for number in range(slots):
        at = today.opens + (10 + 15 * (number % 10)) * MINUTE
        names += neglected(1, today, at)
        if number % 10 == 9:
            contracts.append(stale(today, at, WORDS))
            today = next_session(today.opens)
    assert names.sum() / (slots * COUNT) == pytest.approx(STALE_NAMES, rel=0.05)
    assert (names > 0.4 * STALE_NAMES * slots).all()
    assert np.mean(contracts) == pytest.approx(STALE_CONTRACTS, rel=0.02)
    assert (contracts[0] & contracts[1]).mean() < 2 * STALE_CONTRACTS**2


def test_markets_of_other_seeds_neglect_other_names() -> None:
    at = MONDAY.opens + 10 * MINUTE
    found = {tuple(np.flatnonzero(neglected(seed, MONDAY, at)).tolist()) for seed in range(20)}
    assert len(found) > 15
