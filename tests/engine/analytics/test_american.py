"""American options against QuantLib, and what must hold whatever the method."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics.american import AmericanValues, Method, american, american_price
from engine.analytics.black_scholes import european
from engine.domain.chain import Floats
from tests.american_oracle import american_by_quantlib

COUNT = 150
SPOT = 100.0
PRICE_RMS = {Method.SCAN: 5e-3, Method.BOOK: 3e-4}
"""Dollars on a spot of 100: the most that the two may be off."""

METHODS = st.sampled_from(list(Method))
STRIKES = st.floats(60.0, 160.0)
YEARS = st.floats(0.01, 2.0)
RATES = st.floats(0.0, 0.1)
YIELDS = st.one_of(st.just(0.0), st.floats(-0.02, 0.12))
VOLATILITIES = st.floats(0.1, 1.0)


class Sample:
    """Seeded options of 3 days to 2 years, 12 to 80 % volatility, within 1.5 deviations, 40 % without a yield."""

    def __init__(self, count: int = COUNT, seed: int = 5) -> None:
        draw = np.random.default_rng(seed)
        self.years = np.maximum(3, np.round(365 * np.exp(draw.uniform(np.log(3 / 365), np.log(2.0), count)))) / 365
        self.volatility = draw.uniform(0.12, 0.8, count)
        self.rate = draw.uniform(0.005, 0.08, count)
        self.dividend_yield = np.where(draw.random(count) < 0.4, 0.0, draw.uniform(0.0, 0.08, count))
        self.strike = SPOT * np.exp(draw.uniform(-1.5, 1.5, count) * self.volatility * np.sqrt(self.years))
        self.is_put = draw.random(count) < 0.5

    def values(self, method: Method, move: float = 0.0, days: float = 0.0, points: float = 0.0) -> AmericanValues:
        years = self.years - days / 365
        forward = (SPOT + move) * np.exp((self.rate - self.dividend_yield) * years)
        volatility = self.volatility + points / 100
        return american(SPOT + move, forward, self.strike, years, self.rate, volatility, self.is_put, method)

    def reference(self) -> Floats:
        forward = SPOT * np.exp((self.rate - self.dividend_yield) * self.years)
        columns = (forward, self.strike, self.years, self.rate, self.volatility, self.is_put)
        return np.array(
            [
                american_by_quantlib(SPOT, f, k, t, r, v, is_put=bool(put))
                for f, k, t, r, v, put in zip(*(column.tolist() for column in columns), strict=True)
            ]
        )


@pytest.mark.parametrize("method", list(Method))
def test_prices_are_quantlibs(method: Method) -> None:
    sample = Sample()
    values = sample.values(method)
    assert values.valid.all()
    error = values.price - sample.reference()
    assert np.sqrt(np.square(error).mean()) < PRICE_RMS[method]


def test_the_published_quadratic_approximations_are_within_five_cents(shared_dir: Path) -> None:
    errors: dict[Method, list[float]] = {method: [] for method in Method}
    with (shared_dir / "data" / "reference" / "quantlib_option_values.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["file"] != "americanoption.cpp":
                continue
            spot, strike, years = float(row["spot"]), float(row["strike"]), float(row["t_years"])
            rate, q, volatility = float(row["r"]), float(row["q"]), float(row["vol"])
            columns = (spot, spot * math.exp((rate - q) * years), strike, years, rate, volatility, row["type"] == "Put")
            for method, found in errors.items():
                found.append(american_price(*columns, method)[0] - float(row["expected"]))
    for found in errors.values():
        assert len(found) == 37
        assert np.abs(found).max() < 5e-2


@pytest.mark.parametrize(
    ("years", "rate", "volatility", "tolerance"),
    [(2.0, 0.09, 0.05, 2e-2), (1.0, 0.09, 0.05, 3e-3), (1.0, 0.04, 0.02, 1e-3), (0.1, 0.04, 0.005, 1e-3)],
)
def test_where_interest_outruns_volatility_the_price_is_still_quantlibs(
    years: float, rate: float, volatility: float, tolerance: float
) -> None:
    strikes = np.array([97.0, 99.0, 100.0, 101.0, 105.0])
    forward = SPOT * math.exp(rate * years)
    found = american_price(SPOT, forward, strikes, years, rate, volatility, True, Method.BOOK)
    exact = [american_by_quantlib(SPOT, forward, k, years, rate, volatility, is_put=True) for k in strikes.tolist()]
    np.testing.assert_allclose(found, exact, atol=tolerance)


def test_the_early_exercise_of_this_sample_is_worth_dollars() -> None:
    sample = Sample()
    forward = SPOT * np.exp((sample.rate - sample.dividend_yield) * sample.years)
    plain = european(SPOT, forward, sample.strike, sample.years, sample.rate, sample.volatility, sample.is_put)
    assert np.sqrt(np.square(plain.price - sample.reference()).mean()) > 0.3


def test_greeks_are_the_differences_of_the_price() -> None:
    sample, method = Sample(), Method.BOOK
    here = sample.values(method)
    up, down = sample.values(method, move=0.05).price, sample.values(method, move=-0.05).price
    # Where exercise begins the price has a kink in its second derivative; a difference across it is neither side's.
    smooth = np.abs(here.price - np.where(sample.is_put, sample.strike - SPOT, SPOT - sample.strike)) > 0.02
    assert smooth.mean() > 0.9
    np.testing.assert_allclose(here.delta[smooth], ((up - down) / 0.1)[smooth], atol=2e-4)
    np.testing.assert_allclose(here.gamma[smooth], ((up - 2 * here.price + down) / 0.0025)[smooth], atol=1e-3)
    theta = (sample.values(method, days=0.01).price - sample.values(method, days=-0.01).price) / 0.02
    np.testing.assert_allclose(here.theta[smooth], theta[smooth], atol=2e-5)
    vega = sample.values(method, points=0.1).price - sample.values(method, points=-0.1).price
    np.testing.assert_allclose(here.vega[smooth], vega[smooth] / 0.2, atol=2e-5)


def test_quick_greeks_are_close_to_precise_ones() -> None:
    quick, precise = Sample().values(Method.SCAN), Sample().values(Method.BOOK)
    for name, tolerance in (("delta", 4e-3), ("gamma", 4e-3), ("theta", 1e-3), ("vega", 1e-2)):
        error = np.abs(getattr(quick, name) - getattr(precise, name))
        assert np.quantile(error, 0.98) < tolerance, name


def test_the_price_alone_is_the_same_price() -> None:
    sample = Sample()
    forward = SPOT * np.exp((sample.rate - sample.dividend_yield) * sample.years)
    columns = (SPOT, forward, sample.strike, sample.years, sample.rate, sample.volatility, sample.is_put)
    for method in Method:
        np.testing.assert_allclose(american_price(*columns, method), sample.values(method).price, rtol=1e-13)


@given(METHODS, STRIKES, YEARS, RATES, YIELDS, VOLATILITIES, st.booleans())
def test_worth_no_less_than_european_or_exercise_and_no_more_than_the_most(
    method: Method, strike: float, years: float, rate: float, q: float, volatility: float, is_put: bool
) -> None:
    columns = (SPOT, SPOT * math.exp((rate - q) * years), strike, years, rate, volatility, is_put)
    value = american(*columns, method)
    assert value.valid[0]
    intrinsic = strike - SPOT if is_put else SPOT - strike
    assert value.price[0] >= european(*columns).price[0]
    assert value.price[0] >= intrinsic
    assert value.price[0] <= (strike if is_put else max(SPOT, columns[1])) + 1e-9
    # Under a negative yield the forward moves more than the stock, and with it an option that is never exercised.
    most = (1.0 if q >= 0 else math.exp(-q * years)) + 1e-12
    assert -most <= value.delta[0] <= most
    assert value.vega[0] >= -1e-4


def test_close_to_exercise_the_slope_of_the_tree_is_no_more_than_one_share() -> None:
    forward = SPOT * math.exp(0.09375 * 0.01)
    assert american(SPOT, forward, 103.25, 0.01, 0.09375, 0.15625, True, Method.SCAN).delta[0] == -1.0


@given(STRIKES, YEARS, RATES, YIELDS, VOLATILITIES)
def test_a_call_is_a_put_with_the_parts_exchanged(
    strike: float, years: float, rate: float, q: float, volatility: float
) -> None:
    call = american_price(SPOT, SPOT * math.exp((rate - q) * years), strike, years, rate, volatility, False)
    put = american_price(strike, strike * math.exp((q - rate) * years), SPOT, years, q, volatility, True)
    # The twin of a call on a negative yield would be a put at a negative rate, which two boundaries may bound.
    if q >= 0:
        assert call[0] == pytest.approx(put[0], abs=1e-9)


@given(METHODS, YEARS, RATES, st.floats(-0.02, 0.0), VOLATILITIES, STRIKES)
def test_a_call_without_a_yield_is_never_exercised(
    method: Method, years: float, rate: float, q: float, volatility: float, strike: float
) -> None:
    columns = (SPOT, SPOT * math.exp((rate - q) * years), strike, years, rate, volatility, False)
    assert american(*columns, method).price[0] == european(*columns).price[0]


@pytest.mark.parametrize("is_put", [False, True])
def test_price_rises_with_volatility_and_time_and_is_convex_in_strike(is_put: bool) -> None:
    strikes = np.linspace(70.0, 140.0, 71)

    def price(years: float, volatility: float) -> Floats:
        return american_price(SPOT, SPOT * math.exp(-0.01 * years), strikes, years, 0.04, volatility, is_put)

    assert (price(0.5, 0.31) - price(0.5, 0.3) >= -1e-4).all()
    assert (price(0.6, 0.3) - price(0.5, 0.3) >= -1e-4).all()
    assert (np.diff(price(0.5, 0.3), 2) >= -3e-4).all()


@pytest.mark.parametrize("method", list(Method))
def test_deep_in_the_money_it_is_worth_exercising(method: Method) -> None:
    put = american(SPOT, SPOT * math.exp(0.05), 180.0, 1.0, 0.05, 0.2, True, method)
    assert (put.price[0], put.delta[0], put.gamma[0], put.theta[0], put.vega[0]) == (80.0, -1.0, 0.0, 0.0, 0.0)
    call = american(SPOT, SPOT * math.exp(-0.1), 40.0, 1.0, 0.02, 0.2, False, method)
    assert (call.price[0], call.delta[0], call.gamma[0], call.theta[0], call.vega[0]) == (60.0, 1.0, 0.0, 0.0, 0.0)


def test_without_time_or_volatility_the_best_certain_moment_counts() -> None:
    at_expiry = american(SPOT, SPOT, np.array([90.0, 110.0]), 0.0, 0.04, 0.3, np.array([False, True]))
    assert at_expiry.price.tolist() == [10.0, 10.0]
    # A put on certain money: at once, because waiting costs interest.
    assert american_price(SPOT, SPOT * math.exp(0.04), 110.0, 1.0, 0.04, 0.0, True)[0] == 10.0
    # A yield above the rate lets the forward fall: best at the end.
    falling = american(SPOT, SPOT * math.exp(-0.06), 100.0, 1.0, 0.02, 0.0, True)
    assert falling.price[0] == pytest.approx(100 * math.exp(-0.02) - 100 * math.exp(-0.08))
    # And far in the money between the two: when rate x strike has come down to yield x spot.
    when = math.log(0.10 * 100 / (0.05 * 180)) / (0.10 - 0.05)
    between = american(SPOT, SPOT * math.exp(-0.05 * 3), 180.0, 3.0, 0.05, 0.0, True)
    best = 180 * math.exp(-0.05 * when) - 100 * math.exp(-0.10 * when)
    assert between.price[0] == pytest.approx(best)
    assert best > max(80.0, 180 * math.exp(-0.15) - 100 * math.exp(-0.3))
    assert between.delta[0] == pytest.approx(-math.exp(-0.10 * when))


def test_hardly_any_time_joins_no_time_smoothly() -> None:
    hours = np.array([1e-12, 1e-9, 1e-7, 1e-6, 1e-5])
    for strike, is_put in ((100.5, True), (99.5, False), (100.0, True)):
        price = american_price(SPOT, SPOT, strike, hours, 0.04, 0.2, is_put)
        assert np.isfinite(price).all()
        assert (price >= 0.5 - 1e-12).all() or strike == SPOT
        np.testing.assert_allclose(price[:3], max(0.0, (strike - SPOT) * (1 if is_put else -1)), atol=0.004)


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("bad", [math.nan, math.inf, -0.1])
def test_an_unusable_row_is_invalid_and_spoils_no_other(place: int, bad: float) -> None:
    columns = [np.full(3, value) for value in (100.0, 101.0, 105.0, 0.5, 0.04, 0.3)]
    columns[place][1] = bad
    spot, forward, strike, years, rate, volatility = columns
    # A put at a negative rate and no yield is European and can be priced.
    spoilt = not (place == 4 and bad == -0.1)
    value = american(spot, forward, strike, years, rate, volatility, True)
    assert value.valid.tolist() == [True, not spoilt, True] or place == 4
    for column in (value.price, value.delta, value.gamma, value.theta, value.vega):
        assert np.array_equal(np.isnan(column), ~value.valid)


def test_two_boundaries_are_not_priced() -> None:
    value = american(SPOT, SPOT * math.exp(0.02), 100.0, 1.0, -0.01, 0.2, np.array([True, False]))
    assert value.valid.tolist() == [False, True]


def test_shapes_broadcast_and_stay() -> None:
    strikes = np.array([[90.0], [100.0], [110.0]])
    value = american(SPOT, SPOT, strikes, np.array([0.1, 0.5]), 0.04, 0.3, True)
    assert value.price.shape == value.valid.shape == (3, 2)
    assert (np.diff(value.price, axis=0) > 0).all()
    with pytest.raises(ValueError, match="shape mismatch"):
        american(np.zeros(2), np.zeros(3), 100.0, 0.5, 0.04, 0.3, True)
