"""The emergency latch: set from anywhere, never lost, never undone by damage, and quick to read."""

import errno
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.risk.latch import StopLatch, set_latch_file

REPOSITORY = Path(__file__).resolve().parents[3]

posix = pytest.mark.skipif(os.name != "posix", reason="permissions and links of POSIX file systems")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stop"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users could reach too, unlike the test's own."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    folder.chmod(0o700)
    shutil.rmtree(folder)


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Permissions bind nobody who is root: give that up for a while."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)


def is_stopped(latch: StopLatch) -> bool:
    """Asked anew each time, where a type checker would take the last answer for still true."""
    return latch.is_set


class TestSetAndLift:
    def test_it_starts_clear(self, path: Path) -> None:
        latch = StopLatch(path)
        assert not is_stopped(latch)
        assert latch.who() == ("", "")

    def test_it_is_set_in_memory_and_on_disk_with_who_and_why(self, path: Path) -> None:
        latch = StopLatch(path)
        assert latch.set("window", "Fed day")
        assert is_stopped(latch)
        assert latch.who() == ("window", "Fed day")
        assert json.loads(path.read_text()) == {"source": "window", "why": "Fed day"}
        assert [each.name for each in path.parent.iterdir()] == ["stop"]

    def test_it_survives_a_restart(self, path: Path) -> None:
        StopLatch(path).set("window", "Fed day")
        restarted = StopLatch(path)
        assert restarted.is_set
        assert restarted.who() == ("window", "Fed day")

    def test_only_lifting_clears_it(self, path: Path) -> None:
        latch = StopLatch(path)
        latch.set("window", "Fed day")
        assert latch.lift()
        assert not is_stopped(latch)
        assert not path.exists()
        assert latch.who() == ("", "")
        assert not StopLatch(path).is_set

    def test_removing_the_file_alone_does_not_clear_it(self, path: Path) -> None:
        latch = StopLatch(path)
        latch.set("window", "Fed day")
        path.unlink()
        assert is_stopped(latch)

    def test_it_can_be_set_again_after_lifting(self, path: Path) -> None:
        latch = StopLatch(path)
        for why in ("first", "second"):
            latch.set("window", why)
            assert latch.who() == ("window", why)
            assert latch.lift()
        latch.set("window", "third")
        assert is_stopped(latch)

    def test_lifting_a_clear_latch_is_fine(self, path: Path) -> None:
        assert StopLatch(path).lift()

    def test_texts_of_any_kind_are_kept(self, path: Path) -> None:
        texts = ("tray \N{BLACK SQUARE}", 'said "stop"\nnow \udcff')
        assert StopLatch(path).set(*texts)
        assert StopLatch(path).who() == texts


class TestAnythingAtThePathIsAStop:
    @pytest.mark.parametrize(
        ("body", "who"),
        [
            (b"", ("unknown", "")),
            (b"halt please\nnow\n", ("unknown", "halt please")),
            (b"\xff\xfe\x00", ("unknown", "\ufffd\ufffd")),
            (b"[1]", ("unknown", "[1]")),
            (b'{"source": "x"}', ("unknown", '{"source": "x"}')),
            (b"[" * 100_000, ("unknown", "[" * 4096)),
        ],
    )
    def test_a_file_with_any_content(self, path: Path, body: bytes, who: tuple[str, str]) -> None:
        path.write_bytes(body)
        latch = StopLatch(path)
        assert is_stopped(latch)
        assert latch.who() == who
        assert latch.lift()

    def test_a_folder(self, path: Path) -> None:
        path.mkdir()
        latch = StopLatch(path)
        assert is_stopped(latch)
        assert latch.who()[0] == "unknown"
        assert latch.lift()
        assert not path.exists()

    def test_a_folder_with_content_cannot_be_lifted(self, path: Path) -> None:
        (path / "inside").mkdir(parents=True)
        latch = StopLatch(path)
        assert not latch.lift()
        assert is_stopped(latch)

    def test_a_folder_hinders_the_text_but_not_the_stop(self, path: Path) -> None:
        path.mkdir()
        latch = StopLatch(path)
        assert not latch.set("window", "Fed day")
        assert is_stopped(latch)
        assert latch.who() == ("window", "Fed day")
        assert [each.name for each in path.parent.iterdir()] == ["stop"]

    @posix
    def test_a_dangling_link(self, path: Path) -> None:
        path.symlink_to(path.with_name("nowhere"))
        assert StopLatch(path).is_set
        assert StopLatch(path).who()[0] == "unknown"

    @posix
    def test_a_pipe_that_would_never_answer(self, path: Path) -> None:
        os.mkfifo(path)
        assert StopLatch(path).is_set
        assert StopLatch(path).who()[0] == "unknown"

    def test_a_folder_that_is_gone(self, tmp_path: Path) -> None:
        folder = tmp_path / "data"
        folder.mkdir()
        latch = StopLatch(folder / "stop")
        assert not is_stopped(latch)
        folder.rmdir()
        assert is_stopped(latch)

    def test_a_file_in_place_of_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("")
        latch = StopLatch(tmp_path / "data" / "stop")
        assert is_stopped(latch)
        assert not latch.set("window", "Fed day")
        assert latch.who() == ("window", "Fed day")
        assert not latch.lift()
        assert is_stopped(latch)


