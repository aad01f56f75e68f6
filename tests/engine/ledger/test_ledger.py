"""The ledger: staged, durable at the commit, chained, the same after reopening, and broken for good by a failure."""

import pytest

from engine.core.errors import LedgerFault
from engine.domain import events as ev
from engine.ledger.codec import GENESIS_HASH, chain_hash, decode_event
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
    assert batch.closed == tuple(clerk.ledger.book.closed.values())


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
