"""Events to canonical JSON and back, older versions of them included, and the hash that chains them."""

import hashlib
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from engine.core.clock import epoch_us
from engine.core.errors import LedgerFault
from engine.domain.events import Event
from engine.domain.records import Recorded

GENESIS_HASH = "0" * 64
"""What the first entry's `previous_hash` is."""

Body: typing.TypeAlias = dict[str, typing.Any]

EVENT_VERSIONS: Mapping[str, int] = {"OrderFilled": 2, "ApprovalDecided": 2}
"""The version that is written of each event type; 1 where none is named."""


def _order_filled_2(body: Body) -> Body:
    return {**body, "fees": 0, "used": None, "leg_quantities": []}


def _approval_decided_2(body: Body) -> Body:
    return {**body, "proposed": None, "approved": None}


UPCASTERS: Mapping[tuple[str, int], Callable[[Body], Body]] = {
    ("OrderFilled", 1): _order_filled_2,
    ("ApprovalDecided", 1): _approval_decided_2,
}
"""From the body of a version to that of the next: pure, and never changed once a journal may need it."""

_TYPES: dict[str, type[Event]] = {kind.__name__: kind for kind in typing.get_args(Event)}
_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODERS = {name: msgspec.json.Decoder(kind, strict=True) for name, kind in _TYPES.items()}


def encode_event(event: Event) -> tuple[str, int, bytes]:
    """Type name, version and canonical JSON (sorted keys, no spaces) of an event.

    Raises LedgerFault when the event does not survive the round trip (a NaN, for one): what is journaled must be
    exactly what was done.
    """
    return journal_form(event)[:3]


def journal_form(event: Event) -> tuple[str, int, bytes, Event]:
    """`encode_event`, and the event as reading gives it back: equal, yet its dicts sorted and its floats floats.

    A book that is folded from that one is, to the byte, the book that the journal will give. Raises as `encode_event`.
    """
    name = type(event).__name__
    try:
        body = _ENCODER.encode(event)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise LedgerFault(f"{name} cannot be journaled: {error}") from error
    version = EVENT_VERSIONS.get(name, 1)
    read = decode_event(name, version, body)
    if read != event:
        raise LedgerFault(f"{name} cannot be journaled exactly: it holds a value that JSON does not")
    return name, version, body, read


def decode_event(name: str, version: int, body: bytes) -> Event:
    """The event behind a journal row. Raises LedgerFault for an unknown type or version, or an unfit body."""
    decoder, current = _DECODERS.get(name), EVENT_VERSIONS.get(name, 1)
    if decoder is None or version not in range(1, current + 1):
        raise LedgerFault(f"the journal holds {name} version {version}, which this program does not know")
    try:
        if version < current:
            body = _upcast(name, version, current, body)
        return decoder.decode(body)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:  # no text, or no end of nests
        raise LedgerFault(f"a journaled {name} cannot be read: {error}") from error


def _upcast(name: str, version: int, current: int, body: bytes) -> bytes:
    fields = msgspec.json.decode(body)
    for step in range(version, current):
        fields = UPCASTERS[name, step](fields)
    return _ENCODER.encode(fields)


def is_exact(value: object) -> bool:
    """Whether a record survives the way to JSON and back: false for a NaN or a field of another type than declared."""
    try:
        return bool(msgspec.json.decode(_ENCODER.encode(value), type=type(value)) == value)
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError):
        return False


def encode_document(document: object) -> tuple[str, bytes]:
    """A side-store document: its content address (SHA-256) and canonical JSON."""
    body = _ENCODER.encode(document)
    return hashlib.sha256(body).hexdigest(), body


def chain_hash(entry: Recorded) -> str:
    """SHA-256 over the previous hash and everything in the entry but its own hash."""
    head = f"{entry.previous_hash}\n{entry.seq}\n{epoch_us(entry.at)}\n{entry.type}\n{entry.version}\n"
    return hashlib.sha256(head.encode() + entry.body).hexdigest()


def chained(
    entries: Iterable[Recorded], after: int = 0, previous_hash: str = GENESIS_HASH
) -> Iterator[tuple[Recorded, Event]]:
    """Entries with their events, each checked to follow the one before. Raises LedgerFault at the first break."""
    for seq, entry in enumerate(entries, start=after + 1):
        if entry.seq != seq:
            raise LedgerFault(f"the journal lacks entry {seq}")
        if entry.previous_hash != previous_hash:
            raise LedgerFault(_was_changed(entry))
        yield entry, event_of(entry)
        previous_hash = entry.hash


def event_of(entry: Recorded) -> Event:
    """The event of an entry, which is held against its own hash. Raises LedgerFault when it was changed."""
    if entry.hash != chain_hash(entry):
        raise LedgerFault(_was_changed(entry))
    return decode_event(entry.type, entry.version, entry.body)


def _was_changed(entry: Recorded) -> str:
    return f"journal entry {entry.seq} ({entry.type}) was changed after it was written"
