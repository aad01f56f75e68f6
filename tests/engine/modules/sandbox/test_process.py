"""A process: what it is given, how long it may take, and how it ends."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.modules.sandbox import CHILD_FLAG
from engine.modules.sandbox.process import (
    ModuleFault,
    ModuleProcess,
    ProcessEnded,
    command,
    environment,
    one_line,
)
from engine.modules.sandbox.protocol import Limits, Look, Looked
from tests.engine.modules.sandbox.scenes import HEAD, QUICK, Obedient, scan_context, scanning

HURRIED = replace(QUICK, scan_s=0.3)

POSIX = pytest.mark.skipif(os.name != "posix", reason="by signals")


def fault_of(body: str, limits: Limits = HURRIED) -> ModuleFault:
    """How one question to a module ends that does this."""
    process = ModuleProcess("mine", scanning(body), limits)
    try:
        with pytest.raises(ModuleFault) as caught:
            process.ask(Look(scan_context(), ()), limits.scan_s)
    finally:
        process.close()
    return caught.value


@pytest.fixture(scope="module")
def obedient() -> Iterator[Obedient]:
    """A process that tests share."""
    made = Obedient()
    yield made
    made.process.close()


def test_a_question_is_answered_again_and_again_by_one_process() -> None:
    process = ModuleProcess("mine", scanning("pass"), QUICK)
    pid = process.pid
    for _ in range(3):
        answer = process.ask(Look(scan_context(), ()), QUICK.scan_s)
        assert isinstance(answer, Looked)
        assert answer.findings[0].reason == "nothing today"
    assert process.pid == pid
    process.close()
    process.close()


@pytest.mark.parametrize(
    "body", ["while True: pass", 'import re; re.match(r"(a+)+$", "a" * 40 + "b")', "import time; time.sleep(60)"]
)
def test_what_hangs_is_ended_at_its_deadline(body: str) -> None:
    process = ModuleProcess("mine", scanning(body), QUICK)
    began = time.monotonic()  # the question alone: a busy machine begins a process in five seconds
    with pytest.raises(ModuleFault) as caught:
        process.ask(Look(scan_context(), ()), 0.1)
    process.close()
    assert time.monotonic() - began < 3.0
    assert str(caught.value) == "it did not answer within 0.1 s"
    assert not isinstance(caught.value, ProcessEnded)


def test_a_process_that_leaves_says_how() -> None:
    fault = fault_of("import os; os._exit(3)")
    assert isinstance(fault, ProcessEnded)
    assert str(fault) == "its process ended (exit code 3)"


EVERYWHERE = "import os\n    for fd in range(3, 20):\n        try: os.write(fd, {})\n        except OSError: pass"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (EVERYWHERE.format(r'b"\xff" * 64'), "its answer is of 4,294,967,295 bytes, at most 524,288 are taken"),
        (EVERYWHERE.format(r'b"\0\0\0\x08garbage!"'), "its answer is no message"),
        ('return [Finding("SPY", None, "x" * (1 << 20))]', "at most 524,288 are taken"),
    ],
)
def test_garbage_and_errors_are_faults(body: str, why: str) -> None:
    assert why in str(fault_of(body))


@POSIX
def test_half_an_answer_and_a_closed_pipe_are_an_end() -> None:
    body = EVERYWHERE.format(r'b"\0\0\0\x20half"') + "\n    os.closerange(3, 20)\n    os._exit(0)"
    assert isinstance(fault_of(body), ProcessEnded)


@POSIX
def test_what_nobody_asked_for_is_a_fault_at_the_next_question() -> None:
    late = (
        "import threading, os\n    threading.Timer(0.05, lambda: [os.write(4, b'order!') for _ in range(99)]).start()"
    )
    process = ModuleProcess("mine", scanning(late + "\n    import time; time.sleep(0.2)"), QUICK)
    with pytest.raises(ModuleFault):
        process.ask(Look(scan_context(), ()), QUICK.scan_s)
    process.close()


@POSIX
def test_between_questions_it_stands_still() -> None:
    body = "import threading\n    threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()"
    process = ModuleProcess("mine", scanning(body), QUICK)
    process.ask(Look(scan_context(), ()), QUICK.scan_s)
    if sys.platform == "linux":
        time.sleep(0.05)
        before = cpu_of(process.pid)
        time.sleep(0.2)
        assert cpu_of(process.pid) == before
    process.close()


def cpu_of(pid: int) -> str:
    """Time that a process has used, by the system's own books."""
    return " ".join(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")")[1].split()[11:13])


