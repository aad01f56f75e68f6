"""What a user's process cannot do, tried from inside of one; and the filter itself, run by hand."""

import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.modules.sandbox import seal
from engine.modules.sandbox.process import ModuleProcess, ProcessEnded
from engine.modules.sandbox.protocol import Look
from tests.engine.modules.sandbox.scenes import QUICK, Obedient, scan_context, scanning

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="what is sealed is the system's matter")


@pytest.fixture(scope="module")
def obedient() -> Iterator[Obedient]:
    """A process that tests share: none of them may end it."""
    made = Obedient()
    yield made
    made.process.close()


REACHES_OUT = {
    "the parent's environment": 'import os; open(f"/proc/{os.getppid()}/environ", "rb").read()',
    "the parent's memory": 'import os; open(f"/proc/{os.getppid()}/mem", "rb").read(1)',
    "its own /proc": 'open("/proc/self/maps").read()',
    "a home": "import os; os.listdir(os.path.dirname(os.getcwd()))",
    "writing where it stands": 'open("left_behind", "w").write("x")',
    "a socket": "import socket; socket.socket()",
    "a local socket": "import socket; socket.socketpair()",
    "a fork": "import os; os.fork()",
    "another program": 'import subprocess; subprocess.run(["true"])',
    "killing the parent": "import os; os.kill(os.getppid(), 9)",
    "a session of its own": "import os; os.setsid()",
    "lending its pipe a signal": "import fcntl, os\nfcntl.fcntl(3, fcntl.F_SETOWN, os.getppid())",
    "choosing that signal": "import fcntl\nfcntl.fcntl(3, fcntl.F_SETSIG, 9)",
    "a lease on a library": "import fcntl\nfcntl.fcntl(open(fcntl.__file__), fcntl.F_SETLEASE, fcntl.F_WRLCK)",
    "slowing the parent": "import os; os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "the parent's processors": "import os; os.sched_setaffinity(os.getppid(), {0})",
    "the parent's scheduling": "import os; os.sched_setscheduler(os.getppid(), os.SCHED_IDLE, os.sched_param(0))",
    "closing a folder to its owner": "import os; os.chmod(os.getcwd(), 0)",
    "a file's times": "import os; os.utime(os.getcwd(), (0, 0))",
    "emptying a file": "import os; os.truncate(os.getcwd(), 0)",
    "emptying a library": "import os, fcntl; os.open(fcntl.__file__, os.O_RDONLY | os.O_TRUNC)",
    "others' shared memory": (
        "import ctypes; c = ctypes.CDLL(None, use_errno=True)\n"
        "if c.shmat(0, None, 0) and ctypes.get_errno() == 1: raise PermissionError"
    ),
    "watching a folder": (
        "import ctypes; c = ctypes.CDLL(None, use_errno=True)\n"
        "if c.inotify_init1(0) < 0 and ctypes.get_errno() == 1: raise PermissionError"
    ),
    "lifting its limits": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
}


@LINUX
def test_nothing_outside_is_in_reach(obedient: Obedient) -> None:
    if not {seal.PROCESSES, seal.FILES} <= set(obedient.process.sealed):
        pytest.skip("this system has no seccomp or no Landlock, and the program says so")
    refused = re.compile("PermissionError|ValueError: not allowed to raise maximum limit")
    went_through = [what for what, code in REACHES_OUT.items() if not refused.match(obedient.tried(code))]
    assert went_through == []


@LINUX
def test_memory_beyond_the_limit_is_an_error_of_the_module_alone(obedient: Obedient) -> None:
    assert obedient.tried("bytearray(10 << 30)").startswith("MemoryError")
    assert obedient.tried("bytearray(100 << 20)") == ""


def test_threads_and_its_own_libraries_go_on_working(obedient: Obedient) -> None:
    body = "import threading, statistics, numpy.random; t = threading.Thread(target=print); t.start(); t.join()"
    assert obedient.tried(body) == ""


@LINUX
def test_a_process_that_has_used_up_its_time_is_ended() -> None:
    process = ModuleProcess("mine", scanning("while True: pass"), replace(QUICK, cpu_s=1))
    with pytest.raises(ProcessEnded, match=r"signal (SIGKILL|SIGXCPU)"):
        process.ask(Look(scan_context(), ()), 8.0)
    process.close()


