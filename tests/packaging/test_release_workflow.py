"""The release workflow: nothing that can be moved under it, and the packages that the program asks for."""

import re
from pathlib import Path

from mindfolio_desktop.display import LIBRARIES, X11_LIBRARIES

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8")


def test_every_action_is_named_by_commit() -> None:
    used = re.findall(r"uses: (\S+)", TEXT)
    assert len(used) >= 4
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", each) for each in used)


def test_it_installs_by_hash_and_with_the_libraries_of_a_window() -> None:
    assert "--require-hashes" in TEXT
    assert all(f" {package}" in TEXT for package in (*LIBRARIES.values(), *X11_LIBRARIES.values()))


def test_what_it_calls_is_there() -> None:
    called = set(re.findall(r"packaging/[\w./-]+", TEXT))
    assert called >= {"packaging/build.py", "packaging/macos/notarise.sh", "packaging/macos/keychain.sh"}
    assert all((ROOT / name).is_file() for name in called)
