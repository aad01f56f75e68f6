"""Where scans are computed: inline, or on worker threads. The kernel never computes for long."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from engine.domain.candidate import Finding
from engine.runtime.inbox import Inbox, ScanFinished

Job = Callable[[], tuple[Finding, ...]]


class Workers:
    """Runs scan jobs; every answer comes back through the inbox, in no promised order.

    `threads` 0 computes at once on the caller's thread. `random_delay_s` > 0 makes threads answer late and out of
    order, to prove that the journal does not depend on it.
    """

    def __init__(self, inbox: Inbox, threads: int = 0, random_delay_s: float = 0.0) -> None:
        self._inbox = inbox
        self._random_delay_s = random_delay_s
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="mindfolio-scan") if threads else None

    def submit(self, ticket: int, job: Job) -> None:
        """Compute `job` and put its ScanFinished into the inbox."""
        if self._pool is None:
            self._run(ticket, job)
        else:
            self._pool.submit(self._run, ticket, job)

    def close(self) -> None:
        """Let running jobs end and release the threads."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, ticket: int, job: Job) -> None:
        if self._random_delay_s and self._pool is not None:
            time.sleep(random.uniform(0, self._random_delay_s))  # noqa: S311 - disorder, not secrecy
        try:
            answer = ScanFinished(ticket, job())
        except Exception as error:  # noqa: BLE001 - a module's fault pauses that module, never the engine
            answer = ScanFinished(ticket, (), f"{type(error).__name__}: {error}")
        self._inbox.put(answer)
