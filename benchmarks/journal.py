"""The journal: commits beside bare SQLite, a start after a year of trading, a full verify, and the window's pages.

`uv run python -m benchmarks.journal`. The year is made up: 252 sessions of 26 scans of four modules, marks every
minute, ten round trips a day, a checkpoint at each session's end. Every figure is of the machine's own disk.
"""

import datetime as dt
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from benchmarks.timing import interleaved_medians
from engine.core.calendar import next_session
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.candidate import ScanAction, ScanRow
from engine.ledger import tables
from engine.ledger.ledger import Ledger
from engine.ledger.query import LedgerQuery
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from tests.builders import NOW, Clerk, ledger, mindfolio_spec, module_spec

COMMITS = 200
"""In one turn of the comparison."""

SESSIONS = 252
SCANS = 26
MINUTES = 390
ROUND_TRIPS = 10
MODULES = ("alpha", "beta", "gamma", "delta")
SYMBOLS = ("NVDA", "QQQ", "SPY", "TSLA")


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory(prefix="mindfolio-journal-") as folder:
        compare_commits(Path(folder))
        path = Path(folder) / "year" / "ledger.sqlite"
        entries = write_year(path)
        print(f"a year: {entries:,} entries, {path.stat().st_size / 2**20:.0f} MB")
        print(f"start, with checkpoints   {timed(lambda: start(path)):8.3f} s")
        print(f"pages of 200, slowest     {slowest_page(path) * 1e3:8.1f} ms")
        print(f"history of splits         {timed(lambda: splits(path)):8.3f} s")
        print(f"full verify               {timed(lambda: verified(path), repeats=1):8.3f} s")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DELETE FROM checkpoints")
            connection.commit()
        print(f"start, without any        {timed(lambda: start(path), repeats=1):8.3f} s")


# --- commits ---------------------------------------------------------------------------------------------------------
def compare_commits(folder: Path) -> None:
    """One small event a commit, against the same rows put into the same tables by bare SQLite."""
    store = SqliteStore(folder / "ours.sqlite")
    clerk = Clerk(ledger(store))
    position_id = clerk.open()
    clerk.ledger.commit()
    bare, insert_bare = bare_copy(folder)
    event = ev.MarksRecorded({position_id: dollars(-110)}, dollars(50_000))  # as the peer's: what it costs is not ours

    def ours() -> None:
        for _ in range(COMMITS):
            clerk.record(event)
            clerk.ledger.commit()

    def theirs() -> None:
        for _ in range(COMMITS):
            insert_bare()

    medians = interleaved_medians({"ours": ours, "bare SQLite": theirs}, repeats=15)
    for name, seconds in medians.items():
        print(f"{name:25} {COMMITS / seconds:8,.0f} commits a second ({seconds / COMMITS * 1e6:.0f} us each)")
    print(f"ratio                     {medians['bare SQLite'] / medians['ours']:8.2f}")
    store.close()
    bare.close()


