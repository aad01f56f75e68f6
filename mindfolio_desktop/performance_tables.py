"""What account, modules, structures and symbols earned, from the ledger alone, as tables and as a document."""

import datetime as dt
import json
from dataclasses import asdict

from engine.core.errors import MindfolioError
from engine.core.money import Money, to_float
from engine.core.text_table import text_table
from engine.domain.performance import (
    FEWEST_FOR_A_YEAR,
    FEWEST_FOR_RISK,
    Drawdown,
    Performance,
    PerformanceRow,
    PeriodPnl,
    PowerFigures,
    Returns,
    TradeFigures,
)
from engine.ledger.query import LedgerQuery, newest_book
from engine.portfolio.performance import performance, read_history
from engine.portfolio.report import Document, amount
from engine.runtime.desk import RISK_FREE_RATE
from engine.runtime.places import Places

_EARNED = ("P&L", "day", "week", "month", "total", "buying power x days", "a year on it")

_TRADES = (
    "trades", "closed", "won", "avg win", "avg loss", "best", "worst", "profit factor", "a trade", "open", "open P&L",
    "won if closed now", "a trade", "new this month",
)  # fmt: skip

_RETURNS = (
    "returns", "since", "sessions", "time-weighted", "a year", "money-weighted", "a year", "volatility", "Sharpe",
    "Sortino", "Calmar", "drawdown", "days", "deepest", "days",
)  # fmt: skip


def told(places: Places, by: str, *, as_json: bool) -> str:
    """Performance at a ledger's last entry, as tables by "module", "structure" or "symbol", or as one JSON object.

    Raises MindfolioError when the ledger is empty, of an older version or damaged.
    """
    found = read_performance(places)
    if as_json:
        return json.dumps(performance_document(found), indent=1, allow_nan=False)
    return performance_text(found, by)


def read_performance(places: Places) -> Performance:
    """Performance at a ledger's last entry, read without writing; marks are the journaled ones.

    Raises MindfolioError when the ledger is empty, of an older version or damaged.
    """
    book = newest_book(places.ledger)
    if book.last_at is None:
        raise MindfolioError(f"the ledger {places.ledger} is empty")
    query = LedgerQuery(places.ledger)
    try:
        return performance(read_history(query, book.last_at), book, book.last_at, RISK_FREE_RATE)
    finally:
        query.close()


def performance_document(found: Performance) -> Document:
    """Everything in dollars; shares as decimals, None where not known."""
    return {
        "at": found.at.isoformat(),
        "fewest_sessions_for_risk": FEWEST_FOR_RISK,
        "fewest_sessions_for_a_year": FEWEST_FOR_A_YEAR,
        "account": _row(found.account),
        "modules": [_row(row) for row in found.modules],
        "structures": [_row(row) for row in found.structures],
        "symbols": [_row(row) for row in found.symbols],
        "of_no_trade": _pnl(found.other),
    }


def performance_text(found: Performance, by: str) -> str:
    """Tables of what was earned and of trades, and (of account and modules) of returns and risk."""
    groups = {"module": found.modules, "structure": found.structures, "symbol": found.symbols}
    lines = [(found.account.name or "account", found.account), *((f"  {row.name}", row) for row in groups[by])]
    earned = [[name, *_earned_cells(row.pnl, row.power)] for name, row in lines]
    if by != "module":
        earned.append(["  of no trade", *_earned_cells(found.other, PowerFigures())])
    text = [f"Performance at {found.at:%Y-%m-%d %H:%M} UTC, after costs, open positions at their marks", ""]
    text += text_table(_EARNED, earned)
    text += ["", *text_table(_TRADES, [[name, *_trade_cells(row.trades)] for name, row in lines])]
    returns = [[name, *_return_cells(row.returns)] for name, row in lines if row.returns is not None]
    note = (
        f"Returns are on unitised NAV, of modules on their budgets. Volatility and ratios from {FEWEST_FOR_RISK} "
        f"sessions on, a year's return from {FEWEST_FOR_A_YEAR}; risk-free rate {RISK_FREE_RATE:.1%}."
    )
    return "\n".join([*text, "", *text_table(_RETURNS, returns), "", note] if returns else text)


# --- the document ----------------------------------------------------------------------------------------------------
def _row(row: PerformanceRow) -> Document:
    return {
        "key": row.key,
        "name": row.name,
        "pnl": _pnl(row.pnl),
        "trades": _trades(row.trades),
        "buying_power": asdict(row.power),
        "returns": None if row.returns is None else _returns(row.returns),
    }


def _pnl(pnl: PeriodPnl) -> Document:
    return {name: amount(value) for name, value in asdict(pnl).items()}


def _trades(trades: TradeFigures) -> Document:
    money = {
        "average_win", "average_loss", "best", "worst", "expectancy", "open_result", "expectancy_if_closed_now",
    }  # fmt: skip
    return {name: amount(value) if name in money else value for name, value in asdict(trades).items()}


def _returns(returns: Returns) -> Document:
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in asdict(returns).items()
        if not name.endswith("drawdown")
    } | {
        "current_drawdown": _fall(returns.current_drawdown),
        "deepest_drawdown": _fall(returns.deepest_drawdown),
    }


def _fall(fall: Drawdown | None) -> Document | None:
    if fall is None:
        return None
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in asdict(fall).items()}


# --- the tables ------------------------------------------------------------------------------------------------------
def _earned_cells(pnl: PeriodPnl, power: PowerFigures) -> list[str]:
    periods = [_usd(each) for each in (pnl.day, pnl.week, pnl.month, pnl.total)]
    return [*periods, f"{power.dollar_days:,.0f}", _share(power.per_year, 1)]


def _trade_cells(trades: TradeFigures) -> list[str]:
    return [
        str(trades.closed),
        _share(trades.win_rate, 0),
        *(_usd(each) for each in (trades.average_win, trades.average_loss, trades.best, trades.worst)),
        _number(trades.profit_factor),
        _usd(trades.expectancy),
        str(trades.open),
        _usd(trades.open_result),
        _share(trades.win_rate_if_closed_now, 0),
        _usd(trades.expectancy_if_closed_now),
        str(trades.opened_this_month),
    ]


def _return_cells(returns: Returns) -> list[str]:
    return [
        f"{returns.since}",
        str(returns.sessions),
        _share(returns.time_weighted, 2),
        _share(returns.time_weighted_a_year, 1),
        _share(returns.money_weighted, 2),
        _share(returns.money_weighted_a_year, 1),
        _share(returns.volatility, 1),
        *(_number(each) for each in (returns.sharpe, returns.sortino, returns.calmar)),
        *_fall_cells(returns.current_drawdown),
        *_fall_cells(returns.deepest_drawdown),
    ]


def _fall_cells(fall: Drawdown | None) -> list[str]:
    return ["-", "-"] if fall is None else [_share(fall.depth, 2), str(fall.days)]


def _usd(money: Money | None) -> str:
    return "-" if money is None else f"{to_float(money):,.2f}"


def _share(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
