"""What can be traded: listed equity options, and the integer key that stands for one inside a symbol's columns."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.core.money import UNIT, Money

MULTIPLIER = 100
"""Shares per standard contract."""


class Right(StrEnum):
    """The right that an option gives."""

    CALL = "C"
    PUT = "P"


@dataclass(frozen=True, slots=True, order=True)
class OptionContract:
    """One listed option: 100 shares of `underlying`, American, at `strike` (1/10,000 USD a share)."""

    underlying: str
    expiration: dt.date
    strike: Money
    right: Right

    @property
    def key(self) -> int:
        """The contract's key inside its underlying's columns; sorts by expiration, right, strike."""
        return _key(self.expiration.toordinal(), self.right is Right.PUT, self.strike)

    @property
    def occ(self) -> str:
        """The OCC symbol without padding: `SPY260417P00600000`."""
        return f"{self.underlying}{self.expiration:%y%m%d}{self.right.value}{self.strike * 1000 // UNIT:08d}"


def contract_of(underlying: str, key: int) -> OptionContract:
    """The contract behind a key: the inverse of `OptionContract.key`."""
    strike = key & 0xFFFFFFFF
    day, is_put = divmod(key >> 32, 2)
    return OptionContract(underlying, dt.date.fromordinal(day), strike, Right.PUT if is_put else Right.CALL)


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


def _key(expiration_ordinal: int, is_put: bool, strike: int) -> int:
    return ((expiration_ordinal * 2 + is_put) << 32) | strike
