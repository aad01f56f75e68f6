"""What the pre-trade checks look at: everything about one trade as plain data, assembled by the kernel."""

from dataclasses import dataclass
from datetime import datetime

from engine.core.money import Money
from engine.domain.candidate import Candidate
from engine.domain.limits import GateLimits
from engine.domain.mindfolio import MindfolioStatus, ModuleSpec, ModuleStatus, Waivers
from engine.domain.ports import Evidence
from engine.domain.quote import Quote
from engine.risk.kernel_health import LegPrice


@dataclass(frozen=True, slots=True)
class TradeFacts:
    """One trade that wants to be opened, with the state it would be opened in. None means unknown, and denies.

    `quotes`: one per leg of the candidate's structure, in its order, as of `now`; None where there is none.
    `price`: the net limit a share to be sent, negative for a credit.
    `buying_power`, `max_risk`: ours for the whole quantity, computed again from the legs at the worst price, without
    `costs`, which are the commissions of the opening.
    `available`: what the module may still put at work. `account_available`: own cash, capital less used and held of
    all modules. `broker_available`: the broker's figure.
    `day_pnl`: the module's. `duplicate_of`: what this module already has with the same legs (position, order or
    approval), None when there is nothing. `kernel`: every leg by our pricing kernel and by a second one.
    """

    now: datetime
    candidate: Candidate
    quotes: tuple[Quote | None, ...]
    price: Money
    is_latched: bool
    mindfolio_status: MindfolioStatus
    module: ModuleSpec
    module_status: ModuleStatus
    gate: GateLimits | None
    waivers: Waivers
    market_open: bool | None
    buying_power: Money | None
    max_risk: Money | None
    costs: Money
    available: Money
    account_available: Money
    broker_available: Money | None
    day_pnl: Money | None
    duplicate_of: str | None
    evidence: Evidence | None
    kernel: tuple[LegPrice, ...] | None
