"""How a ledger's file is looked at: without touching it, beside a writer, and in one line when it is not ours."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import StaticPool

from engine.core.errors import LedgerFault
from engine.ledger.anchor import anchor_path, read_head
from engine.ledger.connections import cause, dbapi_connection, inspected, reading_engine, writing_engine
from engine.ledger.store import SCHEMA_VERSION, SqliteStore
from tests.builders import Clerk, ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def test_a_missing_and_an_empty_file_have_no_schema(path: Path) -> None:
    assert inspected(path) == 0
    path.touch()
    assert inspected(path) == 0
    assert path.stat().st_size == 0


def test_a_ledger_has_this_programs_schema(path: Path) -> None:
    SqliteStore(path).close()
    assert inspected(path) == SCHEMA_VERSION


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(LedgerFault, match="not a regular file"):
        inspected(path)


def test_names_inside_that_are_no_text_are_a_fault(path: Path) -> None:
    """SQLite tells of a damaged table by its name, which Python then cannot read either."""
    SqliteStore(path).close()
    whole = path.read_bytes()
    place = whole.index(b"CREATE TABLE journal")
    path.write_bytes(whole[:place] + b"CREATE T\xf4\xf4LE" + whole[place + 12 :])
    with pytest.raises(LedgerFault, match="cannot be opened"):
        inspected(path)


def test_it_is_seen_beside_a_writer_that_goes_on(path: Path) -> None:
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    for _ in range(20):
        clerk.open()
        clerk.ledger.commit()
        assert inspected(path) == SCHEMA_VERSION
    store.close()


def test_a_head_that_was_begun_only_just_now_is_read_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(path)
    ledger(store)
    store.close()
    answers = [None]
    monkeypatch.setattr(
        "engine.ledger.connections.read_head", lambda asked: answers.pop() if answers else read_head(asked)
    )
    assert inspected(path) == SCHEMA_VERSION


def test_the_head_need_not_be_held_against_it(path: Path) -> None:
    store = SqliteStore(path)
    ledger(store)
    store.close()
    anchor_path(path).unlink()
    assert inspected(path, checks_head=False) == SCHEMA_VERSION
    with pytest.raises(LedgerFault, match="lacks its head"):
        inspected(path)


def test_a_reader_cannot_write_and_the_writers_connection_is_one(path: Path) -> None:
    SqliteStore(path).close()
    reading, writing = reading_engine(path, StaticPool), writing_engine(path)
    with reading.connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.exec_driver_sql("DELETE FROM journal")
    assert dbapi_connection(writing) is dbapi_connection(writing)
    assert dbapi_connection(writing).execute("PRAGMA synchronous").fetchone() == (2,)
    reading.dispose()
    writing.dispose()


def test_the_writer_reads_while_another_program_holds_the_file(path: Path) -> None:
    SqliteStore(path).close()
    writing = writing_engine(path)
    dbapi_connection(writing).execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OperationalError, match="locked"), writing.begin():
            pass
        with writing.connect() as connection:
            reading = connection.execution_options(only_reads=True)
            assert reading.exec_driver_sql("SELECT count(*) FROM journal").scalar_one() == 0
    writing.dispose()


def test_a_cause_is_sqlites_own_word(path: Path) -> None:
    SqliteStore(path).close()
    engine = reading_engine(path, StaticPool)
    with engine.connect() as connection, pytest.raises(OperationalError) as caught:
        connection.exec_driver_sql("SELECT * FROM absent")
    engine.dispose()
    assert cause(caught.value) == "no such table: absent"
    assert cause(ValueError("so")) == "so"
    assert cause(ValueError("token: \n\tso,\x07 \u202e it is")) == "token: so, it is"
