"""Why nothing was traded in the golden runs: skips of each module checked by hand against what the recordings list.

The IV Service, the Sell Puts Engine and the Smart Rebalancer here; those of the Gamma Scalper stand beside its trades,
and more of the other three beside theirs.
"""

import datetime as dt
import zipfile
from pathlib import Path

import duckdb
import pytest

from engine.domain.candidate import ScanAction, ScanRow
from engine.domain.mindfolio import ModuleKind
from tests.golden.runs import GoldenRun, reason
from tests.option_markets import moment

IV, PUTS, GUARD = (kind.value for kind in (
    ModuleKind.IV_SERVICE, ModuleKind.SELL_PUTS_ENGINE, ModuleKind.SMART_REBALANCER,
))  # fmt: skip


def rows_at(run: GoldenRun, module: str, snapshot: str, symbol: str) -> list[ScanRow]:
    """What one scan recorded of a symbol."""
    return [row for row in run.rows[module] if row.at == moment(snapshot) and row.symbol == symbol]


def skipped(run: GoldenRun, module: str, snapshot: str, symbol: str, structure: str) -> str:
    """Why a scan skipped one structure of a symbol."""
    (row,) = (row for row in rows_at(run, module, snapshot, symbol) if row.structure.startswith(structure))
    assert row.action is ScanAction.SKIPPED
    return reason(row)


def listed(yahoo_file: Path, what: str, snapshot: str, symbol: str, *terms: object) -> list[object]:
    """Distinct strikes or expirations of a snapshot; `terms`: expiration, type, and from and to which strike."""
    only = " and expiration = ? and type = ? and strike between ? and ?" if terms else ""
    rows = duckdb.execute(
        f"select distinct {what} from read_parquet(?) where snapshot_et = ? and ticker = ?{only} order by 1",  # noqa: S608
        [str(yahoo_file), snapshot, symbol, *terms],
    ).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("snapshot", "symbol", "terms", "strikes", "why"),
    [
        # 1. The 360 put is at 16-20 delta; below it nothing is listed down to 300.
        ("2026-03-17 14:48:20-0400", "TSLA", ("2026-04-17", "put", 300, 370), [360, 365, 370],
         "no put wing 5-10 beyond 360 with a quote on 2026-04-17"),
        # 2. Above the 420 call nothing is listed.
        ("2026-03-20 15:53:12-0400", "TSLA", ("2026-04-24", "call", 410, 500), [410, 415, 420],
         "no call wing 5-10 beyond 420 with a quote on 2026-04-24"),
        # 3. Above the 240 call nothing is listed.
        ("2026-04-24 11:45:08-0400", "NVDA", ("2026-05-29", "call", 230, 300), [230, 235, 240],
         "no call wing 5-10 beyond 240 with a quote on 2026-05-29"),
    ],
    ids=["TSLA put wing", "TSLA call wing", "NVDA call wing"],
)  # fmt: skip
def test_condors_without_a_wing(
    nineteen_sessions: GoldenRun, yahoo_file: Path, snapshot: str, symbol: str, terms: tuple[object, ...],
    strikes: list[object], why: str,
) -> None:  # fmt: skip
    assert listed(yahoo_file, "strike", snapshot, symbol, *terms) == strikes
    assert skipped(nineteen_sessions, IV, snapshot, symbol, "Iron Condor") == why


