"""Write anew what the golden runs come to: `uv run python -m tests.golden.write_trades`, in the repository's root.

For when a rule was changed on purpose: look at the difference line by line before it is kept. The figures worked out
by hand in the tests beside it do not change with it.
"""

import sys
import tempfile
from pathlib import Path

from tests.conftest import SHARED
from tests.golden.runs import KEPT, RECORDINGS, golden_run


def main() -> int:
    """Run everything and write one file for each run; 1 where the recordings are absent."""
    if not SHARED.is_dir():
        sys.stderr.write("the folder of recorded market data (../shared) is not here\n")
        return 1
    KEPT.mkdir(exist_ok=True)
    for name in RECORDINGS:
        with tempfile.TemporaryDirectory(prefix="mindfolio-golden-") as folder:
            run = golden_run(name, SHARED / "data", Path(folder))
        (KEPT / f"{name}.json").write_text(run.as_text(), encoding="utf-8")
        sys.stdout.write(f"{name}: {len(run.trades())} trades, {len(run.skips())} reasons for skips\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
