"""Revision 3 adds what performance is measured by, and an older ledger has it from its first day on."""

from pathlib import Path

import sqlalchemy as sa

from engine.ledger.ledger import checked_entries
from engine.ledger.migrations.runner import upgrade
from engine.ledger.store import SqliteStore
from engine.ledger.tables import TABLES_OF_SCHEMA
from engine.portfolio.nav_path import nav_days, nav_path
from tests.golden.test_journals import old_file
from tests.history import MemoryHistory


def test_it_adds_its_tables_and_drops_none() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection, 0, until=2)
        upgrade(connection, 2, until=3)
        assert set(sa.inspect(connection).get_table_names()) == TABLES_OF_SCHEMA[3]
        assert connection.exec_driver_sql("PRAGMA user_version").scalar_one() == 3
    engine.dispose()


def test_an_older_ledger_is_measured_from_its_first_day(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    old_file(path)
    before = SqliteStore(path, for_reading=True)
    assert list(before.history()) == []
    before.close()
    store = SqliteStore(path)
    history = MemoryHistory(store)
    assert {row.lineage for row in history.openings()} >= {"P000001", "P000002"}
    assert nav_days(history.closes(), history.flows()) == nav_path(checked_entries(store)) != ()
    store.close()
