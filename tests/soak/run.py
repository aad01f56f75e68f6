"""Months through the real application with its window open: `uv run python -m tests.soak.run --sessions 252`.

The program runs as `mindfolio` runs it, over the simulated market as fast as that goes, with all modules at work; its
pages are turned, and a person does something now and then. Memory, files, threads and widgets are read as each session
begins; each month everything in the files is held against the journal and the broker. The exit status is 1 where memory
grows, anything is not given back, or a book is wrong. With `--minutes` it is how much memory there is after those.

Nothing heavy is imported here: the process that works out backtests imports this file, too.
"""

import argparse
import math
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

SYMBOLS = "SPY,QQQ,AAPL,KO,XLF,TLT"
"""So that the first backtests are soon there; all 46 names are quoted all the same."""


def main(words: list[str] | None = None) -> int:
    """0 for green."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=252)
    parser.add_argument("--minutes", type=float, default=0.0, help="instead: so many minutes of the clock on the wall")
    parser.add_argument("--speed", type=float, default=math.inf, help="market seconds a second (default: no waiting)")
    parser.add_argument("--quotes", type=int, default=30, help="minutes between quotes")
    parser.add_argument("--symbols", default=SYMBOLS, help="what modules look at; all: the whole market")
    parser.add_argument("--template", default="main-account")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--turn", type=int, default=400, metavar="MS", help="a page every so many milliseconds")
    parser.add_argument("--warm-up", type=int, default=2, metavar="MONTHS")
    parser.add_argument("--data-dir", type=Path, help="keep the data there (default: a folder that is thrown away)")
    parser.add_argument("--why", action="store_true", help="tell each month what there is more of")
    parser.add_argument("--trace", action="store_true", help="with --why: also which lines allocated it; twice as slow")
    asked = parser.parse_args(words)
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with ExitStack() as stack:
        folder = asked.data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mindfolio-soak-")))
        return run(asked, folder)


def run(asked: argparse.Namespace, folder: Path) -> int:
    """Run, and tell what came of it."""
    import tracemalloc  # noqa: PLC0415 - nothing heavy above

    from engine.domain.mindfolio import Environment  # noqa: PLC0415 - as above
    from engine.runtime.places import Places, Running  # noqa: PLC0415 - as above
    from mindfolio_desktop.opening import Program, run_window  # noqa: PLC0415 - as above
    from tests.soak.readings import told  # noqa: PLC0415 - as above
    from tests.soak.year import Course, Year  # noqa: PLC0415 - as above

    if asked.trace:
        tracemalloc.start()
    places = Places(folder, Environment.SIMULATED)
    running = Running(
        asked.seed,
        speed=0.0,
        approves_all=not asked.minutes,  # quarter of an hour, after which a trade waits no more, is no time at all
        threads=1,
        publishes=True,
        template=asked.template,
        symbols=() if asked.symbols == "all" else tuple(asked.symbols.split(",")),
        quote_minutes=asked.quotes,
    )
    course = Course(asked.sessions, asked.minutes * 60, asked.speed, asked.turn, asked.why)
    years: list[Year] = []

    def watch(program: Program) -> None:
        years.append(Year(program, places, course))

    code = run_window(places, running, watched=watch)
    watched = years[0].watched
    if code:
        watched.faults.append(f"the program ended with {code}")
    words, is_green = told(watched, asked.sessions, asked.warm_up, is_of_minutes=bool(asked.minutes))
    print(words)  # noqa: T201 - this is a command
    return 0 if is_green else 1


if __name__ == "__main__":
    sys.exit(main())
