"""The disk below SQLite and below the head: every write and sync of this process is counted, kept, and may fail.

The product's own SQLite goes on doing everything else. Its table of system calls is a plain structure in memory, in
which the call that opens a file is replaced: each file that is opened in the meantime writes and syncs through here.
"""

import _sqlite3
import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

_OK, _FULL, _IOERR_WRITE, _IOERR_FSYNC, _IOERR_TRUNCATE = 0, 13, 778, 1034, 1546
_POINTERS = 18
"""Calls of a file in SQLite's table, version 3; these are the ones that change it."""
_WRITE, _TRUNCATE, _SYNC = 2, 3, 4

_pointer, _int, _long = ctypes.c_void_p, ctypes.c_int, ctypes.c_longlong
_OPENS = ctypes.CFUNCTYPE(_int, _pointer, _pointer, _pointer, _int, _pointer)
_WRITES = ctypes.CFUNCTYPE(_int, _pointer, _pointer, _int, _long)
_TRUNCATES = ctypes.CFUNCTYPE(_int, _pointer, _long)
_SYNCS = ctypes.CFUNCTYPE(_int, _pointer, _int)


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("version", _int), ("file_size", _int), ("longest_path", _int), ("next", _pointer), ("name", ctypes.c_char_p),
        ("data", _pointer), ("opens", _pointer),
    )  # fmt: skip


class _Methods(ctypes.Structure):
    _fields_ = (("version", _int), ("calls", _pointer * _POINTERS))


@dataclass(frozen=True, slots=True)
class Operation:
    """What was done to a file: bytes written at an offset, a length that it was cut to, or, with neither, a sync."""

    name: str
    offset: int = 0
    content: bytes | None = None
    length: int | None = None

    @property
    def is_sync(self) -> bool:
        """Whether all that was done before is on the disk now."""
        return self.content is None and self.length is None


@dataclass(slots=True)
class Disk:
    """What was done, and what fails: the n-th operation, or all from there on."""

    folder: str
    fails_at: int = 0
    kind: str = "error"
    is_sticky: bool = False
    done: list[Operation] = field(default_factory=list)
    failed: int = 0

    def fails(self, operation: Operation) -> bool:
        """Keep what is to be done; whether it is to fail."""
        self.done.append(operation)
        number = len(self.done)
        fails = bool(self.fails_at) and (number >= self.fails_at if self.is_sticky else number == self.fails_at)
        # A full disk and a short write fail what is written; what is there already is synced all the same.
        fails = fails and (self.kind == "error" or operation.content is not None)
        self.failed += fails
        return fails


_disk: list[Disk] = []
_files: dict[int, str] = {}
_kept: list[object] = []
"""What SQLite points to."""


def is_reachable() -> bool:
    """Whether SQLite is a library whose calls can be found: it may have been built into Python."""
    try:
        _library().sqlite3_vfs_find.restype = _pointer
    except (AttributeError, OSError):
        return False
    return True


@contextmanager
def disk(folder: Path, **how: Any) -> Iterator[Disk]:
    """Count, keep and fail what this process writes in a folder."""
    vfs, theirs, ours = _opening()
    one = Disk(str(folder), **how)
    written, synced = os.pwrite, os.fsync

    def pwrite(handle: int, content: bytes, offset: int) -> int:
        name = _name_of(handle, one)
        if name is None or not one.fails(Operation(name, offset, bytes(content))):
            return written(handle, content, offset)
        if one.kind == "short":
            return written(handle, content[: len(content) // 2], offset)  # as the system does it: without an error
        raise OSError(errno.ENOSPC if one.kind == "full" else errno.EIO, "made to fail")

    def fsync(handle: int) -> None:
        name = _name_of(handle, one)
        if name is not None and one.fails(Operation(name)):
            raise OSError(errno.EIO, "made to fail")
        synced(handle)

    _disk.append(one)
    vars(os).update(pwrite=pwrite, fsync=fsync)
    vfs.opens = ours
    try:
        yield one
    finally:
        vfs.opens = theirs
        vars(os).update(pwrite=written, fsync=synced)
        _disk.remove(one)


def _name_of(handle: int, one: Disk) -> str | None:
    path = Path(f"/proc/self/fd/{handle}").readlink()
    return path.name if path.is_relative_to(one.folder) else None


def _of(file: int) -> tuple[Disk | None, str]:
    path = _files.get(file, "")
    one = next((one for one in _disk if path.startswith(f"{one.folder}/")), None)
    return one, path.rpartition("/")[2]


@cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(_sqlite3.__file__)


@cache
def _opening() -> tuple[_Vfs, int, int]:
    """SQLite's table of calls, its own call that opens a file, and the one that replaces it."""
    find = _library().sqlite3_vfs_find
    find.restype, find.argtypes = _pointer, (ctypes.c_char_p,)
    vfs = _Vfs.from_address(find(None))
    theirs = int(vfs.opens)
    opens = _OPENS(theirs)

    def opened(system: int, path: int, file: int, flags: int, answer: int) -> int:
        code: int = opens(system, path, file, flags, answer)
        methods = ctypes.c_void_p.from_address(file)
        if code == _OK and path and methods.value:
            _files[file] = ctypes.string_at(path).decode()
            methods.value = ctypes.addressof(_replaced(methods.value))
        return code

    callback = _OPENS(opened)
    _kept.append(callback)
    return vfs, theirs, int(ctypes.cast(callback, _pointer).value or 0)


@cache
def _replaced(address: int) -> _Methods:
    """A file's calls, of which those that change it come through here."""
    theirs = _Methods.from_address(address)
    ours = _Methods.from_buffer_copy(theirs)
    write, truncate, sync = (
        _WRITES(theirs.calls[_WRITE]),
        _TRUNCATES(theirs.calls[_TRUNCATE]),
        _SYNCS(theirs.calls[_SYNC]),
    )

    def writes(file: int, content: int, size: int, offset: int) -> int:
        one, name = _of(file)
        if one is not None and one.fails(Operation(name, offset, ctypes.string_at(content, size))):
            if one.kind == "short":
                write(file, content, size // 2, offset)
            return _IOERR_WRITE if one.kind == "error" else _FULL
        return int(write(file, content, size, offset))

    def truncates(file: int, length: int) -> int:
        one, name = _of(file)
        if one is not None and one.fails(Operation(name, length=length)):
            return _IOERR_TRUNCATE
        return int(truncate(file, length))

    def syncs(file: int, flags: int) -> int:
        one, name = _of(file)
        if one is not None and one.fails(Operation(name)):
            return _IOERR_FSYNC
        return int(sync(file, flags))

    made: tuple[tuple[int, Callable[..., int], Any], ...] = (
        (_WRITE, writes, _WRITES), (_TRUNCATE, truncates, _TRUNCATES), (_SYNC, syncs, _SYNCS),
    )  # fmt: skip
    for number, function, kind in made:
        callback = kind(function)
        _kept.append(callback)
        ours.calls[number] = ctypes.cast(callback, _pointer).value
    return ours
