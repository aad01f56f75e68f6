"""What was earned, by whom and at what risk: P&L by period, trades counted as lineages, returns on unitised NAV.

Amounts are money; shares and rates are floats, 0.05 for 5 %; None is "not known yet", never zero.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core.money import Money
from engine.domain.position import Position
from engine.domain.records import CloseRow, FlowRow, OpeningRow, PowerRow

SESSIONS_A_YEAR = 252
"""What figures of one session are annualised with."""

FEWEST_FOR_RISK = 20
"""Sessions of return below which volatility, Sharpe and Sortino ratio are not known."""

FEWEST_FOR_A_YEAR = 60
"""Sessions below which no return is given as a year's: a good week would be a fortune."""


@dataclass(frozen=True, slots=True)
class PerformanceHistory:
    """What the ledger remembers for `performance`, all of it made from the journal; each in order of its entries.

    `results` are P&L so far of the positions that were open at a session's close, by that session's day: at least of
    the closes that the periods begin with (`period_starts`).
    """

    closes: tuple[CloseRow, ...] = ()
    flows: tuple[FlowRow, ...] = ()
    openings: tuple[OpeningRow, ...] = ()
    power: tuple[PowerRow, ...] = ()
    ended: tuple[Position, ...] = ()
    results: Mapping[dt.date, Mapping[str, Money]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PeriodPnl:
    """P&L after costs, realised and open, since the session's close before a day, week (Monday) or month began.

    `total` is since the beginning. Deposits, withdrawals, sweeps, settlements and moved positions are no part of it.
    """

    day: Money = 0
    week: Money = 0
    month: Money = 0
    total: Money = 0


@dataclass(frozen=True, slots=True)
class TradeFigures:
    """Lineages that ended, and those still open as if they were closed at their marks now.

    A lineage wins once, with net P&L above zero after costs; all others count as losers, zero too. `profit_factor` is
    what winners made over what losers lost, `expectancy` the mean result. `opened_this_month` counts new lineages.
    """

    closed: int = 0
    wins: int = 0
    win_rate: float | None = None
    average_win: Money | None = None
    average_loss: Money | None = None
    best: Money | None = None
    worst: Money | None = None
    profit_factor: float | None = None
    expectancy: Money | None = None
    open: int = 0
    open_winners: int = 0
    open_result: Money = 0
    win_rate_if_closed_now: float | None = None
    expectancy_if_closed_now: Money | None = None
    opened_this_month: int = 0


@dataclass(frozen=True, slots=True)
class PowerFigures:
    """P&L over the buying power that it took, and for how long.

    `dollar_days` is the integral of used buying power over calendar time, in dollars times days; `per_day` is P&L
    over it: what a dollar at work made a day; `per_year` is 365 times as much.
    """

    dollar_days: float = 0.0
    per_day: float | None = None
    per_year: float | None = None


@dataclass(frozen=True, slots=True)
class Drawdown:
    """A fall of the value of a unit from its peak, measured at sessions' closes and now: `depth` as a share of it.

    `days` are calendar days from the peak until the value was reached again, until now while it was not
    (`recovered` None).
    """

    depth: float
    peak: dt.date
    trough: dt.date
    recovered: dt.date | None
    days: int


@dataclass(frozen=True, slots=True)
class Returns:
    """Returns on unitised NAV: deposits and withdrawals buy and sell units, so neither is a gain or a loss.

    `time_weighted` is the return of one unit since `since`, `money_weighted` the one rate at which all flows come to
    the NAV of now (XIRR, over the same time; until the last flow where nothing is left); both for a year of 365 days as
    well, from FEWEST_FOR_A_YEAR on. `sessions` counts the returns from one session's close to the next; over a session
    that was not watched there is none. Volatility, Sharpe (excess return over its deviation) and Sortino (over its
    deviation below the risk-free rate) are of these, annualised with SESSIONS_A_YEAR, from FEWEST_FOR_RISK on. `calmar`
    is the year's return over the deepest drawdown. `risk_free_rate` is a year's.
    """

    since: dt.date
    sessions: int
    risk_free_rate: float
    time_weighted: float | None = None
    time_weighted_a_year: float | None = None
    money_weighted: float | None = None
    money_weighted_a_year: float | None = None
    volatility: float | None = None
    sharpe: float | None = None
    sortino: float | None = None
    calmar: float | None = None
    current_drawdown: Drawdown | None = None
    deepest_drawdown: Drawdown | None = None


@dataclass(frozen=True, slots=True)
class PerformanceRow:
    """One line: the account (`key` ""), a module, a kind of structure (as opened) or a symbol.

    `returns` are of the account and of modules on their budgets, None for all others.
    """

    key: str
    name: str
    pnl: PeriodPnl
    trades: TradeFigures
    power: PowerFigures
    returns: Returns | None = None


@dataclass(frozen=True, slots=True)
class Performance:
    """The whole of it at one instant.

    `other` is P&L of the account that belongs to no trade of its own: interest, late fees, what left for EXTERNAL.
    Symbols and `other` add up to the account, and so do structures and `other`.
    """

    at: dt.datetime
    account: PerformanceRow
    modules: tuple[PerformanceRow, ...]
    structures: tuple[PerformanceRow, ...]
    symbols: tuple[PerformanceRow, ...]
    other: PeriodPnl


@dataclass(frozen=True, slots=True)
class NavDay:
    """The account at a session's close: its NAV, the units that share it, what came in since the close before.

    `flows` are negative when more went out.
    """

    day: dt.date
    nav: Money
    units: int
    flows: Money
