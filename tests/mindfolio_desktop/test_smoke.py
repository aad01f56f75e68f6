"""What `mindfolio --smoke-test` promises, in a process of its own as a packager runs it."""

import os
import subprocess
import sys

import pytest


@pytest.mark.timeout(120)
def test_the_smoke_test_starts_paints_trades_and_verifies() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-m", "mindfolio_desktop", "--smoke-test"],
        capture_output=True, text=True, env=environment, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "smoke test passed: window painted, chart drawn" in done.stdout
