"""The European kernel against 40 digits, on ordinary options and where formulas like to fail."""

import numpy as np
import pytest

from engine.analytics.kernel import european, european_sensitivities
from engine.domain.chain import Floats
from tests.high_precision import SETS, Options, exact_values, options

PRICE_TOLERANCE = 1e-11
"""A price is a difference of two products, and hours before expiry it keeps a thousandth of either."""

GREEK_TOLERANCE = 1e-13
COUNT = 150


def columns_of(terms: Options) -> tuple[Floats, ...]:
    side = np.where(terms.is_put, -1.0, 1.0)
    return terms.spot, terms.forward, terms.strike, terms.years, terms.rate, terms.volatility, side


@pytest.mark.parametrize("name", list(SETS))
def test_every_price_is_right_to_eleven_digits_and_every_sensitivity_to_thirteen(name: str) -> None:
    terms = options(name, COUNT)
    exact = exact_values(terms)
    values, valid = european(*columns_of(terms))
    further, also_valid = european_sensitivities(*columns_of(terms))
    assert valid.all()
    assert also_valid.all()
    found = dict(zip(("price", "delta", "gamma", "theta", "vega"), values, strict=True))
    found |= dict(zip(("rho", "vanna", "charm", "volga"), further, strict=True))
    for figure, value in found.items():
        # Figures that are sums of terms of both signs are held against the terms.
        scale = exact.get(f"{figure} scale", np.abs(exact[figure]))
        tolerance = PRICE_TOLERANCE if figure == "price" else GREEK_TOLERANCE
        assert (np.abs(value - exact[figure]) / scale).max() < tolerance, figure


def test_rows_are_worked_on_in_blocks_without_mixing() -> None:
    terms = options("book", COUNT)
    columns = tuple(np.tile(column, 100) for column in columns_of(terms))
    for kernel in (european, european_sensitivities):
        few, _ = kernel(*columns_of(terms))
        many, valid = kernel(*columns)
        assert valid.size == 15_000
        np.testing.assert_allclose(many, np.tile(few, 100), rtol=1e-13)
