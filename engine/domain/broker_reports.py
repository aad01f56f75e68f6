"""What a broker says: answers to what was sent, and what happens by itself; late, twice or out of order."""

from dataclasses import dataclass
from typing import TypeAlias

from engine.core.money import Money
from engine.domain.account import BrokerAccount, BrokerActivity
from engine.domain.order import OrderStatus


@dataclass(frozen=True, slots=True)
class BrokerAccepted:
    """The broker has the order."""

    order_id: str


@dataclass(frozen=True, slots=True)
class BrokerReplaced:
    """The broker works the order at a new limit; with `why`, it refused the new one and the old one stands."""

    order_id: str
    limit: Money
    why: str = ""


@dataclass(frozen=True, slots=True)
class BrokerFilled:
    """The broker did `quantity` units more of the order, `cumulative` so far, these at `net_price` a share."""

    order_id: str
    cumulative: int
    net_price: Money
    leg_prices: tuple[Money, ...]
    """Price per share of each leg of the structure, in its order; their net is `net_price`."""
    quantity: int = 0
    """Units of this fill; 0 says that it is all that was not known before."""
    commission: Money | None = None
    fees: Money | None = None
    """None where the broker has not said yet: our own schedule stands in."""


@dataclass(frozen=True, slots=True)
class BrokerLegFilled:
    """Legs were done by themselves: signed contracts so far of each leg as the order trades it.

    `leg_prices` are those of the contracts that are new in this frame, a share.
    """

    order_id: str
    contracts: tuple[int, ...]
    leg_prices: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class BrokerEnded:
    """The broker's final word: cancelled, rejected or expired after `cumulative` units."""

    order_id: str
    status: OrderStatus
    cumulative: int
    why: str


@dataclass(frozen=True, slots=True)
class BrokerCancelRefused:
    """The broker did not cancel: what became of the order is asked for, never assumed."""

    order_id: str
    why: str


@dataclass(frozen=True, slots=True)
class BrokerKnows:
    """The answer to `ask`: whether the broker has ever had this client id, where it stands, and every fill of it.

    `status` None is a word that we do not know: nothing is concluded from it.
    """

    order_id: str
    is_known: bool
    status: OrderStatus | None
    fills: tuple[BrokerFilled, ...] = ()
    limit: Money | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class BrokerFillBroken:
    """The broker broke a trade: `quantity` units of the order never happened, at these prices and with these costs.

    `reference` is the broker's name for it, so that what is told twice is undone once.
    """

    reference: str
    order_id: str
    quantity: int
    net_price: Money
    leg_prices: tuple[Money, ...]
    commission: Money
    fees: Money
    why: str


BrokerReport: TypeAlias = (
    BrokerAccepted
    | BrokerReplaced
    | BrokerFilled
    | BrokerLegFilled
    | BrokerFillBroken
    | BrokerEnded
    | BrokerCancelRefused
    | BrokerKnows
    | BrokerActivity
    | BrokerAccount
)
