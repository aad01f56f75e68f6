"""Keys of many contracts at once: columns of the integer that `OptionContract.key` is for one.

Apart from `instrument`, so that the command line and the window's first moments need no numpy.
"""

import numpy as np
from numpy.typing import NDArray


def contract_keys(
    expiration_ordinal: NDArray[np.int64], is_put: NDArray[np.bool_], strike: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Keys of many contracts at once. All arrays (n,); strike in 1/10,000 USD."""
    return ((expiration_ordinal * 2 + is_put) << 32) | strike


def decode_keys(
    keys: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Expiration ordinals, is-put flags and strikes (1/10,000 USD) behind keys, each (n,)."""
    upper = keys >> 32
    return upper >> 1, (upper & 1).astype(np.bool_), keys & 0xFFFFFFFF


def other_right(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keys (n,) of the puts at the strikes and expirations of calls, and the other way round."""
    return keys ^ np.int64(1 << 32)
