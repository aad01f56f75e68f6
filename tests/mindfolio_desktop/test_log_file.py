"""JSON lines that rotate, are their user's alone, hold no secret, and make nobody wait."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mindfolio_desktop.log_file import KEPT, LinesFile, LogFiles

PATIENCE_S = 10.0
NAME = "mindfolio.jsonl"


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    made = logging.getLogger("tests.log_file")
    made.setLevel(logging.INFO)
    yield made
    made.setLevel(logging.NOTSET)


@pytest.fixture
def open_in() -> Iterator[Callable[..., LogFiles]]:
    made: list[LogFiles] = []

    def begin(folder: Path, **how: int) -> LogFiles:
        made.append(LogFiles(folder, **how))
        return made[-1]

    yield begin
    for each in made:
        each.close()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_record_is_a_line_with_its_template_and_its_fault(
    tmp_path: Path, log: logging.Logger, open_in: Callable[..., LogFiles]
) -> None:
    files = open_in(tmp_path / "logs")
    log.error("order %s was lost,\nin two lines", "O1", exc_info=KeyError("P000012"))
    files.close()
    (line,) = lines(tmp_path / "logs" / NAME)
    assert line["words"] == "order O1 was lost,\nin two lines"
    assert line["template"] == "order %s was lost,\nin two lines"
    assert (line["level"], line["from"], line["thread"]) == ("ERROR", "tests.log_file", "MainThread")
    assert line["at"].endswith("+00:00")
    assert [(fault["type"], fault["text"]) for fault in line["faults"]] == [("KeyError", "'P000012'")]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "logs").glob("*.jsonl")} == {0o600}
    assert (tmp_path / "logs").stat().st_mode & 0o777 == 0o700


def test_secrets_are_hidden_at_the_sink(
    tmp_path: Path, log: logging.Logger, open_in: Callable[..., LogFiles], capsys: pytest.CaptureFixture[str]
) -> None:
    files = open_in(tmp_path)
    log.error("asked ntfys://cAnArY77 with password=%s", "cAnArY77", exc_info=RuntimeError("refresh_token=cAnArY77"))
    files.close()
    assert "cAnArY77" not in (tmp_path / NAME).read_text()
    assert "cAnArY77" not in capsys.readouterr().err


def test_files_rotate_and_no_more_than_so_many_are_kept(tmp_path: Path) -> None:
    handler = LinesFile(tmp_path / NAME, most_bytes=2000)
    for number in range(200):
        handler.emit(logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": "m", "words": f"line {number}"}))
    handler.close()
    found = sorted(tmp_path.iterdir())
    assert len(found) == KEPT + 1
    assert all(path.stat().st_size <= 2000 and path.stat().st_mode & 0o077 == 0 for path in found)
    assert lines(tmp_path / NAME)[-1]["words"] == "line 199"


def test_a_disk_that_hangs_makes_nobody_wait_and_what_is_lost_is_told(
    tmp_path: Path, log: logging.Logger, open_in: Callable[..., LogFiles], monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, goes_on = threading.Event(), threading.Event()
    plain = LinesFile.emit

    def slow(handler: LinesFile, record: logging.LogRecord) -> None:
        hangs.set()
        assert goes_on.wait(PATIENCE_S)
        plain(handler, record)

    monkeypatch.setattr(LinesFile, "emit", slow)
    files = open_in(tmp_path, waiting=10)
    log.info("first")
    assert hangs.wait(PATIENCE_S)
    began = time.monotonic()
    for number in range(1000):
        log.info("line %d", number)
    assert time.monotonic() - began < PATIENCE_S / 2, "it waits for the disk, which waits for this test"
    goes_on.set()
    files.close()
    told = lines(tmp_path / NAME)
    assert [line["words"] for line in told if "lost" in line["words"]] == ["lines that were lost: 990"]
    assert [line["words"] for line in told if line["words"].startswith("line ")] == [f"line {n}" for n in range(10)]


def test_a_disk_that_is_full_is_counted_and_raises_nothing(
    tmp_path: Path, log: logging.Logger, open_in: Callable[..., LogFiles], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = open_in(tmp_path)
    full = threading.Event()
    full.set()

    class Full:
        def __init__(self, file: Any) -> None:
            self._file = file

        def write(self, text: str) -> int:
            if full.is_set():
                raise OSError(28, "no space left")
            return int(self._file.write(text))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

    handler = next(each for each in files._back.handlers if isinstance(each, LinesFile))
    monkeypatch.setattr(handler, "stream", Full(handler.stream))
    monkeypatch.setattr(handler, "shouldRollover", lambda _record: False)
    for _ in range(3):
        log.info("lost")
    deadline = time.monotonic() + PATIENCE_S
    while files.front._dropped < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    full.clear()
    log.info("written again")
    files.close()
    assert [line["words"] for line in lines(tmp_path / NAME)] == ["lines that were lost: 3", "written again"]


def test_two_processes_in_one_folder_write_files_of_their_own(tmp_path: Path, open_in: Callable[..., LogFiles]) -> None:
    open_in(tmp_path)
    second = open_in(tmp_path)
    assert (tmp_path / "mindfolio-2.jsonl").exists()
    second.close()
    open_in(tmp_path)
    assert not (tmp_path / "mindfolio-3.jsonl").exists(), "its place was free again"


def test_without_a_folder_everything_goes_on_and_the_terminal_is_told(
    tmp_path: Path, log: logging.Logger, open_in: Callable[..., LogFiles], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").write_text("no folder")
    files = open_in(tmp_path / "logs")
    log.warning("seen on the terminal")
    log.info("not there")
    files.close()
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"nothing is logged in {tmp_path / 'logs'}: ")
    assert said[1:] == ["seen on the terminal"]


def test_a_record_whose_words_fail_is_counted(
    tmp_path: Path, log: logging.Logger, open_in: Callable[..., LogFiles]
) -> None:
    files = open_in(tmp_path)
    files.front.handle(logging.LogRecord("x", logging.INFO, "", 0, "needs %s and %s", ("one",), None))
    log.info("fine")
    files.close()
    assert [line["words"] for line in lines(tmp_path / NAME)] == ["lines that were lost: 1", "fine"]
