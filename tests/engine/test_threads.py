"""The engine's own package: how many threads numpy's linear algebra gets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

COUNT = """
import os
{first}
import numpy as np
each = np.ones((600, 600))
assert (each @ each)[0, 0] == 600
print(len(os.listdir("/proc/self/task")))
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted where /proc is")


def threads(first: str, **also: str) -> int:
    """Threads of a new process after a multiplication of matrices."""
    mine = {name: value for name, value in os.environ.items() if not name.endswith("_THREADS")}
    command = [sys.executable, "-c", COUNT.format(first=first)]
    done = subprocess.run(command, cwd=ROOT, env=mine | also, capture_output=True, text=True, timeout=60, check=True)
    return int(done.stdout)


def test_linear_algebra_has_one_thread_once_the_engine_is_imported() -> None:
    assert threads("import engine.core.money") == 1


@pytest.mark.parametrize(
    "program", ["import mindfolio_desktop.__main__", "import benchmarks.timing", "import tests.conftest"]
)
def test_every_way_in_imports_the_engine_before_numpy(program: str) -> None:
    assert threads(program) == 1


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core has one thread anyway")
def test_what_a_user_has_set_is_kept() -> None:
    assert threads("import engine", OPENBLAS_NUM_THREADS="2") == 2
