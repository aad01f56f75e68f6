"""Import from CSV and loading of recorded chains: `uv run python -m benchmarks.importing`.

The file is made up: 2,000,000 rows of one symbol in HistoricalOptionData's layout, 252 sessions; the symbol-year has
500,000 of them. Every step runs in a process of its own, whose peak of memory is the operating system's figure. Files
lie in the page cache, as they do after a download.
"""

import datetime as dt
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROWS = 2_000_000
YEAR_ROWS = 500_000
SESSIONS = 250

_CHAINS = """
    copy (
        select 'SPY' as UnderlyingSymbol, 400 + session % 50 as UnderlyingPrice, '*' as Exchange,
               'X' as OptionSymbol, '' as Blank, if(number % 2 = 0, 'call', 'put') as Type,
               strftime(day + 7 * (1 + number // 400)::integer, '%m/%d/%Y') as Expiration,
               strftime(day, '%m/%d/%Y') || ' 16:00' as DataDate, 300 + (number // 2) % 200 as Strike,
               (cents + 2) / 100 as Last, cents / 100 as Bid, (cents + 5 + cents // 50) / 100 as Ask,
               hash(number, session, 1) % 900 as Volume, hash(number, session, 2) % 9000 as OpenInterest,
               0.2 as IV, 0.5 as Delta, 0.1 as Gamma, -9.1 as Theta, 11.5 as Vega, 'X' as Alias
        from (select unnest($days) as day, unnest(range(len($days))) as session)
             cross join (select unnest(range($rows // len($days))) as number)
             cross join lateral (select (hash(number, session) % 5000)::bigint as cents)
    ) to '{}' (format csv, header true)
"""


def main() -> None:
    """Print all figures, or do one step of them."""
    if len(sys.argv) > 1:
        if sys.argv[1] == "import":
            _import(Path(sys.argv[2]), Path(sys.argv[3]))
        else:
            _load(Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory(prefix="mindfolio-importing-") as name:
        folder = Path(name)
        for rows in (ROWS, YEAR_ROWS):
            path = folder / f"chains_{rows}.csv"
            _write(path, rows)
            print(f"{rows:,} rows of CSV, {path.stat().st_size / 1e6:.0f} MB:")
            _step("import", str(path), str(folder / f"history_{rows}"))
        for _ in range(3):
            _step("load", str(folder / f"history_{YEAR_ROWS}"))


def _step(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "benchmarks.importing", *arguments], check=True)  # noqa: S603 - ourselves


def _write(path: Path, rows: int) -> None:
    from engine.core.calendar import next_session  # noqa: PLC0415 - not a part of the steps

    days: list[dt.date] = []
    at = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
    while len(days) < SESSIONS:
        session = next_session(at)
        days.append(session.day)
        at = session.opens
    with duckdb.connect() as connection:
        connection.execute(_CHAINS.format(path), {"days": days, "rows": rows})


def _import(path: Path, root: Path) -> None:
    from engine.market.history import HistoryStore  # noqa: PLC0415 - imported before the clock starts
    from engine.market.importer import import_files  # noqa: PLC0415

    started = time.perf_counter()
    (report,) = import_files([path], HistoryStore(root), lambda _: None)
    taken = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  kept {report.rows_kept:,} of {report.rows_read:,} in {taken:.1f} s: {report.rows_read / taken * 60:,.0f} "
        f"rows a minute; peak memory {peak:.0f} MiB"
    )


def _load(root: Path) -> None:
    from engine.market.history import HistoryStore  # noqa: PLC0415 - imported before the clock starts

    taken = []
    started = time.perf_counter()
    history = HistoryStore(root)
    for _ in range(3):
        rows = sum(history.read(symbol, at).key.size for at, symbol in history.snapshots())
        taken.append(time.perf_counter() - started)
        started = time.perf_counter()
    print(f"  {rows:,} rows of a symbol-year: cold {taken[0] * 1e3:.0f} ms, warm {min(taken[1:]) * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
