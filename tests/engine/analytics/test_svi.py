"""SVI against QuantLib, differences and a published counterexample; what keeps it free of arbitrage, by search."""

import math

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813 - the name that its users give it
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.analytics.svi import (
    REACH,
    Svi,
    check_points,
    durrleman,
    flat_svi,
    has_butterfly,
    has_calendar,
    ssvi_slice,
    svi_from_wings,
)

ORDINARY = Svi(a=0.01, b=0.08, rho=-0.4, m=0.03, sigma=0.12)
VOGT = Svi(a=-0.0410, b=0.1331, rho=0.3060, m=0.3586, sigma=0.4153)
"""Axel Vogt's smile: Gatheral and Jacquier, example 3.1. It looks sound and is not."""

SLICES = st.builds(
    ssvi_slice,
    theta=st.floats(1e-6, 2.0),
    rho=st.floats(-0.99, 0.99),
    share=st.floats(1e-3, 1.0),
)


def deviation(svi: Svi) -> float:
    return math.sqrt(float(svi.total_variance(np.zeros(1))[0]))


def test_quantlib_has_the_same_volatilities() -> None:
    theirs = ql.SviSmileSection(0.5, 100.0, [ORDINARY.a, ORDINARY.b, ORDINARY.sigma, ORDINARY.rho, ORDINARY.m])
    strikes = np.array([40.0, 80.0, 95.0, 100.0, 110.0, 200.0])
    ours = np.sqrt(ORDINARY.total_variance(np.log(strikes / 100)) / 0.5)
    assert ours == pytest.approx([theirs.volatility(strike) for strike in strikes.tolist()], rel=1e-12)


def test_slope_and_curvature_are_the_derivatives() -> None:
    k, step = np.linspace(-1.0, 1.0, 41), 1e-4
    low, mid, high = (ORDINARY.total_variance(k + move) for move in (-step, 0.0, step))
    assert ORDINARY.slope(k) == pytest.approx((high - low) / (2 * step), rel=1e-5, abs=1e-9)
    assert ORDINARY.curvature(k) == pytest.approx((high - 2 * mid + low) / step**2, rel=1e-4, abs=1e-6)


def test_a_corner_without_roundness_has_finite_derivatives() -> None:
    corner = Svi(a=0.01, b=0.1, rho=0.0, m=0.0, sigma=0.0)
    k = np.array([-0.1, 0.0, 0.1])
    assert corner.slope(k) == pytest.approx([-0.1, 0.0, 0.1])
    assert np.isfinite(corner.curvature(k)).all()


def test_a_flat_smile_has_the_density_of_a_lognormal() -> None:
    flat = flat_svi(0.04)
    k = np.linspace(-2, 2, 9)
    assert flat.total_variance(k) == pytest.approx(0.04)
    assert flat.durrleman(k) == pytest.approx(1.0)
    assert not has_butterfly(flat, 0.2)


def test_the_published_counterexample_is_found() -> None:
    assert VOGT.durrleman(np.array([0.8]))[0] < 0
    assert has_butterfly(VOGT, deviation(VOGT))


def test_a_wing_steeper_than_lees_bound_is_an_arbitrage() -> None:
    gentle = ssvi_slice(16.0, 0.0, 0.98)
    steep = Svi(gentle.a, 1.06 * gentle.b, gentle.rho, gentle.m, gentle.sigma)
    assert gentle.wings[0] == pytest.approx(1.94, abs=0.01)
    assert not has_butterfly(gentle, 4.0)
    assert max(steep.wings) > 2
    assert has_butterfly(steep, 4.0)


def test_no_variance_somewhere_is_an_arbitrage() -> None:
    assert has_butterfly(Svi(a=-0.01, b=0.1, rho=0.0, m=0.0, sigma=0.05), 0.1)


def test_wings_and_lowest_variance_make_the_smile() -> None:
    svi = svi_from_wings(left=0.3, right=0.1, lowest=0.02, m=0.1, sigma=0.2)
    k = np.linspace(-1, 1, 20_001)
    assert svi.total_variance(k).min() == pytest.approx(0.02, rel=1e-6)
    assert svi.slope(np.array([-1e6, 1e6])) == pytest.approx([-0.3, 0.1], rel=1e-6)
    assert svi.wings == pytest.approx((0.3, 0.1))


def test_points_to_check_are_dense_at_the_money_and_reach_far() -> None:
    k = check_points(ORDINARY, 0.1)
    assert k[0] <= -REACH + 0.1
    assert k[-1] >= REACH
    near = k[np.abs(k) < 0.1]
    assert np.diff(near).max() < 0.1 / 50


@given(SLICES)
def test_every_slice_of_the_surface_svi_is_free_of_butterflies(svi: Svi) -> None:
    assert not has_butterfly(svi, deviation(svi))


@given(SLICES, st.floats(0.01, 1.0))
def test_a_smile_stretched_down_has_no_arbitrage_and_less_variance_everywhere(svi: Svi, factor: float) -> None:
    shrunk = svi.stretched(factor)
    assert not has_butterfly(shrunk, deviation(shrunk))
    assert not has_calendar(shrunk, svi, deviation(svi))


def test_stretching_keeps_the_smile_by_standard_deviations() -> None:
    k = np.linspace(-0.5, 0.5, 11)
    assert ORDINARY.stretched(0.25).total_variance(0.5 * k) == pytest.approx(0.25 * ORDINARY.total_variance(k))


@given(SLICES, SLICES)
def test_calendar_arbitrage_is_what_a_plain_look_finds(earlier: Svi, later: Svi) -> None:
    k = np.linspace(-2.9, 2.9, 1161)
    gap = later.total_variance(k) - earlier.total_variance(k)
    assume(np.abs(gap).min() > 1e-9)
    if (gap < 0).any():
        assert has_calendar(earlier, later, deviation(earlier))


def test_wings_that_cross_only_far_out_are_an_arbitrage() -> None:
    earlier = svi_from_wings(0.10, 0.10, 0.01, 0.0, 0.1)
    later = svi_from_wings(0.09, 0.10, 0.20, 0.0, 0.1)
    assert has_calendar(earlier, later, 0.1)
    assert not has_calendar(earlier, svi_from_wings(0.10, 0.10, 0.20, 0.0, 0.1), 0.1)


def test_the_density_below_zero_is_the_prices_concavity() -> None:
    """Durrleman's sign is that of the second derivative of the call price by strike, whatever the smile."""
    nodes = np.linspace(0.6, 1.1, 26)
    strikes = np.exp(nodes)
    step = 1e-4

    def call(strike: float) -> float:
        variance = float(VOGT.total_variance(np.array([math.log(strike)]))[0])
        return float(ql.blackFormula(ql.Option.Call, strike, 1.0, math.sqrt(variance)))

    bend = [call(x + step) - 2 * call(x) + call(x - step) for x in strikes.tolist()]
    g = durrleman(nodes, VOGT.total_variance(nodes), VOGT.slope(nodes), VOGT.curvature(nodes))
    clear = np.abs(g) > 1e-3
    assert clear.sum() > 15
    assert {True, False} <= set((g[clear] < 0).tolist())
    assert (np.sign(bend)[clear] == np.sign(g)[clear]).all()
