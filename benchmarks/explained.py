"""P&L explained over simulated sessions: `uv run python -m benchmarks.explained --help`.

The whole engine trades all four modules in the simulated market, a person approves whatever waits. Of each module: the
parts of its P&L, the residual as a share of the sum of their sizes, and whether they add up to the ledger exactly.
"""

import argparse
import datetime as dt
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.simulated_year import Nobody
from engine.core.money import UNIT
from engine.domain.explained import PART_NAMES, PnlParts
from engine.domain.mindfolio import Environment
from engine.runtime.assembly import OpenEngine, session_limit
from engine.runtime.desk import Desk
from engine.runtime.places import Places, Running

MOST_RESIDUAL_PCT = 5.0
"""Of the sum of the parts' sizes, per module."""


def main() -> None:
    """Run the sessions, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=10, help="sessions (default 10)")
    parser.add_argument("--quotes", type=int, default=5, metavar="MINUTES", help="minutes between quotes (default 5)")
    parser.add_argument("--interval", type=int, default=15, metavar="MINUTES", help="minutes explained at a time")
    parser.add_argument("--symbols", default="SPY,AAPL,MSFT,KO", help="universe, with commas between")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--by-session", action="store_true", help="each session as well")
    asked = parser.parse_args()
    running = Running(
        seed=asked.seed, approves_all=True, template="main-account", quote_minutes=asked.quotes,
        symbols=tuple(asked.symbols.split(",")),
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="mindfolio-explained-") as folder:
        engine = OpenEngine(Places(Path(folder), Environment.SIMULATED), running, Nobody())
        try:
            desk = engine.kernel.desk
            desk.watch.interval = dt.timedelta(minutes=asked.interval)
            began = time.process_time()
            engine.kernel.run(until=session_limit(engine.kernel, asked.days))
            took = time.process_time() - began
            print(f"{asked.days} sessions in {took:.0f} s of one core{f', HALTED: {desk.halted}' * bool(desk.halted)}")
            is_good = tell(desk, by_session=asked.by_session)
        finally:
            engine.close()
    sys.exit(not is_good)


def tell(desk: Desk, *, by_session: bool = False) -> bool:
    """Print what the journal says of every session; whether it adds up, and little enough is left."""
    if desk.query is None:
        raise SystemExit("there is no reader of the journal")
    days = desk.query.explained(limit=10_000)
    sums: dict[str, PnlParts] = {}
    print(f"{'module':<22}" + "".join(f"{name:>11}" for name in (*PART_NAMES, "total", "residual %")))
    for day in reversed(days):
        for row in day.modules:
            sums[row.module_id] = sums.get(row.module_id, PnlParts()) + row.parts
            if by_session:
                _print(f"{day.session} {row.module_id[:11]}", row.parts)
    is_good = True
    for module_id, parts in sums.items():
        _print(module_id or "(account)", parts)
        owed = desk.book.pnl(module_id) - parts.total
        is_good &= owed == 0 and _residual_pct(parts) <= MOST_RESIDUAL_PCT
        if owed:
            print(f"  DIFFERS FROM THE LEDGER by {owed / UNIT}")
    return is_good


def _print(name: str, parts: PnlParts) -> None:
    amounts = "".join(f"{amount / UNIT:>11,.2f}" for amount in (*parts.values, parts.total))
    print(f"{name:<22}{amounts}{_residual_pct(parts):>11.2f}")


def _residual_pct(parts: PnlParts) -> float:
    return 100 * abs(parts.residual) / parts.gross if parts.gross else 0.0


if __name__ == "__main__":
    main()
