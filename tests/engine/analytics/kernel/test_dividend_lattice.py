"""The lattice alone: without exercise and with one dividend it can be integrated by hand."""

import math

import numpy as np
import pytest

from engine.analytics.kernel import european
from engine.analytics.kernel.dividend_lattice import dividend_lattice


def integrated_call(
    spot: float, strike: float, rate: float, volatility: float, ex: float, years: float, paid: float
) -> float:
    """A call at zero yield is exercised, if ever, just before the ex-day: one integral over that day's price."""
    z = np.linspace(-9.0, 9.0, 4001)
    weight = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) * (z[1] - z[0])
    before = spot * np.exp((rate - 0.5 * volatility**2) * ex + volatility * math.sqrt(ex) * z)
    after = np.maximum(before - paid, 1e-12)
    left = np.full(z.size, years - ex)
    forward = after * np.exp(rate * left)
    columns = (np.full(z.size, strike), left, np.full(z.size, rate), np.full(z.size, volatility), np.ones(z.size))
    held = european(after, forward, *columns)[0][0]
    return float(math.exp(-rate * ex) * (weight @ np.maximum(held, before - strike)))


@pytest.mark.parametrize("strike", [80.0, 95.0, 105.0])
@pytest.mark.parametrize("paid", [0.5, 4.0])
def test_a_call_with_one_dividend_is_one_integral(strike: float, paid: float) -> None:
    one = np.ones(1)
    found = dividend_lattice(
        100 * one, strike * one, 0.05 * one, 0 * one, 0.25 * one, one, 0.4, np.array([0.15]), np.array([paid])
    )
    expected = integrated_call(100.0, strike, 0.05, 0.25, 0.15, 0.4, paid)
    assert found[0, 0] == pytest.approx(expected, abs=8e-3)


def test_options_of_a_block_do_not_touch_each_other() -> None:
    strikes = np.linspace(70.0, 130.0, 150)
    ones, terms = np.ones(150), (np.array([0.1]), np.array([1.0]))
    together = dividend_lattice(100 * ones, strikes, 0.04 * ones, 0 * ones, 0.3 * ones, -ones, 0.3, *terms)
    one = np.ones(1)
    alone = dividend_lattice(100 * one, strikes[77] * one, 0.04 * one, 0 * one, 0.3 * one, -one, 0.3, *terms)
    np.testing.assert_allclose(together[:, 77], alone[:, 0], rtol=1e-12)


def test_with_next_to_no_volatility_it_follows_the_drift_or_says_that_it_cannot() -> None:
    one = np.ones(1)
    for years, volatility in ((2.0, 0.01), (1.0, 0.006), (1.0, 0.002), (1.0, 0.0005)):
        ex = 0.4 * years
        terms = (100 * one, 95 * one, 0.045 * one, 0 * one, volatility * one, one)
        price, delta, _ = dividend_lattice(*terms, years, np.array([ex]), np.array([1.0]))[:, 0]
        certain = 100 - math.exp(-0.045 * ex) - 95 * math.exp(-0.045 * years)
        assert math.isnan(price) if volatility < 0.003 else price == pytest.approx(certain, abs=0.02)
        assert math.isnan(delta) if volatility < 0.003 else delta == pytest.approx(1.0, abs=0.02)
