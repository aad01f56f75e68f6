"""The seam of the hot functions: any mix of arrays and scalars becomes equal columns, worked on in cache-sized blocks.

Every per-option computation enters here, so a compiled kernel can take over a block without a caller noticing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.domain.chain import Floats

FloatLike: TypeAlias = Floats | float
Flags: TypeAlias = NDArray[np.bool_]
FlagLike: TypeAlias = Flags | bool

BLOCK = 4096
"""Options a block: its temporaries stay in the second-level cache, and the cost of the numpy calls is spread enough."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Inputs of one common shape, flattened; `flat` holds float64 arrays (n,)."""

    shape: tuple[int, ...]
    flat: tuple[Floats, ...]

    @property
    def size(self) -> int:
        """Number of options."""
        return self.flat[0].size

    def blocks(self) -> Iterator[tuple[slice, tuple[Floats, ...]]]:
        """The rows of each block, and the inputs' views of them."""
        for start in range(0, self.size, BLOCK):
            rows = slice(start, start + BLOCK)
            yield rows, tuple(column[rows] for column in self.flat)


def columns(*inputs: FloatLike) -> Columns:
    """Broadcast to one shape, at least (1,). Raises ValueError when the shapes do not fit each other."""
    arrays = np.broadcast_arrays(*(np.atleast_1d(np.asarray(value, dtype=np.float64)) for value in inputs))
    return Columns(arrays[0].shape, tuple(array.reshape(-1) for array in arrays))


def side_of(is_put: FlagLike) -> Floats:
    """+1 for calls, -1 for puts, in the shape of `is_put`."""
    return np.where(is_put, -1.0, 1.0)
