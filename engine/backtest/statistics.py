"""What a backtest's trades come to: win rate with its interval, averages, drawdown, and what each exit rule earned.

Pure functions of a `Backtest`. A trade that came to exactly nothing after costs is neither a win nor a loss, but it
counts as a trade: zero is no win. Trades that were still open when the data ended are in none of these figures, except
in the drawdown, which is taken of the equity with open trades at mid, and, where they lose, in win rate and expectancy.

Trades of a walk overlap, and those that are open at once mostly win and lose together: how many independent ones they
stand for is said, and the interval of the win rate is that of so many.
"""

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from engine.backtest.result import Backtest
from engine.core.money import Money, round_half_up
from engine.domain.evidence import BacktestTrade, Evidence

NORMAL_975 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution: 95 % lie within as much on both sides."""


@dataclass(frozen=True, slots=True)
class ExitRow:
    """The trades that one exit rule ended: how many, how many of them won, average and sum after costs."""

    code: str
    trades: int
    wins: int
    average: Money
    total: Money

    @property
    def win_rate(self) -> float:
        """Share from 0 to 1 that won."""
        return self.wins / self.trades


def wilson_interval(
    wins: int, trades: int, independent: float | None = None, normal_point: float = NORMAL_975
) -> tuple[float, float] | None:
    """Bounds of the share that wins, from 0 to 1, by E. B. Wilson's score interval (1927), without correction.

    Unlike the share plus or minus its standard error it stays within 0 and 1 and says something of few trades.
    `independent`: how many trades count as drawn each for itself, all of them where it is None. None without a trade.
    Raises ValueError when there are fewer than 0 wins or more than trades, or not between none and all are independent.
    """
    count = trades if independent is None else independent
    if not 0 <= wins <= trades or count > trades or (trades and count <= 0):
        raise ValueError(f"{wins} wins of {trades} trades, {count:g} of them independent")
    if trades == 0:
        return None
    share, weight = wins / trades, normal_point**2 / count
    middle = share + weight / 2
    half = normal_point * math.sqrt((share * (1 - share) + weight / 4) / count)
    # At the ends one bound is exactly the end; rounding must not put it beside.
    low = 0.0 if wins == 0 else (middle - half) / (1 + weight)
    high = 1.0 if wins == trades else (middle + half) / (1 + weight)
    return low, high


def deepest_fall(equity: Sequence[Money]) -> Money:
    """The most that a result fell below its highest point so far, as a positive amount; it begins at 0."""
    highest = deepest = 0
    for result in equity:
        highest = max(highest, result)
        deepest = max(deepest, highest - result)
    return deepest


def independent_trades(trades: Sequence[BacktestTrade], sessions: Iterable[dt.date]) -> float | None:
    """How many independent trades some that overlap stand for: their number over how many were open at once.

    That is the average at the end of the day over those of `sessions` on which any was open; a trade is open from its
    opening until the session before its closing, on its first day in any case. So trades one after another all count.
    None without a trade.
    """
    if not trades:
        return None
    opened = np.array([trade.opened.toordinal() for trade in trades], dtype=np.int64)
    closed = np.array([trade.closed.toordinal() for trade in trades], dtype=np.int64)
    days = np.union1d(np.array([day.toordinal() for day in sessions], dtype=np.int64), opened)
    first = np.searchsorted(days, opened)
    change = np.bincount(first, minlength=days.size + 1)
    change -= np.bincount(np.maximum(np.searchsorted(days, closed), first + 1), minlength=days.size + 1)
    at_once = np.cumsum(change)
    return len(trades) * int(np.count_nonzero(at_once)) / int(at_once.sum())


def average(amounts: Sequence[Money]) -> Money | None:
    """Mean of amounts to the nearest 1/10,000 USD, None of nothing."""
    return round_half_up(Decimal(sum(amounts)) / len(amounts)) if amounts else None


def by_exit(backtest: Backtest) -> tuple[ExitRow, ...]:
    """The trades by the rule that ended them, the most frequent first, then by name."""
    results: dict[str, list[Money]] = defaultdict(list)
    for traced in backtest.trades:
        results[traced.trade.exit_code].append(traced.trade.result)
    rows = [
        ExitRow(code, len(each), sum(1 for result in each if result > 0), average(each) or 0, sum(each))
        for code, each in results.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.trades, row.code)))


def evidence_of(backtest: Backtest) -> Evidence:
    """The figures that the gate and the trade ticket go by, and every trade's result, in the order they were closed.

    Trades that are still open with a loss between them (shares that an assignment left far above the market) count in
    win rate and expectancy as if they were closed now: what closes well soon and badly late would look too good else.
    """
    trades = tuple(sorted((traced.trade for traced in backtest.trades), key=lambda trade: (trade.closed, trade.opened)))
    results = [trade.result for trade in trades]
    wins, losses = [each for each in results if each > 0], [each for each in results if each < 0]
    independent = independent_trades(trades, [day for day, _ in backtest.equity])
    is_stuck = bool(results) and backtest.open_result < 0
    count = len(results) + (backtest.open_at_end if is_stuck else 0)
    total = sum(results) + (backtest.open_result if is_stuck else 0)
    bounds = wilson_interval(len(wins), count, independent)
    low, high = bounds if bounds is not None else (None, None)
    return Evidence(
        trades=len(results),
        win_rate=len(wins) / count if results else None,
        expectancy=round_half_up(Decimal(total) / count) if results else None,
        source=backtest.source,
        win_rate_low=low,
        win_rate_high=high,
        average_win=average(wins),
        average_loss=average(losses),
        profit_factor=sum(wins) / -sum(losses) if losses else None,
        worst=min(results, default=None),
        drawdown=deepest_fall([result for _, result in backtest.equity]) if backtest.equity else None,
        first=backtest.first,
        last=backtest.last,
        results=trades,
        independent=independent,
    )
