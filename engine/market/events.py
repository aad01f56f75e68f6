"""The calendar of events: earnings, ex-dividend days, splits, meetings of the Federal Reserve's committee.

What is known is kept apart from what is merely not listed: a list of events says of which days it tells everything,
and outside those days the answer is "unknown", never "none".
"""

import datetime as dt
from collections.abc import Iterable, Iterator
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
KNOWN, FORESEEN = "events_known", "event_coverage_known"
"""Since when an event was known, and since when it was known that a list tells everything: tables of their own, so that
a later file can tell it of events that are there already."""

WHOLE_MARKET = "*"
"""The symbol of events that are nobody's own."""

NEEDED = ("symbol", "kind", "day")
OPTIONAL = ("until", "value", "source", "known")

_CHECKED = """
    create or replace temp table checked as
    select row_no, upper(coalesce(cell(symbol), '*')) as symbol, lower(replace(cell(kind), '_', '-')) as kind,
           a_day(day) as day, a_day(until) as until, an_amount(value) as value,
           coalesce(cell(source), $source) as source, a_day(known) as known,
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
               when cell(known) is not null and a_day(known) is null then 'known is not a day'
               when cell(until) is null and a_day(known) > a_day(day) then 'known lies after day'
               when cell(value) is not null and not coalesce(an_amount(value) > 0, false)
                   then 'value is not above zero'
           end as reason
    from text_rows
"""
_SPLIT_UP = """
    create or replace temp table found_events as
    select symbol, kind, day, value, source from checked where reason is null and until is null;
    create or replace temp table found_coverage as
    select symbol, kind, day as first, until as last, source from checked where reason is null and until is not null;
    create or replace temp table found_known as
    select symbol, kind, day, known, source from checked where reason is null and until is null and known is not null;
    create or replace temp table found_foreseen as
    select symbol, kind, day as first, until as last, known, source
    from checked where reason is null and until is not null and known is not null
"""
_REJECTED = """
    select reason, count(*), min(row_no) from checked where reason is not null group by reason order by reason
"""
_DAYS = """
    select symbol, kind, (day - date '1970-01-01')::bigint + 719163 as day, coalesce(value, 'nan'::double) as value,
           source
    from rows order by symbol, kind, day
"""
_DAYS_KNOWN = """
    select symbol, kind, (day - date '1970-01-01')::bigint + 719163 as day,
           (known - date '1970-01-01')::bigint + 719163 as known
    from rows order by symbol, kind, day
"""
_FORESEEN = """
    select symbol, kind, (first - date '1970-01-01')::bigint + 719163 as first,
           (last - date '1970-01-01')::bigint + 719163 as last,
           (known - date '1970-01-01')::bigint + 719163 as known, source
    from rows order by symbol, kind, first
"""
_SPANS = """
    select symbol, kind, (first - date '1970-01-01')::bigint + 719163 as first,
           (last - date '1970-01-01')::bigint + 719163 as last, source
    from rows order by symbol, kind, first
"""


UNTOLD = 0
"""The ordinal of no day: when something became known was not told."""


