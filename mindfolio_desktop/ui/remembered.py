"""What the window remembers of itself from one start to the next: where it stood, which page, how tables were sorted.

Two INI files: one for the user (`Whose.USER`: text size, the last theme), in the user's data place, and one for each
mindfolio (`Whose.MINDFOLIO`: windows, page, tables, theme), beside its ledger. Nothing here is needed: without a file,
with a damaged one, or with one that cannot be written, everything is as it is by default, and nothing is raised. Never
put figures or secrets here.
"""

import base64
import json
import logging
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QSettings

_log = logging.getLogger(__name__)

ValueT = TypeVar("ValueT")


class Whose(Enum):
    """Whom something is remembered for."""

    USER = "user"
    MINDFOLIO = "mindfolio"


_files: dict[Whose, QSettings] = {}


def use(files: Mapping[Whose, Path]) -> None:
    """Remember in these files from now on; with none, nothing is remembered."""
    sync()
    _files.clear()
    for whose, path in files.items():
        _files[whose] = QSettings(str(path), QSettings.Format.IniFormat)


def use_folders(home: Path, mindfolio: Path) -> None:
    """Remember in the user's data place, and beside a mindfolio's ledger, from now on."""
    use({Whose.USER: home / "settings.ini", Whose.MINDFOLIO: mindfolio / "window.ini"})


def remember(key: str, value: object, whose: Whose = Whose.MINDFOLIO) -> None:
    """Keep a bool, number, text, bytes, or a list or dict of plain JSON values under `group/name`.

    Raises TypeError for anything else: that is a fault of the program, not of the file.
    """
    held = {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else {"value": value}
    words = json.dumps(held)
    if (file := _files.get(whose)) is not None:
        file.setValue(key, words)


def recall(key: str, default: ValueT, whose: Whose = Whose.MINDFOLIO) -> ValueT:
    """What was kept under a key, of the same type as `default`; the default where there is none, or something else.

    What lists and dicts hold is not looked at: somebody may have edited the file.
    """
    file = _files.get(whose)
    if file is None:
        return default
    try:
        held = json.loads(str(file.value(key, "")))
        value = base64.b64decode(held["bytes"], validate=True) if "bytes" in held else held["value"]
        if type(default) is float and type(value) is int:
            value = float(value)
    except (ValueError, TypeError, KeyError, RuntimeError, OverflowError):  # not ours, cut short, or edited by hand
        return default
    return value if type(value) is type(default) else default


def sync() -> None:
    """Write what is waiting to be written; a file that cannot be written is told of in the log."""
    for file in _files.values():
        file.sync()
        if file.status() is not QSettings.Status.NoError:
            _log.warning("the window's memory was not kept: %s: %s", file.fileName(), file.status().name)
