"""Means with shrinkage and the Kelly fraction, against figures worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.allocation import kelly_fraction, shrunk_means

SAMPLES = st.lists(st.lists(st.floats(-1, 1), min_size=2, max_size=12), min_size=1, max_size=6)


def sample(*values: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.array(values, float)


def test_two_samples_meet_half_way_when_half_of_their_scatter_is_chance() -> None:
    # Means 0.02 and 0, each with variance 0.0002 / 2; their scatter of 0.0002 is twice what chance gives.
    high, low = shrunk_means([sample(0.01, 0.03), sample(-0.01, 0.01)])
    assert (high.raw, low.raw) == pytest.approx((0.02, 0.0))
    assert (high.error, high.weight) == pytest.approx((0.01, 0.5))
    assert (high.mean, low.mean) == pytest.approx((0.015, 0.005))
    assert (high.edge, low.edge) == pytest.approx((0.5, -0.5))


def test_the_noisier_sample_is_believed_less() -> None:
    # Errors of 0.01 and 0.1, means 1 and 0: scatter 0.5, of which (0.0001 + 0.01) / 2 is chance.
    steady, wild = shrunk_means([sample(0.99, 1.01), sample(-0.1, 0.1)])
    between = 0.5 - 0.00505
    assert steady.weight == pytest.approx(between / (between + 0.0001))
    assert wild.weight == pytest.approx(between / (between + 0.01))


def test_differences_that_chance_explains_are_not_believed() -> None:
    high, low = shrunk_means([sample(-0.5, 0.6), sample(-0.6, 0.5)])
    assert (high.weight, low.weight, high.edge) == (0.0, 0.0, 0.0)
    assert high.mean == low.mean == pytest.approx(0.0)


def test_one_sample_has_nobody_to_differ_from_and_none_is_none() -> None:
    (only,) = shrunk_means([sample(0.1, 0.2)])
    assert (only.weight, only.edge, only.mean) == (0.0, 0.0, only.raw)
    assert shrunk_means([]) == ()


def test_samples_without_any_error_differ_for_certain() -> None:
    high, low = shrunk_means([sample(0.1, 0.1), sample(0.0, 0.0)])
    assert (high.edge, low.edge, high.mean) == (math.inf, -math.inf, 0.1)
    same = shrunk_means([sample(0.1, 0.1), sample(0.1, 0.1)])
    assert [each.edge for each in same] == [0.0, 0.0]


@settings(max_examples=50)
@given(SAMPLES)
def test_the_order_changes_nothing_and_a_mean_never_leaves_its_own_and_the_common_one(
    samples: list[list[float]],
) -> None:
    found = shrunk_means([sample(*each) for each in samples])
    backwards = shrunk_means([sample(*each) for each in reversed(samples)])
    assert found == tuple(reversed(backwards))
    common = math.fsum(each.raw for each in found) / len(found)
    for each in found:
        assert 0 <= each.weight <= 1
        assert min(common, each.raw) - 1e-12 <= each.mean <= max(common, each.raw) + 1e-12


@pytest.mark.parametrize(
    ("wins", "win", "losses", "fraction"),
    [
        (6, 1.0, 4, 0.2),  # p - q / b of a bet at even odds
        (5, 2.0, 5, 0.25),  # at two to one
        (5, 1.0, 5, 0.0),  # a fair coin
        (4, 1.0, 6, 0.0),  # a losing one
        (10, 1.0, 0, 1.0),  # what never lost is worth everything, which is why there is a cap on it
    ],
)
def test_the_kelly_fraction_of_a_bet_is_its_edge_over_its_odds(
    wins: int, win: float, losses: int, fraction: float
) -> None:
    assert kelly_fraction(sample(*[win] * wins, *[-1.0] * losses)) == pytest.approx(fraction, abs=1e-12)


def test_no_fraction_lets_one_loss_take_everything() -> None:
    # A loss of four times what was at risk, once in many gains.
    assert 0 < kelly_fraction(sample(*[0.9] * 99, -4.0)) < 0.25
    assert kelly_fraction(sample()) == 0.0


@settings(max_examples=50)
@given(st.lists(st.floats(-1.5, 3).map(lambda value: round(value, 3)), min_size=1, max_size=40))
def test_no_other_fraction_grows_faster(results: list[float]) -> None:
    returns = sample(*results)
    best = kelly_fraction(returns)

    def growth(fraction: float) -> float:
        return float(np.log1p(fraction * returns).mean()) if (1 + fraction * returns).min() > 0 else -math.inf

    assert 0 <= best <= 1
    assert all(growth(best) >= growth(other) - 1e-9 for other in (0.0, best * 0.9, min(1.0, best * 1.1), 0.01))
