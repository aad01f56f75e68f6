"""Events of orders and positions. `events` has them all; what is said there of fields holds here."""

import datetime as dt
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.account import ActivityKind
from engine.domain.instrument import OptionContract
from engine.domain.order import Order, OrderStatus
from engine.domain.position import PositionStatus
from engine.domain.structure import Leg, Structure


@dataclass(frozen=True, slots=True)
class OrderIntended:
    """An order was decided and its hold reserved; durable before the first byte leaves."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderSubmitted:
    """The order left for the broker."""

    order_id: str


@dataclass(frozen=True, slots=True)
class OrderAccepted:
    """The broker acknowledged the order."""

    order_id: str


@dataclass(frozen=True, slots=True)
class OrderUnknown:
    """The order's fate is not known: no answer came in time, or one that makes no sense. The broker is being asked."""

    order_id: str
    why: str


@dataclass(frozen=True, slots=True)
class OrderReplaced:
    """The broker confirmed a new limit, or (`why` given) refused it and the old one still stands."""

    order_id: str
    limit: Money
    why: str = ""


@dataclass(frozen=True, slots=True)
class OrderRepriced:
    """A new limit was asked for: one step from mid towards natural, or what a person typed."""

    order_id: str
    limit: Money
    steps: int


@dataclass(frozen=True, slots=True)
class OrderCancelRequested:
    """A cancel was asked for; the hold stays until the broker's final word."""

    order_id: str
    why: str


@dataclass(frozen=True, slots=True)
class OrderFilled:
    """The broker reported `quantity` units done at `net_price` a share; `cumulative` counts all of the order.

    `leg_prices` are per share, of each leg of the order's structure (of the shares, for shares alone). Where legs were
    done by themselves, `leg_quantities` are the signed contracts of each leg in this report, `net_price` is 0, and
    `quantity` the whole units that this completed. `used` is the position's buying power afterwards; None is the rule
    of the first version, that of an iron condor.
    """

    order_id: str
    quantity: int
    cumulative: int
    net_price: Money
    leg_prices: tuple[Money, ...]
    commission: Money
    fees: Money = 0
    used: Money | None = None
    leg_quantities: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FillReversed:
    """The broker broke a trade: what an order did is undone by a reversing entry, at the same prices.

    `legs` are signed contracts as they were traded, `shares` likewise, `leg_prices` a share (of the shares, for shares
    alone). A position that has ended in the meantime begins anew under the next id. `used` is what it takes afterwards.

    Where the broken trade had ended a `lineage`, that goes on: `ended_net` is what it had counted for, `best` and
    `worst` are those of the module's other trades.
    """

    order_id: str
    module_id: str
    position_id: str
    structure: Structure
    legs: tuple[Leg, ...]
    shares: int
    leg_prices: tuple[Money, ...]
    commission: Money
    fees: Money
    used: Money
    why: str
    reference: str = ""
    lineage: str = ""
    ended_net: Money = 0
    best: Money | None = None
    worst: Money | None = None


@dataclass(frozen=True, slots=True)
class OrderEnded:
    """The final word on an order that is not (wholly) filled: CANCELLED, REJECTED or EXPIRED."""

    order_id: str
    status: OrderStatus
    why: str


@dataclass(frozen=True, slots=True)
class PositionSettled:
    """A position reached its expiry: each leg was settled in cash at its intrinsic value against `spot`."""

    position_id: str
    spot: Money
    spot_at: dt.datetime
    cash: Money


@dataclass(frozen=True, slots=True)
class LegSettled:
    """Contracts of a position ended at the broker: expired, were assigned or exercised, or settled in cash.

    `contracts` > 0 of `contract`; `shares` came in (negative: were delivered) for `cash` (negative: paid). `spot` is
    the price that decided. When only some units of a position are hit, they are split off into
    `split_into`. `used` is the buying power of what was hit afterwards, `used_rest` of the units that stay behind.
    `activity` is the broker's number, so that what it says twice is booked once.
    """

    position_id: str
    contract: OptionContract
    contracts: int
    kind: ActivityKind
    shares: int
    cash: Money
    fees: Money
    spot: Money
    used: Money
    used_rest: Money = 0
    split_into: str = ""
    activity: int = 0


@dataclass(frozen=True, slots=True)
class PositionStatusChanged:
    """A position waits for the broker's word on assignment, was assigned, or is as before."""

    position_id: str
    status: PositionStatus
    why: str


@dataclass(frozen=True, slots=True)
class OwnExitsSet:
    """A person gave a position a profit target and a stop of its own, or (both None) took them back."""

    position_id: str
    profit_pct: int | None
    stop_pct: int | None
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class PositionMoved:
    """A position went over to another module (or EXTERNAL) at cost."""

    position_id: str
    module_id: str
    who: str
    why: str
