"""A backtest as one HTML file for a browser: no script, nothing from outside, dark and light as the reader prefers."""

from html import escape
from itertools import accumulate

from engine.backtest.result import Backtest, BacktestOrder, TracedTrade
from engine.backtest.statistics import by_exit, evidence_of
from engine.backtest.summary import BacktestReport, factor, interval, p_words, share, span, still_open
from engine.core.charts import Line, bar_rows, histogram, line_chart
from engine.core.money import UNIT, Money, usd
from engine.core.page import amount, colour, document, head, section, table, tile
from engine.domain.evidence import Evidence


def report_html(report: BacktestReport) -> str:
    """The whole page. Whatever comes from outside (symbols, reasons, settings) is escaped."""
    backtest = report.backtest
    name = f"{backtest.symbol} {backtest.structure}"
    body = [
        f"<h1>{escape(name)}</h1>",
        (
            f'<p class="about">Backtest by one contract, {span(backtest.first, backtest.last)}. Results are after '
            "commissions, fees and what crossing the spread cost.</p>"
        ),
        f'<p class="note"><b>Prices:</b> {escape(backtest.source)}</p>',
        _tiles(backtest),
        section("Result so far, open trades at mid", line_chart("Equity", [Line("Result", "gain", backtest.equity)])),
        f'<div class="pair">{_outcomes(backtest)}{_exit_bars(backtest)}</div>',
        _crossing(backtest),
        _exit_table(backtest),
        _confidence(report),
        _trades(backtest),
        _skips(backtest),
        _settings(report),
    ]
    return document(f"{name} backtest", body)


def _tiles(backtest: Backtest) -> str:
    evidence = evidence_of(backtest)
    spread, costs = sum(each.crossing for each in backtest.trades), sum(each.costs for each in backtest.trades)
    total = sum(each.trade.result for each in backtest.trades)
    tiles = (
        ("Trades closed", str(evidence.trades), f"{_independent(evidence)}{backtest.open_at_end} still open", ""),
        ("Win rate", share(evidence.win_rate), interval(evidence) if evidence.trades else "", ""),
        ("Expectancy a trade", usd(evidence.expectancy), f"{usd(total)} in all", colour(evidence.expectancy)),
        ("Profit factor", factor(evidence), "won for each dollar lost", ""),
        ("Average win", usd(evidence.average_win), f"average loss {usd(evidence.average_loss)}", ""),
        ("Worst trade", usd(evidence.worst), _closed_on(backtest, evidence.worst), colour(evidence.worst)),
        ("Deepest drawdown", usd(evidence.drawdown), "from the highest result so far", ""),
        ("Crossing the spread", usd(spread), f"commissions and fees {usd(costs)}", ""),
    )
    return '<div class="tiles">' + "".join(tile(*each) for each in tiles) + "</div>"


def _independent(evidence: Evidence) -> str:
    return f"about {evidence.independent:.0f} independent, " if evidence.is_overlapping else ""


def _closed_on(backtest: Backtest, result: Money | None) -> str:
    days = [each.trade.closed for each in _by_close(backtest) if each.trade.result == result]
    return f"closed on {days[0]}" if days else ""


def _outcomes(backtest: Backtest) -> str:
    results = [each.trade.result for each in backtest.trades]
    return section("Trades by result", histogram("Trades by result", results))


def _exit_bars(backtest: Backtest) -> str:
    rows = [(row.code, row.total, f"{usd(row.total)} in {row.trades}") for row in by_exit(backtest)]
    return section("Result by exit rule", bar_rows("Result by exit rule", rows))


def _crossing(backtest: Backtest) -> str:
    trades = _by_close(backtest)
    results = accumulate(each.trade.result for each in trades)
    at_mid = accumulate(each.trade.result + each.crossing for each in trades)
    days = [each.trade.closed for each in trades]
    lines = [
        Line("As filled", "gain", tuple(zip(days, results, strict=True))),
        Line("Had every order been filled at mid", "muted", tuple(zip(days, at_mid, strict=True))),
    ]
    cost = sum(each.crossing for each in trades)
    words = f'<p class="more">Crossing the spread cost {usd(cost)} over {len(trades)} trades.</p>' if trades else ""
    return section("What crossing the spread cost", line_chart("Results as filled and at mid", lines) + words)


def _exit_table(backtest: Backtest) -> str:
    rows = [
        (escape(row.code), str(row.trades), share(row.win_rate), amount(row.average), amount(row.total))
        for row in by_exit(backtest)
    ]
    return section("Exit rules", table(("Ended by", "Trades|n", "Won|n", "Average|n", "Sum|n"), rows)) if rows else ""


def _confidence(report: BacktestReport) -> str:
    rows = [
        (
            escape(part.name),
            "n/a" if part.evidence.first is None else f"{part.evidence.first} to {part.evidence.last}",
            str(part.evidence.trades),
            share(part.evidence.win_rate),
            amount(part.evidence.expectancy),
        )
        for part in report.parts
    ]
    rows_told = table(("Part", "Days", "Trades|n", "Won|n", "Expectancy|n"), rows) if rows else ""
    words = f'<p class="more">{escape(p_words(report))}</p>' if report.permutations else ""
    return section("Does it hold?", rows_told + words) if rows_told or words else ""


def _trades(backtest: Backtest) -> str:
    rows = "".join(_trade(each) for each in _by_close(backtest))
    names = head(("Opened", "Closed", "Ended by", "", "Qty|n", "Price|n", "Mid|n", "Costs|n", "Result|n"))
    more = ""
    if backtest.open_at_end:
        more = f'<p class="more">{still_open(backtest)}: {usd(backtest.open_result)} at mid.</p>'
    told = f"<table>{names}{rows}</table>" if rows else '<p class="empty">No trade was closed.</p>'
    return section("Trades and their orders", told + more)


def _trade(traced: TracedTrade) -> str:
    trade = traced.trade
    return (
        f'<tr class="trade"><td class="day">{trade.opened}</td><td class="day">{trade.closed}</td>'
        f"<td>{escape(trade.exit_code)}</td><td></td><td></td><td></td><td></td>"
        f'<td class="n">{usd(traced.costs)}</td><td class="n">{amount(trade.result)}</td></tr>'
        + "".join(_order(order) for order in traced.orders)
    )


def _order(order: BacktestOrder) -> str:
    return (
        f'<tr class="order"><td class="day">{order.day}</td><td colspan="3">{escape(order.what)}'
        f'{f" ({escape(order.why)})" if order.why else ""}</td><td class="n">{order.quantity:,}</td>'
        f'<td class="n">{_price(order.net_price)}</td><td class="n">{_price(order.mid)}</td>'
        f'<td class="n">{usd(order.costs)}</td><td></td></tr>'
    )


def _skips(backtest: Backtest) -> str:
    if not backtest.skips:
        return ""
    rows = [(escape(reason), f"{count:,}") for reason, count in backtest.skips]
    return section("Why nothing was opened on the other days", table(("Reason", "Days|n"), rows))


def _settings(report: BacktestReport) -> str:
    rows = [(escape(label), escape(value)) for label, value in report.settings]
    return section("Settings", table(("Setting", "Value|n"), rows)) if rows else ""


def _by_close(backtest: Backtest) -> list[TracedTrade]:
    return sorted(backtest.trades, key=lambda each: (each.trade.closed, each.trade.opened))


def _price(price: Money) -> str:
    """A net price a share: credits are said to be credits, so that no sign has to be explained."""
    return f"{abs(price) / UNIT:,.2f} {'credit' if price < 0 else 'debit'}"
