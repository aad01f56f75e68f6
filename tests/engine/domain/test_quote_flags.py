"""What is wrong with quotes: each fault, and that one pair of prices is judged as the arrays are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import UNIT
from engine.domain.quote_flags import (
    MOST_A_SHARE,
    UNTRADABLE,
    QuoteFlag,
    is_tradable,
    pair_flags,
    quote_flags,
)

NONE, NAN, MOST = QuoteFlag(0), float("nan"), float(MOST_A_SHARE)
PRICES = st.integers(-3 * UNIT, 3 * UNIT) | st.sampled_from([0, MOST_A_SHARE * UNIT, MOST_A_SHARE * UNIT + 1])


@pytest.mark.parametrize(
    ("bid", "ask", "flags"),
    [
        (1.0, 1.1, NONE),
        (1.1, 1.0, QuoteFlag.CROSSED),
        (1.0, 1.0, QuoteFlag.LOCKED),
        (0.0, 0.0, QuoteFlag.ZERO),
        (0.0, 0.1, QuoteFlag.ONE_SIDED),
        (0.1, 0.0, QuoteFlag.ONE_SIDED | QuoteFlag.CROSSED),
        (NAN, 1.0, QuoteFlag.NOT_A_NUMBER | QuoteFlag.ONE_SIDED),
        (1.0, NAN, QuoteFlag.NOT_A_NUMBER | QuoteFlag.ONE_SIDED),
        (NAN, NAN, QuoteFlag.NOT_A_NUMBER),
        (-0.1, 0.1, QuoteFlag.NEGATIVE | QuoteFlag.ONE_SIDED),
        (MOST - 1, MOST, NONE),
        (1.0, MOST + 1, QuoteFlag.HUGE),
        (1.0, float("inf"), QuoteFlag.HUGE),
    ],
)
def test_each_fault_of_prices_is_told(bid: float, ask: float, flags: QuoteFlag) -> None:
    (mask,) = quote_flags(np.array([bid]), np.array([ask]))
    assert QuoteFlag(int(mask)) == flags
    assert is_tradable(np.array([mask])).tolist() == [not flags & UNTRADABLE]


@given(PRICES, PRICES)
def test_one_pair_is_judged_as_a_column_is(bid: int, ask: int) -> None:
    (mask,) = quote_flags(np.array([bid / UNIT]), np.array([ask / UNIT]))
    assert pair_flags(bid, ask) == QuoteFlag(int(mask))
    assert bool(is_tradable(np.array([mask]))[0]) is (0 < bid <= ask <= MOST_A_SHARE * UNIT)


def test_faults_that_prices_do_not_show_are_added_by_row_or_for_all() -> None:
    prices = np.array([1.0, 2.0, 3.0])
    first = np.array([True, False, False])
    mask = quote_flags(prices, prices + 0.1, is_stale=first, is_expired=~first, is_adjusted=first[::-1])
    assert [QuoteFlag(int(each)) for each in mask] == [
        QuoteFlag.STALE,
        QuoteFlag.EXPIRED,
        QuoteFlag.EXPIRED | QuoteFlag.ADJUSTED,
    ]
    assert quote_flags(prices, prices + 0.1, is_copy=True).tolist() == [QuoteFlag.COPY.value] * 3
    assert not quote_flags(prices, prices + 0.1).any()


def test_only_what_is_locked_may_be_traded_with_a_fault() -> None:
    masks = np.array([flag.value for flag in QuoteFlag], dtype=np.uint16)
    assert [flag for flag, good in zip(QuoteFlag, is_tradable(masks), strict=True) if good] == [QuoteFlag.LOCKED]
