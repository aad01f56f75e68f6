"""Journals that older versions of the program wrote: they still fold to the figures of then, and verify.

`journals/version-1.jsonl` is what the first version wrote: a condor opened and closed, another settled, one in parts,
a reallocation, a stop and a re-arm, an approval and a cancelled order; `version-1.tables.jsonl` are the rows of its
other tables.
"""

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine.core.clock import from_epoch_us
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.mindfolio import MindfolioStatus
from engine.domain.records import Recorded
from engine.ledger import tables
from engine.ledger.book import Book
from engine.ledger.codec import chain_hash, chained
from engine.ledger.connections import writing_engine
from engine.ledger.ledger import Ledger
from engine.ledger.migrations.runner import upgrade
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from tests.builders import ALPHA, BETA

JOURNAL = Path(__file__).parent / "journals" / "version-1.jsonl"


def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in JOURNAL.read_text(encoding="utf-8").splitlines()]


def entries() -> list[Recorded]:
    return [
        Recorded(
            row["seq"], from_epoch_us(row["at_us"]), row["type"], row["version"], row["body"].encode(),
            row["previous_hash"], row["hash"],
        )
        for row in rows()
    ]  # fmt: skip


def old_file(path: Path) -> None:
    """The file as the first version left it: its tables, row by row."""
    engine = writing_engine(path)
    with engine.begin() as connection:
        upgrade(connection, 0, until=1)
        connection.exec_driver_sql(tables.insert(tables.journal), [tables.journal_row(each) for each in entries()])
        for line in JOURNAL.with_suffix(".tables.jsonl").read_text(encoding="utf-8").splitlines():
            kept = json.loads(line)
            table = tables.metadata.tables[kept["table"]]
            as_bytes = [isinstance(column.type, sa.LargeBinary) for column in table.columns]
            row = [cell.encode() if blob else cell for cell, blob in zip(kept["row"], as_bytes, strict=True)]
            connection.exec_driver_sql(tables.insert(table), tuple(row))
    engine.dispose()


def test_every_entry_of_it_is_of_the_first_version() -> None:
    assert {row["version"] for row in rows()} == {1}
    kinds = {row["type"] for row in rows()}
    assert {"OrderFilled", "PositionSettled", "BudgetReallocated", "EmergencyStopLatched", "MindfolioRearmed"} <= kinds
    assert all(entry.hash == chain_hash(entry) for entry in entries())


def test_its_fills_are_read_as_the_newest_version() -> None:
    fills = [event for _, event in chained(entries()) if isinstance(event, ev.OrderFilled)]
    assert len(fills) == 6
    assert {(fill.fees, fill.used, fill.leg_quantities) for fill in fills} == {(0, None, ())}


def test_it_folds_to_the_figures_of_then() -> None:
    book = Book()
    for entry, event in chained(entries()):
        book.apply(entry.seq, entry.at, event)
    # alpha: 120 - 55 - 4.80 = 60.20; of 3 condors for 380 one closed at 60: 126.6667 - 60 - 9.60 = 57.0667
    assert book.realised(ALPHA) == dollars("117.2667")
    # beta: 2 condors for 300, worth nothing at 262, less 4.80
    assert book.realised(BETA) == dollars("295.20")
    assert book.cash == dollars("50665.80")
    assert [(module.budget, module.spec.module_id) for module in book.modules.values()] == [
        (dollars(12_000), ALPHA), (dollars(22_000), BETA),
    ]  # fmt: skip
    assert (book.reserve, book.version, book.status) == (dollars(16_000), 2, MindfolioStatus.ACTIVE)
    assert [position.quantity for position in book.positions.values()] == [2]


def test_a_file_of_then_is_brought_up_to_date_and_verifies(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    old_file(path)
    assert (verify_file(path).entries, verify_file(path).faults) == (39, ())
    store = SqliteStore(path)
    assert [entry.hash for entry in store.entries()] == [row["hash"] for row in rows()]
    assert len(list(store.fills())) == 6
    assert Ledger(store).book.seq == 39
    store.close()
    found = verify_file(path)
    assert (found.entries, found.faults) == (39, ())
