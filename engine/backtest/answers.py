"""Evidence kept on disk, by what it depends on: a restart on the same day asks nothing anew.

A file for each answer, in a folder for each day. A file that is damaged, or cannot be written, costs time and nothing
else: its answer is worked out again.
"""

import datetime as dt
import logging
import shutil
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

import engine
from engine.backtest.filling import Terms
from engine.core.files import own_folder
from engine.domain.evidence import Evidence

_log = logging.getLogger(__name__)

_DIGEST = 64
"""Hexadecimal digits before the answer itself, which are the hash of it."""


class AnswerFiles:
    """The answers of one environment. May be used by several threads, and by one program at a time."""

    def __init__(self, folder: Path) -> None:
        """`folder`: made when there is something to keep."""
        self._folder = folder
        self._is_told = False

    def has(self, day: dt.date, name: str) -> bool:
        """Whether there is a file for an answer, sound or not."""
        return self._path(day, name).exists()

    def get(self, day: dt.date, name: str) -> Evidence | None:
        """The answer of a name on a day; None where there is none, or none that is sound."""
        try:
            kept = self._path(day, name).read_bytes()
            digest, body = kept[:_DIGEST], kept[_DIGEST:]
            return _decoded(body) if digest == _hash(body) else None
        except (OSError, msgspec.MsgspecError, ValueError, RecursionError):
            return None

    def put(self, day: dt.date, name: str, evidence: Evidence) -> None:
        """Keep an answer: all of it or nothing."""
        body = msgspec.json.encode(evidence)
        if _decoded(body) != evidence:
            return  # an infinity, or none: JSON has no such number
        path = self._path(day, name)
        aside = path.with_suffix(".new")
        try:
            own_folder(path.parent)
            aside.write_bytes(_hash(body) + body)
            aside.replace(path)
        except OSError as error:
            if not self._is_told:
                _log.warning("backtests are not kept for a restart: %s", error)
            self._is_told = True

    def forget_before(self, day: dt.date) -> None:
        """Drop the answers of the days before."""
        with suppress(OSError):
            for folder in self._folder.iterdir():
                if (of := _day(folder.name)) is not None and of < day:
                    shutil.rmtree(folder, ignore_errors=True)

    def _path(self, day: dt.date, name: str) -> Path:
        return self._folder / day.isoformat() / f"{name}.json"


def name_of(terms: Terms, content: tuple[object, ...]) -> str:
    """What an answer is kept under: a hash of what it depends on, this program and the terms of trading included."""
    trading = terms.costs, terms.waivers, terms.rate, terms.fill.__module__, terms.fill.__qualname__
    return sha256(repr((program(), trading, content)).encode()).hexdigest()


@lru_cache(maxsize=1)
def program() -> str:
    """What this program is: its version, and its source where that is there (a developer's has one version long)."""
    try:
        number = version("mindfolio-desktop")
    except PackageNotFoundError:
        number = "0"
    digest, root = sha256(), Path(engine.__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return f"{number} {digest.hexdigest()}"


def _decoded(body: bytes) -> Evidence:
    return msgspec.json.decode(body, type=Evidence)


def _hash(body: bytes) -> bytes:
    return sha256(body).hexdigest().encode()


def _day(name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(name)
    except ValueError:
        return None
