"""Quotes: what counts as tradable, what has a middle, how old it is."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import Money
from engine.domain.quote import Quote
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
