"""What a file is, by its first bytes and its header line: a format that can be read, or the reason why it cannot."""

from __future__ import annotations

import csv
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import ImportRefused
from engine.market.duck import check_text, literal, read_cells, shown_path, with_numbered_columns
from engine.market.formats.containers import Container, container_of
from engine.market.formats.layout import Format, Table, layout_of, plain
from engine.market.formats.times import day_of, stamped
from engine.market.formats.vendors import FORMATS, RECORDED_QUOTES

if TYPE_CHECKING:
    import duckdb

_HEAD_BYTES = 65_536
_MOST_COLUMNS = 500
_FEW_ROWS = 1_000_000
_MOST_ROWS_A_BYTE = 2
"""A quote's two prices take a byte at least, whatever packs them."""
_PARQUET_MAGIC = b"PAR1"
_OTHERS = {
    b"version https://git-lfs.github.com/spec/": "is a Git-LFS pointer, not the data; run `git lfs pull` where it came "
    "from",
    b"<": "is a web page or XML, not data; download the file itself",
    b"7z\xbc\xaf": "is a 7z archive; unpack it first",
    b"Rar!": "is a rar archive; unpack it first",
    b"\xfd7zXZ": "is an xz archive; unpack it first",
    b"BZh": "is a bzip2 archive; unpack it first",
    b"\x28\xb5\x2f\xfd": "is a zstd archive; unpack it first",
    b"MZ": "is a program, not data",
    b"\x7fELF": "is a program, not data",
    b"\xcf\xfa\xed\xfe": "is a program, not data",
    b"\xca\xfe\xba\xbe": "is a program, not data",
    b"#!": "is a program, not data",
    b"%PDF": "is a PDF document; save the data as CSV",
    b"SQLite format 3\0": "is a database; save its table of chains as CSV or Parquet",
    b"\x89HDF": "is an HDF5 file; save its table of chains as CSV or Parquet",
    b"\xd0\xcf\x11\xe0": "is a workbook; save it as CSV",
}
_PICKLE = re.compile(rb"\x80[\x02-\x05][\x8c\x95}\](cq.]", re.DOTALL)
_OLD_PICKLE = re.compile(rb"(\(dp\d|\(lp\d|c[a-z_.]+\n[A-Za-z_]+\n)")
_LEAN_TIME = re.compile(r"\d{8} \d{2}:\d{2}")
_OCC_TAIL = re.compile(r"\s*\d{6}[CP]\d{8}")

_DATES = frozenset({"date", "datetime", "time", "timestamp", "day"})
_PRICES = frozenset({"open", "high", "low", "close"})


def head_of(path: Path) -> bytes:
    """The first bytes of a file that may be data. Raises ImportRefused for everything that cannot be."""
    return _checked_head(path, shown_path(path))


def layout_and_table(connection: duckdb.DuckDBPyConnection, path: Path, name: str, shown: str) -> tuple[Format, Table]:
    """The format and the rows of a Parquet or CSV file called `name`, which lies at `path`.

    Raises ImportRefused for one that cannot be read or is of no format we know.
    """
    head = _checked_head(path, shown)
    if container_of(head) is not Container.NONE:
        raise ImportRefused(f"{shown}: is an archive inside of an archive; unpack it first")
    if head.startswith(_PARQUET_MAGIC):
        rows = _parquet(connection, path, shown)
        names = tuple(rows.columns)
        _check_rows(rows, path, shown)
        return _known(names, shown), Table(name, shown, names, with_numbered_columns(connection, rows))
    names = _first_line(path, shown)
    check_text(path, shown)
    has_header = not _is_recorded_quote(names)
    layout = _known(names, shown) if has_header else RECORDED_QUOTES
    rows = read_cells(connection, path, len(names), has_header=has_header, is_ragged=layout.ragged)
    return layout, Table(name, shown, names if has_header else tuple(RECORDED_QUOTES.required), rows)


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path, shown: str) -> duckdb.DuckDBPyRelation:
    try:
        return connection.read_parquet(literal(path), hive_partitioning=False)
    except RuntimeError as error:  # What the library says of a column's name that is no text.
        raise ImportRefused(f"{shown}: cannot be read: its column names are not text in UTF-8") from error


