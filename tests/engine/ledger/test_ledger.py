"""The ledger: staged, durable at the commit, chained, the same after reopening, and broken for good by a failure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from engine.core.errors import LedgerFault
from engine.domain import events as ev
from engine.domain.records import Checkpoint, LedgerBatch, Recorded
from engine.ledger.book import Book
from engine.ledger.checkpoint import dump, restore, state_hash
from engine.ledger.codec import GENESIS_HASH, chain_hash, decode_event
from engine.ledger.entries import Account
from engine.ledger.ledger import Ledger, checked_entries
from tests.builders import ALPHA, NOW, Clerk, FaultyStore, MemoryStore, created, ledger, order

DAY = NOW.date()


def traded(store: MemoryStore) -> Clerk:
    """A clerk with a closed trade, an open one and a working order, all committed."""
    clerk = Clerk(ledger(store))
    clerk.close(clerk.open("-1.20"), "0.55")
    clerk.mark(**{clerk.open("-1.50", quantity=2): "-250"})
    clerk.intend()
    clerk.ledger.commit()
    return clerk


def test_a_recorded_event_changes_the_book_at_once_and_the_store_at_the_commit() -> None:
    store = MemoryStore()
    made = Ledger(store)
    assert (made.has_staged, made.book.seq) == (False, 0)
    made.record(NOW, created())
    assert (made.has_staged, made.book.seq) == (True, 1)
    assert list(store.entries()) == []
    made.commit()
    assert [entry.type for entry in store.entries()] == ["MindfolioCreated"]
    assert len(list(store.postings())) == 2
    assert not made.has_staged


def test_one_commit_is_one_batch_with_all_that_belongs_together() -> None:
    store = MemoryStore()
    clerk = Clerk(ledger(store))
    clerk.close(clerk.open("-1.20"), "0.55")
    address = clerk.ledger.keep_evidence({"rows": 1})
    clerk.record(ev.ScanCompleted(ALPHA, 1, 1, 0, 0, 1, address))
    clerk.ledger.commit()
    _, batch = store.batches
    assert [entry.type for entry in batch.entries][-1] == "ScanCompleted"
    assert {row.seq for row in batch.postings} == {entry.seq for entry in batch.entries if entry.type == "OrderFilled"}
    assert batch.evidence == ((address, b'{"rows":1}'),)
    assert [each.position_id for each in batch.closed] == ["P000001"]


def test_a_commit_of_nothing_writes_nothing() -> None:
    store = MemoryStore()
    made = ledger(store)
    made.commit()
    assert len(store.batches) == 1


def test_evidence_alone_is_worth_a_commit() -> None:
    store = MemoryStore()
    made = ledger(store)
    made.keep_evidence([1])
    assert made.has_staged
    made.commit()
    assert len(store.batches[-1].evidence) == 1


def test_the_entries_are_numbered_and_chained_from_the_first() -> None:
    store = MemoryStore()
    clerk = traded(store)
    entries = list(store.entries())
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert [entry.previous_hash for entry in entries] == [GENESIS_HASH, *(entry.hash for entry in entries[:-1])]
    assert all(entry.hash == chain_hash(entry) for entry in entries)
    assert clerk.ledger.head_hash == entries[-1].hash


def test_reopening_gives_the_same_book_field_by_field() -> None:
    store = MemoryStore()
    clerk = traded(store)
    clerk.ledger.book.realised("nobody has asked about this module before")
    reopened = Ledger(store)
    assert reopened.book == clerk.ledger.book
    assert reopened.head_hash == clerk.ledger.head_hash
    assert not reopened.has_staged


def test_a_reopened_ledger_goes_on_where_the_other_stopped() -> None:
    store = MemoryStore()
    traded(store)
    reopened = Clerk(Ledger(store))
    reopened.open("-1.00")
    reopened.ledger.commit()
    assert len(checked_entries(store)) == reopened.ledger.book.seq


def test_what_was_not_committed_is_gone_after_reopening() -> None:
    store = MemoryStore()
    clerk = Clerk(ledger(store))
    clerk.open("-1.20")
    assert Ledger(store).book.seq == 1


def test_a_refused_write_breaks_the_ledger_for_good() -> None:
    store = FaultyStore(frozenset({1}))
    clerk = Clerk(ledger(store))
    clerk.open("-1.20")
    with pytest.raises(LedgerFault, match="disk is full"):
        clerk.ledger.commit()
    with pytest.raises(LedgerFault, match="until it is reopened"):
        clerk.record(ev.SessionClosed(DAY))
    with pytest.raises(LedgerFault, match="until it is reopened"):
        clerk.ledger.commit()
    assert store.attempts == 2
    assert Ledger(store).book.seq == 1


def test_any_other_failure_of_a_write_breaks_it_too() -> None:
    store = FaultyStore(frozenset({1}), fault=MemoryError())
    clerk = Clerk(ledger(store))
    clerk.open("-1.20")
    with pytest.raises(MemoryError):
        clerk.ledger.commit()
    with pytest.raises(LedgerFault, match="until it is reopened"):
        clerk.ledger.commit()


def test_what_could_not_be_saved_can_be_forgotten_and_the_ledger_stays_closed_to_more() -> None:
    store = FaultyStore(frozenset({1}))
    clerk = Clerk(ledger(store))
    saved = Ledger(store)
    clerk.open("-1.20")
    with pytest.raises(LedgerFault, match="disk is full"):
        clerk.ledger.commit()
    clerk.ledger.forget_unsaved()
    assert clerk.ledger.book == saved.book
    assert (clerk.ledger.head_hash, clerk.ledger.has_staged) == (saved.head_hash, False)
    with pytest.raises(LedgerFault, match="until it is reopened"):
        clerk.record(ev.SessionClosed(DAY))
    clerk.ledger.commit()
    assert store.attempts == 2


def test_after_a_contradiction_not_even_the_sound_half_of_the_step_is_written() -> None:
    store = MemoryStore()
    clerk = Clerk(ledger(store))
    clerk.record(ev.OrderIntended(order()))
    with pytest.raises(LedgerFault, match="is not live"):
        clerk.record(ev.OrderSubmitted("O000077"))
    with pytest.raises(LedgerFault, match="until it is reopened"):
        clerk.ledger.commit()
    assert Ledger(store).book.seq == 1


def test_a_time_without_a_zone_is_not_recorded() -> None:
    made = ledger()
    with pytest.raises(ValueError, match="no time zone"):
        made.record(NOW.replace(tzinfo=None), ev.SessionClosed(DAY))
    assert made.book.seq == 1


def test_a_sound_store_gives_its_entries_with_their_events() -> None:
    store = MemoryStore()
    traded(store)
    for entry, event in checked_entries(store):
        assert decode_event(entry.type, entry.version, entry.body) == event


def test_closing_the_ledger_closes_the_store() -> None:
    store = MemoryStore()
    ledger(store).close()
    assert store.is_closed


def sealed(store: MemoryStore) -> Clerk:
    """A clerk with two sealed sessions and a trade since, all committed."""
    clerk = traded(store)
    for price in ("-1.10", "-1.30"):
        clerk.ledger.seal(clerk.at)
        clerk.open(price)
        clerk.ledger.commit()
    return clerk


class CountingStore(MemoryStore):
    """A store that remembers which entries were read."""

    def __init__(self, batches: list[LedgerBatch]) -> None:
        super().__init__()
        self.batches = batches
        self.read: list[int] = []

    def entries(self, after: int = 0) -> Iterator[Recorded]:
        """Journal entries after a seq, counted."""
        for entry in super().entries(after):
            self.read.append(entry.seq)
            yield entry


def test_a_seal_journals_the_hash_of_the_state_and_keeps_the_state(clerk_store: MemoryStore) -> None:
    clerk = Clerk(Ledger(clerk_store))
    before = state_hash(clerk.ledger.book)
    clerk.ledger.seal(clerk.at)
    clerk.ledger.commit()
    batch = clerk_store.batches[-1]
    assert decode_event("StateSealed", 1, batch.entries[-1].body) == ev.StateSealed(before)
    assert batch.checkpoint == Checkpoint(clerk.ledger.book.seq, clerk.ledger.head_hash, dump(clerk.ledger.book))
    assert state_hash(clerk.ledger.book) == before


@pytest.fixture
def clerk_store() -> MemoryStore:
    store = MemoryStore()
    sealed(store)
    return store


def test_a_start_reads_only_what_follows_the_newest_checkpoint(clerk_store: MemoryStore) -> None:
    counting = CountingStore(clerk_store.batches)
    made = Ledger(counting)
    newest = next(iter(clerk_store.checkpoints())).seq
    assert counting.read == [newest, *range(newest + 1, made.book.seq + 1)]
    plain = MemoryStore()
    plain.batches = [replace(batch, checkpoint=None) for batch in clerk_store.batches]
    folded = Ledger(plain)
    assert (made.book, made.head_hash) == (folded.book, folded.head_hash)
    assert dump(made.book) == dump(folded.book)


def spoilt(store: MemoryStore, number: int, **changes: Any) -> None:
    """Change a checkpoint, counted from the newest."""
    places = [place for place, batch in enumerate(store.batches) if batch.checkpoint is not None]
    batch = store.batches[places[-1 - number]]
    assert batch.checkpoint is not None
    store.batches[places[-1 - number]] = replace(batch, checkpoint=replace(batch.checkpoint, **changes))


BAD: dict[str, dict[str, Any]] = {
    "no state": {"state": b""},
    "another state": {"state": dump(Book())},
    "another entry": {"seq": 3},
    "an entry to come": {"seq": 999},
    "the first entry": {"seq": 1},
    "another hash": {"entry_hash": "0" * 64},
}


@pytest.mark.parametrize("name", BAD)
def test_a_start_goes_without_a_checkpoint_that_does_not_fit(clerk_store: MemoryStore, name: str) -> None:
    expected = Ledger(clerk_store)
    second = list(clerk_store.checkpoints())[1].seq
    spoilt(clerk_store, 0, **BAD[name])
    counting = CountingStore(clerk_store.batches)
    assert Ledger(counting).book == expected.book
    assert counting.read[-(expected.book.seq - second) - 1 :] == [*range(second, expected.book.seq + 1)]
    spoilt(clerk_store, 1, **BAD[name])
    counting = CountingStore(clerk_store.batches)
    again = Ledger(counting)
    assert (again.book, again.head_hash) == (expected.book, expected.head_hash)
    assert counting.read[-again.book.seq :] == [*range(1, again.book.seq + 1)]


def test_a_forged_checkpoint_with_the_right_entry_is_not_believed(clerk_store: MemoryStore) -> None:
    expected = Ledger(clerk_store)
    forged = restore(next(iter(clerk_store.checkpoints())).state)
    forged.balances[Account.CASH, ALPHA] += 1_000_000
    spoilt(clerk_store, 0, state=dump(forged))
    assert Ledger(clerk_store).book == expected.book


def test_a_damaged_entry_after_the_checkpoint_is_a_fault_and_no_reason_to_look_further_back(
    clerk_store: MemoryStore,
) -> None:
    last = clerk_store.batches[-1]
    spoiled = (*last.entries[:-1], replace(last.entries[-1], body=b"{}"))
    clerk_store.batches[-1] = replace(last, entries=spoiled)
    with pytest.raises(LedgerFault, match="was changed"):
        Ledger(clerk_store)


def test_a_store_whose_checkpoints_cannot_be_read_is_folded_whole(clerk_store: MemoryStore) -> None:
    class Unreadable(CountingStore):
        def checkpoints(self) -> Iterator[Checkpoint]:
            raise LedgerFault("damaged")

    expected = Ledger(clerk_store)
    assert Ledger(Unreadable(clerk_store.batches)).book == expected.book


def test_an_order_and_an_ended_position_go_into_the_batch_once_as_they_last_were(clerk_store: MemoryStore) -> None:
    clerk = Clerk(Ledger(clerk_store))
    position_id = clerk.open()
    clerk.close(position_id, "0.55")
    clerk.ledger.commit()
    batch = clerk_store.batches[-1]
    assert len(batch.orders) == 2
    assert [row.order.filled for row in batch.orders] == [1, 1]
    assert [fill.quantity for fill in batch.fills] == [1, 1]
    assert [each.position_id for each in batch.closed] == [position_id]


def test_forgetting_what_is_unsaved_forgets_a_staged_checkpoint_too() -> None:
    store = FaultyStore(frozenset({1}))
    clerk = Clerk(ledger(store))
    clerk.ledger.seal(clerk.at)
    with pytest.raises(LedgerFault, match="disk is full"):
        clerk.ledger.commit()
    clerk.ledger.forget_unsaved()
    assert (clerk.ledger.book.seq, clerk.ledger.has_staged) == (1, False)
