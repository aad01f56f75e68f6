"""A text is replaced whole or not at all, and only its user can read it; folders are their user's alone."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.core.files import open_to_others, own_folder, replace_text, write_privately

posix = pytest.mark.skipif(os.name != "posix", reason="permissions of this kind are POSIX")


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


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


@pytest.fixture(params=[0o022, 0o000], ids=["umask 022", "umask 000"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    asked: int = request.param
    before = os.umask(asked)
    yield asked
    os.umask(before)


@posix
@pytest.mark.usefixtures("umask")
def test_a_folder_and_those_above_it_are_their_users_alone(tmp_path: Path) -> None:
    own_folder(tmp_path / "data" / "simulated" / "evidence")
    assert rights(tmp_path / "data") == rights(tmp_path / "data" / "simulated") == 0o700
    assert rights(tmp_path / "data" / "simulated" / "evidence") == 0o700
    own_folder(tmp_path / "data" / "simulated")


@posix
def test_a_folder_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    own_folder(tmp_path)
    own_folder(tmp_path / "new")
    assert (rights(tmp_path), rights(tmp_path / "new")) == (0o755, 0o700)


def test_a_file_in_the_way_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OSError, match="file"):
            own_folder(path)


@posix
@pytest.mark.usefixtures("umask")
def test_what_a_private_process_writes_is_its_users_alone(tmp_path: Path) -> None:
    write_privately()
    (tmp_path / "file").write_text("of the account")
    assert rights(tmp_path / "file") == 0o600


@posix
def test_a_folder_that_others_can_get_into_is_told() -> None:
    with tempfile.TemporaryDirectory() as made:  # not in pytest's own, which nobody else gets into
        above, folder = Path(made), Path(made) / "data"
        own_folder(folder)
        assert open_to_others(folder) == ""
        folder.chmod(0o755)
        assert open_to_others(folder) == "", "nobody gets past the folder above"
        above.chmod(0o711)
        words = f"others on this computer can look into {folder}: `chmod 700 {folder}` keeps them out"
        assert open_to_others(folder) == words
        folder.chmod(0o700)
        assert open_to_others(folder) == open_to_others(folder / "nothing") == ""