def test_it_knows_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch, obedient: Obedient) -> None:
    monkeypatch.setenv("BROKER_TOKEN", "canary")
    assert "BROKER_TOKEN" not in environment()
    said = obedient.tried("import os; raise RuntimeError(sorted(os.environ))")
    assert set(re.findall(r"'(\w+)'", said)) <= {*environment(), "LC_CTYPE"}
    assert "OPENBLAS_NUM_THREADS" in said


def test_sets_have_the_same_order_in_every_process(obedient: Obedient) -> None:
    body = "raise RuntimeError(list({'SPY', 'QQQ', 'IWM', 'DIA', 'TLT', 'GLD', 'XLE'}))"
    assert obedient.tried(body).split("]")[0] == str(fault_of(body)).split("]")[0]


def test_a_fault_is_one_line_that_a_terminal_only_shows(obedient: Obedient) -> None:
    assert obedient.tried("1 / 0").startswith("ZeroDivisionError: division by zero, line 1 of mine.py")
    said = obedient.tried(r"raise RuntimeError('a\nb\x1b[2Jc\u202ed' + 'x' * 5000)")
    assert said.startswith("RuntimeError: a b?[2Jc?dxx")
    assert len(said) < 1000
    assert one_line("\x1b]0;title\x07\n\nSells  condors", 20) == "?]0;title? Sells con"


def test_it_cannot_say_what_it_has_given_up() -> None:
    source = HEAD + (
        "import engine.modules.sandbox.child as child\n"
        "child.frame = lambda answer, plain=child.frame: plain(child.Sealed(('everything',)))\n"
        "def scan(context): return ()\ndef manage(p, c): return ()\n"
    )
    with pytest.raises(ModuleFault, match="something else than what it is"):
        ModuleProcess("mine", source.encode(), QUICK)


def test_a_load_takes_no_longer_than_what_is_left() -> None:
    began = time.monotonic()
    with pytest.raises(ModuleFault, match="did not answer within"):
        ModuleProcess("mine", b"while True: pass", QUICK, within_s=0.4)
    assert time.monotonic() - began < 2.0


def test_it_holds_no_file_of_ours(tmp_path: Path) -> None:
    with (tmp_path / "ledger").open("wb") as ours:
        os.set_inheritable(ours.fileno(), True)
        body = (
            "import os\n    held = []\n    for fd in range(64):\n        try: held.append(os.fstat(fd).st_ino)\n"
            "        except OSError: pass\n    raise RuntimeError(held)"
        )
        said = str(fault_of(body))
        assert str(os.fstat(ours.fileno()).st_ino) not in said.split("RuntimeError: ")[1]


def test_its_folder_is_its_own_and_goes_with_it() -> None:
    said = str(fault_of("import os; raise RuntimeError(os.getcwd())"))
    folder = Path(said.removeprefix("RuntimeError: ").split(",")[0])
    assert folder.name.startswith("mindfolio-module-")
    assert not folder.exists()


def test_an_installed_application_is_told_by_a_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    assert command()[1:3] == ["-P", "-s"], "neither the working folder nor the user's own packages"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert command() == [sys.executable, CHILD_FLAG]


LIVES_ON = """
import sys, time
from engine.modules.sandbox.process import ModuleProcess
from engine.modules.sandbox.protocol import Limits
source = b"STRUCTURES = ['Iron Condor']\\nscan = manage = print"
process = ModuleProcess("mine", source, Limits(load_s=30.0))
print(process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it does not stand still, and leaves at the pipe's end")
def test_a_killed_program_leaves_nothing_that_stands_still() -> None:
    ours = subprocess.Popen(
        [sys.executable, "-c", LIVES_ON], cwd=Path(__file__).parents[4], stdout=subprocess.PIPE, text=True
    )
    assert ours.stdout is not None
    theirs = Path(f"/proc/{int(ours.stdout.readline())}/stat")
    ours.kill()
    ours.wait()
    ours.stdout.close()
    deadline = time.monotonic() + 5.0
    while is_alive(theirs) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(theirs)


def is_alive(stat: Path) -> bool:
    """Whether a process is there, and more than an entry that nobody has collected."""
    try:
        return stat.read_text(encoding="utf-8").rsplit(")")[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
