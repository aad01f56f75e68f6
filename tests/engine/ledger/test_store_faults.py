"""A disk that is full, a file that is taken away, a write that fails: one line, and nothing half written."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.core.errors import LedgerFault
from engine.ledger.anchor import anchor_path, read_head
from engine.ledger.connections import identity, inspected
from engine.ledger.ledger import Ledger
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from tests.builders import Clerk, ledger

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="open files cannot be moved, nor sizes limited")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file of this process grows beyond a size: writing there fails as on a broken disk."""
    import resource  # noqa: PLC0415 - not on every system

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def traded_until_it_fails(clerk: Clerk) -> tuple[int, str, str]:
    """Trades, each committed, until a commit fails: last durable entry and its hash, and the fault."""
    for _ in range(2000):
        saved = clerk.ledger.book.seq, clerk.ledger.head_hash
        clerk.close(clerk.open(), "0.55")
        try:
            clerk.ledger.commit()
        except LedgerFault as fault:
            return *saved, str(fault)
    raise AssertionError("nothing ever failed")


def assert_reopens_at(path: Path, seq: int, head_hash: str) -> None:
    """Exactly what was committed is there, sound, and can be written on."""
    assert verify_file(path).faults == ()
    store = SqliteStore(path)
    reopened = Ledger(store)
    assert (reopened.book.seq, reopened.head_hash) == (seq, head_hash)
    clerk = Clerk(reopened)
    clerk.open()
    clerk.ledger.commit()
    store.close()


def test_a_full_disk_is_a_fault_and_keeps_what_was_committed(path: Path) -> None:
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    seq, head_hash, fault = traded_until_it_fails(clerk)
    assert "full" in fault
    assert "\n" not in fault
    with pytest.raises(LedgerFault, match="until it is reopened"):
        clerk.ledger.commit()
    clerk.ledger.forget_unsaved()
    assert (clerk.ledger.book.seq, clerk.ledger.head_hash) == (seq, head_hash)
    store.close()
    assert_reopens_at(path, seq, head_hash)


@pytest.mark.parametrize("size", [100_000, 131_072, 200_001])
def test_a_write_that_fails_is_a_fault_and_keeps_what_was_committed(path: Path, size: int) -> None:
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    with file_size_limit(size):
        seq, head_hash, fault = traded_until_it_fails(clerk)
    assert "cannot be written" in fault
    assert "\n" not in fault
    store.close()
    assert_reopens_at(path, seq, head_hash)


def test_a_file_that_was_moved_away_takes_nothing_more(path: Path) -> None:
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    moved = path.with_name("moved.sqlite")
    path.rename(moved)
    clerk.open()
    with pytest.raises(LedgerFault, match="taken away while it was open"):
        clerk.ledger.commit()
    moved.rename(path)
    store.close()
    assert inspected(path) == store.schema
    assert verify_file(path).entries == 1


@pytest.mark.parametrize("name", ["ledger.sqlite", "ledger.sqlite-wal"])
def test_a_file_that_was_deleted_takes_nothing_more(path: Path, name: str) -> None:
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    (path.parent / name).unlink()
    clerk.open()
    with pytest.raises(LedgerFault, match="taken away while it was open"):
        clerk.ledger.commit()
    store.close()
    head = read_head(anchor_path(path))
    assert head is not None
    assert head.seq == 1


def test_a_file_put_in_its_place_is_not_written(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    SqliteStore(other).close()
    content = other.read_bytes()
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    other.replace(path)
    clerk.open()
    with pytest.raises(LedgerFault, match="was replaced while it was open"):
        clerk.ledger.commit()
    assert path.read_bytes() == content
    store.close()


def test_a_head_that_cannot_be_written_is_a_fault_and_the_entries_are_kept(path: Path) -> None:
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    assert store._anchor is not None
    store._anchor._file.close()
    store._anchor._file = anchor_path(path).open("rb", buffering=0)
    clerk.open()
    with pytest.raises(LedgerFault, match=r"the head .* cannot be written"):
        clerk.ledger.commit()
    seq, head_hash = clerk.ledger.book.seq, clerk.ledger.head_hash
    store.close()
    assert_reopens_at(path, seq, head_hash)


def test_a_folder_that_cannot_be_written_is_a_fault(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerFault, match="Not a directory"):
        SqliteStore(tmp_path / "file" / "ledger.sqlite")


def test_who_opens_a_file_gives_everything_back_when_that_fails(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_path: Path) -> tuple[int, int]:
        raise LedgerFault("taken away at once")

    with monkeypatch.context() as patch:
        patch.setattr("engine.ledger.store.identity", fails)
        with pytest.raises(LedgerFault, match="at once"):
            SqliteStore(path)
    SqliteStore(path).close()


def test_a_path_names_one_file_until_it_names_another(path: Path) -> None:
    store = SqliteStore(path)
    assert identity(path) == identity(path) == (path.stat().st_dev, path.stat().st_ino)
    store.close()
