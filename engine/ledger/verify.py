"""`verify`: replay a journal from nothing and hold everything that is stored against it."""

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from filelock import Timeout

from engine.core.errors import LedgerFault
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.ports import LedgerStore
from engine.domain.position import Position
from engine.domain.records import (
    BoundaryRow,
    CloseRow,
    FillRow,
    FlowRow,
    HistoryRow,
    OpeningRow,
    OrderRow,
    PostingRow,
    PowerRow,
    Recorded,
    ResultRow,
)
from engine.ledger import checkpoint
from engine.ledger.anchor import Head, anchor_path, head_fault, read_head, write_new
from engine.ledger.book import Book
from engine.ledger.book_state import Applied
from engine.ledger.codec import GENESIS_HASH, chained
from engine.ledger.history_rows import TABLES
from engine.ledger.store import SqliteStore, lock_of
from engine.ledger.tables import TABLES_OF_SCHEMA

Row = TypeVar("Row", bound=Hashable)

_HISTORY: Mapping[type[HistoryRow], str] = {
    CloseRow: "the NAV path",
    ResultRow: "a result at the close",
    FlowRow: "a flow",
    OpeningRow: "an opening",
    PowerRow: "the buying power",
    BoundaryRow: "a boundary",
}


@dataclass(frozen=True, slots=True)
class Verification:
    """What a full replay found. `faults` is empty when the journal is sound."""

    entries: int
    head_hash: str
    cash: Money
    faults: tuple[str, ...]


@dataclass(slots=True)
class _Told:
    """What the journal tells of everything else that is stored."""

    postings: list[PostingRow] = field(default_factory=list)
    closed: dict[str, Position] = field(default_factory=dict)
    orders: dict[str, OrderRow] = field(default_factory=dict)
    fills: list[FillRow] = field(default_factory=list)
    history: list[HistoryRow] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)
    seals: dict[int, tuple[Recorded, str]] = field(default_factory=dict)
    """Each entry that sealed a state, with that state's hash."""

    def add(self, entry: Recorded, event: ev.Event, applied: Applied) -> None:
        """One entry more."""
        self.postings += applied.postings
        self.fills += applied.fills
        self.history += applied.history
        self.closed.update((position.position_id, position) for position in applied.closed)
        self.orders.update((row.order.order_id, row) for row in applied.orders)
        if isinstance(event, ev.ScanCompleted | ev.SkipsFollowed | ev.PnlExplained):
            self.addresses.add(event.evidence)
        elif isinstance(event, ev.StateSealed):
            self.seals[entry.seq] = (entry, event.state_hash)


def verify_file(path: Path) -> Verification:
    """Verify a ledger's file, and hold its head against it. Raises LedgerFault when it cannot be read at all."""
    head, fault = None, ""
    try:
        head = read_head(anchor_path(path))  # before the file, which may be written meanwhile and is never behind it
    except LedgerFault as damage:
        fault = str(damage)
    store = SqliteStore(path, for_reading=True, checks_head=False)
    try:
        found, is_complete = _replayed(store)
        entry = None if head is None else next(iter(store.entries(after=head.seq - 1)), None)
        anchored = None if entry is None else entry.hash
        fault = fault or head_fault(path, store.schema, head, found.entries or None, anchored)
    finally:
        store.close()
    # Where the replay broke off, the head can only say that again.
    return replace(found, faults=(*found.faults, fault)) if fault and is_complete else found


def verify_store(store: LedgerStore) -> Verification:
    """Replay all entries: check chain, fold and invariants, and hold against them everything else that is stored.

    That is postings, closed positions, orders, fills, the NAV path and all else that performance and splits are
    measured by, checkpoints and the scans' documents. Checkpoints shorten nothing here. The store must stand still
    meanwhile: one that is open for reading does, whoever writes.
    """
    return _replayed(store)[0]


def _replayed(store: LedgerStore) -> tuple[Verification, bool]:
    """What a replay found, and whether it came to the journal's end."""
    book, head, told = Book(), GENESIS_HASH, _Told()
    faults: list[str] = []
    is_complete = False
    try:
        for entry, event in chained(store.entries()):
            if isinstance(event, ev.StateSealed) and _differs(book, event.state_hash):
                faults.append(f"the state before entry {entry.seq} is not the one that was sealed then")
            told.add(entry, event, book.apply(entry.seq, entry.at, event))
            if isinstance(event, ev.MarksRecorded) and event.nav != book.nav:
                faults.append(f"the NAV of entry {entry.seq} is not the one that its marks give")
            head = entry.hash
        is_complete = True
        faults += _stored_faults(told, store)
    except LedgerFault as fault:
        faults.append(str(fault))
    if sum(book.balances.values()) != 0:
        faults.append("the accounts do not sum to zero")
    return Verification(book.seq, head, book.cash, tuple(faults)), is_complete


