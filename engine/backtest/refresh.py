"""The nightly refresh: every structure of every module on every symbol of its universe, in processes of their own.

A process reads the years of some symbols together and walks them for all that ask about them, then goes on to others.
The program that shows the window only takes the answers, so it is not slowed down.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TypeAlias

from engine.backtest.evidence import ON_TOP, TOGETHER, HistoryBacktester
from engine.domain.evidence import Evidence
from engine.domain.mindfolio import ModuleSpec
from engine.domain.structure import StructureKind

Make: TypeAlias = Callable[[], HistoryBacktester]
"""Makes a backtester in a process of its own: a function of a module, with its arguments bound by `partial`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The evidence of one structure on one symbol, or why there is none ("" where there is)."""

    module: ModuleSpec
    symbol: str
    kind: StructureKind
    evidence: Evidence | None
    fault: str = ""


def refresh(make: Make, modules: Sequence[ModuleSpec], day: dt.date, processes: int = 2) -> Iterator[Answer]:
    """Work out what every module's structures on its symbols come to on a day, as answers get ready.

    A fault of one program or one symbol's data is that answer's; the others go on. A process that dies ends the
    refresh: what is missing then is worked out when it is asked for. Raises ValueError for less than one process.
    """
    if processes < 1:
        raise ValueError(f"{processes} processes: at least 1")
    symbols = sorted({symbol for module in modules for symbol in module.universe})
    groups = [symbols[start : start + TOGETHER] for start in range(0, len(symbols), TOGETHER)]
    # Spawned, not forked: a fork would copy threads' locks in whatever state they are.
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (make,)) as pool:
        waiting = [pool.submit(_group, group, tuple(modules), day) for group in groups]
        try:
            for done in as_completed(waiting):
                yield from done.result()
        finally:
            for each in waiting:
                each.cancel()


def keep_all(backtester: HistoryBacktester, answers: Iterator[Answer], day: dt.date) -> tuple[int, tuple[str, ...]]:
    """Take answers as they come: how many were taken, and the faults of the others."""
    taken, faults = 0, []
    for answer in answers:
        if answer.evidence is None:
            faults.append(f"{answer.module.name}, {answer.kind.value} on {answer.symbol}: {answer.fault}")
        else:
            backtester.keep(answer.module, answer.symbol, answer.kind, day, answer.evidence)
            taken += 1
    return taken, tuple(faults)


_MINE: list[HistoryBacktester] = []
"""The backtester of a worker process."""


def _begin(make: Make) -> None:
    _MINE.append(make())


def _group(symbols: list[str], modules: tuple[ModuleSpec, ...], day: dt.date) -> list[Answer]:
    wanted = [
        (module, symbol, kind)
        for symbol in symbols
        for module in modules
        for kind in module.structures
        if symbol in module.universe and kind not in ON_TOP
    ]
    _MINE[0].read_together(symbols, day)
    return [_answer(_MINE[0], module, symbol, kind, day) for module, symbol, kind in wanted]


def _answer(
    backtester: HistoryBacktester, module: ModuleSpec, symbol: str, kind: StructureKind, day: dt.date
) -> Answer:
    try:
        return Answer(module, symbol, kind, backtester.on_day(module, symbol, kind, day))
    except Exception as error:  # noqa: BLE001 - whatever a module's program or a recording does
        return Answer(module, symbol, kind, None, f"{type(error).__name__}: {error}")
