"""The expiration desk: every open option position by days left, and what will be done about it."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from engine.core.money import Money
from engine.domain.instrument import OptionContract
from engine.domain.structure import Structure


class Ending(StrEnum):
    """What comes of a position, by the rules as they stand now."""

    CLOSES = "closes"
    """A rule wants it closed now."""
    TRADES = "trades"
    """A rule wants it rolled, or something sold on top of it."""
    HEDGES = "hedges"
    WARNS = "warns"
    """A rule tells a person, and does nothing."""
    CLOSES_LATER = "closes later"
    """Its assignment cannot be paid for: what is near the money in the last hour of the last day is closed."""
    IS_KEPT = "is kept"
    """What its assignment takes is there: the house closes nothing."""
    IS_WORKED = "is worked"
    """An order works on it."""
    WAITS = "waits"
    """It has ended, and the broker has not said how."""
    BY_HAND = "by hand"
    """No rule of the house sees to it."""
    STOPPED = "stopped"
    """Nothing sees to it while the mindfolio is stopped."""


@dataclass(frozen=True, slots=True)
class OpenExpiry:
    """An open position with options. `expires` is its first expiration, `ends` the last session before it is over.

    `nearest` is the short leg whose strike is nearest to the price; `distance` how far it is out of the money, a share
    (negative: in it), `distance_pct` the same in percent of the price. `inside` are the legs that expire first and are
    in the money. `cash` is what a module has to have if all short calls, or all short puts, are assigned, the dearer of
    the two; `shares` come with it (negative: go); `means` is what the module has for it. `ex_day` is the next
    ex-dividend day until `expires` that is known, `dividend` what it pays a share; `is_ex_known`: none is missing.
    None is unknown, or without short legs nothing.
    """

    position_id: str
    module_id: str
    structure: Structure
    quantity: int
    expires: dt.date
    ends: dt.date
    days: int
    is_last_day: bool
    spot: Money | None
    nearest: OptionContract | None
    distance: Money | None
    distance_pct: float | None
    inside: tuple[OptionContract, ...]
    cash: Money | None
    shares: int
    means: Money
    ex_day: dt.date | None
    dividend: Money | None
    is_ex_known: bool
    ending: Ending
    why: str = ""
