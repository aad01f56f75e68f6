"""Projected Greeks against the closed form, cell by cell."""

import numpy as np
import pytest

from engine.analytics.black_scholes import european
from engine.analytics.projection import projected_greeks
from engine.analytics.scenarios import Legs

RATE, YEARS, VOLATILITY = 0.03, 0.5, 0.3
PRICE, DAYS = np.array([-0.1, 0.0, 0.1]), np.array([0.0, 30.0])


def legs(symbol: tuple[int, ...] = (0, 0, 0)) -> Legs:
    """A short strangle of two contracts at a spot of 100, and 50 shares."""
    spot = np.full(3, 100.0)
    forward = spot * np.exp(RATE * YEARS)
    strike, years = np.array([90.0, 110.0, np.nan]), np.array([YEARS, YEARS, 0.0])
    return Legs(
        spot, forward, strike, years, np.full(3, RATE), np.full(3, VOLATILITY), np.array([True, False, False]),
        np.array([-200.0, -200.0, 50.0]), np.zeros(3, dtype=np.int64), np.array(symbol, dtype=np.int64),
    )  # fmt: skip


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("later", range(2))
def test_every_cell_is_the_closed_form_at_its_price_and_date(place: int, later: int) -> None:
    found = projected_greeks(legs(), PRICE, DAYS, american=False)
    spot, years = 100.0 * (1 + PRICE[place]), YEARS - DAYS[later] / 365
    forward, strike = spot * np.exp(RATE * years), np.array([90.0, 110.0])
    one = european(spot, forward, strike, years, RATE, VOLATILITY, np.array([True, False]))
    cell = (0, later, place)
    assert found.delta[cell] == pytest.approx(-200 * one.delta.sum() + 50, abs=0.01)
    assert found.gamma[cell] == pytest.approx(-200 * one.gamma.sum(), rel=2e-3)
    assert found.vega[cell] == pytest.approx(-200 * one.vega.sum(), rel=2e-3)
    assert found.theta[cell] == pytest.approx(-200 * one.theta.sum(), rel=1e-2)
    assert found.dollar_delta[later, place] == pytest.approx(found.delta[cell] * spot)
    assert found.dollar_gamma[later, place] == pytest.approx(found.gamma[cell] * spot * spot / 100)


def test_american_greeks_at_todays_price_are_those_of_a_put_that_may_be_exercised() -> None:
    found = projected_greeks(legs(), np.zeros(1), np.zeros(1))
    plain = projected_greeks(legs(), np.zeros(1), np.zeros(1), american=False)
    assert found.delta[0, 0, 0] > plain.delta[0, 0, 0]  # short puts: exercise makes their delta larger
    assert found.delta[0, 0, 0] == pytest.approx(plain.delta[0, 0, 0], abs=2.0)


def test_underlyings_are_told_apart_and_may_move_apart() -> None:
    apart = np.array([[-0.1, 0.2], [0.0, 0.0]])
    found = projected_greeks(legs((0, 0, 1)), apart, np.zeros(1), american=False)
    assert found.delta.shape == (2, 1, 2)
    np.testing.assert_allclose(found.price, [[90.0, 100.0], [120.0, 100.0]])
    np.testing.assert_allclose(found.delta[1], 50.0)
    np.testing.assert_allclose(found.vega[1], 0.0, atol=1e-9)
    together = projected_greeks(legs(), np.array([-0.1]), np.zeros(1), american=False)
    assert found.delta[0, 0, 0] == pytest.approx(together.delta[0, 0, 0] - 50)
