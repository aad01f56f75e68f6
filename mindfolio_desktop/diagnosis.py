"""The archive of `mindfolio diagnose`: what tells a stranger how the program is, and nothing of whom it is for.

Two nets again. Only what is known to be harmless is taken: of a log line the words that stand in the source, not what
they were filled with; of a ledger its size, whether it is sound, and when and by which rule it was halted; of settings
those that are named here. And every text goes through `redaction.for_others` all the same.

What cannot be read is told by its kind of error: an archive is asked for because something is broken.
"""

import configparser
import datetime as dt
import io
import json
import os
import platform
import re
import shutil
import sqlite3
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from engine.core.errors import MindfolioError
from engine.core.files import open_to_others, replace_bytes
from engine.ledger.query import LedgerQuery
from engine.ledger.tables import SCHEMA_VERSION
from engine.ledger.verify import verify_file
from engine.risk.latch import StopLatch
from engine.runtime.known import known, places_of
from engine.runtime.places import Places
from mindfolio_desktop import redaction
from mindfolio_desktop.faults import place
from mindfolio_desktop.log_file import CRASHES
from mindfolio_desktop.logs import FOLDER, OURS
from mindfolio_desktop.push import FILE
from mindfolio_desktop.versions import program_version, python_version, version_of

Progress = Callable[[str], None]

HALTS = 20
"""So many of each kind, the newest."""

_LIBRARIES = (
    "PySide6-Essentials", "shiboken6", "numpy", "scipy", "SQLAlchemy", "alembic", "duckdb", "msgspec", "pyqtgraph",
    "platformdirs", "filelock", "py_vollib", "vollib", "tzdata", "apprise",
)  # fmt: skip
_SHOWN = {
    "look/theme": ("dark", "light", "system", "contrast"),
    "look/text_size": (),
    "budgets/apply_on_release": (),
}
"""Settings whose values are told, with the words they may be."""

_HALTING = (
    "EmergencyStopLatched", "MindfolioRearmed", "BreakerTripped", "MindfolioStatusChanged", "ModuleStatusChanged",
)  # fmt: skip
_CODE = re.compile(r"[A-Z][A-Z_]{0,40}")
_FRAME = re.compile(r'\s*File "(?P<path>[^"]*)", line (?P<line>\d+) in (?P<name>[\w<>.]+)')
_CRASH = re.compile(
    r"(Fatal Python error: [\w :'-]+|Windows fatal exception: [\w -]+|(Current thread|Thread) 0x[0-9a-f]+.*)"
)
_MOST_LOG = 3_000_000
"""Bytes of logs, of each file the end."""

_README = """This archive was made by `mindfolio diagnose` for whoever looks into a problem of the program.

versions.json    the program, Python, Qt, libraries, the system
settings.json    settings, without names, texts and places
mindfolios.json  each mindfolio by number: sizes, what `mindfolio verify` found, halts (market time, kind, rule)
logs/            log lines as they stand in the program's source, without what they were filled with; errors by kind
                 and place; crashes.txt, if the process ever died

Left out: what is in ledgers, names of mindfolios and modules, account numbers, the push address, tokens, who you are.
"""


def write_archive(home: Path, target: Path, progress: Progress) -> str:
    """Write it, its user's alone; returns in one line what is inside. Raises MindfolioError where it cannot be."""
    _know_secrets(home)
    found = [each for one in known(home) if (each := places_of(one.key)) is not None and each.ledger.exists()]
    parts: dict[str, str] = {
        "README.txt": _README,
        "versions.json": _json(_versions(home)),
        "settings.json": _json(_settings(home, found)),
        "mindfolios.json": _json(_mindfolios(home, found, progress)),
    }
    logs = dict(_logs(home / FOLDER))
    parts |= logs
    if target.exists():
        raise MindfolioError(f"{target} is there already: name another file with --to")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    replace_bytes(target, content.getvalue())
    counted = [_counted(len(logs), "log file"), "versions", "settings", _counted(len(found), "mindfolio")]
    return f"{', '.join(counted)} (sizes, verification, halts); nothing of your account, no names, no addresses"


