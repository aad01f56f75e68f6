"""The grid's cells against the kernels for single options."""

import numpy as np
import pytest

from engine.analytics.kernel import american_price, european
from engine.analytics.kernel.scenario_grid import american_grid, scenario_grid
from engine.domain.chain import Floats

FACTORS = np.linspace(0.5, 1.6, 12)
SHIFTS = np.array([0.5, 1.0, 1.7])


class Legs:
    def __init__(self, count: int = 900, seed: int = 4) -> None:
        draw = np.random.default_rng(seed)
        self.spot = draw.uniform(20, 600, count)
        self.years = draw.uniform(0.005, 1.5, count)
        self.rate = draw.uniform(0.0, 0.06, count)
        self.forward = self.spot * np.exp((self.rate - draw.choice([0.0, 0.03], count)) * self.years)
        self.strike = self.spot * draw.uniform(0.6, 1.5, count)
        self.volatility = draw.uniform(0.08, 0.9, count)[:, None] * SHIFTS
        self.side = np.where(draw.random(count) < 0.5, 1.0, -1.0)
        self.factor = np.tile(FACTORS, (count, 1))

    def cells(self) -> tuple[Floats, ...]:
        """Spot, forward, strike, years, rate, volatility, side of every cell, flat."""
        shape = (*self.factor.shape, SHIFTS.size)
        moved = self.factor[:, :, None]
        rows = [c[:, None, None] for c in (self.strike, self.years, self.rate)]
        columns = (
            self.spot[:, None, None] * moved,
            self.forward[:, None, None] * moved,
            *rows,
            self.volatility[:, None, :],
            self.side[:, None, None],
        )
        return tuple(np.broadcast_to(column, shape).reshape(-1).copy() for column in columns)


def test_every_cell_is_the_european_price() -> None:
    legs = Legs()
    grid = scenario_grid(legs.forward, legs.strike, legs.years, legs.rate, legs.volatility, legs.side, legs.factor)
    values, valid = european(*legs.cells())
    assert valid.all()
    error = np.abs(grid.reshape(-1) - values[0]) / np.repeat(legs.strike, FACTORS.size * SHIFTS.size)
    assert error.max() < 1e-10


def test_every_american_cell_is_the_american_price() -> None:
    legs = Legs(120)
    columns = (legs.forward, legs.strike, legs.years, legs.rate, legs.volatility, legs.side, legs.factor)
    grid = american_grid(legs.spot, *columns)
    expected = american_price(*legs.cells(), precise=True)
    np.testing.assert_allclose(grid.reshape(-1), expected, atol=1e-7)


def test_without_time_or_volatility_the_intrinsic_value_is_left() -> None:
    three = np.full(3, 100.0)
    grid = scenario_grid(
        three,
        np.array([90.0, 100.0, 110.0]),
        np.array([0.0, 0.0, 0.5]),
        np.full(3, 0.04),
        np.array([[0.3], [0.3], [0.0]]),
        np.array([1.0, 1.0, -1.0]),
        np.array([[1.0, 1.2]] * 3),
    )[:, :, 0]
    np.testing.assert_allclose(grid[0], [10.0, 30.0])
    np.testing.assert_allclose(grid[1], [0.0, 20.0])
    np.testing.assert_allclose(grid[2], [10.0 * np.exp(-0.02), 0.0], atol=1e-12)


@pytest.mark.parametrize("place", range(5))
def test_a_missing_input_makes_its_row_unknown_and_no_other(place: int) -> None:
    columns = [np.full(3, value) for value in (100.0, 95.0, 0.4, 0.03, 0.3)]
    columns[place][1] = np.nan
    forward, strike, years, rate, volatility = columns
    grid = scenario_grid(forward, strike, years, rate, volatility[:, None], np.ones(3), np.ones((3, 2)))
    assert np.isnan(grid[1]).all()
    assert np.isfinite(grid[[0, 2]]).all()


@pytest.mark.parametrize("volatility", [0.0, 1e-4, 0.01, 0.05])
def test_american_cells_with_hardly_any_volatility_are_the_american_price(volatility: float) -> None:
    strike = np.array([80.0, 95.0, 100.0, 105.0, 120.0])
    count = strike.size
    columns = (np.full(count, 100.0), np.full(count, 100 * np.exp(0.05)), strike, np.ones(count), np.full(count, 0.05))
    for side in (np.ones(count), -np.ones(count)):
        grid = american_grid(*columns, np.full((count, 1), volatility), side, np.ones((count, 1)))
        expected = american_price(*columns, np.full(count, volatility), side, precise=True)
        assert np.isfinite(expected).all()
        np.testing.assert_allclose(grid[:, 0, 0], expected, atol=1e-9)
