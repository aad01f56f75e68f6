"""An independent reader of the journal: holds every entry against the invariants as it becomes durable.

It keeps a second book and plain sums of its own (`tests.property.auditor`), the quotes that the feed has shown, and
looks at the broker's own account, which the program never sees directly.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from engine.core.calendar import session_at
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.account import CASH_ID
from engine.domain.candidate import ApprovalStatus
from engine.domain.instrument import Right
from engine.domain.mindfolio import MindfolioStatus, ModuleKind, ModuleStatus
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.position import PositionStatus
from engine.domain.records import LedgerBatch
from engine.domain.structure import Leg
from engine.execution.paper_state import State
from engine.ledger.book import Book
from engine.ledger.codec import decode_event
from tests.property.auditor import Auditor, lineage_of
from tests.simulation.world.small_market import SmallFeed


class Reckoning(Auditor):
    """The auditor, fed from a journal instead of writing one."""

    def __init__(self) -> None:
        self.twin = Book()
        self.ledger = SimpleNamespace(book=self.twin)  # type: ignore[assignment]
        self.ended = []
        self.judged = {}
        self.cash_seen = self.flows = 0
        self.held_seen = Counter()
        self.last = None
        self.apart = []

    def take(self, entry_seq: int, at: object, event: ev.Event) -> None:
        """One entry more."""
        if isinstance(event, ev.MindfolioCreated):
            self.cash_seen = self.flows = event.spec.capital
        else:
            self._reckon(event)
        applied = self.twin.apply(entry_seq, at, event)  # type: ignore[arg-type]
        assert sum(row.amount for row in applied.postings) == 0, "I1: postings do not sum to zero"
        if isinstance(event, ev.CashBooked) and not event.position_id:
            self.apart.append(event.amount)
        if isinstance(event, ev.FillReversed):
            self.judged.pop(event.lineage, None)
        for held in applied.closed:
            self.ended.append(held)
            if lineage_of(held) not in self.twin.lineages and held.status is not PositionStatus.BROKEN:
                self.judged[lineage_of(held)] = held.module_id if held.module_id in self.twin.modules else ""


class Reader:
    """Reads each batch of entries right after it was written; what it finds wrong goes into `wrong`."""

    def __init__(self, state: Callable[[], State], feed: Callable[[], SmallFeed]) -> None:
        self._state, self._feed = state, feed
        self.reckoning = Reckoning()
        self.wrong: list[str] = []
        self.events = 0
        self.sent: Counter[str] = Counter()
        self.decided: set[str] = set()
        self.finished: dict[str, int] = {}
        """Orders with a final word, and what was filled of them."""
        self.hostile: frozenset[str] = frozenset()
        self.unlimited: frozenset[str] = frozenset()
        """Modules that lack a limit: they may open nothing."""
        self._at_close: dict[str, Money] = {}

    @property
    def book(self) -> Book:
        """The reader's own."""
        return self.reckoning.twin

    def read(self, batch: LedgerBatch) -> None:
        """Everything of one transaction, one entry after the other, then the audit of what they lead to."""
        try:
            for entry in batch.entries:
                before = self.book.last_at
                assert before is None or entry.at >= before, "I16: an entry is older than the one before it"
                event = decode_event(entry.type, entry.version, entry.body)
                self._look(event)
                self.reckoning.take(entry.seq, entry.at, event)
                self.events += 1
                self._look_after(event)
            self.reckoning.audit()
        except AssertionError as error:
            names = [entry.type for entry in batch.entries]
            self.wrong.append(f"{str(error) or 'an audit failed'} {_where(error)} after {names}")

    # --- single entries ----------------------------------------------------------------------------------------------
    def _look(self, event: ev.Event) -> None:
        """Before an entry changes the book."""
        match event:
            case ev.OrderIntended():
                self._intended(event.order)
            case ev.OrderFilled():
                done = self._state().tickets[event.order_id].filled
                assert event.cumulative <= done, "I8: more is booked than the broker did"
            case ev.OrderEnded():
                ticket = self._state().tickets.get(event.order_id)
                live = self.book.orders[event.order_id]
                if ticket is not None:
                    assert ticket.status.is_final, "I5: a hold is released while the order lives at the broker"
                    assert ticket.filled == live.filled, "I5: a hold is released before all fills are booked"
            case ev.ApprovalDecided():
                assert event.approval_id not in self.decided, "I17: an approval is decided twice"
                self.decided.add(event.approval_id)
                if event.status is ApprovalStatus.APPROVED:
                    waiting = self.book.approvals[event.approval_id]
                    assert self.book.last_at is not None
                    assert self.book.last_at < waiting.expires_at, "I17: an approval is taken after its time"
            case ev.ModuleStatusChanged(code="MODULE_FAULT"):
                assert event.module_id in self.hostile, f"I14: {event.module_id} is paused for a fault: {event.why}"
            case ev.BudgetReallocated():
                assert sum(event.budgets.values()) + event.reserve == self.book.capital, "I2"
            case ev.AccountReconciled() if not event.differences and not self.book.orders:
                theirs = event.broker_cash - self.book.ignored.get(CASH_ID, 0)
                assert event.ledger_cash == theirs == self.book.broker_cash, "I10: cash is said to agree, and does not"

    def _look_after(self, event: ev.Event) -> None:
        if isinstance(event, ev.SessionClosed):
            self._at_close = {module_id: self._result(module_id) for module_id in self.book.modules}
        if isinstance(event, ev.OrderFilled | ev.OrderEnded):
            order = self.book.orders.get(event.order_id)
            if order is None:
                ticket = self._state().tickets.get(event.order_id)
                self.finished[event.order_id] = 0 if ticket is None else ticket.filled

    def _intended(self, order: Order) -> None:
        book = self.book
        if order.purpose is OrderPurpose.CLOSE:
            position = book.positions[order.position_id]
            assert position.module_id == order.module_id, "I14: a closing in the name of another module"
            by = book.modules.get(order.who)
            is_watch = by is None or by.spec.kind is ModuleKind.SMART_REBALANCER
            assert is_watch or order.who == position.module_id, "I14: a module closes what is another's"
            assert book.status is not MindfolioStatus.STOPPED or order.who, "I11: the program closes after a stop"
            return
        assert book.status is not MindfolioStatus.STOPPED, "I11: an opening is intended while everything is stopped"
        is_active = (
            book.status is MindfolioStatus.ACTIVE and book.modules[order.module_id].status is ModuleStatus.ACTIVE
        )
        # Rolls and hedges by a module's own rules go on while it is paused.
        is_managed = order.position_id in book.positions and not order.who
        assert is_active or is_managed, "I4: what is paused opens"
        assert order.module_id not in self.unlimited, "I20: a module without a limit opens"
        assert session_at(order.created_at) is not None, "I13: an opening outside the session"
        assert order.hold > 0 or order.purpose is OrderPurpose.ROLL, "I3: nothing is held"
        assert order.held <= max(0, self._left(order.module_id)), "I3: more is held than the module has left"
        blocked = [each for each in book.orders.values() if each.structure.symbol == order.structure.symbol
                   and each.status in (OrderStatus.UNKNOWN, OrderStatus.LEGGED)]  # fmt: skip
        assert not blocked, "I12: an opening beside an order whose fate is unknown"
        halted = [each for each in book.differences.values() if each.symbol == order.structure.symbol]
        assert not halted, "I9: an opening where book and broker differ"
        self._quoted(order)
        if order.purpose is OrderPurpose.OPEN and order.position_id not in book.positions:
            assert not _is_unbounded(order), "I3: a loss without bound is opened"
            assert order.hold >= _largest_loss(order), "I3: less is held than can be lost"
            most = book.modules[order.module_id].spec.limits.daily_loss_limit
            lost = self._at_close.get(order.module_id, 0) - self._result(order.module_id)
            assert most is not None, "I21: a module without a daily limit opens"
            assert lost < most, "I21: a module opens on a day on which it has lost all that it may"

    def _result(self, module_id: str) -> Money:
        """What a module has made since it began: its postings, and its open positions at their marks."""
        book = self.book
        mine = [each for each in book.positions.values() if each.module_id == module_id]
        return book.realised(module_id) + sum(book.marks[each.position_id] - each.cost for each in mine)

    def _left(self, module_id: str) -> Money:
        """What a module has left, from budgets, positions, orders and results alone."""
        book = self.book
        taken = sum(each.used for each in book.positions.values() if each.module_id == module_id)
        taken += sum(
            each.hold * (each.quantity - each.filled) for each in book.orders.values() if each.module_id == module_id
        )
        lost = min(0, book.unsettled(module_id))
        return book.modules[module_id].budget + lost - taken - book.excess_loss(module_id)

    def _quoted(self, order: Order) -> None:
        """Every leg has a quote that makes sense and is young, by what the feed has shown."""
        limit = self.book.limits.max_quote_age
        assert limit is not None
        for leg in order.structure.legs:
            found = self._newest(leg.contract.underlying, leg.contract.key)
            assert found is not None, "I13: an opening in what was never quoted"
            at, bid, ask = found
            assert order.created_at - at <= limit, "I13: an opening on an old quote"
            assert np.isfinite(bid), "I13: an opening without a bid"
            assert np.isfinite(ask), "I13: an opening without an ask"
            assert 0 <= bid <= ask, "I13: an opening on a crossed quote"
            assert ask > 0, "I13: an opening on a quote of nothing"
            assert leg.ratio > 0 or bid > 0, "I13: something is sold that nobody bids for"

    def _newest(self, symbol: str, key: int) -> tuple[dt.datetime, float, float] | None:
        # By the time of the quote: what is told late is older than what was told before it.
        told = reversed(self._feed().told.get(symbol, []))
        for update in sorted(told, key=lambda update: update.at, reverse=True):
            rows = np.flatnonzero(update.key == key)
            if rows.size:
                return update.at, float(update.bid[rows[0]]), float(update.ask[rows[0]])
        return None

    # --- what leaves -------------------------------------------------------------------------------------------------
    def leaves(self, order: Order, *, is_latched: bool) -> None:
        """An order is about to leave for the broker."""
        durable = self.book.orders.get(order.order_id)
        self.sent[order.order_id] += 1
        if durable is None or durable.structure != order.structure or durable.limit != order.limit:
            self.wrong.append(f"I6: {order.order_id} leaves without a durable intent")
        if self.sent[order.order_id] > 1:
            self.wrong.append(f"I7: {order.order_id} leaves twice")
        if order.purpose is not OrderPurpose.CLOSE and (is_latched or self.book.status is MindfolioStatus.STOPPED):
            self.wrong.append(f"I11: {order.order_id} leaves after the latch")

    def knows(self, order_id: str, filled: int) -> bool:
        """Whether an order has ended in the books with all that the broker did of it."""
        return self.finished.get(order_id) == filled


def _is_unbounded(order: Order) -> bool:
    """Whether the loss grows for ever as the price rises: more calls sold than bought, nothing held against them."""
    calls = sum(leg.ratio for leg in order.structure.legs if leg.contract.right is Right.CALL)
    return order.structure.shares + calls * 100 < 0 and bool(order.structure.legs)


def _largest_loss(order: Order) -> Money:
    """What a unit can lose if the worst price is paid: at the worst of all prices when its options expire together.

    Of structures over several expirations, and of shares sold short, nothing is said.
    """
    structure = order.structure
    if not structure.legs:
        return max(0, order.worst)
    if len({leg.contract.expiration for leg in structure.legs}) > 1:
        return 0
    at_expiry = [sum(_pays(leg, spot) for leg in structure.legs) for spot in (0, *structure.strikes)]
    return max(0, order.worst - min(at_expiry)) * 100


def _pays(leg: Leg, spot: Money) -> Money:
    """What a leg is worth a share when it expires."""
    strike = leg.contract.strike
    return leg.ratio * max(0, spot - strike if leg.contract.right is Right.CALL else strike - spot)


def _where(error: AssertionError) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"({trace.tb_frame.f_code.co_name}:{trace.tb_lineno})"
