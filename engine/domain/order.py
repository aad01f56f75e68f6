"""Orders: a package at a net limit price, and what is known of its fate."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.core.money import Money
from engine.domain.structure import Leg, Structure


class OrderPurpose(StrEnum):
    """Whether the order opens its position (or adds to it), closes of it, or exchanges legs of it for others."""

    OPEN = "OPEN"
    CLOSE = "CLOSE"
    ROLL = "ROLL"


class OrderStatus(StrEnum):
    """What is known of an order's fate.

    INTENT is durable and not yet sent; SENT left without an answer so far; UNKNOWN had no answer in time, or one that
    makes no sense, and is being asked about; WORKING is acknowledged; LEGGED has legs done out of their ratio.
    """

    INTENT = "INTENT"
    SENT = "SENT"
    UNKNOWN = "UNKNOWN"
    WORKING = "WORKING"
    PARTLY_FILLED = "PARTLY_FILLED"
    REPLACE_PENDING = "REPLACE_PENDING"
    CANCEL_PENDING = "CANCEL_PENDING"
    LEGGED = "LEGGED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"

    @property
    def is_final(self) -> bool:
        """Nothing more can happen to the order."""
        return self in _FINAL


_FINAL = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED})


@dataclass(frozen=True, slots=True)
class Order:
    """One package order. `order_id` is the client id: it is sent at most once.

    `structure` is what an OPEN buys or sells, what a CLOSE trades in reverse, and what a ROLL trades as it stands (the
    old legs with their sides turned, and the new ones). A package is of options or of shares, never both. `limit` and
    `worst` are the net price per share of what this order trades (debit positive, credit negative). `hold` is the
    buying power and costs reserved for one unit, released only against the broker's cumulative quantity. `who` asked
    for it: "" for its module, else a person or the program's own rule. `legs_done` are the contracts done of each leg,
    where the broker reports legs by themselves. `asked_limit` is the limit of a replacement that is not confirmed.
    """

    order_id: str
    module_id: str
    position_id: str
    purpose: OrderPurpose
    structure: Structure
    quantity: int
    limit: Money
    worst: Money
    hold: Money
    created_at: datetime
    why: str
    status: OrderStatus = OrderStatus.INTENT
    filled: int = 0
    steps: int = 0
    who: str = ""
    asked_limit: Money | None = None
    changed_at: datetime | None = None
    legs_done: tuple[int, ...] = ()
    is_unsure: bool = False
    """Its fate was unknown and nothing has been heard of it since, also while a cancel is asked for."""
    is_netted: bool = False
    """A CLOSE of what the account does not have, since other positions hold the other side: it opens at the broker."""

    @property
    def rests(self) -> bool:
        """Whether it waits at one limit that a person typed, such as a target; it walks no ladder."""
        return bool(self.who) and self.limit >= self.worst and self.steps == 0

    @property
    def remaining(self) -> int:
        """Units not yet filled."""
        return self.quantity - self.filled

    @property
    def held(self) -> Money:
        """Buying power still reserved for what is not filled."""
        return 0 if self.status.is_final else self.hold * self.remaining

    @property
    def adds_risk(self) -> bool:
        """Whether it may open something: such an order never leaves after a stop."""
        return self.purpose is not OrderPurpose.CLOSE

    @property
    def side(self) -> int:
        """+1 where the structure trades as it stands, -1 where it trades in reverse."""
        return -1 if self.purpose is OrderPurpose.CLOSE else 1

    @property
    def trades(self) -> tuple[Leg, ...]:
        """The legs of one unit as this order trades them: positive bought, negative sold."""
        return tuple(Leg(leg.contract, leg.ratio * self.side) for leg in self.structure.legs)