@pytest.mark.parametrize(
    ("module", "snapshot", "symbol", "structure", "days", "why"),
    [
        # 4. and 5. What is listed is 28 days away at most, or 10 and then 52.
        (IV, "2026-03-27 13:27:56-0400", "NVDA", "Iron Condor", [0, 6, 28], "no expiry in 30-45 days"),
        (IV, "2026-04-07 12:10:45-0400", "SPY", "Iron Condor", [0, 1, 3, 10, 52], "no expiry in 30-45 days"),
        # 6. and 7. 52 days would do for the back, but nothing for the front; on the 21st it is the other way round.
        (IV, "2026-04-07 12:10:45-0400", "SPY", "Calendar", [0, 1, 3, 10, 52], "no front expiry in 20-35 days"),
        (IV, "2026-04-21 11:57:37-0400", "SPY", "Diagonal", [0, 1, 3, 10, 38], "no back expiry in 50-70 days"),
        # 1. of the puts.
        (PUTS, "2026-04-07 12:10:45-0400", "SPY", "Short Put", [0, 1, 3, 10, 52], "no expiry in 21-45 days"),
    ],
)
def test_nothing_listed_in_the_band_of_days(
    nineteen_sessions: GoldenRun, yahoo_file: Path, module: str, snapshot: str, symbol: str, structure: str,
    days: list[int], why: str,
) -> None:  # fmt: skip
    day = dt.date.fromisoformat(snapshot[:10])
    expirations = listed(yahoo_file, "expiration", snapshot, symbol)
    assert [(dt.date.fromisoformat(str(each)) - day).days for each in expirations] == days
    assert skipped(nineteen_sessions, module, snapshot, symbol, structure) == why


@pytest.mark.parametrize(
    ("symbol", "strike", "why"),
    [
        # 2. A fall of 10 % is 3,650 a contract, costs are 0.68; 36,500 if assigned, of half of 40,000 for one symbol.
        ("TSLA", 365, "MAX_RISK 36506800, limit 20000000; SYMBOL_CAP 365006800, limit 200000000"),
        # 3. and 4. 63,900 and 57,100 are above the whole budget too.
        ("SPY", 639, ("MAX_RISK 63906800, limit 20000000; BUDGET 639006800, limit 400000000; "
         "SYMBOL_CAP 639006800, limit 200000000")),
        ("QQQ", 571, ("MAX_RISK 57106800, limit 20000000; BUDGET 571006800, limit 400000000; "
         "SYMBOL_CAP 571006800, limit 200000000")),
    ],
)  # fmt: skip
def test_puts_that_the_module_cannot_fund(
    nineteen_sessions: GoldenRun, yahoo_file: Path, symbol: str, strike: int, why: str
) -> None:
    snapshot = "2026-03-16 15:55:34-0400"
    assert listed(yahoo_file, "strike", snapshot, symbol, "2026-04-17", "put", strike, strike) == [strike]
    structure = f"Short Put 17 Apr {strike}"
    assert skipped(nineteen_sessions, PUTS, snapshot, symbol, structure) == why


def test_a_put_that_is_held_is_not_sold_again_and_one_too_large_for_the_mindfolio_cannot_be_closed_without_a_quote(
    nineteen_sessions: GoldenRun, yahoo_file: Path
) -> None:
    snapshot = "2026-04-21 11:57:37-0400"
    # 5. NVDA's 160 put of 22 May is held, and not in this snapshot.
    assert skipped(nineteen_sessions, PUTS, snapshot, "NVDA", "Short Put") == "position already open"
    assert listed(yahoo_file, "strike", snapshot, "NVDA", "2026-05-22", "put", 160, 160) == []
    # 1. of the Rebalancer: 16,000 if assigned are 15.95 % of about 100,300.
    (row,) = (row for row in rows_at(nineteen_sessions, GUARD, snapshot, "NVDA") if row.structure == "concentration")
    assert row.reason.endswith(
        "nothing of it can be closed now: EXTERNAL, a hedge, without a price, or at work already"
    )
    assert row.numbers["power_pct"] in {15.94, 15.95}
    assert 16_000 / nineteen_sessions.document["aggregate"]["nav"] == pytest.approx(0.1595, abs=0.0001)


def test_a_module_rests_for_three_days_in_a_symbol_that_somebody_else_closed(nineteen_sessions: GoldenRun) -> None:
    # 6. to 8. The Rebalancer's closings of 24 and 30 March are approved: 25 and 31 March are a day later, 1 April two.
    for snapshot, ago in (
        ("2026-03-25 13:42:18-0400", "1 day ago"),
        ("2026-03-31 12:35:07-0400", "1 day ago"),
        ("2026-04-01 12:14:41-0400", "2 days ago"),
    ):
        why = skipped(nineteen_sessions, PUTS, snapshot, "NVDA", "Short Put")
        assert why == f"rests: a trade here lost, or was ended by somebody else, {ago}; 3 days of rest"


