"""The paper broker: fills package orders against real or simulated quotes, never better than a broker would.

A package fills whole or not at all. At its natural price it always fills; nowhere better than mid; in between with a
probability that grows evenly from nothing at mid to certainty at natural. An order gets one draw against each new
quote of the package, whatever its limit: walking up to a price fills no more often than starting there. The draw is a
hash of the seed, the order and the quote's time, not the next number of a shared generator: asking more often fills no
more often, and what other orders do changes nothing.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from engine.core.calendar import expiry_at, session_at
from engine.core.clock import as_utc, epoch_us
from engine.core.money import Money
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.package import PackageQuote, package_quote
from engine.domain.ports import BrokerAccepted, BrokerEnded, BrokerFilled, BrokerReport, QuoteSource
from engine.domain.quote import Quote
from engine.domain.structure import Structure, condor_buying_power
from engine.domain.structure_shapes import recognise
from engine.domain.tick import PACKAGE_TICK

_DRAW_BITS = 64


@dataclass(slots=True)
class _Ticket:
    """An order at the broker: what is known of its future.

    `prices` are (from when, limit), oldest first: a replaced limit takes force after the latency; `met` counts those
    that a poll has reached. `closes_at` ends the day order; `refusal` is why it will be turned down on arrival, "" when
    it will not.
    """

    number: int
    order: Order
    arrives_at: dt.datetime
    closes_at: dt.datetime
    refusal: str
    prices: list[tuple[dt.datetime, Money]]
    cancel_at: dt.datetime | None = None
    met: int = 0

    @property
    def ends_at(self) -> dt.datetime:
        """When the order stops working, filled or not."""
        return self.closes_at if self.cancel_at is None else min(self.cancel_at, self.closes_at)

    @property
    def why_ended(self) -> str:
        """Reason of the end at `ends_at`."""
        return "cancelled on request" if self.cancel_at == self.ends_at else "day order expired"


@dataclass(frozen=True, slots=True)
class _Market:
    """A package's quote with the quotes behind it, in the order of its legs; `at` is when the newest was made."""

    quotes: tuple[Quote, ...]
    package: PackageQuote
    at: dt.datetime


