"""Checkpoints: the same book to the byte, vouched for by the journal, and never believed otherwise."""

import dataclasses
import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import LedgerFault
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.records import Checkpoint
from engine.ledger import checkpoint
from engine.ledger.book import Book
from engine.ledger.checkpoint import dump, is_comparable, is_sealed, restore, state_hash
from engine.ledger.ledger import Ledger
from tests.builders import ALPHA, BETA, Clerk, MemoryStore, approval, ledger


def traded() -> Clerk:
    """A clerk with a closed trade, two open ones, a working order and a waiting approval."""
    clerk = Clerk()
    clerk.close(clerk.open("-1.20"), "0.55")
    clerk.open("-1.50", module_id=BETA, quantity=2)
    clerk.mark(**{clerk.open("-1.30"): "-125.5"})
    clerk.intend()
    clerk.record(ev.ApprovalRequested(approval()))
    return clerk


def test_a_restored_book_is_the_same_to_the_byte() -> None:
    book = traded().ledger.book
    restored = restore(dump(book))
    assert restored == book
    assert dump(restored) == dump(book)
    for each in dataclasses.fields(Book):
        kept = getattr(restored, each.name)
        if isinstance(kept, dict):
            assert list(kept.items()) == list(getattr(book, each.name).items())


def test_an_empty_book_too() -> None:
    assert restore(dump(Book())) == Book()


STEPS = st.lists(st.sampled_from(["open", "close", "mark", "reallocate", "intend"]), max_size=12)


@given(before=STEPS, after=STEPS)
def test_a_restored_book_goes_on_like_the_one_that_was_dumped(before: list[str], after: list[str]) -> None:
    clerk = Clerk()
    for step in before:
        take(clerk, step)
    at, seq = clerk.at, clerk.ledger.book.seq
    copy = restore(dump(clerk.ledger.book))
    recorder = Recorder(clerk)
    for step in after:
        take(recorder, step)
    for event in recorder.events:
        seq, at = seq + 1, at + dt.timedelta(seconds=1)
        copy.apply(seq, at, event)
    assert dump(copy) == dump(clerk.ledger.book)


class Recorder(Clerk):
    """A clerk that goes on where another stopped and remembers what it records."""

    def __init__(self, other: Clerk) -> None:
        super().__init__(other.ledger)
        self.at = other.at
        self.events: list[ev.Event] = []

    def record(self, event: ev.Event) -> None:
        """Any event, remembered."""
        super().record(event)
        self.events.append(event)


def take(clerk: Clerk, step: str) -> None:
    book = clerk.ledger.book
    held = [each for each in book.positions.values() if each.position_id not in
            {order.position_id for order in book.orders.values()}]  # fmt: skip
    if step == "open":
        clerk.open("-1.20")
    elif step == "intend":
        clerk.intend(module_id=BETA)
    elif step == "close" and held:
        clerk.close(held[0].position_id, "0.55")
    elif step == "mark" and held:
        clerk.mark(**{held[-1].position_id: "-101.25"})
    elif step == "reallocate":
        moved = dollars(10)
        budgets = {ALPHA: book.modules[ALPHA].budget - moved, BETA: book.modules[BETA].budget + moved}
        clerk.record(ev.BudgetReallocated(budgets, book.reserve, book.version + 1, "user", "test"))


def test_the_hash_leaves_out_the_place_in_the_journal_and_nothing_else() -> None:
    book = traded().ledger.book
    sealed = state_hash(book)
    moved = restore(dump(book))
    moved.seq, moved.last_at = 999, None
    assert state_hash(moved) == sealed
    for name in ("capital", "reserve", "version", "orders_made"):
        other = restore(dump(book))
        setattr(other, name, getattr(other, name) + 1)
        assert state_hash(other) != sealed


def test_the_hash_sees_the_order_of_what_is_held() -> None:
    book = traded().ledger.book
    turned = restore(dump(book))
    turned.positions = dict(reversed(turned.positions.items()))
    assert turned == book
    assert state_hash(turned) != state_hash(book)


def test_the_live_book_and_the_folded_one_have_one_hash() -> None:
    """Whatever the order of the dicts and the kind of the numbers that were recorded."""
    store = MemoryStore()
    clerk = Clerk(ledger(store))
    clerk.record(ev.SessionOpened(clerk.at.date(), {BETA: 0, ALPHA: 0}))
    clerk.record(ev.BudgetReallocated({BETA: dollars(20_000), ALPHA: dollars(10_000)}, dollars(20_000), 2, "user", ""))
    clerk.ledger.commit()
    assert dump(Ledger(store).book) == dump(clerk.ledger.book)


def test_a_checkpoint_is_sealed_by_the_hash_of_the_state_before_its_entry() -> None:
    clerk = traded()
    sealed = state_hash(clerk.ledger.book)
    clerk.ledger.seal(clerk.at)
    kept = Checkpoint(clerk.ledger.book.seq, clerk.ledger.head_hash, dump(clerk.ledger.book))
    assert is_sealed(kept, clerk.at, sealed)
    assert not is_sealed(kept, clerk.at, state_hash(Book()))
    assert not is_sealed(kept, clerk.at + dt.timedelta(microseconds=1), sealed)
    assert not is_sealed(replace(kept, seq=kept.seq - 1), clerk.at, sealed)


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_flipped_bit_passes(place: int, bit: int) -> None:
    state = bytearray(STATE)
    state[place % len(state)] ^= 1 << bit
    kept = Checkpoint(BOOK.seq, "", bytes(state))
    assert not is_sealed(kept, AT, state_hash(BOOK))


BOOK = traded().ledger.book
STATE = dump(BOOK)
assert BOOK.last_at is not None
AT = BOOK.last_at


@pytest.mark.parametrize("state", [b"", b"\xc1", b"nonsense", STATE[:-1], STATE[: len(STATE) // 2]])
def test_what_is_no_checkpoint_is_a_fault(state: bytes) -> None:
    with pytest.raises(LedgerFault, match="checkpoint"):
        restore(state)
    assert not is_sealed(Checkpoint(1, "", state), AT, state_hash(BOOK))


def test_a_book_of_another_layout_is_neither_restored_nor_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = state_hash(BOOK)
    assert is_comparable(sealed)
    monkeypatch.setattr(checkpoint, "LAYOUT", "another-book")
    assert not is_comparable(sealed)
    with pytest.raises(LedgerFault, match="another version"):
        restore(STATE)
    assert is_sealed(Checkpoint(BOOK.seq, "", STATE), AT, sealed)  # what it is can still be told


def test_the_layout_names_every_record_in_the_book() -> None:
    for name in ("Position(", "structure:Structure(", "strike:int", "Approval(", "GateLimits(", "ModuleBook("):
        assert name in checkpoint.SPELLED_LAYOUT


def test_nothing_in_the_book_is_without_an_order() -> None:
    """Sets would be dumped in an order that differs from run to run."""
    assert "frozenset" not in checkpoint.SPELLED_LAYOUT
    assert "<class 'set'>" not in checkpoint.SPELLED_LAYOUT
