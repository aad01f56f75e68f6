"""The files of a recorded market: Parquet per symbol and year, and one manifest that says which of them count.

A data file never changes once the manifest names it: an import writes new files beside the old ones and then replaces
the manifest, so a reader sees the recording before or after the import, never between. What the manifest does not
name is a leftover.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from engine.core.errors import MindfolioError
from engine.core.money import UNIT
from engine.market.duck import failing_as, literal, sync

if TYPE_CHECKING:
    import duckdb

Ints = NDArray[np.int64]

MANIFEST_NAME = "manifest.json"
LOCK_NAME = ".import.lock"
STAGING_PREFIX = "staging-"
_VERSION = 1
_BLOCK_ROWS = 65_536

_MISSING = -1
# A file is sorted as it is written, and DuckDB keeps that order; the reader checks it all the same. The key is that of
# `contract_keys`: days since the year 1 twice over, one more for a put, and below them 32 bits of strike.
_SELECT_ROWS = """
    select quoted_at,
           ((expiration - date '1970-01-01')::bigint * 2 + 1438326 + ("right" = 'P')::bigint) * 4294967296 + strike
               as key,
           coalesce(bid, -1) as bid,
           coalesce(ask, -1) as ask,
           coalesce(volume, -1) as volume,
           coalesce(open_interest, -1) as open_interest,
           spot
    from read_parquet(?, hive_partitioning = false)
    where quoted_at between ? and ?
"""

_COUNT_ROWS = """
    select quoted_at, count(*) as rows
    from read_parquet(?, hive_partitioning = false)
    group by quoted_at
    order by quoted_at
"""


class HistoryFault(MindfolioError):
    """The recorded market is damaged, was changed under a running reader, or is newer than this program."""


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """One Parquet file: the snapshots of `symbol` in one New York year.

    `instants` are microseconds since 1970 UTC, ascending, and `rows` the rows of each. `digest` is the SHA-256 of the
    content, independent of how Parquet stores it; `checksum` the SHA-256 of the file as it lies on the disk.
    """

    name: str
    symbol: str
    year: int
    digest: str
    checksum: str
    instants: tuple[int, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """Every file that counts, sorted by symbol and year."""

    files: tuple[RecordedFile, ...] = ()
    version: int = _VERSION

    def fingerprint(self) -> str:
        """SHA-256 of the whole content: the same for the same rows, whatever files and order they came from."""
        lines = sorted(f"{file.symbol} {file.year} {file.digest}\n" for file in self.files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Consecutive snapshots of one file as columns (n,), sorted by (instant, key). Prices in 1/10,000 USD, -1 missing.

    `starts` has one entry more than `instants`: snapshot i is the rows from starts[i] to starts[i + 1].
    """

    instants: Ints
    starts: Ints
    key: Ints
    bid: Ints
    ask: Ints
    volume: Ints
    open_interest: Ints
    spot: Ints

    def holds(self, instant: int) -> bool:
        """Whether an instant lies between the block's first and last snapshot."""
        return int(self.instants[0]) <= instant <= int(self.instants[-1])


def lock(root: Path) -> FileLock:
    """The lock of whoever writes below `root`."""
    return FileLock(root / LOCK_NAME)


def read_manifest(root: Path) -> Manifest:
    """The manifest below `root`, an empty one where nothing was imported yet. Raises HistoryFault."""
    path = root / MANIFEST_NAME
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return Manifest()
    except OSError as error:
        raise HistoryFault(f"{path}: cannot be read: {error.strerror or error}") from error
    except msgspec.MsgspecError as error:
        raise HistoryFault(f"{path}: the list of recorded files is damaged: {error}") from error
    if manifest.version != _VERSION:
        raise HistoryFault(f"{path}: written by a newer Mindfolio (format {manifest.version}, known is {_VERSION})")
    return manifest


def keep_manifest(root: Path, staging: Path, manifest: Manifest) -> None:
    """Make `manifest` the one that counts, durably: the one moment at which an import happens."""
    draft = staging / MANIFEST_NAME
    draft.write_bytes(msgspec.json.encode(manifest))
    sync(draft)
    draft.replace(root / MANIFEST_NAME)
    sync(root)


