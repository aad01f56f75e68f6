"""verify: a sound journal has no faults, and each way of tampering with one is named."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.clock import from_epoch_us
from engine.core.errors import LedgerFault
from engine.domain import events as ev
from engine.domain.records import LedgerBatch, PostingRow, Recorded
from engine.ledger.checkpoint import state_hash
from engine.ledger.codec import GENESIS_HASH, chain_hash, encode_event
from engine.ledger.ledger import Ledger
from engine.ledger.store import SqliteStore
from engine.ledger.verify import Verification, accept_head, verify_file, verify_store
from tests.builders import ALPHA, NOW, Clerk, MemoryStore, ledger

SEAL = 16
CLOSING_FILL = 9
"""Seq of the fill that closes the first trade; 10 and 11 are a scan and marks, 12 begins the second trade."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed ledger file: a trade that was closed, a scan with its document, marks, and an open trade."""
    path = tmp_path / "ledger.sqlite"
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    position_id = clerk.open("-1.20")
    clerk.close(position_id, "0.55")
    clerk.record(ev.ScanCompleted(ALPHA, 1, 1, 0, 0, 1, clerk.ledger.keep_evidence([{"symbol": "SPY"}])))
    clerk.record(ev.MarksRecorded({}, clerk.ledger.book.nav))
    clerk.open("-1.50", quantity=2)
    clerk.ledger.seal(clerk.at)
    clerk.ledger.commit()
    store.close()
    return path


