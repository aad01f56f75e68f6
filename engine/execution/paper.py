"""The paper broker: a counterparty with an account of its own, which fills orders against real or simulated quotes.

It never fills better than a broker would (`paper_fills`), takes only what its own account can bear (`paper_orders`,
`paper_account`), lets contracts end as the clearing house does (`paper_lifecycle`) and keeps all of it in a file
(`paper_file`). A package fills as a package. Every draw is a hash of the seed and of what it is about, not the next
number of a shared generator: asking more often fills no more often, and what other orders do changes nothing.
"""

import datetime as dt
import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from engine.core.calendar import session_at
from engine.core.clock import as_utc
from engine.core.money import Money
from engine.domain.account import CASH_ID, ActivityKind, BrokerAccount, BrokerActivity
from engine.domain.broker_reports import (
    BrokerAccepted,
    BrokerCancelRefused,
    BrokerEnded,
    BrokerFilled,
    BrokerReplaced,
    BrokerReport,
)
from engine.domain.limits import Costs
from engine.domain.order import Order, OrderStatus
from engine.domain.ports import QuoteSource
from engine.domain.structure import Structure
from engine.execution.paper_account import Requirements
from engine.execution.paper_fills import Market, leg_prices, market_of, part_of, price_of
from engine.execution.paper_keeper import Keeper
from engine.execution.paper_lifecycle import Dividends, Lifecycle
from engine.execution.paper_orders import (
    charge,
    closing_fault,
    fault_of,
    fault_of_limit,
    knowledge,
    not_working,
    verdict,
)
from engine.execution.paper_state import (
    Accepted,
    Answered,
    Asked,
    Ended,
    Filled,
    Lived,
    Question,
    Repriced,
    Taken,
    Ticket,
)

_TRANSFERS = (ActivityKind.DEPOSIT, ActivityKind.WITHDRAWAL)

_FIRST, _THEN, _LAST = range(3)
"""At one instant: what was sent arrives and ends, then limits meet quotes, then the day closes."""


@dataclass(frozen=True, slots=True)
class PaperRules:
    """How the paper broker behaves.

    Answers come after `latency`; quotes older than `max_quote_age` (the oldest leg counts) fill nothing. `partial_pct`
    is the chance that a fill takes only part of an order, 0 in a calm market. Rates in basis points a year. Outcomes of
    expiry and assignment are told at `told_at`, New York. `compact_at` bytes of entries are rewritten as one state.
    """

    latency: dt.timedelta = dt.timedelta(seconds=1)
    max_quote_age: dt.timedelta = dt.timedelta(minutes=5)
    partial_pct: int = 0
    cash_rate_bps: int = 0
    borrow_rate_bps: int = 0
    told_at: dt.time = dt.time(6)
    compact_at: int = 4_000_000

    def __post_init__(self) -> None:
        if self.latency < dt.timedelta(0):
            raise ValueError(f"a latency of {self.latency} would answer before the question")


