"""Revision 1 makes the tables of the first version."""

import sqlalchemy as sa

from engine.ledger.migrations.runner import upgrade
from engine.ledger.tables import TABLES_OF_SCHEMA


def test_it_makes_the_tables_of_the_first_version() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection, 0, until=1)
        assert set(sa.inspect(connection).get_table_names()) == TABLES_OF_SCHEMA[1]
        assert connection.exec_driver_sql("PRAGMA user_version").scalar_one() == 1
    engine.dispose()
