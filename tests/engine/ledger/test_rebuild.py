"""The read tables are a function of the journal: made anew, they are what was written step by step."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.core.errors import LedgerFault
from engine.ledger.connections import writing_engine
from engine.ledger.rebuild import rebuild_read_tables
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from tests.builders import Clerk, ledger

TABLES = ("closed_positions", "orders", "fills")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite"
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    for price in ("0.55", "0.60"):
        clerk.close(clerk.open("-1.20"), price)
        clerk.ledger.commit()
    clerk.close(clerk.open("-1.50", quantity=3), "0.70", 1)
    clerk.intend()
    clerk.ledger.commit()
    store.close()
    return path


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        return {table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall()) for table in TABLES}  # noqa: S608


def rebuilt(path: Path) -> int:
    engine = writing_engine(path)
    try:
        with engine.begin() as connection:
            return rebuild_read_tables(connection).seq
    finally:
        engine.dispose()


def test_they_are_what_was_written_step_by_step(path: Path) -> None:
    before = rows(path)
    assert all(before.values())
    assert rebuilt(path) == verify_file(path).entries
    assert rows(path) == before


def test_what_was_changed_in_them_is_mended(path: Path) -> None:
    before = rows(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM orders")
        connection.execute("UPDATE fills SET net_price = 1")
        connection.execute("UPDATE closed_positions SET module_id = 'beta'")
    assert verify_file(path).faults != ()
    rebuilt(path)
    assert rows(path) == before
    assert verify_file(path).faults == ()


def test_from_a_damaged_journal_nothing_is_made(path: Path) -> None:
    before = rows(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE journal SET version = 9 WHERE seq = 5")
    with pytest.raises(LedgerFault, match="entry 5"):
        rebuilt(path)
    assert rows(path) == before
