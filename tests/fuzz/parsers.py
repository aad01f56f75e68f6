"""Damaged input for all that is read: `uv run python -m tests.fuzz.parsers --seconds 60 [--inputs N] [TARGET ...]`.

Each target is fed what it knows, changed at random by bytes, by numbers and by parts, and may take it or refuse it by
the one error that it promises. Anything else that is raised is a crash; more than a second of processor time for one
input is a hang; and a process may not grow by more than 256 MB. Every target runs in a process of its own; the seed
makes a run repeatable, and the input that broke it is kept and named. Importers have a command of their own.
"""

import argparse
import faulthandler
import json
import logging
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.bytes_changed import changed
from tests.fuzz.targets import TARGETS, Target

HANG_S = 1.0
STUCK_S = 60
MOST_GROWTH = 256 * 1024
"""KiB."""
_WARM_UP = 2_000


@dataclass(slots=True)
class Count:
    """What came of the inputs of one target."""

    inputs: int = 0
    taken: int = 0
    crashes: int = 0
    hangs: int = 0
    growth_kib: int = 0
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        """No crash, no hang, no growth beyond what is allowed."""
        return not (self.crashes or self.hangs or self.growth_kib > MOST_GROWTH)


def fuzz(target: Target, seed: int, seconds: float, most: int, kept: Callable[[bytes, str], None]) -> Count:
    """Feed a target until the time or the number of inputs is over."""
    chance = random.Random(f"{target.name} {seed}")
    with tempfile.TemporaryDirectory(prefix="mindfolio-fuzz-") as folder:
        feed = target.begin(Path(folder))
        taken = [feed(sample) for sample in target.samples()]
        assert any(taken), "of what is undamaged something is taken"
        samples, count, began = target.samples(), Count(), time.monotonic()
        at_first = 0
        while count.inputs < most and (count.inputs % 64 or time.monotonic() - began < seconds):
            content = changed(chance.choice(samples), chance)
            if count.inputs == _WARM_UP:
                at_first = _memory()
            started = time.process_time()
            try:
                count.taken += feed(content)
            except Exception as error:  # noqa: BLE001 - a crash is what is looked for
                count.crashes += 1
                kept(content, f"{type(error).__name__}: {str(error)[:200]}")
            if time.process_time() - started > HANG_S:
                count.hangs += 1
                kept(content, "hang")
            count.inputs += 1
        count.seconds = time.monotonic() - began
        count.growth_kib = max(0, _memory() - at_first) if at_first else 0
    return count


def _memory() -> int:
    """The most memory that this process has had, in KiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most


def main() -> int:
    """Fuzz every target, or those named; returns how many were not clean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=60.0, help="for each target")
    parser.add_argument("--inputs", type=int, default=10**12, help="for each target, at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()), help="where bad inputs are kept")
    parser.add_argument("--one", choices=TARGETS, help="this target alone, in this process")
    options = parser.parse_args()
    if options.one:
        return _one(options)
    failed, total = 0, 0
    for name in options.targets or TARGETS:
        arguments = ["--one", name, "--seconds", str(options.seconds), "--seed", str(options.seed)]
        command = [sys.executable, "-m", "tests.fuzz.parsers", *arguments, "--inputs", str(options.inputs)]
        run = subprocess.run([*command, "--keep", str(options.keep)], check=False, stdout=subprocess.PIPE, text=True)
        print(run.stdout, end="", flush=True)  # noqa: T201
        failed += run.returncode != 0
        total += json.loads(run.stdout.rpartition("\t")[2] or "{}").get("inputs", 0)
    print(f"{total:,} inputs, {failed} targets with a crash, a hang or growth")  # noqa: T201
    return failed


def _one(options: argparse.Namespace) -> int:
    told: set[str] = set()

    def kept(content: bytes, why: str) -> None:
        if why[:60] in told or len(told) > 20:
            return
        told.add(why[:60])
        path = options.keep / f"fuzzed-{options.one}-{options.seed}-{len(told)}"
        path.write_bytes(content)
        print(f"{options.one}: {why} on {path}")  # noqa: T201

    logging.disable(logging.WARNING)  # what is wrong with each file is told there
    faulthandler.dump_traceback_later(options.seconds + STUCK_S, exit=True)
    count = fuzz(TARGETS[options.one], options.seed, options.seconds, options.inputs, kept)
    figures = {
        "inputs": count.inputs, "per_s": round(count.inputs / (count.seconds or 1)), "taken": count.taken,
        "crashes": count.crashes, "hangs": count.hangs, "growth_mib": count.growth_kib // 1024,
    }  # fmt: skip
    print(f"{options.one}\t{json.dumps(figures)}")  # noqa: T201
    return int(not count.is_clean)


if __name__ == "__main__":
    sys.exit(main())
