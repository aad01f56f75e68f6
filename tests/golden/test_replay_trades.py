"""The replayed real market: three trades worked out by hand from the recording's own rows.

The quotes below were read in the file by eye, contract by contract. From them mid and natural prices, the exit reason
and the result follow on paper; the program must come to the same, and its fills must lie between mid and natural.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from engine.domain.mindfolio import Environment
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_store
from engine.market.history import HistoryStore
from engine.market.importer import import_files
from engine.runtime.places import Places, Running
from mindfolio_desktop.headless import run_headless

Quotes = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class HandTrade:
    """A condor on paper. Quotes are (bid, ask) of long put, short put, short call, long call."""

    module: str
    position: str
    strikes: tuple[str, str, str, str]
    opened: str
    opening: Quotes
    credit: float
    closed: str
    closing: Quotes
    debit: float
    fees: float
    why: str
    net: float

    def mid(self, quotes: Quotes) -> float:
        """Net mid of holding the condor: wings less shorts."""
        low, put, call, high = (sum(quote) / 2 for quote in quotes)
        return low + high - put - call

    def natural_to_open(self) -> float:
        """What selling at the bids and buying at the asks brings."""
        low, put, call, high = self.opening
        return put[0] + call[0] - low[1] - high[1]

    def natural_to_close(self) -> float:
        """What buying back at the asks and selling at the bids costs."""
        low, put, call, high = self.closing
        return put[1] + call[1] - low[0] - high[0]


TRADES = (
    # 5.39 + 2.84 - 4.84 - 1.85 = 1.54 at natural, 1.67 at mid; 60 % of the way allows 1.592, on the grid 1.59.
    # Exit on 1 April: mid 0.64 keeps (1.61 - 0.64) / 1.61 = 60 % of the credit; between 18 and 31 March none of the
    # four contracts is in the recording. Fees to open: 4 contracts at 0.0452 are 0.1808, so 0.19; 2 sold at 0.0033 are
    # 0.0066, so 0.01; 20.60 a million of 823 to 837 sold are 0.017, so 0.02. To close: 0.19, 0.01, and of 312 to 318
    # sold 0.0065, so 0.01. Together 0.43. Result: 161.00 - 66.00 - 8 legs x 0.60 - 0.43 = 89.77.
    HandTrade(
        module="IV_SERVICE",
        position="P000002",
        strikes=("QQQ260417P00552000", "QQQ260417P00557000", "QQQ260417C00631000", "QQQ260417C00636000"),
        opened="2026-03-16 15:55:34-0400",
        opening=((4.77, 4.84), (5.39, 5.46), (2.84, 2.91), (1.80, 1.85)),
        credit=1.61,
        closed="2026-04-01 12:14:41-0400",
        closing=((3.05, 3.09), (3.64, 3.69), (0.12, 0.13), (0.07, 0.09)),
        debit=0.66,
        fees=0.43,
        why="profit target: 60 % of the credit",
        net=89.77,
    ),
    # 5.31 + 2.74 - 4.71 - 1.70 = 1.64 at natural, 1.71 at mid; the ladder's end is 1.668, on the grid 1.66. Exit: mid
    # 0.605 keeps 63 %. Fees: 0.19 + 0.01 + 0.02 (of 805 to 810 sold), then 0.19 + 0.01 + 0.01 (of 266 to 269).
    HandTrade(
        module="IV_SERVICE",
        position="P000001",
        strikes=("SPY260417P00620000", "SPY260417P00625000", "SPY260417C00698000", "SPY260417C00703000"),
        opened="2026-03-16 15:55:34-0400",
        opening=((4.66, 4.71), (5.31, 5.34), (2.74, 2.76), (1.66, 1.70)),
        credit=1.66,
        closed="2026-04-01 12:14:41-0400",
        closing=((2.59, 2.61), (3.14, 3.17), (0.12, 0.13), (0.07, 0.08)),
        debit=0.61,
        fees=0.43,
        why="profit target: 63 % of the credit",
        net=99.77,
    ),
    # Wide quotes: 1.15 at natural, 1.525 at mid. Exit: mid 0.45 keeps 68 %. What is sold to open is above 1,000 here
    # (1,065 to 1,105), so that its fee of 0.022 is 0.03: 0.23 to open and 0.21 to close (of 156 to 159).
    HandTrade(
        module="IV_SERVICE",
        position="P000005",
        strikes=("TSLA260424P00340000", "TSLA260424P00345000", "TSLA260424C00435000", "TSLA260424C00440000"),
        opened="2026-03-25 13:42:18-0400",
        opening=((5.45, 5.65), (6.25, 6.45), (4.40, 4.60), (3.70, 3.85)),
        credit=1.44,
        closed="2026-04-21 11:57:37-0400",
        closing=((0.54, 0.55), (0.74, 0.75), (1.27, 1.29), (1.02, 1.04)),
        debit=0.47,
        fees=0.44,
        why="profit target: 68 % of the credit",
        net=91.76,
    ),
)


@pytest.fixture(scope="module")
def outcome(yahoo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Places]:
    """One replay of the whole recording, every approval taken."""
    places = Places(tmp_path_factory.mktemp("replay"), Environment.REPLAY)
    import_files([yahoo_file], HistoryStore(places.history), lambda _line: None)
    return run_headless(places, Running(approves_all=True), None, lambda _line: None), places


@pytest.mark.parametrize("hand", TRADES, ids=lambda hand: hand.position)
def test_a_trade_worked_out_by_hand(outcome: tuple[dict[str, Any], Places], hand: HandTrade) -> None:
    document, _ = outcome
    module = next(module for module in document["modules"] if module["module"] == hand.module)
    trade = next(trade for trade in module["trades"] if trade["position"] == hand.position)

    assert tuple(leg["contract"] for leg in trade["legs"]) == hand.strikes
    assert trade["opening_cost"] == pytest.approx(-hand.credit * 100, abs=1e-9)
    assert trade["closing_cash"] == pytest.approx(-hand.debit * 100, abs=1e-9)
    assert (trade["commissions"], trade["fees"]) == (4.80, hand.fees)
    assert trade["net_pnl"] == hand.net
    assert hand.net == pytest.approx((hand.credit - hand.debit) * 100 - 4.80 - hand.fees)
    assert trade["why_closed"] == hand.why
    assert -hand.mid(hand.opening) >= hand.credit - 1e-9 >= hand.natural_to_open() - 1e-9, "never better than mid"
    assert -hand.mid(hand.closing) <= hand.debit + 1e-9 <= hand.natural_to_close() + 1e-9


@pytest.mark.parametrize("hand", TRADES, ids=lambda hand: hand.position)
def test_the_hand_copied_quotes_are_the_recordings(yahoo_file: Path, hand: HandTrade) -> None:
    for snapshot, quotes in ((hand.opened, hand.opening), (hand.closed, hand.closing)):
        for occ, (bid, ask) in zip(hand.strikes, quotes, strict=True):
            symbol, right, strike = occ[:-15], occ[-9], int(occ[-8:]) / 1000
            row = duckdb.execute(
                "select bid, ask from read_parquet(?) where snapshot_et = ? and ticker = ? and expiration = ?"
                " and type = ? and strike = ?",
                [str(yahoo_file), snapshot, symbol, f"20{occ[-15:-13]}-{occ[-13:-11]}-{occ[-11:-9]}",
                 "put" if right == "P" else "call", strike],
            ).fetchall()  # fmt: skip
            assert [(round(bid_, 4), round(ask_, 4)) for bid_, ask_ in row] == [(bid, ask)]


def test_the_account_adds_up_and_the_journal_verifies(outcome: tuple[dict[str, Any], Places]) -> None:
    document, places = outcome
    modules, totals = document["modules"], document["aggregate"]

    assert sum(module["budget"] for module in modules) + document["reserve"] == document["capital"] == 50_000
    assert all(module["used"] + module["held"] <= module["budget"] for module in modules)
    assert sum(module["closed_trades"] for module in modules) >= 3
    assert math.isclose(totals["nav"], 50_000 + sum(module["pnl"] for module in modules), abs_tol=1e-6)
    assert math.isclose(
        sum(module["realised"] for module in modules),
        sum(trade["net_pnl"] for module in modules for trade in module["trades"])
        - sum(held["commissions"] + held["fees"] for module in modules for held in module["open_positions"]),
        abs_tol=1e-6,
    )
    store = SqliteStore(places.ledger, for_reading=True)
    assert verify_store(store).faults == ()
    store.close()
