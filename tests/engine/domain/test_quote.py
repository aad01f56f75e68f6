"""Quotes: what counts as tradable, what has a middle, how old it is."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import CENT, Money, dollars
from engine.domain.quote import Quote, stock_quote
from tests.builders import NOW

SIDES = st.none() | st.integers(-500, 500)


@pytest.mark.parametrize(
    ("bid", "ask", "is_good", "mid"),
    [
        (200, 220, True, 210),
        (200, 200, True, 200),
        (1, 2, True, 1),
        (0, 100, False, 50),
        (0, 0, False, None),
        (0, 1, False, 0),
        (220, 200, False, None),
        (-5, 10, False, None),
        (None, 220, False, None),
        (200, None, False, None),
        (None, None, False, None),
    ],
)
def test_what_a_pair_of_prices_is_good_for(
    bid: Money | None, ask: Money | None, is_good: bool, mid: Money | None
) -> None:
    quote = Quote(bid, ask, NOW)
    assert (quote.is_good, quote.mid) == (is_good, mid)


@given(SIDES, SIDES)
def test_a_tradable_quote_has_a_mid_between_its_sides(bid: Money | None, ask: Money | None) -> None:
    quote = Quote(bid, ask, NOW)
    if quote.is_good:
        assert bid is not None
        assert ask is not None
        assert quote.mid is not None
        assert bid <= quote.mid <= ask


def test_age_counts_from_the_exchanges_time() -> None:
    quote = Quote(1, 2, NOW - dt.timedelta(seconds=15))
    assert quote.age(NOW) == dt.timedelta(seconds=15)
    assert quote.age(NOW - dt.timedelta(seconds=16)) == dt.timedelta(seconds=-1)


@pytest.mark.parametrize(
    ("spot", "bid", "ask"),
    [("40", "39.99", "40.00"), ("600", "599.94", "600.06"), ("50.01", "50.00", "50.02"), ("0.01", "0", "0.01")],
)
def test_shares_trade_two_basis_points_apart_a_cent_at_the_least(spot: str, bid: str, ask: str) -> None:
    assert stock_quote(dollars(spot), NOW) == Quote(dollars(bid), dollars(ask), NOW)


@given(st.integers(2 * CENT, dollars(10_000)))
def test_a_price_of_shares_lies_within_half_a_cent_of_its_quote(spot: Money) -> None:
    quote = stock_quote(spot, NOW)
    assert quote.is_good
    assert quote.bid is not None
    assert quote.ask is not None
    assert quote.bid % CENT == quote.ask % CENT == 0
    assert quote.bid <= spot <= quote.ask + CENT // 2
    assert quote.ask - quote.bid <= max(CENT, spot * 2 // 10_000 + CENT)
