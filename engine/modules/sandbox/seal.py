"""What a user's process gives up before a line of the user's code runs, each by the system's own means.

Memory, files written and core dumps everywhere but on Windows; on Linux also other processes and the network (seccomp)
and every file but the program's own libraries (Landlock), the data directory and /proc among what is closed. What a
system does not offer is not in the answer, so that a person is told what is not enforced.
"""

import ctypes
import os
import platform
import struct
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from engine.modules.sandbox.protocol import Limits

MEMORY, PROCESSES, FILES = "memory", "other processes and the network", "files"
"""What may be sealed."""

_NOT_PERMITTED, _NO_SUCH_CALL = 1, 38

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

_X32 = 0x40000000

_FORBIDDEN: dict[str, tuple[int, ...]] = {
    # fork, vfork, execve(at); socket..shutdown, bind, listen, socketpair, accept4; kill, tkill, tgkill, sigqueue;
    # setsid, setpgid; setrlimit, prlimit64; prctl; ptrace, process_*, kcmp; pidfd_*; perf, bpf, userfaultfd, keys,
    # io_uring; unshare, setns, mounts, chroot; memfd_*, all of System V's shared memory, semaphores and queues, and
    # POSIX queues; seccomp
    # setpriority, sched_set*, ioprio_set, migrate_pages, move_pages: of any process of the same user
    # creat, truncate, chmod, chown, utime, setxattr and kin: Landlock leaves what is no opening alone
    # inotify_*, fanotify_init, *_by_handle_at, openat2; the clock's setting
    "x86_64": (
        57, 58, 59, 322, *range(41, 54), 288, 62, 200, 234, 129, 297, 112, 109, 160, 302, 157, 101, 310, 311, 312, 440,
        448, 434, 438, 424, 298, 321, 323, 248, 249, 250, 425, 426, 427, 272, 308, 165, 166, 155, 161, *range(428, 434),
        442, 319, 447, 29, 30, 31, *range(64, 72), 220, *range(240, 246), 317,
        141, 142, 144, 203, 314, 251, 256, 279,
        85, 76, 90, 91, 268, 452, 92, 93, 94, 260, 132, 235, 261, 280, 188, 189, 190, 197, 198, 199, 463, 466,
        253, 254, 294, 300, 303, 304, 437, 164, 227, 159, 305,
    ),
    "aarch64": (
        221, 281, *range(198, 213), 242, 129, 130, 131, 138, 240, 157, 154, 164, 261, 167, 117, 270, 271, 272, 440,
        448, 434, 438, 424, 241, 280, 282, 217, 218, 219, 425, 426, 427, 97, 268, 40, 39, 41, 51, *range(428, 434),
        442, 279, 447, *range(186, 198), *range(180, 186), 277,
        140, 118, 119, 122, 274, 30, 238, 239,
        45, 52, 53, 452, 54, 55, 88, 5, 6, 7, 14, 15, 16, 463, 466,
        26, 27, 262, 264, 265, 437, 170, 112, 171, 266,
    ),
}  # fmt: skip
_FLAGS_AT = {"x86_64": ((2, 24), (257, 32)), "aarch64": ((56, 32),)}
"""open and openat, and where their flags stand among the arguments."""
_WRITES = 0x243
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC: before kernel 6.2 Landlock lets a file be emptied that may be read."""
_FCNTL = {"x86_64": 72, "aarch64": 25}
_FCNTL_ALLOWED = (0, 1, 2, 3, 4, 1030)
"""Descriptors doubled, their flags. Not F_SETOWN and F_SETSIG, by which a pipe sends any signal to any process of the
same user, nor leases, which keep others waiting that open a file."""
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_CLONE_THREAD = 0x00010000

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_READ = (1 << 2) | (1 << 3)
"""Read a file, list a folder."""


def seal(limits: Limits) -> tuple[str, ...]:
    """Give up what this system lets a process give up; returns what is given up now, for good."""
    done = []
    if _limit_resources(limits):
        done.append(MEMORY)
    if sys.platform == "linux":
        library = ctypes.CDLL(None, use_errno=True)
        library.syscall.restype = ctypes.c_long
        library.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG: it stands still, and would outlive a killed program so
        library.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS: both of what follows ask for it
        if _close_files(library, _libraries()):
            done.append(FILES)
        if _forbid_calls(library, platform.machine()):
            done.append(PROCESSES)
    return tuple(done)


def _limit_resources(limits: Limits) -> bool:
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return False
    wanted = {
        resource.RLIMIT_AS: limits.memory,
        resource.RLIMIT_CPU: limits.cpu_s,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
    }
    is_memory_limited = True
    for what, most in wanted.items():
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):  # macOS takes no limit of address space
            is_memory_limited = is_memory_limited and what != resource.RLIMIT_AS
    return is_memory_limited


def _libraries() -> tuple[Path, ...]:
    """What Python and the program themselves may still have to read: their libraries, and the zones of time."""
    ours = Path(__file__).resolve().parents[2]
    paths = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    system = ("/usr/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/dev/null", "/dev/urandom")
    # An installed application keeps what can be imported inside of its own file.
    inside = getattr(sys, "_MEIPASS", "")
    frozen = [inside, sys.executable] if inside else []
    return (ours, *(Path(path) for path in (*paths, *system, *frozen) if path))


def _close_files(library: ctypes.CDLL, readable: Iterable[Path]) -> bool:
    """Landlock: no file may be touched but those below `readable`, and these only read."""
    version = library.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 1:
        return False
    known = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    rules = ctypes.create_string_buffer(struct.pack("=Q", known), 8)
    ruleset = library.syscall(_LANDLOCK_CREATE, rules, ctypes.c_size_t(8), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    for path in readable:
        try:
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        rights = _READ if path.is_dir() else _READ & ~(1 << 3)
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, opened), 12)
        library.syscall(
            _LANDLOCK_ADD, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint32(0)
        )  # a path that cannot be added stays closed
        os.close(opened)
    done = bool(library.syscall(_LANDLOCK_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0)) == 0)
    os.close(ruleset)
    return done


def _forbid_calls(library: ctypes.CDLL, machine: str) -> bool:
    """Seccomp: no process is begun, signalled or slowed down, no socket made, no limit lifted, no file changed.

    Threads may be begun.
    """
    if machine not in _ARCHITECTURES:
        return False
    body = _filter(machine)
    code = ctypes.create_string_buffer(body, len(body))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(body) // 8, ctypes.addressof(code)), 16)
    return bool(library.prctl(22, 2, program, 0, 0) == 0)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def _filter(machine: str) -> bytes:
    """The filter as a classic BPF program; jumps count from the instruction after."""
    load, equal, at_least, any_bit, answer = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, kill, fail = 0x7FFF0000, 0x80000000, 0x00050000

    def one(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("HBBI", code, yes, no, value)

    program = [
        one(load, 4),
        one(equal, _ARCHITECTURES[machine], 1, 0),
        one(answer, kill),
        one(load, 0),
        one(at_least, _X32, 0, 1),
        one(answer, fail | _NOT_PERMITTED),
        one(equal, _CLONE3, 0, 1),  # its flags lie in memory, out of a filter's sight: the old call is used instead
        one(answer, fail | _NO_SUCH_CALL),
    ]
    for number in _FORBIDDEN[machine]:
        program += [one(equal, number, 0, 1), one(answer, fail | _NOT_PERMITTED)]
    for number, place in _FLAGS_AT[machine]:
        program += [one(equal, number, 0, 4), one(load, place), one(any_bit, _WRITES, 0, 1)]
        program += [one(answer, fail | _NOT_PERMITTED), one(answer, allow)]
    count = len(_FCNTL_ALLOWED)
    program += [one(equal, _FCNTL[machine], 0, count + 3), one(load, 24)]
    program += [one(equal, each, count - place) for place, each in enumerate(_FCNTL_ALLOWED)]
    program += [one(answer, fail | _NOT_PERMITTED), one(answer, allow)]
    program += [
        one(equal, _CLONE[machine], 0, 3),
        one(load, 16),  # its flags, the first argument
        one(any_bit, _CLONE_THREAD, 1, 0),
        one(answer, fail | _NOT_PERMITTED),
        one(answer, allow),
    ]
    return b"".join(program)
