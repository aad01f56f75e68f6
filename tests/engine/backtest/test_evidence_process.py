"""Backtests in a process of their own: the same answers, faults apart, an end that is seen, no life after ours."""

import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from engine.backtest.evidence import HistoryBacktester, Question
from engine.backtest.evidence_process import Answer, EvidenceProcess, ProcessGone
from engine.domain.mindfolio import ModuleSpec
from engine.domain.ports import Strategy
from engine.domain.structure import StructureKind
from tests.engine.backtest.hand import spec, terms
from tests.engine.backtest.test_evidence import WEDNESDAY, Source, strategy

PUTS = spec(structures=(StructureKind.SHORT_PUT,), universe=("SPY", "TSLA"))
SPY, TSLA = (Question(PUTS, symbol, StructureKind.SHORT_PUT, WEDNESDAY) for symbol in ("SPY", "TSLA"))
WRONG = Question(spec(name="Wrong", parameters={"wrong": 1}), "SPY", StructureKind.SHORT_PUT, WEDNESDAY)
ENDLESS = Question(spec(name="Endless", parameters={"endless": 1}), "SPY", StructureKind.SHORT_PUT, WEDNESDAY)
ROOT = Path(__file__).resolve().parents[3]


def picky(module: ModuleSpec) -> Strategy:
    """The strategy of the other tests, for a module whose settings can be."""
    if "endless" in module.parameters:
        time.sleep(3600)
    if module.parameters:
        raise ValueError("settings that cannot be")
    return strategy(module)


def made() -> HistoryBacktester:
    """Over the two days by hand."""
    return HistoryBacktester(Source(), terms(), picky)


def test_it_answers_as_this_process_does_until_it_ends() -> None:
    process = EvidenceProcess(partial(made))
    try:
        here = made()
        assert list(process.answers((SPY, WRONG, TSLA))) == [
            Answer(0, here.answer(SPY)), Answer(1, None, "ValueError: settings that cannot be"),
            Answer(2, here.answer(TSLA)),
        ]  # fmt: skip
        assert here.answer(SPY).trades == 1
        # What it has read is let go of between questions, and nobody notices.
        assert list(process.answers((SPY,))) == [Answer(0, here.answer(SPY))]
        if hasattr(os, "getpriority"):
            assert process.pid is not None
            assert os.getpriority(os.PRIO_PROCESS, process.pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
        with pytest.raises(ProcessGone, match=r"silent for 0\.2 s"):
            list(process.answers((ENDLESS,), patience_s=0.2))
        process.kill()
        with pytest.raises(ProcessGone, match="exit code"):
            list(process.answers((SPY,)))
    finally:
        process.close()


PROGRAM = """
import sys
from functools import partial
from tests.engine.backtest.test_evidence_process import ENDLESS, SPY, EvidenceProcess, made
if __name__ == "__main__":
    process = EvidenceProcess(partial(made))
    for answer in process.answers((SPY, ENDLESS)):
        print(process.pid, flush=True)
"""


def test_a_program_that_is_killed_takes_it_along_in_the_middle_of_a_question(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    program = subprocess.Popen(
        [sys.executable, str(path)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert program.stdout is not None
    assert int(program.stdout.readline()) > 0
    program.kill()
    # The process has the same stdout: it is at its end when nobody is left who could write.
    rest, _ = program.communicate(timeout=60)
    assert rest == ""