def remove_leftovers(root: Path, manifest: Manifest) -> None:
    """Remove what interrupted imports left and what newer files replaced. The caller holds the lock."""
    named = {file.name for file in manifest.files}
    for folder in root.glob(f"{STAGING_PREFIX}*"):
        rmtree(folder, ignore_errors=True)
    for path in root.glob("*.parquet"):
        if path.name not in named:
            with suppress(OSError):  # Another process may still read it (Windows); the next start tries again.
                path.unlink()


def checked_path(root: Path, file: RecordedFile) -> Path:
    """Where a file lies, once its bytes are known to be those that were written. Raises HistoryFault otherwise.

    Parquet alone would not notice every flipped bit, and a wrong price is worse than none.
    """
    path = root / file.name
    try:
        is_intact = _checksum(path) == file.checksum
    except OSError as error:
        raise HistoryFault(
            f"{path} cannot be read ({error.strerror or error}); was it replaced by an import?"
        ) from error
    if not is_intact:
        raise HistoryFault(f"{path} is damaged; restore it, or remove its folder and import again")
    return path


def block_ranges(rows: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Split snapshots with these row counts into runs [first, last] of at most 65,536 rows, at least one snapshot."""
    first, total = 0, 0
    for index, count in enumerate(rows):
        if total and total + count > _BLOCK_ROWS:
            yield first, index - 1
            first, total = index, 0
        total += count
    if rows:
        yield first, len(rows) - 1


def read_block(connection: duckdb.DuckDBPyConnection, path: Path, instants: tuple[int, ...]) -> Block:
    """The snapshots at `instants` (consecutive ones of the file). Raises HistoryFault for a damaged file."""
    with failing_as(HistoryFault, f"{path} cannot be read"):
        columns = connection.execute(_SELECT_ROWS, [literal(path), instants[0], instants[-1]]).fetchnumpy()
    quoted_at, key = columns["quoted_at"], columns["key"]
    steps = np.diff(quoted_at)
    starts = np.concatenate(([0], np.flatnonzero(steps) + 1)) if quoted_at.size else np.zeros(0, np.int64)
    found = quoted_at[starts]
    if not np.array_equal(found, np.asarray(instants, np.int64)) or np.any(np.diff(key)[steps == 0] <= 0):
        raise HistoryFault(f"{path} does not hold what the list of recorded files says")
    return Block(
        instants=found,
        starts=np.append(starts, quoted_at.size),
        key=key,
        bid=columns["bid"],
        ask=columns["ask"],
        volume=columns["volume"],
        open_interest=columns["open_interest"],
        spot=columns["spot"],
    )


def describe(connection: duckdb.DuckDBPyConnection, path: Path, symbol: str, year: int) -> RecordedFile:
    """Read a freshly written file back: its snapshots, the digest of its rows, and the name it gets."""
    with failing_as(HistoryFault, f"{path} cannot be read"):
        counted = connection.execute(_COUNT_ROWS, [literal(path)]).fetchall()
    instants, rows = (tuple(int(row[column]) for row in counted) for column in (0, 1))
    digest = hashlib.sha256()
    for first, last in block_ranges(rows):
        block = read_block(connection, path, instants[first : last + 1])
        at = np.repeat(block.instants, np.diff(block.starts))
        figures = (at, block.key, block.bid, block.ask, block.volume, block.open_interest, block.spot)
        digest.update(np.column_stack(figures).astype("<i8").tobytes())
    fingerprint = digest.hexdigest()
    name = f"{symbol}_{year}_{fingerprint[:16]}.parquet"
    return RecordedFile(name, symbol, year, fingerprint, _checksum(path), instants, rows)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_dollars(units: Ints) -> NDArray[np.float64]:
    """Prices of a block as dollars, NaN where missing. Exact: the nearest float to each price."""
    return np.where(units == _MISSING, np.nan, units / UNIT)


def as_counts(units: Ints) -> NDArray[np.float64]:
    """Volume or open interest of a block as floats, NaN where missing."""
    return np.where(units == _MISSING, np.nan, units.astype(np.float64))
