"""What a backtest tells a person or a script: one JSON document, and a short text for a terminal."""

import datetime as dt
from dataclasses import dataclass

from engine.backtest.result import Backtest, TracedTrade
from engine.backtest.statistics import by_exit, evidence_of
from engine.core.money import Money, to_float, usd
from engine.domain.evidence import Evidence

MOST_SKIPS = 8
"""Reasons for opening nothing that a summary tells; the document has all."""

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the time of a walk-forward split: what it is called, and what its trades came to."""

    name: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """A backtest with what belongs to it on paper.

    `settings` are (label, value with unit). `p_value` is of a permutation test with so many `permutations` from `seed`;
    None where nobody asked for one, or there were too few trades.
    """

    backtest: Backtest
    settings: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    p_value: float | None = None
    permutations: int = 0
    seed: int = 0


def as_document(report: BacktestReport) -> Document:
    """Everything there is to say, in dollars, shares from 0 to 1 and ISO days."""
    backtest = report.backtest
    return {
        "symbol": backtest.symbol,
        "structure": backtest.structure,
        "first": str(backtest.first),
        "last": str(backtest.last),
        "prices": backtest.source,
        "statistics": figures(evidence_of(backtest)),
        "commissions_and_fees": to_float(sum(each.costs for each in backtest.trades)),
        "cost_of_the_spread": to_float(sum(each.crossing for each in backtest.trades)),
        "exits": [
            {
                "code": row.code,
                "trades": row.trades,
                "win_rate": row.win_rate,
                "average": to_float(row.average),
                "sum": to_float(row.total),
            }
            for row in by_exit(backtest)
        ],
        "open_at_end": backtest.open_at_end,
        "open_result": to_float(backtest.open_result),
        "skips": [{"reason": reason, "days": count} for reason, count in backtest.skips],
        "parts": [{"name": part.name, **figures(part.evidence)} for part in report.parts],
        "p_value": report.p_value,
        "permutations": report.permutations,
        "seed": report.seed,
        "settings": dict(report.settings),
        "trades": [_trade(each) for each in backtest.trades],
        "equity": [[str(day), to_float(result)] for day, result in backtest.equity],
    }


def figures(evidence: Evidence) -> Document:
    """The statistics of some trades as numbers; None where there is nothing to take one of."""
    return {
        "trades": evidence.trades,
        "independent_trades": evidence.independent,
        "win_rate": evidence.win_rate,
        "win_rate_low": evidence.win_rate_low,
        "win_rate_high": evidence.win_rate_high,
        "expectancy": _number(evidence.expectancy),
        "average_win": _number(evidence.average_win),
        "average_loss": _number(evidence.average_loss),
        "profit_factor": evidence.profit_factor,
        "worst": _number(evidence.worst),
        "drawdown": _number(evidence.drawdown),
    }


def as_text(report: BacktestReport) -> str:
    """A summary that fits a terminal."""
    backtest, evidence = report.backtest, evidence_of(report.backtest)
    lines = [
        f"{backtest.symbol} {backtest.structure}, {span(backtest.first, backtest.last)}, by one contract",
        f"prices: {backtest.source}",
    ]
    if not evidence.trades:
        lines.append("no trade was closed")
    else:
        lines += [
            f"{counted(evidence)}, {share(evidence.win_rate)} won ({interval(evidence)})",
            (
                f"expectancy {usd(evidence.expectancy)} a trade after costs; "
                f"average win {usd(evidence.average_win)}, average loss {usd(evidence.average_loss)}, "
                f"profit factor {factor(evidence)}"
            ),
            f"worst trade {usd(evidence.worst)}, deepest drawdown {usd(evidence.drawdown)}",
            (
                f"crossing the spread cost {usd(sum(each.crossing for each in backtest.trades))}, commissions and fees "
                f"{usd(sum(each.costs for each in backtest.trades))}"
            ),
        ]
    lines += [
        f"  {row.code:<12} {row.trades:>4} trades  {share(row.win_rate):>6} won  average {usd(row.average):>11}  "
        f"sum {usd(row.total):>12}"
        for row in by_exit(backtest)
    ]
    if backtest.open_at_end:
        lines.append(f"{still_open(backtest)}, {usd(backtest.open_result)} at mid")
    lines += [_part_line(part) for part in report.parts]
    if report.permutations:
        lines.append(p_words(report))
    if backtest.skips:
        lines.append("days on which nothing was opened, by reason:")
        lines += [f"  {count:>4}  {reason}" for reason, count in backtest.skips[:MOST_SKIPS]]
        others = backtest.skips[MOST_SKIPS:]
        if others:
            lines.append(f"  {sum(count for _, count in others):>4}  {len(others)} other reasons")
    return "\n".join(lines)


def share(part: float | None) -> str:
    """A share from 0 to 1 in percent, "n/a" for none."""
    return "n/a" if part is None else f"{part:.1%}".replace("%", " %")


def counted(evidence: Evidence) -> str:
    """How many trades, and how many independent ones they stand for where they overlap."""
    about = f" (about {evidence.independent:.0f} independent)" if evidence.is_overlapping else ""
    return f"{evidence.trades} trade{'s' * (evidence.trades != 1)}{about}"


def interval(evidence: Evidence) -> str:
    """Where the win rate lies with 95 % confidence, in words."""
    return f"95 %: {share(evidence.win_rate_low)} to {share(evidence.win_rate_high)}"


def factor(evidence: Evidence) -> str:
    """What was won for a dollar lost, in words where nothing was lost."""
    if evidence.profit_factor is not None:
        return f"{evidence.profit_factor:.2f}"
    return "without a loss" if evidence.trades else "n/a"


def still_open(backtest: Backtest) -> str:
    """How many trades the statistics leave out because the data ended first."""
    count = backtest.open_at_end
    return f"{count} trade{'s' * (count != 1)} still open at the end, not counted above"


def span(first: dt.date, last: dt.date) -> str:
    """Two days as a span."""
    return f"{first} to {last}"


def p_words(report: BacktestReport) -> str:
    """What the permutation test says, in words."""
    if report.p_value is None:
        return f"{report.permutations:,} permutations: too few trades for a p-value"
    flatters = "; trades that overlap count each for itself, which makes it look smaller than it is"
    return (
        f"p-value {report.p_value:.4f} over {report.permutations:,} permutations (seed {report.seed}): how often "
        f"chance alone would have done as well{flatters if evidence_of(report.backtest).is_overlapping else ''}"
    )


def _part_line(part: Part) -> str:
    evidence = part.evidence
    days = "" if evidence.first is None or evidence.last is None else f" ({span(evidence.first, evidence.last)})"
    return (
        f"{part.name}{days}: {counted(evidence)}, {share(evidence.win_rate)} won, expectancy {usd(evidence.expectancy)}"
    )


def _trade(traced: TracedTrade) -> Document:
    trade = traced.trade
    return {
        "opened": str(trade.opened),
        "closed": str(trade.closed),
        "result": to_float(trade.result),
        "exit": trade.exit_code,
        "orders": [
            {
                "day": str(order.day),
                "what": order.what,
                "why": order.why,
                "quantity": order.quantity,
                "net_price": to_float(order.net_price),
                "mid": to_float(order.mid),
                "costs": to_float(order.costs),
            }
            for order in traced.orders
        ],
    }


def _number(amount: Money | None) -> float | None:
    return None if amount is None else to_float(amount)
