"""The mindfolio and its modules as a person sets them up."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.core.money import Money, dollars
from engine.domain.limits import AccountLimits, ModuleLimits
from engine.domain.structure import StructureKind

Parameter = int | float | str


class Environment(StrEnum):
    """Where a mindfolio trades. A ledger belongs to one environment for ever."""

    SIMULATED = "simulated"
    REPLAY = "replay"


class KnownState(StrEnum):
    """What is known of a mindfolio that is listed."""

    OPEN = "open"
    """In this window."""
    CLOSED = "closed"
    MISSING = "missing"
    """Its ledger is not where it was."""


class MindfolioStatus(StrEnum):
    """STOPPED also stops automatic exits, until a person re-arms."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"


class ModuleKind(StrEnum):
    """Strategy programs this version has, and the users' own."""

    IV_SERVICE = "IV_SERVICE"
    SELL_PUTS_ENGINE = "SELL_PUTS_ENGINE"
    GAMMA_SCALPER = "GAMMA_SCALPER"
    SMART_REBALANCER = "SMART_REBALANCER"
    USER = "USER"
    """A program that a user wrote; which one is the module's `program`."""


class ModuleStatus(StrEnum):
    """PAUSED: no openings, working openings cancelled, approvals voided; exits go on."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"


PAUSED_BY_STOP = "emergency stop"
"""Why a module is paused that an emergency stop has paused; lifting the stop leaves it so."""


class PnlPolicy(StrEnum):
    """What a module's P&L does to what it may still put at work."""

    ISOLATE = "isolate"
    FIXED = "fixed"
    COMPOUND = "compound"


@dataclass(frozen=True, slots=True)
class KnownMindfolio:
    """One of the mindfolios that a user can switch between. `key` is the folder of its ledger."""

    key: str
    name: str
    environment: Environment
    opened_at: dt.datetime | None
    state: KnownState


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a person wants a new mindfolio to be. Raises ValueError for budgets that the cash cannot cover.

    `budgets`: of the kinds that are wanted, each > 0; the rest of `cash` is the reserve.
    """

    name: str
    cash: Money
    budgets: Mapping[ModuleKind, Money]

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a mindfolio needs a name")
        if not self.budgets or min(self.budgets.values()) <= 0 or self.reserve < 0:
            raise ValueError(f"{dict(self.budgets)} is no split of {self.cash}")

    @property
    def reserve(self) -> Money:
        """What no module has."""
        return self.cash - sum(self.budgets.values())


@dataclass(frozen=True, slots=True)
class ModuleSpec:
    """One module as configured: identity, limits, universe, enabled structures and its own parameters."""

    module_id: str
    kind: ModuleKind
    name: str
    limits: ModuleLimits
    autotrade: bool
    universe: tuple[str, ...]
    structures: tuple[StructureKind, ...]
    status: ModuleStatus = ModuleStatus.ACTIVE
    parameters: dict[str, Parameter] = field(default_factory=dict)
    house_rules: bool = True
    """Whether expiry, early assignment and short stock are seen to before the module's own rules; else by a person."""
    program: str = ""
    """Of a user's module: the SHA-256 of its file, as a person enabled it; else ""."""


@dataclass(frozen=True, slots=True)
class Waivers:
    """What an environment waives, visibly: evidence at one contract, unknown IV rank, unknown events."""

    evidence: bool = False
    iv_rank: bool = False
    events: bool = False


class AccountType(StrEnum):
    """A cash account trades with settled cash only and holds no spread."""

    MARGIN = "MARGIN"
    CASH = "CASH"


@dataclass(frozen=True, slots=True)
class AccountRules:
    """What the broker lets an account do.

    Option levels: 1 covered calls, 2 and cash-secured puts and long options, 3 and spreads, 4 and naked puts, 5 and
    naked calls. `margin_minimum` is the equity that spreads demand.
    """

    account_type: AccountType = AccountType.MARGIN
    option_level: int | None = 3
    margin_minimum: Money | None = dollars(2000)
    day_trade_limit: int | None = None
    """Day trades in five sessions before a warning; None where no such policy holds."""


@dataclass(frozen=True, slots=True)
class MindfolioSpec:
    """A new mindfolio: its cash, how it is split, and its modules."""

    name: str
    capital: Money
    budgets: dict[str, Money]
    reserve: Money
    modules: tuple[ModuleSpec, ...]
    pnl_policy: PnlPolicy = PnlPolicy.ISOLATE
    account_limits: AccountLimits = field(default_factory=AccountLimits)
    account_rules: AccountRules = field(default_factory=AccountRules)
