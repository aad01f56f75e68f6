"""The SQLite store: all or nothing, durable, exact, one writer, and nobody else's file is ever touched."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import LedgerFault
from engine.domain import events as ev
from engine.domain.events import Event
from engine.domain.records import Checkpoint, LedgerBatch, PostingRow
from engine.ledger.anchor import Head, anchor_path, read_head
from engine.ledger.codec import GENESIS_HASH
from engine.ledger.connections import BUSY_WAIT_S
from engine.ledger.ledger import Ledger
from engine.ledger.store import SCHEMA_VERSION, SqliteStore
from tests.builders import NOW, Clerk, MemoryStore, created, ledger, order, position

TABLES = ("journal", "postings", "evidence", "closed_positions", "orders", "fills", "checkpoints")
NOTHING = dict.fromkeys(TABLES, 0)
ROOT = Path(__file__).resolve().parents[3]


def sample_batch() -> LedgerBatch:
    """Everything that a first step with a closed trade and a scan writes."""
    memory = MemoryStore()
    clerk = Clerk(Ledger(memory))
    clerk.record(created())
    clerk.close(clerk.open("-1.20"), "0.55")
    clerk.ledger.keep_evidence([1, 2])
    clerk.ledger.seal(clerk.at)
    clerk.ledger.commit()
    return memory.batches[0]


BATCH = sample_batch()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(path)
    yield opened
    opened.close()


def counts(path: Path) -> dict[str, int]:
    """Rows by table, counted on a connection of our own."""
    with closing(sqlite3.connect(path)) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}  # noqa: S608


def pragma(store: SqliteStore, name: str) -> Any:
    with store._engine.connect() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


def do_not_wait(store: SqliteStore) -> None:
    """Give a lock up at once; the tests have not the two seconds that the store has."""
    with closing(store._engine.raw_connection()) as connection:
        connection.cursor().execute("PRAGMA busy_timeout = 10")


def contents(store: SqliteStore) -> tuple[list[Any], ...]:
    tables = (store.entries, store.postings, store.evidence, store.closed, store.orders, store.fills, store.checkpoints)
    return tuple(list(table()) for table in tables)


def test_a_batch_comes_back_exactly_also_after_reopening(path: Path) -> None:
    written = tuple(
        [*rows] for rows in (BATCH.entries, BATCH.postings, BATCH.evidence, BATCH.closed, BATCH.orders, BATCH.fills)
    )
    store = SqliteStore(path)
    store.append(BATCH)
    assert contents(store) == (*written, [BATCH.checkpoint])
    store.close()
    for for_reading in (False, True):
        reopened = SqliteStore(path, for_reading=for_reading)
        assert contents(reopened) == (*written, [BATCH.checkpoint])
        reopened.close()


def test_entries_can_be_read_from_anywhere_on(store: SqliteStore) -> None:
    store.append(BATCH)
    assert [entry.seq for entry in store.entries(after=3)] == [entry.seq for entry in BATCH.entries if entry.seq > 3]
    assert list(store.entries(after=len(BATCH.entries))) == []


TOO_LARGE = PostingRow(1, "CASH", "", 2**63)
NO_AMOUNT = PostingRow(1, "CASH", "", None)  # type: ignore[arg-type]  # what SQLite itself must refuse
NO_ENTRY = PostingRow(99, "CASH", "", 1)
UNFINISHED = position(position_id="P000002")
FAULTY_BATCHES = {
    "an entry twice": replace(BATCH, entries=(*BATCH.entries, BATCH.entries[0])),
    "an amount beyond 64 bits": replace(BATCH, postings=(*BATCH.postings, TOO_LARGE)),
    "no amount": replace(BATCH, postings=(*BATCH.postings, NO_AMOUNT)),
    "a posting without an entry": replace(BATCH, postings=(*BATCH.postings, NO_ENTRY)),
    "a fill without an entry": replace(BATCH, fills=(replace(BATCH.fills[0], seq=99),)),
    "an order without an entry": replace(BATCH, orders=(replace(BATCH.orders[0], seq=99),)),
    "a checkpoint of nothing": replace(BATCH, checkpoint=Checkpoint(99, "", b"")),
    "a position that never closed": replace(BATCH, closed=(*BATCH.closed, UNFINISHED)),
}


@pytest.mark.parametrize("name", FAULTY_BATCHES)
def test_one_bad_row_leaves_nothing_of_its_batch(store: SqliteStore, path: Path, name: str) -> None:
    with pytest.raises(LedgerFault):
        store.append(FAULTY_BATCHES[name])
    assert counts(path) == NOTHING
    store.append(BATCH)
    assert contents(store)[0] == list(BATCH.entries)


def test_the_same_evidence_twice_is_kept_once(store: SqliteStore) -> None:
    store.append(BATCH)
    store.append(LedgerBatch((), (), BATCH.evidence, ()))
    assert list(store.evidence()) == list(BATCH.evidence)


def test_money_beyond_what_a_float_can_hold_survives(store: SqliteStore, path: Path) -> None:
    amounts = (2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63))
    rows = tuple(PostingRow(1, "CASH", "", amount) for amount in amounts)
    store.append(replace(BATCH, postings=rows))
    assert [row.amount for row in store.postings()] == list(amounts)
    with closing(sqlite3.connect(path)) as connection:
        kinds = connection.execute("SELECT DISTINCT typeof(amount) FROM postings").fetchall()
    assert kinds == [("integer",)]


def test_every_commit_reaches_the_disk(store: SqliteStore) -> None:
    full = 2
    assert pragma(store, "journal_mode") == "wal"
    assert pragma(store, "synchronous") == full
    assert pragma(store, "foreign_keys") == 1
    assert pragma(store, "fullfsync") == 1
    assert pragma(store, "user_version") == SCHEMA_VERSION


def test_there_is_one_writing_connection_on_one_thread(store: SqliteStore) -> None:
    with store._engine.connect() as first, store._engine.connect() as second:
        made = {id(each.connection.dbapi_connection) for each in (first, second)}
    assert made == {id(store._connection)}
    faults: list[BaseException] = []

    def write() -> None:
        try:
            store.append(BATCH)
        except LedgerFault as fault:
            faults.append(fault)

    other = threading.Thread(target=write)
    other.start()
    other.join()
    assert "thread" in str(faults[0])
    assert list(store.entries()) == []
    store.append(BATCH)


def test_a_second_writer_is_refused_until_the_first_one_ends(
    path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.ledger.store.BUSY_WAIT_S", 0.05)
    with pytest.raises(LedgerFault, match="being written by another Mindfolio"):
        SqliteStore(path)
    store.append(BATCH)
    store.close()
    second = SqliteStore(path)
    assert list(second.entries()) == list(BATCH.entries)
    second.close()


def test_a_second_writer_waits_for_the_first_one_no_longer_than_said(path: Path, store: SqliteStore) -> None:
    asked = time.monotonic()
    with pytest.raises(LedgerFault, match="being written"):
        SqliteStore(path)
    assert time.monotonic() - asked < BUSY_WAIT_S + 0.5


def test_a_second_process_is_refused_and_a_dead_one_is_not_in_the_way(path: Path) -> None:
    program = (
        "import sys, pathlib; from engine.ledger.store import SqliteStore\n"
        "store = SqliteStore(pathlib.Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        with pytest.raises(LedgerFault, match="being written"):
            SqliteStore(path)
        process.kill()
    SqliteStore(path).close()


def test_a_locked_file_is_a_fault_and_nothing_is_written(store: SqliteStore, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        do_not_wait(store)
        with pytest.raises(LedgerFault, match="locked"):
            store.append(BATCH)
        other.execute("ROLLBACK")
    store.append(BATCH)
    assert counts(path)["journal"] == len(BATCH.entries)


def test_a_reader_sees_the_ledger_as_it_was_at_its_first_read(store: SqliteStore, path: Path) -> None:
    clerk = Clerk(ledger(store))
    reader = SqliteStore(path, for_reading=True)
    assert len(list(reader.entries())) == 1
    clerk.open("-1.20")
    clerk.ledger.commit()
    assert (len(list(reader.entries())), len(list(reader.postings()))) == (1, 2)
    reader.close()
    newer = SqliteStore(path, for_reading=True)
    assert (len(list(newer.entries())), len(list(newer.postings()))) == (clerk.ledger.book.seq, 5)
    newer.close()


def test_a_reader_cannot_write(store: SqliteStore, path: Path) -> None:
    reader = SqliteStore(path, for_reading=True)
    with pytest.raises(LedgerFault, match="cannot be written"):
        reader.append(BATCH)
    reader.close()
    assert list(store.entries()) == []


@pytest.mark.parametrize(
    "folder", ["with space", "ünïcödé 漢字", "a#b", "a?b=c", "a%20b", "100%", "a&b;c+d", "file:x", "'quoted\""]
)
def test_any_folder_name_is_that_folder(tmp_path: Path, folder: str) -> None:
    path = tmp_path / folder / "led?ger #1 %41.sqlite"
    store = SqliteStore(path)
    store.append(BATCH)
    store.close()
    assert [each.name for each in tmp_path.iterdir()] == [folder]
    beside = {path.with_suffix(".head").name, path.with_suffix(".lock").name}
    assert {each.name for each in path.parent.iterdir()} == {path.name, *beside}
    reader = SqliteStore(path, for_reading=True)
    assert list(reader.entries()) == list(BATCH.entries)
    reader.close()


def test_a_missing_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "ledger.sqlite"
    SqliteStore(path).close()
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_reader_creates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "none" / "ledger.sqlite"
    with pytest.raises(LedgerFault, match="there is no ledger"):
        SqliteStore(path, for_reading=True)
    assert list(tmp_path.iterdir()) == []


def test_the_head_follows_every_commit(path: Path, store: SqliteStore) -> None:
    assert read_head(anchor_path(path)) == Head(0, GENESIS_HASH)
    clerk = Clerk(ledger(store))
    for _ in range(3):
        clerk.open()
        clerk.ledger.commit()
        assert read_head(anchor_path(path)) == Head(clerk.ledger.book.seq, clerk.ledger.head_hash)
    clerk.ledger.keep_evidence([1])
    clerk.ledger.commit()
    assert read_head(anchor_path(path)) == Head(clerk.ledger.book.seq, clerk.ledger.head_hash)


@pytest.mark.parametrize(
    ("event", "is_durable"),
    [
        (ev.OrderIntended(order()), True),
        (ev.EmergencyStopLatched("window", ""), True),
        (ev.SessionClosed(NOW.date()), True),
        (ev.MarksRecorded({}, 0), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_head_waits_for_the_disk_where_it_matters(
    store: SqliteStore, event: Event, is_durable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ledger(store)
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    made.record(NOW, event)
    made.commit()
    assert bool(synced) == is_durable


def test_the_newest_three_checkpoints_are_kept(store: SqliteStore) -> None:
    clerk = Clerk(ledger(store))
    sealed = []
    for _ in range(5):
        clerk.record(ev.MarksRecorded({}, 0))
        clerk.ledger.seal(clerk.at)
        sealed.append(clerk.ledger.book.seq)
        clerk.ledger.commit()
    assert [each.seq for each in store.checkpoints()] == sealed[:-4:-1]


def test_an_order_is_kept_as_it_last_was(store: SqliteStore) -> None:
    clerk = Clerk(ledger(store))
    order_id = clerk.intend()
    clerk.ledger.commit()
    (working,) = store.orders()
    clerk.fill(order_id, "-1.20")
    clerk.ledger.commit()
    (filled,) = store.orders()
    assert (working.order.filled, filled.order.filled) == (0, 1)
    assert filled.seq == clerk.ledger.book.seq
