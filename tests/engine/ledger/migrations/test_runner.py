"""An older ledger is brought up to date whole or not at all, after a copy, and whatever kills it in between."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from engine.core.errors import LedgerFault
from engine.ledger.anchor import Head, anchor_path, read_head
from engine.ledger.connections import inspected
from engine.ledger.ledger import Ledger
from engine.ledger.migrations import runner
from engine.ledger.migrations.runner import copy_path, migrate
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from tests.golden.test_journals import entries, old_file

LAST = entries()[-1]
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite"
    old_file(path)
    return path


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_opening_an_older_ledger_brings_it_up_to_date_and_keeps_a_copy(path: Path) -> None:
    store = SqliteStore(path)
    assert (store.schema, inspected(path)) == (3, 3)
    assert len(list(store.orders())) == 6
    assert [each.position_id for each in store.closed()] == ["P000001", "P000002"]
    store.close()
    assert read_head(anchor_path(path)) == Head(LAST.seq, LAST.hash)
    copy = copy_path(path)
    assert copy.name == "ledger.before-3.sqlite"
    assert inspected(copy) == 1
    reader = SqliteStore(copy, for_reading=True)
    assert [entry.hash for entry in reader.entries()] == [entry.hash for entry in entries()]
    assert (list(reader.orders()), list(reader.fills()), list(reader.checkpoints())) == ([], [], [])
    reader.close()


def test_what_lies_only_in_the_write_ahead_log_is_copied_too(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("INSERT INTO evidence VALUES ('late', x'00')")
        migrate(path, 1)
        with closing(sqlite3.connect(copy_path(path))) as copy:
            assert copy.execute("SELECT count(*) FROM evidence WHERE address = 'late'").fetchone() == (1,)


def test_a_damaged_journal_is_left_as_it_is(path: Path) -> None:
    execute(path, "UPDATE journal SET body = CAST('{}' AS BLOB) WHERE seq = 7")
    before = path.read_bytes()
    with pytest.raises(LedgerFault, match="entry 7"):
        SqliteStore(path)
    assert inspected(path) == 1
    assert path.read_bytes() == before
    assert not anchor_path(path).exists()


def test_a_copy_that_cannot_be_made_stops_it(path: Path) -> None:
    copy_path(path).mkdir()
    with pytest.raises(LedgerFault, match="cannot be brought up to date"):
        SqliteStore(path)
    assert inspected(path) == 1


@pytest.mark.parametrize("step", ["back_up", "upgrade", "rebuild_read_tables", "write_new"])
def test_a_failure_at_any_step_leaves_the_old_file(path: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object) -> None:
        raise LedgerFault("no more")

    with monkeypatch.context() as patch:
        patch.setattr(runner, step, fails)
        with pytest.raises(LedgerFault, match="no more"):
            SqliteStore(path)
    assert inspected(path) == 1
    assert verify_file(path).faults == ()
    SqliteStore(path).close()
    assert verify_file(path).faults == ()


KILLED = """
import os, signal, sys
from pathlib import Path
import sqlalchemy as sa
from engine.ledger import anchor
from engine.ledger.migrations import runner
steps = int(sys.argv[2])

def step(*_):
    global steps
    steps -= 1
    if steps <= 0:
        os.kill(os.getpid(), signal.SIGKILL)

for name in ("replace", "fsync"):
    def counted(*given, real=getattr(os, name), **named):
        step()
        done = real(*given, **named)
        step()
        return done
    setattr(os, name, counted)
sa.event.listen(sa.Engine, "before_cursor_execute", step)
sa.event.listen(sa.Engine, "commit", step)
sa.event.listen(sa.Engine, "after_cursor_execute", step)
from engine.ledger.store import SqliteStore
SqliteStore(Path(sys.argv[1])).close()
step()
print("done")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal")
@pytest.mark.timeout(600)
def test_a_kill_at_any_step_leaves_the_old_file_or_the_new_one(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Every statement, sync and rename is a step; `--kills 30` kills at all of them, the ordinary run at some."""
    stride = 1 if int(request.config.getoption("--kills")) >= 30 else 29
    found: set[int] = set()
    steps, has_ended = 1, False
    while not has_ended:
        path = tmp_path / f"{steps}" / "ledger.sqlite"
        path.parent.mkdir()
        old_file(path)
        ended = subprocess.run(
            [sys.executable, "-c", KILLED, str(path), str(steps)], cwd=ROOT, capture_output=True, check=False
        )
        has_ended = b"done" in ended.stdout
        assert has_ended or ended.returncode == -signal.SIGKILL, ended.stderr.decode()
        found.add(inspected(path))
        assert verify_file(path).faults == ()
        store = SqliteStore(path)
        assert Ledger(store).head_hash == LAST.hash
        assert len(list(store.fills())) == 6
        store.close()
        steps += stride
    assert found == {1, 3}
    assert os.listdir(tmp_path)  # noqa: PTH208 - there was something to kill
