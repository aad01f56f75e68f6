"""Small text files of reference data: their header, and their rows as text columns under names of our own."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import ImportRefused
from engine.market.duck import check_text, failing_as, one_line, read_cells, select_as, shown_path
from engine.market.formats.containers import Container, container_of, content_of
from engine.market.formats.layout import CELL_MACRO, plain
from engine.market.formats.sniff import head_of

if TYPE_CHECKING:
    import duckdb

_LONGEST_HEADER = 65_536
LARGEST_MEMBER = 256 * 1024 * 1024
"""Bytes: fifty years of daily bars are less than one of its hundred parts."""

# `a_day`: the date that a text begins with; the database reads "infinity" and "epoch" as 1900-01-01. `an_amount`:
# dollars of a dividend, or new shares for an old one.
_MACROS = f"""
    {CELL_MACRO};
    create or replace temp macro read_day(x) as
        try_strptime(
            split_part(trim(x::varchar), ' ', 1), ['%Y-%m-%d', '%Y%m%d', '%m/%d/%Y', '%Y-%m-%dT%H:%M:%S']
        )::date;
    create or replace temp macro a_day(x) as
        case when read_day(x) between date '1901-01-01' and date '2199-12-31' then read_day(x) end;
    create or replace temp macro an_amount(x) as
        case when try_cast(cell(x) as double) between 0 and 1000000 then try_cast(cell(x) as double) end;
"""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a text file: its cells as written; `is_names` unless the file begins with data."""

    cells: tuple[str, ...]
    is_names: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The cells as column names are compared: lower case, letters and digits only."""
        return tuple(map(plain, self.cells))

    def places(self, shown: str, needed: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, int | None]:
        """Where the columns are, None for an optional one that is absent. Raises ImportRefused."""
        missing = [name for name in needed if self.names.count(name) != 1]
        if missing:
            cells = one_line(", ".join(self.cells), 120)
            raise ImportRefused(f"{shown}: each once is needed of: {', '.join(missing)}; it has {cells}")
        return {name: self.names.index(name) if name in self.names else None for name in (*needed, *optional)}


def opened(path: Path, folder: Path, *, only_head: bool = False) -> Path:
    """The text itself: the file, or what gzip or the one member of a zip archive holds, unpacked into `folder`.

    Raises ImportRefused for what cannot be read, and for what is larger than any file of bars.
    """
    container = container_of(head_of(path))
    if container is Container.NONE:
        return path
    most = _LONGEST_HEADER if only_head else LARGEST_MEMBER
    with content_of(path, container) as content:
        data = content.read(most + 1)
    if len(data) > most and not only_head:
        raise ImportRefused(f"{shown_path(path)}: unpacks to more than {most:,} bytes")
    target = folder / "unpacked.csv"
    target.write_bytes(data)
    return target


def read_header(path: Path, shown: str) -> Header:
    """The first line of a file, which messages call `shown`. Raises ImportRefused for a file that is no text."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = tuple(next(csv.reader([file.readline(_LONGEST_HEADER)], strict=True)))
    except OSError as error:
        raise ImportRefused(f"{shown}: cannot be read: {error.strerror or error}") from error
    except (ValueError, csv.Error, StopIteration) as error:
        raise ImportRefused(f"{shown}: is no CSV text in UTF-8") from error
    if not any(cells):
        raise ImportRefused(f"{shown}: is empty")
    return Header(cells, is_names=not cells[0][:1].isdigit())


def rows_of(
    connection: duckdb.DuckDBPyConnection, path: Path, shown: str, places: dict[str, int | None], header: Header
) -> None:
    """Fill `text_rows` with a file's rows: `row_no` from 1, and a text column for each place (NULL for None).

    Raises ImportRefused when the file cannot be read as CSV.
    """
    connection.execute(_MACROS)
    check_text(path, shown)
    with failing_as(ImportRefused, f"{shown}: cannot be read"):
        rows = read_cells(connection, path, len(header.cells), has_header=header.is_names)
        chosen = {name: None if place is None else rows.columns[place] for name, place in places.items()}
        select_as(rows, chosen).create_view("file_columns", replace=True)
        connection.execute(
            "create or replace temp table text_rows as select row_number() over () as row_no, * from file_columns"
        )
