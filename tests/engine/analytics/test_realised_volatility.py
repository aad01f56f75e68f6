"""Realised volatility: hand-computed windows, simulated days whose volatility is known, and SPY's real ones."""

import csv
import math
import statistics
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from engine.analytics.realised_volatility import close_to_close, yang_zhang
from engine.domain.chain import Floats

Days: TypeAlias = tuple[Floats, Floats, Floats, Floats]
"""Open, high, low, close."""

CLOSES = np.array([100.0, 102.0, 101.0, 104.0, 103.0, 105.0])


def simulated(days: int, volatility: float, drift: float, seed: int, opening: float = 0.2) -> Days:
    """Days of a random walk in 400 steps: a share `opening` of the variance comes overnight."""
    random = np.random.default_rng(seed)
    daily = volatility / math.sqrt(252)
    steps = random.standard_normal((days, 400)) * daily * math.sqrt((1 - opening) / 400) + drift / 252 / 400
    jumps = random.standard_normal(days) * daily * math.sqrt(opening)
    path = np.concatenate((np.zeros((days, 1)), np.cumsum(steps, axis=1)), axis=1)
    start = np.cumsum(jumps) + np.concatenate(([0.0], np.cumsum(path[:-1, -1])))
    level = 100 * np.exp(path + start[:, None])
    return level[:, 0].copy(), level.max(axis=1), level.min(axis=1), level[:, -1].copy()


def test_close_to_close_is_the_sample_deviation_of_log_returns() -> None:
    found = close_to_close(CLOSES, window=3)
    returns = [math.log(after / before) for before, after in pairwise(CLOSES.tolist())]
    for row in (3, 4, 5):
        expected = statistics.stdev(returns[row - 3 : row]) * math.sqrt(252)
        assert found.volatility[row] == pytest.approx(expected)
    assert np.isnan(found.volatility[:3]).all()
    assert found.missing.tolist() == [3, 2, 1, 0, 0, 0]
    assert found.valid.tolist() == [False] * 3 + [True] * 3


@pytest.mark.parametrize("bad", [math.nan, 0.0, -5.0, math.inf])
def test_a_missing_close_takes_both_its_returns_away(bad: float) -> None:
    closes = np.concatenate((CLOSES, CLOSES))
    closes[5] = bad
    found = close_to_close(closes, window=2)
    assert found.missing.tolist() == [2, 1, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0]
    assert found.valid.tolist() == [gone == 0 for gone in found.missing.tolist()]


def test_yang_zhang_by_hand() -> None:
    open_, high = np.array([100.0, 101.0, 103.0]), np.array([102.0, 104.0, 105.0])
    low, close = np.array([99.0, 100.0, 101.0]), np.array([101.5, 102.0, 104.0])
    jumps = [math.log(101 / 101.5), math.log(103 / 102)]
    days = [math.log(102 / 101), math.log(104 / 103)]
    ranges = [
        math.log(104 / 101) * math.log(104 / 102) + math.log(100 / 101) * math.log(100 / 102),
        math.log(105 / 103) * math.log(105 / 104) + math.log(101 / 103) * math.log(101 / 104),
    ]
    share = 0.34 / (1.34 + 3 / 1)
    variance = statistics.variance(jumps) + share * statistics.variance(days) + (1 - share) * statistics.fmean(ranges)
    found = yang_zhang(open_, high, low, close, window=2)
    assert found.volatility[2] == pytest.approx(math.sqrt(252 * variance))
    assert np.isnan(found.volatility[:2]).all()
    assert found.missing.tolist() == [2, 1, 0]


@pytest.mark.parametrize("drift", [0.0, 2.0])
def test_a_known_volatility_is_found_whatever_the_drift(drift: float) -> None:
    days = simulated(4000, volatility=0.30, drift=drift, seed=5)
    # Ranges of 400 steps miss a little of the true extremes: about one percent of the volatility each way.
    assert np.nanmean(yang_zhang(*days).volatility) == pytest.approx(0.30, rel=0.04)
    assert np.nanmean(close_to_close(days[3]).volatility) == pytest.approx(0.30, rel=0.03)


def test_yang_zhang_is_far_less_noisy_than_closes() -> None:
    days = simulated(4000, volatility=0.30, drift=0.0, seed=6)
    ranges, closes = yang_zhang(*days).volatility[20::20], close_to_close(days[3]).volatility[20::20]
    assert np.var(closes) > 3 * np.var(ranges)


@pytest.mark.parametrize(
    ("column", "bad"), [(0, math.nan), (1, 50.0), (2, 500.0), (3, 0.0), (0, 1000.0), (3, math.inf), (2, -1.0)]
)
def test_a_row_that_cannot_be_is_flagged_and_not_filled(column: int, bad: float) -> None:
    days = simulated(30, 0.3, 0.0, seed=1)
    days[column][20] = bad
    found = yang_zhang(*days, window=5)
    assert found.valid.tolist() == [False] * 5 + [True] * 15 + [False] * 6 + [True] * 4
    # The day itself, and the opening jump of the next one.
    assert found.missing[20:26].tolist() == [1, 2, 2, 2, 2, 1]


def test_still_prices_have_no_volatility() -> None:
    still = np.full(10, 100.0)
    assert yang_zhang(still, still, still, still, window=5).volatility[5:] == pytest.approx(0.0)
    assert close_to_close(still, window=5).volatility[5:] == pytest.approx(0.0)


def test_windows_and_columns_must_make_sense() -> None:
    with pytest.raises(ValueError, match="window"):
        close_to_close(CLOSES, window=1)
    with pytest.raises(ValueError, match="columns"):
        yang_zhang(CLOSES, CLOSES, CLOSES, CLOSES[1:])
    with pytest.raises(ValueError, match="columns"):
        close_to_close(CLOSES[None, :])
    assert close_to_close(CLOSES[:0]).volatility.size == 0
    assert yang_zhang(CLOSES[:0], CLOSES[:0], CLOSES[:0], CLOSES[:0]).volatility.size == 0
    assert np.isnan(close_to_close(CLOSES, window=20).volatility).all()


def test_on_spy_both_measures_tell_the_same_story(shared_dir: Path) -> None:
    with (shared_dir / "data" / "underlying" / "etf_daily" / "SPY.csv").open(newline="") as file:
        rows = [[float(row[name]) for name in ("open", "high", "low", "close")] for row in csv.DictReader(file)]
    open_, high, low, close = np.array(rows).T
    ranges, closes = yang_zhang(open_, high, low, close, window=60), close_to_close(close, window=60)
    both = ranges.valid & closes.valid
    assert both.sum() == len(rows) - 60
    assert np.corrcoef(ranges.volatility[both], closes.volatility[both])[0, 1] > 0.95
    assert np.median(ranges.volatility[both] / closes.volatility[both]) == pytest.approx(1.0, abs=0.1)
    # March 2020 was the wildest spring since 2008, and nobody's data say otherwise.
    assert 0.5 < closes.volatility[both].max() < 0.8
