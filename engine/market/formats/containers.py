"""Archives of files: their members are unpacked one at a time, as streams, and never more than a text could hold."""

from __future__ import annotations

import codecs
import gzip
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import IO

from engine.core.errors import ImportRefused
from engine.market.duck import Progress, one_line, shown_path, untold

_CHUNK = 1 << 20
_TOLD_EVERY = 256 * _CHUNK
_MOST_MEMBERS = 20_000
_LARGEST_DIRECTORY = 16 << 20
_LEAST_ALLOWANCE = 64 << 20
_MOST_GROWTH = 200
"""Quotes as text shrink to a tenth, LEAN's repeated minutes to a fiftieth; deflate can do a thousandth."""

_ENCRYPTED = 0x1
_DATA_SUFFIXES = frozenset({"", ".csv", ".txt", ".parquet", ".dat"})
_END_RECORD, _LOCATOR, _END_RECORD_64 = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_END_SIZE, _END_SIZE_64, _LOCATOR_SIZE, _LONGEST_COMMENT = 22, 56, 20, 65_535
_FAILURES = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, struct.error, KeyError)


class Container(Enum):
    """What a file's content is wrapped in."""

    NONE = "none"
    GZIP = "gzip"
    ZIP = "zip"


def container_of(head: bytes) -> Container:
    """What a file that begins like this is wrapped in."""
    if head.startswith(b"\x1f\x8b"):
        return Container.GZIP
    return Container.ZIP if head.startswith((b"PK\x03\x04", b"PK\x05\x06")) else Container.NONE


class Archive:
    """An open zip archive. Only its members that may be data are named."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, progress: Progress) -> None:
        self.path = path
        self._archive = archive
        self._meter = _Meter(path, progress)
        shown = [info for info in archive.infolist() if not info.is_dir() and not _is_hidden(info)]
        self._members: dict[str, zipfile.ZipInfo] = {}
        for info in filter(_may_be_data, shown):
            if info.filename in self._members:
                raise ImportRefused(f"{shown_path(path)}: has two members called {one_line(info.filename, 100)}")
            self._members[info.filename] = info
        self.others = tuple(info.filename for info in shown if not _may_be_data(info))
        """Members that are passed over by their names."""
        if not self._members:
            raise ImportRefused(f"{shown_path(path)}: holds no CSV, text or Parquet file")
        if sum(info.file_size for info in self._members.values()) > self._meter.allowance:
            raise _bomb(path)

    @property
    def names(self) -> tuple[str, ...]:
        """Members that may be data, in the order of the archive."""
        return tuple(self._members)

    def spool(self, name: str, target: Path) -> None:
        """Unpack one member into a file."""
        with self.member(name) as member:
            self._meter.copy(member, target)

    def read(self, name: str) -> bytes:
        """One small member as bytes. Raises ImportRefused when it is larger than a contract's day of minutes."""
        with self.member(name) as member:
            content = member.read(_CHUNK + 1)
        if len(content) > _CHUNK:
            raise ImportRefused(f"{shown_path(self.path)}: {one_line(name, 100)}: is longer than any day of a contract")
        self._meter.count(len(content))
        return content

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """One member, unpacked as it is read. Raises ImportRefused when it cannot be."""
        with _failing(f"{shown_path(self.path)}: {one_line(name, 100)}"), self._open(name) as content:
            yield content

    def _open(self, name: str) -> IO[bytes]:
        info = self._members[name]
        if info.flag_bits & _ENCRYPTED:
            raise ValueError("is encrypted; unpack it first")
        # Others need memory that the archive itself names: up to gigabytes.
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise ValueError("is packed in an unusual way; unpack it first")
        return self._archive.open(info)


@contextmanager
def open_archive(path: Path, progress: Progress) -> Iterator[Archive]:
    """A zip archive, once its list of members is known to be of a sane size. Raises ImportRefused."""
    with _failing(shown_path(path)):
        _check_directory(path)
        archive = zipfile.ZipFile(path)
    with archive:
        yield Archive(path, archive, progress)


