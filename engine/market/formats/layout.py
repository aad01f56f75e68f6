"""What a format is: the names of its columns, their units, and how its rows become cells that the checks read.

Columns are found by header names (`openInterest`, `Open Interest`, `[OPEN_INTEREST]`), never by position.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from engine.core.errors import ImportRefused
from engine.market.duck import one_line, select_as

if TYPE_CHECKING:
    import duckdb

Clock: TypeAlias = Callable[[str], dt.datetime | dt.date | None]
"""When the rows with this text were quoted: a naive time has no zone, a bare date no session; None is no time."""

CELLS = (
    "quoted_at", "symbol", "root", "contract", "expiration", "kind", "strike", "bid", "ask", "bid_size", "ask_size",
    "last", "volume", "open_interest", "spot", "iv", "delta", "nonstandard",
)  # fmt: skip
"""What is known of a row, as text. `contract` is an OCC symbol, which may stand for expiration, kind and strike;
`nonstandard` is anything where the contract delivers something else than a hundred shares."""

AS_THEY_ARE = "select * from source_rows"

_NUMBERS = frozenset(
    {"strike", "bid", "ask", "bid_size", "ask_size", "last", "volume", "open_interest", "spot", "iv", "delta"}
)
_DATES = frozenset({"quoted_at", "expiration"})
_TEXT = "VARCHAR"
_DATE = "VARCHAR|DATE|TIMESTAMP.*|U?(BIGINT|INTEGER)"
_NUMBER = r"VARCHAR|FLOAT|DOUBLE|DECIMAL.*|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER"


@dataclass(frozen=True, slots=True)
class Format:
    """One vendor's layout.

    `required` and `optional` give the header spellings of each column; those that are no cell themselves are there for
    `cells`, constant SQL that makes cells of `source_rows` (their columns, as text, with `line`, the row's number).
    """

    source: str
    required: Mapping[str, Sequence[str]]
    clock: Clock
    optional: Mapping[str, Sequence[str]] = field(default_factory=dict)
    cells: str = AS_THEY_ARE
    note: str = ""
    """What people should know of what was assumed."""
    strike_scale: int = 1
    """Units of the strike in a dollar."""
    price_scale: int = 1
    """Units of every price in a dollar."""
    lax_counts: bool = False
    """Whether a volume or open interest that is no count is left out, instead of the row."""
    last_only: bool = False
    """Whether it has no bids and asks: the last trades are kept as that, and are never taken for quotes."""
    ragged: bool = False
    """Whether lines may end early, like the footer of a page's export."""
    facts: Callable[[str, str, str | None], dict[str, str]] | None = None
    """Cells that only the file's name tells, from that name, where the file lies, and the symbol that was given."""
    refused: str = ""
    """Why rows of this layout are known and still not taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A file's rows. `names` are its headers, in the order of the relation's columns, which are numbered.

    `name` is the file's own name, `shown` says where it lies, for messages; `symbol` is what a person says that it is
    of, where nothing else tells.
    """

    name: str
    shown: str
    names: tuple[str, ...]
    rows: duckdb.DuckDBPyRelation
    symbol: str | None = None


def plain(name: str) -> str:
    """A header without what writers vary: case, spaces, brackets, underscores."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def missing_columns(layout: Format, names: Sequence[str]) -> tuple[str, ...]:
    """The columns that a layout needs and these headers lack, as its vendor spells them."""
    there = {plain(name) for name in names}
    return tuple(spellings[0] for spellings in layout.required.values() if there.isdisjoint(map(plain, spellings)))


def layout_of(layouts: Sequence[Format], names: Sequence[str], shown: str) -> Format:
    """The first layout that these headers have. Raises ImportRefused, naming what the closest one lacks."""
    lacking = [(missing_columns(layout, names), layout) for layout in layouts]
    for missing, layout in lacking:
        if not missing:
            return layout
    missing, closest = min(lacking, key=lambda pair: len(pair[0]) / len(pair[1].required))
    raise ImportRefused(
        f"{shown}: not a known format of option chains; missing columns: {', '.join(missing)} (of the closest format, "
        f"{closest.source})"
    )


def find_columns(layout: Format, table: Table) -> dict[str, str | None]:
    """Which of the table's columns is which of the layout's; None for one that is absent.

    Raises ImportRefused when columns are ambiguous or of a type that cannot be theirs.
    """
    spelled = [plain(name) for name in table.names]
    types = [str(kind) for kind in table.rows.types]
    found: dict[str, str | None] = dict.fromkeys(CELLS)
    for column, spellings in {**layout.required, **layout.optional}.items():
        wanted = {plain(spelling) for spelling in spellings}
        places = [place for place, name in enumerate(spelled) if name in wanted]
        if len(places) > 1:
            rivals = " and ".join(one_line(table.names[place], 40) for place in places)
            raise ImportRefused(f"{table.shown}: columns {rivals} have the same meaning; remove all but one")
        if not places:
            found[column] = None
            continue
        place = places[0]
        if not re.fullmatch(_types_of(column), types[place]):
            raise ImportRefused(f"{table.shown}: column {table.names[place]} has the wrong type ({types[place]})")
        found[column] = table.rows.columns[place]
    return found


def select_cells(
    connection: duckdb.DuckDBPyConnection, layout: Format, table: Table, columns: Mapping[str, str | None]
) -> None:
    """Make the view `cells`: the rows as text, whose `row_no` is unlike any other's and `line` the row's number."""
    facts = layout.facts(table.name, table.shown, table.symbol) if layout.facts is not None else {}
    select_as(table.rows, columns, facts).create_view("file_cells", replace=True)
    connection.execute(_MACROS)
    connection.execute(_SOURCE_ROWS)
    connection.execute(f"create or replace temp view cells as {layout.cells}")


def _types_of(column: str) -> str:
    if column in _NUMBERS:
        return _NUMBER
    return _DATE if column in _DATES else f"{_TEXT}|{_DATE}|{_NUMBER}" if column not in CELLS else _TEXT


# Everything is read as text first: `cell` is a cell's text, NULL where the saver wrote nothing. Words are compared one
# by one: DuckDB plans a list of them at length, and for every column.
_NOTHING = ("", "nan", "nat", "none", "null", "na", "n/a", "<na>")
CELL_MACRO = "create or replace temp macro cell(x) as case lower(trim(x::varchar)) {} else trim(x::varchar) end".format(
    " ".join(f"when '{word}' then null" for word in _NOTHING)
)
_MACROS = f"""
    {CELL_MACRO};
    create or replace temp macro positive(x) as case when try_cast(x as double) > 0 then x end;
    create or replace temp macro middle(a, b) as
        case when try_cast(a as double) > 0 and try_cast(b as double) > 0
             then ((try_cast(a as double) + try_cast(b as double)) / 2)::varchar end;
    create or replace temp macro ungrouped(x) as
        case when regexp_full_match(x, '-?\\d{{1,3}}(,\\d{{3}})+([.]\\d+)?') then replace(x, ',', '') else x end;
"""
_SOURCE_ROWS = """
    create or replace temp view source_rows as
    select row_number() over () as line, line as row_no, cell(columns(*)) from file_cells
"""
