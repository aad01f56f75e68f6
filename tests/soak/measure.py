"""What a program and its processes use, by the system's own count: memory, files, threads. Linux only."""

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
MB = 2**20


@dataclass(frozen=True, slots=True)
class Use:
    """What one process uses. `own` is memory that no other process shares."""

    pid: int
    resident: int
    own: int
    files: int
    threads: int


def uses(pid: int, but: frozenset[int] = frozenset()) -> tuple[Use, ...]:
    """The process itself first, then all below it, except `but` and what is below those."""
    found = []
    for each in _family(pid, but):
        try:
            found.append(_use(each))
        except (OSError, KeyError):  # it has ended meanwhile
            continue
    return tuple(found)


def busy_s(pid: int, *, itself: bool = False) -> float:
    """Seconds of processor time of all processes below this one, or of the process itself."""
    ticks = 0
    for each in [pid] if itself else _family(pid, frozenset())[1:]:
        try:
            words = (_PROC / str(each) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def size_of(folder: Path) -> int:
    """Bytes of all files in a folder."""
    total = 0
    for path in folder.iterdir():
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # it was there a moment ago
            continue
    return total


def _family(pid: int, but: frozenset[int]) -> list[int]:
    below: defaultdict[int, list[int]] = defaultdict(list)
    for name in os.listdir(_PROC):  # noqa: PTH208 - a thousand paths are not made for their names
        if name.isdigit():
            try:
                # The name in brackets may hold anything; what follows it does not.
                parent = int((_PROC / name / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            below[parent].append(int(name))
    found = [pid]
    for each in found:
        found += [child for child in below[each] if child not in but]
    return found


def _use(pid: int) -> Use:
    here = _PROC / str(pid)
    status = dict(line.split(":", 1) for line in (here / "status").read_text().splitlines())
    shared = dict(line.split(":", 1) for line in (here / "smaps_rollup").read_text().splitlines()[1:])
    return Use(
        pid,
        resident=_bytes(status["VmRSS"]),
        own=_bytes(shared["Private_Clean"]) + _bytes(shared["Private_Dirty"]),
        files=sum(1 for _ in (here / "fd").iterdir()),
        threads=int(status["Threads"]),
    )


def _bytes(words: str) -> int:
    return int(words.split(maxsplit=1)[0]) * 1024