def _check_rows(rows: duckdb.DuckDBPyRelation, path: Path, shown: str) -> None:
    """Refuse a Parquet file that says one thing a billion times. The number of rows stands in its footer."""
    count, size = rows.aggregate("count(*)").fetchall()[0][0], path.stat().st_size
    if count > max(_FEW_ROWS, _MOST_ROWS_A_BYTE * size):
        raise ImportRefused(f"{shown}: holds {count:,} rows in {size:,} bytes, which no recorded quotes do")


def _checked_head(path: Path, shown: str) -> bytes:
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
    if container_of(head) is not Container.NONE:
        is_workbook = b"[Content_Types].xml" in head or b"xl/workbook" in head
        return "is a workbook; save it as CSV" if is_workbook else None
    text = head.removeprefix(b"\xef\xbb\xbf").strip()
    is_pickle = _PICKLE.match(head) or _OLD_PICKLE.match(head)
    is_endless = len(head) == _HEAD_BYTES and b"\n" not in head and b"\r" not in head
    causes = (
        ("" if text else "is empty"),
        *(what for magic, what in _OTHERS.items() if text.startswith(magic)),
        ("is a Python pickle, which could run anything; save its table as CSV or Parquet" if is_pickle else ""),
        ("is neither Parquet nor CSV text in UTF-8" if b"\0" in head else ""),
        (f"has a first line of more than {_HEAD_BYTES:,} bytes, which no table of chains has" if is_endless else ""),
    )
    return next(filter(None, causes), None)


def _first_line(path: Path, shown: str) -> tuple[str, ...]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return tuple(next(csv.reader([file.readline(_HEAD_BYTES)], strict=True)))
    except UnicodeDecodeError as error:
        raise ImportRefused(f"{shown}: is neither Parquet nor CSV text in UTF-8") from error
    except (OSError, csv.Error, StopIteration) as error:
        raise ImportRefused(f"{shown}: the header line cannot be read as CSV: {error}") from error


def _known(names: Sequence[str], shown: str) -> Format:
    if len(names) > _MOST_COLUMNS:
        raise ImportRefused(f"{shown}: has {len(names):,} columns, which no table of chains has")
    if _is_bars(names):
        raise ImportRefused(f"{shown}: holds prices of an underlying (open, high, low, close), not of its options")
    layout = layout_of(FORMATS, names, shown)
    if layout.refused:
        raise ImportRefused(f"{shown}: {layout.source}: {layout.refused}")
    return layout


def _is_bars(names: Sequence[str]) -> bool:
    """Whether these headers, or the cells of a first line without one, are of an underlying's bars."""
    spelled = {plain(name) for name in names}
    if spelled >= _PRICES and not _DATES.isdisjoint(spelled) and spelled.isdisjoint({"strike", "msofday", "right"}):
        return True
    return len(names) == 6 and bool(_LEAN_TIME.fullmatch(names[0])) and all(map(_is_number, names[1:]))


def _is_recorded_quote(cells: Sequence[str]) -> bool:
    """Whether a first line is itself a quote: time, underlying, OCC symbol, title, strike, bid, ask."""
    if len(cells) != len(RECORDED_QUOTES.required) or stamped(cells[0]) is None or day_of(cells[0]) is None:
        return False
    underlying, contract = cells[1].strip(), cells[2].strip()
    is_its_own = bool(underlying) and contract.startswith(underlying) and all(map(_is_number, cells[4:]))
    return is_its_own and _OCC_TAIL.fullmatch(contract.removeprefix(underlying)) is not None


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*\d{1,15}(\.\d{1,15})?\s*", text) is not None
