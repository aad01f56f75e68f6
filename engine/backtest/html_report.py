"""A backtest as one HTML file for a browser: no script, nothing from outside, dark and light as the reader prefers."""

from collections.abc import Sequence
from html import escape
from itertools import accumulate

from engine.backtest.charts import Line, bar_rows, histogram, line_chart
from engine.backtest.result import Backtest, BacktestOrder, TracedTrade
from engine.backtest.statistics import by_exit, evidence_of
from engine.backtest.summary import BacktestReport, factor, interval, p_words, share, span, still_open, usd
from engine.core.money import UNIT, Money
from engine.domain.evidence import Evidence

_STYLE = """
:root { color-scheme: light dark; --ground: #f2f4f7; --surface: #fff; --line: #dfe5eb; --strong: #b9c4cf;
  --text: #14202b; --muted: #4b5b6a; --gain: #0064a0; --loss: #b34700; --note: #fdf3d7; --on-note: #7a5600; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1419; --surface: #171e26; --line: #26313c;
  --strong: #3a4855; --text: #e8edf2; --muted: #a3b0bd; --gain: #5fb4f0; --loss: #ff8a4c; --note: #33290f;
  --on-note: #f2c14e; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 32px 16px 64px; background: var(--ground); color: var(--text);
  font: 15px/1.5 Inter, "Segoe UI", system-ui, -apple-system, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1080px; margin: 0 auto; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 16px; margin: 0 0 12px; }
.about { color: var(--muted); margin: 0 0 16px; }
.note { background: var(--note); color: var(--on-note); padding: 8px 12px; border-radius: 8px; margin: 0 0 24px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 12px; margin-bottom: 16px; }
.tile, section { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; }
.tile { padding: 12px 16px; } .tile b { display: block; font-size: 22px; font-weight: 600; line-height: 1.3; }
.tile span, .tile small { display: block; color: var(--muted); font-size: 13px; }
section { padding: 16px 20px; margin-bottom: 16px; overflow-x: auto; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(400px, 1fr)); gap: 16px; }
.pair section { min-width: 0; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--muted); font-size: 12px; }
.pair svg text { font-size: 16px; }
.grid { stroke: var(--line); } .zero { stroke: var(--strong); stroke-width: 1.5; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.gain { stroke: var(--gain); } .line.muted { stroke: var(--muted); stroke-dasharray: 5 4; }
.bar.gain { fill: var(--gain); } .bar.loss { fill: var(--loss); }
.legend { margin: 8px 0 0; color: var(--muted); font-size: 13px; } .key { margin-right: 20px; }
.key::before { content: ""; display: inline-block; width: 18px; margin-right: 6px; vertical-align: middle;
  border-top: 2px solid var(--gain); } .key.muted::before { border-top: 2px dashed var(--muted); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--muted); font-weight: 500; white-space: nowrap; } .n { text-align: right; white-space: nowrap; }
td.day { white-space: nowrap; } tr.order td { color: var(--muted); font-size: 13px; border-bottom: 0; padding-top: 2px;
  padding-bottom: 2px; } tr.trade td { border-bottom: 0; border-top: 1px solid var(--line); padding-top: 10px; }
.gain { color: var(--gain); } .loss { color: var(--loss); } .empty, .more { color: var(--muted); margin: 8px 0 0; }
@media print { body { background: none; padding: 0; } section, .tile { break-inside: avoid; } }
"""


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
        _section("Result so far, open trades at mid", line_chart("Equity", [Line("Result", "gain", backtest.equity)])),
        f'<div class="pair">{_outcomes(backtest)}{_exit_bars(backtest)}</div>',
        _crossing(backtest),
        _exit_table(backtest),
        _confidence(report),
        _trades(backtest),
        _skips(backtest),
        _settings(report),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # Even if something slipped through: a browser loads and runs nothing of this page.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(name)} backtest</title><style>{_STYLE}</style></head><body><main>\n"
        + "\n".join(part for part in body if part)
        + "\n</main></body></html>\n"
    )


def _tiles(backtest: Backtest) -> str:
    evidence = evidence_of(backtest)
    spread, costs = sum(each.crossing for each in backtest.trades), sum(each.costs for each in backtest.trades)
    total = sum(each.trade.result for each in backtest.trades)
    tiles = (
        ("Trades closed", str(evidence.trades), f"{_independent(evidence)}{backtest.open_at_end} still open", ""),
        ("Win rate", share(evidence.win_rate), interval(evidence) if evidence.trades else "", ""),
        ("Expectancy a trade", usd(evidence.expectancy), f"{usd(total)} in all", _colour(evidence.expectancy)),
        ("Profit factor", factor(evidence), "won for each dollar lost", ""),
        ("Average win", usd(evidence.average_win), f"average loss {usd(evidence.average_loss)}", ""),
        ("Worst trade", usd(evidence.worst), _closed_on(backtest, evidence.worst), _colour(evidence.worst)),
        ("Deepest drawdown", usd(evidence.drawdown), "from the highest result so far", ""),
        ("Crossing the spread", usd(spread), f"commissions and fees {usd(costs)}", ""),
    )
    return '<div class="tiles">' + "".join(_tile(*tile) for tile in tiles) + "</div>"


