"""Adding to the recorded market: rows are collected beside it, then kept all together or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

from filelock import Timeout

from engine.core.errors import ImportRefused
from engine.core.files import own_folder
from engine.market.duck import Progress, connect, execute_telling, failing_as, literal, sync
from engine.market.history_files import (
    STAGING_PREFIX,
    Manifest,
    RecordedFile,
    checked_path,
    describe,
    keep_manifest,
    lock,
    read_manifest,
    remove_leftovers,
)

if TYPE_CHECKING:
    import duckdb

# `incoming` is filled by a format: valid rows of one source, every contract once in a snapshot. Prices are in 1/10,000
# USD, instants in microseconds since 1970 UTC, `year` is the New York year of the instant. What stands after `source`
# is newer than the first recordings: files without it are read as if it were empty.
_CREATE = """
    create temp table incoming (
        row_no bigint, symbol varchar, year integer, quoted_at bigint, expiration date, "right" varchar, strike bigint,
        bid bigint, ask bigint, volume bigint, open_interest bigint, spot bigint, source varchar,
        bid_size bigint, ask_size bigint, last bigint, iv double, delta double
    );
    create temp table added as select * exclude (row_no) from incoming;
    create temp table present as select * exclude (year) from added;
    create temp table matched (row_no bigint, differs boolean);
    create temp table recorded_spots (symbol varchar, quoted_at bigint, spot bigint);
