"""Greeks that add up: (views of positions, betas, the index) -> Greeks and WeightedGreeks of each module. Pure.

Shares of different names do not add; their dollars do, and, each times its beta, so do they as shares of an index.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.core.money import Money, to_float
from engine.domain.chain import Floats, Ints
from engine.domain.greeks import Greeks, WeightedGreeks
from engine.domain.position import Position
from engine.domain.quote_flags import Flags
from engine.domain.snapshot import PositionView

_DELTA, _GAMMA, _POWER = range(3)


class Columns:
    """What positions contribute, as columns that keep up with their views.

    Positions (n,) in the order of the book, each of a symbol and of an owner; owners beyond `modules` are nobody's.
    """

    def __init__(self) -> None:
        self._views: Mapping[str, PositionView] = {}
        self._place: dict[str, int] = {}
        self.symbols: tuple[str, ...] = ()
        self.symbol: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        self._owner: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        self._names: tuple[str, ...] = ()
        self._floats: Floats = np.zeros((5, 0))
        """Rows delta, gamma, theta, vega, weighted vega; zero where unknown."""
        self._amounts: Ints = np.zeros((3, 0), dtype=np.int64)
        """Rows dollar delta, dollar gamma, power."""
        self._knows: Flags = np.zeros((2, 0), dtype=np.bool_)
        """Rows: has Greeks, has a dollar delta."""

    @property
    def _owners(self) -> int:
        return len(self._names)

    @property
    def power(self) -> Ints:
        """What each position adds to a concentration (n,)."""
        power: Ints = self._amounts[_POWER]
        return power

    @property
    def delta(self) -> Ints:
        """Dollar delta (n,), zero where unknown."""
        delta: Ints = self._amounts[_DELTA]
        return delta

    @property
    def has_delta(self) -> Flags:
        """Whether the dollar delta is known (n,)."""
        known: Flags = self._knows[1]
        return known

    def follow(self, views: Mapping[str, PositionView], owners: tuple[str, ...]) -> None:
        """Take in what changed; `owners` are the modules, in the order of the answers."""
        if views is self._views and owners == self._names:
            return
        changed = [(key, view) for key, view in views.items() if view is not self._views.get(key)]
        is_same = owners == self._names and len(views) == len(self._views)
        if not is_same or any(not self._holds(view.position) for _, view in changed):
            self._begin(views, owners)
            changed = list(views.items())
        for key, view in changed:
            self._write(self._place[key], view)
        self._views = views

    def _holds(self, position: Position) -> bool:
        kept = self._views.get(position.position_id)
        return kept is not None and kept.position is position

    def _begin(self, views: Mapping[str, PositionView], owners: tuple[str, ...]) -> None:
        held = [view.position for view in views.values()]
        names = [position.symbol for position in held]
        number = {owner: place for place, owner in enumerate(owners)}
        self._names, self._place = owners, {key: place for place, key in enumerate(views)}
        self.symbols = tuple(sorted(set(names)))
        column = {symbol: place for place, symbol in enumerate(self.symbols)}
        self.symbol = np.array([column[name] for name in names], dtype=np.intp)
        self._owner = np.array([number.get(position.module_id, len(owners)) for position in held], dtype=np.intp)
        self._floats = np.zeros((5, len(held)))
        self._amounts = np.zeros((3, len(held)), dtype=np.int64)
        self._knows = np.zeros((2, len(held)), dtype=np.bool_)

    def _write(self, place: int, view: PositionView) -> None:
        greeks = view.greeks or Greeks()
        self._floats[:, place] = (greeks.delta, greeks.gamma, greeks.theta, greeks.vega, view.vega_30d or 0.0)
        self._amounts[:, place] = (view.dollar_delta or 0, view.dollar_gamma or 0, view.power)
        self._knows[:, place] = (view.greeks is not None, view.dollar_delta is not None)

    def greeks(self) -> tuple[Greeks, ...]:
        """Raw sums by owner."""
        sums = [np.bincount(self._owner, row, self._owners + 1)[: self._owners].tolist() for row in self._floats[:4]]
        return tuple(Greeks(*row) for row in zip(*sums, strict=True))

    def without_greeks(self) -> tuple[int, ...]:
        """How many positions of each owner are in no sum."""
        return tuple(np.bincount(self._owner[~self._knows[0]], minlength=self._owners + 1)[: self._owners].tolist())

    def weighted(self, betas: Mapping[str, float], index_spot: Money | None) -> tuple[WeightedGreeks, ...]:
        """What the positions of each owner weigh."""
        width = len(self.symbols)
        cell = self._owner * width + self.symbol
        shape = (self._owners + 1, width)
        delta, gamma = (_counted(cell, self._amounts[row], shape) for row in (_DELTA, _GAMMA))
        beta = np.array([betas.get(symbol, np.nan) for symbol in self.symbols], dtype=np.float64)
        is_known = np.isfinite(beta)
        known = beta[is_known]
        by_beta = np.rint(delta[:, is_known] * known).astype(np.int64).sum(axis=1).tolist()
        by_square = np.rint(gamma[:, is_known] * (known * known)).astype(np.int64).sum(axis=1).tolist()
        holds = np.bincount(cell, minlength=shape[0] * width).reshape(shape) > 0
        vega = np.bincount(self._owner, self._floats[4], self._owners + 1).tolist()
        dollars, curved = delta.sum(axis=1).tolist(), gamma.sum(axis=1).tolist()
        return tuple(
            _on_index(
                WeightedGreeks(
                    dollars[owner],
                    curved[owner],
                    round(vega[owner], 4),
                    by_beta[owner],
                    by_square[owner],
                    without_beta=tuple(self.symbols[place] for place in np.flatnonzero(holds[owner] & ~is_known)),
                ),
                index_spot,
            )
            for owner in range(self._owners)
        )


def summed_greeks(parts: Iterable[WeightedGreeks], index_spot: Money | None) -> WeightedGreeks:
    """The same of several modules: their dollars add up exactly."""
    modules = tuple(parts)
    return _on_index(
        WeightedGreeks(
            dollar_delta=sum(each.dollar_delta for each in modules),
            dollar_gamma=sum(each.dollar_gamma for each in modules),
            vega_30d=round(sum(each.vega_30d for each in modules), 4),
            beta_dollar_delta=sum(each.beta_dollar_delta for each in modules),
            beta_dollar_gamma=sum(each.beta_dollar_gamma for each in modules),
            without_beta=tuple(sorted({symbol for each in modules for symbol in each.without_beta})),
        ),
        index_spot,
    )


def _counted(cell: NDArray[np.intp], amounts: Ints, shape: tuple[int, int]) -> Ints:
    """Whole sums by owner and symbol."""
    total = np.zeros(shape[0] * shape[1], dtype=np.int64)
    np.add.at(total, cell, amounts)
    return total.reshape(shape)


def _on_index(greeks: WeightedGreeks, index_spot: Money | None) -> WeightedGreeks:
    """With what the dollars are as shares of the index."""
    if not index_spot:
        return greeks
    spot = to_float(index_spot)
    return replace(
        greeks,
        beta_delta=round(greeks.beta_dollar_delta / index_spot, 4),
        beta_gamma=round(100 * to_float(greeks.beta_dollar_gamma) / (spot * spot), 6),
    )
