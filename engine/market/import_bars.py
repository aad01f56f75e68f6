"""Files of daily bars, split and dividend factors and interest rates, brought in beside the recorded chains.

What a file is shows in its header, or in its first line where it has none. Plain bars do not say whether somebody has
adjusted them: the caller has to, unless the file itself carries both or is an index that nobody adjusts.
"""

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

from engine.core.calendar import NEW_YORK, next_session
from engine.core.errors import ImportRefused
from engine.market.bars import BARS, RATES, Adjustment
from engine.market.duck import shown_path
from engine.market.events import keep_found
from engine.market.tables import SYMBOL, Editor, Merged, editing
from engine.market.text_rows import Header, opened, read_header, rows_of

RATE_NAMES = ("date", "pcredit8")
_PLAIN = ("open", "high", "low", "close")
_SPELLINGS = {
    "day": ("date", "day", "timestamp", "datetime"),
    "symbol": ("symbol", "ticker"),
    "volume": ("volume",),
    "adj_open": ("adjopen",),
    "adj_high": ("adjhigh",),
    "adj_low": ("adjlow",),
    "adj_close": ("adjclose",),
    "adj_volume": ("adjvolume",),
    "dividend": ("divcash", "dividends", "dividend"),
    "split": ("splitfactor", "stocksplits", "split"),
}

_BARS = """
    create or replace temp table checked as
    with parsed as (
        select row_no, upper(coalesce(cell(symbol), $symbol)) as symbol, a_day(day) as day,
               try_cast(cell(open) as double) * $unit as open, try_cast(cell(high) as double) * $unit as high,
               try_cast(cell(low) as double) * $unit as low, try_cast(cell(close) as double) * $unit as close,
               try_cast(cell(volume) as double) as volume
        from {rows}
    )
    select *, $adjustment as adjustment, $source as source, $series as series,
           case
               when day is null then 'no day'
               when not coalesce(least(open, high, low, close) > 0 and isfinite(open + high + low + close), false)
                   then 'a price is missing or not above zero'
               when high < greatest(open, close, low) * 0.999999 or low > least(open, close) * 1.000001
                   then 'high and low do not enclose open and close'
               when volume < 0 then 'volume below zero'
           end as reason
    from parsed
"""
# A dividend of nothing and a split of one (or none) are how files write that there was neither.
_EVENTS = """
    create or replace temp table found_events as
    select upper(coalesce(cell(symbol), $symbol)) as symbol, 'ex-dividend' as kind, a_day(day) as day,
           an_amount(dividend) as value, $source as source
    from text_rows where a_day(day) is not null and an_amount(dividend) > 0
    union all
    select upper(coalesce(cell(symbol), $symbol)), 'split', a_day(day), an_amount(split), $source
    from text_rows where a_day(day) is not null and an_amount(split) not in (0, 1);
"""
_UNTOLD = """
    select min(row_no) from text_rows
    where (cell(dividend) is not null and an_amount(dividend) is null)
        or (cell(split) is not null and an_amount(split) is null)
"""
_COVERAGE = """
    create or replace temp table found_coverage as
    select symbol, kind, min(day) as first, max(day) as last, $source as source
    from checked, (values ('ex-dividend', $dividends), ('split', $splits)) as kinds (kind, is_told)
    where reason is null and is_told group by symbol, kind
"""
# A factor holds up to and with its row's day; the session after it is the ex-day. The last row is a far day of no
# meaning. The share that a dividend was of the close before it, and new shares for old ones, follow from neighbours.
_FACTOR_DAYS = "select distinct a_day(day) from text_rows where a_day(day) < date '2200-01-01'"
_NO_FACTORS = """
    select min(row_no) from text_rows
    where a_day(day) is null or not coalesce(an_amount(price_factor) > 0 and an_amount(split_factor) > 0, false)
"""
_EX_DAYS = "create or replace temp table ex_days as select unnest(?::date[]) as day, unnest(?::date[]) as ex_day"
_FACTORS = """
    create or replace temp table steps as
    select day, price_factor / lead(price_factor) over by_day as price_step,
           lead(split_factor) over by_day / split_factor as shares, reference, ex_day
    from (
        select a_day(day) as day, try_cast(cell(price_factor) as double) as price_factor,
               try_cast(cell(split_factor) as double) as split_factor, try_cast(cell(reference) as double) as reference
        from text_rows
    ) join ex_days using (day)
    window by_day as (order by day)
"""
_FACTOR_EVENTS = """
    create or replace temp table found_events as
    select $symbol as symbol, 'ex-dividend' as kind, ex_day as day, round(reference * (1 - price_step), 4) as value,
           $source as source
    from steps where price_step < 0.9999995
    union all
    select $symbol, 'split', ex_day, round(shares, 6), $source from steps where abs(shares - 1) > 1e-6
"""
_FACTOR_COVERAGE = """
    create or replace temp table found_coverage as
    select $symbol as symbol, kind, min(day) as first, max(day) as last, $source as source
    from steps, (values ('ex-dividend'), ('split')) as kinds (kind) where shares is not null group by kind
"""
_RATES = """
    create or replace temp table found_rates as
    select 'primary credit' as series, a_day(day) as day, try_cast(cell(percent) as double) as percent,
           $source as source
    from text_rows where a_day(day) is not null and try_cast(cell(percent) as double) between 0 and 100
"""
_NO_RATES = """
    select count(*), min(row_no) from text_rows
    where a_day(day) is null or not coalesce(try_cast(cell(percent) as double) between 0 and 100, false)
"""
_DAILY = """
    select 1 from checked where reason is null
    group by symbol, day having count(distinct (open, high, low, close, volume)) > 1 limit 1
"""
_REJECTED = """
    select reason, count(*), min(row_no) from checked where reason is not null group by reason order by reason
"""


