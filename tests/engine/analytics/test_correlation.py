"""Correlation and beta: against numpy pair by pair, and the paper's formulas written out as loops."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.correlation import SESSIONS, betas, correlations
from engine.domain.chain import Floats


def market(sessions: int = 60, names: int = 6, seed: int = 3) -> Floats:
    """Daily returns with one factor, and names of very different volatility."""
    random = np.random.default_rng(seed)
    factor = random.standard_normal((sessions, 1))
    table: Floats = (factor + random.standard_normal((sessions, names))) * np.geomspace(0.005, 0.05, names)
    return table


def papers_weight(returns: Floats) -> float:
    """Ledoit and Wolf 2004, appendix B, term by term, on standardised returns."""
    y = (returns - returns.mean(axis=0)) / returns.std(axis=0)
    sessions, names = y.shape
    s = [[sum(y[t, i] * y[t, j] for t in range(sessions)) / sessions for j in range(names)] for i in range(names)]
    mean = 2 / (names * (names - 1)) * sum(s[i][j] for i in range(names) for j in range(i + 1, names))
    pi = rho = gamma = 0.0
    for i in range(names):
        for j in range(names):
            products = [y[t, i] * y[t, j] - s[i][j] for t in range(sessions)]
            pi_ij = sum(product**2 for product in products) / sessions
            pi += pi_ij
            gamma += ((mean if i != j else 1.0) - s[i][j]) ** 2
            if i == j:
                rho += pi_ij
            else:
                own = [sum((y[t, n] ** 2 - 1) * products[t] for t in range(sessions)) / sessions for n in (i, j)]
                rho += mean / 2 * sum(own)
    return float(max(0.0, min(1.0, (pi - rho) / gamma / sessions)))


def test_the_weight_is_the_papers() -> None:
    for seed in range(4):
        returns = market(seed=seed)
        found = correlations(returns)
        assert found.shrinkage == pytest.approx(papers_weight(returns), rel=1e-9)
        assert 0 < found.shrinkage <= 1


def test_the_sample_is_numpys_and_the_shrunk_lies_between_it_and_the_mean() -> None:
    returns = market()
    found = correlations(returns)
    expected: Floats = np.atleast_2d(np.corrcoef(returns.T))
    assert found.sample == pytest.approx(expected)
    pairs = ~np.eye(6, dtype=bool)
    mean = expected[pairs].mean()
    assert found.shrunk[pairs] == pytest.approx(mean + (1 - found.shrinkage) * (expected[pairs] - mean))
    assert np.diag(found.shrunk) == pytest.approx(1.0)
    assert (found.sessions == 60).all()
    assert np.linalg.eigvalsh(found.shrunk).min() > 0


def test_shrinking_comes_nearer_to_the_truth() -> None:
    truth = 0.5
    errors = []
    for seed in range(20):
        found = correlations(market(seed=seed, names=10))
        pairs = ~np.eye(10, dtype=bool)
        errors.append([np.square(table[pairs] - truth).mean() for table in (found.shrunk, found.sample)])
    shrunk, sample = np.array(errors).mean(axis=0)
    assert shrunk < 0.7 * sample


def test_missing_returns_are_left_out_pair_by_pair() -> None:
    returns = market()
    returns[:10, 0] = np.nan
    returns[5:20, 1] = np.inf
    found = correlations(returns)
    both = np.arange(60) >= 20
    assert found.sample[0, 1] == pytest.approx(np.corrcoef(returns[both, 0], returns[both, 1])[0, 1])
    assert found.sessions[0, 1] == 40
    assert found.sessions[0, 0] == 50
    assert found.sessions[2, 3] == 60
    assert (found.sample == found.sample.T).all()


def test_too_few_joint_sessions_are_unknown() -> None:
    returns = market()
    returns[:21, 0] = np.nan
    found = correlations(returns)
    assert np.isnan(found.shrunk[0]).all()
    assert np.isfinite(found.shrunk[1:, 1:]).all()
    assert found.sessions[0, 1] == 39
    assert np.isfinite(correlations(returns, fewest=39).shrunk).all()


@pytest.mark.parametrize("level", [0.0, 0.0123])
def test_a_name_that_does_not_vary_has_no_correlation(level: float) -> None:
    returns = market()
    returns[:, 2] = level
    found = correlations(returns)
    assert np.isnan(found.shrunk[2]).all()
    assert np.isnan(found.shrunk[:, 2]).all()
    others = np.delete(np.arange(6), 2)
    assert np.isfinite(found.shrunk[np.ix_(others, others)]).all()


def test_a_name_that_does_not_vary_where_the_other_is_known_has_no_correlation_with_it() -> None:
    returns = market()
    returns[:45, 0] = 0.01
    returns[45:, 1] = np.nan
    found = correlations(returns)
    assert np.isnan(found.sample[0, 1])
    assert np.isfinite(found.sample[0, 2:]).all()


def test_two_names_and_one_name_and_none() -> None:
    two = correlations(market(names=2))
    assert two.shrinkage == 0.0
    assert two.shrunk == pytest.approx(two.sample)
    one = correlations(market(names=1))
    assert one.shrunk.tolist() == [[pytest.approx(1.0)]]
    assert math.isnan(one.shrinkage)
    assert correlations(np.empty((60, 0))).shrunk.shape == (0, 0)
    assert np.isnan(correlations(np.empty((0, 3))).shrunk).all()


@given(st.integers(0, 10_000), st.integers(2, 8), st.floats(0.0, 0.4))
@settings(max_examples=50)
def test_correlations_stay_between_minus_one_and_one(seed: int, names: int, gaps: float) -> None:
    returns = market(names=names, seed=seed)
    returns[np.random.default_rng(seed).random(returns.shape) < gaps] = np.nan
    found = correlations(returns, fewest=5)
    assert (np.abs(found.shrunk[np.isfinite(found.shrunk)]) <= 1).all()
    assert 0 <= found.shrinkage <= 1
    assert found.shrunk == pytest.approx(found.shrunk.T, nan_ok=True)


def test_beta_and_its_error_are_those_of_a_regression() -> None:
    returns = market()
    benchmark = returns[:, 1]
    found = betas(returns, benchmark)
    design = np.stack((np.ones(60), benchmark), axis=1)
    for name in range(6):
        coefficients, *_ = np.linalg.lstsq(design, returns[:, name], rcond=None)
        rest = returns[:, name] - design @ coefficients
        covariance = float(rest @ rest) / 58 * np.linalg.inv(design.T @ design)
        assert found.beta[name] == pytest.approx(coefficients[1], rel=1e-9)
        assert found.error[name] == pytest.approx(math.sqrt(covariance[1, 1]), rel=1e-6, abs=1e-9)
    assert found.beta[1] == pytest.approx(1.0)
    assert found.sessions.tolist() == [60] * 6


def test_missing_returns_leave_their_session_out_of_beta() -> None:
    returns, benchmark = market(), market(names=1, seed=9)[:, 0]
    returns[:15, 0] = np.nan
    benchmark[50:] = np.nan
    found = betas(returns, benchmark, fewest=30)
    slope = np.polyfit(benchmark[15:50], returns[15:50, 0], 1)[0]
    assert found.beta[0] == pytest.approx(slope)
    assert found.sessions.tolist() == [35] + [50] * 5
    assert np.isnan(betas(returns, benchmark).beta).tolist() == [True] + [False] * 5
    assert np.isnan(betas(returns, benchmark).error).tolist() == [True] + [False] * 5


@pytest.mark.parametrize("level", [0.0, 0.0123])
def test_a_benchmark_that_does_not_vary_gives_no_beta(level: float) -> None:
    found = betas(market(), np.full(60, level))
    assert np.isnan(found.beta).all()
    assert np.isnan(found.error).all()


def test_three_sessions_are_the_least_for_a_beta() -> None:
    returns = market(sessions=3)
    assert np.isfinite(betas(returns, returns[:, 0], fewest=0).error).all()
    assert np.isnan(betas(returns[:2], returns[:2, 0], fewest=0).beta).all()


def test_tables_of_other_shapes_are_errors() -> None:
    with pytest.raises(ValueError, match="table"):
        correlations(np.zeros(60))
    with pytest.raises(ValueError, match="benchmark"):
        betas(market(), np.zeros(59))


def test_real_names_move_with_the_market(shared_dir: Path) -> None:
    names = ("SPY", "QQQ", "AAPL", "JPM", "TLT", "GLD")
    folder = shared_dir / "data" / "underlying" / "etf_daily"
    closes = []
    for name in names:
        with (folder / f"{name}.csv").open(newline="") as file:
            rows = {row["date"][:10]: float(row["close"]) for row in csv.DictReader(file)}
        closes.append([rows[day] for day in sorted(rows) if day >= "2022-01-01"][: SESSIONS + 1])
    returns = np.diff(np.log(np.array(closes)), axis=1).T
    found = correlations(returns)
    assert found.sample[0, 1] > found.shrunk[0, 1] > 0.8
    assert found.shrunk[0, 4] < 0.3
    beta = betas(returns, returns[:, 0])
    assert 1.1 < beta.beta[1] < 1.5
    assert (beta.error[1:] < 0.3).all()
