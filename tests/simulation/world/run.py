"""Many seeds from the command line: how many, how fast, which faults struck how often, and what went wrong.

A seed at which something went wrong is told again without the steps that it does not need, and the command that repeats
it is printed. The exit status is 1 for anything wrong, a fault that never struck, or two runs that differ.
"""

import argparse
import logging
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.simulation.world.knobs import ALL_FAULTS, knobs_of
from tests.simulation.world.story import Told, steps_of, steps_of_seed, tell

CHUNK = 10
"""Seeds that a worker tells at a time."""

REPEAT = "uv run python -m tests.simulation.world --seed {seed} --steps {steps}"

SAID = "import sys; from tests.simulation.world.run import say_journals; say_journals(sys.argv[1:])"


@dataclass(slots=True)
class Total:
    """What came of many seeds."""

    seeds: int = 0
    events: int = 0
    lives: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    wrong: list[Told] = field(default_factory=list)

    def add(self, told: Told) -> None:
        """One seed more."""
        self.seeds += 1
        self.events += told.events
        self.lives += told.lives
        self.fired += told.fired
        if told.wrong:
            self.wrong.append(told)

    @property
    def never(self) -> list[str]:
        """Faults that did not strike."""
        return [name for name in ALL_FAULTS if not self.fired[name]]


def quiet() -> None:
    """What the program logs of faults is expected here."""
    logging.disable(logging.CRITICAL)


def tell_all(seeds: Iterable[int], workers: int = 1) -> Iterator[Told]:
    """Every seed, in as many processes; in order of the seeds whatever their number."""
    chunks = list(seeds)
    if workers <= 1:
        yield from map(tell, chunks)
        return
    with ProcessPoolExecutor(workers, initializer=quiet) as pool:
        yield from pool.map(tell, chunks, chunksize=CHUNK)


def shortest(told: Told) -> tuple[int, ...]:
    """The shortest beginning of a seed's steps at which it still goes wrong, less what it does not need."""
    numbers = [step.number for step in steps_of_seed(told.seed)]
    if told.at_step is not None:
        numbers = numbers[: told.at_step + 1]
    kept = next(
        (numbers[:count] for count in range(len(numbers) + 1) if tell(told.seed, numbers[:count]).wrong), numbers
    )
    for number in reversed(kept):
        fewer = [each for each in kept if each != number]
        if tell(told.seed, fewer).wrong:
            kept = fewer
    return tuple(kept)


def say(told: Told, only: Collection[int] | None = None) -> None:
    """One seed's story in full."""
    knobs = knobs_of(told.seed)
    print(knobs)
    for step in steps_of(knobs):
        if only is None or step.number in only:
            print(f"  {step.number:3} after {step.wait.seconds:3} s: {step.act}")
    print(f"{told.events} entries, {told.lives} lives, faults: {dict(told.fired)}")
    for line in told.wrong:
        print("WRONG:", line)


def say_journals(seeds: Sequence[str]) -> None:
    """The hash of each seed's journal: what another process is compared by."""
    quiet()
    for seed in seeds:
        print(seed, tell(int(seed)).journal)


def journals_elsewhere(seeds: Sequence[int], hash_seed: int) -> list[str]:
    """The same seeds' journals, told by another process with another order of sets and hashes."""
    command = [sys.executable, "-c", SAID, *map(str, seeds)]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def compare(first: int, count: int, workers: int) -> int:
    """Tell seeds here and in another process, with another hash seed and other worker counts; how many differ."""
    seeds = list(range(first, first + count))
    here = [f"{told.seed} {told.journal}" for told in tell_all(seeds, workers)]
    there = journals_elsewhere(seeds, 4711)
    differing = [one for one, other in zip(here, there, strict=True) if one != other]
    print(f"{count} seeds told twice, {workers} workers and 1, two hash seeds: {len(differing)} differ {differing}")
    return len(differing)


def report(total: Total, seconds: float) -> None:
    """The figures of a run."""
    each = sum(total.fired.values()) / max(1, total.seeds)
    print(f"{total.seeds} seeds, {total.events} entries, {total.lives} lives, {len(total.wrong)} with something wrong")
    print(f"{each:.0f} faults a seed; {total.seeds / seconds:.2f} seeds/s")
    for name in ALL_FAULTS:
        print(f"  {total.fired[name]:8} {name}")
    if total.never:
        print("NEVER STRUCK:", ", ".join(total.never))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.world", description=__doc__)
    parser.add_argument("--seeds", type=int, default=60, help="how many")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first of them")
    parser.add_argument("--minutes", type=float, help="no longer than that, however many seeds are left")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--seed", type=int, help="this one alone, told in full")
    parser.add_argument("--steps", help="of it only these, by number: 1,4,7")
    parser.add_argument("--pairs", type=int, help="so many told twice and compared, byte for byte")
    parser.add_argument("--log", action="store_true", help="what the program logs")
    parser.add_argument("--as-they-are", action="store_true", help="do not shorten what went wrong")
    given = parser.parse_args()
    if not given.log:
        quiet()
    if given.seed is not None:
        only = None if given.steps is None else [int(number) for number in given.steps.split(",") if number]
        told = tell(given.seed, only)
        say(told, only)
        sys.exit(bool(told.wrong))
    if given.pairs is not None:
        sys.exit(bool(compare(given.first, given.pairs, given.workers)))
    began, total = time.perf_counter(), Total()
    for told in tell_all(range(given.first, given.first + given.seeds), given.workers):
        total.add(told)
        if told.wrong:
            steps = "all" if given.as_they_are else ",".join(map(str, shortest(told)))
            print(f"seed {told.seed}, step {told.at_step}: {told.wrong[0]}", flush=True)
            print("   " + REPEAT.format(seed=told.seed, steps=steps), flush=True)
        elif total.seeds % 100 == 0:
            print(f"{total.seeds} seeds, {total.seeds / (time.perf_counter() - began):.2f}/s", flush=True)
        if given.minutes is not None and time.perf_counter() - began > 60 * given.minutes:
            break
    report(total, time.perf_counter() - began)
    sys.exit(bool(total.wrong or total.never))
