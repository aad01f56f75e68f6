"""Users' modules that attack, one after another: what becomes of each, and how long it kept its scan's thread.

`uv run python -m benchmarks.hostile_modules`. Each has the limits of every day and is asked to scan twice. "paused" is
a fault, told in its words; "harmless" means that both scans came back sound. Nothing may be left running, and nothing
may have been written. This is the long list; the suite keeps the short one.
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from engine.modules.sandbox.parent import UserStrategy
from engine.modules.sandbox.process import ModuleFault
from engine.modules.sandbox.protocol import Limits
from tests.engine.modules.sandbox.scenes import program, scan_context, scanning

EVERYWHERE = "import os\n    for fd in range(3, 64):\n        try: os.write(fd, {})\n        except OSError: pass"
CANARY = Path(tempfile.gettempdir()) / "mindfolio-hostile-canary"

ATTACKS = {
    "infinite loop": "while True: pass",
    "catastrophic regex": 'import re; re.match(r"(a+)+$", "a" * 40 + "b")',
    "sleeps for ever": "import time; time.sleep(1e6)",
    "one long call in C": "sum(range(10**12))",
    "10 GB at once": "bytearray(10 << 30)",
    "10 GB in numpy": "import numpy as np; np.ones(10 << 27)",
    "memory bit by bit": "x = []\n    while True: x.append(bytearray(1 << 20))",
    "os._exit": "import os; os._exit(0)",
    "a fault of memory": "import ctypes; ctypes.string_at(0)",
    "deep recursion": "f = lambda: f()\n    f()",
    "fork bomb": "import os\n    while True: os.fork()",
    "fork bomb, errors ignored": "import os\n    while True:\n        try: os.fork()\n        except OSError: pass",
    "thread bomb": (
        "from threading import Event, Thread\n    while True: Thread(target=Event().wait, daemon=True).start()"
    ),
    "another program": f'import subprocess; subprocess.Popen(["touch", "{CANARY}"])',
    "posix_spawn": f'import os; os.posix_spawn("/usr/bin/touch", ["touch", "{CANARY}"], {{}})',
    "a child in a session of its own": "import os; os.setsid()",
    "garbage on the pipe": EVERYWHERE.format(r'b"\xff" * 4096'),
    "a wrong frame": EVERYWHERE.format(r'b"\0\0\0\x08garbage!"'),
    "half a frame, then silence": EVERYWHERE.format(r'b"\0\0\1\0half"') + "\n    import time; time.sleep(1e6)",
    "closes the pipe half-way": EVERYWHERE.format(r'b"\0\0\1\0half"') + "\n    os.closerange(3, 64)",
    "a huge message": 'return [Finding("SPY", None, "x" * (64 << 20))]',
    "a message of deep nesting": EVERYWHERE.format(r'b"\0\1\0\0" + b"\x91" * 65536'),
    "1,000 orders a second, unasked": (
        "import threading, os, time\n    def flood():\n        while True:\n            for fd in (3, 4):\n"
        "                try: os.write(fd, b'\\0\\0\\0\\x08an order')\n                except OSError: pass\n"
        "            time.sleep(0.001)\n    threading.Thread(target=flood, daemon=True).start()"
    ),
    "1,000 findings": 'return [Finding("SPY", None, "x")] * 1000',
    "orders outside the universe": 'return [Finding("IBM", None, "x")]',
    "numbers that are none": 'return [Finding("SPY", None, "x", {"n": float("inf")})]',
    "reads the program's environment": 'import os; open(f"/proc/{os.getppid()}/environ", "rb").read()',
    "reads the program's memory": 'import os; open(f"/proc/{os.getppid()}/mem", "rb").read(1)',
    "traces the program": (
        "import ctypes, os; c = ctypes.CDLL(None, use_errno=True)\n"
        "    if c.ptrace(16, os.getppid(), 0, 0): raise OSError(ctypes.get_errno(), 'ptrace')"
    ),
    "stops the program": "import os, signal; os.kill(os.getppid(), signal.SIGSTOP)",
    "a signal by its pipe": (
        "import fcntl, os\n    for fd in (3, 4):\n        fcntl.fcntl(fd, fcntl.F_SETOWN, os.getppid())\n"
        "        fcntl.fcntl(fd, fcntl.F_SETSIG, 9)\n"
        "        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_ASYNC)"
    ),
    "slows the program down": "import os; os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "closes a folder to its owner": "import os, tempfile; os.chmod(os.path.dirname(os.getcwd()), 0)",
    "an answer of one-byte things": EVERYWHERE.format(
        r"b'\0\x07\xff\xff\x83\xa4type\xa6Looked\xa8findings\x90\xa7actions\x91\xdd\0\x07\xff\xd9' + b'\x80' * 524249"
    ),
    "drips its answer": (
        "import os, time\n    for fd in (3, 4):\n        try: os.write(fd, b'\\0\\0\\xff\\xff')\n"
        "        except OSError: continue\n        while True: os.write(fd, b'x'); time.sleep(0.01)"
    ),
    "reads the home folder": "import os, pwd; os.listdir(pwd.getpwuid(os.getuid()).pw_dir)",
    "writes a file": f'open("{CANARY}", "w").write("x")',
    "opens the network": 'import socket; socket.create_connection(("127.0.0.1", 9))',
    "lifts its limits": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "prints without end": "import sys\n    for _ in range(10**6): print('x' * 100)",
    "ignores signals": (
        "import signal\n    for s in range(1, 30):\n        try: signal.signal(s, signal.SIG_IGN)\n"
        "        except (OSError, ValueError): pass\n    while True: pass"
    ),
    "replaces our checks in its own process": (
        "import engine.modules.sandbox.checks as checks; checks.findings_problem = lambda *a: ''\n"
        '    return [Finding("IBM", None, "x")]'
    ),
}


def outcome(body: str) -> tuple[str, float]:
    """What becomes of a module with this scan, and the longest that one scan kept its thread, seconds."""
    module = UserStrategy(partial(program, scanning(body)), Limits())
    slowest, said = 0.0, "harmless"
    for _ in range(2):
        began = time.perf_counter()
        try:
            module.scan(scan_context())
        except ModuleFault as fault:
            said = f"paused: {fault}"
        slowest = max(slowest, time.perf_counter() - began)
        if said != "harmless":
            break
    module.close()
    return said, slowest


@contextmanager
def attacked(bodies: tuple[str, ...]) -> Iterator[None]:
    """While modules with these scans are asked, each on its own thread; a second after a fault it may go on."""
    is_over = threading.Event()
    modules = [UserStrategy(partial(program, scanning(body)), Limits(scan_s=1.0)) for body in bodies]

    def ask(module: UserStrategy) -> None:
        context = scan_context()
        while not is_over.is_set():
            try:
                module.scan(context)
            except ModuleFault:
                is_over.wait(1.0)

    threads = [threading.Thread(target=ask, args=(module,)) for module in modules]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for module in modules:
            module.close()
        for thread in threads:
            thread.join()


def left_running() -> list[str]:
    """Children of ours that live on."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    return children.read_text(encoding="utf-8").split() if children.exists() else []


def main() -> None:
    """Print the table; the exit code says whether anything was left behind."""
    CANARY.unlink(missing_ok=True)
    for name, body in ATTACKS.items():
        said, seconds = outcome(body)
        print(f"{name:40} {seconds:6.2f} s  {said[:150]}", flush=True)
    print(f"left running: {left_running() or 'nothing'}; written: {'a file' if CANARY.exists() else 'nothing'}")
    sys.exit(bool(left_running() or CANARY.exists()))


if __name__ == "__main__":
    main()
