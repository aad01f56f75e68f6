"""Probability and expectation under a skewed smile, and of any broken line: against numerical integration."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics.payoff import PayoffLeg, expiry_pnl_at
from engine.analytics.probability import (
    chance_above_zero,
    chance_of_profit,
    expectation,
    expected_result,
)
from engine.analytics.smile import Smile, SmileSource, flat_smile, no_smile
from engine.analytics.svi import Svi
from engine.core.money import UNIT, Money, dollars, to_float
from engine.domain.chain import Floats
from engine.domain.instrument import Right

CALL, PUT = Right.CALL, Right.PUT
SMILE = Smile(261.0, 0.1, Svi(a=0.004, b=0.06, rho=-0.6, m=0.02, sigma=0.1), SmileSource.SVI)
INVALID = no_smile(261.0, 0.1, SmileSource.NO_QUOTES)

LEGS = st.lists(
    st.tuples(
        st.sampled_from([CALL, PUT]), st.integers(150, 400).map(lambda k: k * UNIT), st.integers(-3, 3).filter(bool)
    ),
    max_size=5,
)
CASH = st.integers(-5000, 5000).map(lambda amount: amount * UNIT)

_EDGES = 261.0 * np.exp(np.linspace(-4.0, 2.0, 30_001))
PRICES = np.sqrt(_EDGES[1:] * _EDGES[:-1])
WEIGHTS: Floats = SMILE.density(PRICES) * np.diff(_EDGES)
"""The smile's distribution in small cells: its density is proven in the smile's own tests."""


def condor() -> list[PayoffLeg]:
    shape = [(PUT, "240", 1), (PUT, "250", -1), (CALL, "270", -1), (CALL, "280", 1)]
    return [(right, dollars(strike), side) for right, strike, side in shape]


def results(legs: list[PayoffLeg], cash: Money, shares: int) -> Floats:
    total: Floats = np.full(PRICES.size, to_float(cash)) + shares * PRICES
    for right, strike, contracts in legs:
        side = 1.0 if right is CALL else -1.0
        total += 100 * contracts * np.maximum(side * (PRICES - to_float(strike)), 0.0)
    return total


@given(LEGS, CASH, st.integers(-200, 200))
def test_chance_of_profit_agrees_with_the_smiles_density(legs: list[PayoffLeg], cash: Money, shares: int) -> None:
    won = results(legs, cash, shares) > 1e-9
    # Each of at most seven crossings costs the rule up to one cell.
    assert chance_of_profit(legs, cash, SMILE, shares) == pytest.approx(float(WEIGHTS[won].sum()), abs=7 * 0.001)


@given(LEGS, CASH, st.integers(-200, 200))
def test_expected_result_agrees_with_the_smiles_density(legs: list[PayoffLeg], cash: Money, shares: int) -> None:
    expected = float(WEIGHTS @ results(legs, cash, shares))
    assert expected_result(legs, cash, SMILE, shares) == pytest.approx(expected, rel=1e-5, abs=0.3)


@pytest.mark.parametrize(("short", "is_likelier"), [("240", True), ("170", False)])
def test_a_fat_left_tail_wins_short_puts_near_the_money_and_loses_those_far_out(short: str, is_likelier: bool) -> None:
    """A falling smile moves probability from one deviation below the forward to its middle, and to the far tail."""
    put: list[PayoffLeg] = [(PUT, dollars(short), -1)]
    skewed = chance_of_profit(put, dollars("100"), SMILE)
    flat = chance_of_profit(put, dollars("100"), flat_smile(261.0, 0.1, SMILE.at_the_money))
    assert skewed is not None
    assert flat is not None
    assert (skewed > flat) == is_likelier
    assert skewed != pytest.approx(flat, abs=1e-4)


def test_options_sold_at_the_smiles_own_prices_expect_nothing() -> None:
    legs = condor()
    fair = sum(
        -100 * contracts * float(SMILE.undiscounted(to_float(strike), right is PUT)[0])
        for right, strike, contracts in legs
    )
    assert expected_result(legs, round(fair * UNIT), SMILE) == pytest.approx(0.0, abs=1e-4)


def test_covered_stock_wins_above_its_breakeven() -> None:
    call: list[PayoffLeg] = [(CALL, dollars("270"), -1)]
    cash = dollars("-25900")
    assert chance_of_profit(call, cash, SMILE, shares=100) == pytest.approx(float(SMILE.chance_above(259.0)[0]))
    worth = 100 * (261.0 - float(SMILE.undiscounted(270.0, is_put=False)[0])) - 25_900
    assert expected_result(call, cash, SMILE, shares=100) == pytest.approx(worth)


def test_an_invalid_smile_gives_no_figure() -> None:
    assert chance_of_profit(condor(), dollars("250"), INVALID) is None
    assert expected_result(condor(), dollars("250"), INVALID) is None
    assert math.isnan(chance_above_zero(np.array([0.0]), np.array([1.0]), 0.0, INVALID))
    assert math.isnan(expectation(np.array([0.0]), np.array([1.0]), 0.0, INVALID))


def test_a_certain_price_decides_exactly() -> None:
    certain = flat_smile(272.51, 0.0, 0.4)
    # At the break-even to the cent: a result of zero is no profit.
    assert expiry_pnl_at(condor(), dollars("251"), dollars("272.51")) == 0
    assert chance_of_profit(condor(), dollars("251"), certain) == 0.0
    assert chance_of_profit(condor(), dollars("251.01"), certain) == 1.0


@pytest.mark.parametrize(
    ("values", "slope", "won"),
    [
        ([1.0, 1.0, 1.0], 0.0, [(0, math.inf)]),
        ([-1.0, -1.0, -1.0], 0.0, []),
        ([0.0, 0.0, 0.0], 0.0, []),
        ([-1.0, 1.0, -1.0], 0.0, [(125, 275)]),
        ([1.0, -1.0, -1.0], 0.01, [(0, 125), (400, math.inf)]),
        ([-1.0, -1.0, 1.0], -0.02, [(275, 350)]),
        ([0.0, 0.0, 0.0], 1.0, [(300, math.inf)]),
        ([1.0, 0.0, 0.0], -1.0, [(0, 250)]),
        ([-1.0, 0.0, 1.0], 1.0, [(250, math.inf)]),
    ],
)
def test_a_line_wins_where_it_lies_above_zero(
    values: list[float], slope: float, won: list[tuple[float, float]]
) -> None:
    above = [(SMILE.chance_above(low) - SMILE.chance_above(high))[0] for low, high in won]
    found = chance_above_zero(np.array([0.0, 250.0, 300.0]), np.array(values), slope, SMILE)
    assert found == pytest.approx(sum(above), abs=1e-12)


def test_a_line_of_many_points_stands_for_any_curve() -> None:
    """A bell, as a calendar has at its front expiration: the finer the line, the nearer to the curve's integral."""
    prices = np.concatenate(([0.0], np.linspace(150, 400, 1001)))
    bell = 300 * np.exp(-0.5 * ((prices - 260) / 12) ** 2) - 120
    smooth = 300 * np.exp(-0.5 * ((PRICES - 260) / 12) ** 2) - 120
    assert expectation(prices, bell, 0.0, SMILE) == pytest.approx(float(WEIGHTS @ smooth), abs=0.02)
    reach = 12 * math.sqrt(2 * math.log(300 / 120))
    between = (SMILE.chance_above(260 - reach) - SMILE.chance_above(260 + reach))[0]
    assert chance_above_zero(prices, bell, 0.0, SMILE) == pytest.approx(between, abs=1e-5)


