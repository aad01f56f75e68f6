"""What crossing the spread and trading cost, by hand."""

import datetime as dt

from engine.backtest.result import BacktestOrder
from engine.core.money import dollars
from tests.engine.backtest.reports import small_backtest

DAY = dt.date(2026, 3, 2)


def test_less_credit_and_more_debit_than_mid_both_cost() -> None:
    sold = BacktestOrder(DAY, "Iron Condor", "", 2, dollars("-1.30"), dollars("-1.50"), 0)
    bought = BacktestOrder(DAY, "Iron Condor", "", 2, dollars("0.70"), dollars("0.60"), 0)

    assert sold.crossing == dollars("40")  # 0.20 x 2 x 100
    assert bought.crossing == dollars("20")


def test_a_fill_better_than_mid_is_a_gain() -> None:
    assert BacktestOrder(DAY, "Call", "", 1, dollars("0.95"), dollars("1"), 0).crossing == dollars("-5")


def test_shares_are_counted_one_by_one() -> None:
    assert BacktestOrder(DAY, "40 shares", "", 40, dollars("100.01"), dollars("100"), 0, 1).crossing == dollars("0.40")


def test_a_trade_adds_up_its_orders() -> None:
    won, lost = small_backtest().trades

    assert (won.crossing, lost.crossing) == (dollars("30"), dollars("50"))
    assert (won.costs, lost.costs) == (dollars("5.20"), dollars("5.20"))
