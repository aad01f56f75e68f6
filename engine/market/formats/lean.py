"""LEAN's archives: one member per contract, without headers; the name says what it holds.

Lines of many members become one table. Prices are in 1/10,000 dollars; a bar's closing quote is known at its end. Open
interest lies in an archive of its own beside the quotes, and belongs to their rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.calendar import NEW_YORK
from engine.core.errors import ImportRefused
from engine.market.duck import read_cells, select_as, shown_path, untold
from engine.market.formats.containers import Archive, joined, open_archive
from engine.market.formats.filenames import LeanMember, lean_member
from engine.market.formats.layout import Format, Table
from engine.market.formats.times import before_close, day_of, minute_bar

if TYPE_CHECKING:
    import duckdb

_COLUMNS = {
    "quote": (
        "member", "time", "bid_open", "bid_high", "bid_low", "bid", "bid_size", "ask_open", "ask_high", "ask_low",
        "ask", "ask_size",
    ),
    "trade": ("member", "time", "open", "high", "low", "last", "volume"),
    "openinterest": ("member", "time", "open_interest"),
}  # fmt: skip
_BESIDE = {"quote": "openinterest", "openinterest": "quote"}

_NOTE = "prices are those of each bar's end: daily ones at the session's close"
_FROM_NAMES = """
    of_symbol as symbol, of_kind as kind, of_strike as strike, of_expiration as expiration,
    if(of_date = '', time, of_date || ' ' || time) as quoted_at
"""
_MEMBERS = """
    create or replace temp table {} as
    select unnest(?::varchar[]) as member, unnest(?::varchar[]) as of_symbol, unnest(?::varchar[]) as of_kind,
           unnest(?::varchar[]) as of_strike, unnest(?::varchar[]) as of_expiration, unnest(?::varchar[]) as of_date
"""
_LINES_BESIDE = """
    create or replace temp table lean_beside as
    select of_kind as b_kind, of_strike as b_strike, of_expiration as b_expiration,
           if(of_date = '', time[:8], of_date) as b_day, lines_beside.* exclude (member)
    from lines_beside join members_beside using (member)
    qualify row_number() over (partition by of_kind, of_strike, of_expiration, b_day order by length(time) desc,
                               time desc) = 1
"""
_JOIN = """
    from source_rows join lean_members using (member)
    left join lean_beside as beside
        on b_kind = of_kind and b_strike = of_strike and b_expiration = of_expiration
        and b_day = if(of_date = '', source_rows.time[:8], of_date)
"""


def bar_end(text: str) -> dt.datetime | dt.date | None:
    """When a bar ends: `20151224 34200000` is a minute, `20140606 00:00` a day, `20140606 10:00` an hour."""
    day, _, time = text.partition(" ")
    if ":" not in time:
        return minute_bar(text)
    if time == "00:00":
        return _AT_THE_CLOSE(day)
    date = day_of(day)
    try:
        begin = dt.time.fromisoformat(time)
    except ValueError:
        return None
    if date is None or begin.tzinfo is not None:
        return None
    return dt.datetime.combine(date, begin, NEW_YORK) + dt.timedelta(hours=1)


_AT_THE_CLOSE = before_close()

_FORMATS = {
    "quote": Format(
        source="LEAN quotes",
        clock=bar_end,
        required={name: (name,) for name in ("member", "time", "bid", "bid_size", "ask", "ask_size")},
        cells=f"""
            select source_rows.* replace (
                {_FROM_NAMES.replace("time", "source_rows.time")}, beside.open_interest as open_interest)
            {_JOIN}
        """,
        price_scale=10_000,
        strike_scale=10_000,
        note=_NOTE,
    ),
    "trade": Format(
        source="LEAN trades",
        clock=bar_end,
        required={name: (name,) for name in ("member", "time", "last", "volume")},
        cells=f"select * replace ({_FROM_NAMES}) from source_rows join lean_members using (member)",  # noqa: S608
        price_scale=10_000,
        strike_scale=10_000,
        last_only=True,
        note="last trades only, no bids and asks: nothing can be traded on them",
    ),
    # An open interest without a quote beside it has no time at which anybody quoted.
    "openinterest": Format(
        source="LEAN open interest",
        clock=bar_end,
        required={name: (name,) for name in ("member", "time", "open_interest")},
        cells=f"""
            select source_rows.* replace (
                {_FROM_NAMES.replace("time", "beside.time")}, beside.bid as bid, beside.ask as ask,
                beside.bid_size as bid_size, beside.ask_size as ask_size)
            {_JOIN}
        """,
        price_scale=10_000,
        strike_scale=10_000,
        note="belongs to the quotes of the archive beside it; rows without one have no quote time",
    ),
}


def lean_members(names: Sequence[str]) -> dict[str, LeanMember]:
    """What each member is, when an archive is LEAN's; empty when it is not."""
    members = {name: member for name in names if (member := lean_member(name)) is not None}
    return members if len(members) == len(names) else {}


