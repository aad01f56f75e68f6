"""IV rank and percentile as the product defines them: counted by hand, unknown where the product says unknown."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics.volatility_rank import volatility_rank


def test_the_rank_is_todays_place_in_the_range() -> None:
    previous = np.linspace(0.20, 0.40, 101)
    found = volatility_rank(0.25, previous)
    assert found.rank == pytest.approx([25.0])
    # Below 0.25 lie the 25 sessions at 0.200, 0.202, ... 0.248.
    assert found.percentile == pytest.approx([100 * 25 / 101])
    assert found.sessions.tolist() == [101]
    assert found.valid.all()


def test_one_spike_moves_the_rank_and_not_the_percentile() -> None:
    previous = np.append(np.linspace(0.20, 0.30, 100), 0.90)
    found = volatility_rank(0.29, previous)
    assert found.rank[0] == pytest.approx(100 * 0.09 / 0.70)
    assert found.percentile[0] > 85


def test_today_may_leave_the_range_of_the_sessions_before() -> None:
    found = volatility_rank(np.array([0.45, 0.15]), np.tile(np.linspace(0.2, 0.4, 100), (2, 1)))
    assert found.rank == pytest.approx([125.0, -25.0])
    assert found.percentile == pytest.approx([100.0, 0.0])


def test_only_the_last_252_sessions_count() -> None:
    previous = np.concatenate(([5.0, 0.01], np.linspace(0.2, 0.4, 252)))
    found = volatility_rank(0.3, previous)
    assert found.rank == pytest.approx([50.0])
    assert found.sessions.tolist() == [252]


@pytest.mark.parametrize(("known", "is_known"), [(59, False), (60, True)])
def test_sixty_sessions_are_enough_and_fewer_are_not(known: int, is_known: bool) -> None:
    previous = np.full(252, np.nan)
    previous[::4][:known] = np.linspace(0.2, 0.3, known)
    found = volatility_rank(0.25, previous)
    assert found.sessions.tolist() == [known]
    assert found.valid.tolist() == [is_known]
    assert np.isfinite(found.percentile).tolist() == [is_known]


def test_a_flat_range_is_unknown() -> None:
    flat = np.full(100, 0.2)
    flat[::2] += 1e-12
    found = volatility_rank(0.2, flat)
    assert np.isnan(found.rank[0])
    assert np.isnan(found.percentile[0])
    assert found.sessions.tolist() == [100]


def test_what_is_no_volatility_does_not_count() -> None:
    previous = np.linspace(0.2, 0.4, 101)
    spoilt = np.concatenate((previous, [np.nan, np.inf, 0.0, -0.3]))
    found = volatility_rank(0.3, spoilt)
    assert found.rank == pytest.approx([50.0])
    assert found.sessions.tolist() == [101]
    assert not volatility_rank(np.array([np.nan, np.inf, 0.0, -1.0]), np.tile(previous, (4, 1))).valid.any()


def test_without_any_session_nothing_is_known() -> None:
    found = volatility_rank(np.array([0.2, 0.3]), np.empty((2, 0)))
    assert found.sessions.tolist() == [0, 0]
    assert not found.valid.any()


@pytest.mark.parametrize("shape", [(3, 100), (1, 2, 100)])
def test_symbols_and_rows_must_match(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="each symbol"):
        volatility_rank(np.array([0.2, 0.3]), np.full(shape, 0.2))


@given(st.lists(st.floats(0.05, 2.0), min_size=60, max_size=80), st.floats(0.1, 10.0), st.integers(0, 59))
def test_a_session_of_the_past_ranks_within_it_whatever_the_unit(values: list[float], unit: float, which: int) -> None:
    previous = np.array(values)
    found = volatility_rank(previous[which], previous)
    scaled = volatility_rank(previous[which] * unit, previous * unit)
    # Close to a flat range the last bits of a product decide.
    if np.ptp(previous) > 1e-3:
        assert 0 <= found.rank[0] <= 100
        assert 0 <= found.percentile[0] < 100
        assert scaled.rank[0] == pytest.approx(found.rank[0], abs=1e-6)