def spool_gzip(path: Path, target: Path, progress: Progress) -> None:
    """Unpack a gzip file into another. Raises ImportRefused when it is damaged or unpacks to absurdly much."""
    with _failing(shown_path(path)), gzip.open(path, "rb") as content:
        _Meter(path, progress).copy(content, target)


@contextmanager
def content_of(path: Path, container: Container) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """What a gzip file, or a zip archive of one file, holds. Raises ImportRefused, also while it is read."""
    if container is Container.GZIP:
        with _failing(shown_path(path)), gzip.open(path, "rb") as content:
            yield content
        return
    with open_archive(path, untold) as archive:
        if len(archive.names) != 1:
            raise ImportRefused(f"{shown_path(path)}: holds {len(archive.names)} files; one of daily bars is expected")
        with archive.member(archive.names[0]) as content:
            yield content


class _Meter:
    """How much an archive has unpacked to, and how much it may."""

    def __init__(self, path: Path, progress: Progress) -> None:
        self.allowance = max(_LEAST_ALLOWANCE, _MOST_GROWTH * path.stat().st_size)
        self._path = path
        self._progress = progress
        self._total = 0

    def count(self, size: int) -> None:
        before, self._total = self._total, self._total + size
        if self._total > self.allowance:
            raise _bomb(self._path)
        if before // _TOLD_EVERY != self._total // _TOLD_EVERY:
            self._progress(f"unpacked {self._total >> 20:,} MB of {shown_path(self._path)}")

    def copy(self, content: IO[bytes] | gzip.GzipFile, target: Path) -> None:
        with target.open("wb") as file:
            while chunk := content.read(_CHUNK):
                self.count(len(chunk))
                file.write(chunk)


def _is_hidden(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename).parts
    return any(part.startswith((".", "__MACOSX")) and part != ".." for part in parts)


def _may_be_data(member: zipfile.ZipInfo) -> bool:
    return PurePosixPath(member.filename).suffix.lower() in _DATA_SUFFIXES


def _bomb(path: Path) -> ImportRefused:
    return ImportRefused(
        f"{shown_path(path)}: unpacks to more than {_MOST_GROWTH} times its size, which no recorded quotes do"
    )


def _check_directory(path: Path) -> None:
    """Refuse a list of members that would not fit in memory, before it is read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT - _LOCATOR_SIZE - _END_SIZE_64))
        tail = file.read()
    place = tail.rfind(_END_RECORD)
    if place < 0 or len(tail) - place < _END_SIZE:
        raise ValueError("is no complete zip archive")
    members, directory = struct.unpack_from("<HI", tail, place + 10)
    if tail[place - _LOCATOR_SIZE : place].startswith(_LOCATOR):
        record = tail.rfind(_END_RECORD_64, 0, place)
        if record < 0 or place - record < _END_SIZE_64:
            raise ValueError("is no complete zip archive")
        members, directory = struct.unpack_from("<QQ", tail, record + 32)
    if members > _MOST_MEMBERS or directory > _LARGEST_DIRECTORY:
        raise ImportRefused(f"{shown_path(path)}: has more than {_MOST_MEMBERS:,} members; unpack it, and import parts")


@contextmanager
def _failing(what: str) -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        cause = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ImportRefused(f"{what}: cannot be unpacked: {one_line(cause)}") from error


def joined(archive: Archive, names: Sequence[str], target: Path, header: bytes = b"") -> None:
    """Write the lines of many small members into one file, each line behind its member's place in `names`.

    A header that each of them begins with is left out. Raises ImportRefused for a member that begins with another.
    """
    with target.open("wb") as file:
        for place, name in enumerate(names):
            content = archive.read(name).removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").strip()
            if not content.startswith(header):
                first = one_line(names[0], 100)
                raise ImportRefused(
                    f"{shown_path(archive.path)}: {one_line(name, 100)}: has other columns than {first}"
                )
            content = content[len(header) :].strip()
            if content:
                mark = b"%d," % place
                file.write(mark + content.replace(b"\n", b"\n" + mark) + b"\n")
