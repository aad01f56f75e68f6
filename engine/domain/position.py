"""Positions: a structure that a module holds, in lots at cost, and how it ended."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.core.money import Money
from engine.domain.instrument import OptionContract
from engine.domain.structure import Structure


class PositionStatus(StrEnum):
    """Where a position stands."""

    MONITORING = "Monitoring"
    CLOSING = "Closing"
    AWAITING = "Awaiting assignment"
    ASSIGNED = "Assigned"
    CLOSED = "Closed"
    SETTLED = "Settled"
    BROKEN = "Broken"
    """The broker broke all that made it: it never was a trade."""

    @property
    def is_open(self) -> bool:
        """Still held."""
        return self not in (PositionStatus.CLOSED, PositionStatus.SETTLED, PositionStatus.BROKEN)


@dataclass(frozen=True, slots=True)
class Lot:
    """Contracts of one option, or shares (`contract` None), bought or sold short at one time.

    `quantity` is signed. `cost` is what they cost, without commissions (negative: received).
    """

    contract: OptionContract | None
    quantity: int
    cost: Money
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class OwnExits:
    """A person's profit target and stop of one position, in percent of what it cost (or brought); None: none.

    They stand beside its module's rules: whichever is reached first closes it.
    """

    profit_pct: int | None = None
    stop_pct: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A structure held by one module.

    `lots` are what is held, oldest first; `structure` and `quantity` name it. `cost` is what it cost (negative:
    premium received), without commissions. `used` is its buying power, by the rule in force when it last changed.
    `realised` is the P&L of what was closed, before `commissions`, `fees` and `income` (dividends and interest, borrow
    taken off), which count everything so far. A position keeps its id through rolls, assignment and covered calls; what
    is split off belongs to the same `lineage`. `opening_cost` is what everything that was ever opened in it
    cost, `closing_cash` what everything closed brought; `opened_quantity` counts units as opened, or last rolled.
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
    used: Money = 0
    lots: tuple[Lot, ...] = ()
    fees: Money = 0
    income: Money = 0
    lineage: str = ""
    rolls: int = 0

    @property
    def symbol(self) -> str:
        """The underlying."""
        return self.structure.symbol

    @property
    def shares(self) -> int:
        """Shares held, negative short."""
        return self.structure.shares * self.quantity

    @property
    def net_pnl(self) -> Money:
        """Realised P&L after all costs so far, income included."""
        return self.realised - self.commissions - self.fees + self.income

    def held(self, contract: OptionContract | None) -> int:
        """Contracts (or shares, for None) of this position, negative short."""
        return sum(lot.quantity for lot in self.lots if lot.contract == contract)
