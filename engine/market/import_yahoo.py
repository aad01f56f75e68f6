"""Saved yfinance option chains: the vendor's columns with what every saver adds (when, of what, expiration, spot).

Columns are found by name, however it is written (`openInterest`, `Open Interest`), never by position. Prices are taken
from their shortest decimal text, so 2.13 stored as a 32-bit float is 2.1300 dollars, as it was quoted.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.calendar import market_day
from engine.core.clock import epoch_us
from engine.core.errors import ImportRefused
from engine.market.duck import one_line, select_as, shown_path

if TYPE_CHECKING:
    import duckdb

SOURCE = "yfinance"


@dataclass(frozen=True, slots=True)
class _Column:
    """A column we read: the spelling shown to users, others seen in saved files, and the types it may have."""

    name: str
    spellings: tuple[str, ...]
    types: str
    optional: bool = False


_TEXT = "VARCHAR"
_DATE = "VARCHAR|DATE|TIMESTAMP.*"
_NUMBER = r"VARCHAR|FLOAT|DOUBLE|DECIMAL.*|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER"

_COLUMNS = (
    _Column(
        "quoted_at",
        ("snapshot_et", "snapshot", "snapshot_time", "snapshot_at", "snapshot_ts", "snapshot_timestamp"),
        _TEXT,
    ),
    _Column("symbol", ("ticker", "symbol"), _TEXT),
    _Column("expiration", ("expiration", "expiry", "expirationDate"), _DATE),
    _Column("kind", ("type", "optionType"), _TEXT),
    _Column("strike", ("strike",), _NUMBER),
    _Column("bid", ("bid",), _NUMBER),
    _Column("ask", ("ask",), _NUMBER),
    _Column("volume", ("volume",), _NUMBER),
    _Column("open_interest", ("openInterest",), _NUMBER),
    _Column("spot", ("spot_price", "spot", "S", "stockPrice", "underlyingPrice"), _NUMBER),
    _Column("contract_size", ("contractSize",), _TEXT, optional=True),
)

# Everything is read as text first. `cell`: a cell's text, NULL where the saver wrote nothing. `units`: the number in a
# text x 10,000 as integer, NULL where it is none (a decimal of 18 digits holds neither infinity nor an absurd size).
_MACROS = """
    create or replace temp macro cell(x) as
        case when lower(trim(x::varchar)) not in ('', 'nan', 'nat', 'none', 'null', 'na', 'n/a', '<na>')
             then trim(x::varchar) end;
    create or replace temp macro units(x) as (try_cast(x as decimal(18, 4)) * 10000)::bigint;
    create or replace temp macro unreadable(x) as x is not null and units(x) is null;
    create or replace temp macro side(x) as
        case lower(x) when 'call' then 'C' when 'c' then 'C' when 'put' then 'P' when 'p' then 'P' end;
"""

_CELLS = """
    create or replace temp table cells as
    select row_number() over () as row_no, cell(quoted_at) as quoted_at, cell(symbol) as symbol,
           cell(expiration) as expiration, cell(kind) as kind, cell(strike) as strike,
           cell(bid) as bid, cell(ask) as ask, cell(volume) as volume, cell(open_interest) as open_interest,
           cell(spot) as spot, lower(cell(contract_size)) as contract_size
    from source_rows
"""

_DISTINCT_TIMES = "select distinct quoted_at from cells where quoted_at is not null order by quoted_at"
_INSTANTS = """
    create or replace temp table instants as
    select unnest(?::varchar[]) as text, unnest(?::bigint[]) as at, unnest(?::date[]) as market_day
"""

# Per column: its cells that hold something, those of them that can be read, and one of them to show.
_READABLE = """
    select 'expiration', count(expiration), count(try_cast(expiration as date)), min(expiration) from cells union all
    select 'kind', count(kind), count(side(kind)), min(kind) from cells union all
    select 'strike', count(strike), count(units(strike)), min(strike) from cells union all
    select 'bid', count(bid), count(units(bid)), min(bid) from cells union all
    select 'ask', count(ask), count(units(ask)), min(ask) from cells union all
    select 'volume', count(volume), count(units(volume)), min(volume) from cells union all
    select 'open_interest', count(open_interest), count(units(open_interest)), min(open_interest) from cells union all
    select 'spot', count(spot), count(units(spot)), min(spot) from cells
"""

# The first reason that applies is the one that counts. 4294967295 is the largest strike a contract key can hold;
# 10^10 is a million dollars a share.
_CHECK = """
    create or replace temp table checked as
    with parsed as (
        select row_no, instants.at as quoted_at, instants.market_day, upper(symbol) as symbol,
               try_cast(expiration as date) as expiration, side(kind) as "right", units(strike) as strike,
               units(bid) as bid, units(ask) as ask, units(spot) as spot,
               units(volume) as volume, units(open_interest) as open_interest,
               unreadable(bid) or unreadable(ask) as unreadable_price,
               unreadable(volume) or unreadable(open_interest) as unreadable_count,
               contract_size
        from cells left join instants on cells.quoted_at = instants.text
    )
    select * exclude (market_day, unreadable_price, unreadable_count, contract_size),
           year(market_day) as year,
           case
               when quoted_at is null then 'no quote time'
               when symbol is null or not regexp_full_match(symbol, '\\^?[A-Z][A-Z0-9.-]{0,11}') then 'no symbol'
               when expiration is null or expiration not between date '1973-01-01' and date '2199-12-31'
                   then 'no expiration'
               when "right" is null then 'neither call nor put'
               when strike is null or strike not between 1 and 4294967295 then 'no strike'
               when expiration < market_day then 'expired before the quote'
               when spot is null or spot not between 1 and 10000000000 then 'no underlying price'
               when bid < 0 or ask < 0 then 'negative price'
               when unreadable_price or bid > 10000000000 or ask > 10000000000 then 'price is not a number'
               when unreadable_count or volume < 0 or open_interest < 0
                   or volume % 10000 <> 0 or open_interest % 10000 <> 0 then 'volume or open interest is not a count'
               when contract_size <> 'regular' then 'adjusted contract'
           end as reason
    from parsed
