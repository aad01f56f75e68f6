"""The kernel's inbox: three lanes, one reader. Stops go first; commands and answers are never dropped."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

from engine.domain.candidate import Finding
from engine.domain.commands import Command, EmergencyStop, RearmMindfolio
from engine.domain.questions import DeskQuestion


@dataclass(frozen=True, slots=True)
class ScanFinished:
    """A worker's answer. `error` is set when the strategy failed; the findings are empty then."""

    ticket: int
    findings: tuple[Finding, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Leave the loop after the current step."""


Message: TypeAlias = Command | DeskQuestion | ScanFinished | Shutdown


class Inbox:
    """Thread-safe; any thread puts, the kernel gets."""

    def __init__(self) -> None:
        self._urgent: deque[Message] = deque()
        self._ordinary: deque[Message] = deque()
        self._filled = threading.Condition()

    def put(self, message: Message) -> None:
        """Queue a message; an emergency stop overtakes everything else, but for a re-arm that was sent before it.

        The re-arm goes first, so that the last word is the one that the person said last: stopped.
        """
        with self._filled:
            if isinstance(message, EmergencyStop):
                self._urgent.extend(queued for queued in self._ordinary if isinstance(queued, RearmMindfolio))
                self._ordinary = deque(queued for queued in self._ordinary if not isinstance(queued, RearmMindfolio))
                self._urgent.append(message)
            else:
                self._ordinary.append(message)
            self._filled.notify()

    def get(self, timeout_s: float) -> Message | None:
        """The next message, waiting up to `timeout_s` for one; None when there is none."""
        with self._filled:
            if not (self._urgent or self._ordinary) and timeout_s > 0:
                self._filled.wait(timeout_s)
            for lane in (self._urgent, self._ordinary):
                if lane:
                    return lane.popleft()
            return None
