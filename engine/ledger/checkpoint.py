"""Checkpoints: the book as bytes, so that a start need not fold the whole journal.

A checkpoint is trusted only as far as the journal vouches for it: the entry that it follows is a StateSealed, which
holds the SHA-256 of these very bytes. `seq` and `last_at` are outside of the hash: they are the only fields that a
StateSealed changes, so the book before that entry and the book after it have the same hash.

The hash begins with the layout of the book that was hashed. A program whose book has other fields neither restores
such a checkpoint nor compares its hash; it folds the journal instead.
"""

import dataclasses
import datetime as dt
import hashlib
import types
import typing

import msgspec

from engine.core.errors import LedgerFault
from engine.domain.records import Checkpoint
from engine.ledger.book import Book

LAYOUT_LENGTH = 12


def dump(book: Book) -> bytes:
    """The whole book as MessagePack, the order of its dicts kept: equal books with equal histories, equal bytes."""
    return _ENCODER.encode((LAYOUT, book.seq, book.last_at, _state(book)))


def restore(state: bytes) -> Book:
    """The book that was dumped. Raises LedgerFault when the bytes are damaged, or of a book with another layout."""
    layout, seq, last_at, body = _opened(state)
    if layout != LAYOUT:
        raise LedgerFault("the checkpoint was written by another version of Mindfolio")
    try:
        values = _DECODER.decode(body)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise LedgerFault(f"the checkpoint at entry {seq} cannot be read: {error}") from error
    return Book(seq=seq, last_at=last_at, **dict(zip(_FIELDS, values, strict=True)))


def state_hash(book: Book) -> str:
    """SHA-256 of the book without its place in the journal, after twelve digits that name its layout."""
    return _hash(LAYOUT, _state(book))


def is_comparable(sealed: str) -> bool:
    """Whether a journaled hash is of a book with this program's layout."""
    return sealed.startswith(LAYOUT)


def is_sealed(checkpoint: Checkpoint, at: dt.datetime, sealed: str) -> bool:
    """Whether a checkpoint holds the very state whose hash the journal keeps, at that entry's place and time.

    Its layout may be any.
    """
    try:
        layout, seq, last_at, body = _opened(checkpoint.state)
    except LedgerFault:
        return False
    return (seq, last_at, _hash(layout, body)) == (checkpoint.seq, at, sealed)


def _state(book: Book) -> bytes:
    return _ENCODER.encode([getattr(book, name) for name in _FIELDS])


def _hash(layout: str, body: bytes) -> str:
    return f"{layout}{hashlib.sha256(body).hexdigest()}"


def _opened(state: bytes) -> tuple[str, int, dt.datetime | None, bytes]:
    try:
        return _ENVELOPE.decode(state)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise LedgerFault(f"a checkpoint cannot be read: {error}") from error


def _layout(kind: typing.Any, seen: set[type]) -> str:
    """A type spelled out: names of classes, of their fields in order, and the types of those."""
    arguments = typing.get_args(kind)
    if arguments:
        origin = "|" if isinstance(kind, types.UnionType) else str(typing.get_origin(kind))
        return f"{origin}[{','.join(_layout(each, seen) for each in arguments)}]"
    name = getattr(kind, "__name__", str(kind))
    if not isinstance(kind, type) or kind in seen or not dataclasses.is_dataclass(kind):
        return name
    seen.add(kind)
    hints = typing.get_type_hints(kind)
    fields = ",".join(f"{field.name}:{_layout(hints[field.name], seen)}" for field in _kept(kind))
    return f"{name}({fields})"


def _kept(kind: type) -> tuple["dataclasses.Field[typing.Any]", ...]:
    """The fields that are state: what begins with _ is found again from them."""
    return tuple(field for field in dataclasses.fields(kind) if not field.name.startswith("_"))


_HINTS = typing.get_type_hints(Book)
_FIELDS = tuple(field.name for field in _kept(Book) if field.name not in {"seq", "last_at"})
_ENCODER = msgspec.msgpack.Encoder()
_ENVELOPE = msgspec.msgpack.Decoder(tuple[str, int, dt.datetime | None, bytes])
_DECODER: "msgspec.msgpack.Decoder[tuple[typing.Any, ...]]" = msgspec.msgpack.Decoder(
    tuple[tuple(_HINTS[name] for name in _FIELDS)]  # type: ignore[misc]  # one type a field, known only at run time
)
SPELLED_LAYOUT = _layout(Book, set())
LAYOUT = hashlib.sha256(SPELLED_LAYOUT.encode()).hexdigest()[:LAYOUT_LENGTH]
"""Names the fields of the book and of everything in it."""
