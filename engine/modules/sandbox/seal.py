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
    # setsid, setpgid; setrlimit, prlimit64; prctl; ptrace, process_vm_*; pidfd_*; perf, bpf, userfaultfd, keys,
    # io_uring; unshare, setns, mount, chroot, memfd_create, shmget, mq_open, seccomp
    "x86_64": (
        57, 58, 59, 322, *range(41, 54), 288, 62, 200, 234, 129, 297, 112, 109, 160, 302, 101, 310, 311, 434, 438, 424,
        157, 298, 321, 323, 248, 249, 250, 425, 426, 427, 272, 308, 165, 161, 319, 29, 240, 317,
    ),
    "aarch64": (
        221, 281, *range(198, 213), 242, 129, 130, 131, 138, 240, 157, 154, 164, 261, 117, 270, 271, 434, 438, 424,
        167, 241, 280, 282, 217, 218, 219, 425, 426, 427, 97, 268, 40, 51, 279, 194, 180, 277,
    ),
}  # fmt: skip
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
    frozen = [getattr(sys, "_MEIPASS", "")]
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
    """Seccomp: no process is begun, signalled or looked into, no socket made, no limit lifted; threads may be."""
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
    program += [
        one(equal, _CLONE[machine], 0, 3),
        one(load, 16),  # its flags, the first argument
        one(any_bit, _CLONE_THREAD, 1, 0),
        one(answer, fail | _NOT_PERMITTED),
        one(answer, allow),
    ]
    return b"".join(program)
