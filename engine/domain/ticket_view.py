"""What a person's own ticket would be: its name, prices and risk, and whose trade it may be."""

from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.structure import Structure


@dataclass(frozen=True, slots=True)
class ModuleFit:
    """Whether a module's settings let it trade the ticket; `why_not` is "" when they do. The gate decides the rest."""

    module_id: str
    why_not: str


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket at the quotes of one instant. Prices net a share of one unit, credits negative.

    `limit` and `worst` are the ones that were asked about, else mid and natural on the price grid. `max_risk` by the
    product's rule and `buying_power` count at the worst price, the rest at the limit; both are None while unknown, and
    `max_risk` also where it has no bound, see `is_risk_unbounded`. With several expirations `max_profit` and
    `breakevens` depend on what the later options are worth then, and are unknown. Money is of the whole ticket.
    """

    structure: Structure
    quantity: int
    """Units of the structure."""
    mid: Money | None
    natural: Money | None
    limit: Money | None
    worst: Money | None
    tick: Money
    max_risk: Money | None
    is_risk_unbounded: bool
    max_profit: Money | None
    is_profit_unbounded: bool
    breakevens: tuple[Money, ...]
    buying_power: Money | None
    costs: Money | None
    fits: tuple[ModuleFit, ...]
    no_price: str = ""
    """Why the ticket has no price, "" when it has one."""
