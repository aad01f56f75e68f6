"""A simulated year with evidence required and nothing waived: `uv run python -m benchmarks.simulated_year --help`.

The whole engine trades all four modules over 46 names, a person approves whatever waits. What is told of each module:
how many trades it found, how many the gate let pass and what it said of the others, by code; what the backtests said;
what was earned; what became of the trades that were not made. Hours on one core; a dozen names take half of one.
"""

import argparse
import datetime as dt
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.core.errors import DenialCode
from engine.core.money import UNIT, usd
from engine.core.text_table import text_table
from engine.domain.aftermath import SkippedTrade
from engine.domain.candidate import ScanAction, ScanRow
from engine.domain.mindfolio import Environment, Waivers
from engine.domain.notices import Notice
from engine.domain.order import OrderPurpose
from engine.domain.snapshot import MindfolioSnapshot
from engine.ledger.query import LedgerQuery
from engine.runtime.assembly import OpenEngine, session_limit
from engine.runtime.desk import Desk
from engine.runtime.places import Places, Running

ALL_ROWS = 1_000_000


class Nobody:
    """A publisher without anybody who listens."""

    def publish(self, snapshot: MindfolioSnapshot) -> None:
        """Nobody looks."""

    def notify(self, notice: Notice) -> None:
        """Nobody is told."""


@dataclass(slots=True)
class Tally:
    """What the gate did with a module's trades."""

    screened: int = 0
    """Symbols that were looked at and gave no trade."""
    found: Counter[OrderPurpose] = field(default_factory=Counter)
    actions: Counter[ScanAction] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    """Refusals by code; a trade may be refused for several reasons at once."""
    evidence: Counter[str] = field(default_factory=Counter)
    """Refusals by the backtest, by what it said."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why symbols gave no trade, numbers left out."""

    def take(self, row: ScanRow) -> None:
        """Count one row of a scan."""
        if row.candidate is None:
            self.screened += 1
            self.reasons["".join("#" if sign.isdigit() else sign for sign in row.reason)[:60]] += 1
            return
        if row.waived:
            raise SystemExit(f"{row.symbol} {row.at}: {row.waived} was waived")
        self.found[row.candidate.purpose] += 1
        self.actions[row.action] += 1
        for denial in row.denials:
            self.codes[denial.code.value] += 1
            if denial.code is DenialCode.EVIDENCE:
                self.evidence[str(denial.facts.get("why"))] += 1


def main() -> None:
    """Run the year, and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=252, help="sessions (default: a year of 252)")
    parser.add_argument("--quotes", type=int, default=15, metavar="MINUTES", help="minutes between quotes (default 15)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--symbols", default="", metavar="A,B,...", help="a smaller universe (default: all 46 names)")
    parser.add_argument("--data-dir", type=Path, help="keep the ledger there (default: a folder that is thrown away)")
    asked = parser.parse_args()
    symbols = tuple(symbol for symbol in asked.symbols.upper().split(",") if symbol)
    running = Running(
        asked.seed, quote_minutes=asked.quotes, approves_all=True, template="main-account", symbols=symbols
    )
    with folder(asked.data_dir) as data_dir:
        engine = OpenEngine(Places(data_dir, Environment.SIMULATED), running, Nobody())
        try:
            run(engine, asked.days)
        finally:
            engine.close()


@contextmanager
def folder(kept: Path | None) -> Iterator[Path]:
    """The folder that was asked for, or one that is thrown away."""
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def run(engine: OpenEngine, days: int) -> None:
    """Go through the sessions one by one, counting what each of them scanned."""
    desk, began = engine.kernel.desk, time.perf_counter()
    if desk.book.waivers != Waivers():
        raise SystemExit(f"something is waived: {desk.book.waivers}")
    tallies: dict[str, Tally] = defaultdict(Tally)
    for day in range(1, days + 1):
        since = desk.now + dt.timedelta(microseconds=1)
        engine.kernel.run(until=session_limit(engine.kernel, 1))
        if desk.halted:
            raise SystemExit(f"halted: {desk.halted}")
        for module_id in desk.book.modules:
            for row in query_of(desk).scans(module_id, since, ALL_ROWS):
                tallies[module_id].take(row)
        took, nav = time.perf_counter() - began, desk.book.nav / UNIT
        print(f"{day:4} {desk.now:%Y-%m-%d} {took:7.0f} s  NAV {nav:12,.2f}", file=sys.stderr, flush=True)
        if day % 21 == 0 or day == days:
            tell(desk, tallies, day, took)


def query_of(desk: Desk) -> LedgerQuery:
    """The pages of a desk's ledger."""
    if not isinstance(desk.query, LedgerQuery):
        raise SystemExit("this desk keeps no pages")
    return desk.query


