"""Workers: inline or threaded, every job is answered, a failing one with its error."""

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


def test_a_failing_job_answers_with_its_error() -> None:
    inbox = Inbox()
    Workers(inbox).submit(3, fails)
    assert inbox.get(0.0) == ScanFinished(3, (), "ValueError: bad module")
