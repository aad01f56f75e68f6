"""Closing plans: which structures to close, in order, so that the account's worst case comes down."""

from dataclasses import dataclass
from datetime import datetime

from engine.core.money import Money
from engine.domain.structure import Structure


@dataclass(frozen=True, slots=True)
class ClosingStep:
    """Close `quantity` units of `structure` out of a position. Cost is expected, >= 0, commissions included.

    `structure` leaves out long legs without a bid, which stay until they expire. `worst_case` is the account's, >= 0,
    once this step and those before it are done.
    """

    position_id: str
    structure: Structure
    quantity: int
    cost: Money
    worst_case: Money
    why: str


@dataclass(frozen=True, slots=True)
class ClosingPlan:
    """The steps, riskiest first. `worst_before` and `target` are losses, >= 0; None is unbounded, which no target is.

    `left` says of positions that cannot be closed now why not.
    """

    plan_id: str
    made_at: datetime
    steps: tuple[ClosingStep, ...]
    worst_before: Money | None
    target: Money
    cost: Money
    left: dict[str, str]
