"""The sector of each symbol: a table that comes with the program, and a user's own file over it.

GICS sectors of companies; funds are "Broad Market", or the sector that they hold.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from engine.core.errors import MindfolioError
from engine.domain.instrument import OptionContract, parse_instrument

FILE = "sectors.csv"
"""Beside the program's resources, and in a data directory: a header `symbol,sector`, then one symbol a row."""

_HEADER = ["symbol", "sector"]
_LONGEST = 40
_MOST_TOLD = 20


def sectors_of(data_dir: Path) -> Mapping[str, str]:
    """Sector by symbol: the program's table, overridden by `sectors.csv` of a data directory where there is one.

    Raises MindfolioError that names the first bad rows of the user's file, and how many more there are.
    """
    table = dict(shipped_sectors())
    own = data_dir / FILE
    if not own.is_file():
        return table
    try:
        text = own.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise MindfolioError(f"{own} cannot be read: {error}") from error
    rows, problems = read_sectors(text.splitlines())
    if problems:
        more = f"; and {len(problems) - _MOST_TOLD:,} more" if len(problems) > _MOST_TOLD else ""
        raise MindfolioError(f"{own}: {'; '.join(problems[:_MOST_TOLD])}{more}")
    return table | rows


def shipped_sectors() -> Mapping[str, str]:
    """The table that comes with the program."""
    rows, problems = read_sectors((files("resources") / FILE).read_text(encoding="utf-8").splitlines())
    if problems:
        raise MindfolioError(f"the sectors that come with the program: {'; '.join(problems)}")
    return rows


def read_sectors(lines: Iterable[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Sector by symbol of the lines of a table, and what is wrong with each bad row, by number (the header is 1)."""
    rows: dict[str, str] = {}
    problems: list[str] = []
    for number, row in _numbered(csv.reader(lines), problems):
        cells = [cell.strip() for cell in row]
        if number == 1:
            if [cell.lower() for cell in cells] != _HEADER:
                return {}, (f"row 1: the header has to be {','.join(_HEADER)}",)
            continue
        if not any(cells):
            continue
        problem = _problem(cells, rows)
        if problem:
            problems.append(f"row {number}: {problem}")
        else:
            rows[cells[0].upper()] = cells[1]
    return rows, tuple(problems)


def _numbered(rows: Iterator[list[str]], problems: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Rows by number; where the file stops being a table, that is the last problem."""
    number = 0
    try:
        for number, row in enumerate(rows, start=1):
            yield number, row
    except csv.Error as error:
        problems.append(f"row {number + 1}: {error}")


def _problem(cells: list[str], known: Mapping[str, str]) -> str:
    if len(cells) != len(_HEADER):
        return f"{len(cells)} columns where there have to be {len(_HEADER)}"
    symbol, sector = cells[0].upper(), cells[1]
    try:
        is_option = isinstance(parse_instrument(symbol), OptionContract)
    except ValueError:
        is_option = True
    if is_option:
        return f"{cells[0]!r} is no symbol"
    if not sector or len(sector) > _LONGEST:
        return f"the sector of {symbol} is missing" if not sector else f"the sector of {symbol} is too long"
    if not sector.isprintable():
        return f"the sector of {symbol} has a sign that cannot be shown"
    return f"{symbol} is named twice" if symbol in known else ""