def tampered(path: Path, *statements: str) -> tuple[str, ...]:
    """What verify finds after raw SQL on the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    return verified(path).faults


def verified(path: Path) -> Verification:
    return verify_file(path)


def test_a_sound_journal_has_no_faults(path: Path) -> None:
    store = SqliteStore(path)
    made = Ledger(store)
    found = verify_store(store)
    store.close()
    assert found == Verification(made.book.seq, made.head_hash, made.book.cash, ())
    assert found == verified(path)


def test_a_journal_in_which_nothing_happened_is_sound() -> None:
    assert verify_store(MemoryStore()) == Verification(0, GENESIS_HASH, 0, ())


REPLACED = "UPDATE journal SET body = CAST(replace(CAST(body AS TEXT), '{}', '{}') AS BLOB) WHERE seq = {}"


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (REPLACED.format('"net_price":5500', '"net_price":5400', CLOSING_FILL), "entry 9 (OrderFilled) was changed"),
        ("UPDATE journal SET body = replace(body, '5500', '5400') WHERE seq = 9", "entry 9 (OrderFilled) was changed"),
        (REPLACED.format('"name":"Sample"', '"name":"Simple"', 1), "entry 1 (MindfolioCreated) was changed"),
        ("UPDATE journal SET at_us = at_us + 1 WHERE seq = 4", "entry 4 (OrderAccepted) was changed"),
        ("UPDATE journal SET type = 'OrderSubmitted' WHERE seq = 4", "entry 4 (OrderSubmitted) was changed"),
        ("UPDATE journal SET version = 2 WHERE seq = 4", "entry 4 (OrderAccepted) was changed"),
        ("UPDATE journal SET hash = previous_hash WHERE seq = 4", "entry 4 (OrderAccepted) was changed"),
        ("UPDATE journal SET previous_hash = hash WHERE seq = 4", "entry 4 (OrderAccepted) was changed"),
        ("DELETE FROM journal WHERE seq = 4", "lacks entry 4"),
        ("DELETE FROM journal WHERE seq = 1", "lacks entry 1"),
        ("UPDATE journal SET seq = 99 WHERE seq = 4", "lacks entry 4"),
        ("UPDATE journal SET seq = seq + 100", "lacks entry 1"),
        ("UPDATE postings SET amount = amount + 1 WHERE seq = 9 AND account = 'CASH'", "postings of entry 9 differ"),
        ("UPDATE postings SET account = 'CAPITAL' WHERE seq = 9 AND account = 'CASH'", "postings of entry 9 differ"),
        ("UPDATE postings SET module_id = 'beta' WHERE seq = 9 AND account = 'CASH'", "postings of entry 9 differ"),
        ("UPDATE postings SET amount = 'much' WHERE seq = 9 AND account = 'CASH'", "postings of entry 9 differ"),
        ("DELETE FROM postings WHERE seq = 9 AND account = 'REALISED'", "postings of entry 9 differ"),
        ("DELETE FROM postings WHERE seq = 1", "postings of entry 1 differ"),
        ("INSERT INTO postings VALUES (4, 'CASH', 'alpha', 500)", "postings of entry 4 differ"),
        ("INSERT INTO postings VALUES (99, 'CASH', 'alpha', 500)", "postings of entry 99 differ"),
        ("INSERT INTO postings SELECT * FROM postings WHERE seq = 1", "postings of entry 1 differ"),
        ("DELETE FROM closed_positions", "closed position P000001 differs"),
        ("UPDATE closed_positions SET module_id = 'beta'", "closed position P000001 was changed"),
        ("UPDATE closed_positions SET position_id = 'P7'", "closed position P7 was changed"),
        (
            "UPDATE closed_positions SET body = CAST(replace(CAST(body AS TEXT), '650000', '950000') AS BLOB)",
            "closed position P000001 differs",
        ),
        ("UPDATE closed_positions SET body = CAST('{}' AS BLOB)", "document of the ledger cannot be read"),
        ("DELETE FROM closed_positions WHERE position_id = 'P000001'", "closed position P000001 differs"),
        ("DELETE FROM orders WHERE order_id = 'O000001'", "order O000001 differs"),
        ("UPDATE orders SET seq = 2 WHERE order_id = 'O000001'", "order O000001 differs"),
        ("UPDATE orders SET at_us = at_us + 1 WHERE order_id = 'O000002'", "order O000002 differs"),
        ("UPDATE orders SET why = 'other' WHERE order_id = 'O000002'", "order O000002 differs"),
        ("UPDATE orders SET module_id = 'beta' WHERE order_id = 'O000002'", "order O000002 was changed"),
        (
            "UPDATE orders SET body = CAST(replace(CAST(body AS TEXT), '-12000', '-13000') AS BLOB) WHERE seq < 9",
            "order O000001 differs",
        ),
        (
            "INSERT INTO orders SELECT 'O9', module_id, seq, at_us, why, body FROM orders WHERE seq = 9",
            "order O9 was changed",
        ),
        ("DELETE FROM fills WHERE seq = 9", "fill of entry 9 differs"),
        ("UPDATE fills SET net_price = net_price - 1 WHERE seq = 9", "fill of entry 9 differs"),
        ("UPDATE fills SET module_id = 'beta' WHERE seq = 9", "fill of entry 9 differs"),
        ("INSERT INTO fills SELECT * FROM fills WHERE seq = 9", "fill of entry 9 differs"),
        ("UPDATE checkpoints SET entry_hash = 'x'", "checkpoint at entry 16 is damaged"),
        ("UPDATE checkpoints SET seq = 15", "checkpoint at entry 15 is damaged"),
        ("UPDATE checkpoints SET state = x'c1'", "checkpoint at entry 16 is damaged"),
        ("UPDATE checkpoints SET state = CAST(state || x'00' AS BLOB)", "checkpoint at entry 16 is damaged"),
        ("UPDATE checkpoints SET state = 'text'", "checkpoint at entry 16 is damaged"),
        ("DELETE FROM evidence", "scan record"),
        ("UPDATE evidence SET body = CAST('[]' AS BLOB)", "scan record"),
        ("UPDATE evidence SET address = 'elsewhere'", "scan record"),
        ("UPDATE evidence SET body = CAST(body AS TEXT)", "scan record"),
        ("UPDATE evidence SET body = 7", "scan record"),
    ],
)  # fmt: skip
def test_tampering_is_named(path: Path, statement: str, fault: str) -> None:
    (found,) = tampered(path, statement)
    assert fault in found


def test_two_entries_that_changed_places_are_named(path: Path) -> None:
    moves = [f"UPDATE journal SET seq = {new} WHERE seq = {old}" for old, new in ((4, 99), (5, 4), (99, 5))]  # noqa: S608
    (found,) = tampered(path, *moves)
    assert "entry 4" in found


@pytest.mark.parametrize("column", ["hash", "previous_hash", "body"])
def test_swapped_columns_of_two_entries_are_named(path: Path, column: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        query = f"SELECT seq, {column} FROM journal WHERE seq IN (6, 7)"  # noqa: S608 - a column of this test
        values = dict(connection.execute(query).fetchall())
        for seq, other in ((6, 7), (7, 6)):
            connection.execute(f"UPDATE journal SET {column} = ? WHERE seq = ?", (values[other], seq))  # noqa: S608
        connection.commit()
    (found,) = verified(path).faults
    assert "entry 6" in found


def test_every_changed_posting_is_named_not_only_the_first(path: Path) -> None:
    faults = tampered(path, "UPDATE postings SET amount = amount + 1 WHERE account = 'CASH'")
    assert [fault for fault in faults if "postings of entry" in fault] == [
        f"postings of entry {seq} differ from what its event says" for seq in (1, 5, CLOSING_FILL, SEAL - 1)
    ]


def test_an_entry_that_is_chained_correctly_but_contradicts_the_state_is_named() -> None:
    store = MemoryStore()
    made = ledger(store)
    name, version, body = encode_event(ev.OrderFilled("O000001", 1, 1, -12_000, (), 0))
    forged = Recorded(2, NOW, name, version, body, made.head_hash, "")
    store.append(LedgerBatch((replace(forged, hash=chain_hash(forged)),), (), (), ()))
    (found,) = verify_store(store).faults
    assert found == "order O000001 is not live"


def test_an_entry_rewritten_with_a_hash_of_its_own_no_longer_links_to_the_next(path: Path) -> None:
    reader = SqliteStore(path, for_reading=True)
    fill = next(entry for entry in reader.entries() if entry.seq == CLOSING_FILL)
    reader.close()
    body = fill.body.replace(b'"commission":24000', b'"commission":23000')
    assert body != fill.body
    rewritten = chain_hash(replace(fill, body=body))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE journal SET body = ?, hash = ? WHERE seq = ?", (body, rewritten, CLOSING_FILL))
        connection.commit()
    (found,) = verified(path).faults
    assert f"entry {CLOSING_FILL + 1} (ScanCompleted) was changed" in found


def test_a_journal_is_sound_while_another_process_writes_it(path: Path) -> None:
    writer = SqliteStore(path)
    clerk = Clerk(Ledger(writer))

    class Overtaken(SqliteStore):
        """A reader in whose pauses the writer commits a trade."""

        def postings(self) -> Iterator[PostingRow]:
            clerk.close(clerk.open("-1.20"), "0.55")
            clerk.ledger.commit()
            return super().postings()

    reader = Overtaken(path, for_reading=True)
    assert verify_store(reader).faults == ()
    reader.close()
    writer.close()
    assert verified(path).entries == clerk.ledger.book.seq


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE power SET used = used + 1 WHERE seq = 5", "the buying power of entry 5"),
        ("DELETE FROM flows WHERE module_id = ''", "a flow of entry 1"),
        ("UPDATE openings SET symbol = 'SPY' WHERE seq = 5", "an opening of entry 5"),
        ("UPDATE closes SET value = value - 1 WHERE module_id = ''", "the NAV path of entry 17"),
        ("UPDATE boundaries SET pnl_after = 1 WHERE module_id = ''", "a boundary of entry 1"),
        ("UPDATE results SET pnl = 0", "a result at the close of entry 17"),
    ],
)
def test_what_figures_are_measured_by_is_held_against_the_journal(path: Path, statement: str, fault: str) -> None:
    store = SqliteStore(path)
    clerk = Clerk(Ledger(store))
    clerk.record(ev.SessionClosed(NOW.date()))
    clerk.ledger.commit()
    store.close()
    assert verified(path).faults == ()
    assert {found.removesuffix(" differs from what the journal says") for found in tampered(path, statement)} == {fault}


def test_a_nav_that_its_marks_do_not_give_is_named() -> None:
    store = MemoryStore()
    clerk = Clerk(ledger(store))
    clerk.record(ev.MarksRecorded({}, clerk.ledger.book.nav + 1))
    clerk.ledger.commit()
    assert verify_store(store).faults == ("the NAV of entry 2 is not the one that its marks give",)


def test_a_missing_checkpoint_is_no_fault(path: Path) -> None:
    assert tampered(path, "DELETE FROM checkpoints") == ()


def test_damage_in_one_table_hides_none_in_another(path: Path) -> None:
    faults = tampered(
        path, "UPDATE orders SET body = x'7b'", "DELETE FROM evidence", "UPDATE fills SET fees = 1 WHERE seq = 9"
    )
    assert [fault.split()[0:2] for fault in faults] == [["the", "scan"], ["a", "document"], ["the", "fill"]]


# --- what only the head can tell ------------------------------------------------------------------------------------
CUT = [
    f"DELETE FROM {table} WHERE seq > 11"  # noqa: S608 - tables of this test
    for table in (
        "checkpoints", "postings", "fills", "orders", "closes", "results", "flows", "openings", "power", "journal",
    )
]  # fmt: skip


def test_a_cut_off_end_is_named(path: Path) -> None:
    (found,) = tampered(path, *CUT)
    assert "has lost entries: it ends at 11 and had 16" in found


def rewritten(path: Path, first: int, change: Callable[[Recorded], Recorded]) -> None:
    """Change an entry and compute every hash after it anew, as somebody who knows how would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        found = connection.execute("SELECT * FROM journal WHERE seq >= ? ORDER BY seq", (first,)).fetchall()
        previous = found[0][5]
        for row in found:
            entry = Recorded(row[0], from_epoch_us(row[1]), *row[2:])
            entry = replace(change(entry) if entry.seq == first else entry, previous_hash=previous)
            previous = chain_hash(entry)
            connection.execute(
                "UPDATE journal SET body = ?, previous_hash = ?, hash = ? WHERE seq = ?",
                (entry.body, entry.previous_hash, previous, entry.seq),
            )
        connection.execute("UPDATE checkpoints SET entry_hash = ?", (previous,))


