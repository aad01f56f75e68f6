"""What a pre-trade backtest says of a structure on a symbol: every trade's result, and the figures drawn from them."""

import datetime as dt
from dataclasses import dataclass

from engine.core.money import Money

OVERLAPS_FROM = 1.1
"""Trades for each independent one from which it is said that they overlap."""


@dataclass(frozen=True, slots=True)
class BacktestTrade:
    """One trade of a backtest: a lineage from its first opening until it was flat. `result` is after all costs."""

    opened: dt.date
    closed: dt.date
    result: Money
    exit_code: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A backtest's answer for one structure on one symbol, by one contract.

    `trades` counts those that were closed; `win_rate` and the bounds of its 95 % Wilson interval are shares from 0 to
    1. Averages, `expectancy` and `worst` are amounts after costs; `average_loss` is negative. None where there is
    nothing to take it of; `profit_factor` is None also without a loss. `source` says what the prices were.

    Trades overlap, and so tell less than as many one after another: `independent` is how many of those they stand for,
    their number over how many were open at once on the average. The interval is that of so many. None: not known.
    """

    trades: int
    win_rate: float | None
    expectancy: Money | None
    source: str
    win_rate_low: float | None = None
    win_rate_high: float | None = None
    average_win: Money | None = None
    average_loss: Money | None = None
    profit_factor: float | None = None
    worst: Money | None = None
    drawdown: Money | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    results: tuple[BacktestTrade, ...] = ()
    independent: float | None = None

    @property
    def is_overlapping(self) -> bool:
        """Whether the trades stand for clearly fewer independent ones: by more than a tenth."""
        return self.independent is not None and self.trades > OVERLAPS_FROM * self.independent


@dataclass(frozen=True, slots=True)
class Awaited:
    """What there is instead of evidence that is not there yet: why, and when it will be."""

    why: str
