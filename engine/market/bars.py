"""Daily bars of underlyings and interest rates, read as arrays.

Bars as they were traded and bars that somebody adjusted are kept apart and never mixed: an option's strike is compared
with what was traded, a return is taken of what was adjusted.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from engine.domain.chain import Floats, Ints
from engine.market.tables import Columns, names, read_table

BARS, RATES = "bars_", "rates"

_PRICES = ("open", "high", "low", "close", "volume")

_OF_DAYS = """
    select (day - date '1970-01-01')::bigint + 719163 as day, open, high, low, close, volume
    from rows
    where adjustment = '{adjustment}' and series = (
        select series from rows where adjustment = '{adjustment}'
        group by series order by count(*) desc, max(day) desc, series limit 1
    )
    order by day
"""
_SPANS = """
    select adjustment, count(*) as rows, min(day)::varchar as first, max(day)::varchar as last,
           string_agg(distinct source, ', ' order by source) as sources
    from rows group by adjustment order by adjustment
"""
_RATES = """
    select (day - date '1970-01-01')::bigint + 719163 as day, percent from rows where series = 'primary credit'
    order by day
"""


class Adjustment(StrEnum):
    """What was done to a bar's prices since they were traded."""

    NONE = "none"
    """Nothing: the prices that were traded."""
    SPLITS = "splits"
    """Divided by later splits."""
    ALL = "splits and dividends"
    """Divided by later splits, and lowered by later dividends."""


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Daily bars, arrays (n,), in ascending order of `day` (an ordinal). Dollars a share; volume NaN if unknown."""

    adjustment: Adjustment
    day: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """An interest rate: `percent` a year from each `day` (an ordinal) on, arrays (n,), ascending."""

    day: Ints
    percent: Floats

    def at(self, day: int) -> float:
        """The rate in force on a day, NaN before the first."""
        place = int(np.searchsorted(self.day, day, side="right")) - 1
        return float(self.percent[place]) if place >= 0 else float("nan")


def read_bars(root: Path, symbol: str, adjustment: Adjustment = Adjustment.NONE) -> Bars | None:
    """All bars of a symbol with this adjustment, None where there are none. Raises HistoryFault for a damaged file.

    Of adjusted ones those of one file, the one with most bars: others were adjusted at another time.
    """
    columns = read_table(root, BARS + symbol, _OF_DAYS.format(adjustment=adjustment.value))
    if columns is None or not columns["day"].size:
        return None
    return Bars(adjustment, columns["day"].astype(np.int64), *(_floats(columns, name) for name in _PRICES))


def read_rates(root: Path) -> Rates | None:
    """The Federal Reserve's primary credit rate, None where it was not imported."""
    columns = read_table(root, RATES, _RATES)
    return None if columns is None else Rates(columns["day"].astype(np.int64), _floats(columns, "percent"))


def bar_spans(root: Path) -> list[dict[str, object]]:
    """What bars there are: symbol, adjustment, rows, first and last day, sources."""
    found: list[dict[str, object]] = []
    for symbol in names(root, BARS):
        columns = read_table(root, BARS + symbol, _SPANS) or {}
        found += [
            {"symbol": symbol, **dict(zip(columns, cells, strict=True))}
            for cells in zip(*(column.tolist() for column in columns.values()), strict=True)
        ]
    return found


def adjusted(bars: Bars, splits: tuple[Ints, Floats], dividends: tuple[Ints, Floats]) -> Bars:
    """Bars as traded, adjusted for splits (ex-days and new shares for an old one) and cash dividends (ex-days, $).

    Each day before a split is divided by it; each before a dividend is lowered by the share that the dividend was of
    the close before its ex-day. Raises ValueError for bars that are adjusted already.
    """
    if bars.adjustment is not Adjustment.NONE:
        raise ValueError(f"these bars are adjusted already: {bars.adjustment}")
    factor, shares = np.ones(bars.day.size), np.ones(bars.day.size)
    place = np.searchsorted(bars.day, splits[0])
    inside = place > 0
    np.divide.at(shares, place[inside] - 1, splits[1][inside])
    place = np.searchsorted(bars.day, dividends[0])
    inside = place > 0
    np.multiply.at(factor, place[inside] - 1, 1 - dividends[1][inside] / bars.close[place[inside] - 1])
    by_shares = _backwards(shares)
    by_price = by_shares * _backwards(factor)
    return replace(
        bars,
        adjustment=Adjustment.ALL,
        open=bars.open * by_price,
        high=bars.high * by_price,
        low=bars.low * by_price,
        close=bars.close * by_price,
        volume=bars.volume / by_shares,
    )


def _backwards(steps: Floats) -> Floats:
    """The product of each day's step and all later ones; the last day's is that after it, mostly 1."""
    product: Floats = np.cumprod(steps[::-1], dtype=np.float64)[::-1]
    return product


def _floats(columns: Columns, name: str) -> Floats:
    found: Floats = np.ma.filled(np.ma.asarray(columns[name], dtype=np.float64), np.nan)
    return found
