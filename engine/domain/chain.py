"""All known quotes of one underlying as columns: the form in which modules and analytics read the market."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from engine.core.clock import from_epoch_us
from engine.core.money import LARGEST, UNIT, Money, from_float
from engine.domain.instrument import OptionContract
from engine.domain.quote import Quote
from engine.domain.quote_flags import Flags, is_tradable, quote_flags

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.intp]

_LONG_AGO = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Chain:
    """Quotes of one underlying. Every array is (n,), read-only, sorted by `key`.

    Prices are dollars a share as float64, NaN where missing; `quoted_at` is microseconds since 1970 UTC, per row,
    because a contract that a later snapshot leaves out keeps its aged quote. `generation` grows with each change
    of this symbol, so a scan can say which market it saw.
    """

    symbol: str
    generation: int
    at: datetime
    spot: float
    spot_at: datetime
    key: Ints
    bid: Floats
    ask: Floats
    volume: Floats
    open_interest: Floats
    quoted_at: Ints

    def __post_init__(self) -> None:
        for column in (self.key, self.bid, self.ask, self.volume, self.open_interest, self.quoted_at):
            column.setflags(write=False)

    @property
    def tradable(self) -> Flags:
        """Rows (n,) that may be traded: quoted in the newest snapshot, without fault.

        A contract that the newest snapshot left out has an aged quote: it marks positions, and is not traded.
        """
        is_aged = self.quoted_at < self.quoted_at.max(initial=_LONG_AGO)
        return is_tradable(quote_flags(self.bid, self.ask, is_stale=is_aged))

    def row(self, contract: OptionContract) -> int | None:
        """Row of a contract, None when the chain has never shown it."""
        key = contract.key
        row = int(np.searchsorted(self.key, key))
        return row if row < self.key.size and int(self.key[row]) == key else None

    def quote(self, contract: OptionContract) -> Quote | None:
        """The contract's quote, None when the chain has never shown it."""
        row = self.row(contract)
        if row is None:
            return None
        return Quote(
            bid=from_float(self.bid[row].item()),
            ask=from_float(self.ask[row].item()),
            at=from_epoch_us(int(self.quoted_at[row])),
            volume=_count(self.volume[row].item()),
            open_interest=_count(self.open_interest[row].item()),
        )

    def find(self, contracts: Sequence[OptionContract]) -> tuple[Rows, Flags]:
        """`rows` of some contracts."""
        return self.rows(np.array([contract.key for contract in contracts], dtype=np.int64))

    def rows(self, keys: Ints) -> tuple[Rows, Flags]:
        """The row of each key (m,), and whether the chain has ever shown it; any row where it has not."""
        if not self.key.size:
            return np.zeros(keys.size, dtype=np.intp), np.zeros(keys.size, dtype=np.bool_)
        row = np.minimum(np.searchsorted(self.key, keys), self.key.size - 1)
        return row, self.key[row] == keys

    def quotes_at(self, rows: Rows) -> list[Quote]:
        """What `quote` tells of each of some rows (m,)."""
        bid, ask = moneys(self.bid[rows]), moneys(self.ask[rows])
        stamps = self.quoted_at[rows].tolist()
        times = {stamp: from_epoch_us(stamp) for stamp in set(stamps)}
        columns = zip(bid, ask, stamps, self.volume[rows].tolist(), self.open_interest[rows].tolist(), strict=True)
        return [
            Quote(low, high, times[stamp], _count(volume), _count(interest))
            for low, high, stamp, volume, interest in columns
        ]


def moneys(amounts: Floats) -> list[Money | None]:
    """`from_float` of each of a column (m,)."""
    with np.errstate(all="ignore"):
        scaled = amounts * UNIT
        known = np.abs(scaled) <= LARGEST  # what is no number is not
    whole: list[Money | None] = np.rint(np.where(known, scaled, 0.0)).astype(np.int64).tolist()
    if known.all():
        return whole
    return [amount if is_known else None for amount, is_known in zip(whole, known.tolist(), strict=True)]


def _count(value: float) -> int | None:
    return int(value) if math.isfinite(value) else None
