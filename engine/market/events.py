"""The calendar of events: earnings, ex-dividend days, splits, meetings of the Federal Reserve's committee.

What is known is kept apart from what is merely not listed: a list of events says of which days it tells everything,
and outside those days the answer is "unknown", never "none".
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from engine.core.money import Money, from_float
from engine.domain.chain import Floats, Ints
from engine.market.duck import shown_path
from engine.market.tables import SYMBOL, Columns, Editor, Merged, editing, read_table
from engine.market.text_rows import opened, read_header, rows_of

EVENTS, COVERAGE = "events", "event_coverage"

WHOLE_MARKET = "*"
"""The symbol of events that are nobody's own."""

NEEDED = ("symbol", "kind", "day")
OPTIONAL = ("until", "value", "source")

_CHECKED = """
    create or replace temp table checked as
    select row_no, upper(coalesce(cell(symbol), '*')) as symbol, lower(replace(cell(kind), '_', '-')) as kind,
           a_day(day) as day, a_day(until) as until, an_amount(value) as value,
           coalesce(cell(source), $source) as source,
           case
               when a_day(day) is null then 'no day'
               when lower(replace(cell(kind), '_', '-')) not in ('earnings', 'ex-dividend', 'split', 'fomc')
                   or cell(kind) is null then 'kind is none of earnings, ex-dividend, split, fomc'
               when (cell(symbol) is null) <> (lower(cell(kind)) = 'fomc') and cell(symbol) is distinct from '*'
                   then 'a symbol is missing, or given for an event of the whole market'
               when cell(symbol) <> '*' and not regexp_full_match(upper(cell(symbol)), $pattern)
                   or cell(symbol) = '*' and lower(cell(kind)) <> 'fomc'
                   then 'no symbol'
               when cell(until) is not null and a_day(until) is null then 'until is not a day'
               when a_day(until) < a_day(day) then 'until lies before day'
               when cell(value) is not null and not coalesce(an_amount(value) > 0, false)
                   then 'value is not above zero'
           end as reason
    from text_rows
"""
_SPLIT_UP = """
    create or replace temp table found_events as
    select symbol, kind, day, value, source from checked where reason is null and until is null;
    create or replace temp table found_coverage as
    select symbol, kind, day as first, until as last, source from checked where reason is null and until is not null
"""
_REJECTED = """
    select reason, count(*), min(row_no) from checked where reason is not null group by reason order by reason
"""
_DAYS = """
    select symbol, kind, (day - date '1970-01-01')::bigint + 719163 as day, coalesce(value, 'nan'::double) as value,
           source
    from rows order by symbol, kind, day
"""
_SPANS = """
    select symbol, kind, (first - date '1970-01-01')::bigint + 719163 as first,
           (last - date '1970-01-01')::bigint + 719163 as last, source
    from rows order by symbol, kind, first
"""


class EventKind(StrEnum):
    """What happens on a day that is known before."""

    EARNINGS = "earnings"
    EX_DIVIDEND = "ex-dividend"
    SPLIT = "split"
    FOMC = "fomc"


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Events of one kind, arrays (n,), ascending: `day` (ordinals), `value` ($ a share, new shares for an old one)."""

    day: Ints
    value: Floats
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The days `first` to `last` (ordinals) of which everything of one kind is listed, and who says so."""

    first: int
    last: int
    source: str


@dataclass(frozen=True, slots=True)
class EventsReport:
    """What became of one file of events."""

    path: Path
    events: Merged
    spans: Merged
    rejected: dict[str, tuple[int, int]]
    """Rows by reason, and the number of the first of them."""


