"""The paper broker's file: what happened there, one line a call, so that it outlives the process.

A line is a CRC-32 in hexadecimal, a space, and a JSON list of entries: all of a call or nothing of it. A last line that
is torn was never answered for and is dropped; damage anywhere else is refused.
"""

import contextlib
import os
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from engine.core.errors import LedgerFault
from engine.core.files import own_folder
from engine.execution.paper_state import FILE_VERSION, Entry, Kept, Opened, State

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(list[Entry])


class PaperFile:
    """An append-only file of entries. Raises OSError when it cannot be written: nothing was written then."""

    def __init__(self, path: Path) -> None:
        own_folder(path.parent)
        self._path = path
        self._is_new = not path.exists()
        self._open()

    def read(self) -> State | None:
        """The state that the entries lead to, None for a new file. Raises LedgerFault for a damaged or newer one."""
        try:
            return self._read()
        except BaseException:
            self.close()
            raise

    def append(self, entries: Sequence[Entry], *, is_durable: bool) -> None:
        """Write one line, handed to the system before this returns; `is_durable`: on the disk, too."""
        line = _line(entries)
        try:
            self._write(line)
            if is_durable:
                os.fsync(self._handle.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                os.truncate(self._path, self._size)
            raise
        self._size += len(line)

    @property
    def size(self) -> int:
        """Bytes written."""
        return self._size

    def rewrite(self, state: State) -> None:
        """Put the state as it stands in place of all entries: the whole new file, or the old one stays."""
        beside = self._path.with_suffix(self._path.suffix + ".new")
        with beside.open("wb") as handle:
            handle.write(_line([Kept(FILE_VERSION, state)]))
            handle.flush()
            os.fsync(handle.fileno())
        self._handle.close()
        try:
            beside.replace(self._path)
        finally:
            self._open()
        _sync_folder(self._path.parent)

    def close(self) -> None:
        """Let go of the file."""
        self._handle.close()

    def _read(self) -> State | None:
        data = self._path.read_bytes()
        lines = data.split(b"\n")
        tail = lines.pop()
        batches = [_decoded(line) for line in lines]
        good = len(data) - len(tail)
        if batches and batches[-1] is None:
            good -= len(lines[-1]) + 1
            batches.pop()
        state: State | None = None
        for number, batch in enumerate(batches, start=1):
            if batch is None:
                raise LedgerFault(f"{self._path}: line {number} is damaged; restore the file from a copy")
            for entry in batch:
                state = self._taken_in(state, entry)
        if good < len(data):
            os.truncate(self._path, good)
            self._size = good
        return state

    def _open(self) -> None:
        self._handle = self._path.open("ab", buffering=0)
        self._size = self._path.stat().st_size
        if self._is_new:
            _sync_folder(self._path.parent)
            self._is_new = False

    def _write(self, line: bytes) -> None:
        left = memoryview(line)
        while left:
            left = left[self._handle.write(left) :]

    def _taken_in(self, state: State | None, entry: Entry) -> State:
        if isinstance(entry, Kept | Opened) and entry.version != FILE_VERSION:
            raise LedgerFault(f"{self._path} has version {entry.version}, which this program does not know")
        if isinstance(entry, Kept):
            return entry.state
        state = State() if state is None else state
        state.apply(entry)
        return state


def _line(entries: Sequence[Entry]) -> bytes:
    body = _ENCODER.encode(list(entries))
    return b"%08x %b\n" % (zlib.crc32(body), body)


def _decoded(line: bytes) -> list[Entry] | None:
    """The entries of a line, None when it is not what was written."""
    head, _, body = line.partition(b" ")
    if head != b"%08x" % zlib.crc32(body):
        return None
    try:
        return _DECODER.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # no text, or no end of nests
        return None


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder lasting, where the system can say so."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