@dataclass(frozen=True, slots=True)
class TableReport:
    """What became of one file: rows by the table they went to, and rejected ones by reason with the first of them."""

    path: Path
    kept: dict[str, Merged]
    rejected: dict[str, tuple[int, int]]


def import_table(
    path: Path, root: Path, symbol: str | None = None, adjustment: Adjustment | None = None
) -> TableReport:
    """Add one file to the tables below `root`; importing it again adds nothing.

    `symbol` is needed where neither the file nor its name tells it, `adjustment` for plain bars. Raises ImportRefused,
    with one line that names the file and what to do, when the file cannot be used; nothing is kept then.
    """
    with editing(root) as editor:
        text = opened(path, editor.folder)
        header = read_header(text, shown_path(path))
        named = symbol or re.split(r"[_.]", path.name)[0].upper()
        if header.names == RATE_NAMES:
            return _import_rates(editor, path, text, header)
        if not SYMBOL.fullmatch(named):
            raise ImportRefused(f"{shown_path(path)}: {named!r} is no symbol; give one with --symbol")
        if header.is_names:
            return _import_named(editor, path, text, header, named, adjustment)
        if len(header.cells) == 4:
            return _import_factors(editor, path, text, header, named)
        if len(header.cells) == 6:
            return _import_lean(editor, path, text, header, named)
        raise ImportRefused(f"{shown_path(path)}: has no header, and its lines are no bars or factors")


def has_day(header: Header) -> bool:
    """Whether a column says which day a row is of."""
    return any(name in _SPELLINGS["day"] for name in header.names)


def _import_named(
    editor: Editor, path: Path, text: Path, header: Header, symbol: str, adjustment: Adjustment | None
) -> TableReport:
    places = _places(path, header)
    rows_of(editor.connection, text, shown_path(path), places, header)
    has_both = all(places[f"adj_{name}"] is not None for name in _PLAIN)
    if has_both or (adjustment is None and places["volume"] is None):
        adjustment = Adjustment.NONE  # beside adjusted columns the plain ones are not; an index has neither
    if adjustment is None:
        raise ImportRefused(
            f"{shown_path(path)}: does not say whether its prices are adjusted; say --prices traded, "
            "--prices split-adjusted or --prices adjusted"
        )
    kept: dict[str, Merged] = {}
    kept["bars"], rejected = _keep_bars(editor, path, "text_rows", symbol, adjustment)
    told = {"dividends": places["dividend"] is not None, "splits": places["split"] is not None}
    if (row := editor.connection.execute(_UNTOLD).fetchall()[0][0]) is not None:
        raise ImportRefused(f"{shown_path(path)}: row {row}: its dividend or split is no figure")
    editor.connection.execute(_EVENTS, {"symbol": symbol, "source": path.name})
    editor.connection.execute(_COVERAGE, told | {"source": path.name})
    if any(told.values()):
        kept["events"], _ = keep_found(editor)
    if has_both:
        editor.connection.execute(
            "create or replace temp view adjusted_rows as select row_no, symbol, day, adj_open as open, "
            "adj_high as high, adj_low as low, adj_close as close, adj_volume as volume from text_rows"
        )
        kept["adjusted bars"], more = _keep_bars(editor, path, "adjusted_rows", symbol, Adjustment.ALL)
        rejected |= more
    return TableReport(path, kept, rejected)