class EventCalendar:
    """All events that are known, and of which days all are known. Never changes."""

    def __init__(self, events: Columns | None = None, coverage: Columns | None = None) -> None:
        self._events: dict[tuple[str, str], Events] = {}
        self._spans: dict[tuple[str, str], list[Span]] = {}
        for (symbol, kind), rows in _groups(events):
            part = {name: column[rows] for name, column in (events or {}).items()}
            self._events[symbol, kind] = Events(
                part["day"].astype(np.int64), part["value"].astype(np.float64), tuple(map(str, part["source"]))
            )
        for (symbol, kind), rows in _groups(coverage):
            part = {name: column[rows] for name, column in (coverage or {}).items()}
            cells = zip(part["first"].tolist(), part["last"].tolist(), map(str, part["source"]), strict=True)
            self._spans[symbol, kind] = [Span(*each) for each in cells]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known at all."""
        return not (self._events or self._spans)

    def known(self, symbol: str, kind: EventKind, first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
        """The days from `first` to `last` that are listed; others may be missing (see `is_covered`)."""
        events = self._events.get((symbol, kind.value))
        if events is None:
            return ()
        inside = events.day[(events.day >= first.toordinal()) & (events.day <= last.toordinal())]
        return tuple(dt.date.fromordinal(day) for day in inside.tolist())

    def covered_until(self, symbol: str, kind: EventKind, first: dt.date) -> dt.date | None:
        """The last day to which everything of this kind is listed from `first` on, None where that day is not."""
        reached = first.toordinal()
        for span in self._spans.get((symbol, kind.value), ()):
            if span.first <= reached <= span.last:
                reached = span.last + 1
        return None if reached == first.toordinal() else dt.date.fromordinal(reached - 1)

    def is_covered(self, symbol: str, kind: EventKind, first: dt.date, last: dt.date) -> bool:
        """Whether everything of this kind from `first` to `last` is listed."""
        until = self.covered_until(symbol, kind, first)
        return until is not None and last <= until

    def events(self, symbol: str, kind: EventKind) -> Events:
        """All events of one kind that are known."""
        empty = Events(np.empty(0, dtype=np.int64), np.empty(0), ())
        return self._events.get((symbol, kind.value), empty)

    def dividends(self) -> dict[str, tuple[tuple[dt.date, Money], ...]]:
        """By symbol: ex-dividend days and what a share paid, where that is known."""
        found: dict[str, tuple[tuple[dt.date, Money], ...]] = {}
        for (symbol, kind), events in self._events.items():
            if kind == EventKind.EX_DIVIDEND.value:
                cells = zip(events.day.tolist(), map(from_float, events.value.tolist()), strict=True)
                if paid := tuple((dt.date.fromordinal(day), amount) for day, amount in cells if amount):
                    found[symbol] = paid
        return found

    def coverage(self) -> list[dict[str, object]]:
        """What is known, for people: symbol, kind, listed events, the spans that are complete, sources."""
        found: list[dict[str, object]] = []
        for symbol, kind in sorted(self._events.keys() | self._spans.keys()):
            spans, events = self._spans.get((symbol, kind), []), self._events.get((symbol, kind))
            sources = {span.source for span in spans} | set(() if events is None else events.sources)
            complete = [[str(dt.date.fromordinal(span.first)), str(dt.date.fromordinal(span.last))] for span in spans]
            listed = 0 if events is None else events.day.size
            row: dict[str, object] = {"symbol": symbol, "kind": kind, "listed": listed, "complete": complete}
            found.append(row | {"sources": sorted(sources)})
        return found


def read_calendar(root: Path) -> EventCalendar:
    """The calendar below `root`, empty where none was imported. Raises HistoryFault for a damaged file."""
    return EventCalendar(read_table(root, EVENTS, _DAYS), read_table(root, COVERAGE, _SPANS))


def import_events(path: Path, root: Path) -> EventsReport:
    """Add a CSV file of events: columns symbol, kind, day and, if wanted, until, value, source.

    A row with `until` is no event: it says that the file lists everything of that kind from `day` to `until`.
    Raises ImportRefused when the file cannot be used as a whole.
    """
    shown = shown_path(path)
    with editing(root) as editor:
        text = opened(path, editor.folder)
        header = read_header(text, shown)
        rows_of(editor.connection, text, shown, header.places(shown, NEEDED, OPTIONAL), header)
        editor.connection.execute(_CHECKED, {"source": path.name, "pattern": SYMBOL.pattern})
        editor.connection.execute(_SPLIT_UP)
        rejected = {reason: (count, first) for reason, count, first in editor.connection.execute(_REJECTED).fetchall()}
        events, spans = keep_found(editor)
    return EventsReport(path, events, spans, rejected)


def keep_found(editor: Editor) -> tuple[Merged, Merged]:
    """Keep what was put into `found_events` and `found_coverage`."""
    events = editor.merge(EVENTS, "found_events", ("symbol", "kind", "day"))
    return events, editor.merge(COVERAGE, "found_coverage", ("symbol", "kind", "first", "last", "source"))


def _groups(columns: Columns | None) -> Iterable[tuple[tuple[str, str], slice]]:
    """Runs of rows with the same symbol and kind; the rows are sorted by both."""
    if columns is None or not columns["symbol"].size:
        return
    symbol, kind = columns["symbol"].astype(str), columns["kind"].astype(str)
    is_first = np.ones(symbol.size, dtype=np.bool_)
    is_first[1:] = (symbol[1:] != symbol[:-1]) | (kind[1:] != kind[:-1])
    starts = np.append(np.flatnonzero(is_first), symbol.size)
    for begin, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        yield (str(symbol[begin]), str(kind[begin])), slice(begin, end)
