"""Where scans are computed: inline, or on worker threads. The kernel never computes for long."""

import random
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from engine.domain.candidate import Finding
from engine.runtime.inbox import Inbox, ScanFinished

Job = Callable[[], tuple[Finding, ...]]

LAST_WAIT_S = 2.0
"""How long the end of the program waits for jobs that still run; one that hangs ends with the process."""


class Workers:
    """Runs scan jobs; every answer comes back through the inbox, in no promised order.

    `threads` 0 computes at once on the caller's thread. `random_delay_s` > 0 makes threads answer late and out of
    order, to prove that the journal does not depend on it.
    """

    def __init__(self, inbox: Inbox, threads: int = 0, random_delay_s: float = 0.0) -> None:
        self._inbox = inbox
        self._random_delay_s = random_delay_s
        self._count = threads
        self._begin()

    def submit(self, ticket: int, job: Job) -> None:
        """Compute `job` and put its ScanFinished into the inbox."""
        if self._threads:
            self._jobs.put((ticket, job))
        else:
            self._run(ticket, job)

    def submit_apart(self, ticket: int, job: Job) -> None:
        """The same on a thread of its own, for a job that waits for another process: nobody waits with it."""
        self._running.add(ticket)
        arguments, name = (ticket, job, self._running), f"mindfolio-scan-apart-{ticket}"
        threading.Thread(target=self._run_apart, args=arguments, name=name, daemon=True).start()

    def give_up(self) -> frozenset[int]:
        """Wait no more for the jobs that run now: fresh threads take what is queued. Returns the tickets given up.

        Their answers still arrive if they ever come.
        """
        hung, queued = frozenset(self._running), self._drained()
        self._dismiss()
        self._begin()
        for each in queued:
            self._jobs.put(each)
        return hung

    def close(self) -> None:
        """Drop what is queued and let running jobs end, but for those that hang."""
        self._drained()
        self._dismiss()
        deadline = time.monotonic() + LAST_WAIT_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _begin(self) -> None:
        # A thread keeps the queue and the set that it began with: one that was given up disturbs nobody.
        self._jobs: SimpleQueue[tuple[int, Job] | None] = SimpleQueue()
        self._running: set[int] = set()
        arguments = (self._jobs, self._running)
        # Daemons: a module that hangs must not keep the process from ending.
        self._threads = [
            threading.Thread(target=self._work, args=arguments, name=f"mindfolio-scan-{number}", daemon=True)
            for number in range(self._count)
        ]
        for thread in self._threads:
            thread.start()

    def _drained(self) -> list[tuple[int, Job]]:
        found: list[tuple[int, Job]] = []
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return found
            if job is not None:
                found.append(job)

    def _dismiss(self) -> None:
        for _ in self._threads:
            self._jobs.put(None)

    def _work(self, jobs: "SimpleQueue[tuple[int, Job] | None]", running: set[int]) -> None:
        while (taken := jobs.get()) is not None:
            ticket, job = taken
            running.add(ticket)
            if self._random_delay_s:
                time.sleep(random.uniform(0, self._random_delay_s))  # noqa: S311 - disorder, not secrecy
            self._run(ticket, job)
            running.discard(ticket)

    def _run_apart(self, ticket: int, job: Job, running: set[int]) -> None:
        self._run(ticket, job)
        running.discard(ticket)

    def _run(self, ticket: int, job: Job) -> None:
        try:
            answer = ScanFinished(ticket, job())
        except Exception as error:  # noqa: BLE001 - a module's fault pauses that module, never the engine
            answer = ScanFinished(ticket, (), f"{type(error).__name__}: {error}")
        self._inbox.put(answer)
