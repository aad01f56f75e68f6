"""An import in progress: what is offered, what is kept, and who may write."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from engine.core.errors import ImportRefused
from engine.market.history import HistoryStore
from engine.market.history_files import Manifest, describe, keep_manifest, lock, read_manifest
from engine.market.history_staging import Offered, staging
from engine.market.importer import import_files

INCOMING = """
    insert into incoming (row_no, symbol, year, quoted_at, strike, bid, ask, expiration, "right", spot, source)
    values (?, ?, ?, ?, ?, ?, ?, '2026-04-17', 'P', 6688100, 'test')
"""
AT_US = 1_773_690_934_000_000
Write = Callable[..., Path]
MakeRow = Callable[..., tuple[object, ...]]


def ignore(_: str) -> None:
    """Progress that nobody reads."""


def test_rows_are_taken_once_and_only_if_nothing_else_is_known_of_them(tmp_path: Path) -> None:
    with staging(tmp_path, ignore) as stage:
        stage.connection.execute(INCOMING, [1, "SPY", 2026, AT_US, 6_000_000, 100, 200])
        assert stage.offer() == Offered(kept=1, added=1, differing=0, first_differing=None)
        stage.connection.execute(INCOMING, [4, "SPY", 2026, AT_US, 6_000_000, 100, 200])
        stage.connection.execute(INCOMING, [5, "SPY", 2026, AT_US, 6_100_000, 100, 200])
        assert stage.offer() == Offered(kept=2, added=1, differing=0, first_differing=None)
        stage.connection.execute(INCOMING, [7, "SPY", 2026, AT_US, 6_000_000, 101, 200])
        stage.connection.execute(INCOMING, [8, "SPY", 2026, AT_US, 6_100_000, None, 200])
        assert stage.offer() == Offered(kept=0, added=0, differing=2, first_differing=7)
        stage.keep()
    ((at, symbol),) = HistoryStore(tmp_path).snapshots()
    assert HistoryStore(tmp_path).read(symbol, at).bid.tolist() == [0.01, 0.01]


def test_what_is_not_kept_is_forgotten(tmp_path: Path) -> None:
    with staging(tmp_path, ignore) as stage:
        stage.connection.execute(INCOMING, [1, "SPY", 2026, AT_US, 6_000_000, 100, 200])
        stage.offer()
    assert HistoryStore(tmp_path).snapshots() == ()
    assert [path for path in tmp_path.iterdir() if not path.name.startswith(".")] == []


def test_files_of_other_symbols_and_years_are_not_touched(
    recorded: HistoryStore, write_csv: Write, row: MakeRow
) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in recorded.root.glob("*.parquet")}
    import_files([write_csv([row(ticker="IWM")], name="iwm.csv")], recorded, ignore)
    import_files([write_csv([row(snapshot_et="2025-03-14 12:00:00-0400")], name="old.csv")], recorded, ignore)
    after = {path.name: path.stat().st_mtime_ns for path in recorded.root.glob("*.parquet")}
    assert before.items() <= after.items()
    assert {name[:8] for name in after.keys() - before.keys()} == {"IWM_2026", "SPY_2025"}


def test_stored_rows_are_sorted_and_exact_integers(recorded: HistoryStore) -> None:
    (path,) = recorded.root.glob("SPY_*.parquet")
    with duckdb.connect() as connection:
        stored = connection.read_parquet(str(path))
        types = dict(zip(stored.columns, [str(kind) for kind in stored.types], strict=True))
        rows = stored.select('quoted_at, expiration, "right", strike').fetchall()
        first = stored.select("quoted_at, strike, bid, ask, volume, open_interest, spot, source").fetchall()[2]
    money = ("quoted_at", "strike", "bid", "ask", "volume", "open_interest", "spot")
    assert {types[column] for column in money} == {"BIGINT"}
    assert rows == sorted(rows)
    assert first == (AT_US, 6_000_000, 21_300, 22_000, 12, 340, 6_688_100, "yfinance chains.csv")
    assert {row[1] for row in rows} == {dt.date(2026, 4, 17)}


def test_a_second_import_at_the_same_time_is_refused_and_a_reader_leaves_its_files_alone(
    recorded: HistoryStore, write_csv: Write, row: MakeRow
) -> None:
    with staging(recorded.root, ignore) as stage:
        stage.connection.execute(INCOMING, [1, "SPY", 2026, AT_US, 7_100_000, 100, 200])
        stage.offer()
        with pytest.raises(ImportRefused, match="another import is running"):
            import_files([write_csv([row(strike=720)], name="more.csv")], recorded, ignore)
        assert HistoryStore(recorded.root).fingerprint() == recorded.fingerprint()
        stage.keep()
    assert len(HistoryStore(recorded.root).snapshots()) == 5


def test_a_reader_of_the_replaced_file_can_go_on(recorded: HistoryStore, write_csv: Write, row: MakeRow) -> None:
    reader = HistoryStore(recorded.root)
    import_files([write_csv([row(strike=710)], name="more.csv")], recorded, ignore)
    at, symbol = reader.snapshots(["SPY"])[0]
    assert reader.read(symbol, at).key.size == 3


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, write_csv: Write, row: MakeRow) -> None:
    history = HistoryStore(tmp_path / "history")
    history.root.write_text("not a folder")
    with pytest.raises(ImportRefused, match="history: cannot be written: File exists"):
        import_files([write_csv([row()])], history, ignore)


def test_the_lock_is_free_after_an_import(recorded: HistoryStore) -> None:
    guard = lock(recorded.root)
    with guard.acquire(timeout=0):
        assert guard.is_locked


def test_a_file_of_before_the_newer_columns_is_read_and_grows(
    recorded: HistoryStore, write_csv: Write, row: MakeRow
) -> None:
    (path,) = recorded.root.glob("SPY_*.parquet")
    before = path.with_suffix(".before")
    with duckdb.connect() as connection:
        path.rename(before)
        connection.sql(
            "select * exclude (bid_size, ask_size, last, iv, delta) from read_parquet(?)", params=[str(before)]
        ).write_parquet(str(path))
        described = describe(connection, path, "SPY", 2026)
    before.unlink()
    manifest = read_manifest(recorded.root)
    (other,) = (file for file in manifest.files if file.symbol != "SPY")
    (recorded.root / "staging").mkdir()
    keep_manifest(recorded.root, recorded.root / "staging", Manifest((other, described)))
    fingerprint = recorded.fingerprint()
    recorded.reload()
    assert recorded.fingerprint() == fingerprint

    (report,) = import_files([write_csv([row(), row(strike=710)], name="more.csv")], recorded, ignore)
    assert (report.rows_kept, report.rows_added) == (2, 1)
    (path,) = (recorded.root / file.name for file in read_manifest(recorded.root).files if file.symbol == "SPY")
    with duckdb.connect() as connection:
        lasts = connection.sql("select last from read_parquet(?) order by strike", params=[str(path)]).fetchall()
    assert [last for (last,) in lasts if last is not None] == [21_500]


def test_the_price_that_is_recorded_with_a_snapshot_is_found_again(recorded: HistoryStore) -> None:
    with staging(recorded.root, ignore) as stage:
        stage.connection.execute(f"create table spotless as select 'QQQ' as symbol, 2026 as year, {AT_US} as quoted_at")
        stage.find_recorded_spots()
        assert stage.connection.execute("select * from recorded_spots").fetchall() == [("QQQ", AT_US, 5_999_605)]
        stage.connection.execute("update spotless set quoted_at = 1")
        stage.find_recorded_spots()
        assert stage.connection.execute("select * from recorded_spots").fetchall() == []