"""

# The middle one of a snapshot, as `HistoryStore.read` has it.
_SPOTS = """
    insert into recorded_spots
    select symbol, quoted_at, list_sort(list(spot))[count(*) // 2 + 1]
    from {} semi join spotless using (symbol, quoted_at)
    group by symbol, quoted_at
"""
_SPOTS_RECORDED = _SPOTS.format("read_parquet(?, hive_partitioning = false)")
_SPOTS_ADDED = _SPOTS.format("(from added anti join recorded_spots using (symbol, quoted_at))")

# The snapshots that the incoming rows may repeat: of the recording, then of this import's earlier sources.
_PRESENT_RECORDED = """
    insert into present by name
    select recorded.*
    from read_parquet(?, hive_partitioning = false, union_by_name = true) as recorded
    semi join incoming using (symbol, quoted_at)
"""
_PRESENT_ADDED = """
    insert into present by name
    select added.* exclude (year) from added semi join incoming using (symbol, quoted_at)
"""

_MATCH = """
    insert into matched
    select incoming.row_no,
           (incoming.bid, incoming.ask, incoming.volume, incoming.open_interest, incoming.spot)
           is distinct from
           (present.bid, present.ask, present.volume, present.open_interest, present.spot)
    from incoming join present using (symbol, quoted_at, expiration, "right", strike)
"""
_ADD = "insert into added select incoming.* exclude (row_no) from incoming anti join matched using (row_no)"
_COUNT = """
    select (select count(*) from incoming), (select count(*) from matched),
           (select count(*) from matched where differs), (select min(row_no) from matched where differs)
"""

_TARGETS = "select distinct symbol, year from added order by symbol, year"
# Sorted once, so that the rows of a file lie together: a day of the whole market is thousands of files.
_SORT = """
    create temp table sorted as
    select * from added order by symbol, year, quoted_at, expiration, "right", strike
"""
_NEW_FILE = "select * exclude (year) from sorted where symbol = ? and year = ?"
_LONGER_FILE = """
    select * exclude (year) from sorted where symbol = ? and year = ?
    union all by name
    select * from read_parquet(?, hive_partitioning = false)
    order by quoted_at, expiration, "right", strike
"""


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of the rows of one source. `kept` counts those that the recording already held as well."""

    kept: int
    added: int
    differing: int
    first_differing: int | None
    """Row of the source whose contract is recorded at that instant with other figures, if there is one."""


class Staging:
    """An import in progress, on a database and in a folder of its own."""

    def __init__(
        self, root: Path, folder: Path, manifest: Manifest, connection: duckdb.DuckDBPyConnection, progress: Progress
    ) -> None:
        self.connection = connection
        self.folder = folder
        self.progress = progress
        self._root = root
        self._manifest = manifest
        connection.execute(_CREATE)

    def run(self, what: str, statement: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        """Execute a statement that grows with the file; what takes long is told, as `what` it is."""
        return execute_telling(self.connection, statement, parameters, self.progress, what)

    def offer(self) -> Offered:
        """Take the rows of `incoming` that are not recorded yet, and empty it.

        What is recorded stays: a row with other figures for the same contract and instant is counted, not taken.
        """
        run = self.connection.execute
        run("delete from present; delete from matched")
        recorded = self._files_of("select distinct symbol, year from incoming")
        if recorded:
            self.run("reading what is recorded", _PRESENT_RECORDED, [recorded])
        run(_PRESENT_ADDED)
        self.run("comparing with what is recorded", _MATCH)
        self.run("taking the new rows", _ADD)
        offered, matched, differing, first_differing = run(_COUNT).fetchall()[0]
        run("delete from incoming")
        return Offered(offered - differing, offered - matched, differing, first_differing)

    def find_recorded_spots(self) -> None:
        """Fill `recorded_spots` for those snapshots in the table `spotless` that the recording knows already."""
        run = self.connection.execute
        run("delete from recorded_spots")
        recorded = self._files_of("select distinct symbol, year from spotless")
        if recorded:
            run(_SPOTS_RECORDED, [recorded])
        run(_SPOTS_ADDED)

    def _files_of(self, query: str) -> list[str]:
        """Paths of the recorded files of the (symbol, year) pairs that a query gives."""
        pairs = set(self.connection.execute(query).fetchall())
        touched = [file for file in self._manifest.files if (file.symbol, file.year) in pairs]
        return [literal(checked_path(self._root, file)) for file in touched]

    def keep(self) -> None:
        """Make everything that was taken part of the recording, at once and durably. Without new rows: nothing.

        More may be offered afterwards, and kept in its turn.
        """
        targets = self.connection.execute(_TARGETS).fetchall()
        if not targets:
            return
        self.run("sorting the new rows", _SORT)
        current = {(file.symbol, file.year): file for file in self._manifest.files}
        for symbol, year in targets:
            self.progress(f"writing {symbol} {year}")
            current[symbol, year] = self._write(symbol, year, current.get((symbol, year)))
        sync(self._root)
        self.progress("keeping the new files")
        self._manifest = Manifest(tuple(file for _, file in sorted(current.items())))
        keep_manifest(self._root, self.folder, self._manifest)
        self.connection.execute("delete from added; drop table sorted")

    def _write(self, symbol: str, year: int, before: RecordedFile | None) -> RecordedFile:
        draft = self.folder / f"{symbol}_{year}.parquet"
        if before is None:
            relation = self.connection.sql(_NEW_FILE, params=[symbol, year])
        else:
            path = literal(self._root / before.name)
            relation = self.connection.sql(_LONGER_FILE, params=[symbol, year, path])
        relation.write_parquet(str(draft), compression="zstd", row_group_size=65_536)
        sync(draft)
        file = describe(self.connection, draft, symbol, year)
        draft.replace(self._root / file.name)
        return file


@contextmanager
def staging(root: Path, progress: Progress) -> Iterator[Staging]:
    """Begin an import into `root`; what is not kept by the end of the block is forgotten.

    Raises ImportRefused when another import is running or the folder cannot be written.
    """
    try:
        own_folder(root)
        with lock(root).acquire(timeout=0):
            manifest = read_manifest(root)
            remove_leftovers(root, manifest)
            folder = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=root))
            try:
                with failing_as(ImportRefused, f"{root}: the import failed"), connect(folder / "spill") as connection:
                    yield Staging(root, folder, manifest, connection, progress)
            finally:
                rmtree(folder, ignore_errors=True)
    except Timeout as error:
        raise ImportRefused(f"{root}: another import is running; try again when it is done") from error
    except OSError as error:
        raise ImportRefused(f"{root}: cannot be written: {error.strerror or error}") from error