class PaperBroker:
    """A Broker of day orders, deterministic for a `seed`.

    `cash` and `positions` (by OCC symbol or ticker) open a new account; a `file` that has one already wins. Raises
    LedgerFault for a damaged file, and from a poll of which it cannot keep what happened; OSError from every other call
    whose consequences cannot be kept: what it was about is then not known.
    """

    def __init__(
        self,
        seed: int,
        cash: Money,
        costs: Costs = Costs(),  # noqa: B008 - frozen
        *,
        rules: PaperRules = PaperRules(),
        dividends: Dividends | None = None,
        positions: Mapping[str, int] | None = None,
        file: Path | None = None,
    ) -> None:
        self._seed, self._costs, self._rules = seed, costs, rules
        self._life = Lifecycle(seed, costs, dividends or {}, rules.told_at, rules.cash_rate_bps, rules.borrow_rate_bps)
        self._kept = Keeper(cash, file, rules.compact_at, positions)
        self._state = self._kept.state
        self._needs: Requirements | None = None
        self._tie = count()  # what else is equal is done in the order in which it was planned
        self._agenda: list[tuple[dt.datetime, int, int, int, Callable[[dt.datetime], None]]] = []

    # --- the port ------------------------------------------------------------------------------------------------
    def submit(self, order: Order, now: dt.datetime) -> None:
        """Take a new day order; a client id that was seen before is ignored, so an order is never done twice."""
        if order.order_id in self._state.tickets:
            return
        self._begin(now)
        arrives_at = as_utc(now) + self._rules.latency
        session = session_at(arrives_at)
        closes_at = None if session is None else session.closes
        self._kept.record(Taken(self._state.number + 1, order, arrives_at, closes_at))
        self._kept.save()

    def replace(self, order_id: str, limit: Money, now: dt.datetime) -> None:
        """Ask for a new limit; answered by a `BrokerReplaced`, with a reason where the old one stands."""
        self._ask(Question.REPLACE, order_id, now, limit)

    def cancel(self, order_id: str, now: dt.datetime) -> None:
        """Ask for a cancel; an order that fills before it arrives stays filled, and the cancel is refused."""
        self._ask(Question.CANCEL, order_id, now)

    def ask(self, order_id: str, now: dt.datetime) -> None:
        """Ask what became of a client id; answered by a `BrokerKnows` with all its fills."""
        self._ask(Question.ORDER, order_id, now)

    def ask_account(self, now: dt.datetime) -> None:
        """Ask for the account; answered by a `BrokerAccount`."""
        self._ask(Question.ACCOUNT, "", now)

    def fund(self, reference: str, amount: Money, now: dt.datetime) -> None:
        """Move cash in, or (negative) out as far as it is there; a reference that was seen before is ignored."""
        if any(line.instrument == reference and line.kind in _TRANSFERS for line in self._state.lines):
            return
        if amount > 0:
            self.deposit(amount, now, reference)
        elif amount < 0:
            self.withdraw(-amount, now, reference)

    def preview(self, structure: Structure, net_price: Money, quantity: int, shares: int = 0) -> Money | None:
        """What this broker would set aside for opening it beside `shares` and nothing else; None without prices."""
        if self._needs is None:
            return None
        held = {structure.symbol: shares} if shares else {}
        both = self._needs.change(held, structure.symbol, structure.moves(quantity))
        if both is None:
            return None
        before, after = both
        return max(0, after.initial - before.initial + net_price * structure.multiplier * quantity)

    def available(self, own: Money) -> Money | None:  # noqa: ARG002 - this broker has a figure of its own
        """Buying power left by the newest quotes seen; None before the first."""
        return None if self._needs is None else self._needs.buying_power(self._state)

    def next_at(self) -> dt.datetime | None:
        """When the next arrival, answer, end of an order, morning or close is due; None when nothing is."""
        state = self._state
        due = [question.due for question in state.questions.values()]
        for order_id in state.live:
            ticket = state.tickets[order_id]
            is_new = ticket.status is OrderStatus.SENT or ticket.closes_at is None
            due.append(ticket.arrives_at if is_new or ticket.closes_at is None else ticket.closes_at)
        life = self._life.next_at(state)
        return min(due if life is None else [*due, life], default=None)

    def poll(self, now: dt.datetime, quotes: QuoteSource) -> tuple[BrokerReport, ...]:
        """Everything that happened up to `now` against these quotes, in the order in which it did."""
        now = as_utc(now)
        self._needs = Requirements(quotes)
        self._begin(now)
        self._kept.tell_lines()
        self._plan(now)
        while self._agenda:
            at, _, _, _, action = heapq.heappop(self._agenda)
            action(at)
        self._settle_late(now, quotes)
        return self._kept.take()

    def close(self) -> None:
        """Let go of the file."""
        self._kept.close()

    # --- the account's owner -----------------------------------------------------------------------------------------
    def deposit(self, amount: Money, now: dt.datetime, reference: str = CASH_ID) -> None:
        """Pay cash in: a line of the statement, under a reference. Raises ValueError for nothing or less."""
        self._pay(ActivityKind.DEPOSIT, amount, now, reference)

    def withdraw(self, amount: Money, now: dt.datetime, reference: str = CASH_ID) -> str:
        """Take cash out: a line of the statement; or why not ("": done). Raises ValueError for nothing or less."""
        state = self._state
        is_bare = self._needs is None and not state.positions and not state.live
        left = state.cash if is_bare else self.available(0)
        if left is None:
            return "the buying power left is not known before there are quotes"
        if amount > left:
            return "no more than the buying power left can be taken out"
        self._pay(ActivityKind.WITHDRAWAL, amount, now, reference)
        return ""

    def tell_after(self, number: int) -> None:
        """Tell the statement's lines after this number (again): what a book that has it lacks."""
        self._kept.tell_after(number)

    def knows(self, order_id: str) -> bool:
        """Whether this client id was ever submitted here."""
        return order_id in self._state.tickets

    # --- what is due -------------------------------------------------------------------------------------------------
    def _plan(self, now: dt.datetime) -> None:
        """Put everything up to `now` on the agenda."""
        state = self._state
        self._agenda.clear()
        for order_id in state.live:
            ticket = state.tickets[order_id]
            if ticket.status is OrderStatus.SENT:
                self._due(ticket.arrives_at, now, _FIRST, ticket.number, partial(self._arrive, ticket, now))
            else:
                self._plan_look(ticket, ticket.limit_since, now)
            if ticket.closes_at is not None:
                self._due(ticket.closes_at, now, _FIRST, ticket.number, partial(self._expire, ticket))
        for asked in state.questions.values():
            self._due(asked.due, now, _FIRST, asked.number, partial(self._answer, asked, now))
        if state.lived is not None:
            for number, (when, day, is_close) in enumerate(self._life.instants(state.lived, now)):
                self._due(when, now, _LAST, number, partial(self._close if is_close else self._dawn, day, now))

    def _due(
        self, at: dt.datetime, now: dt.datetime, rank: int, number: int, action: Callable[[dt.datetime], None]
    ) -> None:
        if at <= now:
            heapq.heappush(self._agenda, (at, rank, number, next(self._tie), action))

    def _plan_look(self, ticket: Ticket, since: dt.datetime, now: dt.datetime) -> None:
        """The limit in force since then meets the quotes when both are there.

        Quotes that came after the limit was replaced, or after the order ended, do not reach back to it, however late
        the poll is.
        """
        market = market_of(ticket.order, self._bearing.quotes)
        if market is not None:
            look_at = max(since, market.at)
            self._due(look_at, now, _THEN, ticket.number, partial(self._look, ticket, market))

    # --- orders ------------------------------------------------------------------------------------------------------
    def _arrive(self, ticket: Ticket, now: dt.datetime, at: dt.datetime) -> None:
        order, quotes = ticket.order, self._bearing.quotes
        why = fault_of(order, at, quotes) or closing_fault(self._state, order)
        found = None if why else verdict(self._state, ticket, order.limit, self._costs, self._bearing)
        if found is None or found.why:
            self._end(ticket, OrderStatus.REJECTED, why if found is None else found.why)
            return
        self._kept.record(Accepted(order.order_id, at, found.hold))
        self._kept.report(BrokerAccepted(order.order_id))
        self._plan_look(ticket, at, now)

    def _look(self, ticket: Ticket, market: Market, at: dt.datetime) -> None:
        """Let a working limit meet a quote, once for each quote that it has not traded against."""
        order, package = ticket.order, market.package
        if ticket.status.is_final or ticket.limit_since > at or at - package.at > self._rules.max_quote_age:
            return
        if ticket.quoted_at is not None and package.at <= ticket.quoted_at:
            return
        price = price_of(self._seed, order, ticket.limit, market)
        prices = None if price is None else leg_prices(order, price, market)
        if price is None or prices is None:
            return
        units = part_of(self._seed, order, ticket.remaining, market, self._rules.partial_pct)
        commission, fees = charge(order, units, prices, self._costs)
        filled = BrokerFilled(
            order.order_id, ticket.filled + units, price, prices, quantity=units, commission=commission, fees=fees
        )
        self._kept.record(Filled(filled, at, package.at))
        self._kept.report(filled)

    def _expire(self, ticket: Ticket, _: dt.datetime) -> None:
        if not ticket.status.is_final:
            self._end(ticket, OrderStatus.EXPIRED, "day order expired")

    def _end(self, ticket: Ticket, status: OrderStatus, why: str) -> None:
        order_id = ticket.order.order_id
        self._kept.record(Ended(order_id, status, why))
        self._kept.report(BrokerEnded(order_id, status, ticket.filled, why))

    # --- questions ---------------------------------------------------------------------------------------------------
    def _ask(self, question: Question, order_id: str, now: dt.datetime, limit: Money = 0) -> None:
        self._begin(now)
        due = as_utc(now) + self._rules.latency
        asked = Asked(self._state.number + 1, question, order_id, due, limit)
        if question in (Question.ORDER, Question.ACCOUNT):
            self._state.apply(asked)  # whoever asked is gone after a restart
            return
        self._kept.record(asked)
        self._kept.save()

    def _answer(self, asked: Asked, now: dt.datetime, at: dt.datetime) -> None:
        ticket = self._state.tickets.get(asked.order_id)
        match asked.question:
            case Question.ACCOUNT:
                self._kept.report(self._account(at))
            case Question.ORDER:
                self._kept.report(knowledge(asked.order_id, ticket))
            case Question.CANCEL:
                why = not_working(ticket)
                if ticket is None or why:
                    self._kept.report(BrokerCancelRefused(asked.order_id, why))
                else:
                    self._end(ticket, OrderStatus.CANCELLED, "cancelled on request")
            case Question.REPLACE:
                self._reprice(asked, ticket, at, now)
        answered = Answered(asked.number)
        if asked.question in (Question.ORDER, Question.ACCOUNT):
            self._state.apply(answered)
        else:
            self._kept.record(answered)

    def _reprice(self, asked: Asked, ticket: Ticket | None, at: dt.datetime, now: dt.datetime) -> None:
        why = not_working(ticket)
        if ticket is None or why:
            limit = asked.limit if ticket is None else ticket.limit
            self._kept.report(BrokerReplaced(asked.order_id, limit, why))
            return
        why = fault_of_limit(ticket.order.structure, asked.limit)
        found = None if why else verdict(self._state, ticket, asked.limit, self._costs, self._bearing)
        if found is None or found.why:
            self._kept.report(BrokerReplaced(asked.order_id, ticket.limit, why if found is None else found.why))
            return
        self._kept.record(Repriced(asked.order_id, at, asked.limit, found.hold))
        self._kept.report(BrokerReplaced(asked.order_id, asked.limit))
        self._plan_look(ticket, at, now)

    def _account(self, at: dt.datetime) -> BrokerAccount:
        state = self._state
        return BrokerAccount(
            as_of=at,
            positions=dict(state.positions),
            cash=state.cash,
            activity=len(state.lines),
            working=tuple(state.live),
            buying_power=self._bearing.buying_power(state),
        )

    # --- lifecycle ---------------------------------------------------------------------------------------------------
    def _close(self, day: dt.date, now: dt.datetime, at: dt.datetime) -> None:
        """One close: outcomes are decided."""
        quotes = self._bearing.quotes
        for decided in self._life.decide(self._state, at, now, quotes) + self._life.early(self._state, day, quotes):
            self._kept.record(decided)
        self._kept.record(Lived(at))

    def _dawn(self, day: dt.date, _: dt.datetime, at: dt.datetime) -> None:
        """One morning: outcomes are told, and what shares and cash carry is booked."""
        for decided in list(self._state.decided):
            self._kept.book(self._life.outcome(self._state, decided, at))
        for line in self._life.carry(self._state, day, at, self._bearing.quotes):
            self._kept.book(line)
        self._kept.record(Lived(at))

    def _settle_late(self, now: dt.datetime, quotes: QuoteSource) -> None:
        """Contracts whose closing price became known only now; what should have been told is told at once."""
        for decided in self._life.decide(self._state, now, now, quotes):
            self._kept.record(decided)
            told_at = self._life.told_late_at(decided, quotes)
            if told_at <= now:
                self._kept.book(self._life.outcome(self._state, decided, told_at))

    def _pay(self, kind: ActivityKind, amount: Money, now: dt.datetime, reference: str) -> None:
        if amount <= 0:
            raise ValueError(f"{amount} is no amount to pay")
        self._begin(now)
        cash = amount if kind is ActivityKind.DEPOSIT else -amount
        number = len(self._state.lines) + 1
        self._kept.book(BrokerActivity(number, kind, as_utc(now), reference, 0, 0, cash))
        self._kept.save()

    @property
    def _bearing(self) -> Requirements:
        if self._needs is None:
            raise AssertionError("quotes come with every poll")
        return self._needs

    def _begin(self, now: dt.datetime) -> None:
        """The account's time begins with the first that is heard of it."""
        if self._state.lived is None:
            self._kept.record(Lived(as_utc(now)))
