"""A folder's files together or not at all: exchanged, put back, cleared away after a crash."""

import os
from pathlib import Path

import pytest
from filelock import FileLock

from engine.core.errors import MindfolioError
from mindfolio_desktop.whole_folder import PREFIX, check_target, exchanged, write_whole

NAMES = ("a.csv", "b.csv")


def write(folder: Path, text: str) -> None:
    """Both files."""
    with exchanged(folder) as staged:
        for name in NAMES:
            write_whole(staged / name, text.encode())


def texts(folder: Path) -> list[str]:
    """What both files say."""
    return [(folder / name).read_text() for name in NAMES]


def left(near: Path) -> list[str]:
    """Workspaces beside a folder."""
    return [path.name for path in near.iterdir() if path.name.startswith(PREFIX)]


class TestExchange:
    def test_a_folder_that_is_not_there_is_made_with_those_above_it(self, tmp_path: Path) -> None:
        write(tmp_path / "papers" / "2026-03", "one")
        assert texts(tmp_path / "papers" / "2026-03") == ["one", "one"]
        assert left(tmp_path) == []

    def test_a_folder_that_is_there_is_replaced_as_a_whole_and_stays_as_private(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        write(out, "one")
        out.chmod(0o700)
        write(out, "two")
        assert texts(out) == ["two", "two"]
        assert os.name == "nt" or out.stat().st_mode & 0o777 == 0o700
        assert [path.name for path in tmp_path.iterdir()] == ["out"]

    def test_what_fails_while_writing_changes_nothing(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        write(out, "one")
        with pytest.raises(MindfolioError, match="cannot be written: No such file"), exchanged(out) as staged:
            write_whole(staged / "nowhere" / "a.csv", b"two")
        assert (texts(out), left(tmp_path)) == (["one", "one"], [])

    @pytest.mark.parametrize("error", [OSError(16, "Device or resource busy"), KeyboardInterrupt()])
    def test_what_fails_between_the_two_renames_puts_the_old_one_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
    ) -> None:
        out = tmp_path / "out"
        write(out, "one")
        plain = Path.rename

        def rename(path: Path, target: Path) -> Path:
            if path.name == "new":
                raise error
            return plain(path, target)

        monkeypatch.setattr(Path, "rename", rename)
        with pytest.raises((MindfolioError, KeyboardInterrupt)):
            write(out, "two")
        assert (texts(out), left(tmp_path)) == (["one", "one"], [])


class TestAfterACrash:
    def test_workspaces_of_dead_processes_are_cleared_away(self, tmp_path: Path) -> None:
        (tmp_path / f"{PREFIX}0badcafe").mkdir()
        (tmp_path / f"{PREFIX}0badcafe" / "statement.html").write_text("half")
        write(tmp_path / "out", "one")
        assert left(tmp_path) == []

    def test_those_of_a_process_that_lives_are_not(self, tmp_path: Path) -> None:
        work = tmp_path / f"{PREFIX}0badcafe"
        work.mkdir()
        with FileLock(work / "lock"):
            write(tmp_path / "out", "one")
            assert left(tmp_path) == [work.name]

    def test_papers_that_it_had_moved_aside_are_put_back(self, tmp_path: Path) -> None:
        aside = tmp_path / f"{PREFIX}0badcafe" / "old" / "2026-02"
        aside.mkdir(parents=True)
        (aside / "a.csv").write_text("of February")
        write(tmp_path / "2026-03", "one")
        assert (tmp_path / "2026-02" / "a.csv").read_text() == "of February"
        assert left(tmp_path) == []

    def test_but_not_in_the_place_of_the_new_ones(self, tmp_path: Path) -> None:
        write(tmp_path / "2026-02", "new")
        aside = tmp_path / f"{PREFIX}0badcafe" / "old" / "2026-02"
        aside.mkdir(parents=True)
        write(tmp_path / "2026-03", "one")
        assert (texts(tmp_path / "2026-02"), left(tmp_path)) == (["new", "new"], [])


class TestTarget:
    def test_what_is_no_folder_or_not_ours_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(MindfolioError, match="is a file, not a folder"):
            check_target(tmp_path / "file", NAMES, is_forced=True)
        (tmp_path / "a.csv").mkdir()
        with pytest.raises(MindfolioError, match=r"holds other things too \(a\.csv, file\); say a folder of its own"):
            check_target(tmp_path, NAMES, is_forced=True)
        for name in ("1", "2"):
            (tmp_path / name).touch()
        with pytest.raises(MindfolioError, match=r"\(1, 2, a\.csv and more\)"):
            check_target(tmp_path, NAMES, is_forced=True)

    def test_what_a_file_manager_or_a_dead_process_left_in_it_is_nobodys(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        write(out, "one")
        (out / ".DS_Store").touch()
        (out / f"{PREFIX}0badcafe").mkdir()
        check_target(out, NAMES, is_forced=True)
        write(out, "two")
        assert sorted(path.name for path in out.iterdir()) == list(NAMES)

    def test_files_of_ours_need_force_and_nothing_needs_none(self, tmp_path: Path) -> None:
        check_target(tmp_path / "none", NAMES, is_forced=False)
        check_target(tmp_path, NAMES, is_forced=False)
        (tmp_path / "b.csv").touch()
        with pytest.raises(MindfolioError, match=r"holds b\.csv already; say --force"):
            check_target(tmp_path, NAMES, is_forced=False)
        check_target(tmp_path, NAMES, is_forced=True)
