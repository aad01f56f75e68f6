"""Time as an argument: pure functions take `now`; only the kernel and its scheduler hold a clock. UTC everywhere."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the kernel reads the time of its market."""

    def now(self) -> datetime:
        """Current time of the market, aware, UTC."""
        ...


class VirtualClock:
    """The clock of simulated and replayed markets: it stands still until it is moved, and never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = as_utc(start)

    def now(self) -> datetime:
        """Current time of the market, aware, UTC."""
        return self._now

    def advance_to(self, at: datetime) -> None:
        """Move to `at`. Raises ValueError if that lies in the past."""
        if at < self._now:
            raise ValueError(f"time cannot go back from {self._now} to {at}")
        self._now = as_utc(at)


def as_utc(at: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def epoch_us(at: datetime) -> int:
    """Microseconds since 1970-01-01 UTC, exact."""
    return (as_utc(at) - EPOCH) // _MICROSECOND


def from_epoch_us(microseconds: int) -> datetime:
    """The instant `microseconds` after 1970-01-01 UTC, exact."""
    return EPOCH + timedelta(microseconds=microseconds)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
