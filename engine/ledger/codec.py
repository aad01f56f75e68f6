"""Events to canonical JSON and back, and the hash that chains them."""

import hashlib
import typing

import msgspec

from engine.core.clock import epoch_us
from engine.core.errors import LedgerFault
from engine.domain.events import Event
from engine.domain.ports import Recorded

GENESIS_HASH = "0" * 64
"""What the first entry's `previous_hash` is."""

EVENT_VERSION = 1
"""Version of every event type so far; a changed type gets a higher one and an upcaster in `decode_event`."""

_TYPES: dict[str, type[Event]] = {kind.__name__: kind for kind in typing.get_args(Event)}
_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODERS = {name: msgspec.json.Decoder(kind, strict=True) for name, kind in _TYPES.items()}


def encode_event(event: Event) -> tuple[str, int, bytes]:
    """Type name, version and canonical JSON (sorted keys, no spaces) of an event.

    Raises LedgerFault when the event does not survive the round trip (a NaN, for one): what is journaled must be
    exactly what was done.
    """
    name = type(event).__name__
    try:
        body = _ENCODER.encode(event)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise LedgerFault(f"{name} cannot be journaled: {error}") from error
    if decode_event(name, EVENT_VERSION, body) != event:
        raise LedgerFault(f"{name} cannot be journaled exactly: it holds a value that JSON does not")
    return name, EVENT_VERSION, body


def decode_event(name: str, version: int, body: bytes) -> Event:
    """The event behind a journal row. Raises LedgerFault for an unknown type or version, or an unfit body."""
    decoder = _DECODERS.get(name)
    if decoder is None or version != EVENT_VERSION:
        raise LedgerFault(f"the journal holds {name} version {version}, which this program does not know")
    try:
        return decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise LedgerFault(f"a journaled {name} cannot be read: {error}") from error


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
    digest = hashlib.sha256()
    head = f"{entry.previous_hash}\n{entry.seq}\n{epoch_us(entry.at)}\n{entry.type}\n{entry.version}\n"
    digest.update(head.encode())
    digest.update(entry.body)
    return digest.hexdigest()
