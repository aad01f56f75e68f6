"""One set of checks for every format: cells in, valid rows into `incoming`, every other row counted by its reason."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.core.calendar import market_day
from engine.core.clock import epoch_us
from engine.core.errors import ImportRefused
from engine.market.duck import one_line
from engine.market.formats.layout import Format, Table, find_columns, select_cells
from engine.market.formats.spot import imply_spots
from engine.market.history_staging import Staging

if TYPE_CHECKING:
    import duckdb

# `units`: the number in a text x 10,000 as integer, NULL where it is none (a decimal of 14 digits holds neither
# infinity nor an absurd size, and 10,000 times it is one of 18). An OCC symbol ends in yymmdd, C or P, and the
# strike in thousandths.
_MACROS = """
    create or replace temp macro units(x) as (try_cast(x as decimal(14, 4)) * 10000)::bigint;
    create or replace temp macro unreadable(x) as x is not null and units(x) is null;
    create or replace temp macro count_of(x) as
        case when units(x) >= 0 and units(x) % 10000 = 0 then units(x) // 10000 end;
    create or replace temp macro side(x) as
        case lower(x) when 'call' then 'C' when 'c' then 'C' when 'put' then 'P' when 'p' then 'P' end;
    create or replace temp macro day(x) as
        coalesce(try_cast(x as date), try_strptime(x, ['%m/%d/%Y', '%Y%m%d', '%d%b%Y'])::date);
    create or replace temp macro occ_root(x) as regexp_replace(rtrim(x[:-16]), '^O:', '');
    create or replace temp macro occ_day(x) as try_strptime('20' || x[-15:-10], '%Y%m%d')::date;
    create or replace temp macro occ_strike(x) as try_cast(x[-8:] as bigint) * 10;
"""

# What the columns hold as a whole: their cells that hold something, those that can be read, one of them to show.
_SURVEYED = ("expiration", "kind", "strike", "bid", "ask", "volume", "open_interest", "spot")
_READERS = {"expiration": "day", "kind": "side"}
_SURVEY = "select list(distinct quoted_at), {} from cells".format(  # noqa: S608 - constants
    ", ".join(f"count({name}), count({_READERS.get(name, 'units')}({name})), min({name})" for name in _SURVEYED)
)
_INSTANTS = """
    create or replace temp table instants as
    select unnest(?::varchar[]) as text, unnest(?::bigint[]) as instant, unnest(?::date[]) as market_day
