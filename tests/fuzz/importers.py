"""Damaged files for every importer: `uv run python -m tests.fuzz.importers --seconds 60`.

Each format's sample is changed at random, by bytes and by cells, packed or not, and imported. It must be taken with
counts that come out even and no row lost, or be refused on one line: any other end is a crash, and more than 30 seconds
is a hang. The file that does it is kept, and named. Formats run in processes of their own; the seed makes a run
repeatable.
"""

import argparse
import csv
import faulthandler
import io
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import rmtree

from engine.core.errors import ImportRefused
from engine.market.formats.layout import plain
from engine.market.history import HistoryStore
from engine.market.importer import import_files
from tests.engine.market.formats.samples import SAMPLES
from tests.fuzz.mutations import mutated

HANG_SECONDS = 30


def main() -> int:
    """Fuzz every format, or one; returns how many failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each format")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", choices=sorted(SAMPLES), help="this format alone, in this process")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()), help="where bad files are kept")
    options = parser.parse_args()
    if options.one:
        _fuzz(options.one, options.seconds, options.seed, options.keep)
        return 0
    failed = 0
    for name in SAMPLES:
        arguments = ["--one", name, "--seconds", str(options.seconds), "--seed", str(options.seed)]
        command = [sys.executable, "-m", "tests.fuzz.importers", *arguments, "--keep", str(options.keep)]
        failed += subprocess.run(command, check=False).returncode != 0
    print(f"{len(SAMPLES)} formats, {failed} of them with a crash or a hang")  # noqa: T201
    return failed


def _fuzz(name: str, seconds: float, seed: int, keep: Path) -> None:
    chance = random.Random(f"{name} {seed}")
    sample = SAMPLES[name]
    taken = refused = 0
    with tempfile.TemporaryDirectory(prefix="mindfolio-fuzz-") as folder:
        root = Path(folder) / "history"
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            file_name, content = mutated(sample, chance)
            path = keep / f"fuzzed-{name}-{seed}" / file_name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)  # Kept where a crash of the whole process leaves it.
            faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
            try:
                _bring_in(path, root)
                taken += 1
            except ImportRefused as refusal:
                text = str(refusal)
                assert text.isprintable(), f"{path}: a refusal of several lines: {text!r}"
                assert path.name[:20] in text, f"{path}: a refusal that names no file: {text!r}"
                refused += 1
            except BaseException:
                print(f"{name}: crashed on {path}")  # noqa: T201
                raise
            finally:
                faulthandler.cancel_dump_traceback_later()
            rmtree(path.parent)
            rmtree(root, ignore_errors=True)
    print(f"{name}: {taken + refused} files, {taken} taken, {refused} refused")  # noqa: T201


def _bring_in(path: Path, root: Path) -> None:
    history = HistoryStore(root)
    try:
        (report,) = import_files([path], history, lambda _: None)
        assert report.rows_read == report.rows_kept + sum(report.rejected.values()), report
        assert report.rows_read >= _records(path), f"{path}: rows are lost: {report}"
        assert report.rows_added == sum(history.read(symbol, at).key.size for at, symbol in history.snapshots()), report
        assert all(text.isprintable() for text in (*report.examples.values(), *report.notes)), report
    finally:
        history.close()


def _records(path: Path) -> int:
    """How many rows another reader sees behind the first line of a text, 0 where it is none or cannot tell."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return 0
    is_page = "moneyness" in plain("".join(rows[0] if rows else ()))  # whose footer is no row
    return 0 if is_page else sum(map(bool, rows[1:]))


if __name__ == "__main__":
    sys.exit(main())
