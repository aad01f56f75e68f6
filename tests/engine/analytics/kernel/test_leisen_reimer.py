"""The tree's premium against the exercise boundary's, and far from the strike."""

import numpy as np
import pytest

from engine.analytics.kernel.andersen_lake import exercise_boundary, exercise_premium
from engine.analytics.kernel.leisen_reimer import STEPS, tree_premium


def test_premium_and_slope_are_those_of_the_boundary() -> None:
    prices = np.linspace(0.85, 1.3, 40)
    terms = (np.full(40, 0.05), np.full(40, 0.02), np.full(40, 0.3), np.full(40, 0.5))
    premium, slope, bend = tree_premium(prices, *terms)
    exact, exact_slope, exact_bend = exercise_premium(exercise_boundary(*terms), prices)
    np.testing.assert_allclose(premium, exact, atol=5e-5)
    np.testing.assert_allclose(slope, exact_slope, atol=5e-3)
    np.testing.assert_allclose(bend, exact_bend, atol=6e-2)


def test_the_coarse_tree_takes_most_of_the_error_away(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(steps % 2 for steps in STEPS)
    prices = np.linspace(0.9, 1.1, 30)
    terms = (np.full(30, 0.06), np.full(30, 0.0), np.full(30, 0.3), np.full(30, 1.0))
    exact, _, _ = exercise_premium(exercise_boundary(*terms), prices)
    together = np.abs(tree_premium(prices, *terms)[0] - exact).mean()
    monkeypatch.setattr("engine.analytics.kernel.leisen_reimer.STEPS", (1, 51))
    alone = np.abs(tree_premium(prices, *terms)[0] - exact).mean()
    assert together < 0.4 * alone


def test_far_from_the_strike_the_end_is_certain() -> None:
    prices = np.array([0.2, 5.0])
    premium, slope, bend = tree_premium(prices, np.full(2, 0.05), np.zeros(2), np.full(2, 0.1), np.full(2, 0.02))
    # Exercise now saves the interest of a week on the strike.
    assert premium[0] == pytest.approx(1 - np.exp(-0.001), rel=1e-9)
    assert premium[1] == 0.0
    assert np.isfinite(slope).all()
    assert np.isfinite(bend).all()


def test_minutes_before_expiry_the_tree_keeps_its_digits() -> None:
    draw = np.random.default_rng(1)
    count = 4000
    years = draw.uniform(5, 390, count) / 525_600
    terms = (np.full(count, 0.04), np.full(count, 0.012), draw.uniform(0.05, 0.6, count), years)
    prices = np.exp(draw.uniform(-0.05, 0.05, count))
    premium, slope, bend = tree_premium(prices, *terms)
    exact, _, _ = exercise_premium(exercise_boundary(*terms), prices)
    np.testing.assert_allclose(premium, exact, atol=2e-6)
    assert np.abs(slope).max() <= 1.0 + 1e-6
    # One deviation is at least 5 cents on 100: no curvature can be larger than that of the option itself.
    assert np.abs(bend).max() < 1 / (0.05 * np.sqrt(5 / 525_600))
