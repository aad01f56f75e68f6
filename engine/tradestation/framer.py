"""Lines out of a stream: chunks of bytes come as the network cuts them, JSON objects end with a newline.

Where a chunk ends says nothing about where an object ends, and one line may hold several objects (seen in the wild).
"""

import json
from collections.abc import Iterator

LONGEST = 1 << 20
"""Bytes of one line: no object of theirs comes near it."""

_WHITE = " \t\r\n"


class Framer:
    """Cuts a stream into its objects, as bytes. One for each connection: what was begun on an old one is worth nothing.

    A line without an end is dropped once it is longer than `longest`, and so is the rest of it; `dropped` counts them.
    """

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._begun = bytearray()
        self._is_dropping = False
        self.dropped = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The objects that end within this chunk, in their order; never raises."""
        *ended, rest = chunk.split(b"\n")
        found: list[bytes] = []
        for part in ended:
            line = self._end_of(part)
            if line:
                found.extend(_objects(line))
        if self._is_dropping or len(self._begun) + len(rest) > self._longest:
            self._drop()
        else:
            self._begun += rest
        return found

    @property
    def is_within(self) -> bool:
        """Whether an object was begun that has not ended: where a stream closes now, something of it is lost."""
        return bool(self._begun.strip()) or self._is_dropping

    def _end_of(self, part: bytes) -> bytes:
        if self._is_dropping or len(self._begun) + len(part) > self._longest:
            self._drop()
            self._is_dropping = False
            return b""
        line = bytes(self._begun) + part
        self._begun.clear()
        return line.strip()

    def _drop(self) -> None:
        self.dropped += not self._is_dropping
        self._is_dropping = True
        self._begun.clear()


def _objects(line: bytes) -> Iterator[bytes]:
    """The objects of one line; a line that is not JSON is given as it is, so that somebody can say so."""
    if b"}{" not in line and b"} {" not in line:
        yield line
        return
    try:
        text, decoder, at = line.decode("utf-8"), json.JSONDecoder(), 0
        found = list[bytes]()
        while at < len(text):
            _, end = decoder.raw_decode(text, at)
            found.append(text[at:end].encode())
            at = end
            while at < len(text) and text[at] in _WHITE:
                at += 1
    except (ValueError, RecursionError):
        yield line
        return
    yield from found
