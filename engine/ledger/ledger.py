"""The ledger: events go in staged, become the book's state, and are durable at `commit`."""

import datetime as dt
from dataclasses import replace

from engine.core.errors import LedgerFault
from engine.domain.events import Event
from engine.domain.ports import LedgerBatch, LedgerStore, PostingRow, Recorded
from engine.domain.position import Position
from engine.ledger.book import Book
from engine.ledger.codec import GENESIS_HASH, chain_hash, decode_event, encode_document, encode_event


class Ledger:
    """One mindfolio's journal with the book folded from it. Used by the kernel's thread only.

    `record` changes the book at once and stages the entry; nothing that leaves the process may depend on it before
    `commit` has returned. When either fails the ledger is broken for good: the book is ahead of what is durable, or
    half changed, and what is staged is half a step. Only reopening gives the state that the journal says.
    """

    def __init__(self, store: LedgerStore) -> None:
        self.book = Book()
        self.head_hash = GENESIS_HASH
        self._store = store
        self._broken = False
        self._fold()

    @property
    def has_staged(self) -> bool:
        """Whether something waits for `commit`."""
        return bool(self._entries or self._evidence)

    def record(self, at: dt.datetime, event: Event) -> None:
        """Fold an event into the book and stage it. Raises LedgerFault when it contradicts the state."""
        self._check_sound()
        try:
            name, version, body = encode_event(event)
            entry = Recorded(self.book.seq + 1, at, name, version, body, self.head_hash, "")
            entry = replace(entry, hash=chain_hash(entry))
            applied = self.book.apply(entry.seq, at, event)
        except BaseException:
            self._broken = True
            raise
        self.head_hash = entry.hash
        self._entries.append(entry)
        self._postings.extend(applied.postings)
        if applied.closed is not None:
            self._closed.append(applied.closed)

    def keep_evidence(self, document: object) -> str:
        """Stage a side-store document; returns the content address that the journal keeps."""
        address, body = encode_document(document)
        self._evidence[address] = body
        return address

    def commit(self) -> None:
        """Write everything staged in one durable transaction. Raises LedgerFault, and stays broken, when it fails."""
        if not self.has_staged:
            return
        self._check_sound()
        batch = LedgerBatch(
            tuple(self._entries), tuple(self._postings), tuple(self._evidence.items()), tuple(self._closed)
        )
        try:
            self._store.append(batch)
        except BaseException:
            self._broken = True
            raise
        self._clear()

    def forget_unsaved(self) -> None:
        """After a failed commit: fold what is durable again, so that the book shows nothing else; nothing is recorded.

        Raises LedgerFault when the store cannot be read either.
        """
        self._broken = True
        self._fold()

    def close(self) -> None:
        """Release the store."""
        self._store.close()

    def _check_sound(self) -> None:
        if self._broken:
            raise LedgerFault("the ledger failed before; nothing more is recorded or written until it is reopened")

    def _fold(self) -> None:
        book, head_hash = Book(), GENESIS_HASH
        for entry, event in checked_entries(self._store):
            book.apply(entry.seq, entry.at, event)
            head_hash = entry.hash
        self.book, self.head_hash = book, head_hash
        self._clear()

    def _clear(self) -> None:
        self._entries: list[Recorded] = []
        self._postings: list[PostingRow] = []
        self._evidence: dict[str, bytes] = {}
        self._closed: list[Position] = []


def checked_entries(store: LedgerStore) -> "list[tuple[Recorded, Event]]":
    """All journal entries with their events, the chain checked link by link. Raises LedgerFault at the first break."""
    checked: list[tuple[Recorded, Event]] = []
    previous = GENESIS_HASH
    for expected, entry in enumerate(store.entries(), start=1):
        if entry.seq != expected:
            raise LedgerFault(f"the journal lacks entry {expected}")
        if entry.previous_hash != previous or entry.hash != chain_hash(entry):
            raise LedgerFault(f"journal entry {entry.seq} ({entry.type}) was changed after it was written")
        checked.append((entry, decode_event(entry.type, entry.version, entry.body)))
        previous = entry.hash
    return checked
