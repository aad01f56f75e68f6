"""What the application is made of, to the hash: `runtime-requirements.txt`, and whether that is what is installed."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNTIME, BUILD = HERE / "runtime-requirements.txt", HERE / "build-requirements.txt"

_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)(?: *; *(.+?))? *\\?$")


def pinned(file: Path) -> Iterator[tuple[str, str, str]]:
    """Name, version and marker of every line; hashes stand on lines of their own below."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if found := _PIN.match(line):
            yield found[1], found[2], found[3] or ""


def differences() -> list[str]:
    """What is installed in another version than it is pinned at, one line each."""
    from packaging.markers import Marker  # noqa: PLC0415 - of the group package

    found = []
    for file in (RUNTIME, BUILD):
        for name, wanted, marker in pinned(file):
            if marker and not Marker(marker).evaluate():
                continue
            try:
                there = version(name)
            except PackageNotFoundError:
                there = "not installed"
            if there != wanted:
                found.append(f"{name}: {there}, pinned at {wanted}")
    return found


if __name__ == "__main__":
    sys.exit("\n".join(differences()))
