"""Small text files of reference data: their header, and their rows as text columns under names of our own."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import ImportRefused
from engine.market.duck import failing_as, literal, numbered, one_line, select_as, shown_path

if TYPE_CHECKING:
    import duckdb

_LONGEST_HEADER = 65_536

# `cell`: a cell's text, NULL where nothing was written. `a_day`: the date that a text begins with.
_MACROS = """
    create or replace temp macro cell(x) as
        case when lower(trim(x::varchar)) not in ('', 'nan', 'nat', 'none', 'null', 'na', 'n/a')
             then trim(x::varchar) end;
    create or replace temp macro a_day(x) as
        try_strptime(
            split_part(trim(x::varchar), ' ', 1), ['%Y-%m-%d', '%Y%m%d', '%m/%d/%Y', '%Y-%m-%dT%H:%M:%S']
        )::date;
"""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a text file: its cells as written; `is_names` unless the file begins with data."""

    cells: tuple[str, ...]
    is_names: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The cells as column names are compared: lower case, letters and digits only."""
        return tuple(re.sub(r"[^a-z0-9]", "", cell.lower()) for cell in self.cells)

    def places(self, path: Path, needed: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, int | None]:
        """Where the columns are, None for an optional one that is absent. Raises ImportRefused."""
        missing = [name for name in needed if self.names.count(name) != 1]
        if missing:
            shown = one_line(", ".join(self.cells), 120)
            raise ImportRefused(f"{shown_path(path)}: each once is needed of: {', '.join(missing)}; it has {shown}")
        return {name: self.names.index(name) if name in self.names else None for name in (*needed, *optional)}


def read_header(path: Path) -> Header:
    """The first line of a file. Raises ImportRefused for a file that is no text."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = tuple(next(csv.reader([file.readline(_LONGEST_HEADER)], strict=True)))
    except OSError as error:
        raise ImportRefused(f"{shown_path(path)}: cannot be read: {error.strerror or error}") from error
    except (ValueError, csv.Error, StopIteration) as error:
        raise ImportRefused(f"{shown_path(path)}: is no CSV text in UTF-8") from error
    if not any(cells):
        raise ImportRefused(f"{shown_path(path)}: is empty")
    return Header(cells, is_names=not cells[0][:1].isdigit())


def rows_of(connection: duckdb.DuckDBPyConnection, path: Path, places: dict[str, int | None], header: Header) -> None:
    """Fill `text_rows` with a file's rows: `row_no` from 1, and a text column for each place (NULL for None).

    Raises ImportRefused when the file cannot be read as CSV.
    """
    connection.execute(_MACROS)
    columns = numbered(len(header.cells))
    with failing_as(ImportRefused, f"{shown_path(path)}: cannot be read"):
        rows = connection.read_csv(
            literal(path),
            columns=dict.fromkeys(columns, "VARCHAR"),
            header=header.is_names,
            auto_detect=False,
            sep=",",
            quotechar='"',
            escapechar='"',
            hive_partitioning=False,
        )
        chosen = {name: None if place is None else columns[place] for name, place in places.items()}
        select_as(rows, chosen).create_view("file_columns", replace=True)
        connection.execute(
            "create or replace temp table text_rows as select row_number() over () as row_no, * from file_columns"
        )
