"""Contracts: keys that sort and come back, symbols that brokers know, tick sizes."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import Money
from engine.domain.instrument import OptionContract, Right, contract_of, parse_instrument
from tests.builders import contract

CONTRACTS = st.builds(
    OptionContract,
    st.just("TSLA"),
    st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)),
    st.integers(0, 2**32 - 1),
    st.sampled_from(Right),
)


def by_key(each: OptionContract) -> tuple[dt.date, bool, Money]:
    return each.expiration, each.right is Right.PUT, each.strike


@given(CONTRACTS)
def test_a_key_gives_its_contract_back(each: OptionContract) -> None:
    assert contract_of("TSLA", each.key) == each
    assert each.key < 2**63


@given(st.lists(CONTRACTS, min_size=2, max_size=6))
def test_keys_sort_by_expiration_then_right_then_strike(contracts: list[OptionContract]) -> None:
    assert sorted(contracts, key=lambda each: each.key) == sorted(contracts, key=by_key)


@pytest.mark.parametrize(
    ("each", "symbol"),
    [
        (contract(600, Right.PUT, "SPY"), "SPY260417P00600000"),
        (contract("242.5", Right.CALL, "TSLA"), "TSLA260417C00242500"),
        (contract("0.5", Right.CALL, "F", dt.date(2027, 1, 15)), "F270115C00000500"),
    ],
)
def test_the_symbol_is_that_of_the_clearing_house(each: OptionContract, symbol: str) -> None:
    assert each.occ == symbol


@given(
    st.from_regex(r"[A-Z][A-Z0-9.]{0,5}", fullmatch=True),
    st.dates(dt.date(2000, 1, 1), dt.date(2060, 1, 1)),
    st.integers(1, 99_999_999),
    st.sampled_from(Right),
)
def test_an_occ_symbol_gives_its_contract_back(root: str, day: dt.date, strike: int, right: Right) -> None:
    each = OptionContract(root, day, strike * 10, right)
    assert parse_instrument(each.occ) == each


@pytest.mark.parametrize("ticker", ["SPY", "BRK.B", "BRK/B", "F", "TSLA1"])
def test_a_ticker_stands_for_its_shares(ticker: str) -> None:
    assert parse_instrument(ticker) == ticker


@pytest.mark.parametrize(
    "text", ["", "spy", "SPY260431P00600000", "SPY260417X00600000", "SPY 260417P00600000", "$CASH"]
)
def test_what_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"names neither|day is out of range"):
        parse_instrument(text)


@pytest.mark.parametrize(("right", "inside"), [(Right.CALL, 70_000), (Right.PUT, -70_000)])
def test_how_far_in_the_money_is_told_with_its_sign(right: Right, inside: Money) -> None:
    option = contract(100, right)
    assert option.inside(1_070_000) == inside
    assert option.inside(1_000_000) == 0
    assert option.right.word == {Right.CALL: "call", Right.PUT: "put"}[right]
