"""Broadcasting into equal columns, and their blocks."""

import numpy as np
import pytest

from engine.analytics.columns import columns, side_of


def test_scalars_become_one_row() -> None:
    inputs = columns(1.5, 2.0)
    assert inputs.shape == (1,)
    assert [column.tolist() for column in inputs.flat] == [[1.5], [2.0]]


def test_a_grid_is_flattened_row_by_row() -> None:
    inputs = columns(np.array([[1.0], [2.0]]), np.array([10.0, 20.0, 30.0]))
    assert inputs.shape == (2, 3)
    assert inputs.flat[0].tolist() == [1, 1, 1, 2, 2, 2]
    assert inputs.flat[1].tolist() == [10, 20, 30, 10, 20, 30]


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="shape mismatch"):
        columns(np.zeros(2), np.zeros(3))


def test_calls_are_positive_and_puts_negative() -> None:
    assert side_of(np.array([False, True])).tolist() == [1.0, -1.0]
