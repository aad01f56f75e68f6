"""Bytes of theirs to typed values: `read_line` for streams, `read_answer` for answers to requests."""

from decimal import Decimal
from enum import Enum
from typing import TypeAlias, TypeVar

import msgspec

from engine.tradestation.frames import (
    Bar,
    Failure,
    Heartbeat,
    OrderFrame,
    Parked,
    PositionFrame,
    QuoteFrame,
    SpreadRow,
    StreamStatus,
)

T = TypeVar("T")

Row: TypeAlias = OrderFrame | PositionFrame | QuoteFrame | SpreadRow | Bar
Line: TypeAlias = Row | Heartbeat | StreamStatus | Failure | Parked

_DECODER = msgspec.json.Decoder(float_hook=Decimal)

MOST_TEXT = 300
"""Characters that are kept of what could not be read."""


class Stream(Enum):
    """A field without which a line is no row of a stream, and what its rows are."""

    ORDERS = ("OrderID", OrderFrame)
    POSITIONS = ("PositionID", PositionFrame)
    QUOTES = ("Symbol", QuoteFrame)
    CHAIN = ("Legs", SpreadRow)
    BARS = ("TimeStamp", Bar)


_ON_EVERY_STREAM: tuple[tuple[str, type[Heartbeat | StreamStatus | Failure]], ...] = (
    ("Heartbeat", Heartbeat), ("StreamStatus", StreamStatus), ("Error", Failure),
)  # fmt: skip
"""Errors name what they are about, as rows do: they are looked for first."""


def read_line(stream: Stream, line: bytes) -> Line:
    """One line of a stream; never raises."""
    try:
        found = _DECODER.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ArithmeticError) as error:
        return _parked(f"no JSON: {error}", line)
    if not isinstance(found, dict):
        return _parked(f"{type(found).__name__} instead of an object", line)
    for mark, kind in (*_ON_EVERY_STREAM, stream.value):
        if mark in found:
            return _as(kind, found, line)
    return _parked(f"neither a row with {stream.value[0]}, a heartbeat, a status nor an error", line)


def read_answer(kind: type[T], status: int, body: bytes) -> T | Failure | Parked:
    """The answer to a request as `kind`; a `Failure` where it says that it failed, whatever HTTP says; never raises."""
    try:
        found = _DECODER.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ArithmeticError) as error:
        return _parked(f"HTTP {status}, and no JSON: {error}", body)
    if isinstance(found, dict) and isinstance(found.get("Error"), str):
        return _as(Failure, found, body)
    if not 200 <= status < 300:
        return _parked(f"HTTP {status} without an error in words that we know", body)
    return _as(kind, found, body)


def _as(kind: type[T], found: object, text: bytes) -> T | Parked:
    try:
        return msgspec.convert(found, kind, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        return _parked(str(error), text)


def _parked(why: str, text: bytes) -> Parked:
    return Parked(why, text[:MOST_TEXT].decode("utf-8", "replace"))
