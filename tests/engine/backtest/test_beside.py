"""Backtests beside scans: nobody waits, scans come first, a restart asks nothing anew, and deaths have an end."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from engine.backtest import beside
from engine.backtest.answers import AnswerFiles
from engine.backtest.beside import AWAITED, MOST_DEATHS, BesideBacktester
from engine.backtest.evidence import TOGETHER, HistoryBacktester, Question
from engine.backtest.evidence_process import Answer, Make, ProcessGone
from engine.domain.candidate import Candidate
from engine.domain.evidence import Evidence
from engine.domain.mindfolio import ModuleKind, ModuleSpec
from engine.domain.structure import StructureKind
from tests.builders import candidate, condor
from tests.engine.backtest.hand import spec, terms
from tests.engine.backtest.test_evidence import NOW, WEDNESDAY, Source
from tests.engine.backtest.test_evidence_process import picky

SYMBOLS = tuple("ABCDEFGHIJ")
MODULE = spec(structures=(StructureKind.IRON_CONDOR, StructureKind.SHORT_PUT), universe=SYMBOLS)
WRONG = spec(module_id="wrong", structures=(StructureKind.IRON_CONDOR,), parameters={"wrong": 1})
PATIENCE_S = 20.0


def condor_on(symbol: str) -> Candidate:
    """A trade that a scan has found."""
    return candidate("alpha", structure=condor(symbol=symbol))


@dataclass
class Processes:
    """What stands for processes: answers in the asking thread, when and as long as the test lets it."""

    may_go: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[tuple[str, str], ...]] = field(default_factory=list)
    """Of each batch the symbols and structures."""
    dies_after: list[int] = field(default_factory=list)
    """How many answers each of the next processes has in it."""
    begun: int = 0
    ended: int = 0

    def begin(self, make: Make) -> "_Process":
        """Another process."""
        self.begun += 1
        return _Process(self, make(), self.dies_after.pop(0) if self.dies_after else 10**9)


@dataclass(eq=False)
class _Process:
    of: Processes
    backtester: HistoryBacktester
    left: int
    is_killed: threading.Event = field(default_factory=threading.Event)

    def answers(self, questions: Sequence[Question], patience_s: float) -> Iterator[Answer]:
        self.of.asked.append(tuple((each.symbol, each.kind.value) for each in questions))
        while not self.of.may_go.wait(0.005):
            if self.is_killed.is_set():
                raise ProcessGone("killed")
        for number, question in enumerate(questions):
            if not self.left:
                raise ProcessGone("exit code -9")
            self.left -= 1
            try:
                yield Answer(number, self.backtester.answer(question))
            except ValueError as error:
                yield Answer(number, None, str(error))

    def kill(self) -> None:
        self.is_killed.set()

    def close(self) -> None:
        self.of.ended += 1


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Processes:
    """No real ones."""
    found = Processes()
    monkeypatch.setattr(beside, "EvidenceProcess", found.begin)
    return found


@dataclass
class Begin:
    """Makes backtesters over one folder, each of which is closed at the end."""

    folder: Path
    begun: list[BesideBacktester] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    """What was read where scans run."""

    def __call__(self) -> BesideBacktester:
        self.sources.append(Source())
        inline = HistoryBacktester(self.sources[-1], terms(), picky)
        self.begun.append(BesideBacktester(inline, made, AnswerFiles(self.folder)))
        return self.begun[-1]


def made() -> HistoryBacktester:
    """What a process makes."""
    return HistoryBacktester(Source(), terms(), picky)


@pytest.fixture
def begin(processes: Processes, tmp_path: Path) -> Iterator[Begin]:
    """Begins them."""
    found = Begin(tmp_path / "evidence")
    yield found
    for each in found.begun:
        each.close()
        assert not any(thread.is_alive() for thread in each._threads)
    assert processes.begun == processes.ended, "each process was let go of"


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.002)


def test_who_asks_is_told_to_come_later_and_then_has_what_it_would_have_been_told_at_once(
    processes: Processes, begin: Begin
) -> None:
    tester = begin()
    assert tester.evidence(MODULE, condor_on("SPY"), NOW) is AWAITED
    assert tester.evidence(MODULE, condor_on("SPY"), NOW) is AWAITED
    processes.may_go.set()
    until(lambda: tester.is_idle)

    alone = made().evidence(MODULE, condor_on("SPY"), NOW)
    assert alone.source.startswith("SPY by hand")
    assert tester.evidence(MODULE, condor_on("SPY"), NOW) == alone
    assert processes.asked == [(("SPY", "Iron Condor"),)], "asked once"
    assert begin.sources[0].asked == [], "nothing was worked out where the scan runs"
    assert (tester.steps, tester.trouble) == (0, "")


def test_what_scans_ask_comes_before_what_is_asked_ahead_and_with_all_else_about_its_symbols(
    processes: Processes, begin: Begin
) -> None:
    tester = begin()
    tester.ask_ahead((MODULE,), WEDNESDAY)
    until(lambda: len(processes.asked) == 1)
    tester.prepare(MODULE, (condor_on("J"), condor_on("H")), NOW)
    processes.may_go.set()
    until(lambda: tester.is_idle)

    symbols = [tuple(dict.fromkeys(symbol for symbol, _ in batch)) for batch in processes.asked]
    assert symbols == [("A", "B", "C", "D"), ("J", "H"), ("E", "F", "G", "I")]
    assert len(symbols[0]) == TOGETHER
    assert sorted(pair for batch in processes.asked for pair in batch) == sorted(
        (symbol, kind) for symbol in SYMBOLS for kind in ("Iron Condor", "Short Put")
    )
    assert processes.asked[1][:2] == (("J", "Iron Condor"), ("H", "Iron Condor"))


def test_a_restart_on_the_same_day_asks_nothing_anew_and_another_day_asks_first_what_scans_wanted(
    processes: Processes, begin: Begin
) -> None:
    processes.may_go.set()
    first = begin()
    first.ask_ahead((MODULE,), WEDNESDAY)
    until(lambda: first.is_idle)
    first.close()
    asked = len(processes.asked)

    again = begin()
    again.ask_ahead((MODULE,), WEDNESDAY)
    until(lambda: again.is_idle)
    assert isinstance(again.evidence(MODULE, condor_on("G"), NOW), Evidence)
    assert len(processes.asked) == asked
    assert again.evidence(MODULE, condor_on("ZZ"), NOW) is AWAITED
    until(lambda: again.is_idle)

    tomorrow = WEDNESDAY + dt.timedelta(days=1)
    again.ask_ahead((replace(MODULE, universe=("A", "B", "C", "D", "E", "ZZ")),), tomorrow)
    until(lambda: again.is_idle)
    assert processes.asked[asked + 1][0] == ("ZZ", "Iron Condor")
    assert [path.name for path in begin.folder.iterdir()] == [tomorrow.isoformat()]


def test_a_damaged_file_costs_its_answer_being_worked_out_again(processes: Processes, begin: Begin) -> None:
    processes.may_go.set()
    first = begin()
    assert first.evidence(MODULE, condor_on("SPY"), NOW) is AWAITED
    until(lambda: first.is_idle)
    (path,) = begin.folder.rglob("*.json")
    path.write_bytes(path.read_bytes()[:-5])

    again = begin()
    assert again.evidence(MODULE, condor_on("SPY"), NOW) is AWAITED
    until(lambda: again.is_idle)
    assert again.evidence(MODULE, condor_on("SPY"), NOW) == first.evidence(MODULE, condor_on("SPY"), NOW)


def test_a_process_that_dies_is_begun_again_and_asked_what_it_has_not_answered(
    processes: Processes, begin: Begin
) -> None:
    processes.dies_after = [3, 1]
    processes.may_go.set()
    tester = begin()
    tester.ask_ahead((replace(MODULE, universe=("A", "B")),), WEDNESDAY)
    until(lambda: tester.is_idle)

    assert [len(batch) for batch in processes.asked] == [4, 1]
    tester.evidence(MODULE, condor_on("C"), NOW)
    until(lambda: tester.is_idle)
    tester.evidence(MODULE, condor_on("D"), NOW)
    until(lambda: tester.is_idle)
    assert tester.trouble == ""
    assert all(isinstance(tester.evidence(MODULE, condor_on(each), NOW), Evidence) for each in "ABCD")


def test_one_that_dies_again_and_again_is_given_up_for_the_day(processes: Processes, begin: Begin) -> None:
    processes.dies_after = [0] * (MOST_DEATHS + 1)
    processes.may_go.set()
    tester = begin()
    tester.ask_ahead((MODULE,), WEDNESDAY)
    until(lambda: bool(tester.trouble))

    assert tester.trouble == "exit code -9"
    assert processes.begun == MOST_DEATHS + 1
    wanted = condor_on("SPY")
    tester.prepare(MODULE, (wanted,), NOW)
    assert tester.steps > 0, "who waits sees that it gets on"
    assert tester.evidence(MODULE, wanted, NOW) == made().evidence(MODULE, wanted, NOW)
    assert [symbol for symbol, *_ in begin.sources[0].asked] == ["SPY"], "worked out where the scan runs"
    assert tester.is_idle

    tester.ask_ahead((MODULE,), WEDNESDAY + dt.timedelta(days=1))
    until(lambda: tester.is_idle)
    assert tester.trouble == ""
    assert isinstance(tester.evidence(MODULE, condor_on("A"), NOW + dt.timedelta(days=1)), Evidence)


def test_one_that_cannot_be_begun_is_given_up(
    processes: Processes, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(_make: Make) -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(beside, "EvidenceProcess", none_left)
    tester = begin()
    assert tester.evidence(MODULE, condor_on("SPY"), NOW) is AWAITED
    until(lambda: bool(tester.trouble))
    assert isinstance(tester.evidence(MODULE, condor_on("SPY"), NOW), Evidence)


def test_a_fault_is_the_scans_that_asks(processes: Processes, begin: Begin) -> None:
    processes.may_go.set()
    tester = begin()
    assert tester.evidence(WRONG, condor_on("SPY"), NOW) is AWAITED
    until(lambda: tester.is_idle)
    with pytest.raises(ValueError, match="settings that cannot be"):
        tester.evidence(WRONG, condor_on("SPY"), NOW)
    assert tester.trouble == ""


def test_a_recording_that_cannot_be_read_is_told_by_the_scan_that_meets_it(
    processes: Processes, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes.may_go.set()
    tester = begin()

    def damaged(_symbol: str, _day: dt.date) -> str:
        raise OSError("damaged")

    monkeypatch.setattr(begin.sources[0], "fingerprint", damaged)
    tester.ask_ahead((MODULE,), WEDNESDAY)
    until(lambda: tester.is_idle)
    with pytest.raises(OSError, match="damaged"):
        tester.evidence(MODULE, condor_on("SPY"), NOW)
    monkeypatch.undo()
    monkeypatch.setattr(beside, "EvidenceProcess", processes.begin)
    assert tester.evidence(MODULE, condor_on("SPY"), NOW) is AWAITED, "and later ones go on"
    until(lambda: tester.is_idle)


def test_a_users_module_is_answered_where_its_scan_runs(processes: Processes, begin: Begin) -> None:
    tester = begin()
    users: ModuleSpec = replace(MODULE, kind=ModuleKind.USER, program="a" * 64)
    assert tester.evidence(users, condor_on("SPY"), NOW) == made().evidence(users, condor_on("SPY"), NOW)
    assert processes.begun == 0


def test_what_is_tried_out_before_there_is_such_a_module_comes_from_a_process_too(
    processes: Processes, begin: Begin
) -> None:
    backtester = begin()
    question = Question(MODULE, "A", StructureKind.IRON_CONDOR, WEDNESDAY)
    assert backtester.try_out(question) == AWAITED
    processes.may_go.set()
    until(lambda: isinstance(backtester.try_out(question), Evidence))
    assert backtester.try_out(question) == made().try_out(question)


def test_closing_ends_one_that_is_at_work_and_one_that_has_nothing_to_do(processes: Processes, begin: Begin) -> None:
    at_work, idle = begin(), begin()
    at_work.evidence(MODULE, condor_on("SPY"), NOW)
    until(lambda: processes.begun == 1)
    idle.close()
    at_work.close()
    at_work.close()
    assert processes.ended == 1
    assert at_work.evidence(MODULE, condor_on("QQQ"), NOW) is AWAITED