class EventKind(StrEnum):
    """What happens on a day that is known before."""

    EARNINGS = "earnings"
    EX_DIVIDEND = "ex-dividend"
    SPLIT = "split"
    FOMC = "fomc"


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Events of one kind, arrays (n,), ascending: `day` (ordinals), `value` ($ a share, new shares for an old one).

    `known` are the days (ordinals) on which they became known, `UNTOLD` where nobody told.
    """

    day: Ints
    value: Floats
    sources: tuple[str, ...]
    known: Ints


@dataclass(frozen=True, slots=True)
class Span:
    """The days `first` to `last` (ordinals) of which everything of one kind is listed, and who says so.

    `known` is the day on which that could be said, `UNTOLD` where nobody told.
    """

    first: int
    last: int
    source: str
    known: int = UNTOLD


@dataclass(frozen=True, slots=True)
class EventsReport:
    """What became of one file of events."""

    path: Path
    events: Merged
    spans: Merged
    known: Merged
    """Days on which events became known."""
    rejected: dict[str, tuple[int, int]]
    """Rows by reason, and the number of the first of them."""

    @property
    def kept(self) -> dict[str, Merged]:
        """What was kept, by its name; days on which events became known only where the file tells some."""
        told = {"events": self.events, "spans": self.spans}
        has_known = self.known.added + self.known.same + self.known.differing
        return told | {"days of becoming known": self.known} if has_known else told


class EventCalendar:
    """All events that are known, and of which days all are known. Never changes."""

    def __init__(
        self,
        events: Columns | None = None,
        coverage: Columns | None = None,
        known: Columns | None = None,
        foreseen: Columns | None = None,
    ) -> None:
        """`known` and `foreseen`: since when some of the events, and that spans were complete, could be known."""
        self._events: dict[tuple[str, str], Events] = {}
        self._spans = _spans_of(coverage)
        self._foreseen = _spans_of(foreseen)
        told = dict(_parts(known))
        for key, part in _parts(events):
            day = part["day"].astype(np.int64)
            self._events[key] = Events(
                day,
                part["value"].astype(np.float64),
                tuple(map(str, part["source"])),
                _known_of(day, told.get(key)),
            )

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
        return _reached(self._spans.get((symbol, kind.value), ()), first)

    def foreseen_until(self, symbol: str, kind: EventKind, day: dt.date) -> dt.date | None:
        """The last day to which, before `day`, everything was known to be listed; None where nobody told."""
        spans = self._foreseen.get((symbol, kind.value), ())
        return _reached([span for span in spans if span.known < day.toordinal()], day)

    def is_covered(self, symbol: str, kind: EventKind, first: dt.date, last: dt.date) -> bool:
        """Whether everything of this kind from `first` to `last` is listed."""
        until = self.covered_until(symbol, kind, first)
        return until is not None and last <= until

    def events(self, symbol: str, kind: EventKind) -> Events:
        """All events of one kind that are known."""
        nothing = np.empty(0, dtype=np.int64)
        return self._events.get((symbol, kind.value), Events(nothing, np.empty(0), (), nothing))

    def spans(self, symbol: str, kind: EventKind) -> tuple[Span, ...]:
        """The days of which everything of one kind is listed, and once more those of which it was known since when."""
        key = symbol, kind.value
        return (*self._spans.get(key, ()), *self._foreseen.get(key, ()))

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
    return EventCalendar(
        read_table(root, EVENTS, _DAYS),
        read_table(root, COVERAGE, _SPANS),
        read_table(root, KNOWN, _DAYS_KNOWN),
        read_table(root, FORESEEN, _FORESEEN),
    )


def import_events(path: Path, root: Path) -> EventsReport:
    """Add a CSV file of events: columns symbol, kind, day and, if wanted, until, value, source, known.

    A row with `until` is no event: it says that the file lists everything of that kind from `day` to `until`.
    `known` is the day on which the event was announced, or on which the list was made: backtests go by it.
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
        known = editor.merge(KNOWN, "found_known", ("symbol", "kind", "day"))
        editor.merge(FORESEEN, "found_foreseen", ("symbol", "kind", "first", "last", "known", "source"))
    return EventsReport(path, events, spans, known, rejected)


def keep_found(editor: Editor) -> tuple[Merged, Merged]:
    """Keep what was put into `found_events` and `found_coverage`."""
    events = editor.merge(EVENTS, "found_events", ("symbol", "kind", "day"))
    return events, editor.merge(COVERAGE, "found_coverage", ("symbol", "kind", "first", "last", "source"))


def _reached(spans: Iterable[Span], first: dt.date) -> dt.date | None:
    """The last day to which spans, ascending, leave no gap from `first` on; None where they do not hold that day."""
    reached = first.toordinal()
    for span in spans:
        if span.first <= reached <= span.last:
            reached = span.last + 1
    return None if reached == first.toordinal() else dt.date.fromordinal(reached - 1)


def _known_of(day: Ints, told: Columns | None) -> Ints:
    """When events of some days (n,), ascending, became known: `UNTOLD` where `told` has no such day."""
    known = np.full(day.size, UNTOLD, dtype=np.int64)
    if told is not None:
        _, here, there = np.intersect1d(day, told["day"].astype(np.int64), return_indices=True)
        known[here] = told["known"][there]
    return known


def _spans_of(columns: Columns | None) -> dict[tuple[str, str], list[Span]]:
    found: dict[tuple[str, str], list[Span]] = {}
    for key, part in _parts(columns):
        known = part["known"].tolist() if "known" in part else [UNTOLD] * part["first"].size
        cells = zip(part["first"].tolist(), part["last"].tolist(), map(str, part["source"]), known, strict=True)
        found[key] = [Span(*each) for each in cells]
    return found


def _parts(columns: Columns | None) -> Iterator[tuple[tuple[str, str], Columns]]:
    """The rows of each symbol and kind; they are sorted by both."""
    if columns is None or not columns["symbol"].size:
        return
    symbol, kind = columns["symbol"].astype(str), columns["kind"].astype(str)
    is_first = np.ones(symbol.size, dtype=np.bool_)
    is_first[1:] = (symbol[1:] != symbol[:-1]) | (kind[1:] != kind[:-1])
    starts = np.append(np.flatnonzero(is_first), symbol.size)
    for begin, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        part = {name: column[begin:end] for name, column in columns.items()}
        yield (str(symbol[begin]), str(kind[begin])), part
