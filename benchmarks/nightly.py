"""The nightly refresh of the simulated market: every structure of every kind of module on 40 symbols.

`uv run python -m benchmarks.nightly [PROCESSES]`. As after each session's close, but over two processes and from
nothing: each makes the market, reads and values each symbol's year, walks it for each structure, and each answer is
kept on disk. Memory is the most of all processes together, seen ten times
a second (proportional set size, which counts shared pages once; resident size where the system does not tell it).
"""

import datetime as dt
import os
import resource
import sys
import threading
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.backtest.answers import AnswerFiles
from engine.backtest.beside import BesideBacktester
from engine.backtest.evidence import HistoryBacktester, questions_of
from engine.backtest.evidence_process import simulated
from engine.backtest.filling import Terms
from engine.backtest.sources import source_for
from engine.backtest.spreads import fill
from engine.core.money import dollars
from engine.domain.evidence import Evidence
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Parameter
from engine.domain.structure import StructureKind
from engine.market.simulated.feed import SimulatedFeed
from engine.market.simulated.universe import SYMBOLS
from engine.modules.registry import parameters_for
from engine.runtime.defaults import costs
from engine.runtime.desk import RISK_FREE_RATE

COUNT, SEED = 40, 1

STRUCTURES: dict[str, tuple[StructureKind, ...]] = {
    "IV_SERVICE": (StructureKind.IRON_CONDOR, StructureKind.CALENDAR, StructureKind.DIAGONAL),
    "SELL_PUTS_ENGINE": (StructureKind.SHORT_PUT, StructureKind.COVERED_CALL),
    "GAMMA_SCALPER": (StructureKind.LONG_STRADDLE, StructureKind.LONG_STRANGLE),
}
"""What each kind of module trades; kinds that this version does not have are left out."""

STEP = dt.timedelta(minutes=1)


def main() -> None:
    """Print the figures."""
    processes = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    symbols = SYMBOLS[:COUNT]
    modules = [_module(kind, symbols) for kind in ModuleKind if kind.value in STRUCTURES]
    feed, terms = SimulatedFeed(SEED, step=STEP), Terms(costs(), fill, RISK_FREE_RATE)
    here = HistoryBacktester(source_for(feed.history(), RISK_FREE_RATE), terms)
    questions = questions_of(modules, feed.first_at.date())
    watch = Watch()
    begun = time.perf_counter()
    with TemporaryDirectory() as folder:
        make, files = partial(simulated, SEED, STEP, terms), AnswerFiles(Path(folder))
        backtester = BesideBacktester(here, make, files, processes=processes)
        backtester.ask_ahead(modules, questions[0].day)
        while not backtester.is_idle:
            time.sleep(0.02)
        taken = time.perf_counter() - begun
        answers = [(question, backtester.known(question)) for question in questions]
        backtester.close()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    most = watch.stop()
    print(f"{len(answers)} backtests of {len(symbols)} symbols in {taken:.1f} s on {processes} processes")
    print(f"processor time {cpu:.1f} s: {cpu / processes:.1f} s for each process, had it a core to itself")
    print(f"memory of all processes together: at most {most / 2**20:,.0f} MiB")
    for module in modules:
        for kind in module.structures:
            show(kind, [found for each, found in answers if each.kind is kind and each.module == module])


def show(kind: StructureKind, answers: list[Evidence | None]) -> None:
    """One line of a structure."""
    found = [each for each in answers if each is not None]
    trades = sum(each.trades for each in found)
    won = sum(round((each.win_rate or 0) * each.trades) for each in found)
    total = sum(trade.result for each in found for trade in each.results)
    faults = len(answers) - len(found)
    share = f"{100 * won / trades:.0f} % won, ${total / trades / 10_000:+.2f} a trade" if trades else "no trades"
    print(f"{kind.value:14} {trades:5} trades, {share}{f'; {faults} faults' if faults else ''}")


def _module(kind: ModuleKind, symbols: tuple[str, ...]) -> ModuleSpec:
    limits = ModuleLimits(max_risk_per_trade=dollars(100_000), daily_loss_limit=dollars(100_000))
    parameters: dict[str, Parameter] = {each.name: each.default for each in parameters_for(kind)}
    return ModuleSpec(
        kind.value, kind, kind.value, limits, autotrade=True, universe=symbols, structures=STRUCTURES[kind.value],
        parameters=parameters,
    )  # fmt: skip


class Watch:
    """Looks at the memory of this process and its children until it is stopped."""

    def __init__(self) -> None:
        self._most = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        """The most bytes that were seen."""
        self._is_over.set()
        self._thread.join()
        return self._most

    def _look(self) -> None:
        while not self._is_over.wait(0.1):
            self._most = max(self._most, sum(_bytes(process) for process in _family()))


def _family() -> list[str]:
    """This process and its children, as the system names them."""
    mine = str(os.getpid())
    found = [mine]
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = status.read_text(encoding="utf-8").rpartition(")")[2].split()[1]
        except OSError:
            continue  # it has ended in the meantime
        if parent == mine:
            found.append(status.parent.name)
    return found


def _bytes(process: str) -> int:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return 0
    sizes = {line.split()[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
    return 1024 * sizes.get("Pss:", sizes.get("Rss:", 0))


if __name__ == "__main__":
    main()
