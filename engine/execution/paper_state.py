"""What the paper broker knows: orders, positions, cash, its statement. It changes by entries alone.

The same entries are written to its file, so what is read back is what was there.
"""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

import msgspec

from engine.core.money import Money
from engine.domain.account import ActivityKind, BrokerActivity
from engine.domain.broker_reports import BrokerFilled
from engine.domain.instrument import MULTIPLIER, OptionContract, parse_instrument
from engine.domain.order import Order, OrderStatus

FILE_VERSION = 1


class Question(StrEnum):
    """What may be asked of the broker; each is answered when it has arrived."""

    REPLACE = "REPLACE"
    CANCEL = "CANCEL"
    ORDER = "ORDER"
    ACCOUNT = "ACCOUNT"


ENDS = frozenset({ActivityKind.EXPIRED, ActivityKind.ASSIGNED, ActivityKind.EXERCISED, ActivityKind.CASH_SETTLED})
"""Lines that end contracts: by the close of their last day, or early by somebody else's exercise."""


class Opened(msgspec.Struct, frozen=True, tag=True):
    """The account began with this cash, and with positions where there were some before."""

    version: int
    cash: Money
    positions: dict[str, int] = {}


class Taken(msgspec.Struct, frozen=True, tag=True):
    """An order is on its way. `closes_at` ends it; None: it meets no open session."""

    number: int
    order: Order
    arrives_at: dt.datetime
    closes_at: dt.datetime | None


class Asked(msgspec.Struct, frozen=True, tag=True):
    """A question is on its way and has its answer at `due`."""

    number: int
    question: Question
    order_id: str
    due: dt.datetime
    limit: Money = 0


class Answered(msgspec.Struct, frozen=True, tag=True):
    """A question had its answer."""

    number: int


class Accepted(msgspec.Struct, frozen=True, tag=True):
    """An order works; `hold` is the buying power set aside for all of it."""

    order_id: str
    at: dt.datetime
    hold: Money


class Repriced(msgspec.Struct, frozen=True, tag=True):
    """An order works at a new limit."""

    order_id: str
    at: dt.datetime
    limit: Money
    hold: Money


class Filled(msgspec.Struct, frozen=True, tag=True):
    """A trade, against quotes whose oldest leg was made at `quoted_at`."""

    report: BrokerFilled
    at: dt.datetime
    quoted_at: dt.datetime


class Ended(msgspec.Struct, frozen=True, tag=True):
    """An order is over before it was (wholly) filled."""

    order_id: str
    status: OrderStatus
    why: str


class Decided(msgspec.Struct, frozen=True, tag=True):
    """What becomes of contracts at the underlying's `price`, which the account's owner is told the next morning."""

    instrument: str
    kind: ActivityKind
    quantity: int
    price: Money


class Booked(msgspec.Struct, frozen=True, tag=True):
    """A line of the statement."""

    line: BrokerActivity


class Lived(msgspec.Struct, frozen=True, tag=True):
    """Closes and mornings up to `until` are done."""

    until: dt.datetime


class Kept(msgspec.Struct, frozen=True, tag=True):
    """Everything as it stood, in place of the entries that led there."""

    version: int
    state: "State"


Entry: TypeAlias = (
    Opened | Taken | Asked | Answered | Accepted | Repriced | Filled | Ended | Decided | Booked | Lived | Kept
)


