"""What is tried of the application that was built: in a folder of its own, with nothing of this environment."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import bundle

_PATIENCE_S = 600.0

_CSV = """\
date,open,high,low,close,volume
2026-01-05,70.00,70.50,69.80,70.20,1000
2026-01-06,70.20,70.90,70.10,70.80,1200
"""


class TrialError(Exception):
    """Something of the application does not work."""


def smoke_test(program: Path) -> None:
    """Window, chart, a simulated session, ledger, processes: what it tries of itself."""
    _run(program, "--smoke-test", says="smoke test passed")


def commands(program: Path) -> None:
    """A run without a window, its ledger verified and told of, recordings imported, a scan and a backtest."""
    with tempfile.TemporaryDirectory(prefix="mindfolio-trial-") as kept:
        data, bars = ("--data-dir", kept), Path(kept) / "KO.csv"
        bars.write_text(_CSV, encoding="utf-8")
        small = ("--template", "aggressive-growth", "--symbols", "KO,XLE")
        _run(program, "run", "--headless", "--days", "1", *small, *data)
        _run(program, "verify", *data, says="entries verified")
        _run(program, "status", "--json", *data, says='"nav"')
        _run(program, "import", str(bars), "--symbol", "KO", "--prices", "traded", *data, says="KO")
        _run(program, "scan", "--module", "iv-service", "--symbol", "KO", *data, says="KO")
        _run(program, "backtest", "KO", "--structure", "csp", "--from", "2025-10-01", "--to", "2025-12-01", *data)
        _run(program, "report", "--month", "2026-01", "--out", str(Path(kept) / "month"), *data)


def users_modules(program: Path) -> None:
    """A user's module that imports all it may want to, checked over a day in its sealed process."""
    with tempfile.TemporaryDirectory(prefix="mindfolio-trial-") as kept:
        data = ("--data-dir", kept)
        _run(program, "module", "new", "trial", *data)
        (file,) = Path(kept).rglob("trial.py")
        wanted = "".join(f"import {name}\n" for name in bundle.FOR_USERS_MODULES)
        words, rest = file.read_text(encoding="utf-8").split('"""\n\n', 1)
        file.write_text(f'{words}"""\n\n{wanted}\n{rest}', encoding="utf-8")
        _run(program, "module", "check", "trial", "--symbols", "KO,XLE", *data)
        _run(program, "module", "enable", "trial", *data)


ALL = (smoke_test, commands, users_modules)


def _run(program: Path, *arguments: str, says: str = "") -> None:
    """One command, which must end well and say so."""
    kept = ("SYSTEMROOT", "TEMP", "TMP") if os.name == "nt" else ()
    environment = {"LC_ALL": "C.UTF-8", **{name: os.environ[name] for name in kept if name in os.environ}}
    command: Sequence[str] = [str(program), *arguments]
    with tempfile.TemporaryDirectory() as elsewhere:
        done = subprocess.run(
            command, cwd=elsewhere, env={**environment, "HOME": elsewhere}, capture_output=True, text=True,
            encoding="utf-8", check=False, timeout=_PATIENCE_S,
        )  # fmt: skip
    if done.returncode or "Traceback" in done.stderr or says not in done.stdout:
        told = f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        raise TrialError(f"`mindfolio {' '.join(arguments)}` ended with {done.returncode}:\n{told}")
