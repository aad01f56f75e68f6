"""Keys of many contracts are the keys of each, come back, and are there without numpy for who needs none."""

import datetime as dt

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.contract_keys import contract_keys, decode_keys, other_right
from engine.domain.instrument import OptionContract, Right

CONTRACTS = st.builds(
    OptionContract,
    st.just("TSLA"),
    st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)),
    st.integers(0, 2**32 - 1),
    st.sampled_from(Right),
)


@given(CONTRACTS)
def test_the_other_right_is_a_put_for_a_call_and_back(each: OptionContract) -> None:
    right = Right.CALL if each.right is Right.PUT else Right.PUT
    twin = OptionContract(each.underlying, each.expiration, each.strike, right)
    keys = np.array([each.key, twin.key], dtype=np.int64)
    assert other_right(keys).tolist() == [twin.key, each.key]


@given(st.lists(CONTRACTS, max_size=6))
def test_many_keys_at_once_are_the_keys_one_by_one(contracts: list[OptionContract]) -> None:
    ordinals = np.array([each.expiration.toordinal() for each in contracts], dtype=np.int64)
    puts = np.array([each.right is Right.PUT for each in contracts], dtype=np.bool_)
    strikes = np.array([each.strike for each in contracts], dtype=np.int64)
    keys = contract_keys(ordinals, puts, strikes)
    assert keys.tolist() == [each.key for each in contracts]
    for decoded, column in zip(decode_keys(keys), (ordinals, puts, strikes), strict=True):
        np.testing.assert_array_equal(decoded, column)
