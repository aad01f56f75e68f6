"""American implied volatility: the way back from the price, and a reason wherever there is none."""

import math

import numpy as np
import pytest

from engine.analytics.american import Method, american, american_price
from engine.analytics.american_dividends import CashDividends, american_with_dividends
from engine.analytics.american_volatility import american_implied_volatility, implied_volatility_with_dividends
from engine.analytics.implied_volatility import implied_volatility
from engine.analytics.kernel import IvStatus
from tests.american_oracle import american_by_quantlib
from tests.engine.analytics.test_american import SPOT, Sample

TOLERANCE = {Method.SCAN: 2e-5, Method.BOOK: 1e-8}


@pytest.mark.parametrize("method", list(Method))
def test_every_price_above_exercise_value_comes_back(method: Method) -> None:
    sample = Sample(400)
    forward = SPOT * np.exp((sample.rate - sample.dividend_yield) * sample.years)
    price = sample.values(method).price
    found = american_implied_volatility(
        price, SPOT, forward, sample.strike, sample.years, sample.rate, sample.is_put, method
    )
    intrinsic = np.where(sample.is_put, sample.strike - SPOT, SPOT - sample.strike)
    exercised = price <= intrinsic + 1e-6
    assert (found.status[exercised] == IvStatus.BELOW_INTRINSIC).all()
    assert found.valid[~exercised].all()
    vega = sample.values(method).vega
    telling = ~exercised & (vega > 1e-3)
    assert telling.mean() > 0.9
    np.testing.assert_allclose(found.volatility[telling], sample.volatility[telling], rtol=TOLERANCE[method])


def test_quantlibs_prices_give_quantlibs_volatility() -> None:
    for strike, is_put, q in ((110.0, True, 0.0), (95.0, True, 0.03), (90.0, False, 0.06), (105.0, False, 0.08)):
        forward = SPOT * math.exp((0.05 - q) * 0.7)
        price = american_by_quantlib(SPOT, forward, strike, 0.7, 0.05, 0.32, is_put=is_put)
        found = american_implied_volatility(price, SPOT, forward, strike, 0.7, 0.05, is_put)
        assert found.volatility[0] == pytest.approx(0.32, abs=2e-5)


def test_reading_an_american_put_as_european_overstates_its_volatility() -> None:
    forward = SPOT * math.exp(0.05)
    price = american_price(SPOT, forward, 120.0, 1.0, 0.05, 0.25, True)
    european = implied_volatility(price, forward, 120.0, 1.0, 0.05, True)
    assert european.volatility[0] > 0.30


def test_a_price_that_no_european_put_can_have_still_has_a_volatility() -> None:
    forward = SPOT * math.exp(0.10)
    price = american_price(SPOT, forward, 120.0, 2.0, 0.05, 3.0, True)
    assert price[0] > 120.0 * math.exp(-0.10)
    found = american_implied_volatility(price, SPOT, forward, 120.0, 2.0, 0.05, True)
    assert found.volatility[0] == pytest.approx(3.0, rel=1e-8)


@pytest.mark.parametrize(
    ("price", "is_put", "expected"),
    [
        (20.0, True, IvStatus.BELOW_INTRINSIC),
        (19.0, True, IvStatus.BELOW_INTRINSIC),
        (20.5, True, IvStatus.OK),
        (120.0, True, IvStatus.ABOVE_MAXIMUM),
        (119.0, True, IvStatus.OK),
        (100.0, False, IvStatus.ABOVE_MAXIMUM),
        (0.0, False, IvStatus.NO_PRICE),
        (-1.0, True, IvStatus.NO_PRICE),
        (math.nan, True, IvStatus.NOT_FINITE),
    ],
)
def test_every_impossible_price_is_flagged_with_its_reason(price: float, is_put: bool, expected: IvStatus) -> None:
    prices = np.array([21.0, price, 21.0])
    puts = np.array([True, is_put, True])
    found = american_implied_volatility(prices, SPOT, SPOT * math.exp(0.02), 120.0, 0.5, 0.04, puts)
    assert found.status.tolist() == [IvStatus.OK, expected, IvStatus.OK]
    assert np.isfinite(found.volatility).tolist() == [True, expected is IvStatus.OK, True]


def test_unusable_surroundings_are_flagged() -> None:
    good = (21.0, SPOT, SPOT * math.exp(0.02), 120.0, 0.5, 0.04)
    for place, bad, expected in (
        (1, 0.0, IvStatus.NOT_POSITIVE),
        (2, -1.0, IvStatus.NOT_POSITIVE),
        (3, 0.0, IvStatus.NOT_POSITIVE),
        (4, 0.0, IvStatus.NO_TIME),
        (5, math.inf, IvStatus.NOT_FINITE),
    ):
        terms = list(good)
        terms[place] = bad
        price, spot, forward, strike, years, rate = terms
        assert american_implied_volatility(price, spot, forward, strike, years, rate, True).status[0] == expected


def test_under_dividends_the_volatility_comes_back_too() -> None:
    dividends = CashDividends(np.array([0.1, 0.35]), np.array([1.2, 1.2]))
    strikes = np.array([80.0, 90.0, 100.0, 110.0, 120.0, 108.0])
    is_put = np.array([False, True, False, True, False, True])
    value = american_with_dividends(SPOT, strikes, 0.5, 0.04, 0.35, is_put, dividends)
    found = implied_volatility_with_dividends(value.price, SPOT, strikes, 0.5, 0.04, is_put, dividends)
    assert found.valid.all()
    np.testing.assert_allclose(found.volatility, 0.35, rtol=1e-4)
    none_left = implied_volatility_with_dividends(20.0, SPOT, 120.0, 0.5, 0.04, True, dividends)
    assert none_left.status[0] == IvStatus.BELOW_INTRINSIC


def test_an_empty_question_has_an_empty_answer() -> None:
    none = np.empty(0)
    assert american_implied_volatility(none, SPOT, none, none, none, 0.04, True).volatility.shape == (0,)
    assert american(SPOT, none, none, none, 0.04, none, True).price.shape == (0,)


def test_a_price_below_certain_exercise_at_an_ex_day_has_no_volatility() -> None:
    # A call is best exercised just before the dividend: 100 - 80 exp(-0.043 x 20 / 365) = 20.188.
    before = CashDividends(np.array([20 / 365]), np.array([0.5]))
    prices = np.array([20.05, 20.10, 20.15, 20.20])
    found = implied_volatility_with_dividends(prices, 100.0, 80.0, 30 / 365, 0.043, False, before)
    assert found.status.tolist() == [IvStatus.BELOW_INTRINSIC] * 3 + [IvStatus.OK]
    # A put just after: 100 exp(-0.004) - (100 - 5 exp(-0.004)), and nothing later is worth more.
    after = CashDividends(np.array([0.1]), np.array([5.0]))
    puts = implied_volatility_with_dividends(np.array([4.5, 4.7]), 100.0, 100.0, 0.2, 0.04, True, after)
    assert puts.status.tolist() == [IvStatus.BELOW_INTRINSIC, IvStatus.OK]


def test_seconds_before_expiry_a_call_without_a_yield_is_european() -> None:
    spots = np.linspace(50.0, 150.0, 200)
    value = american(spots, spots * math.exp(-0.005e-6), 100.0, 1e-6, -0.005, 0.2, False)
    assert value.valid.all()
