"""`python -m mindfolio_desktop` as a process of its own: streams, exit codes, stops and deaths from outside."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.domain import events as ev
from engine.domain.mindfolio import Environment
from engine.domain.order import OrderPurpose
from engine.ledger.ledger import checked_entries
from engine.ledger.store import SqliteStore
from engine.modules.sandbox import CHILD_FLAG
from engine.modules.sandbox.protocol import HEAD, Load, Loaded, Seal, Sealed, answer_in, frame
from engine.runtime.places import Places
from mindfolio_desktop.cli import run
from mindfolio_desktop.versions import program_version
from tests.engine.modules.sandbox.scenes import QUICK, QUIET
from tests.recordings import falling_volatility, record_market

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
"""For a busy machine; nothing here takes as long by itself."""

WITHOUT_QT = """
import sys
import tempfile
from mindfolio_desktop.cli import run
code = run(sys.argv[1:])
print("loaded:", [name for name in sys.modules if name.startswith(("PySide6", "pyqtgraph"))], file=sys.stderr)
sys.exit(code)
"""


def test_an_installed_application_is_the_process_of_a_users_module_when_it_is_told_to_be() -> None:
    command = [sys.executable, "-m", "mindfolio_desktop", CHILD_FLAG]
    question = frame(Seal(QUICK)) + frame(Load("mine", QUIET.encode()))
    done = subprocess.run(command, cwd=ROOT, input=question, capture_output=True, timeout=PATIENCE_S, check=True)
    size = HEAD + int.from_bytes(done.stdout[:HEAD], "big")
    assert isinstance(answer_in(done.stdout[HEAD:size]), Sealed)
    loaded = answer_in(done.stdout[size + HEAD :])
    assert isinstance(loaded, Loaded)
    assert loaded.structures == ("Iron Condor",)


def mindfolio(
    *arguments: str, start: tuple[str, ...] = ("-m", "mindfolio_desktop")
) -> subprocess.CompletedProcess[str]:
    """Run a command line to its end."""
    return subprocess.run(
        [sys.executable, *start, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


class Running:
    """A recorded market that runs headless at sixty times, an hour or so, until somebody ends it."""

    def __init__(self, data_dir: Path) -> None:
        self.places = Places(data_dir, Environment.REPLAY)
        self._log = data_dir.with_suffix(".log")
        command = [sys.executable, "-m", "mindfolio_desktop", "run", "--headless", "--speed", "60", "--json",
                   "--market", "replay", "--approve", "all"]  # fmt: skip
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, "--data-dir", str(data_dir)], cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
            )

    @property
    def log(self) -> str:
        """What it has said on stderr."""
        return self._log.read_text()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds, while the process lives."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"it did not happen in time:\n{self.log}"
            assert self.process.poll() is None, f"it ended by itself:\n{self.log}"
            time.sleep(0.02)

    def end(self) -> None:
        """Make sure that it is gone."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=PATIENCE_S)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A running market in which a trade was made already."""
    process = Running(record_market(tmp_path / "data", falling_volatility()))
    try:
        process.wait_for(lambda: " opened" in process.log)
        yield process
    finally:
        process.end()


