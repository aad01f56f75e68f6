"""Everything that is packaged has an owner with its terms, and the notice tells them."""

import os
import sys
from pathlib import Path

import inventory
import numpy as np
import pytest
from PySide6 import QtCore

ROOT = Path(__file__).resolve().parent.parent.parent


def test_files_are_counted_for_whose_they_are() -> None:
    files = [(np.__file__, 5), (QtCore.__file__, 70), (os.__file__, 20), (str(ROOT / "resources/mindfolio.svg"), 1)]
    found = inventory.parts_of(files)
    assert [(part.name, part.kind, part.size) for part in found] == [
        ("PySide6_Essentials", "distribution", 70),
        ("Python", "python", 20),
        ("numpy", "distribution", 5),
        (inventory.OURS, "ours", 1),
    ]
    assert all(part.texts for part in found)


def test_what_nobody_made_is_not_given_away(tmp_path: Path) -> None:
    stray = tmp_path / "libstray.so"
    stray.write_bytes(b"\x7fELF")
    with pytest.raises(inventory.UnknownOwnerError, match="libstray"):
        inventory.parts_of([(str(stray), 4)])


def test_what_has_no_terms_is_not_given_away() -> None:
    with pytest.raises(inventory.UnknownOwnerError, match="no text of its licence"):
        inventory._part("pytest-nothing", "1", "system", 1)


def test_the_notice_lists_each_part_and_tells_each_text_once() -> None:
    parts = inventory.parts_of([(QtCore.__file__, 2), (np.__file__, 1)])
    text = inventory.notice(parts)
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in text
    assert "you may replace them" in text
    assert "SIL OPEN FONT LICENSE" in text.upper()
    assert f"numpy {np.__version__}" in text
    assert text.count(parts[0].texts[0]) == 1
    assert ("ICU" in text) == (sys.platform == "linux")


def test_what_the_build_reads_again_is_what_was_written() -> None:
    parts = inventory.parts_of([(np.__file__, 1)])
    again = inventory.from_json(inventory.as_json(parts))
    assert [(each.name, each.version, each.size) for each in again] == [
        (each.name, each.version, each.size) for each in parts
    ]