def _independent(evidence: Evidence) -> str:
    return f"about {evidence.independent:.0f} independent, " if evidence.is_overlapping else ""


def _closed_on(backtest: Backtest, result: Money | None) -> str:
    days = [each.trade.closed for each in _by_close(backtest) if each.trade.result == result]
    return f"closed on {days[0]}" if days else ""


def _tile(label: str, value: str, more: str, colour: str) -> str:
    return f'<div class="tile"><span>{label}</span><b class="{colour}">{value}</b><small>{more}</small></div>'


def _outcomes(backtest: Backtest) -> str:
    results = [each.trade.result for each in backtest.trades]
    return _section("Trades by result", histogram("Trades by result", results))


def _exit_bars(backtest: Backtest) -> str:
    rows = [(row.code, row.total, f"{usd(row.total)} in {row.trades}") for row in by_exit(backtest)]
    return _section("Result by exit rule", bar_rows("Result by exit rule", rows))


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
    return _section("What crossing the spread cost", line_chart("Results as filled and at mid", lines) + words)


def _exit_table(backtest: Backtest) -> str:
    rows = [
        (escape(row.code), str(row.trades), share(row.win_rate), _amount(row.average), _amount(row.total))
        for row in by_exit(backtest)
    ]
    return _section("Exit rules", _table(("Ended by", "Trades|n", "Won|n", "Average|n", "Sum|n"), rows)) if rows else ""


def _confidence(report: BacktestReport) -> str:
    rows = [
        (
            escape(part.name),
            "n/a" if part.evidence.first is None else f"{part.evidence.first} to {part.evidence.last}",
            str(part.evidence.trades),
            share(part.evidence.win_rate),
            _amount(part.evidence.expectancy),
        )
        for part in report.parts
    ]
    table = _table(("Part", "Days", "Trades|n", "Won|n", "Expectancy|n"), rows) if rows else ""
    words = f'<p class="more">{escape(p_words(report))}</p>' if report.permutations else ""
    return _section("Does it hold?", table + words) if table or words else ""


def _trades(backtest: Backtest) -> str:
    rows = "".join(_trade(each) for each in _by_close(backtest))
    head = _head(("Opened", "Closed", "Ended by", "", "Qty|n", "Price|n", "Mid|n", "Costs|n", "Result|n"))
    more = ""
    if backtest.open_at_end:
        more = f'<p class="more">{still_open(backtest)}: {usd(backtest.open_result)} at mid.</p>'
    table = f"<table>{head}{rows}</table>" if rows else '<p class="empty">No trade was closed.</p>'
    return _section("Trades and their orders", table + more)


def _trade(traced: TracedTrade) -> str:
    trade = traced.trade
    return (
        f'<tr class="trade"><td class="day">{trade.opened}</td><td class="day">{trade.closed}</td>'
        f"<td>{escape(trade.exit_code)}</td><td></td><td></td><td></td><td></td>"
        f'<td class="n">{usd(traced.costs)}</td><td class="n">{_amount(trade.result)}</td></tr>'
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
    return _section("Why nothing was opened on the other days", _table(("Reason", "Days|n"), rows))


def _settings(report: BacktestReport) -> str:
    rows = [(escape(label), escape(value)) for label, value in report.settings]
    return _section("Settings", _table(("Setting", "Value|n"), rows)) if rows else ""


def _by_close(backtest: Backtest) -> list[TracedTrade]:
    return sorted(backtest.trades, key=lambda each: (each.trade.closed, each.trade.opened))


def _section(title: str, content: str) -> str:
    return f"<section><h2>{title}</h2>{content}</section>"


def _head(columns: Sequence[str]) -> str:
    cells = "".join(f'<th class="{"n" if "|" in each else ""}">{each.partition("|")[0]}</th>' for each in columns)
    return f"<tr>{cells}</tr>"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns marked |n hold numbers; cells are HTML already."""
    kinds = ["n" if "|" in each else "" for each in columns]
    lines = ["".join(f'<td class="{kind}">{cell}</td>' for kind, cell in zip(kinds, row, strict=True)) for row in rows]
    return f"<table>{_head(columns)}{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def _amount(amount: Money | None) -> str:
    return f'<span class="{_colour(amount)}">{usd(amount, signed=True)}</span>'


def _price(price: Money) -> str:
    """A net price a share: credits are said to be credits, so that no sign has to be explained."""
    return f"{abs(price) / UNIT:,.2f} {'credit' if price < 0 else 'debit'}"


def _colour(amount: Money | None) -> str:
    return "" if not amount else "gain" if amount > 0 else "loss"
