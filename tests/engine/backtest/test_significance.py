"""In and out of sample, and how often chance does as well."""

import datetime as dt
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.result import Backtest, TracedTrade
from engine.backtest.significance import even_splits, permutation_test, walk_forward
from engine.core.money import dollars
from engine.domain.evidence import BacktestTrade


def january(day: int) -> dt.date:
    """A day of January 2026."""
    return dt.date(2026, 1, day)


def backtest(*trades: tuple[int, int, int]) -> Backtest:
    """A January of trades: opened, closed, result in dollars; equity in whole dollars, one a day."""
    traced = tuple(
        TracedTrade(BacktestTrade(january(opened), january(closed), dollars(result), "target"), ())
        for opened, closed, result in trades
    )
    equity = tuple((january(day), dollars(sum(r for _, closed, r in trades if closed <= day))) for day in range(1, 32))
    return Backtest("SPY", "Iron Condor", january(1), january(31), "by hand", traced, equity, ())


YEAR = backtest((2, 5, 100), (6, 9, -50), (9, 11, 30), (10, 12, -80), (15, 20, 40))


def test_trades_belong_to_the_side_where_they_opened_and_those_across_to_none() -> None:
    (fold,) = walk_forward(YEAR, [january(10)])

    assert (fold.in_sample.trades, fold.in_sample.expectancy) == (2, dollars(25))
    assert (fold.out_of_sample.trades, fold.out_of_sample.expectancy) == (2, dollars(-20))
    assert fold.straddling == 1
    assert (fold.in_sample.last, fold.out_of_sample.first) == (january(9), january(10))
    assert (fold.in_sample.drawdown, fold.out_of_sample.drawdown) == (dollars(50), dollars(80))


def test_out_of_sample_ends_where_the_next_split_begins() -> None:
    first, second = walk_forward(YEAR, [january(10), january(14)])

    assert (first.out_of_sample.trades, second.in_sample.trades, second.out_of_sample.trades) == (1, 4, 1)


@pytest.mark.parametrize("splits", [[january(1)], [dt.date(2026, 2, 1)], [january(9), january(9)]])
def test_splits_that_leave_nothing_or_do_not_ascend_are_refused(splits: list[dt.date]) -> None:
    with pytest.raises(ValueError, match="splits ascend"):
        walk_forward(YEAR, splits)


def test_even_splits_cut_a_span() -> None:
    assert even_splits(january(1), january(30), 3) == (january(11), january(21))
    assert even_splits(january(1), january(2), 2) == (january(2),)
    for parts in (1, 3):
        with pytest.raises(ValueError, match="cannot be cut"):
            even_splits(january(1), january(2), parts)


def exact_p(results: list[int]) -> float:
    """Share of all sign patterns whose sum is at least the one seen."""
    patterns = list(product((1, -1), repeat=len(results)))
    sizes = [sum(sign * result for sign, result in zip(signs, results, strict=True)) for signs in patterns]
    return sum(size >= sum(results) for size in sizes) / len(sizes)


def test_the_p_value_is_that_of_all_sign_patterns() -> None:
    results = [100, -50, 30, -80, 40, 60, 20, 90]
    found = permutation_test(backtest(*((2, 5, result) for result in results)), 50_000)

    assert found is not None
    # four standard errors of a share over 50,000 draws
    assert found.p_value == pytest.approx(exact_p(results), abs=4 * (0.25 / 50_000) ** 0.5)


def test_five_wins_of_five_are_one_pattern_of_thirty_two() -> None:
    found = permutation_test(backtest(*((2, 5, 10) for _ in range(5))), 100_000)

    assert found is not None
    assert found.p_value == pytest.approx(1 / 32, abs=0.003)


def test_only_losses_are_never_better_than_chance() -> None:
    found = permutation_test(backtest((2, 5, -10), (3, 6, -20)), 999)

    assert found is not None
    assert found.p_value == 1.0


def test_no_trade_tells_nothing_and_no_permutation_is_refused() -> None:
    assert permutation_test(backtest()) is None
    with pytest.raises(ValueError, match="at least 1"):
        permutation_test(YEAR, 0)


@given(st.lists(st.integers(-500, 500), min_size=1, max_size=30), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_the_same_seed_gives_the_same_answer_and_it_is_a_share_above_zero(results: list[int], seed: int) -> None:
    made = backtest(*((2, 5, result) for result in results))
    first, again = permutation_test(made, 200, seed), permutation_test(made, 200, seed)

    assert first == again
    assert first is not None
    assert 1 / 201 <= first.p_value <= 1