def test_a_certain_price_reads_the_line_also_beyond_its_end() -> None:
    line = np.array([0.0, 100.0]), np.array([-5.0, -1.0])
    for forward, expected in ((50.0, -3.0), (100.0, -1.0), (104.0, 1.0)):
        certain = flat_smile(forward, 0.0, 0.2)
        assert expectation(*line, 0.5, certain) == pytest.approx(expected)
        assert chance_above_zero(*line, 0.5, certain) == float(expected > 0)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_line_with_an_unknown_figure_gives_none(bad: float) -> None:
    prices, values = np.array([0.0, 100.0]), np.array([1.0, bad])
    assert math.isnan(chance_above_zero(prices, values, 0.0, SMILE))
    assert math.isnan(expectation(prices, values, 0.0, SMILE))
    assert math.isnan(expectation(prices, np.ones(2), bad, SMILE))


@pytest.mark.parametrize(
    ("prices", "values"), [([1.0, 2.0], [1.0, 2.0]), ([0.0, 2.0, 2.0], [1.0, 2.0, 3.0]), ([0.0], [1.0, 2.0]), ([], [])]
)
def test_what_is_no_line_is_an_error(prices: list[float], values: list[float]) -> None:
    with pytest.raises(ValueError, match="line"):
        expectation(np.array(prices), np.array(values), 0.0, SMILE)