"""

# Index options that settle in the afternoon have a root of their own, and may share a date and strike with those of
# the morning: they are an underlying of their own here. A price is at most a million dollars a share, which is 10^10
# units; 4294967295 is the largest strike that a contract key can hold. The first reason that applies is the one that
# counts. A volatility outside of 0.005 to 5 is a vendor's way of saying that there is none.
_PARSE = """
    create or replace temp table parsed as
    with timed as (
        select cells.*, instants.instant, instants.market_day,
               ltrim(upper(coalesce(symbol, occ_root(contract))), '^') as underlying,
               upper(coalesce(root, occ_root(contract))) as class
        from cells left join instants on cells.quoted_at = instants.text
    ),
    typed as (
        select row_no, line, instant, market_day,
               case when class in ('SPXW', 'NDXP', 'RUTW', 'VIXW') then class else underlying end as symbol,
               coalesce(day(expiration), occ_day(contract)) as expiration,
               coalesce(side(kind), side(contract[-9:-9])) as "right",
               coalesce(units(strike) // $strike_scale, occ_strike(contract)) as strike,
               units(bid) // $price_scale as bid, units(ask) // $price_scale as ask,
               count_of(bid_size) as bid_size, count_of(ask_size) as ask_size,
               units(last) // $price_scale as last,
               count_of(volume) as volume, count_of(open_interest) as open_interest,
               units(spot) // $price_scale as spot,
               try_cast(iv as double) as iv, try_cast(delta as double) as delta,
               unreadable(bid) or unreadable(ask) as unreadable_price,
               not $lax_counts and ((volume is not null and count_of(volume) is null)
                   or (open_interest is not null and count_of(open_interest) is null)) as unreadable_count,
               nonstandard is not null
                   or (class[-1:] between '0' and '9' and (symbol is null or class[:-2] = underlying)) as is_adjusted,
               quoted_at as at_text, coalesce(symbol, contract) as symbol_text,
               coalesce(expiration, contract) as day_text, kind as kind_text, strike as strike_text,
               bid as bid_text, ask as ask_text, spot as spot_text
        from timed
    ),
    judged as (
        select *,
               case
                   when instant is null then if(market_day is null, 'no quote time', 'not a trading day')
                   when symbol is null or not regexp_full_match(symbol, '[A-Z][A-Z0-9.-]{0,11}') then 'no symbol'
                   when expiration is null or expiration not between date '1973-01-01' and date '2199-12-31'
                       then 'no expiration'
                   when "right" is null then 'neither call nor put'
                   when strike is null or strike not between 1 and 4294967295 then 'no strike'
                   when expiration < market_day then 'expired before the quote'
                   when bid < 0 or ask < 0 then 'negative price'
                   when unreadable_price or bid > 10000000000 or ask > 10000000000 then 'price is not a number'
                   when unreadable_count then 'volume or open interest is not a count'
                   when is_adjusted then 'adjusted contract'
               end as reason
        from typed
    )
    select row_no, line, symbol, year(market_day)::integer as year, market_day, instant as quoted_at, expiration,
           "right", strike, bid, ask, volume, open_interest,
           case when spot between 1 and 10000000000 then spot end as spot, bid_size, ask_size,
           case when last between 1 and 10000000000 then last end as last,
           case when iv > 0.005 and iv < 5 then iv end as iv,
           case when abs(delta) <= 1 then delta end as delta,
           reason,
           case when reason is not null
                then 'row ' || line || ': ' || concat_ws(', ', coalesce(at_text, 'None'), concat_ws(' ',
                     coalesce(symbol_text, 'None'), coalesce(day_text, 'None'), coalesce(kind_text, 'None'),
                     coalesce(strike_text, 'None')), 'bid ' || coalesce(bid_text, 'None'),
                     'ask ' || coalesce(ask_text, 'None'), 'spot ' || coalesce(spot_text, 'None')) end as shown
    from judged
"""
_JUDGED = """
    create or replace temp view judged as
    select parsed.* replace (
               coalesce(parsed.spot, implied.spot) as spot,
               coalesce(reason, case when coalesce(parsed.spot, implied.spot) is null then 'no underlying price' end)
                   as reason)
    from parsed left join implied using (symbol, quoted_at)
"""

_REPEATS = """
    create or replace temp table repeats as
    with repeated as (
        select symbol, quoted_at, expiration, "right", strike, min(row_no) as first_row
        from judged where reason is null
        group by symbol, quoted_at, expiration, "right", strike
        having count(*) > 1
    )
    select row_no, first_row, count(distinct (bid, ask, volume, open_interest, spot)) over (partition by first_row) > 1
               as contradict
    from judged join repeated using (symbol, quoted_at, expiration, "right", strike)
    where reason is null
"""
_INCOMING = """
    insert into incoming by name
    select judged.* exclude (line, market_day, reason, shown), ? as source
    from judged left join repeats using (row_no)
    where reason is null and (first_row is null or (row_no = first_row and not contradict))
"""
_TOLD = """
    create or replace temp macro told(line, quoted_at, symbol, expiration, side, strike, bid, ask, spot) as
        'row ' || line || ': ' || strftime(make_timestamp(quoted_at), '%Y-%m-%d %H:%M:%S UTC') || ', ' || symbol
        || ' ' || expiration || ' ' || side || ' ' || strike / 10000 || ', bid ' || coalesce((bid / 10000)::varchar,
        'None') || ', ask ' || coalesce((ask / 10000)::varchar, 'None') || ', spot '
        || coalesce((spot / 10000)::varchar, 'None');
"""
_REJECTED = """
    with refused as (
        select row_no, reason, coalesce(shown, told(line, quoted_at, symbol, expiration, "right", strike, bid, ask,
               spot)) as shown
        from judged where reason is not null
        union all
        select row_no, if(contradict, 'rows that contradict each other', 'repeated row'),
               told(line, quoted_at, symbol, expiration, "right", strike, bid, ask, spot)
        from judged join repeats using (row_no) where contradict or row_no <> first_row
    )
    select reason, count(*), arg_min(shown, row_no) from refused group by reason order by reason
"""
_ROW = """
    select told(line, quoted_at, symbol, expiration, "right", strike, bid, ask, spot) from judged where row_no = ?
"""


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a table's rows: {reason: (rejected rows, an example)}; all others are in `incoming`."""

    read: int
    rejected: dict[str, tuple[int, str]]
    spots_implied: int


def fill_incoming(stage: Staging, layout: Format, table: Table) -> Checked:
    """Check every row and put the valid ones into `incoming`.

    Raises ImportRefused when a column as a whole does not hold what its name says.
    """
    connection = stage.connection
    columns = find_columns(layout, table)
    select_cells(connection, layout, table, columns)
    connection.execute(_MACROS)
    _survey(stage, layout, table, columns)
    scales = {
        "strike_scale": layout.strike_scale,
        "price_scale": layout.price_scale,
        "lax_counts": layout.lax_counts,
    }
    stage.run(f"checking {table.shown}", _PARSE, scales)
    implied = imply_spots(connection, stage.find_recorded_spots, last_only=layout.last_only)
    for statement in (_JUDGED, _TOLD):
        connection.execute(statement)
    stage.run(f"looking for repeated rows in {table.shown}", _REPEATS)
    stage.run(f"taking the rows of {table.shown}", _INCOMING, [f"{layout.source} {table.name}"])
    rejected = connection.execute(_REJECTED).fetchall()
    read = connection.execute("select count(*) from parsed").fetchall()[0][0]
    return Checked(read, {reason: (count, one_line(shown)) for reason, count, shown in rejected}, implied)


def row_text(connection: duckdb.DuckDBPyConnection, row_no: int) -> str:
    """One row of the table that was checked last, as an example for people."""
    return one_line(connection.execute(_ROW, [row_no]).fetchall()[0][0])


def _survey(stage: Staging, layout: Format, table: Table, columns: dict[str, str | None]) -> None:
    """Fill `instants` with every quote time that can be read. Raises ImportRefused for a column that cannot be."""
    texts, *figures = stage.run(f"reading {table.shown}", _SURVEY).fetchall()[0]
    _read_instants(stage.connection, layout, table, sorted(text for text in texts or () if text is not None))
    headers = dict(zip(table.rows.columns, table.names, strict=True))
    for place, name in enumerate(_SURVEYED):
        filled, readable, shown = figures[3 * place : 3 * place + 3]
        if filled and not readable:
            header = one_line(headers.get(columns[name] or "", name), 40)
            raise ImportRefused(f"{table.shown}: column {header} cannot be read: {one_line(shown, 40)!r}")


def _read_instants(connection: duckdb.DuckDBPyConnection, layout: Format, table: Table, texts: list[str]) -> None:
    times = {text: at for text in texts if (at := layout.clock(text)) is not None}
    if texts and not times:
        raise ImportRefused(f"{table.shown}: no snapshot time can be read: {one_line(texts[0], 40)!r}")
    for text, at in times.items():
        if isinstance(at, dt.datetime) and at.tzinfo is None:
            raise ImportRefused(f"{table.shown}: snapshot time {one_line(text, 40)!r} has no UTC offset")
    instants = [epoch_us(at) if isinstance(at, dt.datetime) else None for at in times.values()]
    days = [market_day(at) if isinstance(at, dt.datetime) else at for at in times.values()]
    connection.execute(_INSTANTS, [list(times), instants, days])