class PaperBroker:
    """A Broker in memory: day orders on whole packages, answers after `latency`, deterministic for a `seed`.

    Quotes older than `max_quote_age` (the oldest leg counts) fill nothing. Orders that arrive malformed, outside a
    session or on expired contracts are rejected; a client id is taken once and ignored after that.
    """

    def __init__(
        self,
        seed: int,
        latency: dt.timedelta = dt.timedelta(seconds=1),
        max_quote_age: dt.timedelta = dt.timedelta(minutes=5),
    ) -> None:
        if latency < dt.timedelta(0):
            raise ValueError(f"a latency of {latency} would answer before the question")
        self._seed = seed
        self._latency = latency
        self._max_quote_age = max_quote_age
        self._known: set[str] = set()
        self._working: dict[str, _Ticket] = {}

    def submit(self, order: Order, now: dt.datetime) -> None:
        """Take a new day order; a client id that was seen before is ignored, so an order is never done twice."""
        if order.order_id in self._known:
            return
        arrives_at = as_utc(now) + self._latency
        session = session_at(arrives_at)
        self._known.add(order.order_id)
        self._working[order.order_id] = _Ticket(
            number=len(self._known),
            order=order,
            arrives_at=arrives_at,
            closes_at=arrives_at if session is None else session.closes,
            refusal=_fault_of(order, arrives_at) or ("the market is closed" if session is None else ""),
            prices=[(arrives_at, order.limit)],
        )

    def replace(self, order_id: str, limit: Money, now: dt.datetime) -> None:
        """Move a working order's limit, in force after the latency; an order that has ended stays as it is.

        Raises ValueError for a limit off the package's grid, which is the caller's fault and not the market's.
        """
        if limit % PACKAGE_TICK:
            raise ValueError(f"limit {limit} of order {order_id} is not in whole cents")
        ticket = self._working.get(order_id)
        if ticket is not None:
            ticket.prices.append((as_utc(now) + self._latency, limit))

    def cancel(self, order_id: str, now: dt.datetime) -> None:
        """Ask for a cancel, in force after the latency; an order that fills before that stays filled."""
        ticket = self._working.get(order_id)
        if ticket is not None and ticket.cancel_at is None:
            ticket.cancel_at = as_utc(now) + self._latency

    def knows(self, order_id: str) -> bool:
        """Whether this client id was ever submitted here."""
        return order_id in self._known

    def buying_power(self, structure: Structure, net_price: Money, quantity: int) -> Money:
        """What the broker would hold for opening a condor at a net price a share: its widest wing less the credit."""
        return condor_buying_power(structure, net_price, quantity)

    def available(self, own: Money) -> Money | None:
        """Buying power left in the account: our own count, for nobody else trades in it."""
        return own

    def next_at(self) -> dt.datetime | None:
        """When the next arrival, price change, cancel or session end is due; None when nothing is working."""
        tickets = self._working.values()
        ends = [ticket.ends_at for ticket in tickets]
        return min(ends + [at for ticket in tickets for at, _ in ticket.prices[ticket.met :]], default=None)

    def poll(self, now: dt.datetime, quotes: QuoteSource) -> tuple[BrokerReport, ...]:
        """Everything that happened up to `now` against these quotes, by time, then in order of submission."""
        now = as_utc(now)
        happened = [
            (at, ticket.number, report)
            for ticket in self._working.values()
            if ticket.arrives_at <= now
            for at, report in self._advance(ticket, now, quotes)
        ]
        happened.sort(key=lambda entry: entry[:2])
        reports = tuple(report for _, _, report in happened)
        for report in reports:
            if not isinstance(report, BrokerAccepted):
                del self._working[report.order_id]
        return reports

    def _advance(
        self, ticket: _Ticket, now: dt.datetime, quotes: QuoteSource
    ) -> Iterator[tuple[dt.datetime, BrokerReport]]:
        """What happens to one arrived ticket up to `now`, with the instants."""
        order = ticket.order
        if ticket.refusal:
            yield ticket.arrives_at, BrokerEnded(order.order_id, OrderStatus.REJECTED, 0, ticket.refusal)
            return
        if ticket.met == 0:
            yield ticket.arrives_at, BrokerAccepted(order.order_id)
        ticket.met = sum(at <= now for at, _ in ticket.prices)
        fill = self._fill(ticket, now, quotes)
        if fill is not None:
            yield fill
        elif ticket.ends_at <= now:
            yield ticket.ends_at, BrokerEnded(order.order_id, OrderStatus.CANCELLED, 0, ticket.why_ended)

    def _fill(self, ticket: _Ticket, now: dt.datetime, quotes: QuoteSource) -> tuple[dt.datetime, BrokerFilled] | None:
        """The first fill among the limits in force up to `now`, None when there is none."""
        order = ticket.order
        market = _market(order, quotes)
        if market is None:
            return None
        # A limit meets the quotes when both are there. Quotes that came after the limit was replaced, or after the
        # order ended, do not reach back to it, however late the poll is.
        ends = [at for at, _ in ticket.prices[1:]] + [ticket.ends_at]
        for (begin, limit), end in zip(ticket.prices, ends, strict=True):
            at = max(begin, market.at)
            if at <= now and at < min(end, ticket.ends_at) and at - market.package.at <= self._max_quote_age:
                price = self._price(order, limit, market.package)
                if price is not None:
                    prices = _leg_prices(order, price, market)
                    return at, BrokerFilled(order.order_id, order.quantity, price, prices)
        return None

    def _price(self, order: Order, limit: Money, package: PackageQuote) -> Money | None:
        """Where the package trades against this quote, None when it does not."""
        if limit >= package.natural:
            return package.natural
        question = f"{self._seed}|{order.order_id}|{epoch_us(package.at)}"
        draw = int.from_bytes(blake2b(question.encode(), digest_size=_DRAW_BITS // 8).digest())
        # In integers: draw / 2**64 < (limit - mid) / (natural - mid), which no limit up to mid can meet.
        return limit if draw * (package.natural - package.mid) < (limit - package.mid) << _DRAW_BITS else None


def _fault_of(order: Order, arrives_at: dt.datetime) -> str:
    """What makes an order unacceptable as it stands, "" when nothing does."""
    if order.quantity <= 0:
        return f"quantity {order.quantity} is not a positive number of contracts"
    if not order.structure.legs:
        return "the order has no legs"
    if recognise(order.structure.legs) is not order.structure.kind:
        return f"the legs are not an {order.structure.kind.value.lower()}"
    if order.limit % PACKAGE_TICK:
        return f"limit {order.limit} (1/10,000 USD) is not in whole cents"
    if expiry_at(order.structure.expiration) <= arrives_at:
        return f"the contracts expired on {order.structure.expiration}"
    return ""


def _market(order: Order, source: QuoteSource) -> _Market | None:
    """The quote of the package as the order would trade it, None when a leg has no good one."""
    legs = order.structure.legs
    found = tuple(source.quote(leg.contract) for leg in legs)
    package = package_quote(legs, found, order.purpose)
    quotes = tuple(quote for quote in found if quote is not None)
    return None if package is None else _Market(quotes, package, max(quote.at for quote in quotes))


def _leg_prices(order: Order, net_price: Money, market: _Market) -> tuple[Money, ...]:
    """Price per share of each leg, in the structure's order, whose net as the order trades them is exactly `net_price`.

    What the package trades better than natural is shared among the legs in proportion to their bid-ask spreads. The
    shares are differences of a running, rounded total, so they are integers, add up exactly, and leave every leg
    between its bid and its ask. Every leg is one contract a unit, as in all structures that are accepted.
    """
    sign = 1 if order.purpose is OrderPurpose.OPEN else -1
    spreads = [(quote.ask or 0) - (quote.bid or 0) for quote in market.quotes]
    total = sum(spreads)
    gain = market.package.natural - net_price
    prices: list[Money] = []
    passed = given = 0
    for leg, quote, spread in zip(order.structure.legs, market.quotes, spreads, strict=True):
        passed += spread
        share = (gain * passed // total if total else 0) - given
        given += share
        prices.append((quote.ask or 0) - share if leg.ratio * sign > 0 else (quote.bid or 0) + share)
    return tuple(prices)