def _know_secrets(home: Path) -> None:
    try:
        redaction.know((home / FILE).read_text(encoding="utf-8", errors="replace").strip())
    except OSError:
        return  # there is none


# --- the parts ------------------------------------------------------------------------------------------------------
def _versions(home: Path) -> object:
    try:
        free: object = shutil.disk_usage(home).free
    except OSError:
        free = None
    return {
        "made": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "program": program_version(),
        "packaged": bool(getattr(sys, "frozen", False)),
        "ledger_schema": SCHEMA_VERSION,
        "python": python_version(),
        "implementation": platform.python_implementation(),
        "sqlite": sqlite3.sqlite_version,
        "libraries": {name: version_of(name) or None for name in _LIBRARIES},
        "system": {
            "name": platform.system(),
            "release": platform.release(),
            "machine": platform.machine(),
            "processors": os.cpu_count(),
            "encoding": sys.getfilesystemencoding(),
        },
        "screen": {
            "session": os.environ.get("XDG_SESSION_TYPE"),
            "qt_platform": os.environ.get("QT_QPA_PLATFORM"),
            "x11": "DISPLAY" in os.environ,
            "wayland": "WAYLAND_DISPLAY" in os.environ,
        },
        "bytes_free": free,
        "data_place_is_open_to_others": bool(open_to_others(home)),
    }


def _settings(home: Path, found: list[Places]) -> object:
    files = {"user": home / "settings.ini"}
    files |= {f"mindfolio {number}": each.folder / "window.ini" for number, each in enumerate(found, 1)}
    return {
        **{whose: _ini(path) for whose, path in files.items()},
        "push_address_is_kept": (home / FILE).exists(),
        "user_modules": len(list((home / "modules").glob("*.py"))),
    }


