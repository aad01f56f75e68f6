"""Limits: what a module may risk, and what the gate demands of a market. A missing limit denies."""

import math
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from engine.core.money import CENT, UNIT, Money, dollars


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
    max_leg_skew: timedelta | None = timedelta(seconds=60)
    """Longest time between the quotes of two legs of one package."""
    max_positions_per_symbol: int | None = 3
    """Of one module, working openings counted."""
    max_symbol_share_pct: int | None = 50
    """Largest part of a module's budget in one symbol."""
    max_orders_per_minute: int | None = 30
    """Openings of one module, repricings not counted."""
    max_orders_per_day: int | None = 390
    """Orders and their replacements of the whole account in one session: the line of professional treatment."""
    max_ticks_past_natural: int | None = 5
    """How far beyond the natural price a limit may lie: a typing error is further."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading costs: commission per contract and leg, and what regulators and exchanges take on top.

    `regulatory_per_contract` on every contract (options regulatory and clearing fees), `taf_per_contract` on contracts
    sold, `sec_per_million` of the proceeds of sales, `taf_per_share` on shares sold. Shares trade without commission.
    """

    commission_per_contract: Money = dollars("0.60")
    regulatory_per_contract: Money = 0
    taf_per_contract: Money = 0
    sec_per_million: Money = 0
    taf_per_share_millionths: int = 0
    """Millionths of a dollar."""
    assignment_fee: Money = 0

    def commission(self, contracts: int) -> Money:
        """Commission of trading so many contracts."""
        return self.commission_per_contract * contracts

    def fees(self, contracts: int, sold: int, proceeds: Money, shares_sold: int = 0) -> Money:
        """Regulatory fees, each rounded up to the cent: of `contracts` traded, `sold` of them, for `proceeds` > 0."""
        parts = (
            Fraction(self.regulatory_per_contract * contracts),
            Fraction(self.taf_per_contract * sold),
            Fraction(self.sec_per_million * max(0, proceeds), 1_000_000 * UNIT),
            Fraction(self.taf_per_share_millionths * shares_sold, 1_000_000 // UNIT),
        )
        return sum(math.ceil(part / CENT) * CENT for part in parts)


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """Limits of the whole account; None never trips, and is shown as missing.

    `day_loss` is an amount, `drawdown_pct` from the highest unitised NAV. `target_pct`: how far the worst case
    comes down by the automatic plan. `asks_first`: the plan waits for a person.
    """

    day_loss: Money | None = dollars(2000)
    drawdown_pct: int | None = 15
    target_pct: int = 50
    asks_first: bool = False