def test_the_rebalancer_has_nothing_to_say_of_what_is_small_or_not_held(nineteen_sessions: GoldenRun) -> None:
    # 2. Two condors of about 340 each are 0.3 % of 100,000; NVDA is not held. 3. No name has closes on record, so that
    # no correlation is known, and 4. no beta: what is not known is said, not taken for nothing.
    rows = {row.symbol: row for row in nineteen_sessions.rows[GUARD] if row.at == moment("2026-03-17 14:48:20-0400")}
    assert rows["NVDA"].reason == rows["TSLA"].reason == "nothing held"
    assert rows["SPY"].reason == "correlation unknown, fewer than 40 common sessions: QQQ (0)"
    hedges = [row for row in nineteen_sessions.rows[GUARD] if row.structure == "Bear Put Spread"]
    assert len(hedges) >= 4
    for row in hedges:
        assert row.numbers["beta_coverage"] == 0
        assert "0 % of NAV, not above 15 %; not counted, without beta: " in row.reason


def test_goog_has_no_open_interest_on_record_and_no_back_expiry_on_the_first_day(
    goog_minutes: GoldenRun, shared_dir: Path
) -> None:
    first, second = dt.date(2015, 12, 23), dt.date(2015, 12, 24)
    for module, structure in ((IV, "Iron Condor"), (PUTS, "Short Put")):
        found = [row for row in goog_minutes.rows[module] if row.structure.startswith(structure) and row.denials]
        assert found, module
        for row in found:
            assert row.at.date() == second
            assert next(denial for denial in row.denials).code.value == "LIQUIDITY"
            assert next(denial for denial in row.denials).measured is None
    # The archive of the 23rd has options of the 24th alone.
    archive = shared_dir / "data" / "chains" / "lean_minute" / "goog_20151223_quote_american.zip"
    assert {name.removesuffix(".csv")[-8:] for name in zipfile.ZipFile(archive).namelist()} == {"20151224"}
    reasons = {row.reason for rows in goog_minutes.rows.values() for row in rows if row.at.date() == first}
    assert reasons == {
        "no back expiry in 50-70 days", "no expiry in 30-45 days", "no expiry in 21-45 days", "no expiry in 20-60 days",
        "nothing held",
    }  # fmt: skip


def test_what_the_skipped_puts_would_have_made(nineteen_sessions: GoldenRun, yahoo_file: Path) -> None:
    # Of 16 March: SPY's 639 put (7.40 to 7.45), QQQ's 571 (7.60 to 7.68) and TSLA's 365 (8.90 to 9.00), sold at 7.42,
    # 7.63 and 8.90 by the fill model, less 0.60 and 0.08 each. They end worthless: on 17 April the names are at 710.14,
    # 648.85 and 400.62. Of 24 April three are still open, at about what they were sold for.
    for symbol, strike, bid, ask in (("SPY", 639, 7.40, 7.45), ("QQQ", 571, 7.60, 7.68), ("TSLA", 365, 8.90, 9.00)):
        terms = ("2026-04-17", "put", strike, strike)
        quotes = [listed(yahoo_file, side, "2026-03-16 15:55:34-0400", symbol, *terms) for side in ("bid", "ask")]
        assert quotes == [[pytest.approx(bid)], [pytest.approx(ask)]]
        (spot,) = listed(yahoo_file, "spot_price", "2026-04-17 16:28:20-0400", symbol)
        assert isinstance(spot, float)
        assert spot > strike
    found = {(row["month"], row["reason"]): row for row in nineteen_sessions.document["skipped_trades"]}
    cap = "SYMBOL_CAP: share of the budget"
    both, one = found["2026-03", f"MAX_RISK + BUDGET + {cap}"], found["2026-03", f"MAX_RISK + {cap}"]
    assert (both["ended"], both["result"]) == (2, 1503.64)
    assert both["result"] == pytest.approx(742 + 763 - 2 * 0.68)
    assert (one["ended"], one["result"]) == (1, pytest.approx(890 - 0.68))
    last = found["2026-04", f"MAX_RISK + BUDGET + {cap}"]
    assert (last["ended"], last["still_open"], last["open_result"]) == (0, 3, -6.04)
