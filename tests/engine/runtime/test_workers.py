"""Workers: inline or threaded, every job is answered, a failing one with its error."""

import threading
import time

from engine.domain.candidate import Finding
from engine.runtime.inbox import Inbox, ScanFinished
from engine.runtime.workers import Workers

FOUND = (Finding("SPY", None, "nothing"),)


def fails() -> tuple[Finding, ...]:
    raise ValueError("bad module")


def test_without_threads_the_answer_is_there_at_once() -> None:
    inbox = Inbox()
    Workers(inbox).submit(1, lambda: FOUND)
    assert inbox.get(0.0) == ScanFinished(1, FOUND)


def test_with_threads_every_job_is_answered() -> None:
    inbox = Inbox()
    workers = Workers(inbox, threads=2, random_delay_s=0.01)
    for ticket in range(20):
        workers.submit(ticket, lambda: FOUND)
    answers = [inbox.get(5.0) for _ in range(20)]
    workers.close()
    assert sorted(answer.ticket for answer in answers if isinstance(answer, ScanFinished)) == list(range(20))


def test_a_job_that_waits_for_others_keeps_nobody_waiting() -> None:
    inbox, released = Inbox(), threading.Event()

    def waits() -> tuple[Finding, ...]:
        released.wait()
        return FOUND

    for threads in (0, 1):
        workers = Workers(inbox, threads=threads)
        workers.submit_apart(1, waits)
        workers.submit(2, lambda: FOUND)
        assert inbox.get(5.0) == ScanFinished(2, FOUND)
        assert workers.give_up() == {1}
        released.set()
        assert inbox.get(5.0) == ScanFinished(1, FOUND)
        released.clear()
        workers.close()


def test_a_failing_job_answers_with_its_error() -> None:
    inbox = Inbox()
    Workers(inbox).submit(3, fails)
    assert inbox.get(0.0) == ScanFinished(3, (), "ValueError: bad module")


def test_a_job_that_hangs_is_given_up_and_what_waits_behind_it_is_done() -> None:
    inbox, released, began = Inbox(), threading.Event(), threading.Event()

    def hangs() -> tuple[Finding, ...]:
        began.set()
        released.wait()
        return FOUND

    workers = Workers(inbox, threads=1)
    workers.submit(1, hangs)
    workers.submit(2, lambda: FOUND)
    assert began.wait(5.0)

    assert workers.give_up() == {1}
    assert inbox.get(5.0) == ScanFinished(2, FOUND)
    assert workers.give_up() == frozenset()
    released.set()
    assert inbox.get(5.0) == ScanFinished(1, FOUND), "late, for whoever still wants it"
    workers.close()


def test_the_end_waits_for_what_runs_and_not_for_what_hangs() -> None:
    inbox, released, runs = Inbox(), threading.Event(), threading.Barrier(3)
    workers = Workers(inbox, threads=2)

    def slow() -> tuple[Finding, ...]:
        runs.wait()
        time.sleep(0.2)
        return FOUND

    def hangs() -> tuple[Finding, ...]:
        runs.wait()
        released.wait()
        return FOUND

    workers.submit(1, slow)
    workers.submit(2, hangs)
    runs.wait(5.0)
    began = time.monotonic()
    workers.close()
    assert time.monotonic() - began < 10.0
    assert inbox.get(0.0) == ScanFinished(1, FOUND)
    released.set()
