"""The journal's head, kept outside the database: its number and hash, in a small file beside the ledger.

A chain of hashes cannot tell that its end is missing, nor that all of it was computed anew; this file can. It has two
slots that are written in turns, each with a checksum, so that a write that was cut short leaves the other one.
"""

import errno
import os
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from engine.core.errors import LedgerFault

SLOT = 4096
"""Bytes from one slot to the next: a page of its own, so that no failed write touches both."""

ACCEPT = "to accept what the ledger holds now, run `mindfolio verify --accept-head`"


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a journal: number (0 for none yet) and hash."""

    seq: int
    hash: str


def anchor_path(ledger: Path) -> Path:
    """Where the head of a ledger is kept: `ledger.sqlite` -> `ledger.head`."""
    return ledger.with_suffix(".head")


def read_head(path: Path) -> Head | None:
    """The newest head that the file holds, None where there is no file.

    Raises LedgerFault when it cannot be read or neither slot is sound.
    """
    slots = _read(path)
    if slots is None:
        return None
    return _newest(path, slots)


def write_new(path: Path, head: Head) -> None:
    """Begin the file, or put another in its place, whole and durable. Raises LedgerFault when it cannot be written."""
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("wb", buffering=0) as file:
            _write_at(file, 0, _slot(head).ljust(SLOT, b"\0") + _slot(head))
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error


class Anchor:
    """The file open for writing. Used by the thread that writes the ledger, after each commit."""

    def __init__(self, path: Path) -> None:
        """Open an existing file. Raises LedgerFault when that is impossible or neither slot is sound."""
        self._path = path
        slots = _read(path) or (None, None)
        newest = _newest(path, slots)
        self._next = 1 if slots[0] == newest else 0
        try:
            self._file: BinaryIO = path.open("r+b", buffering=0)
        except OSError as error:
            raise _unwritable(path, error) from error

    def write(self, head: Head, *, durable: bool) -> None:
        """Put a newer head into the slot of the older one; `durable` waits until it is on the disk.

        Raises LedgerFault when it cannot be written; the other slot still stands then.
        """
        try:
            _write_at(self._file, self._next * SLOT, _slot(head))
            if durable:
                os.fsync(self._file.fileno())
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self._next = 1 - self._next

    def close(self) -> None:
        """Release the file."""
        self._file.close()


def head_fault(ledger: Path, schema: int, head: Head | None, last: int | None, anchored: str | None) -> str:
    """What a head says against the ledger beside it, "" for nothing.

    `last` is the journal's last entry (None: there is none), `anchored` the hash of the one that the head names.
    """
    if head is None:
        is_missing = schema > 1 and last is not None
        return f"the ledger {ledger} lacks its head {anchor_path(ledger)}; {ACCEPT}" if is_missing else ""
    if head.seq == 0:
        return ""
    if last is None:
        return (
            f"the ledger {ledger} is empty or gone, and had {head.seq:,} entries: restore it from a backup"
            f" (or move {anchor_path(ledger)} away, to begin anew)"
        )
    if last < head.seq:
        return f"the ledger {ledger} has lost entries: it ends at {last:,} and had {head.seq:,}; {ACCEPT}"
    if anchored != head.hash:
        return f"the history in {ledger} was rewritten: entry {head.seq:,} is not the one that was written; {ACCEPT}"
    return ""


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system has a way to."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_at(file: BinaryIO, offset: int, content: bytes) -> None:
    """All of it. Raises OSError also where the system takes a part and says nothing, as it does on a full disk."""
    if sys.platform == "win32":
        file.seek(offset)
        taken = file.write(content)
    else:
        taken = os.pwrite(file.fileno(), content, offset)
    if taken != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _slot(head: Head) -> bytes:
    text = f"{head.seq:020d} {head.hash}"
    return f"{text} {zlib.crc32(text.encode()):08x}\n".encode()


_LENGTH = len(_slot(Head(0, "0" * 64)))


def _read(path: Path) -> tuple[Head | None, Head | None] | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LedgerFault(f"the head {path} cannot be read: {error.strerror}; {ACCEPT}") from error
    return _parsed(content[:_LENGTH]), _parsed(content[SLOT : SLOT + _LENGTH])


def _parsed(slot: bytes) -> Head | None:
    try:
        seq, digest, _ = slot.decode("ascii").split(" ")
        head = Head(int(seq), digest)
    except ValueError:
        return None
    return head if _slot(head) == slot else None


def _newest(path: Path, slots: tuple[Head | None, Head | None]) -> Head:
    sound = [head for head in slots if head is not None]
    if not sound:
        raise LedgerFault(f"the head {path} is damaged; {ACCEPT}")
    return max(sound, key=lambda head: head.seq)


def _unwritable(path: Path, error: OSError) -> LedgerFault:
    return LedgerFault(f"the head {path} cannot be written: {error.strerror}")
