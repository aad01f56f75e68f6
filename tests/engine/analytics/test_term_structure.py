"""Forward volatility and earnings: hand-computed variances, and made term structures whose announcement comes back."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics.smile import flat_smile
from engine.analytics.surface import Surface
from engine.analytics.term_structure import earnings_variance, forward_volatility, term_structure, without_earnings
from engine.domain.chain import Floats

MOVE = 0.06
"""Deviation of the log price on the day of earnings."""

DATES = np.array([0.03, 0.05, 0.10, 0.15, 0.25, 0.40])
EARNINGS = np.array([0.08])


def volatilities(level: float, dates: Floats = DATES, announcements: Floats = EARNINGS) -> Floats:
    passed = np.array([int((announcements <= date).sum()) for date in dates.tolist()])
    volatility: Floats = np.sqrt(level**2 + passed * MOVE**2 / dates)
    return volatility


def test_forward_variance_is_what_lies_between() -> None:
    # 0.20^2 x 0.25 = 0.0100 and 0.25^2 x 0.50 = 0.03125: 0.02125 in a quarter is 0.085 a year.
    assert forward_volatility(0.20, 0.25, 0.25, 0.50)[0] == pytest.approx(math.sqrt(0.085))
    assert forward_volatility(0.0, 0.0, 0.3, 0.5)[0] == pytest.approx(0.3)
    assert forward_volatility(np.array([[0.2], [0.3]]), 0.1, np.array([0.25, 0.3, 0.35]), 0.2).shape == (2, 3)


@pytest.mark.parametrize(
    ("front", "near", "back", "far"),
    [
        (0.4, 0.25, 0.2, 0.5),
        (0.2, 0.5, 0.2, 0.5),
        (0.2, 0.5, 0.2, 0.25),
        (math.nan, 0.25, 0.2, 0.5),
        (0.2, 0.25, math.inf, 0.5),
        (-0.2, 0.25, 0.3, 0.5),
        (0.2, -0.25, 0.3, 0.5),
        (0.2, 0.25, 0.3, math.inf),
    ],
)
def test_no_forward_volatility_where_the_variances_do_not_rise(
    front: float, near: float, back: float, far: float
) -> None:
    assert np.isnan(forward_volatility(front, near, back, far)).all()


@given(st.floats(0.05, 1.0), st.floats(0.01, 2.0), st.floats(1.01, 5.0))
def test_a_flat_term_structure_has_itself_as_its_forward(level: float, near: float, times: float) -> None:
    assert forward_volatility(level, near, level, near * times)[0] == pytest.approx(level, rel=1e-9)


def test_an_announcement_on_a_flat_level_comes_back() -> None:
    found = earnings_variance(DATES, volatilities(0.30), EARNINGS)
    assert math.sqrt(found) == pytest.approx(MOVE, rel=1e-9)


def test_an_announcement_on_a_reverting_level_comes_back() -> None:
    # Heston's expected variance with another pull than the one that is assumed.
    level = 0.3**2 + (0.45**2 - 0.3**2) * (1 - np.exp(-3.0 * DATES)) / (3.0 * DATES)
    iv = np.sqrt(level + (DATES >= 0.08) * MOVE**2 / DATES)
    assert math.sqrt(earnings_variance(DATES, iv, EARNINGS)) == pytest.approx(MOVE, rel=0.03)


def test_noise_of_a_point_moves_the_estimate_little() -> None:
    noisy = volatilities(0.30) + 0.005 * np.array([1, -1, 1, -1, 1, -1])
    assert math.sqrt(earnings_variance(DATES, noisy, EARNINGS)) == pytest.approx(MOVE, abs=0.015)


def test_two_announcements_weigh_alike() -> None:
    twice = np.array([0.08, 0.33])
    found = earnings_variance(DATES, volatilities(0.30, announcements=twice), twice)
    assert math.sqrt(found) == pytest.approx(MOVE, rel=1e-9)


def test_without_a_date_before_it_the_level_is_taken_as_flat() -> None:
    later = DATES[2:]
    found = earnings_variance(later, volatilities(0.30, later), EARNINGS)
    assert math.sqrt(found) == pytest.approx(MOVE, rel=1e-9)
    two = later[:2]
    assert math.sqrt(earnings_variance(two, volatilities(0.30, two), EARNINGS)) == pytest.approx(MOVE, rel=1e-9)


def test_what_cannot_be_told_is_unknown() -> None:
    iv = volatilities(0.30)
    assert math.isnan(earnings_variance(DATES[3:4], iv[3:4], EARNINGS))
    assert math.isnan(earnings_variance(DATES[:0], iv[:0], EARNINGS))
    assert math.isnan(earnings_variance(DATES, np.full(6, np.nan), EARNINGS))
    assert math.isnan(earnings_variance(DATES, iv, np.array([np.nan])))
    with pytest.raises(ValueError, match="one volatility"):
        earnings_variance(DATES, iv[1:], EARNINGS)


def test_a_date_without_a_volatility_is_left_out() -> None:
    iv = volatilities(0.30)
    iv[4] = np.nan
    assert math.sqrt(earnings_variance(DATES, iv, EARNINGS)) == pytest.approx(MOVE, rel=1e-9)


@pytest.mark.parametrize("announcements", [np.empty(0), np.array([0.9]), np.array([-0.05])])
def test_no_announcement_before_any_date_adds_nothing(announcements: Floats) -> None:
    assert earnings_variance(DATES, volatilities(0.30), announcements) == 0.0
    assert without_earnings(DATES, volatilities(0.30), announcements, math.nan) == pytest.approx(volatilities(0.30))


def test_an_estimate_is_never_below_zero() -> None:
    assert earnings_variance(DATES, np.array([0.5, 0.5, 0.3, 0.3, 0.3, 0.3]), EARNINGS) == 0.0


def test_what_was_added_is_removed() -> None:
    assert without_earnings(DATES, volatilities(0.30), EARNINGS, MOVE**2) == pytest.approx(0.30)


def test_unknown_earnings_hide_only_what_lies_behind_them() -> None:
    found = without_earnings(DATES, volatilities(0.30), EARNINGS, math.nan)
    assert found[:2] == pytest.approx(0.30)
    assert np.isnan(found[2:]).all()
    assert np.isnan(without_earnings(DATES, volatilities(0.30), np.array([np.nan]), MOVE**2)).all()


def test_more_earnings_than_variance_leave_nothing() -> None:
    assert np.isnan(without_earnings(DATES[2:3], np.array([0.1]), EARNINGS, 1.0)).all()


def surface(level: float = 0.30) -> Surface:
    iv = volatilities(level)
    return Surface(tuple(flat_smile(100.0, *pair) for pair in zip(DATES.tolist(), iv.tolist(), strict=True)))


def test_earnings_between_front_and_back_do_not_look_like_a_dear_back() -> None:
    seen = term_structure(surface(), 0.05, 0.15)
    clean = term_structure(surface(), 0.05, 0.15, EARNINGS)
    assert seen.forward == pytest.approx(math.sqrt((0.09 * 0.10 + MOVE**2) / 0.10))
    assert seen.ratio < 0.9
    assert (clean.front, clean.back, clean.forward) == pytest.approx((0.30, 0.30, 0.30))
    assert clean.ratio == pytest.approx(1.0)
    assert clean.earnings == pytest.approx(MOVE**2)
    assert not clean.extrapolated


def test_earnings_before_the_front_do_not_look_like_a_dear_front() -> None:
    seen = term_structure(surface(), 0.10, 0.25)
    assert seen.front > 0.35
    assert seen.ratio > 1.15
    assert term_structure(surface(), 0.10, 0.25, EARNINGS).ratio == pytest.approx(1.0)


def test_given_earnings_are_taken_as_given() -> None:
    found = term_structure(surface(), 0.05, 0.15, EARNINGS, 0.03**2)
    assert found.earnings == 0.03**2
    assert found.back == pytest.approx(math.sqrt(0.09 + (MOVE**2 - 0.03**2) / 0.15))


def test_dates_outside_or_in_the_wrong_order_are_told() -> None:
    assert term_structure(surface(), 0.05, 0.60).extrapolated
    back = term_structure(surface(), 0.15, 0.05)
    assert math.isnan(back.forward)
    assert math.isnan(back.ratio)
    assert math.isnan(term_structure(Surface(()), 0.05, 0.15).front)
