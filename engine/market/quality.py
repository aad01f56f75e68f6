"""The quality of recorded and live quotes: which of a snapshot's rows have which fault, and how many of a year.

The faults are those of `engine.domain.quote_flags`; here are those that show only beside the calendar or beside the
snapshot before. Importers reject rows that no recording can hold (no number, below zero, adjusted), and count them.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from engine.core.calendar import market_day
from engine.core.expiries import ended_at, is_regular
from engine.domain.instrument import decode_keys
from engine.domain.ports import ChainUpdate
from engine.domain.quote_flags import Flags, Mask, QuoteFlag, counts_of, is_tradable, quote_flags
from engine.market.history import HistoryStore

FEWEST_OF_A_COPY = 20
"""Rows. A few quotes may come back to the same figures overnight, a whole snapshot does not."""


@dataclass(slots=True)
class Counts:
    """What was seen of one symbol: snapshots, those of them outside its regular hours, rows, and rows by fault."""

    snapshots: int = 0
    outside: int = 0
    rows: int = 0
    untradable: int = 0
    faults: Counter[QuoteFlag] = field(default_factory=Counter)

    def add(self, mask: Mask, *, regular: bool) -> None:
        """Count one snapshot."""
        self.snapshots += 1
        self.outside += not regular
        self.rows += mask.size
        if mask.any():
            self.untradable += mask.size - int(np.count_nonzero(is_tradable(mask)))
            self.faults.update(counts_of(mask))

    def named(self) -> dict[str, int]:
        """Rows by fault, in the words of a report."""
        return {(flag.name or "").lower(): self.faults[flag] for flag in QuoteFlag if self.faults[flag]}


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
    """What a running market's quotes were like, by symbol, since the start."""

    def __init__(self) -> None:
        self._counts: dict[str, Counts] = {}

    @property
    def counts(self) -> Mapping[str, Counts]:
        """Counts by symbol."""
        return self._counts

    def see(self, update: ChainUpdate) -> None:
        """Count an update that came from the feed."""
        mask = snapshot_flags(update)
        regular = is_regular(update.symbol, update.at, market_day(update.at))
        self._counts.setdefault(update.symbol, Counts()).add(mask, regular=regular)

    def document(self) -> dict[str, object]:
        """All symbols together, for a report."""
        all_counts = list(self._counts.values())
        total: Counter[str] = Counter()
        for counts in all_counts:
            total.update(counts.named())
        return {
            "rows": sum(counts.rows for counts in all_counts),
            "untradable": sum(counts.untradable for counts in all_counts),
            "faults": dict(sorted(total.items())),
        }


def _is_expired(update: ChainUpdate) -> Flags:
    """Rows (n,) quoted when nobody could quote their contract any more."""
    ordinals, _, _ = decode_keys(update.key)
    is_due = ordinals <= market_day(update.at).toordinal()
    # Few expirations are due, mostly none: only those are looked at one by one.
    for day in np.unique(ordinals[is_due]).tolist():
        if update.at <= ended_at(update.symbol, dt.date.fromordinal(day)):
            is_due[ordinals == day] = False
    return is_due
