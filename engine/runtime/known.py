"""The mindfolios of a user's data place: which there are, what they are called, when each was last opened.

The folders tell what there is. A list beside them (`mindfolios.json`) adds names and times, and is never needed: with
none, a damaged one, or one that cannot be written, everything still opens, and nothing is raised. Nothing is ever
deleted here; forgetting takes a line out of the list.
"""

import datetime as dt
import json
import logging
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.core.files import own_folder, replace_text
from engine.domain.mindfolio import Environment, KnownMindfolio, KnownState
from engine.runtime.places import SEVERAL, Places, data_dirs, existing

LIST = "mindfolios.json"
LONGEST_NAME = 60
_MOST_BYTES = 1_000_000
"""A larger list is not ours."""

_PATIENCE_S = 2.0
"""How long another process that writes the list is waited for."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Line:
    """What the list says of a mindfolio."""

    folder: str
    name: str
    opened_at: dt.datetime | None


def known(home: Path, now_open: Places | None = None) -> tuple[KnownMindfolio, ...]:
    """Every mindfolio that is listed or found, what is open first, then the last opened first; each once."""
    lines = _read(home)
    found = [places for data_dir in data_dirs(home) for places in existing(data_dir)]
    listed = {os.path.realpath(line.folder) for line in lines}
    lines += [_Line(str(each.folder), "", None) for each in found if os.path.realpath(each.folder) not in listed]
    opened = os.path.realpath(now_open.folder) if now_open is not None else ""
    seen: dict[str, KnownMindfolio] = {}
    for line in sorted(lines, key=_last_opened, reverse=True):
        real = os.path.realpath(line.folder)
        places = places_of(line.folder)
        if real in seen or places is None:
            continue
        state = KnownState.CLOSED if _is_there(places.ledger) else KnownState.MISSING
        state = KnownState.OPEN if real == opened else state
        name = line.name or places.data_dir.name
        seen[real] = KnownMindfolio(line.folder, name, places.environment, line.opened_at, state)
    return tuple(sorted(seen.values(), key=lambda each: each.state is not KnownState.OPEN))


def last_opened(home: Path) -> Places | None:
    """The mindfolio that was opened last and is still there, if the list tells."""
    for each in known(home):
        if each.opened_at is not None and each.state is KnownState.CLOSED:
            return places_of(each.key)
    return None


def places_of(key: str) -> Places | None:
    """The places of a mindfolio by the folder of its ledger; None for a folder that can be none."""
    folder = Path(key)
    if not folder.is_absolute() or folder.name not in list(Environment):
        return None
    return Places(folder.parent, Environment(folder.name))


def note_opened(places: Places, name: str, at: dt.datetime) -> None:
    """Remember that it was opened, and its name."""
    mine = _Line(str(places.folder.absolute()), _plain(name), at)
    real = os.path.realpath(mine.folder)
    _change(places.home, lambda lines: [*(line for line in lines if os.path.realpath(line.folder) != real), mine])


def forget(home: Path, key: str) -> None:
    """Take a mindfolio out of the list. What lies in its folder stays as it is."""
    real = os.path.realpath(key)
    _change(home, lambda lines: [line for line in lines if os.path.realpath(line.folder) != real])


def new_places(home: Path, name: str, environment: Environment) -> Places:
    """A data directory of its own for a new mindfolio, made now so that nobody else takes it. Raises OSError."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "mindfolio"
    own_folder(home / SEVERAL)
    number = 1
    while True:
        folder = home / SEVERAL / (plain if number == 1 else f"{plain}-{number}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            number += 1
        else:
            return Places(folder, environment)


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """A name that no other mindfolio has: the one wanted, or with a number behind it."""
    others = {each.casefold() for each in taken}
    name, number = wanted, 1
    while name.casefold() in others:
        number += 1
        name = f"{wanted} {number}"
    return name


def _is_there(ledger: Path) -> bool:
    try:
        return ledger.is_file()
    except OSError:  # on a disk that is gone, or in a folder that may not be read
        return False


def _last_opened(line: _Line) -> dt.datetime:
    return line.opened_at or dt.datetime.min.replace(tzinfo=dt.UTC)


def _read(home: Path) -> list[_Line]:
    """What the list says, as far as it can be read."""
    path = home / LIST
    try:
        with path.open("rb") as file:
            held = json.loads(file.read(_MOST_BYTES).decode("utf-8", errors="replace"))
        lines = held["mindfolios"]
        return [line for line in map(_line, lines) if line is not None]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        _log.warning("the list of mindfolios cannot be read, so names are those of folders: %s: %s", path, error)
        return []


def _line(held: object) -> _Line | None:
    """One line of the list, None for what none of ours would be."""
    if not isinstance(held, dict):
        return None
    folder, name, opened = (held.get(key) for key in ("folder", "name", "opened"))
    if not (isinstance(folder, str) and _can_be_a_path(folder) and places_of(folder) is not None):
        return None
    at = None
    if isinstance(opened, str):
        try:
            at = dt.datetime.fromisoformat(opened)
            at = at.astimezone(dt.UTC) if at.tzinfo is not None else None
        except (ValueError, OverflowError):  # not a time, or one that is before the first year or after the last in UTC
            at = None
    return _Line(folder, _plain(name) if isinstance(name, str) else "", at)


def _can_be_a_path(text: str) -> bool:
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def _plain(name: str) -> str:
    """What of a name can be shown: no line breaks, nothing that turns text around."""
    return "".join(each for each in name if each.isprintable())[:LONGEST_NAME]


def _change(home: Path, change: Callable[[list[_Line]], list[_Line]]) -> None:
    """Read, change and write the list while nobody else does; told of in the log where that cannot be."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - heavy: reading the list must not wait for it

    try:
        own_folder(home)
        with FileLock(home / f"{LIST}.lock", timeout=_PATIENCE_S):
            _write(home / LIST, change(_read(home)))
    except (OSError, Timeout) as error:
        _log.warning("the list of mindfolios was not kept: %s", error)


def _write(path: Path, lines: list[_Line]) -> None:
    """All or nothing: written aside, then put in its place."""
    held = [
        {"folder": line.folder, "name": line.name, "opened": line.opened_at and line.opened_at.isoformat()}
        for line in lines
    ]
    words = json.dumps({"mindfolios": held}, indent=1, ensure_ascii=True)
    replace_text(path, words)
