"""The text and the document of a backtest, line by line."""

import json
from dataclasses import replace

from engine.backtest.html_report import report_html
from engine.backtest.statistics import evidence_of
from engine.backtest.summary import BacktestReport, as_document, as_text, factor, figures, p_words, share
from tests.engine.backtest.reports import FIRST, empty_report, small_backtest, small_report


def test_a_trader_can_read_it() -> None:
    # Wilson's interval of 1 of 2: (0.5 + 0.9604) / 2.9207 = 0.5, give or take 0.4055.
    assert as_text(small_report()).splitlines() == [
        "SPY Iron Condor, 2025-03-03 to 2026-03-02, by one contract",
        "prices: modelled from price and IV history",
        "2 trades, 50.0 % won (95 %: 9.5 % to 90.5 %)",
        "expectancy -$50.20 a trade after costs; average win $54.80, average loss -$155.20, profit factor 0.35",
        "worst trade -$155.20, deepest drawdown $155.20",
        "crossing the spread cost $80.00, commissions and fees $10.40",
        "  stop            1 trades   0.0 % won  average    -$155.20  sum     -$155.20",
        "  target          1 trades  100.0 % won  average      $54.80  sum       $54.80",
        "1 trade still open at the end, not counted above, $23.50 at mid",
        "out of sample (2025-03-03 to 2026-03-02): 2 trades, 50.0 % won, expectancy -$50.20",
        ("p-value 0.0312 over 1,000 permutations (seed 7): how often chance alone would have done as well"),
        "days on which nothing was opened, by reason:",
        "   140  IV rank below 50",
        "    30  <b>no strikes</b>",
    ]


def overlapping() -> BacktestReport:
    """The small one with its second trade opened with the first: open on one session and on none alone."""
    report = small_report()
    first, second = report.backtest.trades
    both = (first, replace(second, trade=replace(second.trade, opened=FIRST, closed=first.trade.closed)))
    backtest = replace(report.backtest, trades=both)
    return replace(report, backtest=backtest, parts=(replace(report.parts[0], evidence=evidence_of(backtest)),))


def test_trades_that_overlap_are_said_to_stand_for_fewer() -> None:
    lines = as_text(overlapping()).splitlines()
    document = as_document(overlapping())

    # Wilson's interval of half of one: (0.5 + 1.9207) / 4.8415 = 0.5, give or take 0.4449... = 1.096 / 2.42 of it
    assert lines[2] == "2 trades (about 1 independent), 50.0 % won (95 %: 5.5 % to 94.5 %)"
    assert "2 trades (about 1 independent), 50.0 % won, expectancy" in lines[9]
    assert lines[10].endswith("trades that overlap count each for itself, which makes it look smaller than it is")
    assert figures(evidence_of(overlapping().backtest))["independent_trades"] == 1.0
    assert isinstance(document["statistics"], dict)
    assert document["statistics"]["independent_trades"] == 1.0
    assert "about 1 independent, 1 still open" in report_html(overlapping())
    assert "independent" not in report_html(small_report())


def test_nothing_traded_is_said_in_one_line() -> None:
    assert as_text(empty_report()).splitlines()[2:] == ["no trade was closed"]


def test_many_reasons_are_summed_up() -> None:
    skips = tuple((f"reason {index}", 20 - index) for index in range(10))
    lines = as_text(BacktestReport(replace(small_backtest(), skips=skips))).splitlines()

    assert lines[-2:] == ["    13  reason 7", "    23  2 other reasons"]  # 12 + 11


def test_the_document_has_every_number_in_dollars() -> None:
    document = json.loads(json.dumps(as_document(small_report()), allow_nan=False))

    assert document["prices"] == "modelled from price and IV history"
    assert document["statistics"]["expectancy"] == -50.2
    assert document["statistics"]["win_rate"] == 0.5
    assert document["statistics"]["drawdown"] == 155.2
    assert (document["cost_of_the_spread"], document["commissions_and_fees"]) == (80, 10.4)
    assert document["exits"][0] == {"code": "stop", "trades": 1, "win_rate": 0.0, "average": -155.2, "sum": -155.2}
    assert document["skips"][0] == {"reason": "IV rank below 50", "days": 140}
    assert (document["p_value"], document["permutations"], document["seed"]) == (0.0312, 1000, 7)
    assert document["trades"][0]["orders"][1] == {
        "day": "2025-03-20",
        "what": "Iron Condor",
        "why": "half",
        "quantity": 1,
        "net_price": 0.7,
        "mid": 0.6,
        "costs": 2.6,
    }
    assert document["equity"][-1] == ["2026-03-02", -100.4]
    assert document["settings"] == {"IV rank at least": "50 %"}
    assert document["parts"][0]["name"] == "out of sample"


def test_the_document_of_nothing_has_no_made_up_number() -> None:
    statistics = as_document(empty_report())["statistics"]
    assert isinstance(statistics, dict)
    assert statistics["trades"] == 0
    assert {value for name, value in statistics.items() if name != "trades"} == {None}


def test_shares() -> None:
    assert (share(0.6389), share(0.0), share(None)) == ("63.9 %", "0.0 %", "n/a")


def test_a_factor_without_a_loss_is_no_number() -> None:
    won = replace(small_backtest(), trades=small_backtest().trades[:1])
    assert factor(evidence_of(won)) == "without a loss"
    assert factor(evidence_of(empty_report().backtest)) == "n/a"


def test_too_few_trades_give_no_p_value() -> None:
    assert p_words(replace(small_report(), p_value=None)) == "1,000 permutations: too few trades for a p-value"
