"""Chance of profit and expected result against numerical integration and known cases."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics.black_scholes import european
from engine.analytics.payoff import PayoffLeg, expiry_pnl_at
from engine.analytics.probability import chance_of_profit, expected_result
from engine.analytics.smile import flat_smile
from engine.core.money import UNIT, Money, dollars, to_float
from engine.domain.instrument import Right

CALL, PUT = Right.CALL, Right.PUT
FORWARD, YEARS, VOLATILITY = 261.0, 0.1, 0.45


def profit_probability(
    legs: list[PayoffLeg], cash: Money, forward: float, years: float, volatility: float
) -> float | None:
    """With one volatility for all strikes."""
    return chance_of_profit(legs, cash, flat_smile(forward, years, volatility))


def expected_pnl(legs: list[PayoffLeg], cash: Money, forward: float, years: float, volatility: float) -> float | None:
    """With one volatility for all strikes."""
    return expected_result(legs, cash, flat_smile(forward, years, volatility))


LEGS = st.lists(
    st.tuples(
        st.sampled_from([CALL, PUT]), st.integers(150, 400).map(lambda k: k * UNIT), st.integers(-3, 3).filter(bool)
    ),
    max_size=5,
)
CASH = st.integers(-5000, 5000).map(lambda amount: amount * UNIT)


def condor() -> list[PayoffLeg]:
    shape = [(PUT, "240", 1), (PUT, "250", -1), (CALL, "270", -1), (CALL, "280", 1)]
    return [(right, dollars(strike), side) for right, strike, side in shape]


def integrated(legs: list[PayoffLeg], cash: Money) -> tuple[float, float]:
    """Chance of profit and expected result by a fine midpoint rule over the normal variable."""
    edges = np.linspace(-8.0, 8.0, 20_001)
    z = 0.5 * (edges[1:] + edges[:-1])
    weight = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) * (edges[1] - edges[0])
    deviation = VOLATILITY * math.sqrt(YEARS)
    spot = FORWARD * np.exp(deviation * z - 0.5 * deviation**2)
    result = np.full_like(z, to_float(cash))
    for right, strike, contracts in legs:
        side = 1.0 if right is CALL else -1.0
        result += 100 * contracts * np.maximum(side * (spot - to_float(strike)), 0.0)
    return float(weight[result > 1e-9].sum()), float((weight * result).sum())


@given(LEGS, CASH)
def test_chance_of_profit_agrees_with_numerical_integration(legs: list[PayoffLeg], cash: Money) -> None:
    # Each of at most six crossings costs the midpoint rule up to one cell of density.
    expected, _ = integrated(legs, cash)
    assert profit_probability(legs, cash, FORWARD, YEARS, VOLATILITY) == pytest.approx(expected, abs=6 * 0.0004)


@given(LEGS, CASH)
def test_expected_result_agrees_with_numerical_integration(legs: list[PayoffLeg], cash: Money) -> None:
    _, expected = integrated(legs, cash)
    assert expected_pnl(legs, cash, FORWARD, YEARS, VOLATILITY) == pytest.approx(expected, rel=1e-6, abs=0.02)


@given(LEGS, CASH.filter(bool))
def test_profit_and_loss_of_the_opposite_side_add_up_to_one(legs: list[PayoffLeg], cash: Money) -> None:
    opposite: list[PayoffLeg] = [(right, strike, -contracts) for right, strike, contracts in legs]
    ours = profit_probability(legs, cash, FORWARD, YEARS, VOLATILITY)
    theirs = profit_probability(opposite, -cash, FORWARD, YEARS, VOLATILITY)
    assert ours is not None
    assert theirs is not None
    # Together they miss only a stretch of exactly zero result.
    assert ours + theirs <= 1.0 + 1e-12
    flat = {expiry_pnl_at(legs, cash, k) for k in range(149 * UNIT, 402 * UNIT, UNIT)}
    if 0 not in flat:
        assert ours + theirs == pytest.approx(1.0, abs=1e-12)
    expected = expected_pnl(legs, cash, FORWARD, YEARS, VOLATILITY)
    assert expected_pnl(opposite, -cash, FORWARD, YEARS, VOLATILITY) == pytest.approx(-(expected or 0.0), abs=1e-9)


def test_an_iron_condor_wins_between_its_breakevens() -> None:
    deviation = VOLATILITY * math.sqrt(YEARS)

    def below(price: float) -> float:
        return 0.5 * math.erfc((math.log(FORWARD / price) / deviation - deviation / 2) / math.sqrt(2))

    found = profit_probability(condor(), dollars("250"), FORWARD, YEARS, VOLATILITY)
    assert found == pytest.approx(below(272.5) - below(247.5), abs=1e-12)


def test_expected_payoff_is_the_undiscounted_model_price() -> None:
    for is_put, right in ((False, CALL), (True, PUT)):
        price = european(FORWARD, FORWARD, 255.0, YEARS, 0.0, VOLATILITY, is_put).price[0]
        found = expected_pnl([(right, dollars("255"), 2)], dollars("-100"), FORWARD, YEARS, VOLATILITY)
        assert found == pytest.approx(200 * price - 100, rel=1e-12)


def test_premium_at_its_model_price_expects_nothing() -> None:
    fair = -(expected_pnl(condor(), 0, FORWARD, YEARS, VOLATILITY) or 0.0)
    cash = round(fair * UNIT)
    assert expected_pnl(condor(), cash, FORWARD, YEARS, VOLATILITY) == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(("years", "volatility"), [(0.0, 0.4), (0.1, 0.0)])
@pytest.mark.parametrize(
    ("forward", "chance", "expected"),
    [(260.0, 1.0, 250.0), (245.0, 0.0, -250.0), (272.5, 0.0, 0.0), (247.5, 0.0, 0.0), (300.0, 0.0, -750.0)],
)
def test_without_time_or_volatility_the_forward_decides(
    years: float, volatility: float, forward: float, chance: float, expected: float
) -> None:
    assert profit_probability(condor(), dollars("250"), forward, years, volatility) == chance
    assert expected_pnl(condor(), dollars("250"), forward, years, volatility) == pytest.approx(expected)


def test_without_legs_the_cash_decides() -> None:
    assert profit_probability([], 1, FORWARD, YEARS, VOLATILITY) == 1.0
    assert profit_probability([], 0, FORWARD, YEARS, VOLATILITY) == 0.0
    assert expected_pnl([], dollars("12"), FORWARD, YEARS, VOLATILITY) == 12.0


@pytest.mark.parametrize(
    ("forward", "years", "volatility"),
    [
        (math.nan, 0.1, 0.4),
        (0.0, 0.1, 0.4),
        (-5.0, 0.1, 0.4),
        (math.inf, 0.1, 0.4),
        (261.0, math.nan, 0.4),
        (261.0, -0.1, 0.4),
        (261.0, math.inf, 0.4),
        (261.0, 0.1, math.nan),
        (261.0, 0.1, -0.4),
        (261.0, 0.1, math.inf),
    ],
)
def test_unusable_inputs_give_no_figure(forward: float, years: float, volatility: float) -> None:
    assert profit_probability(condor(), dollars("250"), forward, years, volatility) is None
    assert expected_pnl(condor(), dollars("250"), forward, years, volatility) is None
