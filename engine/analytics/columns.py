"""Any mix of arrays and scalars becomes equal columns: the form in which the kernels take them."""

from dataclasses import dataclass

import numpy as np

from engine.analytics.kernel import FlagLike, FloatLike
from engine.domain.chain import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Inputs of one common shape, flattened; `flat` holds float64 arrays (n,)."""

    shape: tuple[int, ...]
    flat: tuple[Floats, ...]

    @property
    def size(self) -> int:
        """Number of options."""
        return self.flat[0].size


def columns(*inputs: FloatLike) -> Columns:
    """Broadcast to one shape, at least (1,). Raises ValueError when the shapes do not fit each other."""
    arrays = np.broadcast_arrays(*(np.atleast_1d(np.asarray(value, dtype=np.float64)) for value in inputs))
    return Columns(arrays[0].shape, tuple(array.reshape(-1) for array in arrays))


def side_of(is_put: FlagLike) -> Floats:
    """+1 for calls, -1 for puts, in the shape of `is_put`."""
    return np.where(is_put, -1.0, 1.0)
