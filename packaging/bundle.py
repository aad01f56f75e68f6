"""What goes into the packaged application, and what stays out of it: build.spec asks here.

A library comes along because something that comes along is linked to it, never because an analysis once saw it: Qt's
GTK plug-in alone would bring forty of them.
"""

import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

Entry = tuple[str, str, str]
"""As PyInstaller lists files: the name inside, the file it is made of, what kind it is."""

FOR_USERS_MODULES = (
    *("abc", "array", "bisect", "calendar", "cmath", "collections", "contextlib", "copy", "csv", "dataclasses"),
    *("datetime", "decimal", "difflib", "enum", "fractions", "functools", "graphlib", "hashlib", "heapq", "io"),
    *("itertools", "json", "math", "numbers", "operator", "pathlib", "pprint", "random", "re", "statistics", "string"),
    *("struct", "textwrap", "time", "typing", "unicodedata", "uuid", "warnings", "zoneinfo"),
    *("numpy", "numpy.fft", "numpy.linalg", "numpy.ma", "numpy.polynomial", "numpy.random"),
)
"""What a user's module may compute with: nothing in the program need import it, so it is named."""

LEFT_OUT = (
    # Not vollib: without a second opinion on its prices the gate lets no trade pass. It imports no scipy, no pandas.
    *("tkinter", "matplotlib", "PIL", "IPython", "pytest", "setuptools", "pandas", "pyarrow", "scipy", "OpenGL"),
    *("cupy", "h5py", "yaml", "pygments", "charset_normalizer", "numpy.f2py", "duckdb.experimental"),
    # An extra that finds its services by looking through a folder of sources.
    "apprise",
    # GNU readline has a licence of its own.
    *("readline", "curses", "_curses", "idlelib", "lib2to3", "ensurepip", "turtle"),
    *("PySide6.QtNetwork", "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtDesigner", "PySide6.QtHelp"),
    *("PySide6.QtUiTools", "PySide6.QtSql", "PySide6.QtXml", "PySide6.QtTest", "PySide6.QtConcurrent"),
)

PLUGINS = {
    "platforms": {"xcb", "wayland", "offscreen", "windows", "cocoa"},
    "platformthemes": {"xdgdesktopportal"},
    "platforminputcontexts": {"composeplatforminputcontextplugin", "ibusplatforminputcontextplugin"},
    "imageformats": {"svg"},
    "iconengines": {"svgicon"},
    "styles": {"modernwindowsstyle", "macstyle"},
    "xcbglintegrations": {"xcb-egl-integration", "xcb-glx-integration"},
    "wayland-shell-integration": {"xdg-shell"},
    "wayland-decoration-client": {"adwaita", "bradient"},
    "wayland-graphics-integration-client": {"qt-plugin-wayland-egl"},
}
"""Qt's plug-ins that are used; all that are in none of these folders stay out."""

OF_THE_SYSTEM = (
    *("libstdc++.so", "libgcc_s.so", "libX11.so", "libX11-xcb.so", "libxcb.so", "libfontconfig.so", "libfreetype.so"),
    *("libexpat.so", "libz.so", "libuuid.so", "libdbus-1.so", "libglib-2.0.so", "libgthread-2.0.so", "libpcre2"),
    *("libtinfo.so", "libXau.so", "libXdmcp.so", "libbsd.so", "libmd.so"),
)
"""Libraries that a Linux desktop has, and whose copy from another system does harm: the graphics driver, which is the
system's, is linked to the same ones. They are in the packages that README names. What Python itself is built on comes
along, SQLite first of all, and so do the small ones of xcb that many desktops lack."""


_UNUSED_DATA = (
    *("/PySide6/Qt/qml/", "/PySide6/Qt/translations/", "/pyqtgraph/examples/", "/pyqtgraph/icons/peegee/"),
    # What an installer keeps beside a distribution: folders of the machine that this is built on, hashes of all files.
    *(".dist-info/direct_url.json", ".dist-info/uv_", ".dist-info/RECORD", ".dist-info/INSTALLER"),
    *(".dist-info/REQUESTED", ".dist-info/WHEEL", ".dist-info/licenses/", ".dist-info/top_level.txt"),
)


