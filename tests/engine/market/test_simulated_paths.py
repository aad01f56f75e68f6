"""Paths of the simulated market: pure, correlated, mean-reverting, with gaps, jumps and the variance they promise."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from engine.core.calendar import Session, next_session, session_on
from engine.domain.chain import Floats
from engine.market.simulated_paths import (
    JUMP_VARIANCE,
    MEAN_REVERSION,
    MEAN_VARIANCE,
    UNDERLYINGS,
    PathState,
    column,
    expected_variance,
    opening_state,
    quote_times,
    walk,
)

HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)
SPY = 3


def session(year: int, month: int, day: int) -> Session:
    found = session_on(dt.date(year, month, day))
    assert found is not None
    return found


FIRST = session(2026, 1, 5)


@dataclass(frozen=True)
class History:
    """Twelve years of one seed: log spot at each open and close, variance at each open; (days, 5)."""

    opens: Floats
    closes: Floats
    variance: Floats


@cache
def history(seed: int) -> History:
    state, today, nights = opening_state(seed), FIRST, 0
    opens, closes, variance = [], [], []
    for _ in range(252 * 12):
        path = walk(seed, state, today, nights, HOUR)
        opens.append(np.log(path.spot[0]))
        closes.append(path.at_close.log_spot)
        variance.append(path.variance[0])
        following = next_session(today.opens)
        state, nights, today = path.at_close, (following.day - today.day).days, following
    return History(np.array(opens), np.array(closes), np.array(variance))


@pytest.mark.parametrize(
    ("day", "step", "count"),
    [
        (FIRST, MINUTE, 390),
        (session(2026, 11, 27), MINUTE, 210),  # A half day.
        (FIRST, HOUR, 7),
        (FIRST, dt.timedelta(hours=6, minutes=30), 1),
        (FIRST, dt.timedelta(days=2), 1),
        (FIRST, dt.timedelta(seconds=7), 3343),
    ],
)
def test_quotes_come_at_the_open_and_at_each_step_before_the_close(
    day: Session, step: dt.timedelta, count: int
) -> None:
    assert quote_times(day, step) == count
    path = walk(1, opening_state(1), day, 1, step)
    assert path.spot.shape == path.variance.shape == (count, len(UNDERLYINGS))


def test_a_session_follows_from_seed_day_and_state_alone() -> None:
    state = opening_state(5)
    first, again = (walk(5, state, FIRST, 3, MINUTE) for _ in range(2))
    np.testing.assert_array_equal(first.spot, again.spot)
    np.testing.assert_array_equal(first.variance, again.variance)
    np.testing.assert_array_equal(first.at_close.log_spot, again.at_close.log_spot)
    assert (walk(6, state, FIRST, 3, MINUTE).spot[1:] != first.spot[1:]).any()
    assert (walk(5, state, session(2026, 1, 6), 3, MINUTE).spot != first.spot).any()


def test_the_first_session_opens_at_the_stated_prices_without_a_gap() -> None:
    path = walk(9, opening_state(9), FIRST, 0, MINUTE)
    np.testing.assert_array_equal(path.spot[0], column("spot"))


def test_the_gap_over_a_weekend_is_three_nights_wide() -> None:
    """The same day after one night and after three: the shock is the same, only its time is longer."""
    still = PathState(np.log(column("spot")), np.zeros(5))
    days = [session(2026, 1, day) for day in (6, 7, 8, 9)]
    one, three = (
        np.array([np.log(walk(9, still, day, nights, MINUTE).spot[0] / column("spot")) for day in days])
        for nights in (1, 3)
    )
    np.testing.assert_allclose((three / one).mean(axis=0), np.sqrt(3), rtol=0.1)


def test_prices_are_on_the_cent_and_never_below_one() -> None:
    path = walk(9, opening_state(9), FIRST, 1, MINUTE)
    np.testing.assert_array_equal(path.spot, np.round(path.spot * 100) / 100)
    ruined = PathState(np.full(5, -20.0), np.zeros(5))
    assert (walk(9, ruined, FIRST, 1, MINUTE).spot == 0.01).all()


def test_realised_variance_in_the_long_run_is_what_the_parameters_say() -> None:
    returns = np.concatenate([np.diff(history(seed).closes, axis=0) for seed in range(3)])
    realised = (returns**2).mean(axis=0) * 252
    np.testing.assert_allclose(realised, MEAN_VARIANCE + JUMP_VARIANCE, rtol=0.15)


def test_names_move_with_the_market_as_their_correlations_say() -> None:
    returns = np.concatenate([np.diff(history(seed).closes, axis=0) for seed in range(3)])
    correlation = np.corrcoef(returns.T)[SPY]
    expected = column("market_correlation") * column("market_correlation")[SPY]
    others = np.arange(len(UNDERLYINGS)) != SPY
    np.testing.assert_allclose(correlation[others], expected[others], atol=0.1)


def test_volatility_rises_when_prices_fall_and_returns_to_its_mean() -> None:
    told = history(0)
    log_vol = np.log(told.variance) / 2
    returns = np.diff(told.opens, axis=0)
    for name in range(len(UNDERLYINGS)):
        changes = np.diff(log_vol[:, name])
        assert np.corrcoef(returns[:, name], changes)[0, 1] < -0.25
        deviation = log_vol[:, name] - log_vol[:, name].mean()
        after_a_month = (deviation[21:] * deviation[:-21]).mean() / (deviation**2).mean()
        assert after_a_month == pytest.approx(np.exp(-MEAN_REVERSION * 21 / 252), abs=0.15)


def test_the_market_gaps_overnight_and_jumps_now_and_then() -> None:
    told = history(0)
    gaps = told.opens[1:] - told.closes[:-1]
    days = np.diff(told.closes, axis=0)
    share = (gaps**2).mean(axis=0) / (days**2).mean(axis=0)
    assert ((share > 0.2) & (share < 0.5)).all()
    typical = np.sqrt(told.variance[1:] / 252)
    assert (np.abs(days / typical) > 5).sum(axis=0).min() >= 1


def test_expected_variance_lies_between_now_and_the_mean_and_comes_true() -> None:
    names = np.arange(len(UNDERLYINGS))
    calm, wild = MEAN_VARIANCE / 4, MEAN_VARIANCE * 4
    for variance in (calm, wild):
        soon, later, at_last = (
            expected_variance(names, variance, np.full(5, years)) - JUMP_VARIANCE for years in (1e-6, 0.25, 1e6)
        )
        np.testing.assert_allclose(soon, variance, rtol=1e-4)
        np.testing.assert_allclose(at_last, MEAN_VARIANCE, rtol=1e-4)
        assert (np.abs(later - MEAN_VARIANCE) < np.abs(variance - MEAN_VARIANCE)).all()
    told = history(1)
    returns = np.diff(told.opens, axis=0)
    month = 21
    realised = np.array([(returns[start : start + month] ** 2).mean(axis=0) * 252 for start in range(0, 3000, month)])
    forecast = np.array(
        [expected_variance(names, told.variance[start], np.full(5, month / 252)) for start in range(0, 3000, month)]
    )
    np.testing.assert_allclose(forecast.mean(axis=0), realised.mean(axis=0), rtol=0.25)
    for name in range(len(UNDERLYINGS)):
        assert np.corrcoef(np.log(forecast[:, name]), np.log(realised[:, name]))[0, 1] > 0.4
