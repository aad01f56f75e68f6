"""Returns on unitised NAV, drawdowns and ratios of return to risk. Pure; shares and rates are floats.

A path is linked from flow to flow: between two of them the value of a unit changes as what it is a part of, and a flow
changes how many units there are, never what one is worth. That is what units of NAV come to, without their rounding.
"""

import datetime as dt
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.core.calendar import market_day, previous_session
from engine.core.money import Money
from engine.domain.performance import FEWEST_FOR_A_YEAR, FEWEST_FOR_RISK, SESSIONS_A_YEAR, Drawdown, Returns
from engine.domain.records import CloseRow, FlowRow

_YEAR = dt.timedelta(days=365)

_SMALLEST_FALL = 1e-9
"""A fall by less is the rounding of floats."""

_SMALLEST_DEVIATION = 1e-12

_STEPS = 200
"""Halvings of a bracket: more than a float has digits."""

_MOST_GROWTH = 1e9


@dataclass(frozen=True, slots=True)
class Point:
    """The value of a unit on a day, 1 at the beginning; `is_close` at a session's close."""

    day: dt.date
    level: float
    is_close: bool


def unit_path(closes: Sequence[CloseRow], flows: Sequence[FlowRow], last: CloseRow) -> tuple[Point, ...] | None:
    """The value of a unit from the first flow over every close to `last`; all of one module, or of the mindfolio.

    A flow that takes everything out ends what there was with a point of its own. Closes while there was no capital
    give no point. () before any flow. None when everything was lost and more came in afterwards: no return follows
    upon a value of nothing.
    """
    rows: list[FlowRow | CloseRow] = sorted([*closes, *flows], key=lambda row: row.seq)
    points: list[Point] = []
    level, base, origin = 1.0, 0, 1.0
    for row in [*rows, last]:
        level = origin * (row.value / base) if base > 0 else level
        if isinstance(row, FlowRow):
            if level <= 0:
                return None
            if not points or base > 0 >= row.value + row.amount:
                # Of what is taken out altogether no close tells what was made since the last one.
                points.append(Point(market_day(row.at), level, is_close=False))
            origin, base = level, row.value + row.amount
        elif base > 0:
            points.append(Point(row.day, level, is_close=row is not last))
    return tuple(points)


def returns_of(path: tuple[Point, ...] | None, flows: Sequence[FlowRow], last: CloseRow, rate: float) -> Returns | None:
    """Everything that a path tells; `rate` is the risk-free one, of a year. None without a path."""
    if not path:
        return None
    samples = session_returns(path)
    since = path[0].day
    days = (path[-1].day - since).days
    growth = path[-1].level / path[0].level
    # Where nothing is left, no money grows after the last flow.
    until = flows[-1].at if last.value == 0 and flows else last.at
    money_growth = money_weighted_growth(flows, last.value, until)
    has_a_year = samples.size >= FEWEST_FOR_A_YEAR
    a_year = annual(growth, days) if has_a_year else None
    deepest, current = drawdowns(path)
    volatility, sharpe, sortino = risk_ratios(samples, rate)
    return Returns(
        since=since,
        sessions=samples.size,
        risk_free_rate=rate,
        time_weighted=growth - 1.0,
        time_weighted_a_year=a_year,
        money_weighted=None if money_growth is None else money_growth - 1.0,
        money_weighted_a_year=(
            None if money_growth is None or not has_a_year else annual(money_growth, (market_day(until) - since).days)
        ),
        volatility=volatility,
        sharpe=sharpe,
        sortino=sortino,
        calmar=None if a_year is None or deepest is None else a_year / deepest.depth,
        current_drawdown=current,
        deepest_drawdown=deepest,
    )


