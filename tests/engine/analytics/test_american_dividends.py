"""Cash dividends against QuantLib's finite differences, and what dividends do to exercise."""

import math

import numpy as np
import pytest

from engine.analytics.american import american
from engine.analytics.american_dividends import CashDividends, american_with_dividends
from tests.american_oracle import american_with_dividends_by_quantlib

RATE = 0.04
NONE = CashDividends(np.empty(0), np.empty(0))


def quarterly(first_days: int, amount: float, count: int = 8) -> CashDividends:
    days = first_days + 91 * np.arange(count)
    return CashDividends(days / 365, np.full(count, amount))


def test_prices_are_those_of_a_fine_grid() -> None:
    draw = np.random.default_rng(21)
    errors = []
    for _ in range(40):
        days, first = int(draw.choice([20, 45, 70, 120, 250, 400])), int(draw.integers(5, 60))
        volatility, rate, amount = draw.uniform(0.12, 0.6), draw.uniform(0.01, 0.06), draw.choice([0.3, 0.8, 1.5, 3.0])
        strike = 100 * math.exp(draw.uniform(-1.5, 1.5) * volatility * math.sqrt(days / 365))
        is_put = bool(draw.random() < 0.5)
        paid = {day: float(amount) for day in range(first, days, 91)}
        expected = american_with_dividends_by_quantlib(100, strike, days, rate, volatility, paid, is_put=is_put)
        found = american_with_dividends(100, strike, days / 365, rate, volatility, is_put, quarterly(first, amount))
        errors.append(found.price[0] - expected)
    assert math.sqrt(np.square(errors).mean()) < 1e-2


def test_greeks_are_the_differences_of_the_price() -> None:
    strikes, dividends = np.array([85.0, 95.0, 105.0, 115.0]), quarterly(30, 1.0)

    def price(spot: float = 100.0, years: float = 0.6, volatility: float = 0.3, ahead: float = 0.0) -> np.ndarray:
        paid = CashDividends(dividends.years - ahead, dividends.amounts)
        return american_with_dividends(spot, strikes, years, RATE, volatility, np.array([False, True] * 2), paid).price

    here = american_with_dividends(100.0, strikes, 0.6, RATE, 0.3, np.array([False, True] * 2), dividends)
    np.testing.assert_allclose(here.delta, (price(101.0) - price(99.0)) / 2, atol=5e-3)
    np.testing.assert_allclose(here.gamma, price(104.0) / 16 - price() / 8 + price(96.0) / 16, atol=2e-3)
    np.testing.assert_allclose(here.vega, (price(volatility=0.32) - price(volatility=0.28)) / 4, atol=3e-3)
    passed = 3 / 365
    theta = (price(years=0.6 - passed, ahead=passed) - price(years=0.6 + passed, ahead=-passed)) / 6
    np.testing.assert_allclose(here.theta, theta, atol=1e-3)


def test_without_a_dividend_before_expiry_it_is_the_plain_american_option() -> None:
    strikes = np.array([90.0, 100.0, 110.0])
    plain = american(100.0, 100.0 * math.exp(RATE * 0.2), strikes, 0.2, RATE, 0.3, True)
    for dividends in (NONE, quarterly(74, 2.0)):
        assert american_with_dividends(100.0, strikes, 0.2, RATE, 0.3, True, dividends).price.tolist() == (
            plain.price.tolist()
        )


def test_a_deep_call_is_exercised_on_the_eve_of_a_large_dividend() -> None:
    dividends = CashDividends(np.array([1 / 365]), np.array([5.0]))
    call = american_with_dividends(100.0, 70.0, 30 / 365, RATE, 0.2, False, dividends)
    # Held over the ex-day it would lose 5 and gain a month's interest on 70, some 23 cents.
    assert call.price[0] == pytest.approx(30.0 + 70.0 * (1 - math.exp(-RATE / 365)), abs=0.01)
    held = american_with_dividends(95.0, 70.0, 29 / 365, RATE, 0.2, False, NONE).price[0]
    assert call.price[0] > held + 4.5


def test_a_dividend_makes_puts_dearer_and_calls_cheaper() -> None:
    strikes = np.array([90.0, 100.0, 110.0])
    for is_put, sign in ((True, 1.0), (False, -1.0)):
        without = american_with_dividends(100.0, strikes, 0.5, RATE, 0.3, is_put, NONE).price
        once = american_with_dividends(100.0, strikes, 0.5, RATE, 0.3, is_put, quarterly(60, 1.0)).price
        twice = american_with_dividends(100.0, strikes, 0.5, RATE, 0.3, is_put, quarterly(60, 2.0)).price
        assert (sign * (once - without) > 0).all()
        assert (sign * (twice - once) > 0).all()


def test_rows_of_several_expiries_are_each_their_own() -> None:
    years, dividends = np.array([0.1, 0.5, 0.1, 0.9]), quarterly(40, 1.0)
    together = american_with_dividends(100.0, 100.0, years, RATE, 0.3, True, dividends).price
    for place, expiry in enumerate(years.tolist()):
        alone = american_with_dividends(100.0, 100.0, expiry, RATE, 0.3, True, dividends).price
        assert together[place] == pytest.approx(alone[0], rel=1e-12)


def test_unusable_rows_are_invalid_and_spoil_no_other() -> None:
    spot = np.array([100.0, math.nan, 3.0, -1.0, 100.0, 100.0])
    volatility = np.array([0.3, 0.3, 0.3, 0.3, math.nan, 0.0])
    value = american_with_dividends(spot, 100.0, 0.9, RATE, volatility, True, quarterly(30, 1.5))
    assert value.valid.tolist() == [True, False, False, False, False, False]
    assert np.isnan(value.price[1:]).all()


@pytest.mark.parametrize(
    ("years", "amounts"),
    [([0.2, 0.1], [1.0, 1.0]), ([0.1], [1.0, 1.0]), ([0.1], [0.0]), ([-0.1], [1.0]), ([0.1], [math.nan])],
)
def test_dividends_out_of_order_or_without_sense_are_refused(years: list[float], amounts: list[float]) -> None:
    with pytest.raises(ValueError, match="dividends"):
        CashDividends(np.array(years), np.array(amounts))


def test_present_value_counts_what_comes_before() -> None:
    dividends = quarterly(91, 2.0, count=3)
    expected = 2.0 * (math.exp(-RATE * 91 / 365) + math.exp(-RATE * 182 / 365))
    assert dividends.present_value(0.6, RATE) == pytest.approx(expected)
    assert dividends.before(0.1).years.size == 0
