"""The American kernel's own columns: the premium row, and the yield behind a forward."""

import math

import numpy as np
import pytest

from engine.analytics.kernel import european
from engine.analytics.kernel.american import american, american_price, dividend_yield


@pytest.mark.parametrize("precise", [False, True])
def test_the_premium_row_is_what_the_european_price_lacks(precise: bool) -> None:
    strikes = np.linspace(70.0, 140.0, 57)
    ones = np.ones(57)
    columns = (
        100 * ones,
        98 * ones,
        strikes,
        0.7 * ones,
        0.05 * ones,
        0.3 * ones,
        np.where(strikes % 2 < 1, 1.0, -1.0),
    )
    out, valid = american(*columns, precise=precise)
    plain, _ = european(*columns)
    assert valid.all()
    np.testing.assert_allclose(out[5], out[0] - plain[0], atol=1e-12)
    assert (out[5] >= 0).all()
    assert out[5].max() > 0.3
    np.testing.assert_allclose(american_price(*columns, precise=precise), out[0], rtol=1e-13)


def test_the_yield_explains_the_forward() -> None:
    spot, years = np.full(3, 100.0), np.array([0.5, 2.0, 0.0])
    forward = np.array([100 * math.exp(0.01 * 0.5), 100 * math.exp(0.05 * 2.0), 100.0])
    found = dividend_yield(spot, forward, years, np.full(3, 0.05))
    assert found[0] == pytest.approx(0.04)
    assert found[1] == 0.0
    assert found[2] == 0.05
