"""DuckDB as reader and writer of Parquet and CSV, loaded on first use: its import costs 100 ms.

SQL here and in its callers is constant text. What comes from outside (paths, column names, values) is passed as
parameter or through the relational API, never pasted into a statement.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import ImportRefused, MindfolioError

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str], None]
"""Takes a line that says what is being done; called by the thread that does it."""

LONGEST_LINE = 1 << 20
"""Bytes in a line of text that holds a quote."""

_GLOB = "*?["
_WRAPPED = re.compile(r'"exception_message":"((?:[^"\\]|\\.)*)"')
_LOST = "reached an invalid state"
_TOLD_EVERY_SECONDS = 5.0
_MEMORY_LIMIT = "512MiB"
"""Of one database; what needs more goes to its spill folder, so that a file of any size is read within a gigabyte."""


def connect(spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A private in-memory database that loads no extension; `spill` is a folder for what does not fit in memory."""
    import duckdb  # noqa: PLC0415 - see the module's first line

    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "threads": 2,
        "memory_limit": _MEMORY_LIMIT,
        "temp_directory": "" if spill is None else str(spill),
    }
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("set enable_progress_bar = true; set enable_progress_bar_print = false")
    return connection


@contextmanager
def failing_as(kind: type[MindfolioError], what: str) -> Iterator[None]:
    """Turn DuckDB's errors inside the block into `kind`, with one line that begins with `what`."""
    import duckdb  # noqa: PLC0415

    try:
        yield
    except duckdb.Error as error:
        raise kind(f"{what}: {one_line(_cause(str(error)))}") from error


def _cause(text: str) -> str:
    """What an error of the database says, without the row that it quotes and the advice about options of its own."""
    if (wrapped := _WRAPPED.search(text)) is not None:
        return wrapped[1].replace('\\"', '"')
    if _LOST in text:
        return "its quotation marks do not match, or its lines end in different ways"
    first, *others = filter(None, map(str.strip, text.splitlines()))
    advice = next((place for place, line in enumerate(others) if line.startswith("Possible")), 0)
    return f"{first}; {others[advice - 1]}" if advice else first


def untold(_: str) -> None:
    """The progress of what takes no time worth a line."""


def execute_telling(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    parameters: object,
    progress: Progress,
    what: str,
) -> duckdb.DuckDBPyConnection:
    """Execute a statement that may take long, and tell every few seconds how far it is; Ctrl-C ends it."""
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(connection.execute, statement, parameters)
        try:
            while True:
                try:
                    return running.result(timeout=_TOLD_EVERY_SECONDS)
                except TimeoutError:
                    if running.done():
                        raise
                    progress(f"{what}: {max(0.0, connection.query_progress()):.0f} %")
        except BaseException:
            connection.interrupt()
            raise


def numbered(count: int) -> tuple[str, ...]:
    """Names of our own for the columns of a file, which may call its columns anything: `column_0`, `column_1`..."""
    return tuple(f"column_{place}" for place in range(count))


def read_cells(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    columns: int,
    *,
    has_header: bool = False,
    is_quoted: bool = True,
    is_ragged: bool = False,
) -> duckdb.DuckDBPyRelation:
    """The rows of a CSV file as texts, in numbered columns, read lazily; `is_ragged`: lines may end early.

    Names and types are given, because DuckDB's own guess skips lines until what is left looks regular. It reads in one
    piece: in parallel it loses a line that is longer than its buffers, without a word.
    """
    return connection.read_csv(
        literal(path),
        columns=dict.fromkeys(numbered(columns), "VARCHAR"),
        header=has_header,
        auto_detect=False,
        sep=",",
        quotechar='"' if is_quoted else "",
        escapechar='"' if is_quoted else "",
        max_line_size=LONGEST_LINE,
        null_padding=is_ragged,
        parallel=False,
        hive_partitioning=False,
    )


def check_text(path: Path, shown: str) -> None:
    """Refuse what `read_cells` would lose without a word, or gather in memory: an open quote, an endless line."""
    place = marks = 0
    with path.open("rb") as file:
        while chunk := file.read(LONGEST_LINE):
            if len(chunk) == LONGEST_LINE and b"\n" not in chunk and b"\r" not in chunk:
                raise ImportRefused(
                    f"{shown}: has a line of more than {LONGEST_LINE:,} bytes (at byte {place:,}), which no table has"
                )
            place += len(chunk)
            marks += chunk.count(b'"')
    if marks % 2:
        raise ImportRefused(f"{shown}: has a quotation mark that is never closed; the rows behind it would be lost")


def with_numbered_columns(
    connection: duckdb.DuckDBPyConnection, relation: duckdb.DuckDBPyRelation
) -> duckdb.DuckDBPyRelation:
    """The relation with its columns renamed by place, still read lazily."""
    relation.create_view("file_rows", replace=True)
    names = ", ".join(numbered(len(relation.columns)))
    connection.execute(f"create or replace view numbered_rows ({names}) as select * from file_rows")  # noqa: S608 - ours
    return connection.view("numbered_rows")


def select_as(
    relation: duckdb.DuckDBPyRelation, columns: Mapping[str, str | None], constants: Mapping[str, str] | None = None
) -> duckdb.DuckDBPyRelation:
    """The relation's columns under other names: {new: old}; None gives the constant of that name, or NULLs.

    The old names are plain identifiers: some versions of DuckDB parse what they are given here.
    """
    import duckdb  # noqa: PLC0415

    given = constants or {}
    chosen = [
        (duckdb.ConstantExpression(given.get(new)) if old is None else duckdb.ColumnExpression(old)).alias(new)
        for new, old in columns.items()
    ]
    return relation.select(*chosen)


def literal(path: Path) -> str:
    """A path as DuckDB's readers take it: absolute, with the characters of its file patterns quoted."""
    return "".join(f"[{char}]" if char in _GLOB else char for char in str(path.absolute()))


def one_line(text: str, limit: int = 200) -> str:
    """Foreign text fit for a message: printable, one line, not too long."""
    shown = "".join(char if char.isprintable() else " " for char in text[: limit + 1]).strip()
    return shown if len(shown) <= limit else f"{shown[:limit]}..."


def shown_path(path: Path) -> str:
    """A path fit for a message."""
    return one_line(str(path), 300)


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if path.is_dir():
        if os.name == "nt":  # Windows cannot open folders; it journals names itself.
            return
        handle = os.open(path, os.O_RDONLY)
    else:
        handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
