"""What a book's Greeks would be if prices moved and days passed: exact revaluation on both sides of every cell."""

from dataclasses import dataclass, replace

import numpy as np

from engine.analytics.scenarios import Legs, Moves, model_values
from engine.domain.chain import Floats

_PRICE_STEP = 0.005
"""Half a percent of the moved price each way."""

_VOLATILITY_STEP = 0.005
"""Half a point each way: together one point."""


@dataclass(frozen=True, slots=True, eq=False)
class ProjectedGreeks:
    """Greeks of what is held in each underlying (s,) after so many days (d,) and price moves (p,): arrays (s, d, p).

    Units as in `domain.greeks.Greeks`; `price` (s, p) is the moved price in $. NaN of an underlying of which a leg
    cannot be valued. Theta is what the next day brings.
    """

    price: Floats
    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats

    @property
    def dollar_delta(self) -> Floats:
        """Delta times the moved price over all underlyings, $ (d, p)."""
        total: Floats = (self.delta * self.price[:, None, :]).sum(axis=0)
        return total

    @property
    def dollar_gamma(self) -> Floats:
        """By how much that changes when every price rises by another 1 %, $ (d, p)."""
        total: Floats = (self.gamma * self.price[:, None, :] ** 2 / 100).sum(axis=0)
        return total


def projected_greeks(legs: Legs, price: Floats, days: Floats, *, american: bool = True) -> ProjectedGreeks:
    """Greeks of a book in every cell of price moves (p,) or (p, symbols), -0.1 a fall of 10 %, and days (d,) that pass.

    By differences of model values, so that a boundary of exercise or a strike within the step is averaged over; at the
    implied volatilities of now. Raises ValueError for a price that falls by all of itself, or shapes that do not fit.
    """
    by_symbol = replace(legs, position=legs.symbol)
    moves = price if price.ndim == 2 else np.repeat(price[:, None], by_symbol.positions, axis=1)
    spot = np.full(by_symbol.positions, np.nan)
    spot[legs.symbol] = legs.spot
    moved = (spot * (1.0 + moves)).T
    figures = [_figures(by_symbol, moves, moved, float(day), american=american) for day in days]
    delta, gamma, theta, vega = (np.stack(rows, axis=1) for rows in zip(*figures, strict=True))
    return ProjectedGreeks(moved, delta, gamma, theta, vega)


def _figures(
    legs: Legs, moves: Floats, moved: Floats, day: float, *, american: bool
) -> tuple[Floats, Floats, Floats, Floats]:
    """Delta, gamma, theta, vega, each (s, p), once `day` days have passed."""

    def value(held: Legs, price: Floats, days: float) -> Floats:
        return model_values(held, Moves(price, np.zeros(1), days), american=american).by_position[:, :, 0]

    low, high = (1.0 + moves) * (1.0 - _PRICE_STEP) - 1.0, (1.0 + moves) * (1.0 + _PRICE_STEP) - 1.0
    below, here, above = np.split(value(legs, np.concatenate([low, moves, high]), day), 3, axis=1)
    step = moved * _PRICE_STEP
    calm, wild = (
        value(replace(legs, volatility=np.maximum(legs.volatility + shift, 0.0)), moves, day)
        for shift in (-_VOLATILITY_STEP, _VOLATILITY_STEP)
    )
    return (
        (above - below) / (2.0 * step),
        (above - 2.0 * here + below) / (step * step),
        value(legs, moves, day + 1.0) - here,
        wild - calm,
    )
