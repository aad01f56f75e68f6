"""The quality of recorded and live quotes: which of a snapshot's rows have which fault, and how many of a year.

The faults are those of `engine.domain.quote_flags`; here are those that show only beside the calendar or beside the
snapshot before. Importers reject rows that no recording can hold (no number, below zero, adjusted), and count them.
"""

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from engine.core.calendar import market_day
from engine.core.expiries import ended_at, is_regular
from engine.domain.chain import Ints
from engine.domain.contract_keys import decode_keys
from engine.domain.ports import ChainUpdate
from engine.domain.quote_flags import Flags, Mask, QuoteFlag, is_tradable, quote_flags
from engine.domain.snapshot import QuoteCounts
from engine.market.history import HistoryStore

FEWEST_OF_A_COPY = 20
"""Rows. A few quotes may come back to the same figures overnight, a whole snapshot does not."""


_EVERY_MASK = np.arange(2 * max(QuoteFlag), dtype=np.uint16)


@dataclass(slots=True)
class Counts:
    """What was seen: snapshots, those of them outside their symbol's regular hours, and rows by their mask."""

    snapshots: int = 0
    outside: int = 0
    by_mask: Ints = field(default_factory=lambda: np.zeros(_EVERY_MASK.size, dtype=np.int64))

    @property
    def rows(self) -> int:
        """All rows."""
        return int(self.by_mask.sum())

    @property
    def untradable(self) -> int:
        """Rows with a fault that forbids trading."""
        return int(self.by_mask[~is_tradable(_EVERY_MASK)].sum())

    @property
    def faults(self) -> dict[QuoteFlag, int]:
        """Rows by fault, a row once under each that it has; faults that none has are left out."""
        found = {flag: int(self.by_mask[(_EVERY_MASK & np.uint16(flag.value)) != 0].sum()) for flag in QuoteFlag}
        return {flag: count for flag, count in found.items() if count}

    def add(self, mask: Mask, *, regular: bool) -> None:
        """Count one snapshot."""
        self.snapshots += 1
        self.outside += not regular
        self.by_mask += np.bincount(mask, minlength=_EVERY_MASK.size)

    def named(self) -> dict[str, int]:
        """Rows by fault, in the words of a report."""
        return {(flag.name or "").lower(): count for flag, count in self.faults.items()}

    def view(self) -> QuoteCounts:
        """For the screen and for reports."""
        return QuoteCounts(self.rows, self.untradable, self.named())


def snapshot_flags(update: ChainUpdate, before: ChainUpdate | None = None) -> Mask:
    """Faults of a snapshot's rows (n,); `before` is the symbol's snapshot before it, of any day."""
    is_copy = before is not None and repeats(update, before)
    return quote_flags(update.bid, update.ask, is_expired=_is_expired(update), is_copy=is_copy)


def repeats(update: ChainUpdate, before: ChainUpdate) -> bool:
    """Whether a snapshot is the one of an earlier day once more: what savers write on holidays, and while a feed hangs.

    Such quotes are those of the earlier day, whatever time they carry.
    """
    if update.key.size < FEWEST_OF_A_COPY or update.spot != before.spot or update.key.size != before.key.size:
        return False
    if market_day(before.at) >= market_day(update.at):
        return False
    return all(
        np.array_equal(getattr(update, name), getattr(before, name), equal_nan=name != "key")
        for name in ("key", "bid", "ask", "volume", "open_interest")
    )


def quality(history: HistoryStore, symbol: str) -> dict[int, Counts]:
    """The recording of a symbol by New York year. Reads all of it. Raises HistoryFault where it is damaged."""
    found: dict[int, Counts] = {}
    before: ChainUpdate | None = None
    for at, _ in history.snapshots([symbol]):
        update = history.read(symbol, at)
        day = market_day(at)
        counts = found.setdefault(day.year, Counts())
        counts.add(snapshot_flags(update, before), regular=is_regular(symbol, at, day))
        before = update
    return found


class LiveQuality:
    """What a running market's quotes were like since the start, all symbols together."""

    def __init__(self) -> None:
        self.total = Counts()

    def see(self, update: ChainUpdate) -> None:
        """Count an update that came from the feed."""
        regular = is_regular(update.symbol, update.at, market_day(update.at))
        self.total.add(snapshot_flags(update), regular=regular)


def _is_expired(update: ChainUpdate) -> Flags:
    """Rows (n,) quoted when nobody could quote their contract any more."""
    ordinals, _, _ = decode_keys(update.key)
    is_due = ordinals <= market_day(update.at).toordinal()
    # Few expirations are due, mostly none: only those are looked at one by one.
    for day in np.unique(ordinals[is_due]).tolist():
        if update.at <= ended_at(update.symbol, dt.date.fromordinal(day)):
            is_due[ordinals == day] = False
    return is_due
