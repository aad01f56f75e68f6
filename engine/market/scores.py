"""Scores of companies' fundamentals: imported judgements from 0 to 100, each of a day, and whose.

A score is known from its as-of day on: what is asked for a day never tells of a later one.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from engine.domain.scan import Score
from engine.market.duck import shown_path
from engine.market.tables import SYMBOL, Columns, Merged, editing, read_table
from engine.market.text_rows import opened, read_header, rows_of

SCORES = "scores"

NEEDED = ("symbol", "score", "asof")
OPTIONAL = ("source",)

_CHECKED = """
    create or replace temp table checked as
    select row_no, upper(cell(symbol)) as symbol, try_cast(cell(score) as double) as score, a_day("asof") as day,
           coalesce(cell(source), $source) as source,
           case
               when not coalesce(regexp_full_match(upper(cell(symbol)), $pattern), false)
                   then 'no symbol: ' || coalesce(cell(symbol), 'empty')
               when a_day("asof") is null then 'as-of is no day: ' || coalesce(cell("asof"), 'empty')
               when not coalesce(try_cast(cell(score) as double) between 0 and 100, false)
                   then 'score is not from 0 to 100: ' || coalesce(cell(score), 'empty')
               when length(cell(source)) > 200 or regexp_matches(cell(source), '[[:cntrl:]]')
                   then 'source is longer than 200 signs, or has one that cannot be shown'
           end as reason
    from text_rows
"""
_TWICE = """
    update checked set reason = 'another score of the same symbol and day stands in the file'
    where reason is null and (symbol, day) in (
        select (symbol, day) from checked where reason is null group by symbol, day having count(distinct score) > 1
    )
"""
_FOUND = (
    "create or replace temp table found_scores as select symbol, day, score, source from checked where reason is null"
)
_REJECTED = "select row_no, reason from checked where reason is not null order by row_no"
_ROWS = """
    select symbol, (day - date '1970-01-01')::bigint + 719163 as day, score, source from rows order by symbol, day
"""


@dataclass(frozen=True, slots=True)
class ScoresReport:
    """What became of one file of scores. `rejected` names every row that could not be used, by number, and why."""

    path: Path
    scores: Merged
    rejected: tuple[tuple[int, str], ...]


class ScoreBook:
    """All scores that are known, arrays (n,) sorted by symbol and day (ordinals). Never changes."""

    def __init__(self, columns: Columns | None = None) -> None:
        rows = columns or {name: np.empty(0) for name in ("symbol", "day", "score", "source")}
        self._symbol, self._source = rows["symbol"].astype(np.str_), rows["source"].astype(np.str_)
        self._day, self._score = rows["day"].astype(np.int64), rows["score"].astype(np.float64)
        self._on = lru_cache(maxsize=8)(self._known_on)

    def on(self, day: dt.date) -> Mapping[str, Score]:
        """The newest score of each symbol that is of this day or an earlier one; symbols without one are missing."""
        return self._on(day)

    def listed(self) -> list[dict[str, object]]:
        """What is known, for people: the newest score of each symbol, of which day, whose, and how many there are."""
        counts = dict(zip(*(each.tolist() for each in np.unique(self._symbol, return_counts=True)), strict=True))
        newest = self.on(dt.date.max)
        return [
            {
                "symbol": symbol,
                "score": each.score,
                "as_of": str(each.as_of),
                "source": each.source,
                "kept": counts[symbol],
            }
            for symbol, each in newest.items()
        ]

    def _known_on(self, day: dt.date) -> Mapping[str, Score]:
        known = np.flatnonzero(self._day <= day.toordinal())
        is_newest = np.ones(known.size, dtype=np.bool_)
        is_newest[:-1] = self._symbol[known][1:] != self._symbol[known][:-1]
        return MappingProxyType(dict(self._scores(known[is_newest].tolist())))

    def _scores(self, rows: list[int]) -> Iterator[tuple[str, Score]]:
        for row in rows:
            as_of = dt.date.fromordinal(int(self._day[row]))
            yield str(self._symbol[row]), Score(float(self._score[row]), as_of, str(self._source[row]))


def read_scores(root: Path) -> ScoreBook:
    """The scores below `root`, empty where none were imported. Raises HistoryFault for a damaged file."""
    return ScoreBook(read_table(root, SCORES, _ROWS))


def import_scores(path: Path, root: Path) -> ScoresReport:
    """Add a CSV file of scores: columns symbol, score, as-of and, if wanted, source (else the file's own name).

    A score that is given again for the same symbol and day with another figure replaces the one before: who scores
    may have been mistaken. Raises ImportRefused when the file cannot be used as a whole.
    """
    shown = shown_path(path)
    with editing(root) as editor:
        run = editor.connection.execute
        text = opened(path, editor.folder)
        header = read_header(text, shown)
        rows_of(editor.connection, text, shown, header.places(shown, NEEDED, OPTIONAL), header)
        run(_CHECKED, {"source": path.name, "pattern": SYMBOL.pattern})
        run(_TWICE)
        run(_FOUND)
        rejected = tuple((int(row), str(reason)) for row, reason in run(_REJECTED).fetchall())
        merged = editor.merge(SCORES, "found_scores", ("symbol", "day"), newer_wins=True)
    return ScoresReport(path, merged, rejected)
