"""The recorded market: snapshots of option chains as they were quoted, read back by symbol and instant."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.core.clock import epoch_us, from_epoch_us
from engine.core.money import UNIT
from engine.domain.ports import ChainUpdate
from engine.market.duck import connect, failing_as, literal
from engine.market.history_files import (
    Block,
    HistoryFault,
    Manifest,
    RecordedFile,
    as_counts,
    as_dollars,
    block_ranges,
    checked_path,
    lock,
    read_block,
    read_manifest,
    remove_leftovers,
)

if TYPE_CHECKING:
    import duckdb

_NEWEST_OF_EACH_CONTRACT = """
    select distinct newest
    from (
        select max(quoted_at) as newest
        from read_parquet(?, hive_partitioning = false)
        where quoted_at <= ?
        group by expiration, "right", strike
    )
    order by newest
"""


_MOST_ROWS = 2_000_000
"""Rows that stay in memory beside those that are read right now: 112 MB."""


class HistoryStore:
    """Recorded chains below one folder. Used by one thread at a time.

    Holds the last 65,000 rows of each symbol in memory, and two million of those read before.

    What it shows is the recording as it was when the store was opened or last reloaded.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._open(_tidied(root))

    @property
    def symbols(self) -> tuple[str, ...]:
        """Underlyings with at least one snapshot, sorted."""
        return tuple(sorted(self._files))

    def snapshots(self, symbols: Iterable[str] | None = None) -> tuple[tuple[datetime, str], ...]:
        """(instant, symbol) of every snapshot, oldest first; of all symbols when none are named."""
        wanted = self.symbols if symbols is None else tuple(symbols)
        found = sorted(
            (instant, symbol)
            for symbol in set(wanted)
            for instant in chain.from_iterable(file.instants for file in self._files.get(symbol, ()))
        )
        return tuple((from_epoch_us(instant), symbol) for instant, symbol in found)

    def read(self, symbol: str, at: datetime) -> ChainUpdate:
        """One snapshot, exactly as recorded; read-only arrays sorted by key.

        Its spot is the middle one of the spots recorded with it (savers record one, or one per request).
        Raises ValueError when there is no such snapshot, HistoryFault when its file is damaged or gone.
        """
        instant = epoch_us(at)
        block = self._blocks.get(symbol)
        if block is None or not block.holds(instant):
            block = self._blocks[symbol] = self._load(symbol, instant)
        index = int(np.searchsorted(block.instants, instant))
        if int(block.instants[index]) != instant:
            raise ValueError(f"there is no snapshot of {symbol} at {at}")
        rows = slice(int(block.starts[index]), int(block.starts[index + 1]))
        spots = np.sort(block.spot[rows])
        update = ChainUpdate(
            symbol=symbol,
            at=from_epoch_us(instant),
            spot=int(spots[spots.size // 2]) / UNIT,
            key=block.key[rows],
            bid=as_dollars(block.bid[rows]),
            ask=as_dollars(block.ask[rows]),
            volume=as_counts(block.volume[rows]),
            open_interest=as_counts(block.open_interest[rows]),
        )
        for column in (update.key, update.bid, update.ask, update.volume, update.open_interest):
            column.setflags(write=False)
        return update

    def contributing(self, symbol: str, at: datetime) -> tuple[datetime, ...]:
        """Snapshots up to `at` that hold some contract's newest quote, oldest first.

        Applied in this order they give the same merged chain as all snapshots up to `at` would.
        """
        instant = epoch_us(at)
        paths = [self._path(file) for file in self._files.get(symbol, ()) if file.instants[0] <= instant]
        if not paths:
            return ()
        with failing_as(HistoryFault, f"the recorded chains of {symbol} cannot be read"):
            found = self._database().execute(_NEWEST_OF_EACH_CONTRACT, [[literal(path) for path in paths], instant])
            return tuple(from_epoch_us(int(row[0])) for row in found.fetchall())

    def fingerprint(self) -> str:
        """SHA-256 of the whole content, so that a ledger knows its recording. The same rows give the same value."""
        return self._manifest.fingerprint()

    def reload(self) -> None:
        """Show what was imported since. Raises HistoryFault."""
        self._open(read_manifest(self.root))

    def close(self) -> None:
        """Let go of the database; a later read opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._files: dict[str, list[RecordedFile]] = {}
        self._blocks: dict[str, Block] = {}
        self._read_before: OrderedDict[tuple[str, int], Block] = OrderedDict()
        self._runs: dict[str, tuple[tuple[int, int], ...]] = {}
        self._paths: dict[str, Path] = {}
        for file in sorted(manifest.files, key=lambda file: (file.symbol, file.year)):
            self._files.setdefault(file.symbol, []).append(file)

    def _load(self, symbol: str, instant: int) -> Block:
        for file in self._files.get(symbol, ()):
            index = bisect_left(file.instants, instant)
            if index == len(file.instants) or file.instants[index] != instant:
                continue
            if file.name not in self._runs:
                self._runs[file.name] = tuple(block_ranges(file.rows))
            first, last = next(run for run in self._runs[file.name] if run[0] <= index <= run[1])
            return self._block(file, first, last)
        raise ValueError(f"there is no snapshot of {symbol} at {from_epoch_us(instant)}")

    def _block(self, file: RecordedFile, first: int, last: int) -> Block:
        """The snapshots from `first` to `last` of a file; what was read before is not read again, as far as it fits."""
        place = (file.name, first)
        block = self._read_before.pop(place, None)
        if block is None:
            block = read_block(self._database(), self._path(file), file.instants[first : last + 1])
        self._read_before[place] = block
        rows = sum(other.key.size for other in self._read_before.values())
        while rows > _MOST_ROWS and len(self._read_before) > 1:
            rows -= self._read_before.popitem(last=False)[1].key.size
        return block

    def _path(self, file: RecordedFile) -> Path:
        """Where a file lies; its bytes are checked once, at its first use. Raises HistoryFault."""
        if file.name not in self._paths:
            self._paths[file.name] = checked_path(self.root, file)
        return self._paths[file.name]

    def _database(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            self._connection = connect()
        return self._connection


def _tidied(root: Path) -> Manifest:
    """The manifest, after removing leftovers; an import that runs right now, or a read-only folder, is left alone."""
    if root.is_dir():
        with suppress(OSError), lock(root).acquire(timeout=0):
            manifest = read_manifest(root)
            remove_leftovers(root, manifest)
            return manifest
    return read_manifest(root)
