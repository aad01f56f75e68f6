"""The soak in its short form: the real application with its window, two sessions of the market, the books checked."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.domain.mindfolio import Environment
from engine.execution.paper_file import PaperFile
from engine.execution.paper_state import FILE_VERSION, Kept
from engine.runtime.places import Places
from tests.soak.check import faults_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="what /proc tells")
def test_two_sessions_with_the_window_open_leave_sound_books_and_a_wrong_account_is_noticed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.soak.run", "--sessions", "2", "--symbols", "XLF", "--turn", "100",
               "--data-dir", str(tmp_path)]  # fmt: skip
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)

    *_, pages, _, growth, verdict = run.stdout.splitlines()
    assert (run.returncode, verdict) == (0, "green"), run.stdout + run.stderr
    assert growth == "memory after 2 months: too few sessions to tell"
    assert pages.endswith("books checked 1 times")
    assert int(pages.partition(" ")[0].replace(",", "")) >= 15, "each page at least once"
    places = Places(tmp_path, Environment.SIMULATED)
    assert faults_of(places) == []

    file = PaperFile(places.broker)
    state = file.read()
    assert state is not None
    state.cash += 1
    state.positions["XLF"] = state.positions.get("XLF", 0) + 100
    file.append([Kept(FILE_VERSION, state)], is_durable=False)
    file.close()

    shares, cash = faults_of(places)
    assert shares.startswith("the broker has 100 of XLF, the book ")
    assert cash.startswith("the broker has cash of ")