def lean_table(
    connection: duckdb.DuckDBPyConnection, archive: Archive, members: dict[str, LeanMember], folder: Path
) -> tuple[Format, Table]:
    """An archive as a table, joined with the open interest (or the quotes) of the archive beside it, if there is one.

    Raises ImportRefused for an archive of several kinds, and for open interest without quotes.
    """
    what = _kind_of(archive.path, members)
    rows = _lines(connection, archive, members, folder / "lean.csv", "lean_members")
    _read_beside(connection, archive.path, what, folder)
    columns = _COLUMNS[what]
    return _FORMATS[what], Table(archive.path.name, shown_path(archive.path), columns, rows)


def _kind_of(path: Path, members: dict[str, LeanMember]) -> str:
    kinds = {member.what for member in members.values()}
    if len(kinds) != 1:
        raise ImportRefused(f"{shown_path(path)}: holds {' and '.join(sorted(kinds))} in one archive; part them")
    return kinds.pop()


def _lines(
    connection: duckdb.DuckDBPyConnection, archive: Archive, members: dict[str, LeanMember], target: Path, into: str
) -> duckdb.DuckDBPyRelation:
    """The lines of all members; what their names say goes into the table `into`."""
    joined(archive, tuple(members), target)
    facts = members.values()
    connection.execute(
        _MEMBERS.format(into),
        [
            [str(place) for place in range(len(members))],
            [fact.symbol for fact in facts],
            [fact.kind for fact in facts],
            [fact.strike for fact in facts],
            [fact.expiration for fact in facts],
            [fact.date for fact in facts],
        ],
    )
    return read_cells(connection, target, len(_COLUMNS[next(iter(facts)).what]), is_quoted=False)


def _read_beside(connection: duckdb.DuckDBPyConnection, path: Path, what: str, folder: Path) -> None:
    """Fill `lean_beside` from the archive that belongs to this one."""
    other = _BESIDE.get(what, "")
    beside = path.with_name(path.name.replace(f"_{what}_", f"_{other}_"))
    columns = _COLUMNS.get(other, ())
    if not columns or beside == path or not beside.is_file():
        if what == "openinterest":
            raise ImportRefused(
                f"{shown_path(path)}: holds open interest alone; put the archive of its quotes beside it "
                f"({shown_path(beside)})"
            )
        columns = _COLUMNS["openinterest"]
        connection.execute(_MEMBERS.format("members_beside"), [[]] * 6)
        connection.execute(
            "create or replace temp view lines_beside as select '' as member, '' as time, '' as open_interest limit 0"
        )
    else:
        with open_archive(beside, untold) as archive:
            members = lean_members(archive.names)
            if not members or _kind_of(beside, members) != other:
                raise ImportRefused(f"{shown_path(beside)}: is not what its name says; move it away from {path.name}")
            rows = _lines(connection, archive, members, folder / "beside.csv", "members_beside")
        select_as(rows, dict(zip(columns, rows.columns, strict=True))).create_view("lines_beside", replace=True)
    connection.execute(_LINES_BESIDE)
