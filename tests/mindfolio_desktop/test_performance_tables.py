"""The tables of performance: what is not known is a dash, what is long is in columns."""

import datetime as dt
from dataclasses import replace

from engine.core.money import dollars
from engine.domain.performance import (
    Drawdown,
    Performance,
    PerformanceRow,
    PeriodPnl,
    PowerFigures,
    Returns,
    TradeFigures,
)
from mindfolio_desktop.performance_tables import performance_document, performance_text
from tests.builders import NOW

DAY = dt.date(2026, 3, 2)
FALL = Drawdown(0.125, DAY, DAY + dt.timedelta(days=3), DAY + dt.timedelta(days=10), 10)
RETURNS = Returns(DAY, 80, 0.04, 0.10, 0.37, 0.08, 0.29, 0.15, 1.5, 2.25, 2.96, None, FALL)
ROW = PerformanceRow(
    "", "Main", PeriodPnl(dollars("-12.50"), 0, 0, dollars("1234567.89")), TradeFigures(),
    PowerFigures(1e6, 1e-4, 0.0365), RETURNS,
)  # fmt: skip
FOUND = Performance(NOW, ROW, (replace(ROW, key="a", name="Alpha", returns=None),), (), (ROW,), PeriodPnl(total=7))


def test_figures_and_dashes() -> None:
    text = performance_text(FOUND, "module")
    lines = {line.split("  ")[0]: line.split() for line in text.splitlines()[::-1]}
    assert lines["Main"][1:] == ["-12.50", "0.00", "0.00", "1,234,567.89", "1,000,000", "3.6%"]
    (returns,) = [line.split() for line in text.splitlines() if "2026-03-02" in line]
    assert returns[3:] == [
        "10.00%", "37.0%", "8.00%", "29.0%", "15.0%", "1.50", "2.25", "2.96", "-", "-", "12.50%", "10",
    ]  # fmt: skip
    assert "Alpha" in text


def test_the_parts_of_symbols_end_with_what_is_of_no_trade() -> None:
    assert "  of no trade" in performance_text(FOUND, "symbol")
    assert performance_text(FOUND, "structure").splitlines()[4].startswith("  of no trade")


def test_days_are_written_as_days() -> None:
    account = performance_document(FOUND)["account"]
    assert isinstance(account, dict)
    returns = account["returns"]
    assert returns["since"] == "2026-03-02"
    assert returns["current_drawdown"] is None
    assert returns["deepest_drawdown"]["recovered"] == "2026-03-12"
    assert account["pnl"]["day"] == -12.5
