"""The diagonal of the IV Service: a dear front option sold against a later, deeper one, in the direction of a trend.

Source of rules and defaults: product terms, section 3. With an upward trend it is of calls, with a downward one of
puts. However far the price runs with the trend, the two are worth at least the gap between their strikes when the front
expires, or is assigned before: the later option then brings at least its exercise. So the debit at the worst price and
all costs have to be less than the gap, or a move in its favour could lose.
"""

from typing import NamedTuple

import numpy as np

from engine.core.calendar import market_day, previous_session
from engine.core.errors import Fact
from engine.core.money import UNIT, from_float
from engine.domain.instrument import MULTIPLIER
from engine.domain.scan import NO_PAST, Past, ScanContext
from engine.domain.structure import StructureKind
from engine.modules.board import row_at_delta
from engine.modules.iv_rules import IvRules
from engine.modules.iv_two_expiries import Term, Terms, target_refusal, two_legs
from engine.modules.proposal import Package, Skip, plain


class Trend(NamedTuple):
    """The last close of the sessions before today, $ adjusted, and its means over the fast and the slow span."""

    close: float
    fast: float
    slow: float

    @property
    def is_up(self) -> bool:
        """Whether the close lies above both means."""
        return self.close > max(self.fast, self.slow)

    @property
    def is_down(self) -> bool:
        """Whether the close lies below both means."""
        return self.close < min(self.fast, self.slow)

    @property
    def numbers(self) -> dict[str, Fact]:
        """The figures for the scan record, 1/10,000 USD a share."""
        figures = {"close_usd": self.close, "fast_mean_usd": self.fast, "slow_mean_usd": self.slow}
        return {name: from_float(figure) for name, figure in figures.items()}

    def text(self, rules: IvRules) -> str:
        """The three figures in words."""
        where = "above" if self.is_up else "below" if self.is_down else "between, or at one of,"
        means = f"{self.fast:.2f} ({rules.fast_mean_sessions}) and {self.slow:.2f} ({rules.slow_mean_sessions})"
        return f"close {self.close:.2f} {where} its means {means}"


def trend_of(symbol: str, context: ScanContext, rules: IvRules) -> Trend | Skip:
    """Where a symbol's last close stands, or why that is not known: too few closes, or none of the last session."""
    past: Past = context.pasts.get(symbol, NO_PAST)
    slow = rules.slow_mean_sessions
    closes = past.close[-slow:]
    if closes.size < slow or not np.isfinite(closes).all():
        known = int(np.count_nonzero(np.isfinite(closes)))
        return Skip(f"trend unknown: {known} daily closes, {slow} are needed")
    last = previous_session(market_day(context.now)).day
    if int(past.day[-1]) < last.toordinal():
        return Skip(f"trend unknown: no daily close of {last}")
    return Trend(float(closes[-1]), float(closes[-rules.fast_mean_sessions :].mean()), float(closes.mean()))


def diagonal(terms: Terms, trend: Trend, context: ScanContext, rules: IvRules) -> Package | Skip:
    """The diagonal of two expirations along a trend, or why they give none."""
    if not (trend.is_up or trend.is_down):
        return Skip(f"no trend: {trend.text(rules)}")
    puts = trend.is_down
    long = _row(terms.back, (rules.long_min_delta, rules.long_max_delta), puts=puts)
    short = _row(terms.front, (rules.front_min_delta, rules.front_max_delta), puts=puts)
    if isinstance(long, Skip):
        return long
    if isinstance(short, Skip):
        return short
    package = two_legs((terms.front, short), (terms.back, long), StructureKind.DIAGONAL, context)
    if isinstance(package, Skip):
        return package
    bought, sold = terms.back.board.strike[long], terms.front.board.strike[short]
    gap = int(bought - sold if puts else sold - bought)
    paid, costs = package.worst_price * MULTIPLIER, 2 * package.unit_costs
    if paid + costs >= gap * MULTIPLIER:
        worst = f"{plain(package.worst_price)} at worst, with {plain(costs)} a unit to open and close,"
        return Skip(f"debit {worst} takes all of the {gap / UNIT:g} between the strikes: right on the trend could lose")
    refusal = target_refusal(package, rules)
    return Skip(refusal) if refusal else package


def _row(term: Term, band: tuple[float, float], *, puts: bool) -> int | Skip:
    """The strike of one expiration nearest the middle of a band of deltas."""
    low, high = band
    row = row_at_delta(term.board, term.board.listed(term.ordinal, puts=puts), low, high)
    word = "put" if puts else "call"
    return row if row is not None else Skip(f"no {word} strike at {low:g}-{high:g} delta with a quote on {term.day}")
