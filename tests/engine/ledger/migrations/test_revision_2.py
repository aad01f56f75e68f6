"""Revision 2 on top of revision 1 gives exactly the file that a new mindfolio begins with."""

import re

import sqlalchemy as sa

from engine.ledger.migrations.runner import upgrade
from engine.ledger.tables import metadata


def schema(connection: sa.Connection) -> dict[str, str]:
    """What SQLite says of every table and index, whatever the spacing and quotes."""
    found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
    return {name: re.sub(r'[\s"]+', " ", sql).replace("( ", "(").replace(" )", ")") for name, sql in found}


def test_all_revisions_together_make_the_tables_of_a_new_file() -> None:
    engines = [sa.create_engine("sqlite://"), sa.create_engine("sqlite://")]
    with engines[0].begin() as migrated, engines[1].begin() as new:
        upgrade(migrated, 0)
        metadata.create_all(new)
        assert schema(migrated) == schema(new)
    for engine in engines:
        engine.dispose()


def test_it_drops_nothing_and_touches_no_row() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection, 0, until=1)
        before = schema(connection)
        connection.exec_driver_sql("INSERT INTO journal VALUES (1, 0, 'SessionClosed', 1, x'7b7d', 'a', 'b')")
        upgrade(connection, 1)
        after = schema(connection)
        assert {name: after[name] for name in before} == before
        assert connection.exec_driver_sql("SELECT * FROM journal").all() == [
            (1, 0, "SessionClosed", 1, b"{}", "a", "b")
        ]
    engine.dispose()
