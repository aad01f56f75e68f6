"""A user's module as the engine sees it: nothing waits for it, and its faults are told once."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from engine.domain.exposure import Exposure
from engine.domain.scan import Exit, Hedge, Warn
from engine.modules.sandbox.parent import DirectStrategy, Runner, UserStrategy, only_its_own
from engine.modules.sandbox.process import ModuleFault, ModuleProcess
from tests.engine.modules.sandbox.scenes import (
    QUICK,
    a_condor,
    manage_context,
    managing,
    program,
    scan_context,
    scanning,
)


class Made:
    """Strategies of one test, closed at its end."""

    def __init__(self) -> None:
        self.strategies: list[UserStrategy | DirectStrategy] = []
        self.why = ""

    def live(self, source: bytes, **limits: Any) -> UserStrategy:
        """One in the running engine."""
        made = UserStrategy(lambda: self.why or program(source), replace(QUICK, **limits))
        self.strategies.append(made)
        return made

    def direct(self, source: bytes) -> DirectStrategy:
        """One that is waited for."""
        made = DirectStrategy(program(source), QUICK)
        self.strategies.append(made)
        return made


@pytest.fixture
def made() -> Iterator[Made]:
    """Strategies that do not outlive the test."""
    these = Made()
    yield these
    for each in these.strategies:
        each.close()


@pytest.fixture(scope="module")
def hedging() -> Iterator[Runner]:
    """One process for several tests: its module wants out of each position, or a hedge."""
    runner = Runner(program(EXIT_AND_HEDGE), replace(QUICK, scan_s=5.0))
    yield runner
    runner.close()


def wants_out(runner: Runner) -> UserStrategy:
    """A module with nothing said yet, on that process."""
    module = UserStrategy(lambda: program(EXIT_AND_HEDGE), QUICK)
    module._runner = runner
    return module


EXIT_AND_HEDGE = managing('[Exit(p.position_id, "enough"), Hedge(p.position_id, 5, "delta")]')


def test_what_is_said_with_a_scan_is_answered_at_once_and_holds_for_a_while(hedging: Runner) -> None:
    module, held = wants_out(hedging), a_condor()
    assert module.manage(held, manage_context(held)) == (), "nothing was said yet"
    module.scan(scan_context(held))
    leave, hedge = Exit(held.position_id, "enough"), Hedge(held.position_id, 5, "delta")

    assert module.manage(held, manage_context(held, 2)) == (leave, hedge)
    assert module.manage(held, manage_context(held, 3)) == (leave,), "a hedge holds for two minutes"
    assert module.manage(held, manage_context(held, 20)) == (leave,)
    assert module.manage(held, manage_context(held, 21)) == ()


def test_what_was_said_of_another_state_of_the_position_holds_no_more(hedging: Runner) -> None:
    module, held = wants_out(hedging), a_condor()
    module.manage(held, manage_context(held))
    module.scan(scan_context(held))
    assert module.manage(replace(held, quantity=held.quantity + 1), manage_context(held)) == ()


def test_a_position_whose_quotes_are_old_is_not_asked_about(hedging: Runner) -> None:
    module, held = wants_out(hedging), a_condor()
    module.manage(held, manage_context(held))
    module.scan(scan_context(held, minute=3))
    assert module.manage(held, manage_context(held, 3)) == ()


def test_manage_never_waits_for_a_scan_that_hangs(made: Made) -> None:
    module, held, faults = made.live(scanning("while True: pass"), scan_s=0.3), a_condor(), []

    def scan() -> None:
        try:
            module.scan(scan_context(held))
        except ModuleFault as fault:
            faults.append(str(fault))

    thread = threading.Thread(target=scan)
    thread.start()
    slowest, context = 0.0, manage_context(held)
    while thread.is_alive():
        began = time.perf_counter()
        module.manage(held, context)
        slowest = max(slowest, time.perf_counter() - began)
        time.sleep(0.002)
    assert slowest < 0.15, "the scan takes twice as long"
    assert faults == ["it did not answer within 0.3 s"]
    assert not module.is_sound


def test_a_process_that_ends_is_begun_anew_a_few_times_and_then_no_more(made: Made) -> None:
    module = made.live(scanning("import os; os._exit(3)"))
    with pytest.raises(ModuleFault, match=r"its process ended \(exit code 3\), 3 times within 10 minutes"):
        module.scan(scan_context())
    assert not module.is_sound


def test_one_end_is_borne_with(made: Made) -> None:
    module = made.live(scanning("pass"), scan_s=10.0)
    module.scan(scan_context())
    assert module._runner is not None
    process = module._runner._process
    assert process is not None
    process.kill()
    assert [finding.reason for finding in module.scan(scan_context())] == ["nothing today"]
    assert module.is_sound


def test_after_a_fault_nothing_that_it_said_holds_and_a_person_may_let_it_begin_anew(made: Made) -> None:
    source = managing('[Exit(p.position_id, "enough")] if c.now.minute < 5 else 5')
    module, held = made.live(source), a_condor()
    module.manage(held, manage_context(held))
    module.scan(scan_context(held))
    assert module.manage(held, manage_context(held, 6))
    with pytest.raises(ModuleFault, match="manage returned 5 where a list has to be"):
        module.scan(scan_context(held, minute=6))
    assert module.manage(held, manage_context(held, 6)) == ()
    module.scan(scan_context())
    assert module.is_sound


def test_without_permission_nothing_is_run(made: Made) -> None:
    module = made.live(scanning("pass"))
    made.why = "it was changed"
    with pytest.raises(ModuleFault, match="it was changed"):
        module.scan(scan_context())
    assert module._runner is None
    assert module.manage(a_condor(), manage_context(a_condor())) == ()


def test_an_answer_that_breaks_a_rule_is_a_fault(made: Made) -> None:
    module = made.live(scanning('return [Finding("QQQ", None, "mine now")]'))
    with pytest.raises(ModuleFault, match="'QQQ' is not in its universe"):
        module.scan(scan_context())


def scanning_apart(module: UserStrategy) -> tuple[threading.Thread, list[str], ModuleProcess]:
    """A thread that scans, once its process has begun, the faults that it will have met, and that process."""
    faults: list[str] = []

    def scan() -> None:
        try:
            module.scan(scan_context())
        except ModuleFault as fault:
            faults.append(str(fault))

    thread = threading.Thread(target=scan)
    thread.start()
    while module._runner is None or module._runner._process is None:
        time.sleep(0.01)
    return thread, faults, module._runner._process


def test_a_closed_one_begins_nothing_and_whoever_waits_is_told(made: Made) -> None:
    module = made.live(scanning("while True: pass"), scan_s=20.0)
    thread, faults, _process = scanning_apart(module)
    module.close()
    thread.join(5.0)
    assert faults == ["the program is closing"]


def test_a_close_ends_a_process_that_loads_for_ever(made: Made) -> None:
    module = made.live(b"while True: pass", load_s=60.0)
    thread, faults, process = scanning_apart(module)
    module.close()
    thread.join(5.0)
    assert faults == ["the program is closing"]
    assert process._process.poll() is not None


def test_ending_again_and_again_wins_no_time(made: Made) -> None:
    module = made.live(scanning("import time, os; time.sleep(0.7); os._exit(3)"), load_s=0.6, failures=9)
    began = time.monotonic()
    with pytest.raises(ModuleFault, match=r"its process ended|did not answer within"):
        module.scan(scan_context())
    assert time.monotonic() - began < 2.5, "1.6 s are for loading and scanning, however often"


def test_two_scans_in_a_row_both_say_what_they_think_of_a_position(hedging: Runner) -> None:
    module, held = wants_out(hedging), a_condor()
    module.manage(held, manage_context(held))
    module.scan(scan_context(held))
    module.scan(scan_context(held))
    assert len(module.manage(held, manage_context(held))) == 2


def test_a_backtest_waits_for_all_answers_together_no_longer_than_its_time(made: Made) -> None:
    module = DirectStrategy(program(scanning("import time; time.sleep(0.1)")), replace(QUICK, test_s=0.2))
    made.strategies.append(module)
    module.scan(scan_context())  # which also begins the process
    with pytest.raises(ModuleFault, match=r"its answers in one backtest took longer than 0\.2 s"):
        module.scan(scan_context())


def test_it_is_shown_its_own_symbols_and_nothing_of_the_mindfolio() -> None:
    seen = only_its_own(scan_context(exposure=Exposure(0, (), {})))
    assert (set(seen.chains), seen.exposure) == ({"SPY"}, None)


def test_one_that_is_waited_for_answers_each_question(made: Made) -> None:
    module, held = made.direct(EXIT_AND_HEDGE), a_condor()
    assert [finding.symbol for finding in module.scan(scan_context())] == ["SPY"]
    assert len(module.manage(held, manage_context(held))) == 2
    other = made.direct(managing('[Warn(p.position_id if c.now.minute else "P999999", "exit", "all is well")]'))
    (warning,) = other.manage(held, manage_context(held, 1))
    assert isinstance(warning, Warn)
    assert warning.about == "a word of the module on exit", "what the house has to tell is not used up"
    with pytest.raises(ModuleFault, match="names another position"):
        other.manage(held, manage_context(held))
