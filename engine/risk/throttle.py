"""Throttles: how many openings a module made in the last minute, and whether it makes the same one again and again.

Records are frozen, the time is an argument, and each answers with the record that follows. Cancels and closings are
never throttled: they leave no trace here. What is stamped after `now` (a clock that stepped back) counts as recent.
"""

import datetime as dt
from dataclasses import dataclass

from engine.domain.order import Order
from engine.domain.structure import Structure
from engine.domain.structure_shapes import netted

MINUTE = dt.timedelta(minutes=1)
REPEAT_WINDOW = dt.timedelta(minutes=5)
MAX_REPEATS = 5
"""Identical intents within the window before a person has to look at it."""


@dataclass(frozen=True, slots=True)
class OpeningRate:
    """When one module opened, within the window, oldest first. An opening exactly one window ago still counts."""

    times: tuple[dt.datetime, ...] = ()
    window: dt.timedelta = MINUTE

    def after(self, order: Order, now: dt.datetime) -> "OpeningRate":
        """The record once an order was decided at `now`."""
        if not order.adds_risk:
            return self
        return OpeningRate((*(at for at in self.times if now - at <= self.window), now), self.window)

    def count(self, now: dt.datetime) -> int:
        """Openings in the window that ends at `now`."""
        return sum(now - at <= self.window for at in self.times)


@dataclass(frozen=True, slots=True)
class Repeats:
    """What one module meant to open within the window, whatever became of it, oldest first.

    Two intents are identical when they trade the same contracts in the same ratio on the same side, in any order.
    """

    seen: tuple[tuple[dt.datetime, str], ...] = ()
    window: dt.timedelta = REPEAT_WINDOW
    most: int = MAX_REPEATS

    def after(self, order: Order, now: dt.datetime) -> "Repeats":
        """The record once an order was decided at `now`."""
        return self.noted(order.structure, now) if order.adds_risk else self

    def noted(self, structure: Structure, now: dt.datetime) -> "Repeats":
        """The record once somebody meant to open a structure at `now`, also where the gate denied it."""
        recent = tuple(each for each in self.seen if now - each[0] <= self.window)
        return Repeats((*recent, (now, _key(structure))), self.window, self.most)

    def repeated(self, now: dt.datetime) -> str | None:
        """What was meant `most` times or more in the window: the module pauses until a person resumes it."""
        counts: dict[str, int] = {}
        for at, key in self.seen:
            if now - at <= self.window:
                counts[key] = counts.get(key, 0) + 1
        return next((key for key, count in counts.items() if count >= self.most), None)


def _key(structure: Structure) -> str:
    parts = [f"{leg.ratio:+d} {leg.contract.occ}" for leg in netted(structure.legs)]
    if structure.shares:
        parts.append(f"{structure.shares:+d} {structure.symbol}")
    return ", ".join(parts)
