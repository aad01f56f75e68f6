"""Orders: a package at a net limit price, and what is known of its fate."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.core.money import Money
from engine.domain.structure import Structure


class OrderPurpose(StrEnum):
    """Whether the order opens or closes its position."""

    OPEN = "OPEN"
    CLOSE = "CLOSE"


class OrderStatus(StrEnum):
    """INTENT is durable and not yet sent; SENT is at the broker without an answer; WORKING is acknowledged."""

    INTENT = "INTENT"
    SENT = "SENT"
    WORKING = "WORKING"
    CANCEL_PENDING = "CANCEL_PENDING"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"

    @property
    def is_final(self) -> bool:
        """Nothing more can happen to the order."""
        return self in (OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED)


@dataclass(frozen=True, slots=True)
class Order:
    """One package order. `order_id` is the client id: it is sent at most once.

    `structure` is what the position holds; a CLOSE trades it in reverse. `limit` and `worst` are the net price per
    share of what this order trades (debit positive, credit negative). `hold` is the buying power and
    costs reserved for one unit of an opening (0 for a closing), released only against the broker's cumulative quantity.
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

    @property
    def remaining(self) -> int:
        """Units not yet filled."""
        return self.quantity - self.filled

    @property
    def held(self) -> Money:
        """Buying power still reserved for what is not filled."""
        return 0 if self.status.is_final else self.hold * self.remaining
