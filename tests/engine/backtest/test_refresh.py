"""The nightly refresh in processes of its own: the same answers, faults apart."""

from functools import partial

import pytest

from engine.backtest.evidence import HistoryBacktester
from engine.backtest.refresh import Answer, keep_all, refresh
from engine.domain.mindfolio import ModuleSpec
from engine.domain.ports import Strategy
from engine.domain.structure import StructureKind
from tests.engine.backtest.hand import spec, terms
from tests.engine.backtest.test_evidence import CANDIDATE, NOW, WEDNESDAY, Source, strategy

PUTS = spec(structures=(StructureKind.SHORT_PUT, StructureKind.COVERED_CALL), universe=("SPY", "TSLA"))


def picky(module: ModuleSpec) -> Strategy:
    """The strategy of the other tests, for a module whose settings can be."""
    if module.parameters:
        raise ValueError("settings that cannot be")
    return strategy(module)


def made() -> HistoryBacktester:
    """Over the two days by hand."""
    return HistoryBacktester(Source(), terms(), picky)


def test_processes_answer_as_this_one_does_and_a_fault_is_one_answers_own() -> None:
    wrong = spec(name="Wrong", structures=(StructureKind.SHORT_PUT,), universe=("SPY",), parameters={"x": 1})
    here, source = made(), Source()
    answers = list(refresh(partial(made), (PUTS, wrong), WEDNESDAY, processes=1))
    taker = HistoryBacktester(source, terms(), picky)

    taken, faults = keep_all(taker, iter(answers), WEDNESDAY)

    assert (taken, faults) == (2, ("Wrong, Short Put on SPY: ValueError: settings that cannot be",))
    # what is only sold on shares is no question of its own
    assert {answer.kind for answer in answers} == {StructureKind.SHORT_PUT}
    assert {(answer.symbol, answer.module.name) for answer in answers} == {
        ("SPY", "Alpha"), ("TSLA", "Alpha"), ("SPY", "Wrong"),
    }  # fmt: skip
    # taken answers are those that this process would have worked out, and are not worked out again
    assert taker.evidence(PUTS, CANDIDATE, NOW) == here.evidence(PUTS, CANDIDATE, NOW)
    assert source.asked == []


def test_no_process_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        next(refresh(partial(made), (PUTS,), WEDNESDAY, processes=0))


def test_an_answer_without_a_fault_has_evidence() -> None:
    taken, faults = keep_all(made(), iter([Answer(PUTS, "SPY", StructureKind.SHORT_PUT, None, "why")]), WEDNESDAY)

    assert (taken, faults) == (0, ("Alpha, Short Put on SPY: why",))
