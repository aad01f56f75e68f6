"""Plant every bug of the bank: `uv run python -m tests.bugbank.run [NAME ...]`.

In a scratch copy of the program, one bug at a time: its tests must fail with it, and all of them pass without any.
"""

import argparse
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bugbank.bugs import BUGS, Bug

ROOT = Path(__file__).resolve().parent.parent.parent
_COPIED = ("engine", "mindfolio_desktop", "resources", "tests", "benchmarks", "pyproject.toml", "README.md")
_TIMES = itertools.count(int(time.time()), 10)
"""Each write is later than the one before: kept bytecode goes by the second."""
_FAILED = re.compile(r"^FAILED (\S+)|^ERROR (\S+)", re.MULTILINE)


def main() -> int:
    """Returns how many bugs nobody noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these bugs")
    names = parser.parse_args().names
    bugs = [bug for bug in BUGS if not names or bug.name in names]
    missed = 0
    with tempfile.TemporaryDirectory(prefix="mindfolio-bugs-") as folder:
        scratch = Path(folder) / "mindfolio"
        scratch.mkdir()
        for name in _COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
            copy(ROOT / name, scratch / name)
        tests = sorted({test for bug in bugs for test in bug.tests})
        is_sound, words = _passes(scratch, tests)
        print(f"without a bug {len(tests)} files of tests {'pass' if is_sound else f'fail: {words}'}", flush=True)  # noqa: T201
        for bug in bugs:
            _write(scratch, bug, bug.old, bug.new)
            is_missed, words = _passes(scratch, list(bug.tests))
            _write(scratch, bug, bug.new, bug.old, whole=(ROOT / bug.file).read_text(encoding="utf-8"))
            missed += is_missed
            print(f"{'MISSED' if is_missed else 'caught'} {bug.name}: {words or bug.means}", flush=True)  # noqa: T201
    print(f"{len(bugs)} bugs, {missed} missed")  # noqa: T201
    return missed if is_sound else len(bugs)


def _write(scratch: Path, bug: Bug, old: str, new: str, whole: str = "") -> None:
    path, at = scratch / bug.file, next(_TIMES)
    path.write_text(whole or path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    os.utime(path, (at, at))


def _passes(scratch: Path, tests: list[str]) -> tuple[bool, str]:
    command = [sys.executable, "-m", "pytest", "-x", "-n", "0", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(scratch)}
    run = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True, check=False)
    found = _FAILED.search(run.stdout)
    words = (found[1] or found[2]) if found else run.stdout[-200:] if run.returncode else ""
    return run.returncode == 0, words


if __name__ == "__main__":
    sys.exit(main())
