"""Which version of the program and of the libraries it stands on this is."""

import sys

LIBRARIES = ("PySide6-Essentials", "numpy", "SQLAlchemy", "duckdb", "vollib", "pyqtgraph")
"""What a person is shown; the archive of `mindfolio diagnose` names all."""


def program_version() -> str:
    """The program's."""
    return version_of("mindfolio-desktop") or "0.0.0+source"


def python_version() -> str:
    """Python's own."""
    return ".".join(map(str, sys.version_info[:3]))


def version_of(name: str) -> str:
    """A library's, "" where it is not installed as a package."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - heavy: not before the window

    try:
        return version(name)
    except PackageNotFoundError:
        return ""
