"""P&L explained: what a module's result of a session came from, in parts that add up to it exactly."""

import datetime as dt
from dataclasses import dataclass, fields

from engine.core.money import CENT, Money


@dataclass(frozen=True, slots=True)
class PnlParts:
    """A result in parts; each is in money, positive for a gain, and together they are the result.

    Of the market's moves, with the Greeks that positions had as each interval began. `delta`: the underlying's move;
    `gamma`: half its square; `theta`: the calendar days that passed; `vega`: the move of the volatility of a leg's
    strike, as its neighbours have it; `cross`: second order besides gamma (vanna, volga, and what time does to delta,
    vega and theta) and beyond; `noise`: what a leg's own mid did and its neighbours did not.
    Of what was done: `edge`, mid at the fill against the price of the fill; `costs`: commissions, fees and the
    broker's rounding; `carry`: dividends, interest and borrow as booked; `moved`: open P&L that came or went with a
    position that changed hands.
    `residual` is what none of them explains. `unwatched` happened while no engine ran, or could not be followed.
    """

    delta: Money = 0
    gamma: Money = 0
    theta: Money = 0
    vega: Money = 0
    cross: Money = 0
    edge: Money = 0
    carry: Money = 0
    costs: Money = 0
    noise: Money = 0
    residual: Money = 0
    moved: Money = 0
    unwatched: Money = 0

    @property
    def values(self) -> tuple[Money, ...]:
        """The parts in the order of `PART_NAMES`."""
        return tuple(getattr(self, name) for name in PART_NAMES)

    @property
    def total(self) -> Money:
        """The result."""
        return sum(self.values)

    @property
    def gross(self) -> Money:
        """The parts' sizes added up, signs left out: what a residual is measured against."""
        return sum(abs(part) for part in self.values)

    def in_cents(self) -> "PnlParts":
        """The parts in whole cents, as they are shown: together they are the total in whole cents.

        Each is at most a cent from what it is; what rounding leaves over goes to the parts that are nearest to it.
        """
        values = self.values
        floors = [value // CENT for value in values]
        left = (self.total + CENT // 2) // CENT - sum(floors)
        nearest = sorted(range(len(values)), key=lambda place: (-(values[place] % CENT), place))
        raised = frozenset(nearest[:left])
        return PnlParts(*((floor + (place in raised)) * CENT for place, floor in enumerate(floors)))

    def __add__(self, other: "PnlParts") -> "PnlParts":
        return PnlParts(*(mine + theirs for mine, theirs in zip(self.values, other.values, strict=True)))


PART_NAMES = tuple(field.name for field in fields(PnlParts))
"""The parts, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class ExplainedModule:
    """A module's result; `module_id` "" is what was booked to the account itself."""

    module_id: str
    parts: PnlParts


@dataclass(frozen=True, slots=True)
class ExplainedPosition:
    """What a position did, as far as it is a position's: what was booked to its module alone is left out."""

    module_id: str
    position_id: str
    symbol: str
    structure: str
    parts: PnlParts


@dataclass(frozen=True, slots=True)
class ExplainedDay:
    """The P&L of everything since the close before, `session`'s own close included.

    `modules` are all that had a result, `positions` those that had one, by module and id.
    """

    session: dt.date
    modules: tuple[ExplainedModule, ...]
    positions: tuple[ExplainedPosition, ...] = ()
