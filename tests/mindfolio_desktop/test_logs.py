"""What nobody caught reaches the log, from every thread; and everything is as it was before, afterwards."""

import gc
import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import MindfolioError
from mindfolio_desktop.logs import FOLDER, Log

ROOT = Path(__file__).resolve().parents[2]

UNCAUGHT = """
import gc, logging, sys, threading
from pathlib import Path
from mindfolio_desktop.logs import Log

def fail(what):
    raise ZeroDivisionError(what)

class Falls:
    def __del__(self):
        fail("unraisable")

with Log(Path(sys.argv[1])) as log:
    logging.getLogger("engine").info("before the file is there")
    log.begin()
    thread = threading.Thread(target=fail, args=("thread",), name="apart")
    thread.start()
    thread.join()
    Falls()
    gc.collect()
    for _ in range(100):
        try:
            fail("main")
        except ZeroDivisionError:
            sys.excepthook(*sys.exc_info())
    raise RuntimeError("the end")
"""


def lines(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / FOLDER / "mindfolio.jsonl").read_text().splitlines()]


def test_what_nobody_caught_is_logged_from_every_thread_and_repetitions_are_counted(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", UNCAUGHT, str(tmp_path)], cwd=ROOT, env=os.environ, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    told = lines(tmp_path)
    assert told[0]["words"] == "before the file is there"
    assert told[1]["words"].startswith("Mindfolio ")
    found = [(line["thread"], line["faults"][0]["text"]) for line in told if line["level"] == "CRITICAL"]
    # All three fall at one line, and the first of a kind is told whole.
    assert found == [("apart", "thread"), ("MainThread", "the end")]
    counted = [line["words"] for line in told if line["level"] == "ERROR"]
    assert counted == [f"an error that nobody caught of ZeroDivisionError came {n} times by now" for n in (10, 100)]
    assert "Traceback" not in done.stderr.split("RuntimeError: the end")[0]


def test_who_watches_hears_of_errors_that_nobody_expected_and_of_no_others(tmp_path: Path) -> None:
    heard: list[logging.LogRecord] = []
    log = logging.getLogger("engine.tests")
    with Log(tmp_path) as kept:
        kept.watched_by(heard.append)
        log.error("expected")
        log.critical("the kernel failed")
        sys.unraisablehook(_Unraisable())  # type: ignore[arg-type]
    assert [record.getMessage() for record in heard] == ["the kernel failed", "an error where none can be raised"]
    assert [line["words"] for line in lines(tmp_path)][:-1] == ["expected", *[record.getMessage() for record in heard]]


class _Unraisable:
    exc_type, exc_value, exc_traceback, err_msg, object = ValueError, ValueError("x"), None, None, object()


def test_a_watcher_that_fails_makes_no_more_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)

    def fail(_record: logging.LogRecord) -> None:
        raise ValueError

    with Log(tmp_path) as kept:
        kept.watched_by(fail)
        logging.getLogger("engine.tests").critical("told all the same")
    assert lines(tmp_path)[0]["words"] == "told all the same"


def test_everything_is_as_it_was_before(tmp_path: Path) -> None:
    def state() -> object:
        levels = [logging.getLogger(name).level for name in ("engine", "mindfolio_desktop")]
        hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        return hooks, levels, list(logging.getLogger().handlers), {thread.name for thread in threading.enumerate()}

    before = state()
    with Log(tmp_path) as kept:
        kept.begin()
        kept.begin()
    gc.collect()
    assert state() == before


@pytest.mark.parametrize(("error", "is_logged"), [(ValueError("x"), True), (MindfolioError("x"), False)])
def test_what_ends_the_program_is_logged_unless_it_was_expected(
    tmp_path: Path, error: Exception, is_logged: bool
) -> None:
    with pytest.raises(type(error)), Log(tmp_path):
        raise error
    assert (tmp_path / FOLDER).exists() == is_logged