def test_a_full_rewrite_is_named_by_the_head_alone(path: Path) -> None:
    rewritten(path, 1, lambda entry: replace(entry, body=entry.body.replace(b'"Sample"', b'"Simple"')))
    (sealed, found) = verified(path).faults
    assert "state before entry 16 is not the one that was sealed" in sealed
    assert "was rewritten: entry 16 is not the one that was written" in found


def test_a_rewrite_without_a_trace_in_the_state_is_named_by_the_head_alone(path: Path) -> None:
    rewritten(path, 10, lambda entry: replace(entry, body=entry.body.replace(b'"skipped":1', b'"skipped":2')))
    (found,) = verified(path).faults
    assert "was rewritten: entry 16 is not the one that was written" in found
    with pytest.raises(LedgerFault, match="was rewritten"):
        SqliteStore(path)
    assert accept_head(path).faults == ()  # a person's decision, and no longer a fault after it
    assert verified(path).faults == ()


def test_a_sealed_state_that_the_journal_does_not_give_is_named() -> None:
    store = MemoryStore()
    made = ledger(store)
    made.record(NOW, ev.StateSealed(state_hash(made.book)[:-1] + "x"))
    made.record(NOW, ev.StateSealed(state_hash(made.book)))
    made.commit()
    assert verify_store(store).faults == ("the state before entry 2 is not the one that was sealed then",)


def test_a_state_that_another_version_sealed_is_not_compared() -> None:
    store = MemoryStore()
    made = ledger(store)
    made.record(NOW, ev.StateSealed("another-book" + "0" * 64))
    made.commit()
    assert verify_store(store).faults == ()


def test_every_fault_is_one_line(path: Path) -> None:
    faults = tampered(path, "UPDATE postings SET amount = 'a' || char(10)", *CUT[:1], "DELETE FROM evidence")
    assert faults
    assert not any("\n" in fault for fault in faults)
