"""One window on one data place: the second start rings and leaves, whatever became of the first."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mindfolio_desktop.one_window import ADDRESS, LOCK, AlreadyOpen, OneWindow, ring

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0

HOLDER = """
import sys, time
from pathlib import Path
from mindfolio_desktop.one_window import OneWindow
window = OneWindow(Path(sys.argv[1]))
window.claim()
if sys.argv[2] == "listens":
    window.listen(lambda: print("rung", flush=True))
print("in", flush=True)
time.sleep(60)
"""


@pytest.fixture
def holders() -> Iterator[list[subprocess.Popen[str]]]:
    made: list[subprocess.Popen[str]] = []
    yield made
    for each in made:
        each.kill()
        each.communicate(timeout=PATIENCE_S)


def holder(home: Path, how: str, made: list[subprocess.Popen[str]]) -> subprocess.Popen[str]:
    """Another process that is the one window there."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home), how], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    made.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == "in\n"
    return process


def test_a_second_one_rings_at_the_first_and_leaves(tmp_path: Path, holders: list[subprocess.Popen[str]]) -> None:
    first = holder(tmp_path, "listens", holders)
    second = OneWindow(tmp_path)
    with pytest.raises(AlreadyOpen, match=r"is open already on .* was brought to the front") as told:
        second.claim()
    assert "\n" not in str(told.value)
    assert first.stdout is not None
    assert first.stdout.readline() == "rung\n"
    second.close()
    with pytest.raises(AlreadyOpen):
        OneWindow(tmp_path).claim()


def test_one_that_was_killed_is_nobody(tmp_path: Path, holders: list[subprocess.Popen[str]]) -> None:
    holder(tmp_path, "listens", holders).kill()
    holders[0].wait(PATIENCE_S)
    assert (tmp_path / ADDRESS).exists()
    second = OneWindow(tmp_path)
    second.claim()
    rung = threading.Event()
    second.listen(rung.set)
    assert ring(tmp_path)
    assert rung.is_set()
    second.close()


def test_one_that_only_begins_is_waited_for(tmp_path: Path, holders: list[subprocess.Popen[str]]) -> None:
    first = OneWindow(tmp_path)
    first.claim()
    threading.Timer(0.5, first.listen, (lambda: None,)).start()
    done = subprocess.run(
        [sys.executable, "-c", HOLDER, str(tmp_path), "silent"], cwd=ROOT, capture_output=True, text=True,
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert "AlreadyOpen" in done.stderr
    first.close()


@pytest.mark.skipif(os.name != "posix", reason="there is no such signal elsewhere")
def test_one_that_does_not_answer_is_not_waited_for_for_ever(
    tmp_path: Path, holders: list[subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mindfolio_desktop.one_window._ANSWER_S", 0.2)
    first = holder(tmp_path, "listens", holders)
    first.send_signal(signal.SIGSTOP)
    second = OneWindow(tmp_path)
    began = time.monotonic()
    second.claim(patience_s=0.1)
    assert time.monotonic() - began < PATIENCE_S / 2
    first.send_signal(signal.SIGCONT)


def door(home: Path) -> Path:
    return Path(json.loads((home / ADDRESS).read_text())["address"])


def test_closed_it_leaves_nothing_behind_and_the_next_one_is_in(tmp_path: Path) -> None:
    for _ in range(2):
        window = OneWindow(tmp_path)
        window.claim()
        window.listen(lambda: None)
        assert (tmp_path / ADDRESS).stat().st_mode & 0o077 == 0
        room = door(tmp_path).parent
        window.close()
        window.close()
        assert list(tmp_path.iterdir()) == []
        assert os.name != "posix" or not room.exists()
    assert "mindfolio-door" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.skipif(os.name != "posix", reason="a pipe leaves nothing")
def test_what_a_killed_one_left_is_cleared_away(tmp_path: Path, holders: list[subprocess.Popen[str]]) -> None:
    holder(tmp_path, "listens", holders).kill()
    holders[0].wait(PATIENCE_S)
    left = door(tmp_path)
    assert left.exists()
    window = OneWindow(tmp_path)
    window.claim()
    window.listen(lambda: None)
    assert not left.parent.exists()
    window.close()


def test_who_does_not_know_the_word_is_not_heard(tmp_path: Path) -> None:
    window, rung = OneWindow(tmp_path), threading.Event()
    window.claim()
    window.listen(rung.set)
    held = json.loads((tmp_path / ADDRESS).read_text())
    if os.name == "posix":
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(held["address"])
            stranger.sendall(b"raise")
    (tmp_path / ADDRESS).write_text(json.dumps({**held, "word": "00" * 32}))
    assert not ring(tmp_path)
    assert not rung.is_set()
    (tmp_path / ADDRESS).write_text(json.dumps(held))
    assert ring(tmp_path), "it answers others still"
    window.close()


@pytest.mark.parametrize("words", ["", "[]", '{"address": 1}', '{"address": "nowhere", "word": "zz"}', "\x00"])
def test_an_address_that_says_nothing_is_nobodys(tmp_path: Path, words: str) -> None:
    (tmp_path / ADDRESS).write_text(words)
    assert not ring(tmp_path)


def test_without_a_folder_it_opens_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    window = OneWindow(tmp_path / "file")
    window.claim()
    window.listen(lambda: None)
    window.close()
    assert not (tmp_path / LOCK).exists()
