"""Files of recorded option chains, brought into the history: all files of one call or, of many rows, by portions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from engine.core.clock import from_epoch_us
from engine.core.errors import ImportRefused
from engine.market.duck import Progress, failing_as, one_line, shown_path
from engine.market.formats.check import fill_incoming, row_text
from engine.market.formats.containers import Archive, Container, container_of, open_archive, spool_gzip
from engine.market.formats.layout import Format, Table
from engine.market.formats.lean import lean_members, lean_table
from engine.market.formats.packed_contracts import contract_members, contracts_table
from engine.market.formats.sniff import head_of, layout_and_table
from engine.market.history import HistoryStore
from engine.market.history_staging import Staging, staging

if TYPE_CHECKING:
    import duckdb

_SUMMARY = "select count(*), min(quoted_at), max(quoted_at), list_sort(list(distinct symbol)) from incoming"
PORTION = 20_000_000
"""New rows that one attempt may lose: two minutes of reading, and what a year of one symbol's minutes is."""

_RECORDED_BEFORE = "recorded before with other figures"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of one file. `rows_read` = `rows_kept` + the sum of `rejected`; a call and a put are two rows.

    `rows_kept` are in the recording now, `rows_added` of them are there through this import. `rejected` counts rows by
    reason and `examples` shows the first row of each. `first_at` and `last_at` are the first and last snapshot. `notes`
    say what was assumed, and what of an archive was passed over.
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
    notes: tuple[str, ...] = ()


def import_files(
    paths: Sequence[Path], history: HistoryStore, progress: Progress, symbol: str | None = None
) -> tuple[ImportReport, ...]:
    """Add recorded chains to `history`; one report per file, in order. Importing a file again adds nothing.

    `symbol` is that of files whose rows and name tell none. Raises ImportRefused, with one line naming the file and the
    cause, when any file cannot be used; nothing of any file is kept then, also when the process dies on the way. Only
    after each `PORTION` of new rows what came so far is kept, whole files of it: the same import goes on from there.
    """
    heads = [head_of(path) for path in paths]
    if not heads:
        return ()
    with staging(history.root, progress) as stage:
        reports, waiting = [], 0
        for path, head in zip(paths, heads, strict=True):
            progress(f"reading {shown_path(path)}")
            with failing_as(ImportRefused, f"{shown_path(path)}: cannot be read"):
                report = _import_one(path, head, stage, symbol)
            progress(f"kept {report.rows_kept:,} of {report.rows_read:,} rows, {report.rows_added:,} of them new")
            reports.append(report)
            waiting += report.rows_added
            if waiting >= PORTION:
                stage.keep()
                waiting = 0
        stage.keep()
    history.reload()
    return tuple(reports)


@dataclass(slots=True)
class _Tally:
    """What the parts of one file come to."""

    read: int = 0
    kept: int = 0
    added: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    symbols: set[str] = field(default_factory=set)
    instants: list[int] = field(default_factory=list)
    sources: dict[str, None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def reject(self, reason: str, count: int, example: str) -> None:
        self.rejected[reason] = self.rejected.get(reason, 0) + count
        self.examples.setdefault(reason, example)


def _import_one(path: Path, head: bytes, stage: Staging, symbol: str | None) -> ImportReport:
    """Check one file and stage its rows."""
    tally = _Tally()
    passed_over: list[ImportRefused] = []
    for found in _parts(path, head, stage.folder, stage.connection, stage.progress):
        if isinstance(found, ImportRefused):
            passed_over.append(found)
        else:
            layout, table = found
            _take(layout, replace(table, symbol=symbol), stage, tally)
    if passed_over and not tally.sources:
        raise passed_over[0]
    if not tally.kept:
        why = "; ".join(f"{count} x {reason} ({tally.examples[reason]})" for reason, count in tally.rejected.items())
        raise ImportRefused(f"{shown_path(path)}: no row can be used: {why or 'the file has no rows'}")
    notes = (*tally.notes, *(f"passed over: {one_line(str(cause))}" for cause in passed_over))
    return ImportReport(
        path=path,
        source=", ".join(tally.sources),
        rows_read=tally.read,
        rows_kept=tally.kept,
        rows_added=tally.added,
        rejected=tally.rejected,
        examples=tally.examples,
        symbols=tuple(sorted(tally.symbols)),
        first_at=from_epoch_us(min(tally.instants)),
        last_at=from_epoch_us(max(tally.instants)),
        notes=notes,
    )


def _take(layout: Format, table: Table, stage: Staging, tally: _Tally) -> None:
    """Check the rows of one table, and stage those that are good."""
    connection = stage.connection
    checked = fill_incoming(stage, layout, table)
    tally.sources[layout.source] = None
    tally.read += checked.read
    for reason, (count, example) in checked.rejected.items():
        tally.reject(reason, count, example)
    valid, first_at, last_at, symbols = connection.execute(_SUMMARY).fetchall()[0]
    offered = stage.offer()
    if offered.first_differing is not None:
        tally.reject(_RECORDED_BEFORE, offered.differing, row_text(connection, offered.first_differing))
    tally.kept += offered.kept
    tally.added += offered.added
    if valid:
        tally.symbols.update(symbols)
        tally.instants += [first_at, last_at]
        if layout.note:
            tally.notes[layout.note] = None
    if checked.spots_implied:
        tally.notes["the underlying's price is not in the file: implied by put-call parity near the money"] = None


_Part = tuple[Format, Table] | ImportRefused


def _parts(
    path: Path, head: bytes, folder: Path, connection: duckdb.DuckDBPyConnection, progress: Progress
) -> Iterator[_Part]:
    """What a file consists of, one after the other; of an archive's members also those that cannot be used.

    Raises ImportRefused for a file that is none.
    """
    container = container_of(head)
    if container is Container.ZIP:
        with open_archive(path, progress) as archive:
            yield from _members(archive, folder, connection)
            if archive.others:
                first = one_line(archive.others[0], 100)
                others = f"members that are no CSV, text or Parquet file: {len(archive.others)}, like {first}"
                yield ImportRefused(f"{shown_path(path)}: {others}")
        return
    spooled, name = path, path.name
    if container is Container.GZIP:
        spooled, name = folder / "unpacked", name.removesuffix(".gz").removesuffix(".GZ")
        spool_gzip(path, spooled, progress)
    yield layout_and_table(connection, spooled, name, shown_path(path))


def _members(archive: Archive, folder: Path, connection: duckdb.DuckDBPyConnection) -> Iterator[_Part]:
    members = lean_members(archive.names)
    if members:
        yield lean_table(connection, archive, members, folder)
        return
    contracts = contract_members(archive.names)
    together = contracts_table(connection, archive, contracts, folder) if contracts else None
    if together is not None:
        yield together
        return
    spooled = folder / "unpacked"
    for name in archive.names:
        archive.spool(name, spooled)
        try:
            part: _Part = layout_and_table(
                connection, spooled, PurePosixPath(name).name, f"{shown_path(archive.path)}: {one_line(name, 100)}"
            )
        except ImportRefused as refusal:
            part = refusal
        yield part
