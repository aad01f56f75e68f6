"""Files that are there whole, or as they were before; and whose they are: their user's alone.

Nothing of the program is imported here: the emergency stop's file is written by it.
"""

import os
import stat
import tempfile
from pathlib import Path

_OTHERS_LOOK = stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH
_OTHERS_PASS = stat.S_IXGRP | stat.S_IXOTH


def write_privately() -> None:
    """Whatever this process makes from now on is its user's alone (umask 077): files of libraries, too."""
    os.umask(0o077)


def own_folder(path: Path) -> None:
    """Make a folder, with those above it that are missing, its user's alone (mode 0700).

    One that is there keeps its rights. Raises OSError.
    """
    try:
        path.mkdir(mode=0o700)
    except FileNotFoundError:
        if path.parent == path:
            raise
        own_folder(path.parent)  # `parents=True` would make those with the rights of any folder
        own_folder(path)
    except OSError:
        if not path.is_dir():
            raise


def open_to_others(path: Path) -> str:
    """One line where other users of this computer can get into a folder, "" where they cannot, or it is not there."""
    if os.name != "posix":
        return ""  # elsewhere these bits say nothing
    try:
        place = path.resolve()
        is_open = place.stat().st_mode & _OTHERS_LOOK and all(
            above.stat().st_mode & _OTHERS_PASS for above in place.parents
        )
    except (OSError, RuntimeError):  # gone, in a folder that may not be looked at, or links without end
        return ""
    return f"others on this computer can look into {path}: `chmod 700 {path}` keeps them out" if is_open else ""


def replace_text(path: Path, words: str) -> None:
    """The same as `replace_bytes`, in UTF-8."""
    replace_bytes(path, words.encode())


def replace_bytes(path: Path, content: bytes) -> None:
    """Write something aside, wait until it is on the disk, then put it in the file's place; its user's alone (0600).

    Raises OSError where that cannot be done; what was there before is there still, and nothing else is left.
    """
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
