"""The volatility kernel on prices that are exact to the last digit of float64."""

import numpy as np
import pytest

from engine.analytics.kernel import IvStatus, implied_volatility
from tests.high_precision import SETS, exact_values, options


@pytest.mark.parametrize("name", list(SETS))
def test_every_exact_price_gives_its_volatility_to_ten_digits(name: str) -> None:
    terms = options(name, 150)
    price = exact_values(terms)["price"]
    side = np.where(terms.is_put, -1.0, 1.0)
    found, status = implied_volatility(price, terms.forward, terms.strike, terms.years, terms.rate, side)
    assert (status == IvStatus.OK).all()
    np.testing.assert_allclose(found, terms.volatility, rtol=1e-10)


def test_every_invalid_quote_is_flagged() -> None:
    terms = options("book", 300)
    growth, side = np.exp(terms.rate * terms.years), np.where(terms.is_put, -1.0, 1.0)
    intrinsic = np.maximum(side * (terms.forward - terms.strike), 0.0) / growth
    maximum = np.where(terms.is_put, terms.strike, terms.forward) / growth
    worth = intrinsic > 0.01
    for price, expected, rows in (
        (intrinsic * 0.99, IvStatus.BELOW_INTRINSIC, worth),
        (intrinsic, IvStatus.BELOW_INTRINSIC, worth),
        (maximum * 1.0001, IvStatus.ABOVE_MAXIMUM, ~worth | worth),
        (0.0 * maximum, IvStatus.NO_PRICE, ~worth | worth),
        (-maximum, IvStatus.NO_PRICE, ~worth | worth),
        (np.nan * maximum, IvStatus.NOT_FINITE, ~worth | worth),
    ):
        found, status = implied_volatility(price, terms.forward, terms.strike, terms.years, terms.rate, side)
        assert (status[rows] == expected).all()
        assert np.isnan(found[rows]).all()
