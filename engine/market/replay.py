"""The recorded market played back: every snapshot at its own time, nothing between them.

A snapshot that only repeats the one of an earlier day is not shown: its quotes are not of the time that they carry.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right

from engine.core.calendar import market_day
from engine.domain.ports import ChainUpdate
from engine.market.history import HistoryStore
from engine.market.history_files import HistoryFault
from engine.market.quality import repeats


class ReplayFeed:
    """A `Feed` over a recording. Nothing is interpolated: a contract that a snapshot leaves out is not in the update.

    Raises HistoryFault when nothing is recorded, and when the recording is damaged on the way.
    """

    def __init__(self, history: HistoryStore) -> None:
        self._history = history
        self._due: dict[dt.datetime, list[str]] = {}
        self._before: dict[tuple[dt.datetime, str], dt.datetime] = {}
        """The snapshot of the same symbol before each."""
        newest: dict[str, dt.datetime] = {}
        for at, symbol in history.snapshots():
            self._due.setdefault(at, []).append(symbol)
            if symbol in newest:
                self._before[at, symbol] = newest[symbol]
            newest[symbol] = at
        if not self._due:
            raise HistoryFault(f"{history.root}: no market is recorded there; import one first: mindfolio import FILE")
        self._times = tuple(self._due)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Underlyings that it quotes, sorted."""
        return self._history.symbols

    @property
    def first_at(self) -> dt.datetime:
        """When its first quotes are due."""
        return self._times[0]

    def next_at(self, after: dt.datetime) -> dt.datetime | None:
        """When the next quotes after `after` are due, None at the end."""
        place = bisect_right(self._times, after)
        return self._times[place] if place < len(self._times) else None

    def read(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """The snapshots of all symbols at `at`, by symbol. Raises ValueError when there is none at that time."""
        if at not in self._due:
            raise ValueError(f"nothing is recorded at {at}")
        return tuple(self._history.read(symbol, at) for symbol in self._due[at] if self._original(symbol, at) == at)

    def last_known(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """The snapshots up to `at` that still hold some contract's newest quote, oldest first, to resume from.

        Merged in this order they give the market as it stood at `at`, aged quotes included.
        """
        needed = {
            (self._original(symbol, when), symbol)
            for symbol in self.symbols
            for when in self._history.contributing(symbol, at)
        }
        return tuple(self._history.read(symbol, when) for when, symbol in sorted(needed))

    def _original(self, symbol: str, at: dt.datetime) -> dt.datetime:
        """When the quotes of a snapshot were made: at its own time, or in the snapshot that it repeats."""
        before = self._before.get((at, symbol))
        while before is not None and market_day(before) < market_day(at):
            if not repeats(self._history.read(symbol, at), self._history.read(symbol, before)):
                break
            at, before = before, self._before.get((before, symbol))
        return at