def accept_head(path: Path) -> Verification:
    """Verify a ledger whatever its head says, and where it is sound put what it holds now in the head's place.

    Raises LedgerFault when it cannot be read, or another Mindfolio writes it.
    """
    lock = lock_of(path)
    try:
        lock.acquire()
    except (Timeout, OSError) as error:
        raise LedgerFault(f"the ledger {path} is being written by another Mindfolio; close that one") from error
    try:
        store = SqliteStore(path, for_reading=True, checks_head=False)
        try:
            found = verify_store(store)
        finally:
            store.close()
        if not found.faults:
            write_new(anchor_path(path), Head(found.entries, found.head_hash))
        return found
    finally:
        lock.release()


def _stored_faults(told: _Told, store: LedgerStore) -> list[str]:
    """Each table by itself, so that what is damaged in one hides nothing of another."""
    checks: list[Callable[[], list[str]]] = [
        lambda: _posting_faults(told.postings, store),
        lambda: _evidence_faults(told.addresses, store),
    ]
    if store.schema > 1:  # the read tables of an older file are made anew before anything is read there
        checks += [
            lambda: _row_faults("closed position", told.closed, {each.position_id: each for each in store.closed()}),
            lambda: _row_faults("order", told.orders, {row.order.order_id: row for row in store.orders()}),
            lambda: _fill_faults(told.fills, store),
            lambda: _checkpoint_faults(told.seals, store),
        ]
    checks.append(lambda: _history_faults(told.history, store))
    faults: list[str] = []
    for check in checks:
        try:
            faults += check()
        except LedgerFault as fault:
            faults.append(str(fault))
    return faults


def _differs(book: Book, sealed: str) -> bool:
    return checkpoint.is_comparable(sealed) and checkpoint.state_hash(book) != sealed


def _posting_faults(expected: list[PostingRow], store: LedgerStore) -> list[str]:
    return [
        f"postings of entry {seq} differ from what its event says"
        for seq in sorted({row.seq for row in _differing(expected, store.postings())})
    ]


def _fill_faults(expected: list[FillRow], store: LedgerStore) -> list[str]:
    return [
        f"the fill of entry {seq} differs from what the journal says"
        for seq in sorted({row.seq for row in _differing(expected, store.fills())})
    ]


def _history_faults(expected: list[HistoryRow], store: LedgerStore) -> list[str]:
    kept = TABLES_OF_SCHEMA[store.schema]
    differing = _differing((row for row in expected if TABLES[type(row)].name in kept), store.history())
    return [
        f"{_HISTORY[type(row)]} of entry {row.seq} differs from what the journal says"
        for row in sorted(differing, key=lambda row: (row.seq, repr(row)))
    ]


def _row_faults(what: str, expected: Mapping[str, object], stored: Mapping[str, object]) -> list[str]:
    return [
        f"{what} {name} differs from what the journal says"
        for name in sorted(expected.keys() | stored.keys())
        if expected.get(name) != stored.get(name)
    ]


def _evidence_faults(addresses: set[str], store: LedgerStore) -> list[str]:
    sound = {address for address, body in store.evidence() if _address_of(body) == address}
    return [f"the scan record {address[:16]} is missing or was changed" for address in sorted(addresses - sound)]


def _checkpoint_faults(seals: dict[int, tuple[Recorded, str]], store: LedgerStore) -> list[str]:
    faults = []
    for each in store.checkpoints():
        entry, sealed = seals.get(each.seq, (None, ""))
        if entry is None or each.entry_hash != entry.hash or not checkpoint.is_sealed(each, entry.at, sealed):
            faults.append(f"the checkpoint at entry {each.seq} is damaged; starts go without it")
    return faults


def _differing(expected: Iterable[Row], stored: Iterable[Row]) -> set[Row]:
    """Rows that are missing, too many or other than they should be; the same row twice counts twice."""
    due, found = Counter(expected), Counter(stored)
    return {*(due - found), *(found - due)}


def _address_of(body: object) -> str:
    """Damage can change a document's type as well: that has no address."""
    return hashlib.sha256(body).hexdigest() if isinstance(body, bytes) else ""
