"""Positions: a structure that a module holds, at cost, and how it ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.core.money import Money
from engine.domain.instrument import MULTIPLIER
from engine.domain.structure import Structure, widest_wing


class PositionStatus(StrEnum):
    """Where a position stands."""

    MONITORING = "Monitoring"
    CLOSING = "Closing"
    CLOSED = "Closed"
    SETTLED = "Settled"

    @property
    def is_open(self) -> bool:
        """Still held."""
        return self in (PositionStatus.MONITORING, PositionStatus.CLOSING)


@dataclass(frozen=True, slots=True)
class Position:
    """A structure held by one module.

    `cost` is what the open quantity cost (negative: premium received), without commissions. `realised` is the P&L
    of what was closed, before `commissions`, which count every fill. A closed position keeps both: its net P&L is
    `realised - commissions`.
    """

    position_id: str
    module_id: str
    structure: Structure
    quantity: int
    opened_quantity: int
    cost: Money
    opened_at: datetime
    commissions: Money = 0
    realised: Money = 0
    opening_cost: Money = 0
    closing_cash: Money = 0
    closed_at: datetime | None = None
    closed_why: str = ""
    status: PositionStatus = PositionStatus.MONITORING

    @property
    def used(self) -> Money:
        """Buying power of what is open: widest wing x 100 x quantity less the credit received."""
        if not self.status.is_open:
            return 0
        return widest_wing(self.structure) * MULTIPLIER * self.quantity + self.cost

    @property
    def net_pnl(self) -> Money:
        """Realised P&L after all commissions so far."""
        return self.realised - self.commissions
