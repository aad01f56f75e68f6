"""Files of recorded option chains, brought into the history: all files of one call, or none of them."""

from __future__ import annotations

import csv
import datetime as dt
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.clock import from_epoch_us
from engine.core.errors import ImportRefused
from engine.market import import_yahoo
from engine.market.duck import failing_as, literal, numbered, shown_path, with_numbered_columns
from engine.market.history import HistoryStore
from engine.market.history_staging import Staging, staging
from engine.market.import_yahoo import Table

if TYPE_CHECKING:
    import duckdb

_HEAD_BYTES = 65_536
_PARQUET_MAGIC = b"PAR1"
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive (or a workbook): unpack it, or save it as CSV",
    b"\x1f\x8b": "a gzip archive: unpack it first",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
}

_SUMMARY = "select count(*), min(quoted_at), max(quoted_at), list_sort(list(distinct symbol)) from incoming"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of one file. `rows_read` = `rows_kept` + the sum of `rejected`.

    `rows_kept` are in the recording now, `rows_added` of them are there through this import. `rejected` counts rows by
    reason and `examples` shows the first row of each. `first_at` and `last_at` are the first and last snapshot.
    """

    path: Path
    source: str
    rows_read: int
    rows_kept: int
    rows_added: int
    rejected: dict[str, int]
    examples: dict[str, str]
    symbols: tuple[str, ...]
    first_at: dt.datetime
    last_at: dt.datetime


def import_files(
    paths: Sequence[Path], history: HistoryStore, progress: Callable[[str], None]
) -> tuple[ImportReport, ...]:
    """Add recorded chains to `history`; one report per file, in order. Importing a file again adds nothing.

    Raises ImportRefused, with one line naming the file and the cause, when any file cannot be used; nothing of any
    file is kept then, also when the process dies on the way.
    """
    heads = [_head(path) for path in paths]
    if not heads:
        return ()
    with staging(history.root) as stage:
        reports = []
        for path, head in zip(paths, heads, strict=True):
            progress(f"reading {shown_path(path)}")
            with failing_as(ImportRefused, f"{shown_path(path)}: cannot be read"):
                report = _import_one(path, head, stage)
            progress(f"kept {report.rows_kept:,} of {report.rows_read:,} rows, {report.rows_added:,} of them new")
            reports.append(report)
        stage.keep(progress)
    history.reload()
    return tuple(reports)


def _import_one(path: Path, head: bytes, stage: Staging) -> ImportReport:
    """Check one file and stage its rows."""
    connection = stage.connection
    rejected = import_yahoo.fill_incoming(connection, _table(path, head, connection))
    counts = {reason: count for reason, (count, _) in rejected.items()}
    examples = {reason: import_yahoo.row_text(connection, first) for reason, (_, first) in rejected.items()}
    valid, first_at, last_at, symbols = connection.execute(_SUMMARY).fetchall()[0]
    offered = stage.offer()
    if offered.first_differing is not None:
        reason = "recorded before with other figures"
        counts[reason] = offered.differing
        examples[reason] = import_yahoo.row_text(connection, offered.first_differing)
    if not offered.kept:
        why = "; ".join(f"{count} x {reason} ({examples[reason]})" for reason, count in counts.items())
        raise ImportRefused(f"{shown_path(path)}: no row can be used: {why or 'the file has no rows'}")
    return ImportReport(
        path=path,
        source=import_yahoo.SOURCE,
        rows_read=valid + sum(count for count, _ in rejected.values()),
        rows_kept=offered.kept,
        rows_added=offered.added,
        rejected=counts,
        examples=examples,
        symbols=tuple(symbols),
        first_at=from_epoch_us(first_at),
        last_at=from_epoch_us(last_at),
    )


def _head(path: Path) -> bytes:
    """The first bytes of a file that may be data. Raises ImportRefused for everything that cannot be."""
    shown = shown_path(path)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise ImportRefused(f"{shown}: is {'a folder; name the files in it' if stat.S_ISDIR(mode) else 'no file'}")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError as error:
        raise ImportRefused(f"{shown}: does not exist") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise ImportRefused(f"{shown}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if (cause := _not_data(head)) is not None:
        raise ImportRefused(f"{shown}: {cause}")
    return head


def _not_data(head: bytes) -> str | None:
    """Why a file that begins like this holds no chains, None when it may."""
    if head.startswith(_PARQUET_MAGIC):
        return None
    text = head.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        return "is empty"
    if text.startswith(b"version https://git-lfs.github.com/spec/"):
        return "is a Git-LFS pointer, not the data; run `git lfs pull` where it came from"
    if text.startswith(b"<"):
        return "is a web page or XML, not data; download the file itself"
    for magic, what in _ARCHIVES.items():
        if head.startswith(magic):
            return f"is {what}"
    return "is neither Parquet nor CSV text in UTF-8" if b"\0" in head else None


def _table(path: Path, head: bytes, connection: duckdb.DuckDBPyConnection) -> Table:
    """The rows of a Parquet or CSV file. Raises ImportRefused for a CSV without a header we can read."""
    if head.startswith(_PARQUET_MAGIC):
        rows = connection.read_parquet(literal(path), hive_partitioning=False)
        return Table(path, tuple(rows.columns), with_numbered_columns(connection, rows))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names = next(csv.reader([file.readline(_HEAD_BYTES)], strict=True))
    except (OSError, ValueError, csv.Error) as error:
        raise ImportRefused(f"{shown_path(path)}: the header line cannot be read as CSV: {error}") from error
    # Names and types are given, because DuckDB's own guess skips lines until what is left looks regular.
    rows = connection.read_csv(
        literal(path),
        columns=dict.fromkeys(numbered(len(names)), "VARCHAR"),
        header=True,
        auto_detect=False,
        sep=",",
        quotechar='"',
        escapechar='"',
        hive_partitioning=False,
    )
    return Table(path, tuple(names), rows)
