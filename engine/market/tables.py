"""Small tables beside the recorded chains (bars, events, rates, volatilities): one Parquet file each.

A change writes a new file, whose name has the next number and the checksum of its bytes, so a reader sees a table
before or after it, never between, and notices every flipped bit. The file before stays for those who are reading it.
Changes take turns with imports of chains: one lock, one folder for what is not finished yet.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.core.files import own_folder
from engine.market.duck import connect, failing_as, literal, sync
from engine.market.history_files import HistoryFault
from engine.market.history_staging import staging

if TYPE_CHECKING:
    import duckdb

_log = logging.getLogger(__name__)

FOLDER = "tables"

_NAME = re.compile(r"(.+)\.(\d{6,})\.([0-9a-f]{16})\.parquet")

SYMBOL = re.compile(r"\^?[A-Z][A-Z0-9.-]{0,11}")
"""What an underlying is called; its files are named by it."""

Columns = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of the rows offered to a table: `differing` ones were there with other figures."""

    added: int
    same: int
    differing: int


class Editor:
    """A change of tables in progress, on a database of its own."""

    def __init__(self, root: Path, folder: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.folder = folder
        self._root = root

    def merge(self, name: str, incoming: str, key: tuple[str, ...], *, newer_wins: bool = False) -> Merged:
        """Bring the rows of the relation `incoming` into a table, each key once; every table has a column `source`.

        Where the table has other figures for a key it keeps them, unless `newer_wins`. `incoming` and `key` are names
        written in this program.
        """
        run = self.connection.execute
        by = ", ".join(key)
        run(f"create or replace temp table offered as select distinct on ({by}) * from {incoming} order by all")  # noqa: S608 - ours
        files = _files(self._root, name)
        if files:
            path = literal(_checked(files[-1]))
            run("create or replace temp table present as select * from read_parquet(?)", [path])
        else:
            run("create or replace temp table present as from offered limit 0")
        run(
            f"create or replace temp table known as select offered.* from offered semi join present using ({by})"  # noqa: S608
        )
        ((offered, known, same),) = run(
            "select (select count(*) from offered), (select count(*) from known), "
            "(select count(*) from "
            "(select * exclude (source) from known intersect select * exclude (source) from present))"
        ).fetchall()
        merged = Merged(offered - known, same, known - same)
        if not merged.added and not (newer_wins and merged.differing):
            return merged
        kept, other = ("offered", "present") if newer_wins else ("present", "offered")
        rows = self.connection.sql(
            f"select * from (from {kept} union all by name "  # noqa: S608
            f"select {other}.* from {other} anti join {kept} using ({by})) order by {by}"
        )
        self._keep(name, rows, files)
        return merged

    def _keep(self, name: str, rows: duckdb.DuckDBPyRelation, files: list[Path]) -> None:
        """Make `rows` the table that counts, durably; of `files`, which were it before, the newest stays as well."""
        draft = self.folder / "draft.parquet"
        rows.write_parquet(str(draft), compression="zstd")
        sync(draft)
        number = int(_parts(files[-1])[2]) + 1 if files else 1
        folder = self._root / FOLDER
        own_folder(folder)
        draft.replace(folder / f"{name}.{number:06d}.{_checksum(draft)}.parquet")
        sync(folder)
        for path in files[:-1]:
            with suppress(OSError):  # Another process may still read it (Windows); the next change tries again.
                path.unlink()


@contextmanager
def editing(root: Path) -> Iterator[Editor]:
    """Change the tables below `root`, taking turns with imports of chains.

    Raises ImportRefused when an import is running or the folder cannot be written.
    """
    with staging(root, _log.debug) as stage:
        yield Editor(root, stage.folder, stage.connection)


def read_table(root: Path, name: str, query: str = "from rows") -> Columns | None:
    """A table's columns, or those that `query` (written in this program) makes of its `rows`; None without a table.

    Raises HistoryFault for a damaged file.
    """
    files = _files(root, name)
    if not files:
        return None
    path = _checked(files[-1])
    with failing_as(HistoryFault, f"{path} cannot be read"), connect() as connection:
        connection.read_parquet(literal(path)).create_view("rows")
        found: Columns = connection.execute(query).fetchnumpy()
        return found


def names(root: Path, prefix: str) -> tuple[str, ...]:
    """What the tables whose names begin with `prefix` are of, sorted: their names without it."""
    found = {_parts(path)[1] for path in (root / FOLDER).glob("*.parquet") if _NAME.fullmatch(path.name)}
    return tuple(sorted(name.removeprefix(prefix) for name in found if name.startswith(prefix)))


def _files(root: Path, name: str) -> list[Path]:
    """The files of a table, the one that counts last."""
    paths = (root / FOLDER).glob("*.parquet")
    found = (path for path in paths if _NAME.fullmatch(path.name) and _parts(path)[1] == name)
    return sorted(found, key=lambda path: int(_parts(path)[2]))


def _parts(path: Path) -> re.Match[str]:
    parts = _NAME.fullmatch(path.name)
    if parts is None:
        raise ValueError(f"{path} is no table's file")
    return parts


def _checked(path: Path) -> Path:
    """The path, once its bytes are known to be those that were written. Raises HistoryFault otherwise."""
    try:
        is_intact = _checksum(path) == _parts(path)[3]
    except OSError as error:
        raise HistoryFault(f"{path} cannot be read: {error.strerror or error}") from error
    if not is_intact:
        raise HistoryFault(f"{path} is damaged; remove it and import again what it was made of")
    return path


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
