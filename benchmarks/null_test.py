"""What modules earn where nothing is to be earned: `uv run python -m benchmarks.null_test [fair|premium] [SEEDS]`.

In the fair simulated market no strike pays: after costs no structure may make money but by luck. For each seed the
module's own backtest runs over a year of some symbols; a seed's figure is the average result of its trades, and what is
tested is whether the seeds' average lies above zero (one-sided t, seeds are independent, trades within one are not).
With `premium` the market pays sellers of volatility, and the same figures are only told. Some minutes on one core.
"""

import datetime as dt
import math
import statistics
import sys
from collections import defaultdict

from engine.backtest.evidence import HistoryBacktester
from engine.backtest.filling import Terms
from engine.backtest.sources import source_for
from engine.backtest.spreads import fill
from engine.core.money import UNIT
from engine.domain.mindfolio import ModuleKind, Waivers
from engine.domain.structure import StructureKind
from engine.market.simulated.feed import SimulatedFeed
from engine.runtime import defaults
from engine.runtime.desk import RISK_FREE_RATE

SEEDS = 30
SYMBOLS = ("KO", "TLT", "XLE")
DAY = dt.date(2026, 1, 5)
CRITICAL = 1.699
"""One-sided 5 % point of Student's t with 29 degrees of freedom."""

TESTED = (
    (ModuleKind.IV_SERVICE, StructureKind.IRON_CONDOR),
    (ModuleKind.IV_SERVICE, StructureKind.CALENDAR),
    (ModuleKind.IV_SERVICE, StructureKind.DIAGONAL),
    (ModuleKind.SELL_PUTS_ENGINE, StructureKind.SHORT_PUT),
    (ModuleKind.GAMMA_SCALPER, StructureKind.LONG_STRADDLE),
)
"""The Rebalancer's hedges are insurance, and have no backtest of one symbol."""


def main() -> None:
    """Print the averages of every structure over all seeds, and which of them are more than luck."""
    is_fair = "premium" not in sys.argv[1:]
    numbers = [int(text) for text in sys.argv[1:] if text.isdigit()]
    seeds = numbers[0] if numbers else SEEDS
    found: dict[StructureKind, list[tuple[int, float]]] = defaultdict(list)
    for seed in range(1, seeds + 1):
        for kind, trades, total in of_seed(seed, is_fair=is_fair):
            if trades:
                found[kind].append((trades, total / trades))
    print(f"{'fair' if is_fair else 'premium'} market, {seeds} seeds, {', '.join(SYMBOLS)}, one contract, after costs")
    for _, kind in TESTED:
        means = [mean for _, mean in found[kind]]
        if len(means) < 2:
            print(f"{kind.value:15} {len(means)} seeds with trades: too few to judge by")
            continue
        mean, error = statistics.mean(means), statistics.stdev(means) / math.sqrt(len(means))
        t = mean / error if error else 0.0
        verdict = "above zero" if t > CRITICAL else "not above zero"
        trades = sum(count for count, _ in found[kind])
        print(f"{kind.value:15} {trades:6} trades, {len(means):2} seeds, ${mean:8.2f} each, t {t:6.2f}: {verdict}")


def of_seed(seed: int, *, is_fair: bool) -> list[tuple[StructureKind, int, float]]:
    """Trades and their sum in dollars of each structure in one market; what is still open counts at mid."""
    feed = SimulatedFeed(seed, fair=is_fair)
    terms = Terms(defaults.costs(), fill, RISK_FREE_RATE, Waivers())
    backtester = HistoryBacktester(source_for(feed.history(), RISK_FREE_RATE), terms)
    backtester.read_together(list(SYMBOLS), DAY)
    answers: list[tuple[StructureKind, int, float]] = []
    for module_kind, kind in TESTED:
        module = defaults.module_of(module_kind, SYMBOLS, 20_000, 20_000)
        count, total = 0, 0
        for symbol in SYMBOLS:
            done = backtester.backtest(module, symbol, kind, DAY)
            count += len(done.trades) + done.open_at_end
            total += sum(traced.trade.result for traced in done.trades) + done.open_result
        answers.append((kind, count, total / UNIT))
    return answers


if __name__ == "__main__":
    main()
