"""The distribution that a smile says: against QuantLib's prices, numerical integration and the lognormal."""

import math

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - the name that its users give it
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics.smile import Smile, SmileSource, flat_smile, no_smile
from engine.analytics.svi import Svi, ssvi_slice

SKEWED = Smile(250.0, 0.12, Svi(a=0.004, b=0.05, rho=-0.6, m=0.02, sigma=0.1), SmileSource.SVI)
SMILES = st.builds(
    lambda forward, theta, rho, share: Smile(forward, 0.25, ssvi_slice(theta, rho, share), SmileSource.SSVI),
    forward=st.floats(1.0, 5000.0),
    theta=st.floats(1e-4, 0.5),
    rho=st.floats(-0.95, 0.95),
    share=st.floats(0.01, 0.7),
)


def call(smile: Smile, strike: float) -> float:
    """QuantLib's undiscounted price at the smile's volatility."""
    deviation = float(smile.volatility_at(strike)[0]) * math.sqrt(smile.years)
    return float(ql.blackFormula(ql.Option.Call, strike, smile.forward, deviation))


def test_volatility_is_variance_a_year() -> None:
    k = np.array([-0.2, 0.0, 0.1])
    assert SKEWED.volatility(k) ** 2 * 0.12 == pytest.approx(SKEWED.svi.total_variance(k))
    assert SKEWED.volatility_at(250 * np.exp(k)) == pytest.approx(SKEWED.volatility(k))
    assert SKEWED.at_the_money == pytest.approx(float(SKEWED.volatility_at(250.0)[0]))


@pytest.mark.parametrize("strike", [150.0, 220.0, 249.0, 250.0, 262.5, 400.0])
def test_chance_above_is_the_slope_of_call_prices(strike: float) -> None:
    step = 1e-3
    slope = (call(SKEWED, strike - step) - call(SKEWED, strike + step)) / (2 * step)
    assert SKEWED.chance_above(strike)[0] == pytest.approx(slope, abs=2e-8)


@pytest.mark.parametrize("strike", [180.0, 240.0, 250.0, 275.0])
def test_density_is_the_bend_of_call_prices(strike: float) -> None:
    step = 0.02
    bend = (call(SKEWED, strike - step) - 2 * call(SKEWED, strike) + call(SKEWED, strike + step)) / step**2
    assert SKEWED.density(strike)[0] == pytest.approx(bend, rel=1e-4)


def test_the_skew_moves_probability_and_not_only_volatility() -> None:
    plain = flat_smile(250.0, 0.12, float(SKEWED.volatility_at(240.0)[0]))
    # With a falling smile calls lose value faster as the strike rises: more chance above than N(d2).
    assert SKEWED.chance_above(240.0)[0] > plain.chance_above(240.0)[0] + 0.02


@given(SMILES)
def test_density_sums_to_one_with_its_mean_at_the_forward(smile: Smile) -> None:
    # In the logarithm of the price, far enough out that what is cut off does not count.
    k = np.linspace(-16.0, 16.0, 32_001) * math.sqrt(float(smile.total_variance(0.0)[0]))
    price = smile.forward * np.exp(np.clip(k, -60.0, 60.0))
    mass = smile.density(price) * price
    low, high = 1 - smile.chance_above(price[0])[0], smile.chance_above(price[-1])[0]
    assert (mass >= 0).all()
    assert np.trapezoid(mass, k) + low + high == pytest.approx(1.0, abs=1e-6)
    cut = float(smile.undiscounted(price[-1], is_put=False)[0]) + price[-1] * high
    cut += price[0] * low - float(smile.undiscounted(price[0], is_put=True)[0])
    inside = float(np.trapezoid(mass * price, k))
    assert inside + cut == pytest.approx(smile.forward, rel=2e-6)


@given(SMILES)
def test_chance_above_falls_as_the_price_rises(smile: Smile) -> None:
    chance = smile.chance_above(np.concatenate(([0.0], smile.forward * np.exp(np.linspace(-3, 3, 601)), [np.inf])))
    assert chance[0] == 1.0
    assert chance[-1] == 0.0
    assert (np.diff(chance) <= 1e-12).all()


@given(SMILES, st.floats(-1.0, 1.0))
def test_puts_and_calls_keep_parity(smile: Smile, k: float) -> None:
    strike = smile.forward * math.exp(k)
    gap = smile.undiscounted(strike, is_put=False) - smile.undiscounted(strike, is_put=True)
    assert gap[0] == pytest.approx(smile.forward - strike, abs=1e-10 * smile.forward)


def test_option_values_are_quantlibs() -> None:
    for strike in (200.0, 250.0, 300.0):
        assert SKEWED.undiscounted(strike, is_put=False)[0] == pytest.approx(call(SKEWED, strike), rel=1e-10)


def test_options_at_strike_zero_are_worth_the_forward_and_nothing() -> None:
    assert SKEWED.undiscounted(0.0, is_put=False)[0] == 250.0
    assert SKEWED.undiscounted(0.0, is_put=True)[0] == 0.0


@pytest.mark.parametrize(("years", "volatility"), [(0.0, 0.4), (0.1, 0.0)])
def test_without_time_or_volatility_the_price_is_the_forward(years: float, volatility: float) -> None:
    smile = flat_smile(100.0, years, volatility)
    assert smile.is_certain
    assert smile.chance_above(np.array([99.0, 100.0, 101.0])).tolist() == [1.0, 0.0, 0.0]
    assert smile.undiscounted(np.array([90.0, 110.0]), is_put=False).tolist() == [10.0, 0.0]
    assert smile.undiscounted(np.array([90.0, 110.0]), is_put=True).tolist() == [0.0, 10.0]


def test_a_smile_without_time_has_no_volatility() -> None:
    assert np.isnan(flat_smile(100.0, 0.0, 0.4).at_the_money)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0])
def test_unusable_inputs_make_no_flat_smile(bad: float) -> None:
    assert flat_smile(bad, 0.1, 0.4).source is SmileSource.NO_FORWARD
    assert flat_smile(100.0, bad, 0.4).source is SmileSource.NO_TIME
    assert flat_smile(100.0, 0.1, bad).source is SmileSource.NO_QUOTES
    assert flat_smile(0.0, 0.1, 0.4).source is SmileSource.NO_FORWARD


def test_an_invalid_smile_answers_nan() -> None:
    smile = no_smile(100.0, 0.1, SmileSource.NO_QUOTES)
    assert not smile.valid
    assert not smile.is_certain
    figures = (
        smile.total_variance(0.0), smile.volatility(0.0), smile.volatility_at(90.0), smile.chance_above(90.0),
        smile.density(90.0), smile.undiscounted(90.0, is_put=True),
    )  # fmt: skip
    assert all(np.isnan(figure).all() for figure in figures)


def test_strikes_that_are_no_prices_have_no_volatility() -> None:
    assert np.isnan(SKEWED.volatility_at(np.array([0.0, -5.0, np.nan, np.inf]))).all()
    assert SKEWED.density(np.array([0.0, -1.0])).tolist() == [0.0, 0.0]
    assert np.isnan(SKEWED.chance_above(np.nan)[0])
