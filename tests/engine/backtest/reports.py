"""A small backtest with every figure known, for the tests of what is told about it."""

import datetime as dt

from engine.backtest.result import Backtest, BacktestOrder, TracedTrade
from engine.backtest.statistics import evidence_of
from engine.backtest.summary import BacktestReport, Part
from engine.core.money import dollars
from engine.domain.evidence import BacktestTrade

FIRST, LAST = dt.date(2025, 3, 3), dt.date(2026, 3, 2)


def order(day: dt.date, net: str, mid: str, why: str) -> BacktestOrder:
    """An order of one condor at a commission of 2.60."""
    return BacktestOrder(day, "Iron Condor", why, 1, dollars(net), dollars(mid), dollars("2.60"))


def small_backtest() -> Backtest:
    """Two trades: 54.80 won and 155.20 lost; crossing cost 0.20 + 0.10 and 0.20 + 0.30 a share, 80 dollars in all."""
    first = BacktestTrade(FIRST, dt.date(2025, 3, 20), dollars("54.80"), "target")
    second = BacktestTrade(dt.date(2025, 4, 1), dt.date(2025, 4, 15), dollars("-155.20"), "stop")
    return Backtest(
        symbol="SPY",
        structure="Iron Condor",
        first=FIRST,
        last=LAST,
        source="modelled from price and IV history",
        trades=(
            TracedTrade(
                first, (order(FIRST, "-1.30", "-1.50", "IV rank 62"), order(first.closed, "0.70", "0.60", "half"))
            ),
            TracedTrade(
                second, (order(second.opened, "-1.30", "-1.50", "IV rank 55"), order(second.closed, "2.80", "2.50", ""))
            ),
        ),
        equity=((FIRST, 0), (dt.date(2025, 3, 20), dollars("54.80")), (LAST, dollars("-100.40"))),
        skips=(("IV rank below 50", 140), ("<b>no strikes</b>", 30)),
        open_at_end=1,
        open_result=dollars("23.50"),
    )


def small_report() -> BacktestReport:
    """The same with settings, one part of a split and a p-value."""
    backtest = small_backtest()
    parts = (Part("out of sample", evidence_of(backtest)),)
    return BacktestReport(backtest, (("IV rank at least", "50 %"),), parts, 0.0312, 1000, 7)


def empty_report() -> BacktestReport:
    """Nothing was traded."""
    return BacktestReport(Backtest("SPY", "Iron Condor", FIRST, LAST, "recorded chains", (), (), ()))