"""

_REPEATS = """
    create or replace temp table repeats as
    select symbol, quoted_at, expiration, "right", strike, min(row_no) as first_row,
           count(distinct (bid, ask, volume, open_interest, spot)) > 1 as contradict
    from checked where reason is null
    group by symbol, quoted_at, expiration, "right", strike
    having count(*) > 1
"""
_REJECT_REPEATS = """
    update checked
    set reason = case when repeats.contradict then 'rows that contradict each other' else 'repeated row' end
    from repeats
    where checked.reason is null
      and checked.symbol = repeats.symbol and checked.quoted_at = repeats.quoted_at
      and checked.expiration = repeats.expiration and checked."right" = repeats."right"
      and checked.strike = repeats.strike
      and (repeats.contradict or checked.row_no <> repeats.first_row)
"""

_INCOMING = """
    insert into incoming
    select row_no, symbol, year, quoted_at, expiration, "right", strike, bid, ask,
           volume // 10000, open_interest // 10000, spot, ?
    from checked where reason is null
"""
_REJECTED = "select reason, count(*), min(row_no) from checked where reason is not null group by reason order by reason"
_ROW = """
    select quoted_at, symbol, expiration, kind, strike, bid, ask, spot from cells where row_no = ?
"""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A file's rows. `names` are its headers, in the order of the relation's columns, which are numbered."""

    path: Path
    names: tuple[str, ...]
    rows: duckdb.DuckDBPyRelation


def find_columns(table: Table) -> dict[str, str | None]:
    """Which of the table's columns is which of ours; None for an optional one that is absent.

    Raises ImportRefused when columns are missing, ambiguous or of a type that cannot be theirs.
    """
    spelled = [_plain(name) for name in table.names]
    types = [str(kind) for kind in table.rows.types]
    found: dict[str, str | None] = {}
    missing: list[str] = []
    for column in _COLUMNS:
        wanted = {_plain(spelling) for spelling in column.spellings}
        places = [place for place, name in enumerate(spelled) if name in wanted]
        if len(places) > 1:
            rivals = " and ".join(one_line(table.names[place], 40) for place in places)
            raise ImportRefused(f"{shown_path(table.path)}: columns {rivals} have the same meaning; remove all but one")
        if not places:
            found[column.name] = None
            if not column.optional:
                missing.append(column.spellings[0])
            continue
        place = places[0]
        if not re.fullmatch(column.types, types[place]):
            raise ImportRefused(
                f"{shown_path(table.path)}: column {table.names[place]} has the wrong type ({types[place]})"
            )
        found[column.name] = table.rows.columns[place]
    if missing:
        raise ImportRefused(
            f"{shown_path(table.path)}: not a known format of option chains; missing columns: {', '.join(missing)}"
        )
    return found


def fill_incoming(connection: duckdb.DuckDBPyConnection, table: Table) -> dict[str, tuple[int, int]]:
    """Check every row and put the valid ones into `incoming`; returns {reason: (rejected rows, the first of them)}.

    Raises ImportRefused when a column as a whole does not hold what its name says.
    """
    columns = find_columns(table)
    select_as(table.rows, columns).create_view("source_rows", replace=True)
    connection.execute(_MACROS)
    connection.execute(_CELLS)
    _read_instants(connection, table.path)
    headers = dict(zip(table.rows.columns, table.names, strict=True))
    for name, filled, readable, shown in connection.execute(_READABLE).fetchall():
        if filled and not readable:
            header = one_line(headers[columns[name] or ""], 40)
            raise ImportRefused(f"{shown_path(table.path)}: column {header} cannot be read: {one_line(shown, 40)!r}")
    connection.execute(_CHECK)
    connection.execute(_REPEATS)
    connection.execute(_REJECT_REPEATS)
    connection.execute(_INCOMING, [f"{SOURCE} {table.path.name}"])
    return {reason: (count, first) for reason, count, first in connection.execute(_REJECTED).fetchall()}


def row_text(connection: duckdb.DuckDBPyConnection, row_no: int) -> str:
    """One row of the table that was filled in last, as an example for people."""
    at, symbol, expiration, kind, strike, bid, ask, spot = connection.execute(_ROW, [row_no]).fetchall()[0]
    return one_line(f"row {row_no}: {at}, {symbol} {expiration} {kind} {strike}, bid {bid}, ask {ask}, spot {spot}")


def _read_instants(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Fill `instants` with every quote time that can be read. Raises ImportRefused when one has no UTC offset."""
    texts = [str(row[0]) for row in connection.execute(_DISTINCT_TIMES).fetchall()]
    times = {text: at for text in texts if (at := _instant(text)) is not None}
    if texts and not times:
        raise ImportRefused(f"{shown_path(path)}: no snapshot time can be read: {one_line(texts[0], 40)!r}")
    for text, at in times.items():
        if at.tzinfo is None:
            raise ImportRefused(f"{shown_path(path)}: snapshot time {one_line(text, 40)!r} has no UTC offset")
    days: Iterable[dt.date] = map(market_day, times.values())
    connection.execute(_INSTANTS, [list(times), [epoch_us(at) for at in times.values()], list(days)])


def _instant(text: str) -> dt.datetime | None:
    """A quote time as savers write it: ISO with a space or T, offset as -0400 or -04:00. None when it is none."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if 1973 <= at.year < 2200 else None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
