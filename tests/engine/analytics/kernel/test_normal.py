"""The normal distribution against the C library and itself."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics.kernel.normal import FARTHEST, density_and_tail, mills_ratio, normal_cdf


def test_cdf_agrees_with_the_c_library_from_the_far_left_tail_to_the_right() -> None:
    x = np.linspace(-37.5, 9.0, 4001)
    expected = np.array([0.5 * math.erfc(-value / math.sqrt(2.0)) for value in x.tolist()])
    # erfc's argument is rounded once (x / sqrt 2), which costs up to x^2 units of the last digit in the tail.
    tolerance = 1e-15 + 4e-16 * np.square(np.minimum(x, 0.0))
    assert np.all(np.abs(normal_cdf(x) / expected - 1.0) <= tolerance)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (-1.0, 0.15865525393145705),
        (-5.0, 2.866515718791939e-07),
        (-10.0, 7.619853024160525e-24),
        (-20.0, 2.7536241186062337e-89),
        (-30.0, 4.906713927148187e-198),
        (-37.0, 5.725571222524577e-300),
    ],
)
def test_published_tail_values(x: float, expected: float) -> None:
    assert normal_cdf(np.array([x]))[0] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("x", [12.0, 50.0, 1e3, 1e8])
def test_mills_ratio_follows_its_asymptotic_series_where_density_is_long_zero(x: float) -> None:
    inverse = 1.0 / (x * x)
    series = (1.0 - inverse * (1.0 - 3.0 * inverse * (1.0 - 5.0 * inverse * (1.0 - 7.0 * inverse)))) / x
    assert mills_ratio(np.array([x]))[0] == pytest.approx(series, rel=max(1e-15, 945.0 * inverse**5))


@given(st.floats(-45.0, 45.0))
def test_both_tails_add_up_to_one(x: float) -> None:
    below, above = normal_cdf(np.array([x, -x]))
    assert below + above == pytest.approx(1.0, abs=5e-16)


@given(st.lists(st.floats(-40.0, 40.0), min_size=2, max_size=20))
def test_cdf_never_falls(points: list[float]) -> None:
    values = normal_cdf(np.sort(np.array(points)))
    # Neighbours closer than rounding may swap their last digit.
    assert np.all(np.diff(values) >= -1e-13 * values[1:])


def test_nothing_is_left_beyond_the_farthest_point_and_nan_stays_nan() -> None:
    density, tail = density_and_tail(np.array([FARTHEST, math.inf, math.nan]))
    assert density[:2].tolist() == [0.0, 0.0]
    assert tail[:2].tolist() == [0.0, 0.0]
    assert math.isnan(density[2])
    assert math.isnan(tail[2])
