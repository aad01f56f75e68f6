"""What processes use, by the system's own count."""

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from tests.soak.measure import MB, busy_s, size_of, uses

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what /proc tells")

BUSY = "import time; kept = bytearray(30_000_000); end = time.process_time() + 0.3\n"
BUSY += "while time.process_time() < end: pass\nprint(flush=True); input()"


def test_files_and_threads_are_counted() -> None:
    (before,) = uses(os.getpid(), _children())
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    with tempfile.TemporaryFile():
        (after,) = uses(os.getpid(), _children())
    done.set()
    thread.join()
    assert (after.files - before.files, after.threads - before.threads) == (1, 1)
    assert 10 * MB < after.own <= after.resident


def test_processes_below_count_with_their_memory_and_their_time() -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        (found,) = (each for each in uses(os.getpid()) if each.pid == child.pid)
        assert found.resident > 30_000_000
        assert busy_s(os.getpid()) >= 0.3
        assert child.pid not in {each.pid for each in uses(os.getpid(), frozenset({child.pid}))}
        child.communicate(b"\n")
    assert child.pid not in {each.pid for each in uses(os.getpid())}


def test_the_size_of_a_folder_is_that_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"12345")
    (tmp_path / "below").mkdir()
    assert size_of(tmp_path) == 5


def _children() -> frozenset[int]:
    """What other tests have left running below this process is none of ours."""
    return frozenset(each.pid for each in uses(os.getpid())[1:])
