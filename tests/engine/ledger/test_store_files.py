"""Files that are not, not yet, or no longer a ledger of this version: refused in one line and left alone, or begun."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.core.errors import LedgerFault
from engine.ledger.anchor import anchor_path
from engine.ledger.ledger import Ledger
from engine.ledger.store import SCHEMA_VERSION, SqliteStore
from engine.ledger.verify import accept_head, verify_file
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
    for opens in (lambda: SqliteStore(path), lambda: SqliteStore(path, for_reading=True), lambda: verify_file(path)):
        with pytest.raises(LedgerFault, match="cannot be opened"):
            opens()


@pytest.mark.parametrize("letter", [b"`", b"\xe8"])
def test_a_damaged_schema_that_sqlite_cites_is_one_line(path: Path, letter: bytes) -> None:
    written(path)
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE fills", b"CREATE " + letter + b"ABLE fills"))
    assert_refused_untouched(path, "cannot be opened")


def test_a_damaged_table_is_a_fault_when_it_is_read(path: Path) -> None:
    written(path)
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'postings'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xee" * size
    path.write_bytes(content)
    (fault,) = verify_file(path).faults
    assert "cannot be read" in fault


# --- the head beside the file ----------------------------------------------------------------------------------------
def removed(path: Path) -> None:
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()


def test_a_ledger_without_its_head_is_refused_and_verify_gives_it_a_new_one(path: Path) -> None:
    written(path)
    anchor_path(path).unlink()
    assert_refused_untouched(path, r"lacks its head .*--accept-head")
    (fault,) = verify_file(path).faults
    assert "lacks its head" in fault
    assert not anchor_path(path).exists()
    assert accept_head(path).faults == ()
    written_on(path)


def written_on(path: Path) -> None:
    """The ledger can be opened, written, and verified."""
    store = SqliteStore(path)
    clerk = Clerk(Ledger(store))
    clerk.open("-1.20")
    clerk.ledger.commit()
    store.close()
    assert verify_file(path).faults == ()


def test_a_damaged_head_is_refused_and_can_be_made_anew(path: Path) -> None:
    written(path)
    anchor_path(path).write_bytes(b"nonsense")
    with pytest.raises(LedgerFault, match="is damaged"):
        SqliteStore(path)
    (fault,) = verify_file(path).faults
    assert "is damaged" in fault
    accept_head(path)
    written_on(path)


@pytest.mark.parametrize("leaves", ["nothing", "an empty file", "an empty database"])
def test_a_ledger_that_was_deleted_is_never_begun_anew(path: Path, leaves: str) -> None:
    written(path)
    removed(path)
    if leaves != "nothing":
        path.touch()
    if leaves == "an empty database":
        execute(path, "PRAGMA journal_mode = WAL")
    before = path.exists() and path.read_bytes()
    for for_reading in (False, True):
        with pytest.raises(LedgerFault, match="is empty or gone, and had 5 entries: restore it"):
            SqliteStore(path, for_reading=for_reading)
    assert (path.exists() and path.read_bytes()) == before
    anchor_path(path).unlink()
    SqliteStore(path).close()


def test_a_ledger_whose_tables_were_emptied_is_refused(path: Path) -> None:
    written(path)
    execute(path, "DELETE FROM fills", "DELETE FROM orders", "DELETE FROM postings", "DELETE FROM journal")
    assert_refused_untouched(path, "is empty or gone")


def test_an_older_copy_put_in_its_place_is_refused(path: Path) -> None:
    written(path)
    older = path.read_bytes()
    written_on(path)
    path.write_bytes(older)
    assert_refused_untouched(path, "has lost entries: it ends at 5 and had 9")
    assert accept_head(path).entries == 5
    written_on(path)


def test_another_mindfolios_ledger_in_its_place_is_refused(path: Path, tmp_path: Path) -> None:
    written(path)
    other = tmp_path / "other" / "ledger.sqlite"
    store = SqliteStore(other)
    clerk = Clerk(ledger(store))
    for price in ("-1.10", "-1.30"):
        clerk.open(price)
    clerk.ledger.commit()
    store.close()
    path.write_bytes(other.read_bytes())
    assert_refused_untouched(path, "was rewritten: entry 5 is not the one that was written")


def test_a_kill_before_the_first_entry_leaves_what_can_be_opened(path: Path) -> None:
    SqliteStore(path).close()
    anchor_path(path).unlink()  # killed between the tables and the head
    written(path)
    removed(path)
    anchor_path(path).unlink()
    SqliteStore(path).close()
    removed(path)  # nothing was ever recorded: nothing is lost
    written(path)


def test_a_head_is_not_accepted_for_a_ledger_with_faults(path: Path) -> None:
    written(path)
    execute(path, "UPDATE journal SET version = 7 WHERE seq = 3")
    anchor_path(path).unlink()
    assert accept_head(path).faults != ()
    assert not anchor_path(path).exists()


def test_no_head_is_accepted_under_the_hands_of_a_writer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.ledger.store.BUSY_WAIT_S", 0.05)
    store = SqliteStore(path)
    with pytest.raises(LedgerFault, match="being written"):
        accept_head(path)
    store.close()


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