def tell(desk: Desk, tallies: dict[str, Tally], days: int, took: float) -> None:
    """All tables as of now."""
    book, names = desk.book, list(desk.book.modules)
    print(f"\n{days} sessions to {desk.now:%Y-%m-%d}, seed {book.seed}, {took:,.0f} s, nothing waived")

    def rows(title: str, keys: list[str], value: Callable[[str, str], str]) -> None:
        lines = text_table(["", *names], [[key, *(value(name, key) for name in names)] for key in keys])
        print(f"\n{title}", *lines, sep="\n")

    def counted(of: Callable[[Tally], Counter[str]]) -> list[str]:
        total: Counter[str] = sum((of(tallies[name]) for name in names), Counter())
        return [key for key, _ in total.most_common(16)]

    def number(of: Callable[[Tally], Counter[str]]) -> Callable[[str, str], str]:
        return lambda name, key: f"{of(tallies[name])[key]:,}"

    def passes(tally: Tally) -> Counter[str]:
        found = Counter({f"found: {purpose.value}": count for purpose, count in tally.found.items()})
        done = Counter({f"gate: {words[action]}": count for action, count in tally.actions.items()})
        return Counter({"looked at, no trade": tally.screened}) + found + done

    words = {
        ScanAction.EXECUTED: "passed, ordered",
        ScanAction.PENDING: "passed, asked a person",
        ScanAction.SKIPPED: "refused",
    }
    rows("What was looked at, and what the gate did (rows of scans)", counted(passes), number(passes))
    rows("Refusals by code (a row may have several)", counted(lambda t: t.codes), number(lambda t: t.codes))
    rows("Refusals by the backtest", counted(lambda t: t.evidence), number(lambda t: t.evidence))
    rows("Why symbols gave no trade", counted(lambda t: t.reasons), number(lambda t: t.reasons))
    ended = {name: [each.net_pnl for each in query_of(desk).trades(name, ALL_ROWS)] for name in names}
    figures: dict[str, Callable[[str], str]] = {
        "positions opened": lambda name: f"{sum(book.modules[name].stats.opened.values()):,}",
        "lineages closed": lambda name: f"{book.modules[name].stats.closed:,}",
        "of them won": lambda name: f"{book.modules[name].stats.wins:,}",
        "positions ended": lambda name: f"{len(ended[name]):,}",
        "realised": lambda name: usd(book.realised(name), signed=True),
        "open P&L": lambda name: usd(book.unrealised(name), signed=True),
        "best, worst": lambda name: ", ".join(usd(of(ended[name], default=0), signed=True) for of in (max, min)),
        "status": lambda name: f"{book.modules[name].status.value} {book.modules[name].status_why}".strip(),
    }
    rows("Results after costs", list(figures), lambda name, key: figures[key](name))
    skipped = {name: query_of(desk).skipped_trades(name, ALL_ROWS) for name in names}
    sums = {name: by_code(trades) for name, trades in skipped.items()}
    keys = sorted({key for each in sums.values() for key in each})
    rows("What skipped trades would have made, one contract each", keys, lambda name, key: sums[name].get(key, "-"))
    drawdown = f"drawdown reference {usd(book.reference.nav)}"
    print(f"\nNAV {usd(book.nav)}, {drawdown}, breaker {book.breaker or 'none'}", flush=True)


def by_code(trades: tuple[SkippedTrade, ...]) -> dict[str, str]:
    """Number and sum by reason."""
    groups: dict[str, list[SkippedTrade]] = defaultdict(list)
    for trade in trades:
        groups[trade.reason].append(trade)
    return {
        key: f"{len(each)}: {usd(sum(trade.result for trade in each), signed=True)}" for key, each in groups.items()
    }


if __name__ == "__main__":
    main()