def linked_libraries(file: str) -> list[str]:
    """What a library itself is linked to, by name. PyInstaller's own look-up also tells what those are linked to."""
    if sys.platform != "linux":
        return []
    told = subprocess.run(["objdump", "-p", file], check=True, capture_output=True, text=True).stdout
    return [line.split()[1] for line in told.splitlines() if line.strip().startswith("NEEDED")]


def kept(binaries: Iterable[Entry], linked: Callable[[str], list[str]] = linked_libraries) -> list[Entry]:
    """What of the analysis' binaries is used: extensions of Python, our plug-ins, and what these are linked to."""
    listed = [entry for entry in binaries if not _is_left_out(entry[0])]
    by_file = {PurePosixPath(name).name: (name, source, kind) for name, source, kind in listed if kind != "SYMLINK"}
    reached = {entry for entry in listed if _is_a_root(entry)}
    waiting = [entry for entry in reached if entry[2] != "SYMLINK"]
    while waiting:
        for name in linked(waiting.pop()[1]):
            entry = by_file.get(PurePosixPath(name).name)
            if entry is not None and entry not in reached:
                reached.add(entry)
                waiting.append(entry)
    files = {PurePosixPath(name).name for name, _source, kind in reached if kind != "SYMLINK"}
    # Only on Linux is it known to a file what is linked to what; elsewhere a library stays unless it is left out.
    everywhere = sys.platform != "linux"
    return [
        entry
        for entry in listed
        if everywhere or entry in reached or (entry[2] == "SYMLINK" and PurePosixPath(entry[0]).name in files)
    ]


def _is_a_root(entry: Entry) -> bool:
    name, _source, kind = entry
    return kind == "EXTENSION" or "/plugins/" in name or name.startswith("libpython")


def _is_left_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    if "plugins" in path.parts and "PySide6" in path.parts:
        plugin = path.stem.removeprefix("lib").removeprefix("q")
        wanted = PLUGINS.get(path.parent.name, set())
        return plugin not in wanted and path.stem.removeprefix("lib") not in wanted
    return sys.platform == "linux" and path.name.startswith(OF_THE_SYSTEM)


def kept_data(datas: Iterable[Entry], binaries: Iterable[Entry]) -> list[Entry]:
    """What of the analysis' data files is used; a link only where what it points to is there."""
    files = {name for name, _source, kind in binaries if kind != "SYMLINK"}
    return [
        (name, source, kind)
        for name, source, kind in datas
        if not any(part in f"/{name.replace(chr(92), '/')}" for part in _UNUSED_DATA)
        and (kind != "SYMLINK" or source in files or str(PurePosixPath(name).parent / source) in files)
    ]


def stripped(entries: Iterable[Entry], folder: Path) -> list[Entry]:
    """Python's own library and what was compiled with debugging symbols, without these.

    Never numpy, whose libraries were moved about inside after they were linked: stripping breaks them.
    """
    if sys.platform != "linux":
        return list(entries)
    return [_stripped(entry, folder) if _may_be_stripped(entry) else entry for entry in entries]


def _may_be_stripped(entry: Entry) -> bool:
    name, _source, kind = entry
    return kind != "SYMLINK" and (name.startswith(("libpython", "sqlalchemy/")) or "/lib-dynload/" in name)


def _stripped(entry: Entry, folder: Path) -> Entry:
    name, source, kind = entry
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["strip", "--strip-unneeded", "-o", str(target), source], check=True)
    return name, str(target), kind


def sizes(entries: Iterable[Entry], packed: Iterable[Entry]) -> list[tuple[str, int]]:
    """Every file by its first source, with the bytes of what is packed in its place.

    What is compiled counts nothing: it is in the program file.
    """
    return [
        (source, 0 if kind.startswith("PYMODULE") else Path(instead).stat().st_size)
        for (_name, source, kind), (_same, instead, _kind) in zip(entries, packed, strict=True)
        if kind != "SYMLINK" and source not in ("-", "")
    ]
