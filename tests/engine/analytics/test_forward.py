"""Forwards by parity: exact on clean quotes, deaf to a few bad ones, honest when there is nothing to go by."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics.american import american_price
from engine.analytics.black_scholes import european
from engine.analytics.forward import carried_spot, chain_forwards, implied_forward, quote_mids, synchronised_spot
from engine.core.calendar import years_to_expiry
from engine.core.clock import epoch_us
from engine.core.money import UNIT
from engine.domain.chain import Chain, Floats
from engine.domain.contract_keys import contract_keys

NOW = dt.datetime(2026, 3, 16, 18, 0, tzinfo=dt.UTC)
NEAR, FAR = dt.date(2026, 4, 17), dt.date(2026, 6, 18)
RATE = 0.04
STRIKES = np.arange(80.0, 121.0, 5.0)


def mids(spot: float, forward: float, strikes: Floats, years: float, *, is_put: bool) -> Floats:
    return european(spot, forward, strikes, years, RATE, 0.25, is_put).price


def chain_of(
    rows: list[tuple[dt.date, bool, float, float, float]], spot: float = 100.0, ages: list[int] | None = None
) -> Chain:
    """A chain of (expiration, is put, strike, bid, ask); ages in seconds before NOW."""
    days = np.array([row[0].toordinal() for row in rows], dtype=np.int64)
    puts = np.array([row[1] for row in rows], dtype=np.bool_)
    key = contract_keys(days, puts, np.array([round(row[2] * UNIT) for row in rows], dtype=np.int64))
    quoted = np.array([epoch_us(NOW) - 1_000_000 * age for age in ages or [0] * len(rows)], dtype=np.int64)
    order = np.argsort(key)
    bid, ask = (np.array([row[place] for row in rows], dtype=np.float64)[order] for place in (3, 4))
    count = np.full(len(rows), 50.0)
    return Chain("XYZ", 1, NOW, spot, NOW, key[order], bid, ask, count, count.copy(), quoted[order])


def quoted_rows(expiration: dt.date, forward: float) -> list[tuple[dt.date, bool, float, float, float]]:
    """American options on a spot of 100, a few cents wide."""
    years = years_to_expiry(NOW, expiration)
    return [
        (expiration, is_put, float(strike), float(mid) - 0.02, float(mid) + 0.02)
        for is_put in (False, True)
        for strike, mid in zip(
            STRIKES, american_price(100.0, forward, STRIKES, years, RATE, 0.25, is_put) + 0.05, strict=True
        )
    ]


@given(st.floats(0.9, 1.1), st.floats(0.01, 2.0))
def test_clean_pairs_give_the_forward_they_were_priced_on(ratio: float, years: float) -> None:
    forward = 100.0 * ratio
    calls, puts = (mids(100.0, forward, STRIKES, years, is_put=is_put) for is_put in (False, True))
    assert implied_forward(100.0, STRIKES, calls, puts, years, RATE) == pytest.approx(forward, rel=1e-12)


def test_two_absurd_mids_among_seven_change_nothing() -> None:
    calls, puts = (mids(100.0, 101.0, STRIKES, 0.5, is_put=is_put) for is_put in (False, True))
    calls[3] += 40.0
    puts[5] += 25.0
    assert implied_forward(100.0, STRIKES, calls, puts, 0.5, RATE) == pytest.approx(101.0, rel=1e-12)


def test_far_pairs_are_not_asked_when_near_ones_are_enough() -> None:
    strikes = np.arange(50.0, 151.0, 5.0)
    calls, puts = (mids(100.0, 101.0, strikes, 0.5, is_put=is_put) for is_put in (False, True))
    # What early exercise does to deep puts.
    puts[strikes > 120.0] += 3.0
    assert implied_forward(100.0, strikes, calls, puts, 0.5, RATE) == pytest.approx(101.0, rel=1e-12)


def test_three_pairs_are_enough_and_two_are_not() -> None:
    calls, puts = (mids(100.0, 101.0, STRIKES, 0.5, is_put=is_put) for is_put in (False, True))
    calls[:4], puts[7:] = np.nan, np.nan
    assert implied_forward(100.0, STRIKES, calls, puts, 0.5, RATE) == pytest.approx(101.0)
    calls[5] = np.nan
    assert implied_forward(100.0, STRIKES, calls, puts, 0.5, RATE) is None


def test_pairs_that_contradict_each_other_imply_nothing() -> None:
    strikes = np.array([90.0, 95.0, 100.0, 105.0, 110.0])
    calls = np.array([30.0, 2.0, 25.0, 1.0, 19.0])
    puts = np.array([1.0, 19.0, 2.0, 28.0, 3.0])
    assert implied_forward(100.0, strikes, calls, puts, 0.5, RATE) is None


@pytest.mark.parametrize(
    ("spot", "years", "rate"),
    [(math.nan, 0.5, RATE), (0.0, 0.5, RATE), (100.0, math.nan, RATE), (100.0, -0.1, RATE), (100.0, 0.5, math.inf)],
)
def test_unusable_surroundings_imply_nothing(spot: float, years: float, rate: float) -> None:
    calls, puts = (mids(100.0, 101.0, STRIKES, 0.5, is_put=is_put) for is_put in (False, True))
    assert implied_forward(spot, STRIKES, calls, puts, years, rate) is None


def test_each_expiration_of_a_chain_has_its_own_forward() -> None:
    forwards = chain_forwards(chain_of(quoted_rows(NEAR, 100.7) + quoted_rows(FAR, 99.2)), NOW, RATE)
    assert forwards == {
        NEAR.toordinal(): pytest.approx(100.7, abs=1e-3),
        FAR.toordinal(): pytest.approx(99.2, abs=4e-3),
    }


def test_what_early_exercise_adds_is_taken_off_the_mids() -> None:
    rows = quoted_rows(FAR, 101.0)
    calls, puts = (np.array([(r[3] + r[4]) / 2 for r in rows if r[1] is side]) for side in (False, True))
    by_parity = implied_forward(100.0, STRIKES, calls, puts, years_to_expiry(NOW, FAR), RATE)
    assert by_parity is not None
    assert abs(by_parity - 101.0) > 0.05
    assert chain_forwards(chain_of(rows), NOW, RATE)[FAR.toordinal()] == pytest.approx(101.0, abs=5e-3)


def test_the_nearest_forward_tells_the_spot_that_the_quotes_had_in_view() -> None:
    soon = dt.date(2026, 3, 20)
    growth = math.exp(RATE * years_to_expiry(NOW, soon))
    assert synchronised_spot(100.0, {soon.toordinal(): 100.4 * growth}, NOW, RATE) == pytest.approx(100.4)
    # Too far away to be another instant, or too far ahead to be without dividends: the spot as given.
    assert synchronised_spot(100.0, {soon.toordinal(): 103.0 * growth}, NOW, RATE) == 100.0
    assert synchronised_spot(100.0, {NEAR.toordinal(): 100.4}, NOW, RATE) == 100.0
    assert synchronised_spot(100.0, {}, NOW, RATE) == 100.0


def test_a_yield_that_is_none_moves_the_spot_instead() -> None:
    forward, years = np.array([100.4, 100.4, 40.0]), np.array([0.25, 1 / 365, 1.0])
    spot = carried_spot(forward, years, RATE, 100.0)
    assert spot[0] == 100.0
    # 0.4 % in a day would be a yield of minus 142 %: the spot is moved to the nearest yield there is.
    assert spot[1] == pytest.approx(100.4 * math.exp(-(RATE + 0.05) / 365))
    assert spot[2] == pytest.approx(40.0 * math.exp(0.5 - RATE))


def test_an_expiration_without_pairs_falls_back_to_the_spot_and_the_rate() -> None:
    calls_only = [row for row in quoted_rows(NEAR, 104.0) if not row[1]]
    forwards = chain_forwards(chain_of(calls_only), NOW, RATE)
    assert forwards == {NEAR.toordinal(): pytest.approx(100.0 * math.exp(RATE * years_to_expiry(NOW, NEAR)))}


def test_aged_quotes_do_not_take_part() -> None:
    rows = quoted_rows(NEAR, 100.7) + quoted_rows(FAR, 93.0)
    aged = [15 * 60 if row[0] == NEAR else 15 * 60 + 1 for row in rows]
    fresh = [*aged[:-1], 0]
    forwards = chain_forwards(chain_of(rows, ages=fresh), NOW, RATE)
    assert forwards[NEAR.toordinal()] == pytest.approx(100.7, abs=1e-3)
    assert forwards[FAR.toordinal()] == pytest.approx(100.0 * math.exp(RATE * years_to_expiry(NOW, FAR)))


def test_an_expired_expiration_stands_at_the_spot() -> None:
    gone = dt.date(2026, 3, 13)
    forwards = chain_forwards(chain_of([(gone, is_put, 100.0, 1.0, 1.1) for is_put in (False, True)]), NOW, RATE)
    assert forwards == {gone.toordinal(): 100.0}


def test_without_a_spot_there_is_no_forward() -> None:
    forwards = chain_forwards(chain_of(quoted_rows(NEAR, 100.7), spot=math.nan), NOW, RATE)
    assert math.isnan(forwards[NEAR.toordinal()])


def test_an_empty_chain_has_no_forwards() -> None:
    assert chain_forwards(chain_of([]), NOW, RATE) == {}


def test_mids_need_a_bid_not_above_the_ask_and_an_ask() -> None:
    bid = np.array([1.0, 0.0, 0.0, 1.2, -0.1, math.nan, 1.0, 1.0])
    ask = np.array([1.1, 0.1, 0.0, 1.1, 0.10, 1.0, math.nan, math.inf])
    found = quote_mids(bid, ask)
    assert found[:2].tolist() == [1.05, 0.05]
    assert np.isnan(found[2:]).all()


def test_some_expirations_have_the_forwards_that_they_have_among_all() -> None:
    chain = chain_of(quoted_rows(NEAR, 100.7) + quoted_rows(FAR, 99.2))
    everything = chain_forwards(chain, NOW, RATE)
    assert chain_forwards(chain, NOW, RATE, {FAR.toordinal()}) == everything  # the nearest tells the spot
    assert chain_forwards(chain, NOW, RATE, {NEAR.toordinal()}) == {NEAR.toordinal(): everything[NEAR.toordinal()]}