def _ini(path: Path) -> object:
    """The settings that may be told; of the rest, how many there are."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return {}
    except (OSError, configparser.Error) as error:
        return _failed(error)
    told: dict[str, object] = {}
    others = 0
    for section in parser.sections():
        for key, value in parser.items(section):
            name = f"{section}/{key}"
            held = _held(value)
            if name in _SHOWN and (isinstance(held, int | float) or held in _SHOWN[name]):
                told[name] = held
            else:
                others += 1
    return {**told, "others": others}


def _held(value: str) -> object:
    """What Qt has written there."""
    try:
        return json.loads(value.strip().strip('"').replace('\\"', '"'))["value"]
    except (ValueError, TypeError, KeyError):
        return None


def _mindfolios(home: Path, found: list[Places], progress: Progress) -> object:
    return {
        "recordings": _size(home / "history"),
        "mindfolios": [_mindfolio(number, each, progress) for number, each in enumerate(found, 1)],
    }


def _mindfolio(number: int, places: Places, progress: Progress) -> object:
    progress(f"verifying mindfolio {number}")
    return {
        "number": number,
        "environment": places.environment.value,
        "lies_in_the_data_place": places.home == places.data_dir,
        "bytes": {
            "ledger": _bytes(places.ledger),
            "log_of_writes": _bytes(places.ledger.with_name(f"{places.ledger.name}-wal")),
            "paper_broker": _bytes(places.broker),
        },
        "backups": [_bytes(path) for path in sorted(places.folder.glob("ledger.before-*.sqlite"))],
        "recorded": _size(places.recorded),
        "evidence": _size(places.evidence),
        "is_latched": StopLatch(places.latch).is_set,
        "verify": _verified(places),
        "halts": _halts(places),
    }


def _verified(places: Places) -> object:
    try:
        found = verify_file(places.ledger)
    except Exception as error:  # noqa: BLE001 - whatever a damaged file does
        return _failed(error)
    return {"entries": found.entries, "faults": len(found.faults), "is_sound": not found.faults}


def _halts(places: Places) -> object:
    """When, of which kind and by which rule: what a person or a rule said of it stays."""
    try:
        query = LedgerQuery(places.ledger)
        try:
            entries = [entry for kind in _HALTING for entry in query.entries(limit=HALTS, kind=kind)]
        finally:
            query.close()
    except Exception as error:  # noqa: BLE001 - as above
        return _failed(error)
    told = []
    for entry in sorted(entries, key=lambda each: each.seq):
        try:
            body = json.loads(entry.body)
        except ValueError:
            body = {}
        words = {key: body.get(key) for key in ("code", "status")}
        kept = {key: word for key, word in words.items() if isinstance(word, str) and _CODE.fullmatch(word)}
        told.append({"seq": entry.seq, "at": entry.at.isoformat(), "kind": entry.type, **kept})
    return told


def _logs(folder: Path) -> Iterator[tuple[str, str]]:
    files = sorted(folder.glob("mindfolio*.jsonl*"))
    for path in files:
        try:
            content = path.read_bytes()[-_MOST_LOG:].decode("utf-8", errors="replace")
        except OSError as error:
            yield f"{FOLDER}/{path.name}", json.dumps(_failed(error))
            continue
        yield f"{FOLDER}/{path.name}", "".join(f"{_line(line)}\n" for line in content.splitlines())
    try:
        crashes = (folder / CRASHES).read_text(encoding="utf-8", errors="replace")[-_MOST_LOG:]
    except OSError:
        return
    if crashes:
        yield f"{FOLDER}/crashes.txt", "".join(f"{line}\n" for line in map(_crash, crashes.splitlines()) if line)


def _line(text: str) -> str:
    """A log line as it may be told."""
    try:
        held = json.loads(text)
        faults = [
            {"type": str(fault["type"]), "frames": [_frame(str(frame)) for frame in fault["frames"]]}
            for fault in held.get("faults", ())
        ]
        source = str(held["from"])
        told = {key: held[key] for key in ("at", "level", "from", "thread", "process")}
        if source.partition(".")[0] in OURS:
            told["template"] = held["template"]
    except (ValueError, TypeError, KeyError, AttributeError):
        return json.dumps({"unreadable": len(text)})
    return json.dumps(_scrubbed({**told, **({"faults": faults} if faults else {})}))


def _frame(text: str) -> str:
    """A line of the program, of a library or of Python; a user's own file is only said to be one."""
    source = text.partition(":")[0]
    is_known = "/" in source or source.removesuffix(".py") in sys.stdlib_module_names
    return text if is_known else "(a file of the user's)"


def _crash(line: str) -> str:
    if found := _FRAME.match(line):
        path, line_no, name = found.groups()
        return f"  {redaction.for_others(_frame(f'{place(path)}:{line_no} {name}'))}"
    found = _CRASH.match(line)
    return found.group().partition(" [")[0] if found else ""


# --- helpers --------------------------------------------------------------------------------------------------------
def _failed(error: BaseException) -> dict[str, object]:
    """By its kind alone: the words of an error may cite anything."""
    return {"unreadable": type(error).__name__}


def _bytes(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _size(folder: Path) -> object:
    sizes = [size for path in folder.rglob("*") if path.is_file() and (size := _bytes(path)) is not None]
    return {"files": len(sizes), "bytes": sum(sizes)}


def _json(document: object) -> str:
    return json.dumps(_scrubbed(document), indent=1)


def _scrubbed(document: object) -> object:
    """Every text of it as others may see it."""
    if isinstance(document, str):
        return redaction.for_others(document)
    if isinstance(document, dict):
        return {key: _scrubbed(value) for key, value in cast("dict[str, object]", document).items()}
    if isinstance(document, list):
        return [_scrubbed(value) for value in cast("list[object]", document)]
    return document


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
