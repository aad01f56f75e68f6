"""Our volatilities beside the vendors' on recorded chains: `uv run python -m benchmarks.real_chains`.

Needs the folder of recorded data, ../shared. The rows compared are liquid and out of the money.
"""

import csv
import datetime as dt
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np

from engine.analytics.chain_values import chain_values
from engine.analytics.kernel import IvStatus
from engine.core.calendar import NEW_YORK, session_on
from engine.core.clock import epoch_us
from engine.core.money import UNIT
from engine.domain.chain import Chain, Floats
from engine.domain.contract_keys import contract_keys, decode_keys

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "chains"
YAHOO = SHARED / "yahoo_SPY_QQQ_TSLA_NVDA_2026-03-16_2026-04-24.parquet"
WIDEST_PCT = 10.0
"""Of the mid: a wider spread is not liquid."""


def main() -> None:
    """Print a line for each file."""
    if not SHARED.is_dir():
        sys.exit("the folder of recorded market data (../shared) is not here")
    # The rate and the yield of the time: 0.05 % in 2021, 3.7 % in 2026.
    compare("SPY 2021, 252 closes", spy_2021(), 0.0005)
    for symbol in ("SPY", "QQQ", "TSLA", "NVDA"):
        compare(f"Yahoo 2026, {symbol}", yahoo(symbol), 0.037)


def compare(name: str, chains: Iterator[tuple[Chain, Floats, dt.datetime]], rate: float) -> None:
    """Value every chain and hold its volatilities beside the vendor's."""
    gaps, counts = [], dict.fromkeys(IvStatus, 0)
    rows_in_the_money = below = 0
    for chain, vendor, now in chains:
        values = chain_values(chain, now, rate)
        _, is_put, strikes = decode_keys(chain.key)
        outside = np.where(is_put, strikes / UNIT < values.forward, strikes / UNIT > values.forward)
        with np.errstate(invalid="ignore", divide="ignore"):
            tight = 100 * (chain.ask - chain.bid) / values.mid <= WIDEST_PCT
        liquid = values.valid & outside & tight & (vendor > 0.01) & (values.years > 5 / 365) & (chain.bid > 0)
        gaps.append((values.iv - vendor)[liquid])
        for status in IvStatus:
            counts[status] += int((values.status == status).sum())
        rows_in_the_money += int((~outside).sum())
        below += int((~outside & (values.status == IvStatus.BELOW_INTRINSIC)).sum())
    gap = np.concatenate(gaps)
    spread = np.abs(gap - np.median(gap))
    print(
        f"{name:22} {gap.size:6} rows   median {np.median(gap):+.4f}   95 % of |difference| within "
        f"{np.quantile(np.abs(gap), 0.95):.4f}   around the median within {np.quantile(spread, 0.95):.4f}"
    )
    reasons = ", ".join(f"{status.name} {count}" for status, count in counts.items() if count)
    print(f"{'':22} {reasons}; in the money {rows_in_the_money}, of these below exercise value {below}")


def spy_2021() -> Iterator[tuple[Chain, Floats, dt.datetime]]:
    """Twenty contracts near the money at each close of 2021; the vendor's volatility is a column."""
    by_day: dict[str, list[dict[str, str]]] = {}
    with (SHARED / "spy_2021_252_sessions.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            by_day.setdefault(row["quotedate"], []).append(row)
    for day, rows in by_day.items():
        session = session_on(dt.date.fromisoformat(day))
        now = session.closes if session is not None else dt.datetime.fromisoformat(f"{day}T21:00:00+00:00")
        figures = np.array(
            [
                [float(row[name]) for name in ("strike", "bid", "ask", "volume", "openinterest", "impliedvol")]
                for row in rows
            ]
        )
        puts = np.array([row["type"] == "put" for row in rows])
        days = np.array([dt.date.fromisoformat(row["expiration"]).toordinal() for row in rows], dtype=np.int64)
        yield chain_of("SPY", now, float(rows[0]["underlying_last"]), days, puts, figures)


def yahoo(symbol: str) -> Iterator[tuple[Chain, Floats, dt.datetime]]:
    """Snapshots of a symbol; Yahoo's volatility comes from the last trade, and is only roughly of the quote."""
    with duckdb.connect() as database:
        table = database.execute(
            "select snapshot_et, expiration, type, strike, bid, ask, volume, openInterest, impliedVolatility, "
            "spot_price from read_parquet(?) where ticker = ? order by snapshot_et",
            [str(YAHOO), symbol],
        ).fetchall()
    by_time: dict[str, list[tuple[object, ...]]] = {}
    for row in table:
        by_time.setdefault(str(row[0]), []).append(row)
    for at, rows in by_time.items():
        now = dt.datetime.fromisoformat(at).astimezone(NEW_YORK).astimezone(dt.UTC)
        figures = np.array([[np.nan if value is None else float(str(value)) for value in row[3:9]] for row in rows])
        puts = np.array([row[2] == "put" for row in rows])
        days = np.array([dt.date.fromisoformat(str(row[1])).toordinal() for row in rows], dtype=np.int64)
        yield chain_of(symbol, now, float(str(rows[0][9])), days, puts, figures)


def chain_of(
    symbol: str,
    now: dt.datetime,
    spot: float,
    days: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    puts: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    figures: Floats,
) -> tuple[Chain, Floats, dt.datetime]:
    """A chain of columns strike, bid, ask, volume, open interest, and the vendor's volatility in its order."""
    key = contract_keys(days, puts, np.rint(figures[:, 0] * UNIT).astype(np.int64))
    key, first = np.unique(key, return_index=True)
    _, bid, ask, volume, interest, vendor = (column[first] for column in figures.T)
    quoted = np.full(key.size, epoch_us(now), dtype=np.int64)
    return Chain(symbol, 1, now, spot, now, key, bid, ask, volume, interest, quoted), vendor, now


if __name__ == "__main__":
    main()
