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
from engine.ledger.connections import (
    cause,
    check_for_gaps,
    dbapi_connection,
    inspected,
    reading_engine,
    writing_engine,
)
from engine.ledger.ledger import Ledger
from engine.ledger.store import SCHEMA_VERSION, SqliteStore
from engine.ledger.verify import verify_file
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


class TestALogBesideAnotherFile:
    """The log of a process that was killed, and a file of another time put back beside it."""

    @staticmethod
    def killed(path: Path, copies: list[bytes]) -> bytes:
        """A ledger as a kill leaves it, with its log; what the file was like on the way goes to `copies`."""
        store = SqliteStore(path)
        store._connection.execute("PRAGMA wal_autocheckpoint = 30")
        clerk = Clerk(ledger(store))
        for _ in range(40):
            clerk.close(clerk.open(), "0.55")
            clerk.ledger.commit()
            copies.append(path.read_bytes())
        log = Path(f"{path}-wal").read_bytes()
        head = anchor_path(path).read_bytes()
        store.close()
        Path(f"{path}-wal").write_bytes(log)
        anchor_path(path).write_bytes(head)
        return log

    def test_the_file_that_the_log_was_written_beside_is_whole(self, path: Path) -> None:
        copies: list[bytes] = []
        assert len(self.killed(path, copies)) > 0
        path.write_bytes(copies[-1])
        check_for_gaps(path)
        with closing(SqliteStore(path)) as store:
            assert Ledger(store).book.seq > 40

    def test_an_older_one_with_its_own_head_is_refused_in_one_line(self, path: Path) -> None:
        copies: list[bytes] = []
        log, whole = self.killed(path, copies), verify_file(path).entries
        faults = []
        for older in {*copies}:
            path.write_bytes(older)
            Path(f"{path}-wal").write_bytes(log)
            faults.append(self.fault(path))
            # Only what the log continues is taken: all of it is there then.
            if not faults[-1]:
                assert verify_file(path).entries == whole
                assert verify_file(path).faults == ()
        assert sum(map(bool, faults)) > len(faults) // 2
        assert all("\n" not in fault for fault in faults)

    @staticmethod
    def fault(path: Path) -> str:
        """Why the file is refused, "" where it is not."""
        try:
            check_for_gaps(path)
        except LedgerFault as fault:
            return str(fault)
        return ""

    def test_entries_that_are_gone_are_counted(self, path: Path) -> None:
        self.killed(path, [])
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute("DELETE FROM journal WHERE seq = 7")
            connection.commit()
            with pytest.raises(LedgerFault, match=r"does not belong to the log .* entries and ends at"):
                SqliteStore(path)

    def test_without_a_log_nothing_is_asked(self, path: Path) -> None:
        SqliteStore(path).close()
        assert not Path(f"{path}-wal").exists()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DROP TABLE journal")
        check_for_gaps(path)
