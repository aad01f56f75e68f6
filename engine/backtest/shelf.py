"""Sessions that a source has read already, kept by symbol as far as they fit into memory."""

import datetime as dt
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from engine.backtest.days import BYTES_A_ROW
from engine.backtest.source import MarketDay

ROOM = 384 * 2**20
"""Bytes of sessions that are kept: the year of the largest fund, or of thirty companies."""


@dataclass(slots=True)
class _Symbol:
    days: dict[dt.date, MarketDay] = field(default_factory=dict)
    looked_at: set[dt.date] = field(default_factory=set)
    """Sessions that were read, with a chain or without."""
    rows: int = 0


class Shelf:
    """Keeps the symbols that were asked for last. May be used by several threads."""

    def __init__(self, room: int = ROOM) -> None:
        """`room`: bytes; the symbol asked for last stays, however large it is."""
        self._room = room
        self._symbols: OrderedDict[str, _Symbol] = OrderedDict()
        self._lock = Lock()

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._symbols.clear()

    def missing(self, symbol: str, sessions: tuple[dt.date, ...]) -> tuple[dt.date, ...]:
        """Those of some sessions that were not read."""
        with self._lock:
            kept = self._symbols.get(symbol)
            return sessions if kept is None else tuple(day for day in sessions if day not in kept.looked_at)

    def get(self, symbol: str, sessions: tuple[dt.date, ...]) -> tuple[MarketDay, ...]:
        """Those of some sessions that have a chain."""
        with self._lock:
            kept = self._symbols.get(symbol)
            if kept is None:
                return ()
            self._symbols.move_to_end(symbol)
            return tuple(found for day in sessions if (found := kept.days.get(day)) is not None)

    def put(self, symbol: str, looked_at: tuple[dt.date, ...], days: list[MarketDay]) -> None:
        """Keep sessions, and let go of the symbols that were asked for longest ago."""
        with self._lock:
            kept = self._symbols.setdefault(symbol, _Symbol())
            self._symbols.move_to_end(symbol)
            kept.looked_at.update(looked_at)
            for day in days:
                before = kept.days.get(day.day)
                kept.rows += day.chain.key.size - (0 if before is None else before.chain.key.size)
                kept.days[day.day] = day
            rows = sum(each.rows for each in self._symbols.values())
            while rows * BYTES_A_ROW > self._room and len(self._symbols) > 1:
                rows -= self._symbols.popitem(last=False)[1].rows
