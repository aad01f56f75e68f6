"""`verify`: replay a journal from nothing and hold everything that is stored against it."""

from collections import defaultdict
from dataclasses import dataclass

from engine.core.errors import LedgerFault
from engine.core.money import Money
from engine.domain.ports import LedgerStore
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
    """Replay all entries; check chain, fold, invariants, and that the stored postings are those of the fold."""
    book, head, faults = Book(), GENESIS_HASH, []
    expected: dict[int, list[tuple[str, str, Money]]] = defaultdict(list)
    try:
        for entry, event in checked_entries(store):
            applied = book.apply(entry.seq, entry.at, event)
            for row in applied.postings:
                expected[row.seq].append((row.account, row.module_id, row.amount))
            head = entry.hash
    except (LedgerFault, KeyError, ValueError) as error:
        faults.append(str(error))
        return Verification(book.seq, head, book.cash, tuple(faults))
    stored: dict[int, list[tuple[str, str, Money]]] = defaultdict(list)
    for row in store.postings():
        stored[row.seq].append((row.account, row.module_id, row.amount))
    faults += [
        f"postings of entry {seq} differ from what its event says"
        for seq in sorted(expected.keys() | stored.keys())
        if sorted(expected[seq]) != sorted(stored[seq])
    ]
    if sum(book.balances.values()) != 0:
        faults.append("the accounts do not sum to zero")
    return Verification(book.seq, head, book.cash, tuple(faults))
