"""Files that are there whole, or as they were before."""

import os
import tempfile
from pathlib import Path


def replace_text(path: Path, words: str) -> None:
    """Write a text aside, wait until it is on the disk, then put it in the file's place; its user's alone (mode 0600).

    Raises OSError where that cannot be done; what was there before is there still, and nothing else is left.
    """
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(words)
            file.flush()
            os.fsync(file.fileno())
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
