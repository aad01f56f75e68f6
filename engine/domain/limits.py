"""Limits: what a module may risk, and what the gate demands of a market. A missing limit denies."""

from dataclasses import dataclass
from datetime import timedelta

from engine.core.money import Money, dollars


@dataclass(frozen=True, slots=True)
class ModuleLimits:
    """A module's own limits; None denies every opening."""

    max_risk_per_trade: Money | None
    daily_loss_limit: Money | None


@dataclass(frozen=True, slots=True)
class GateLimits:
    """What the gate demands of quotes and evidence, per environment."""

    max_quote_age: timedelta | None = timedelta(seconds=15)
    max_leg_spread_pct: float | None = 35.0
    """Widest bid-ask spread of a leg in percent of its mid..."""
    spread_floor: Money = dollars("0.10")
    """...unless it is not wider than this amount a share, which is a tick or two of a cheap wing."""
    min_open_interest: int | None = 10
    approval_lifetime: timedelta = timedelta(minutes=10)
    min_backtest_trades: int = 30
    min_win_rate: float = 0.60


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading costs, per contract and leg."""

    commission_per_contract: Money = dollars("0.60")