def bare_copy(folder: Path) -> tuple[sqlite3.Connection, Callable[[], None]]:
    """A connection to a file with the same tables, and a call that commits one more row of marks there."""
    with closing(sqlite3.connect(folder / "ours.sqlite")) as source:
        schema = [sql for (sql,) in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
    bare = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA fullfsync = ON", *schema):
        bare.execute(statement)
    insert = tables.insert(tables.journal)
    body = b'{"marks":{"P000001":-1100000},"nav":500000000}'
    seq = 0

    def insert_one() -> None:
        nonlocal seq
        seq += 1
        bare.execute("BEGIN IMMEDIATE")
        bare.execute(insert, (seq, 1_773_687_600_000_000 + seq, "MarksRecorded", 1, body, "0" * 64, "f" * 64))
        bare.execute("COMMIT")

    return bare, insert_one


# --- a year ----------------------------------------------------------------------------------------------------------
def write_year(path: Path) -> int:
    """Trade it; the number of entries."""
    budget = dollars(10_000)
    spec = mindfolio_spec(
        capital=dollars(50_000),
        budgets=dict.fromkeys(MODULES, budget),
        reserve=budget,
        modules=tuple(module_spec(module_id) for module_id in MODULES),
    )
    store = SqliteStore(path)
    clerk = Clerk(ledger(store, spec))
    session = next_session(NOW)
    for _ in range(SESSIONS):
        write_session(clerk, session.opens)
        session = next_session(session.closes)
    store.close()
    return clerk.ledger.book.seq


def write_session(
    clerk: Clerk, opens: dt.datetime, symbols: tuple[str, ...] = SYMBOLS, *, is_whole: bool = True
) -> None:
    """One session, one commit: how they are grouped changes nothing of what is read here.

    One that is not whole lacks its end, as when the program ends in its last minute.
    """
    clerk.at = opens
    book = clerk.ledger.book
    clerk.record(ev.SessionOpened(opens.date(), {module_id: book.pnl(module_id) for module_id in book.modules}))
    held: list[str] = []
    for minute in range(MINUTES):
        clerk.at = max(clerk.at, opens + dt.timedelta(minutes=minute))
        if minute % (MINUTES // SCANS) == 0:
            for module_id in MODULES:
                write_scan(clerk, module_id, minute, symbols)
        if minute % (MINUTES // ROUND_TRIPS) == 0:
            held.append(clerk.open("-1.20", module_id=MODULES[len(held) % len(MODULES)]))
            if len(held) > 1:
                clerk.close(held[-2], "0.55")
        clerk.record(ev.MarksRecorded(dict(book.marks), book.nav))
    clerk.close(held[-1], "0.60")
    if is_whole:
        clerk.record(ev.SessionClosed(opens.date()))
        clerk.ledger.seal(clerk.at)
    clerk.ledger.commit()


def write_scan(clerk: Clerk, module_id: str, minute: int, symbols: tuple[str, ...]) -> None:
    """A scan in which every symbol was looked at and skipped."""
    numbers = {"iv_rank": 41.5, "spot": 100.0 + minute, "dte": 32}
    rows = tuple(
        ScanRow(clerk.at, module_id, symbol, "Iron Condor", ScanAction.SKIPPED, "IV_RANK", dict(numbers))
        for symbol in symbols
    )
    address = clerk.ledger.keep_evidence(rows)
    clerk.record(ev.ScanCompleted(module_id, minute, len(rows), 0, 0, len(rows), address))


def start(path: Path) -> None:
    """From nothing to a book that can trade."""
    store = SqliteStore(path)
    Ledger(store)
    store.close()


def splits(path: Path) -> None:
    """What was earned under every split, read from nothing."""
    query = LedgerQuery(path)
    query.allocations()
    query.close()


def verified(path: Path) -> None:
    """A full replay that must find nothing."""
    faults = verify_file(path).faults
    if faults:
        raise SystemExit(f"the year does not verify: {faults}")


def slowest_page(path: Path) -> float:
    """Median seconds of the slowest page that the window asks for, in the middle of the year where it can be."""
    query = LedgerQuery(path)
    long_ago = NOW - dt.timedelta(days=1)
    middle = query.entries(1)[0].seq // 2
    pages: dict[str, Callable[[], object]] = {
        "scans": lambda: query.scans("alpha", long_ago),
        "trades": lambda: query.trades("alpha", after=400),
        "orders": lambda: query.orders(None, before=middle),
        "orders of a module": lambda: query.orders("beta", before=middle),
        "fills": lambda: query.fills(None, before=middle),
        "fills of a module": lambda: query.fills("beta", before=middle),
        "entries": lambda: query.entries(before=middle),
        "entries of a kind": lambda: query.entries(before=middle, kind="OrderFilled"),
        "NAV history": query.nav_history,
    }
    medians = interleaved_medians(pages)
    for name, seconds in medians.items():
        print(f"  {name:23} {seconds * 1e3:8.1f} ms")
    query.close()
    return max(medians.values())


def timed(run: Callable[[], object], repeats: int = 7) -> float:
    """Median seconds of a call."""
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


if __name__ == "__main__":
    main()