def session_returns(path: Sequence[Point]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Returns (n,) from one session's close to the next; what spans a session that was not watched is left out."""
    closes = [point for point in path if point.is_close]
    return np.array(
        [
            later.level / earlier.level - 1.0
            for earlier, later in itertools.pairwise(closes)
            if earlier.level > 0 and previous_session(later.day).day == earlier.day
        ],
        dtype=np.float64,
    )


def risk_ratios(
    samples: "np.ndarray[tuple[int], np.dtype[np.float64]]", rate: float
) -> tuple[float | None, float | None, float | None]:
    """Volatility, Sharpe and Sortino ratio of returns (n,) of one session each, for a year; None where unknown.

    Sources: W. F. Sharpe, The Sharpe Ratio (1994), with the deviation of a sample; F. A. Sortino and L. N. Price,
    Performance Measurement in a Downside Risk Framework (1994), the risk-free rate being what is asked for.
    """
    if samples.size < FEWEST_FOR_RISK:
        return None, None, None
    root = math.sqrt(SESSIONS_A_YEAR)
    excess = samples - rate / SESSIONS_A_YEAR
    deviation = float(samples.std(ddof=1))
    downside = math.sqrt(float((np.minimum(excess, 0.0) ** 2).mean()))
    mean = float(excess.mean())
    sharpe = mean / deviation * root if deviation > _SMALLEST_DEVIATION else None
    # What never moves has no risk to be paid for, however much the risk-free rate is above it.
    has_risk = min(deviation, downside) > _SMALLEST_DEVIATION
    sortino = mean / downside * root if has_risk else None
    return deviation * root, sharpe, sortino


def drawdowns(path: Sequence[Point]) -> tuple[Drawdown | None, Drawdown | None]:
    """The deepest fall from a peak, and the one that lasts; None where a unit never fell, or is at its peak.

    Of two equally deep ones the first.
    """
    found: list[Drawdown] = []
    peak, peak_day = path[0].level, path[0].day
    trough, trough_day = peak, peak_day
    for point in path:
        if point.level >= peak * (1.0 - _SMALLEST_FALL):
            if trough < peak:
                days = (point.day - peak_day).days
                found.append(Drawdown(1.0 - trough / peak, peak_day, trough_day, point.day, days))
            peak, peak_day = max(peak, point.level), point.day
            trough, trough_day = peak, peak_day
        elif point.level < trough:
            trough, trough_day = point.level, point.day
    current = None
    if trough < peak:
        days = (path[-1].day - peak_day).days
        found.append(Drawdown(1.0 - trough / peak, peak_day, trough_day, None, days))
        current = Drawdown(1.0 - path[-1].level / peak, peak_day, trough_day, None, days)
    deepest = max(found, key=lambda each: each.depth, default=None)
    return deepest, current


def annual(growth: float, days: int) -> float | None:
    """A growth over so many days as the return of a year of 365 days; None of no time, or when all was lost."""
    if days <= 0 or growth <= 0:
        return None
    return float(growth ** (365 / days)) - 1.0


def money_weighted_growth(flows: Sequence[FlowRow], value: Money, now: dt.datetime) -> float | None:
    """What one dollar that was there from the first flow on grew to, at the one rate that gives all flows `value` now.

    It is 1 + XIRR, to the power of the years since the first flow: each flow grows with the time that it was there
    for, counted in days of 24 hours. Of several solutions the one closest to no growth. None without any, or no time;
    a value of 0 has a rate where something was taken out before.
    """
    if not flows or now <= flows[0].at or value < 0:
        return None
    span = now - flows[0].at
    share = np.array([(now - flow.at) / span for flow in flows], dtype=np.float64)
    amount = np.array([flow.amount for flow in flows], dtype=np.float64)

    def missing(growth: float) -> float:
        return float(amount @ growth**share) - value

    return _root(missing)


def _root(missing: Callable[[float], float]) -> float | None:
    """Where a function of growth crosses zero, looked for from 1 outwards on both sides."""
    near = missing(1.0)
    if near == 0.0:
        return 1.0
    low = high = 1.0
    at_low = at_high = near
    step = 1.01
    while high < _MOST_GROWTH:
        for is_up in (True, False):
            start = high if is_up else low
            end = start * step if is_up else start / step
            at_start, at_end = (at_high if is_up else at_low), missing(end)
            if at_start * at_end <= 0:
                return _between(missing, start, end)
            if is_up:
                high, at_high = end, at_end
            else:
                low, at_low = end, at_end
        step *= 1.1
    return None


def _between(missing: Callable[[float], float], one: float, other: float) -> float:
    low, high = min(one, other), max(one, other)
    is_rising = missing(low) < 0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if (missing(middle) < 0) == is_rising:
            low = middle
        else:
            high = middle
    return (low + high) / 2