def status(running: Running, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `mindfolio status` says of its ledger, asked from this process."""
    capsys.readouterr()
    assert run(["status", "--json", "--data-dir", str(running.places.data_dir)]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    return said


def journal(places: Places) -> list[ev.Event]:
    """The events of a ledger, checked, in order."""
    store = SqliteStore(places.ledger, for_reading=True)
    events = [event for _, event in checked_entries(store)]
    store.close()
    return events


def test_the_version_is_printed() -> None:
    done = mindfolio("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"mindfolio {program_version()}\n", "")


def test_a_missing_file_is_one_line_on_stderr_and_exit_code_2(tmp_path: Path) -> None:
    done = mindfolio("import", str(tmp_path / "none.parquet"), "--data-dir", str(tmp_path / "data"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"mindfolio: {tmp_path / 'none.parquet'}: does not exist\n"
    assert list(tmp_path.iterdir()) == []


def test_a_headless_run_prints_one_object_tells_its_progress_aside_and_never_loads_qt(tmp_path: Path) -> None:
    record_market(tmp_path, falling_volatility())
    replay = ("run", "--headless", "--market", "replay", "--approve", "all", "--json", "--data-dir", str(tmp_path))
    done = mindfolio(*replay, start=("-c", WITHOUT_QT))

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [len(module["trades"]) for module in document["modules"]] == [1, 1, 0]
    progress = done.stderr.splitlines()
    assert progress[-1] == "loaded: []"
    assert any("opened" in line for line in progress)
    assert any("closed" in line for line in progress)


def test_a_stop_from_outside_ends_all_trading_and_outlives_a_kill(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir = ("--data-dir", str(running.places.data_dir))
    done = mindfolio("stop", "--reason", "seen enough", *data_dir)
    assert (done.returncode, done.stderr) == (0, "")
    assert running.places.latch.exists()
    running.wait_for(lambda: "Emergency stop: seen enough" in running.log)
    running.process.kill()
    running.end()

    said = status(running, capsys)
    assert (said["status"], said["stop_latched"]) == ("STOPPED", True)
    assert {module["status"] for module in said["modules"]} == {"PAUSED"}
    events = journal(running.places)
    stopped = next(number for number, event in enumerate(events) if isinstance(event, ev.EmergencyStopLatched))
    opened = [isinstance(event, ev.OrderIntended) and event.order.purpose is OrderPurpose.OPEN for event in events]
    assert any(opened[:stopped])
    assert not any(opened[stopped:])
    assert run(["verify", *data_dir]) == 0

    assert run(["rearm", "--reason", "checked every position", *data_dir]) == 0
    said = status(running, capsys)
    assert (said["status"], said["stop_latched"]) == ("ACTIVE", False)


def test_a_ledger_in_use_is_read_and_verified_but_not_opened_twice(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir = ("--data-dir", str(running.places.data_dir))
    done = mindfolio("run", "--headless", "--market", "replay", "--days", "1", *data_dir)
    assert (done.returncode, done.stdout) == (2, "")
    in_use = f"{running.places.folder} is in use by another Mindfolio; close that one, or give another --data-dir"
    assert done.stderr == f"mindfolio: {in_use}\n"
    assert (run(["rearm", "--reason", "just so", *data_dir]), capsys.readouterr().err) == (2, f"mindfolio: {in_use}\n")
    assert run(["verify", *data_dir]) == 0
    assert status(running, capsys)["status"] == "ACTIVE"
    assert running.process.poll() is None


@pytest.mark.skipif(os.name != "posix", reason="there is no such signal to send elsewhere")
def test_an_interrupt_ends_it_with_one_line_and_a_sound_ledger(running: Running) -> None:
    running.process.send_signal(signal.SIGINT)
    out, _ = running.process.communicate(timeout=PATIENCE_S)

    assert (running.process.returncode, out) == (130, "")
    assert running.log.endswith("mindfolio: interrupted\n")
    assert "Traceback" not in running.log
    assert run(["verify", "--data-dir", str(running.places.data_dir)]) == 0


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind are POSIX")
@pytest.mark.parametrize(
    ("umask", "first"), [("022", ("module", "new", "mine")), ("000", ("import", "bars.csv", "--symbol", "KO"))]
)
def test_all_that_it_makes_is_its_users_alone_whatever_makes_the_folder_first(
    tmp_path: Path, umask: str, first: tuple[str, ...]
) -> None:
    bars = "date,open,high,low,close,volume\n2026-03-13,70,71,69,70.5,1\n2026-03-16,71,72,70,71.25,1\n"
    (tmp_path / "bars.csv").write_text(bars)
    data_dir = tmp_path / "new" / "data"
    runs = ("run", "--headless", "--days", "1", "--symbols", "KO", "--quotes", "60", "--record", "60")
    for arguments in ([*first, *(("--prices", "traded") if first[0] == "import" else ())], runs, ("stop",)):
        command = " ".join([sys.executable, "-m", "mindfolio_desktop", *arguments, "--data-dir", str(data_dir)])
        done = subprocess.run(
            ["sh", "-c", f"umask {umask}; exec {command}"],
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    made = [data_dir.parent, data_dir, *data_dir.rglob("*")]
    assert {path.name for path in made} >= {"ledger.sqlite", "STOP", "paper-broker.jsonl", "recorded"}
    open_to_others = [str(path) for path in made if path.stat().st_mode & 0o077]
    assert open_to_others == []


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind are POSIX")
def test_a_folder_that_others_can_look_into_stays_and_is_told_in_one_line() -> None:
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        done = mindfolio("status", "--data-dir", made)
        lines = done.stderr.splitlines()
        assert lines[0] == f"mindfolio: others on this computer can look into {made}: `chmod 700 {made}` keeps them out"
        assert lines[1:] == [f"mindfolio: there is no mindfolio in {made}"]
        assert Path(made).stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind are POSIX")
def test_of_two_windows_the_second_leaves_with_a_line_and_what_the_first_made_is_its_users_alone(
    tmp_path: Path,
) -> None:
    data_dir = tmp_path / "new" / "data"
    command = [sys.executable, "-m", "mindfolio_desktop", "--data-dir", str(data_dir), "--template", "main-account"]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    shell = ["sh", "-c", 'umask 000; exec "$@"', "sh", *command, "--symbols", "KO"]
    first = subprocess.Popen(shell, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not {"mindfolios.json", "window.address"} <= {path.name for path in data_dir.rglob("*")}:
            assert time.monotonic() < deadline
            assert first.poll() is None
            time.sleep(0.05)
        second = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        assert (second.returncode, second.stdout) == (2, "")
        (line,) = second.stderr.splitlines()
        assert line.startswith(
            f"mindfolio: Mindfolio is open already on {data_dir}: its window was brought to the front"
        )
        assert first.poll() is None
        made = [data_dir.parent, data_dir, *data_dir.rglob("*")]
        assert {path.name for path in made} >= {
            "mindfolio.jsonl",
            "window.lock",
            "window.address",
            "paper-broker.jsonl",
        }
        assert [str(path) for path in made if path.exists() and path.stat().st_mode & 0o077] == []
    finally:
        first.terminate()
        first.communicate(timeout=PATIENCE_S)
