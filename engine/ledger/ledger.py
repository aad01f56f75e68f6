"""The ledger: events go in staged, become the book's state, and are durable at `commit`."""

import datetime as dt

from engine.core.errors import LedgerFault
from engine.domain.events import Event, StateSealed
from engine.domain.order import Order
from engine.domain.ports import LedgerStore
from engine.domain.position import Position
from engine.domain.records import Checkpoint, FillRow, HistoryRow, LedgerBatch, OrderRow, PostingRow, Recorded
from engine.ledger import checkpoint
from engine.ledger.book import Book
from engine.ledger.codec import GENESIS_HASH, chain_hash, chained, encode_document, journal_form


class Ledger:
    """One mindfolio's journal with the book folded from it. Used by the kernel's thread only.

    `record` changes the book at once and stages the entry; nothing that leaves the process may depend on it before
    `commit` has returned. When either fails the ledger is broken for good: the book is ahead of what is durable, or
    half changed, and what is staged is half a step. Only reopening gives the state that the journal says.
    """

    def __init__(self, store: LedgerStore) -> None:
        """Fold the journal, from the newest sound checkpoint on. Raises LedgerFault when it is damaged."""
        self.book = Book()
        self.head_hash = GENESIS_HASH
        self._store = store
        self._broken = False
        self._sealed: Checkpoint | None = None
        self._fold()

    @property
    def has_staged(self) -> bool:
        """Whether something waits for `commit`."""
        return bool(self._entries or self._evidence)

    def record(self, at: dt.datetime, event: Event) -> None:
        """Fold an event into the book and stage it. Raises LedgerFault when it contradicts the state."""
        self._check_sound()
        try:
            name, version, body, event = journal_form(event)
            entry = Recorded(self.book.seq + 1, at, name, version, body, self.head_hash, "")
            entry = Recorded(entry.seq, at, name, version, body, self.head_hash, chain_hash(entry))
            applied = self.book.apply(entry.seq, at, event)
        except BaseException:
            self._broken = True
            raise
        self.head_hash = entry.hash
        self._entries.append(entry)
        self._postings.extend(applied.postings)
        self._closed.update((position.position_id, position) for position in applied.closed)
        self._orders.update((row.order.order_id, row) for row in applied.orders)
        self._fills.extend(applied.fills)
        self._history.extend(applied.history)

    def seal(self, at: dt.datetime) -> None:
        """Journal the hash of the book and stage a checkpoint of it, so that the next start folds only what follows.

        Raises LedgerFault as `record` does.
        """
        self.record(at, StateSealed(checkpoint.state_hash(self.book)))
        self._sealed = Checkpoint(self.book.seq, self.head_hash, checkpoint.dump(self.book))

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
            tuple(self._entries),
            tuple(self._postings),
            tuple(self._evidence.items()),
            tuple(self._closed.values()),
            tuple(self._orders.values()),
            tuple(self._fills),
            self._sealed,
            tuple(self._history),
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

    def order(self, order_id: str) -> Order | None:
        """An order that is durable, live or ended; None when there never was one."""
        live = self.book.orders.get(order_id)
        return live or next((row.order for row in self._store.orders() if row.order.order_id == order_id), None)

    def closed(self) -> tuple[Position, ...]:
        """All positions that ended and are durable, in the order in which they ended."""
        return tuple(sorted(self._store.closed(), key=_ended))

    def close(self) -> None:
        """Release the store."""
        self._store.close()

    def _check_sound(self) -> None:
        if self._broken:
            raise LedgerFault("the ledger failed before; nothing more is recorded or written until it is reopened")

    def _fold(self) -> None:
        book, head_hash = self._start()
        for entry, event in chained(self._store.entries(after=book.seq), book.seq, head_hash):
            book.apply(entry.seq, entry.at, event)
            head_hash = entry.hash
        self.book, self.head_hash = book, head_hash
        self._clear()

    def _start(self) -> tuple[Book, str]:
        """The newest state that the journal vouches for, with the hash of its entry; the empty book failing that.

        A checkpoint is a short cut and never a source: one that does not fit is passed over, for `verify` to name.
        """
        try:
            kept = list(self._store.checkpoints())
        except LedgerFault:
            kept = []
        for each in kept:
            entry = next(iter(self._store.entries(after=each.seq - 1)), None)
            if entry is None or (entry.seq, entry.hash) != (each.seq, each.entry_hash):
                continue
            try:
                ((_, event),) = chained([entry], entry.seq - 1, entry.previous_hash)
                if isinstance(event, StateSealed) and checkpoint.is_sealed(each, entry.at, event.state_hash):
                    return checkpoint.restore(each.state), entry.hash
            except LedgerFault:
                continue
        return Book(), GENESIS_HASH

    def _clear(self) -> None:
        self._entries: list[Recorded] = []
        self._postings: list[PostingRow] = []
        self._evidence: dict[str, bytes] = {}
        self._closed: dict[str, Position] = {}
        self._orders: dict[str, OrderRow] = {}
        self._fills: list[FillRow] = []
        self._history: list[HistoryRow] = []
        self._sealed = None


def _ended(position: Position) -> tuple[dt.datetime, str]:
    return position.closed_at or position.opened_at, position.position_id


def checked_entries(store: LedgerStore) -> "list[tuple[Recorded, Event]]":
    """All journal entries with their events, the chain checked link by link. Raises LedgerFault at the first break."""
    return list(chained(store.entries()))
