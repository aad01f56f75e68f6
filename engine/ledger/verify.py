"""`verify`: replay a journal from nothing and hold everything that is stored against it."""

import hashlib
from collections import Counter
from dataclasses import dataclass

from engine.core.errors import LedgerFault
from engine.core.money import Money
from engine.domain.events import ScanCompleted
from engine.domain.ports import LedgerStore, PostingRow
from engine.ledger.book import Book
from engine.ledger.codec import GENESIS_HASH
from engine.ledger.ledger import checked_entries


@dataclass(frozen=True, slots=True)
class Verification:
    """What a full replay found. `faults` is empty when the journal is sound."""

    entries: int
    head_hash: str
    cash: Money
    faults: tuple[str, ...]


def verify_store(store: LedgerStore) -> Verification:
    """Replay all entries: check chain, fold and invariants, and hold against them everything else that is stored.

    That is postings, closed positions and the scans' documents. The store must stand still meanwhile: one that is open
    for reading does, whoever writes.
    """
    book, head = Book(), GENESIS_HASH
    postings: list[PostingRow] = []
    addresses: set[str] = set()
    faults: list[str] = []
    try:
        for entry, event in checked_entries(store):
            postings.extend(book.apply(entry.seq, entry.at, event).postings)
            head = entry.hash
            if isinstance(event, ScanCompleted):
                addresses.add(event.evidence)
        faults += _posting_faults(postings, list(store.postings()))
        faults += _closed_faults(book, store)
        faults += _evidence_faults(addresses, store)
    except LedgerFault as fault:
        faults.append(str(fault))
    if sum(book.balances.values()) != 0:
        faults.append("the accounts do not sum to zero")
    return Verification(book.seq, head, book.cash, tuple(faults))


def _posting_faults(expected: list[PostingRow], stored: list[PostingRow]) -> list[str]:
    differing = (Counter(expected) - Counter(stored)) + (Counter(stored) - Counter(expected))
    return [
        f"postings of entry {seq} differ from what its event says" for seq in sorted({row.seq for row in differing})
    ]


def _closed_faults(book: Book, store: LedgerStore) -> list[str]:
    stored = {position.position_id: position for position in store.closed()}
    return [
        f"closed position {position_id} differs from what the journal says"
        for position_id in sorted(book.closed.keys() | stored.keys())
        if book.closed.get(position_id) != stored.get(position_id)
    ]


def _evidence_faults(addresses: set[str], store: LedgerStore) -> list[str]:
    sound = {address for address, body in store.evidence() if hashlib.sha256(body).hexdigest() == address}
    return [f"the scan record {address[:16]} is missing or was changed" for address in sorted(addresses - sound)]
