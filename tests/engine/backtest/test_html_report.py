"""The page: every figure that is known by hand, nothing that runs or loads, and no markup from outside."""

import re
from dataclasses import replace
from html.parser import HTMLParser

from engine.backtest.html_report import report_html
from engine.backtest.summary import BacktestReport
from tests.engine.backtest.reports import empty_report, small_backtest, small_report

_VOID = {"meta"}
EVIL = '<script src="https://example.com/x.js">alert(1)</script>'


class Page(HTMLParser):
    """Reads a page; complains where tags do not nest."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())


def test_it_says_first_what_the_prices_were() -> None:
    texts = Page(report_html(small_report())).texts
    prices = texts.index("modelled from price and IV history")

    assert texts[prices - 1] == "Prices:"
    assert prices < texts.index("Trades closed")


def test_figures_known_by_hand_are_on_it() -> None:
    texts = Page(report_html(small_report())).texts

    after = {label: texts[texts.index(label) + 1] for label in ("Trades closed", "Win rate", "Profit factor")}
    assert after == {"Trades closed": "2", "Win rate": "50.0 %", "Profit factor": "0.35"}
    assert texts[texts.index("Expectancy a trade") + 1] == "-$50.20"
    assert texts[texts.index("Worst trade") + 2] == "closed on 2025-04-15"
    assert texts[texts.index("Crossing the spread") + 1] == "$80.00"
    assert "1 trade still open at the end, not counted above: $23.50 at mid." in texts


def test_orders_are_told_with_credit_and_debit() -> None:
    texts = Page(report_html(small_report())).texts
    first = texts.index("Iron Condor (IV rank 62)")

    assert texts[first - 1 : first + 5] == [
        "2025-03-03",
        "Iron Condor (IV rank 62)",
        "1",
        "1.30 credit",
        "1.50 credit",
        "$2.60",
    ]
    assert texts[texts.index("Iron Condor (half)") + 2] == "0.70 debit"


def test_the_line_at_mid_lies_above_by_what_crossing_cost() -> None:
    charts = re.findall(r'aria-label="Results as filled and at mid".*?</svg>', report_html(small_report()))
    (chart,) = charts
    filled, at_mid = re.findall(r'points="([^"]+)"', chart)
    last_filled, last_at_mid = (float(line.split()[-1].split(",")[1]) for line in (filled, at_mid))

    # From 100 to -150 (steps of 50, from 84.80 at the top to -100.40) in 200 pixels: 80 dollars.
    assert round(last_filled - last_at_mid, 1) == 64.0


def test_nothing_of_it_runs_or_loads() -> None:
    for report in (small_report(), empty_report()):
        markup = report_html(report)
        page = Page(markup)
        assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe", "object", "a"})
        assert not any(name in attributes for _, attributes in page.tags for name in ("src", "href", "onload"))
        assert "url(" not in markup
        assert "@import" not in markup
        assert "default-src 'none'" in markup


def test_what_comes_from_outside_is_text() -> None:
    base = small_backtest()
    orders = tuple(replace(order, what=EVIL, why=EVIL) for order in base.trades[0].orders)
    trade = replace(base.trades[0], trade=replace(base.trades[0].trade, exit_code=EVIL), orders=orders)
    backtest = replace(base, symbol=EVIL, structure=EVIL, source=EVIL, trades=(trade,), skips=((EVIL, 1),))
    report = replace(small_report(), backtest=backtest, settings=((EVIL, EVIL),))
    report = replace(report, parts=(replace(report.parts[0], name=EVIL),))

    page = Page(report_html(report))

    assert "script" not in {tag for tag, _ in page.tags}
    assert page.texts.count(EVIL) >= 6  # prices, exit twice, the reason, the setting and its value, the part


def test_it_follows_the_readers_scheme() -> None:
    assert "@media (prefers-color-scheme: dark)" in report_html(small_report())


def test_nothing_traded_leaves_sentences_and_no_empty_tables() -> None:
    texts = Page(report_html(empty_report())).texts

    assert texts.count("No trade was closed.") == 3
    assert texts.count("Too few days for a curve.") == 2
    assert "Exit rules" not in texts
    assert "Does it hold?" not in texts


def test_settings_and_reasons_are_told_where_there_are_some() -> None:
    told = Page(report_html(small_report())).texts
    assert told[told.index("IV rank at least") + 1] == "50 %"
    assert told[told.index("IV rank below 50") + 1] == "140"
    assert "Settings" not in Page(report_html(BacktestReport(small_backtest()))).texts
