"""Trades and deliveries of KO, written briefly, for the tests of tax lots."""

import datetime as dt

from engine.core.money import Money, dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.tax import How, TaxReport, TaxTrade

JUNE = dt.date(2026, 6, 19)
PUT = OptionContract("KO", JUNE, dollars(60), Right.PUT)
CALL = OptionContract("KO", JUNE, dollars(65), Right.CALL)


def trade(
    seq: int,
    day: dt.date,
    quantity: int,
    paid: str,
    contract: OptionContract | None = None,
    *,
    costs: str = "0",
    how: How = How.TRADE,
    symbol: str = "KO",
    position: str = "",
    order: str = "",
) -> TaxTrade:
    """One trade; `paid` in dollars (negative: brought)."""
    return TaxTrade(seq, day, symbol, contract, quantity, dollars(paid), dollars(costs), how, position, order)


def delivered(
    seq: int, day: dt.date, quantity: int, contract: OptionContract, shares: int, cash: str, how: How, costs: str = "0"
) -> TaxTrade:
    """Contracts that became shares; `cash` in dollars (negative: paid)."""
    return TaxTrade(seq, day, "KO", contract, quantity, 0, dollars(costs), how, shares=shares, share_cash=dollars(cash))


def on(month: int, day: int, year: int = 2026) -> dt.date:
    """A day."""
    return dt.date(year, month, day)


def gains(report: TaxReport) -> list[Money]:
    """What each closing made."""
    return [each.gain for each in report.closed]
