"""The journal as a CSV file for spreadsheets: a row each entry, newest first, with its postings and its JSON."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from engine.core.errors import LedgerFault
from engine.core.money import to_float
from engine.domain.ports import Query
from engine.domain.records import EntryRow, PostingRow
from engine.portfolio.csv_export import Cell, csv_rows, csv_text

_PAGE = 1000

COLUMNS = ("entry", "at", "event", "version", "postings", "body")


def export_journal(query: Query, path: Path, kind: str = "", text: str = "") -> int:
    """Write every entry of a kind ("" all) that holds a text, whole or not at all; how many there were.

    A file of that name is replaced when the new one is complete. Raises LedgerFault when the journal cannot be read or
    the file not be written; nothing has changed on the disk then.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise LedgerFault(f"{path} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(csv_text(COLUMNS, ()))
            count, before = 0, None
            while page := query.entries(_PAGE, before, kind, text):
                file.write(csv_rows(map(_cells, page)))
                count, before = count + len(page), page[-1].seq
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise LedgerFault(f"{path} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            Path(name).unlink(missing_ok=True)
    return count


def _cells(entry: EntryRow) -> tuple[Cell, ...]:
    postings = "; ".join(map(_posting, entry.postings))
    return entry.seq, entry.at, entry.type, entry.version, postings, entry.body


def _posting(row: PostingRow) -> str:
    where = f" {row.module_id}" if row.module_id else ""
    return f"{row.account}{where} {to_float(row.amount):.4f}"
