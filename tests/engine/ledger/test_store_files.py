"""Files that are not, not yet, or no longer a ledger of this version: refused in one line and left alone, or begun."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.core.errors import LedgerFault
from engine.ledger.ledger import Ledger
from engine.ledger.store import SCHEMA_VERSION, SqliteStore
from tests.builders import Clerk, ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def written(path: Path) -> None:
    """A ledger with a trade, closed."""
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    clerk.open("-1.20")
    clerk.ledger.commit()
    store.close()


def assert_refused_untouched(path: Path, match: str) -> None:
    before = path.read_bytes()
    for for_reading in (False, True):
        with pytest.raises(LedgerFault, match=match) as refusal:
            SqliteStore(path, for_reading=for_reading)
        assert str(path) in str(refusal.value)
        assert "\n" not in str(refusal.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_newer_ledger_is_refused_without_writing_a_byte(path: Path, mode: str) -> None:
    written(path)
    execute(path, f"PRAGMA journal_mode = {mode}", f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    assert_refused_untouched(path, "newer version")


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION])
def test_another_programs_database_is_left_alone(path: Path, version: int) -> None:
    execute(path, "CREATE TABLE notes (text)", "INSERT INTO notes VALUES ('mine')", f"PRAGMA user_version = {version}")
    assert_refused_untouched(path, "not a Mindfolio ledger")


@pytest.mark.parametrize("content", [b"hello " * 1000, b"SQLite format 3\x00" + b"\xff" * 4096])
def test_what_is_no_database_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert_refused_untouched(path, "cannot be opened")


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir()
    for for_reading in (False, True):
        with pytest.raises(LedgerFault, match="cannot be opened"):
            SqliteStore(path, for_reading=for_reading)


def test_a_ledger_without_one_of_its_tables_is_not_silently_completed(path: Path) -> None:
    written(path)
    execute(path, "DROP TABLE postings")
    assert_refused_untouched(path, "not a Mindfolio ledger")


def test_a_kill_in_the_first_moment_does_not_lock_the_user_out(path: Path) -> None:
    execute(path, "PRAGMA journal_mode = WAL")
    assert path.stat().st_size > 0
    written(path)
    reader = SqliteStore(path, for_reading=True)
    assert Ledger(reader).book.seq == 5
    reader.close()


def test_an_empty_file_is_a_beginning_but_nothing_to_read(path: Path) -> None:
    path.touch()
    with pytest.raises(LedgerFault, match="there is no ledger"):
        SqliteStore(path, for_reading=True)
    written(path)


def test_a_damaged_page_is_a_fault_of_the_ledger(path: Path) -> None:
    written(path)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xee" * (len(content) - 4096)
    path.write_bytes(content)
    reader = SqliteStore(path, for_reading=True)
    with pytest.raises(LedgerFault, match="cannot be read"):
        Ledger(reader)
    for read in (reader.entries, reader.postings, reader.evidence, reader.closed):
        with pytest.raises(LedgerFault, match="cannot be read"):
            list(read())
    reader.close()


@pytest.mark.parametrize(
    ("column", "value"),
    [("at_us", "'noon'"), ("at_us", str(2**62)), ("body", "CAST(body AS TEXT)"), ("body", "7"), ("version", "'x'")],
)
def test_a_column_of_another_type_is_a_fault_of_the_ledger(path: Path, column: str, value: str) -> None:
    written(path)
    execute(path, f"UPDATE journal SET {column} = {value} WHERE seq = 2")  # noqa: S608 - values of this test
    store = SqliteStore(path)
    with pytest.raises(LedgerFault, match="entry 2"):
        Ledger(store)
    store.close()
