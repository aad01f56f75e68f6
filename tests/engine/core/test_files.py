"""A text is replaced whole or not at all, and only its user can read it."""

import os
from pathlib import Path

import pytest

from engine.core.files import replace_text


def test_it_is_replaced_and_its_users_alone(tmp_path: Path) -> None:
    path = tmp_path / "list"
    for words in ("one", "zwölf\n"):
        replace_text(path, words)
        assert path.read_text(encoding="utf-8") == words
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_there_stays_where_it_cannot_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "list"
    replace_text(path, "before")

    def full(_descriptor: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        replace_text(path, "after")
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path], "nothing half-written is left"
