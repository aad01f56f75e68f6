"""Versions are those of what is installed."""

import platform

from PySide6 import __version__ as of_qt

from mindfolio_desktop.versions import LIBRARIES, program_version, python_version, version_of


def test_versions_are_those_of_what_runs() -> None:
    assert python_version() == platform.python_version()
    assert version_of("PySide6-Essentials") == of_qt
    assert all(map(version_of, LIBRARIES))
    assert program_version()[0].isdigit()


def test_what_is_not_installed_has_none() -> None:
    assert version_of("no-such-library") == ""
