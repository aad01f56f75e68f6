"""Price grids: every class on its own steps, a buyer's price down and a seller's up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.expiries import INDEX_ROOTS
from engine.core.money import CENT, Money, dollars
from engine.domain.tick import (
    CENTS_EVERYWHERE,
    EUROPEAN_CLASSES,
    INDEX_CLASSES,
    PENNY_CLASSES,
    Grid,
    buy_price,
    buy_prices,
    grid_of,
    is_on_grid,
    package_price,
    sell_price,
    sell_prices,
    tick_size,
)

PRICES = st.integers(0, 200 * 10_000)
CLASSES = st.sampled_from(["SPY", "TSLA", "NOBODY", "SPX"])


@pytest.mark.parametrize(
    ("symbol", "price", "tick"),
    [
        ("SPY", "0.05", CENT), ("SPY", "25.00", CENT), ("IWM", "3.00", CENT),
        ("TSLA", "2.9999", CENT), ("TSLA", "3.00", 5 * CENT), ("TSLA", "-2.99", CENT), ("TSLA", "-3.00", 5 * CENT),
        ("NOBODY", "2.95", 5 * CENT), ("NOBODY", "3.00", 10 * CENT),
        ("SPX", "1.00", 5 * CENT), ("SPX", "30.00", 5 * CENT),
    ],
)  # fmt: skip
def test_steps_grow_at_three_dollars_except_where_they_do_not(symbol: str, price: str, tick: Money) -> None:
    assert tick_size(symbol, dollars(price)) == tick


@pytest.mark.parametrize(
    ("symbol", "price", "buy", "sell"),
    [
        ("TSLA", "3.02", "3.00", "3.05"),
        ("TSLA", "2.995", "2.99", "3.00"),
        ("TSLA", "2.98", "2.98", "2.98"),
        ("NOBODY", "3.05", "3.00", "3.10"),
        ("NOBODY", "2.97", "2.95", "3.00"),
        ("SPY", "12.345", "12.34", "12.35"),
        ("SPX", "12.32", "12.30", "12.35"),
        ("TSLA", "0", "0", "0"),
    ],
)
def test_a_buyer_goes_down_and_a_seller_up(symbol: str, price: str, buy: str, sell: str) -> None:
    assert buy_price(symbol, dollars(price)) == dollars(buy)
    assert sell_price(symbol, dollars(price)) == dollars(sell)


@given(CLASSES, PRICES)
def test_both_are_on_the_grid_and_no_further_than_a_step(symbol: str, price: Money) -> None:
    buy, sell = buy_price(symbol, price), sell_price(symbol, price)
    assert is_on_grid(symbol, buy)
    assert is_on_grid(symbol, sell)
    assert buy <= price <= sell
    assert sell - buy <= tick_size(symbol, price)
    assert (buy == sell) == is_on_grid(symbol, price)


@given(CLASSES, st.lists(PRICES, min_size=1, max_size=20))
def test_arrays_are_rounded_like_single_prices(symbol: str, prices: list[Money]) -> None:
    array, grid = np.array(prices, dtype=np.int64), grid_of(symbol)
    assert buy_prices(grid, array).tolist() == [buy_price(symbol, price) for price in prices]
    assert sell_prices(grid, array).tolist() == [sell_price(symbol, price) for price in prices]


@given(PRICES)
def test_the_coarse_grid_is_valid_everywhere(price: Money) -> None:
    coarse = buy_price("NOBODY", price)
    assert all(is_on_grid(symbol, coarse) for symbol in ("SPY", "TSLA", "SPX", "NOBODY"))


def test_no_class_is_on_two_lists() -> None:
    assert not CENTS_EVERYWHERE & PENNY_CLASSES
    assert not INDEX_CLASSES & (PENNY_CLASSES | CENTS_EVERYWHERE)
    assert grid_of("unknown") is Grid.NICKEL


@pytest.mark.parametrize("symbol", ["SPX", "MRUT", "MNX", "RVX"])
def test_options_on_any_index_are_known_as_such(symbol: str) -> None:
    assert grid_of(symbol) is Grid.INDEX
    assert symbol in EUROPEAN_CLASSES
    assert INDEX_CLASSES == INDEX_ROOTS, "one list, for grids, margin, expiry and taxes"
    assert "OEX" not in EUROPEAN_CLASSES


def test_a_package_trades_in_cents_of_its_net() -> None:
    assert package_price(dollars("1.237"), is_buy=True) == dollars("1.23")
    assert package_price(dollars("1.237"), is_buy=False) == dollars("1.24")
    # A credit is a negative debit: who buys the package for -1.237 wants to be paid no less.
    assert package_price(dollars("-1.237"), is_buy=True) == dollars("-1.24")
    assert package_price(dollars("-1.237"), is_buy=False) == dollars("-1.23")
