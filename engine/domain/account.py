"""The account at the broker: what happens in it without an order, and what differs from our books."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.core.money import Money

EXTERNAL = "EXTERNAL"
"""In place of a module: what is in the account and belongs to none of ours."""

CASH_ID = "USD"
"""In place of an instrument: cash."""


class ActivityKind(StrEnum):
    """What changes an account without an order. EXERCISED is ours, ASSIGNED somebody else's exercise against us."""

    EXPIRED = "EXPIRED"
    ASSIGNED = "ASSIGNED"
    EXERCISED = "EXERCISED"
    CASH_SETTLED = "CASH_SETTLED"
    DIVIDEND = "DIVIDEND"
    INTEREST = "INTEREST"
    BORROW = "BORROW"
    FEE = "FEE"
    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    ROUNDING = "ROUNDING"


@dataclass(frozen=True, slots=True)
class BrokerActivity:
    """One line of the broker's statement, numbered from 1 without gaps.

    `instrument` is an OCC symbol or a ticker; of a transfer its reference. `quantity` is how many contracts ended, > 0,
    or the shares that a dividend or borrow is for, negative short; `shares` came in or went; `cash` came in (negative:
    went), `fees` apart. `price` is the underlying's price that decided, or the dividend a share.
    """

    number: int
    kind: ActivityKind
    at: datetime
    instrument: str
    quantity: int
    shares: int
    cash: Money
    fees: Money = 0
    price: Money = 0


@dataclass(frozen=True, slots=True)
class BrokerAccount:
    """The account as the broker sees it at `as_of`: positions by OCC symbol or ticker, signed, and settled cash.

    `activity` is the number of the last statement line in it; `working` the client ids that are live there.
    `buying_power` None is unknown. `is_complete` is false for a list that may lack something: empty is not flat.
    """

    as_of: datetime
    positions: dict[str, int]
    cash: Money
    activity: int
    working: tuple[str, ...] = ()
    buying_power: Money | None = None
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """What book and broker do not agree on. For cash (`instrument` USD) the quantities are money."""

    instrument: str
    symbol: str
    ledger: int
    broker: int

    @property
    def missing(self) -> int:
        """What our books lack (negative: have too much)."""
        return self.broker - self.ledger


class Resolution(StrEnum):
    """What a person says of a difference."""

    ASSIGN = "ASSIGN"
    IGNORE = "IGNORE"
