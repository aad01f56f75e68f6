"""The golden runs: all four modules of the owner's main account over real recordings, and what they came to as lines.

A run is told in the project's own form: every position with its prices and why it was opened and closed, every reason
why something was not traded with how often it was the reason, and the books at the end. Nothing of the recordings
themselves is kept.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core.errors import Fact
from engine.domain.candidate import ScanAction, ScanRow
from engine.domain.denial import Denial
from engine.domain.mindfolio import Environment
from engine.domain.order import OrderPurpose
from engine.ledger.query import LedgerQuery
from engine.runtime.places import Places, Running
from mindfolio_desktop.headless import run_headless
from mindfolio_desktop.market_data import import_paths

KEPT = Path(__file__).parent / "trades"
"""What the runs came to when somebody last looked at it: `write_trades` writes it, `test_trade_lists` compares it."""

RECORDINGS: Mapping[str, tuple[str, ...]] = {
    "nineteen_sessions": ("chains/yahoo_SPY_QQQ_TSLA_NVDA_2026-03-16_2026-04-24.parquet",),
    # With the daily closes before it, so that realised volatility and trends are known.
    "goog_minutes": (
        "chains/lean_minute/goog_20151223_quote_american.zip",
        "chains/lean_minute/goog_20151224_quote_american.zip",
        "underlying/lean_daily/goog.zip",
        "underlying/factor_files/goog.csv",
    ),
}
"""Files of each run, below the folder of recorded data."""

_MODULE_FIGURES = ("budget", "used", "available", "realised", "unrealised", "pnl", "closed_trades", "wins", "status")

_EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class GoldenRun:
    """One run: the outcome as `mindfolio run --json` tells it, its scan rows (oldest first) and where its files are."""

    document: dict[str, Any]
    rows: Mapping[str, tuple[ScanRow, ...]]
    opened_because: Mapping[str, str]
    places: Places

    def trades(self) -> list[dict[str, Any]]:
        """Every position, ended or open, in the order of its number."""
        found = [
            {"module": module["module"], **_trade(trade), "why_opened": self.opened_because[trade["position"]]}
            for module in self.document["modules"]
            for trade in [*module["trades"], *module["open_positions"]]
        ]
        return sorted(found, key=lambda trade: str(trade["position"]))

    def skips(self) -> list[dict[str, Any]]:
        """Why what was not traded: by module, symbol and reason, and how many scans said so, the commonest first."""
        found = []
        for module, rows in self.rows.items():
            counted = Counter((row.symbol, reason(row)) for row in rows if row.action is ScanAction.SKIPPED)
            for (symbol, why), times in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
                found.append({"module": module, "symbol": symbol, "times": times, "reason": why})
        return found

    def books(self) -> dict[str, Any]:
        """The figures at the end, and what skipped trades would have come to."""
        document = self.document
        modules = {each["module"]: {name: each[name] for name in _MODULE_FIGURES} for each in document["modules"]}
        scans = {
            name: dict(sorted(Counter(row.action.value for row in rows).items())) for name, rows in self.rows.items()
        }
        return {
            "as_of": document["as_of"],
            "waived": document["waived"],
            "nav": document["aggregate"]["nav"],
            "pnl": document["aggregate"]["pnl"],
            "modules": modules,
            "scan_rows": scans,
            "skipped_trades": document["skipped_trades"],
        }

    def as_text(self) -> str:
        """The whole run as JSON with one line for each trade and each reason: a change shows as a changed line."""
        parts = (
            f'"books": {json.dumps(self.books(), indent=1)}',
            f'"trades": {_lines(self.trades())}',
            f'"skips": {_lines(self.skips())}',
        )
        return "{\n" + ",\n".join(parts) + "\n}\n"


def golden_run(name: str, data: Path, folder: Path) -> GoldenRun:
    """Import the recordings of a run from the folder `data` into `folder` and trade them to their end.

    Every approval is given a second after it is asked for.
    """
    places = Places(folder, Environment.REPLAY)
    for _ in import_paths([data / file for file in RECORDINGS[name]], places.history, None, None, lambda _line: None):
        pass
    running = Running(template="main-account", approves_all=True)
    document: dict[str, Any] = run_headless(places, running, None, lambda _line: None)
    query = LedgerQuery(places.ledger)
    try:
        rows = {each["module"]: query.scans(each["module"], _EVER, 100_000)[::-1] for each in document["modules"]}
        orders = [row.order for row in query.orders(None, 10_000)]
    finally:
        query.close()
    because = {order.position_id: order.why for order in orders if order.purpose is OrderPurpose.OPEN}
    return GoldenRun(document, rows, because, places)


def reason(row: ScanRow) -> str:
    """Why a row was skipped: the conditions of the gate that it did not meet with their figures, else the module's."""
    return "; ".join(_words(denial) for denial in row.denials) or row.reason


def _words(denial: Denial) -> str:
    return f"{denial.code.value} {_fact(denial.measured)}, limit {_fact(denial.limit)}"


def _fact(fact: Fact) -> str:
    return "unknown" if fact is None else str(fact)


def _trade(trade: Mapping[str, Any]) -> dict[str, Any]:
    """A position as the document has it, with its legs on one line."""
    legs = " ".join(f"{leg['ratio']:+d} {leg['contract']}" for leg in trade["legs"])
    return {**trade, "legs": legs}


def _lines(rows: Sequence[Mapping[str, Any]]) -> str:
    return "[\n" + ",\n".join(f" {json.dumps(row)}" for row in rows) + "\n]" if rows else "[]"
