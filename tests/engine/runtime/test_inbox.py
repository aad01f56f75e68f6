"""The inbox: stops first, nothing lost, and the last word stays the last word."""

import threading
import time

from engine.domain import commands as cmd
from engine.runtime.inbox import Inbox, ScanFinished

PAUSE = cmd.PauseModule("M", "user", "x")
STOP = cmd.EmergencyStop("button", "x")
REARM = cmd.RearmMindfolio("user", "x")


def drained(inbox: Inbox) -> list[object]:
    """Everything in the inbox, in the order in which the kernel gets it."""
    messages: list[object] = []
    while (message := inbox.get(0.0)) is not None:
        messages.append(message)
    return messages


def test_a_stop_overtakes_everything_that_waits() -> None:
    inbox = Inbox()
    for message in (PAUSE, ScanFinished(1, ()), STOP):
        inbox.put(message)
    assert drained(inbox) == [STOP, PAUSE, ScanFinished(1, ())]


def test_a_stop_after_a_rearm_has_the_last_word() -> None:
    inbox = Inbox()
    for message in (PAUSE, REARM, STOP):
        inbox.put(message)
    assert drained(inbox) == [REARM, STOP, PAUSE]


def test_a_rearm_after_a_stop_has_the_last_word() -> None:
    inbox = Inbox()
    for message in (STOP, REARM):
        inbox.put(message)
    assert drained(inbox) == [STOP, REARM]


def test_an_empty_inbox_waits_no_longer_than_asked() -> None:
    began = time.monotonic()
    assert Inbox().get(0.02) is None
    assert time.monotonic() - began < 1.0


def test_nothing_is_lost_between_many_threads() -> None:
    inbox = Inbox()

    def put(first: int) -> None:
        for number in range(first, first + 500):
            inbox.put(ScanFinished(number, ()))

    threads = [threading.Thread(target=put, args=(start,)) for start in (0, 500, 1000)]
    for thread in threads:
        thread.start()
    got: list[int] = []
    while len(got) < 1500:
        message = inbox.get(1.0)
        assert isinstance(message, ScanFinished)
        got.append(message.ticket)
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(1500))