def verdict(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter answers to one call, by an interpreter of the four instructions that it uses."""
    places = {16 + 8 * place: argument for place, argument in enumerate((*arguments, 0, 0, 0)[:3])}
    code = [struct.unpack("HBBI", seal._filter(machine)[at : at + 8]) for at in range(0, len(seal._filter(machine)), 8)]
    data = {0: number, 4: seal._ARCHITECTURES[machine] if architecture is None else architecture, **places}
    at, value = 0, 0
    while True:
        operation, yes, no, operand = code[at]
        at += 1
        if operation == 0x20:
            value = data[operand]
        elif operation == 0x06:
            return int(operand)
        else:
            is_met = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}[operation]
            at += yes if is_met else no


ALLOW, FAIL, KILL = 0x7FFF0000, 0x00050001, 0x80000000


@pytest.mark.parametrize(
    ("machine", "number", "argument", "expected"),
    [
        ("x86_64", 0, 0, ALLOW),  # read
        ("x86_64", 57, 0, FAIL),  # fork
        ("x86_64", 59, 0, FAIL),  # execve
        ("x86_64", 41, 0, FAIL),  # socket
        ("x86_64", 40, 0, ALLOW),  # sendfile, just below
        ("x86_64", 53, 0, FAIL),  # socketpair
        ("x86_64", 54, 0, ALLOW),  # setsockopt, just above
        ("x86_64", 56, 0x3D0F00, ALLOW),  # clone of a thread
        ("x86_64", 56, 0x11, FAIL),  # clone of a process
        ("x86_64", 435, 0, 0x00050026),  # clone3 is said not to exist
        ("x86_64", 0x40000000, 0, FAIL),  # the other numbering of the same calls
        ("aarch64", 63, 0, ALLOW),  # read
        ("aarch64", 221, 0, FAIL),  # execve
        ("aarch64", 198, 0, FAIL),  # socket
        ("aarch64", 220, 0x11, FAIL),  # clone of a process
        ("aarch64", 220, 0x10000, ALLOW),  # clone of a thread
    ],
)
def test_the_filter_by_hand(machine: str, number: int, argument: int, expected: int) -> None:
    assert verdict(machine, number, argument) == expected


@pytest.mark.parametrize(
    ("machine", "number", "arguments", "expected"),
    [
        ("x86_64", 2, (0, 0x80000), ALLOW),  # open to read, closed at an exec
        ("x86_64", 2, (0, 0x1), FAIL),  # to write
        ("x86_64", 257, (1, 0, 0x80000), ALLOW),  # openat, whose flags come third
        ("x86_64", 257, (1, 0, 0x2), FAIL),  # to read and write
        ("x86_64", 257, (1, 0, 0x40), FAIL),  # to make one
        ("x86_64", 257, (1, 0, 0x200), FAIL),  # to empty one
        ("x86_64", 72, (3, 4), ALLOW),  # fcntl: flags
        ("x86_64", 72, (3, 5), FAIL),  # a lock, just above
        ("x86_64", 72, (3, 8), FAIL),  # whom a pipe tells
        ("x86_64", 72, (3, 10), FAIL),  # by which signal
        ("x86_64", 72, (3, 1030), ALLOW),  # a copy of a descriptor
        ("x86_64", 72, (3, 1024), FAIL),  # a lease
        ("aarch64", 56, (1, 0, 0x80000), ALLOW),
        ("aarch64", 56, (1, 0, 0x1), FAIL),
        ("aarch64", 25, (3, 0), ALLOW),
        ("aarch64", 25, (3, 15), FAIL),
    ],
)
def test_the_filter_looks_at_what_is_asked_of_open_and_fcntl(
    machine: str, number: int, arguments: tuple[int, ...], expected: int
) -> None:
    assert verdict(machine, number, *arguments) == expected


def test_calls_of_another_architecture_end_the_process() -> None:
    assert verdict("x86_64", 0, architecture=0x40000003) == KILL


def test_a_machine_without_a_filter_is_not_said_to_be_sealed() -> None:
    assert not seal._forbid_calls(None, "sparc")  # type: ignore[arg-type]
