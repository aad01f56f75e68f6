"""P&L explained over simulated sessions: `uv run python -m benchmarks.explained --help`.

The whole engine trades all four modules in the simulated market, a person approves whatever waits, and every backtest
is made up to be good, because what is explained is not why. Of each module: the parts of its P&L, the residual as a
share of the sum of their sizes, and whether they add up to the ledger exactly.
"""

import argparse
import datetime as dt
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.simulated_year import Nobody
from engine.core.money import UNIT, dollars
from engine.domain import events as ev
from engine.domain.candidate import Candidate
from engine.domain.evidence import Evidence
from engine.domain.explained import PART_NAMES, PnlParts
from engine.domain.mindfolio import Environment, ModuleSpec
from engine.ledger.book import Book
from engine.ledger.codec import chained
from engine.ledger.store import SqliteStore
from engine.runtime.assembly import OpenEngine, session_limit
from engine.runtime.places import Places, Running, existing

MOST_RESIDUAL_PCT = 5.0
"""Of the sum of the parts' sizes, per module."""


class GoodEvidence:
    """A backtester that has nothing against any trade."""

    def evidence(self, _module: ModuleSpec, _candidate: Candidate, _now: dt.datetime) -> Evidence:
        """A hundred trades that earned something."""
        return Evidence(100, 0.8, dollars(50), "made up")


def main() -> None:
    """Run the sessions, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=10, help="sessions (default 10)")
    parser.add_argument("--quotes", type=int, default=5, metavar="MINUTES", help="minutes between quotes (default 5)")
    parser.add_argument("--interval", type=int, default=30, metavar="MINUTES", help="minutes explained at a time")
    parser.add_argument("--symbols", default="SPY,AAPL,MSFT,KO", help="universe, with commas between")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--by-session", action="store_true", help="each session as well")
    parser.add_argument(
        "--data-dir", type=Path, help="run nothing: tell of the ledgers that are there, of a replay too"
    )
    asked = parser.parse_args()
    if asked.data_dir is not None:
        told = [tell(places, by_session=asked.by_session) for places in existing(asked.data_dir)]
        sys.exit(not all(told))
    with tempfile.TemporaryDirectory(prefix="mindfolio-explained-") as folder:
        places = Places(Path(folder), Environment.SIMULATED)
        _run(places, asked)
        sys.exit(not tell(places, by_session=asked.by_session))


def _run(places: Places, asked: argparse.Namespace) -> None:
    """Trade the sessions that were asked for."""
    running = Running(
        seed=asked.seed, approves_all=True, template="main-account", quote_minutes=asked.quotes,
        symbols=tuple(asked.symbols.split(",")),
    )  # fmt: skip
    engine = OpenEngine(places, running, Nobody())
    try:
        desk = engine.kernel.desk
        desk.backtester = GoodEvidence()
        desk.watch.interval = dt.timedelta(minutes=asked.interval)
        began = time.process_time()
        engine.kernel.run(until=session_limit(engine.kernel, asked.days))
        took = time.process_time() - began
        print(f"{asked.days} sessions in {took:.0f} s of one core{f', HALTED: {desk.halted}' * bool(desk.halted)}")
    finally:
        engine.close()


def tell(places: Places, *, by_session: bool = False) -> bool:
    """Print what a journal says of every session; whether it adds up at each close, and little enough is left."""
    store = SqliteStore(places.ledger, for_reading=True)
    book, sums, is_exact = Book(), dict[str, PnlParts](), True
    print(f"{places.environment.value:<22}" + "".join(f"{name:>11}" for name in (*PART_NAMES, "total", "residual %")))
    try:
        for entry, event in chained(store.entries()):
            book.apply(entry.seq, entry.at, event)
            if not isinstance(event, ev.PnlExplained):
                continue
            for module_id, parts in event.modules.items():
                sums[module_id] = sums.get(module_id, PnlParts()) + parts
                if by_session:
                    _print(f"{event.session} {module_id[:11]}", parts)
            owed = {each: book.pnl(each) - sums.get(each, PnlParts()).total for each in ("", *book.module_ids)}
            if any(owed.values()):
                is_exact = False
                print(f"  {event.session} DIFFERS FROM THE LEDGER: {owed}")
    finally:
        store.close()
    for module_id, parts in sums.items():
        _print(module_id or "(account)", parts)
    print("every module at every close is the ledger's, to the last unit" if is_exact else "THE PARTS DO NOT ADD UP")
    return is_exact and all(_residual_pct(parts) <= MOST_RESIDUAL_PCT for parts in sums.values())


def _print(name: str, parts: PnlParts) -> None:
    amounts = "".join(f"{amount / UNIT:>11,.2f}" for amount in (*parts.values, parts.total))
    print(f"{name:<22}{amounts}{_residual_pct(parts):>11.2f}")


def _residual_pct(parts: PnlParts) -> float:
    return 100 * abs(parts.residual) / parts.gross if parts.gross else 0.0


if __name__ == "__main__":
    main()
