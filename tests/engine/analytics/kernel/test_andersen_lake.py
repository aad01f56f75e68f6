"""The exercise boundary: where theory knows it, and its premium's derivatives."""

import math

import numpy as np
import pytest

from engine.analytics.kernel.andersen_lake import NODES, exercise_boundary, exercise_premium, pays_early, premium_value


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def perpetual(rate: float, carry: float, volatility: float) -> float:
    """Boundary of a put without an end. Source: Merton (1973)."""
    grade = (rate - carry) / volatility**2 - 0.5
    power = -grade - math.sqrt(grade**2 + 2 * rate / volatility**2)
    return power / (power - 1)


@pytest.mark.parametrize(("rate", "carry", "volatility"), [(0.05, 0.0, 0.3), (0.05, 0.03, 0.2), (0.08, 0.12, 0.4)])
def test_a_long_life_comes_down_to_the_perpetual_boundary(rate: float, carry: float, volatility: float) -> None:
    bounds = [exercise_boundary(column(rate), column(carry), column(volatility), column(t)).now[0] for t in (1, 10, 60)]
    limit = perpetual(rate, carry, volatility)
    assert bounds[0] > bounds[1] > bounds[2] > limit * 0.999
    assert bounds[2] == pytest.approx(limit, rel=0.02)


def test_a_short_life_goes_up_to_the_limit_at_expiry() -> None:
    carry = column(0.0, 0.03, 0.10)
    boundary = exercise_boundary(np.full(3, 0.05), carry, np.full(3, 0.2), np.full(3, 1e-6))
    assert boundary.limit.tolist() == [1.0, 1.0, 0.5]
    np.testing.assert_allclose(boundary.now, boundary.limit, rtol=2e-3)
    assert boundary.bend.shape == (NODES, 3)


def test_slope_and_curvature_are_the_derivatives_of_the_premium() -> None:
    boundary = exercise_boundary(column(0.06), column(0.02), column(0.25), column(0.8))
    at, step = 1.03, 1e-4
    (low, low_slope, _), (_, slope, bend), (high, high_slope, _) = (
        exercise_premium(boundary, column(at + move)) for move in (-step, 0.0, step)
    )
    assert slope[0] == pytest.approx((high[0] - low[0]) / (2 * step), rel=1e-6)
    assert bend[0] == pytest.approx((high_slope[0] - low_slope[0]) / (2 * step), rel=1e-6)


def test_one_boundary_serves_many_prices() -> None:
    boundary = exercise_boundary(column(0.05, 0.02), column(0.0, 0.01), column(0.3, 0.5), column(1.0, 0.2))
    prices = np.array([[0.9, 1.0], [1.0, 1.1], [1.2, 0.95]])
    alone = np.stack([exercise_premium(boundary, row)[0] for row in prices])
    np.testing.assert_allclose(premium_value(boundary, prices), alone, rtol=1e-12)


def test_at_the_boundary_the_put_is_worth_its_exercise() -> None:
    rate, carry, volatility, years = 0.05, 0.01, 0.3, 0.7
    boundary = exercise_boundary(column(rate), column(carry), column(volatility), column(years))
    level = float(boundary.now[0])
    d1 = (math.log(level) + (rate - carry) * years) / (volatility * math.sqrt(years)) + 0.5 * volatility * math.sqrt(
        years
    )
    d2 = d1 - volatility * math.sqrt(years)
    plain = math.exp(-rate * years) * 0.5 * math.erfc(d2 / math.sqrt(2)) - level * math.exp(
        -carry * years
    ) * 0.5 * math.erfc(d1 / math.sqrt(2))
    assert plain + exercise_premium(boundary, column(level))[0][0] == pytest.approx(1 - level, abs=2e-5)


def test_exercise_pays_where_interest_is_earned_or_the_asset_grows() -> None:
    rates, carries = column(0.05, 0.0, 0.0, -0.01, -0.01), column(0.10, 0.0, -0.02, 0.0, -0.05)
    assert pays_early(rates, carries).tolist() == [True, False, True, False, False]
