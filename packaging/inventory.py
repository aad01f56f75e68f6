"""Whose each file in the packaged application is: versions, sizes and licences, for the notice and the bill.

Everything has an owner with a licence's text, or the build fails: nothing is given away without its terms.
"""

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OURS = "Mindfolio Desktop"

_TEXT = re.compile(r"^(licen[cs]e|copying|notice)", re.IGNORECASE)

_KEPT_HERE = {
    "pyside6-essentials": ("LGPL-3.0.txt", "GPL-3.0.txt"),
    "shiboken6": ("LGPL-3.0.txt", "GPL-3.0.txt"),
    "lets-be-rational": ("lets-be-rational.txt",),
}
"""Licences of those that do not bring their text themselves."""

_FIRST = """\
Mindfolio Desktop is free software under the MIT licence. What it is built on is listed here with the terms of each.

Qt and Qt for Python (PySide6, Shiboken) are used under the GNU Lesser General Public License, version 3. They are
separate libraries in this folder, unmodified, and you may replace them by versions of your own that are compatible:
the application loads whatever lies there. Their sources are at https://download.qt.io/official_releases/QtForPython/
and https://download.qt.io/official_releases/qt/ under the versions named below. What Qt itself contains of others is
listed at https://doc.qt.io/qt-6/licenses-used-in-qt.html.
"""


@dataclass(frozen=True)
class Part:
    """Something that others made, or we."""

    name: str
    version: str
    kind: str
    """ours, python, distribution, or system: a package of the system that this was built on."""
    licence: str
    texts: tuple[str, ...]
    size: int
    """Bytes of its files as they are packaged; what is compiled into the program file counts for that."""


class UnknownOwnerError(Exception):
    """A file, or a licence, that nobody can be named for."""


class Owners:
    """Finds whose a file is."""

    def __init__(self) -> None:
        """Look at all that is installed."""
        self._by_file: dict[str, Distribution] = {}
        for each in distributions():
            for file in each.files or ():
                self._by_file[os.path.realpath(str(each.locate_file(file)))] = each
        self._python = tuple(os.path.realpath(each) for each in (sys.base_prefix, sys.base_exec_prefix))

    def of(self, source: str) -> tuple[str, str, str]:
        """Name, version and kind of the owner. Raises UnknownOwnerError."""
        path = os.path.realpath(source)
        if (owner := self._by_file.get(path)) is not None:
            is_ours = owner.name == "mindfolio-desktop"
            return (OURS if is_ours else owner.name, owner.version, "ours" if is_ours else "distribution")
        if path.startswith(self._python):
            return "Python", platform.python_version(), "python"
        if path.startswith(str(ROOT)) and ".venv" not in Path(path).parts:
            return OURS, "", "ours"
        if package := _package_of(path, source):
            return *package, "system"
        raise UnknownOwnerError(f"{source}: nobody is known to have made this")


def _package_of(*paths: str) -> tuple[str, str] | None:
    if sys.platform != "linux":
        return None
    # Where /lib is a link to /usr/lib, a package may list its files under either.
    names = [name for path in paths for name in (path, path.removeprefix("/usr"), f"/usr{path}")]
    for name in names:
        told = subprocess.run(["dpkg-query", "-S", name], capture_output=True, text=True, check=False).stdout
        if told:
            package = told.split(":", 1)[0].strip()
            asked = ["dpkg-query", "-W", "-f=${Version}", package]
            return package, subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()[0]
    return None


def parts_of(files: Iterable[tuple[str, int]]) -> list[Part]:
    """The parts that own these files (source and size), the largest first. Raises UnknownOwnerError."""
    owners, sizes = Owners(), dict[tuple[str, str, str], int]()
    for source, size in files:
        owner = owners.of(source)
        sizes[owner] = sizes.get(owner, 0) + size
    found = [_part(*owner, size) for owner, size in sizes.items()]
    return sorted(found, key=lambda part: (-part.size, part.name))


def _part(name: str, version: str, kind: str, size: int) -> Part:
    licence, texts = _terms(name, kind)
    if not texts:
        raise UnknownOwnerError(f"{name} {version}: there is no text of its licence")
    return Part(name, version, kind, licence, texts, size)


def _terms(name: str, kind: str) -> tuple[str, tuple[str, ...]]:
    if kind == "ours":
        return "MIT", (_read(ROOT / "LICENSE"),)
    if kind == "python":
        beside = (Path(sys.base_prefix), Path(os.__file__).parent)
        return "PSF-2.0", tuple(_read(path / "LICENSE.txt") for path in beside if (path / "LICENSE.txt").is_file())
    if kind == "system":
        file = Path("/usr/share/doc") / name / "copyright"
        return "see its text", (_read(file),) if file.is_file() else ()
    found = Distribution.from_name(name)
    metadata = found.metadata
    licence = metadata["License-Expression"] or next(iter((metadata["License"] or "").splitlines()), "")
    if not licence or len(licence) > 100:
        named = [each.split("::")[-1].strip() for each in metadata.get_all("Classifier") or () if "License" in each]
        licence = named[0] if named else "see its text"
    texts = [
        _read(Path(str(found.locate_file(file))))
        for file in found.files or ()
        if ".dist-info" in str(file) and _TEXT.match(file.name)
    ]
    kept = _KEPT_HERE.get(name.lower().replace("_", "-"), ())
    return licence, (*texts, *(_read(HERE / "licences" / each) for each in kept))


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace").strip()


def notice(parts: Sequence[Part]) -> str:
    """The file THIRD_PARTY.txt: what is inside, then each text once."""
    listed = [f"  {part.name} {part.version}".ljust(44) + part.licence for part in parts if part.kind != "ours"]
    bundled = sorted((HERE / "licences").glob("ICU.txt")) if sys.platform == "linux" else []
    texts: dict[str, list[str]] = {}
    for part in parts:
        for text in part.texts:
            texts.setdefault(text, []).append(part.name)
    for file in bundled:
        texts.setdefault(_read(file), []).append("ICU, which comes with Qt")
    inter = _read(ROOT / "resources" / "fonts" / "Inter-LICENSE.txt")
    texts.setdefault(inter, []).append("Inter, the font")
    rule = "=" * 100
    sections = [f"{rule}\n{', '.join(names)}\n{rule}\n\n{text}\n" for text, names in texts.items()]
    return "\n".join([_FIRST, "What is inside\n", *listed, "", *sections])


def as_json(parts: Sequence[Part]) -> str:
    """What `build.py` reads again, without the texts."""
    return json.dumps([{**asdict(part), "texts": ()} for part in parts], indent=1)


def from_json(text: str) -> list[Part]:
    """What `as_json` wrote."""
    return [Part(**{**each, "texts": ()}) for each in json.loads(text)]
