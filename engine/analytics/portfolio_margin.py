"""A stress figure in the manner of portfolio margin, beside the strategy rules: what a set of price moves would lose.

The exchange's method revalues a class of options and its shares at ten evenly spaced moves and takes the worst, at
least a fixed amount for each short contract. The ranges are those published for US accounts: 15 % both ways for single
names and narrow funds, -8 % to +6 % for large broad indices and their funds, 10 % for small ones. Volatilities stay.
Source: OCC, Theoretical Intermarket Margin System; FINRA rule 4210(g).
"""

from enum import Enum

import numpy as np

from engine.analytics.scenarios import Legs, Moves, revalue
from engine.domain.chain import Floats
from engine.domain.instrument import MULTIPLIER

MOVES = 10
LEAST_PER_CONTRACT = 37.50


class StressClass(Enum):
    """How far an underlying is moved: fall and rise, as shares of its price."""

    SINGLE_NAME = (-0.15, 0.15)
    LARGE_INDEX = (-0.08, 0.06)
    SMALL_INDEX = (-0.10, 0.10)

    @property
    def moves(self) -> Floats:
        """The ten moves (10,), from the deepest fall to the highest rise; none is zero."""
        down, up = self.value
        half = MOVES // 2
        return np.concatenate((np.linspace(down, 0.0, half + 1)[:-1], np.linspace(0.0, up, half + 1)[1:]))


def stress_requirement(legs: Legs, stress: StressClass = StressClass.SINGLE_NAME) -> float:
    """Stress figure in $ of legs that are all of one underlying; NaN where a leg cannot be valued."""
    worst = np.maximum(-revalue(legs, Moves(stress.moves, np.zeros(1))).netted.min(), 0.0)
    short = legs.size[(legs.size < 0) & ~legs.is_share]
    return float(np.maximum(worst, LEAST_PER_CONTRACT * float(-short.sum()) / MULTIPLIER))
