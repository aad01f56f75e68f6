"""Files of a folder written together: all of them, or none.

They are written into a workspace beside the folder, flushed, and the folder is exchanged as a whole. What was there
before waits in the workspace until the new one has its place, and goes back if that fails. A workspace that a process
left behind when it died is cleared away by the next one, which puts back what it finds in it.
"""

import os
import secrets
import shutil
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.errors import MindfolioError

if TYPE_CHECKING:
    from filelock import FileLock

PREFIX = ".mindfolio-report-"
"""What the names of workspaces begin with."""

_OF_FILE_MANAGERS = frozenset({".DS_Store", ".directory", "Thumbs.db", "desktop.ini"})
"""What stands in a folder because somebody looked at it: it is nobody's, and goes with the old one."""

_NEW, _OLD, _LOCK = "new", "old", "lock"
_NAMED = 3
"""How many foreign files are named before it is "and more"."""


def check_target(folder: Path, names: Collection[str], *, is_forced: bool) -> None:
    """Whether a folder may be exchanged for one that holds `names` and nothing else.

    Raises MindfolioError where it is no folder, where something in it is not one of these files, and where any of them
    is there already and `is_forced` is off.
    """
    if folder.exists() and not folder.is_dir():
        raise MindfolioError(f"{folder} is a file, not a folder")
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    foreign = [
        path.name
        for path in there
        if not (path.is_file() and path.name in {*names, *_OF_FILE_MANAGERS}) and not path.name.startswith(PREFIX)
    ]
    if foreign:
        told = ", ".join(foreign[:_NAMED]) + (" and more" if len(foreign) > _NAMED else "")
        raise MindfolioError(f"{folder} holds other things too ({told}); say a folder of its own with --out")
    ours = [name for name in names if (folder / name).exists()]
    if ours and not is_forced:
        raise MindfolioError(f"{folder} holds {', '.join(ours)} already; say --force to write over that")


@contextmanager
def exchanged(folder: Path) -> Iterator[Path]:
    """An empty folder to write into with `write_whole`; it takes the place of `folder` when nothing was raised.

    Raises MindfolioError where that cannot be done; then `folder` is as it was.
    """
    near = folder.parent
    while not near.is_dir():
        near = near.parent
    try:
        _clear_away(near)
        with _workspace(near) as work:
            (work / _NEW).mkdir()
            if folder.is_dir():
                # As private as the one before, from the first file on.
                (work / _NEW).chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IRWXU)
            yield work / _NEW
            _sync_folder(work / _NEW)
            _exchange(folder, work)
    except OSError as error:
        raise MindfolioError(f"{folder} cannot be written: {error.strerror or error}") from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file and wait until it is on the disk. Raises OSError where it is not."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _exchange(folder: Path, work: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Under its own name: so that it can be put back by somebody who knows nothing but the workspace.
    aside = work / _OLD / folder.name
    if folder.is_dir():
        aside.parent.mkdir()
        folder.rename(aside)
    try:
        (work / _NEW).rename(folder)
    except BaseException:
        if aside.is_dir():
            aside.rename(folder)
        raise
    _sync_folder(folder.parent)
    shutil.rmtree(aside.parent, ignore_errors=True)


@contextmanager
def _workspace(near: Path) -> Iterator[Path]:
    """A folder on the same disk, locked for as long as its process lives, gone afterwards."""
    work = near / f"{PREFIX}{secrets.token_hex(4)}"
    work.mkdir()
    lock = _lock_of(work)
    try:
        with lock:
            yield work
    finally:
        # What could not be put back stays, for the next run to put back.
        if not any((work / _OLD).glob("*")):
            shutil.rmtree(work, ignore_errors=True)


def _lock_of(work: Path) -> "FileLock":
    from filelock import FileLock  # noqa: PLC0415 - heavy: not before the window, whose command line is read with all others

    return FileLock(work / _LOCK, timeout=0)


def _clear_away(near: Path) -> None:
    """Workspaces of processes that died: what they moved aside goes back, unless its place is taken."""
    for work in near.glob(f"{PREFIX}*"):
        if not work.is_dir():
            continue
        try:
            with _lock_of(work):
                for aside in (work / _OLD).glob("*"):
                    if not (near / aside.name).exists():
                        aside.rename(near / aside.name)
        except OSError:
            continue  # somebody is at work there, or it is another user's
        shutil.rmtree(work, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    """Make names in a folder durable; Windows has no such call, and does it by itself."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