@dataclass(slots=True)
class Ticket:
    """An order at the broker. `limit` is in force since `limit_since`; `quoted_at` dates the quotes last filled on."""

    number: int
    order: Order
    arrives_at: dt.datetime
    closes_at: dt.datetime | None
    limit: Money
    limit_since: dt.datetime
    status: OrderStatus = OrderStatus.SENT
    hold: Money = 0
    filled: int = 0
    quoted_at: dt.datetime | None = None
    fills: list[BrokerFilled] = field(default_factory=list)
    why: str = ""

    @property
    def remaining(self) -> int:
        """Units not filled yet."""
        return self.order.quantity - self.filled

    @property
    def held(self) -> Money:
        """Buying power set aside for what is not filled, rounded up."""
        return 0 if self.status.is_final else -(-self.hold * self.remaining // self.order.quantity)


@dataclass(slots=True)
class State:
    """Positions by OCC symbol or ticker, signed; tickets by client id; `live` are the ids of those not ended."""

    cash: Money = 0
    opening: Money = 0
    positions: dict[str, int] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    live: list[str] = field(default_factory=list)
    questions: dict[int, Asked] = field(default_factory=dict)
    decided: list[Decided] = field(default_factory=list)
    lines: list[BrokerActivity] = field(default_factory=list)
    lived: dt.datetime | None = None
    number: int = 0

    def apply(self, entry: Entry) -> None:  # noqa: C901 - one flat arm for each kind of entry
        """Take in what happened (all but `Kept`, which replaces the state)."""
        match entry:
            case Opened():
                self.cash = self.opening = entry.cash
                self.positions = dict(entry.positions)
            case Taken():
                order = entry.order
                self.number = entry.number
                self.tickets[order.order_id] = Ticket(
                    entry.number, order, entry.arrives_at, entry.closes_at, order.limit, entry.arrives_at
                )
                self.live.append(order.order_id)
            case Asked():
                self.number = entry.number
                self.questions[entry.number] = entry
            case Answered():
                self.questions.pop(entry.number, None)
            case Accepted():
                ticket = self.tickets[entry.order_id]
                ticket.status, ticket.hold = OrderStatus.WORKING, entry.hold
            case Repriced():
                ticket = self.tickets[entry.order_id]
                ticket.limit, ticket.limit_since, ticket.hold = entry.limit, entry.at, entry.hold
            case Filled():
                self._fill(entry)
            case Ended():
                ticket = self.tickets[entry.order_id]
                ticket.status, ticket.why = entry.status, entry.why
                self.live.remove(entry.order_id)
            case Decided():
                self.decided.append(entry)
            case Booked():
                self._book(entry.line)
            case Lived():
                self.lived = entry.until
            case Kept():
                raise TypeError("a kept state replaces another, it does not change one")

    def _fill(self, entry: Filled) -> None:
        report = entry.report
        ticket = self.tickets[report.order_id]
        order = ticket.order
        ticket.fills.append(report)
        ticket.filled, ticket.quoted_at = report.cumulative, entry.quoted_at
        ticket.status = OrderStatus.PARTLY_FILLED if ticket.remaining else OrderStatus.FILLED
        if not ticket.remaining:
            self.live.remove(report.order_id)
        for instrument, count in order.structure.moves(order.side * report.quantity).items():
            self._move(instrument, count)
        self.cash -= report.net_price * order.structure.multiplier * report.quantity
        self.cash -= (report.commission or 0) + (report.fees or 0)

    def _book(self, line: BrokerActivity) -> None:
        self.lines.append(line)
        self.cash += line.cash - line.fees
        if line.kind not in ENDS:
            return
        self.decided = [one for one in self.decided if one.instrument != line.instrument]
        held = self.positions[line.instrument]
        self._move(line.instrument, -line.quantity if held > 0 else line.quantity)
        if line.shares:
            self._move(option_of(line.instrument).underlying, line.shares)

    def _move(self, instrument: str, count: int) -> None:
        held = self.positions.get(instrument, 0) + count
        if held:
            self.positions[instrument] = held
        else:
            self.positions.pop(instrument, None)


def option_of(instrument: str) -> OptionContract:
    """The contract behind an OCC symbol. Raises TypeError for a ticker."""
    found = _parsed(instrument)
    if isinstance(found, str):
        raise TypeError(f"{instrument} is no option")
    return found


def is_option(instrument: str) -> bool:
    """Whether an instrument of the account is an option, not a share."""
    return not isinstance(_parsed(instrument), str)


def symbol_of(instrument: str) -> str:
    """The underlying of an instrument."""
    found = _parsed(instrument)
    return found if isinstance(found, str) else found.underlying


def settlement(decided: Decided, held: int) -> tuple[int, Money]:
    """Shares and cash that come in when contracts of a position (`held`, signed) end as decided."""
    contract = option_of(decided.instrument)
    inside = decided.price - contract.strike if contract.right.value == "C" else contract.strike - decided.price
    sign = 1 if held > 0 else -1
    if decided.kind is ActivityKind.CASH_SETTLED:
        return 0, sign * max(0, inside) * MULTIPLIER * decided.quantity
    if decided.kind is ActivityKind.EXPIRED:
        return 0, 0
    shares = sign * MULTIPLIER * decided.quantity * (1 if contract.right.value == "C" else -1)
    return shares, -shares * contract.strike


_parsed = lru_cache(maxsize=4096)(parse_instrument)
