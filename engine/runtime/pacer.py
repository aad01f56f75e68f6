"""How fast the clock of a virtual market runs against the wall."""

import datetime as dt
import math


class Pacer:
    """Maps market time to waiting time at `speed` market seconds a real second.

    `math.inf` never waits, 0 holds the clock. A stretch without anything due (a night, the hours between two recorded
    snapshots) is cut to `longest_gap` of market time.
    """

    def __init__(self, speed: float, longest_gap: dt.timedelta = dt.timedelta(minutes=5)) -> None:
        self.speed = speed
        self._longest_gap = longest_gap
        self._due_wall: float | None = None
        self._for: tuple[dt.datetime, float] | None = None

    def wait_s(self, now: dt.datetime, due: dt.datetime, wall_s: float) -> float:
        """Seconds still to wait at wall time `wall_s` before the market's clock may move from `now` to `due`."""
        if self.speed == math.inf:
            return 0.0
        if self.speed <= 0:
            return math.inf
        if self._due_wall is None or self._for is None or due < self._for[0] or self._for[1] != self.speed:
            gap = min(due - now, self._longest_gap)
            self._due_wall = wall_s + gap.total_seconds() / self.speed
        self._for = (due, self.speed)
        return max(0.0, self._due_wall - wall_s)

    def moved(self) -> None:
        """The market's clock has moved: the next wait is measured from here."""
        self._due_wall = self._for = None
