"""The SQLite store: all or nothing, durable, exact, one writer, and nobody else's file is ever touched."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from engine.core.errors import LedgerFault
from engine.domain import events as ev
from engine.domain.ports import LedgerBatch, PostingRow
from engine.ledger.codec import GENESIS_HASH
from engine.ledger.ledger import Ledger
from engine.ledger.store import SCHEMA_VERSION, SqliteStore
from tests.builders import NOW, Clerk, MemoryStore, ledger, position

EMPTY = LedgerBatch((), (), (), ())
TABLES = ("journal", "postings", "evidence", "closed_positions")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(path)
    yield opened
    opened.close()


def sample_batch() -> LedgerBatch:
    """Everything that one step with a closed trade writes."""
    memory = MemoryStore()
    clerk = Clerk(Ledger(memory))
    clerk.ledger.record(NOW, ledger_created())
    clerk.close(clerk.open("-1.20"), "0.55")
    clerk.ledger.keep_evidence([1, 2])
    clerk.ledger.commit()
    return memory.batches[0]


def ledger_created() -> ev.MindfolioCreated:
    event = MemoryStore()
    (entry,) = ledger(event).book, None
    assert entry
    raise NotImplementedError
