"""How much of its limits the account, and each module, has used today, and what is left."""

from dataclasses import dataclass
from enum import StrEnum

from engine.core.money import Money
from engine.domain.mindfolio import AccountRules


class AccountLimit(StrEnum):
    """What is limited. Losses and equity are money, a drawdown is in 1/100 of a percent, orders are counted."""

    DAY_LOSS = "day loss"
    DRAWDOWN = "drawdown"
    MARGIN_MINIMUM = "margin minimum"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class LimitUse:
    """A limit of the account and where it stands, in the limit's unit. None is unknown; without a limit nothing trips.

    `left` is what may still be lost, or sent, before the limit is reached, >= 0; of a minimum what lies above it.
    """

    which: AccountLimit
    limit: int | None
    used: int | None
    left: int | None


@dataclass(frozen=True, slots=True)
class ModuleLimitUse:
    """A module's own limits. `lost`: its day P&L as a loss, >= 0. `left` of the daily loss limit; None is no limit."""

    module_id: str
    max_risk_per_trade: Money | None
    daily_loss_limit: Money | None
    lost: Money
    left: Money | None


@dataclass(frozen=True, slots=True)
class StandingLimits:
    """All limits at once. `free` is own cash that nothing has a claim on.

    `binds_first`: the modules' daily loss limits add up to more than the account's, so that the account's is reached
    before all of theirs are.
    """

    account: tuple[LimitUse, ...]
    modules: tuple[ModuleLimitUse, ...]
    rules: AccountRules
    free: Money
    module_losses: Money
    binds_first: bool