def _import_rates(editor: Editor, path: Path, text: Path, header: Header) -> TableReport:
    """The Federal Reserve's primary credit rate: date, percent a year."""
    rows_of(editor.connection, text, shown_path(path), {"day": 0, "percent": 1}, header)
    editor.connection.execute(_RATES, {"source": path.name})
    count, first = editor.connection.execute(_NO_RATES).fetchall()[0]
    rejected = {"no day or no rate": (count, first)} if count else {}
    return TableReport(path, {"rates": editor.merge(RATES, "found_rates", ("series", "day"))}, rejected)


def _import_lean(editor: Editor, path: Path, text: Path, header: Header, symbol: str) -> TableReport:
    """Daily bars as LEAN keeps them: no header, prices x 10,000 as they were traded."""
    names = ("day", *_PLAIN, "volume", "symbol")
    places = {name: place if place < 6 else None for place, name in enumerate(names)}
    rows_of(editor.connection, text, shown_path(path), places, header)
    bars, rejected = _keep_bars(editor, path, "text_rows", symbol, Adjustment.NONE, unit=0.0001)
    return TableReport(path, {"bars": bars}, rejected)


def _import_factors(editor: Editor, path: Path, text: Path, header: Header, symbol: str) -> TableReport:
    """A factor file as LEAN keeps them: day, price factor, split factor, the close of that day."""
    names = ("day", "price_factor", "split_factor", "reference")
    rows_of(editor.connection, text, shown_path(path), {name: place for place, name in enumerate(names)}, header)
    run = editor.connection.execute
    days = [row[0] for row in run(_FACTOR_DAYS).fetchall()]
    if (row := run(_NO_FACTORS).fetchall()[0][0]) is not None:
        raise ImportRefused(f"{shown_path(path)}: row {row} holds no day and factors")
    run(_EX_DAYS, [days, [_session_after(day) for day in days]])
    run(_FACTORS)
    run(_FACTOR_EVENTS, {"symbol": symbol, "source": path.name})
    run(_FACTOR_COVERAGE, {"symbol": symbol, "source": path.name})
    events, _ = keep_found(editor)
    return TableReport(path, {"events": events}, {})


def _keep_bars(
    editor: Editor, path: Path, rows: str, symbol: str, adjustment: Adjustment, unit: float = 1.0
) -> tuple[Merged, dict[str, tuple[int, int]]]:
    """Keep valid bars, each symbol's in its own table."""
    run = editor.connection.execute
    # Adjusted prices depend on when they were made: those of different files do not belong together.
    series = "" if adjustment is Adjustment.NONE else path.name
    about = {"symbol": symbol, "unit": unit, "adjustment": adjustment.value, "series": series, "source": path.name}
    run(_BARS.format(rows=rows), about)
    if run(_DAILY).fetchall():
        raise ImportRefused(f"{shown_path(path)}: has several bars of one day; bars of whole days are needed")
    symbols = [row[0] for row in run("select distinct symbol from checked where reason is null").fetchall()]
    if not symbols or any(not SYMBOL.fullmatch(each) for each in symbols):
        raise ImportRefused(f"{shown_path(path)}: no bar can be used")
    total = [0, 0, 0]
    for each in symbols:
        run("set variable one = ?", [each])
        run(
            "create or replace temp table found_bars as "
            "select day, adjustment, series, open, high, low, close, volume, source "
            "from checked where reason is null and symbol = getvariable('one')"
        )
        merged = editor.merge(BARS + each, "found_bars", ("adjustment", "series", "day"))
        total = [total[0] + merged.added, total[1] + merged.same, total[2] + merged.differing]
    rejected = {reason: (count, first) for reason, count, first in run(_REJECTED).fetchall()}
    return Merged(*total), rejected


def _session_after(day: dt.date) -> dt.date:
    return next_session(dt.datetime.combine(day, dt.time(23, 59), NEW_YORK)).day


def _places(path: Path, header: Header) -> dict[str, int | None]:
    """Where the columns of bars are. Raises ImportRefused where one is missing or there twice."""
    spellings = _SPELLINGS | {name: (name,) for name in _PLAIN}
    places: dict[str, int | None] = {}
    for name, known in spellings.items():
        found = [place for place, cell in enumerate(header.names) if cell in known]
        if len(found) > 1 or (not found and name in ("day", *_PLAIN)):
            what = "is there twice" if found else "is missing"
            raise ImportRefused(f"{shown_path(path)}: not a known format of bars; column {name} {what}")
        places[name] = found[0] if found else None
    return places
