"""Revision 4 adds the boundaries that the history of splits is told by, from a ledger's first day on."""

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from engine.domain.allocation_history import AllocationCause
from engine.ledger.migrations.runner import upgrade
from engine.ledger.query import LedgerQuery
from engine.ledger.store import SqliteStore
from engine.ledger.tables import TABLES_OF_SCHEMA
from engine.ledger.verify import verify_file
from tests.builders import Clerk, ledger
from tests.golden.test_journals import old_file
from tests.history import allocations_of


def test_it_adds_its_table_and_drops_none() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection, 0, until=3)
        assert set(sa.inspect(connection).get_table_names()) == TABLES_OF_SCHEMA[3]
        upgrade(connection, 3, until=4)
        assert set(sa.inspect(connection).get_table_names()) == TABLES_OF_SCHEMA[4]
    engine.dispose()


def test_a_file_of_the_third_schema_verifies_as_it_is_and_has_its_boundaries_once_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    clerk = Clerk(ledger(SqliteStore(path)))
    clerk.close(clerk.open(), "0.50")
    told = allocations_of(clerk.ledger)
    clerk.ledger.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("DROP TABLE boundaries; PRAGMA user_version = 3")
    assert verify_file(path).faults == ()
    SqliteStore(path).close()
    assert verify_file(path).faults == ()
    query = LedgerQuery(path)
    assert query.allocations() == told
    query.close()


def test_a_ledger_of_the_first_version_tells_its_splits(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    old_file(path)
    SqliteStore(path).close()
    query = LedgerQuery(path)
    history = query.allocations()
    query.close()
    assert history.changes[0].cause is AllocationCause.CREATED
    assert len(history.trades) == 2
