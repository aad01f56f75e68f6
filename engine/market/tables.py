"""Small tables beside the recorded chains (bars, events, rates, volatilities): one Parquet file each.

A file is replaced as a whole, so a reader sees a table before or after a change, never between. Changes take turns
with imports of chains: one lock, one folder for what is not finished yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.market.duck import connect, failing_as, literal, sync
from engine.market.history_files import STAGING_PREFIX, HistoryFault
from engine.market.history_staging import staging

if TYPE_CHECKING:
    import duckdb

FOLDER = "tables"

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
        run(f"create or replace temp table offered as select distinct on ({by}) * from {incoming}")  # noqa: S608 - ours
        path = _path(self._root, name)
        if path.exists():
            run("create or replace temp table present as select * from read_parquet(?)", [literal(path)])
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
        draft = self.folder / path.name
        rows.write_parquet(str(draft), compression="zstd")
        sync(draft)
        path.parent.mkdir(exist_ok=True)
        draft.replace(path)
        sync(path.parent)
        return merged


@contextmanager
def editing(root: Path) -> Iterator[Editor]:
    """Change the tables below `root`, taking turns with imports of chains.

    Raises ImportRefused when an import is running or the folder cannot be written.
    """
    with (
        staging(root) as stage,
        TemporaryDirectory(prefix=STAGING_PREFIX, dir=root, ignore_cleanup_errors=True) as folder,
    ):
        yield Editor(root, Path(folder), stage.connection)


def read_table(root: Path, name: str, query: str = "from rows") -> Columns | None:
    """A table's columns, or those that `query` (written in this program) makes of its `rows`; None without a table.

    Raises HistoryFault for a damaged file.
    """
    path = _path(root, name)
    if not path.exists():
        return None
    with failing_as(HistoryFault, f"{path} cannot be read"), connect() as connection:
        connection.read_parquet(literal(path)).create_view("rows")
        found: Columns = connection.execute(query).fetchnumpy()
        return found


def names(root: Path, prefix: str) -> tuple[str, ...]:
    """What the tables whose names begin with `prefix` are of, sorted: their names without it."""
    paths = (root / FOLDER).glob(f"{prefix}*.parquet")
    return tuple(sorted(path.name.removeprefix(prefix).removesuffix(".parquet") for path in paths))


def _path(root: Path, name: str) -> Path:
    return root / FOLDER / f"{name}.parquet"
