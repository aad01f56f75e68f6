"""What a pre-trade backtest says of a structure on a symbol: every trade's result, and the figures drawn from them."""

import datetime as dt
from dataclasses import dataclass

from engine.core.money import Money


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
