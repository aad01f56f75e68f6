"""The price of an underlying that a file leaves out, from its options: put-call parity near the money.

A call less a put at one strike is worth the share less the strike. Interest and dividends up to the nearest expiration
are left out (a tenth of a percent, mostly), so that the price is the market's own and needs no curve. Where no call has
its put beside it, a contract whose delta is 1 or -1 stands alone: its other side is worth nothing. A snapshot that is
recorded already keeps the price that is recorded with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_SPOTLESS = """
    create or replace temp table spotless as
    select symbol, year, quoted_at from parsed where reason is null
    group by symbol, year, quoted_at having count(spot) = 0
"""
# The five pairs nearest the money, narrow ones first, of the nearest expiration that has three; else of the nearest.
_IMPLIED = """
    create or replace temp table implied as
    with priced as (
        select symbol, quoted_at, expiration, "right", strike, delta,
               case when $last_only then last when bid > 0 and ask >= bid then (bid + ask) / 2 end as middle,
               case when $last_only then 0 else ask - bid end as width
        from parsed semi join spotless using (symbol, quoted_at)
        where reason is null
    ),
    pairs as (
        select symbol, quoted_at, expiration, strike,
               max(middle) filter ("right" = 'C') - max(middle) filter ("right" = 'P') as difference,
               sum(width) as width
        from priced where middle is not null
        group by symbol, quoted_at, expiration, strike
        having difference is not null
    ),
    by_expiration as (
        select symbol, quoted_at, expiration, count(*) < 3 as is_thin,
               list_aggregate(arg_min(strike + difference, abs(difference) + width, 5), 'median') as spot
        from pairs
        group by symbol, quoted_at, expiration
    ),
    alone as (
        select symbol, quoted_at, expiration, median(if("right" = 'C', strike + middle, strike - middle)) as spot
        from priced where middle is not null and abs(delta) >= 0.99
        group by symbol, quoted_at, expiration
    ),
    candidates as (
        select symbol, quoted_at, expiration, is_thin::integer as rank, spot from by_expiration
        union all
        select symbol, quoted_at, expiration, 2, spot from alone
    )
    select symbol, quoted_at, round(arg_min(spot, (rank, expiration)))::bigint as spot
    from candidates anti join recorded_spots using (symbol, quoted_at)
    where spot between 1 and 10000000000
    group by symbol, quoted_at
    union all
    select symbol, quoted_at, spot from recorded_spots
"""
_ROWS_THAT_GOT_ONE = """
    select count(*) from parsed semi join implied using (symbol, quoted_at) where reason is null and spot is null
"""


def imply_spots(connection: duckdb.DuckDBPyConnection, find_recorded: Callable[[], None], *, last_only: bool) -> int:
    """Fill `implied` with a price for each snapshot of `parsed` that has none; returns how many rows have it.

    `find_recorded` fills `recorded_spots` for the snapshots in `spotless`. `last_only`: from last trades, where a file
    has nothing else. They are not of one time, so that price is rough.
    """
    connection.execute(_SPOTLESS)
    find_recorded()
    connection.execute(_IMPLIED, {"last_only": last_only})
    return int(connection.execute(_ROWS_THAT_GOT_ONE).fetchall()[0][0])
