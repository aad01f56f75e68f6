"""Fits: a known smile comes back, bad quotes do not pull, and nothing that is fitted has an arbitrage."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.analytics.smile import Smile, SmileSource, flat_smile
from engine.analytics.smile_fit import borrow_smile, fit_smile
from engine.analytics.svi import Svi, has_butterfly, has_calendar, ssvi_slice
from engine.domain.chain import Floats

FORWARD, YEARS = 250.0, 0.1
TRUE = Svi(a=0.002, b=0.04, rho=-0.6, m=0.02, sigma=0.08)
K = np.linspace(-0.3, 0.2, 41)
STRIKES = FORWARD * np.exp(K)
IV: Floats = np.sqrt(TRUE.total_variance(K) / YEARS)
TIGHT = np.full(K.size, 0.002)

JUNK = hnp.arrays(np.float64, st.integers(1, 12), elements=st.floats(0.05, 2.0))
"""Volatilities that no market would quote beside each other."""


def scale(smile: Smile) -> float:
    return math.sqrt(float(smile.total_variance(0.0)[0]))


def fitted(iv: Floats, years: float = YEARS, later: Smile | None = None) -> Smile:
    k = np.linspace(-0.4, 0.3, iv.size)
    return fit_smile(years, FORWARD, FORWARD * np.exp(k), iv, np.full(iv.size, 0.01), later)


def test_a_smile_of_svi_comes_back() -> None:
    smile = fit_smile(YEARS, FORWARD, STRIKES, IV, TIGHT)
    assert smile.source is SmileSource.SVI
    assert smile.quotes == K.size
    assert smile.volatility(K) == pytest.approx(IV, abs=2e-4)
    assert smile.error < 1e-4


@given(theta=st.floats(0.002, 0.2), rho=st.floats(-0.9, 0.9), share=st.floats(0.05, 0.8), years=st.floats(0.02, 1.0))
@settings(max_examples=40)
def test_any_sound_smile_comes_back_within_a_tenth_of_a_point(
    theta: float, rho: float, share: float, years: float
) -> None:
    true = ssvi_slice(theta, rho, share)
    k = math.sqrt(theta) * np.linspace(-2.5, 2.0, 30)
    iv = np.sqrt(true.total_variance(k) / years)
    smile = fit_smile(years, FORWARD, FORWARD * np.exp(k), iv, np.full(30, 0.002))
    # Near the edge of what is allowed the margin of safety costs a little, in proportion to the volatility.
    assert np.abs(smile.volatility(k) / iv - 1).max() < 0.01


@pytest.mark.parametrize("wrong", [0.02, 1.5])
def test_one_bad_quote_does_not_pull(wrong: float) -> None:
    spoilt = IV.copy()
    spoilt[10] = wrong
    smile = fit_smile(YEARS, FORWARD, STRIKES, spoilt, TIGHT)
    others = np.delete(np.arange(K.size), 10)
    assert np.abs(smile.volatility(K) - IV)[others].max() < 0.003


def test_a_wide_quote_counts_less_than_a_tight_one() -> None:
    spread = np.full(K.size, 0.05)
    spread[::2] = 0.002
    moved = np.where(spread > 0.01, IV + 0.03, IV)
    smile = fit_smile(YEARS, FORWARD, STRIKES, moved, spread)
    assert np.abs(smile.volatility(K) - IV).max() < 0.003


def test_rows_that_are_not_numbers_are_not_used() -> None:
    spoilt, spread, strikes = IV.copy(), TIGHT.copy(), STRIKES.copy()
    spoilt[0], spoilt[1], spoilt[2] = np.nan, -0.2, np.inf
    spread[3], spread[4] = np.nan, -1.0
    strikes[5], strikes[6] = 0.0, np.nan
    smile = fit_smile(YEARS, FORWARD, strikes, spoilt, spread)
    assert smile.quotes == K.size - 7
    assert smile.volatility(K) == pytest.approx(IV, abs=1e-3)


def test_fewer_quotes_give_fewer_parameters() -> None:
    rows = np.array([8, 20, 28, 34])
    three = fit_smile(YEARS, FORWARD, STRIKES[rows[:3]], IV[rows[:3]], TIGHT[:3])
    assert three.source is SmileSource.SSVI
    assert three.volatility(K[rows[:3]]) == pytest.approx(IV[rows[:3]], abs=0.004)
    two = fit_smile(YEARS, FORWARD, STRIKES[rows[:2]], IV[rows[:2]], TIGHT[:2])
    assert two.source is SmileSource.FLAT
    assert two.at_the_money == pytest.approx(IV[20])  # of two the nearer to the money, if it is not the wider
    one = fit_smile(YEARS, FORWARD, STRIKES[:1], IV[:1], TIGHT[:1])
    assert one.at_the_money == pytest.approx(IV[0])
    assert one.quotes == 1


@pytest.mark.parametrize(
    ("years", "forward", "iv", "why"),
    [
        (YEARS, math.nan, 0.2, SmileSource.NO_FORWARD),
        (YEARS, 0.0, 0.2, SmileSource.NO_FORWARD),
        (0.0, FORWARD, 0.2, SmileSource.NO_TIME),
        (math.inf, FORWARD, 0.2, SmileSource.NO_TIME),
        (YEARS, FORWARD, math.nan, SmileSource.NO_QUOTES),
        (YEARS, FORWARD, 1e9, SmileSource.NO_QUOTES),
    ],
)
def test_what_cannot_be_fitted_says_why(years: float, forward: float, iv: float, why: SmileSource) -> None:
    smile = fit_smile(years, forward, STRIKES, np.full(K.size, iv), TIGHT)
    assert smile.source is why
    assert not smile.valid


def test_columns_of_different_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match="one shape"):
        fit_smile(YEARS, FORWARD, STRIKES, IV[1:], TIGHT)


@given(JUNK, st.floats(0.01, 2.0))
@settings(max_examples=60)
def test_no_quotes_however_wild_make_a_butterfly(iv: Floats, years: float) -> None:
    smile = fitted(iv, years)
    assert smile.valid
    assert not has_butterfly(smile.svi, scale(smile))
    k = np.linspace(-6.0, 6.0, 2001)
    assert smile.svi.durrleman(k).min() >= -1e-9
    assert max(smile.svi.wings) <= 2.0


@given(JUNK, JUNK, st.floats(0.01, 1.0), st.floats(1.01, 3.0))
@settings(max_examples=60)
def test_no_quotes_however_wild_cross_the_later_smile(near: Floats, far: Floats, years: float, times: float) -> None:
    later = fitted(far, years * times)
    smile = fitted(near, years, later)
    k = np.linspace(-6.0, 6.0, 2001)
    assert (smile.total_variance(k) <= later.total_variance(k) * (1 + 1e-9)).all()
    assert not has_butterfly(smile.svi, scale(smile))


def test_quotes_above_the_later_smile_are_cut_to_it() -> None:
    later = fit_smile(2 * YEARS, FORWARD, STRIKES, 0.5 * IV, TIGHT)
    smile = fit_smile(YEARS, FORWARD, STRIKES, IV, TIGHT, later)
    assert smile.total_variance(K) == pytest.approx(later.total_variance(K), rel=0.1)
    assert smile.error > 0.03


@given(JUNK, st.floats(0.05, 2.0), st.floats(0.1, 0.9))
@settings(max_examples=40)
def test_a_borrowed_smile_fits_between_its_neighbours(iv: Floats, quote: float, share: float) -> None:
    later = fitted(iv, 1.0)
    earlier = Smile(FORWARD, 0.3, later.svi.stretched(share), SmileSource.SVI)
    one = np.array([FORWARD * 1.05]), np.array([quote]), np.array([0.01])
    between = borrow_smile(0.6, FORWARD, *one, earlier, later)
    assert not has_calendar(earlier.svi, between.svi, scale(earlier))
    assert not has_calendar(between.svi, later.svi, scale(later))
    assert not has_butterfly(between.svi, scale(between))
    beyond = borrow_smile(2.0, FORWARD, *one, later, None)
    assert not has_calendar(later.svi, beyond.svi, scale(later))
    assert not has_butterfly(beyond.svi, scale(beyond))


def test_a_borrowed_smile_meets_its_quote_where_that_is_allowed() -> None:
    later = fit_smile(2 * YEARS, FORWARD, STRIKES, IV, TIGHT)
    one = STRIKES[10:11], IV[10:11] + 0.02, TIGHT[:1]
    smile = borrow_smile(YEARS, FORWARD, *one, None, later)
    assert smile.source is SmileSource.SCALED
    assert smile.volatility_at(STRIKES[10:11]) == pytest.approx(IV[10:11] + 0.02, rel=1e-6)
    # Its skew is the neighbour's by standard deviations, so steeper by k: volatility falls from puts to calls.
    assert smile.volatility(-0.05)[0] > smile.volatility(0.05)[0]
    after = borrow_smile(3 * YEARS, FORWARD, *one, later, None)
    assert after.volatility_at(STRIKES[10:11]) == pytest.approx(IV[10:11] + 0.02, rel=1e-6)


def test_a_borrowed_smile_needs_quotes_and_a_neighbour() -> None:
    later = flat_smile(FORWARD, 1.0, 0.2)
    none = np.empty(0)
    assert borrow_smile(YEARS, FORWARD, none, none, none, None, later).source is SmileSource.NO_QUOTES
    with pytest.raises(ValueError, match="neighbour"):
        borrow_smile(YEARS, FORWARD, STRIKES, IV, TIGHT, None, None)
