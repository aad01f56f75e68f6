"""What can be traded: listed equity options, and the integer key that stands for one inside a symbol's columns."""

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from engine.core.money import UNIT, Money

MULTIPLIER = 100
"""Shares per standard contract."""


_OCC = re.compile(r"(?P<root>[A-Z][A-Z0-9.]{0,5})(?P<day>\d{6})(?P<right>[CP])(?P<strike>\d{8})")
_TICKER = re.compile(r"[A-Z][A-Z0-9./]{0,9}")


class Right(StrEnum):
    """The right that an option gives."""

    CALL = "C"
    PUT = "P"

    @property
    def word(self) -> str:
        """`call`, `put`."""
        return "call" if self is Right.CALL else "put"


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

    def inside(self, spot: Money) -> Money:
        """How far in the money it is at a price of the underlying, a share; negative out of it."""
        return spot - self.strike if self.right is Right.CALL else self.strike - spot

    @property
    def occ(self) -> str:
        """The OCC symbol without padding: `SPY260417P00600000`."""
        return _occ(self)


@lru_cache(maxsize=16_384)
def _occ(contract: OptionContract) -> str:
    """Kept, because books, brokers and checks compare by it all the time and dates are slow to write."""
    strike = contract.strike * 1000 // UNIT
    return f"{contract.underlying}{contract.expiration:%y%m%d}{contract.right.value}{strike:08d}"


def parse_instrument(text: str) -> OptionContract | str:
    """The option behind an OCC symbol without padding, or the text itself: a ticker. Raises ValueError for neither.

    It is how accounts name what they hold: the inverse of `OptionContract.occ`.
    """
    found = _OCC.fullmatch(text)
    if found is not None:
        day = dt.datetime.strptime(found["day"], "%y%m%d").replace(tzinfo=dt.UTC).date()
        return OptionContract(found["root"], day, int(found["strike"]) * UNIT // 1000, Right(found["right"]))
    if not _TICKER.fullmatch(text):
        raise ValueError(f"{text!r} names neither an option nor a share")
    return text


def contract_of(underlying: str, key: int) -> OptionContract:
    """The contract behind a key: the inverse of `OptionContract.key`."""
    strike = key & 0xFFFFFFFF
    day, is_put = divmod(key >> 32, 2)
    return OptionContract(underlying, dt.date.fromordinal(day), strike, Right.PUT if is_put else Right.CALL)


def _key(expiration_ordinal: int, is_put: bool, strike: int) -> int:
    return ((expiration_ordinal * 2 + is_put) << 32) | strike