@posix
class TestPermissions:
    def test_in_a_read_only_folder_the_stop_holds_in_memory(self, open_folder: Path) -> None:
        latch = StopLatch(open_folder / "stop")
        open_folder.chmod(0o555)
        with ordinary_user():
            assert not is_stopped(latch)
            assert not latch.set("window", "Fed day")
            assert is_stopped(latch)
        assert list(open_folder.iterdir()) == []

    def test_what_cannot_be_removed_stays_a_stop(self, open_folder: Path) -> None:
        latch = StopLatch(open_folder / "stop")
        latch.set("window", "Fed day")
        open_folder.chmod(0o555)
        with ordinary_user():
            assert not latch.lift()
            assert is_stopped(latch)

    def test_a_folder_that_may_not_be_looked_into_is_a_stop(self, open_folder: Path) -> None:
        latch = StopLatch(open_folder / "stop")
        open_folder.chmod(0o000)
        with ordinary_user():
            assert is_stopped(latch)
            assert latch.who()[0] == "unknown"

    def test_an_unreadable_file_is_a_stop(self, open_folder: Path) -> None:
        open_folder.chmod(0o755)
        set_latch_file(open_folder / "stop", "window", "Fed day")
        (open_folder / "stop").chmod(0o000)
        with ordinary_user():
            latch = StopLatch(open_folder / "stop")
            assert is_stopped(latch)
            assert "cannot be read" in latch.who()[1]

    def test_the_file_is_for_its_owner_only(self, path: Path) -> None:
        StopLatch(path).set("window", "Fed day")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


class TestOtherProcesses:
    def test_a_second_process_sets_it_and_this_one_lifts_it(self, path: Path) -> None:
        latch = StopLatch(path)
        assert not is_stopped(latch)
        program = (
            "import sys; from pathlib import Path; from engine.risk.latch import set_latch_file;"
            "set_latch_file(Path(sys.argv[1]), 'command line', 'from outside')"
        )
        subprocess.run([sys.executable, "-c", program, str(path)], check=True, cwd=REPOSITORY, timeout=30)
        assert is_stopped(latch)
        assert latch.who() == ("command line", "from outside")
        assert latch.lift()
        assert not is_stopped(latch)

    def test_it_can_be_set_before_the_program_ever_ran(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "data" / "stop"
        set_latch_file(path, "command line", "not today")
        assert StopLatch(path).is_set

    def test_a_failure_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("")
        with pytest.raises(OSError, match="data"):
            set_latch_file(tmp_path / "data" / "stop", "command line", "not today")


class TestThreads:
    def test_no_reader_sees_it_clear_once_it_was_seen_set(self, path: Path) -> None:
        latch, is_done = StopLatch(path), threading.Event()
        seen: list[list[bool]] = [[] for _ in range(4)]

        def watch(mine: list[bool]) -> None:
            while not is_done.is_set():
                mine.append(latch.is_set)
            mine.append(latch.is_set)

        readers = [threading.Thread(target=watch, args=(mine,)) for mine in seen]
        for reader in readers:
            reader.start()
        time.sleep(0.02)
        for _ in range(5):
            latch.set("window", "Fed day")
            assert is_stopped(latch)
        is_done.set()
        for reader in readers:
            reader.join()
        for mine in seen:
            assert mine == sorted(mine)
            assert mine[-1]

    def test_the_flag_waits_for_no_disk_and_no_lock(self, path: Path) -> None:
        latch = StopLatch(path)
        with latch._file_lock:
            stopper = threading.Thread(target=latch.set, args=("window", "Fed day"))
            stopper.start()
            deadline = time.monotonic() + 10
            while not latch.is_set and time.monotonic() < deadline:
                time.sleep(0.001)
            assert is_stopped(latch)
            assert not path.exists()
        stopper.join()
        assert path.exists()

    def test_a_stop_that_comes_while_another_is_lifted_is_kept(self, path: Path) -> None:
        latch = StopLatch(path)
        for round_number in range(50):
            latch.set("window", "first")
            start = threading.Barrier(2)

            def lift(start: threading.Barrier = start) -> None:
                start.wait()
                latch.lift()

            lifter = threading.Thread(target=lift)
            lifter.start()
            start.wait()
            latch.set("window", f"second {round_number}")
            lifter.join()
            # Either the lift came last and took both, or the second stop holds in memory and on the disk.
            assert latch.is_set is path.exists()
            assert latch.is_set is (latch.who() == ("window", f"second {round_number}"))

    def test_reading_takes_less_than_twenty_microseconds(self, path: Path) -> None:
        latch = StopLatch(path)
        best = float("inf")
        for _ in range(30):
            began = time.perf_counter()
            for _ in range(100):
                _ = latch.is_set
            best = min(best, (time.perf_counter() - began) / 100)
        assert best < 20e-6


class TestAFullDisk:
    def test_a_stop_whose_words_do_not_fit_still_stops(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        class Full(io.FileIO):
            def write(self, _body: object) -> int:
                raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fdopen", lambda descriptor, *_args, **_how: Full(descriptor, "wb"))
        latch = StopLatch(tmp_path / "STOP")

        assert latch.set("button", "a full disk")
        assert StopLatch(tmp_path / "STOP").is_set, "after a restart as well"

    def test_every_stop_is_another_file(self, tmp_path: Path) -> None:
        latch = StopLatch(tmp_path / "STOP")
        assert latch.identity() is None
        latch.set("button", "first")
        first = latch.identity()
        set_latch_file(tmp_path / "STOP", "mindfolio stop", "second")
        assert latch.identity() not in (None, first)
        assert latch.who() == ("mindfolio stop", "second")
