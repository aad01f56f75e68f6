"""Tax lots: what was bought or sold short when and for what, and what closing it made. Flags, not advice."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from engine.core.money import Money
from engine.domain.instrument import MULTIPLIER, OptionContract


class How(StrEnum):
    """How contracts or shares came or went."""

    TRADE = "trade"
    EXPIRED = "expired"
    CASH_SETTLED = "settled in cash"
    ASSIGNED = "assigned"
    EXERCISED = "exercised"
    TAKEN_IN = "taken in from the broker's account"


class Term(StrEnum):
    """How long something was held: long-term is more than a year."""

    SHORT = "short-term"
    LONG = "long-term"


@dataclass(frozen=True, slots=True)
class TaxTrade:
    """Contracts of one option, or shares (`contract` None), that came (`quantity` > 0) or went.

    `paid` is what that cost without `costs` (commissions and fees, >= 0); negative: brought. With an assignment or
    exercise, `shares` came or went for `share_cash` (negative: paid), and `paid` is 0.
    """

    seq: int
    day: dt.date
    symbol: str
    contract: OptionContract | None
    quantity: int
    paid: Money
    costs: Money
    how: How
    position_id: str = ""
    order_id: str = ""
    shares: int = 0
    share_cash: Money = 0


@dataclass(frozen=True, slots=True)
class TaxLot:
    """What is open: `basis` is its cost with costs (of something sold short, less than 0: what it brought).

    `opened` counts from the day of the trade; `bought` is how many were opened in it. `how` tells assignments, whose
    basis carries the premium of the option. `is_known` is false where the basis is what a person or a mark said: of
    what was taken in from the broker's account, and of shares that such an option became.
    """

    lot_id: str
    symbol: str
    contract: OptionContract | None
    quantity: int
    basis: Money
    opened: dt.date
    how: How
    bought: int
    position_id: str = ""
    is_known: bool = True

    @property
    def shares(self) -> int:
        """Shares that it is about, >= 0."""
        return _shares(self.contract, self.quantity)


@dataclass(frozen=True, slots=True)
class Replacement:
    """What may make a loss a wash sale: `shares` of it stand in for what was sold."""

    lot_id: str
    opened: dt.date
    shares: int


@dataclass(frozen=True, slots=True)
class TaxClosing:
    """A lot, or a part of one, that was closed: `quantity` as it was held, negative sold short.

    `proceeds` less `basis` is the gain; of something sold short `proceeds` came at its opening. `disallowed` >= 0 is
    how much of a loss a wash sale would take, by the `replacements`; it is not taken off the gain here. `is_1256` says
    that section 1256 (an option on an index) may rule instead, under which there are no terms and no wash sales.
    `knows_basis` and `knows_proceeds` are false where the figure is none of a trade's (see `TaxLot.is_known`); then no
    wash sale is looked for. `term` is None where either day is only that on which somebody found it.
    """

    lot_id: str
    symbol: str
    contract: OptionContract | None
    quantity: int
    opened: dt.date
    closed: dt.date
    how: How
    proceeds: Money
    basis: Money
    term: Term | None
    opened_how: How = How.TRADE
    knows_basis: bool = True
    knows_proceeds: bool = True
    seq: int = 0
    is_1256: bool = False
    disallowed: Money = 0
    replacements: tuple[Replacement, ...] = ()

    @property
    def gain(self) -> Money:
        """What it made, before any wash sale."""
        return self.proceeds - self.basis

    @property
    def shares(self) -> int:
        """Shares that it is about, >= 0."""
        return _shares(self.contract, self.quantity)

    @property
    def is_wash(self) -> bool:
        """Whether a wash sale is possible."""
        return bool(self.replacements)

    @property
    def knows_gain(self) -> bool:
        """Whether the gain is that of trades."""
        return self.knows_basis and self.knows_proceeds


@dataclass(frozen=True, slots=True)
class TaxReport:
    """Every lot that was closed, in order, and those that are open."""

    closed: tuple[TaxClosing, ...]
    open: tuple[TaxLot, ...]


def _shares(contract: OptionContract | None, quantity: int) -> int:
    return abs(quantity) * (1 if contract is None else MULTIPLIER)
