"""What all kernels share: the size of a block, the units of time and volatility, the types of columns."""

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.domain.chain import Floats

Flags: TypeAlias = NDArray[np.bool_]
FloatLike: TypeAlias = Floats | float
FlagLike: TypeAlias = Flags | bool

BLOCK = 4096
"""Options a block: its temporaries stay in the second-level cache, and the cost of the numpy calls is spread enough."""

DAYS_PER_YEAR = 365.0

VOLATILITY_POINT = 0.01

RATE_POINT = 0.01


def blocks(count: int, size: int = BLOCK) -> Iterator[slice]:
    """The rows of each block, in order; none for no rows."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
