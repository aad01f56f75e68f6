"""The answer of a program that has no history to test on: no evidence, said openly."""

from datetime import datetime

from engine.domain.candidate import Candidate
from engine.domain.evidence import Evidence
from engine.domain.mindfolio import ModuleSpec

NO_HISTORY = Evidence(trades=0, win_rate=None, expectancy=None, source="no history")


class InsufficientEvidence:
    """A `Backtester` without a history: zero trades for every candidate, which never passes the gate by itself."""

    def evidence(self, module: ModuleSpec, candidate: Candidate, now: datetime) -> Evidence:  # noqa: ARG002 - the port's signature
        """No trades, no win rate, no expectancy, and why."""
        return NO_HISTORY
