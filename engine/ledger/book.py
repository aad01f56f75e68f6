"""The book: the state of a mindfolio, which is the fold of its journal and nothing else.

The kernel owns one and is the only one to call `apply`. Everything here is a function of the events, never of the
time of day, so a restart gives the same book bit for bit.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field, replace

from engine.core.errors import LedgerFault
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.budget import BudgetPlan, available
from engine.domain.candidate import Approval
from engine.domain.instrument import MULTIPLIER
from engine.domain.limits import Costs, GateLimits
from engine.domain.mindfolio import Environment, MindfolioSpec, MindfolioStatus, ModuleSpec, ModuleStatus, Waivers
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.ports import PostingRow
from engine.domain.position import Position, PositionStatus
from engine.ledger import entries
from engine.ledger.entries import Account


@dataclass(slots=True)
class ModuleBook:
    """What the journal says of one module."""

    spec: ModuleSpec
    budget: Money
    status: ModuleStatus
    status_why: str = ""
    baseline: Money = 0
    scanned_at: dt.datetime | None = None
    scans_today: int = 0
    executed_today: int = 0


@dataclass(slots=True)
class Applied:
    """What applying one event brought about besides the new state."""

    postings: tuple[PostingRow, ...] = ()
    closed: Position | None = None


@dataclass(slots=True)
class Book:
    """The state of one mindfolio. Empty until its MindfolioCreated is applied."""

    seq: int = 0
    last_at: dt.datetime | None = None
    spec: MindfolioSpec | None = None
    environment: Environment = Environment.SIMULATED
    market: str = ""
    seed: int = 0
    limits: GateLimits = field(default_factory=GateLimits)
    costs: Costs = field(default_factory=Costs)
    waivers: Waivers = field(default_factory=Waivers)
    status: MindfolioStatus = MindfolioStatus.ACTIVE
    stop_why: str = ""
    stopped_at: dt.datetime | None = None
    capital: Money = 0
    reserve: Money = 0
    version: int = 0
    session: dt.date | None = None
    modules: dict[str, ModuleBook] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    """Orders without a final word."""
    approvals: dict[str, Approval] = field(default_factory=dict)
    """Approvals that wait."""
    positions: dict[str, Position] = field(default_factory=dict)
    """Open positions."""
    closed: dict[str, Position] = field(default_factory=dict)
    marks: dict[str, Money] = field(default_factory=dict)
    marked_at: dict[str, dt.datetime] = field(default_factory=dict)
    balances: defaultdict[tuple[str, str], Money] = field(default_factory=lambda: defaultdict(int))
    orders_made: int = 0
    positions_made: int = 0
    approvals_made: int = 0

    @property
    def plan(self) -> BudgetPlan:
        """The split of capital in force."""
        return BudgetPlan({module_id: module.budget for module_id, module in self.modules.items()}, self.reserve)

    @property
    def cash(self) -> Money:
        """Cash of the whole mindfolio."""
        return sum(amount for (account, _), amount in self.balances.items() if account == Account.CASH)

    def positions_of(self, module_id: str) -> tuple[Position, ...]:
        """Open positions of a module, oldest first."""
        return tuple(position for position in self.positions.values() if position.module_id == module_id)

    def orders_of(self, module_id: str) -> tuple[Order, ...]:
        """Live orders of a module, oldest first."""
        return tuple(order for order in self.orders.values() if order.module_id == module_id)

    def used(self, module_id: str) -> Money:
        """Buying power of a module's open positions."""
        return sum(position.used for position in self.positions_of(module_id))

    def held(self, module_id: str) -> Money:
        """Buying power reserved by a module's live orders."""
        return sum(order.held for order in self.orders_of(module_id))

    def realised(self, module_id: str) -> Money:
        """Realised P&L of a module after commissions (every commission paid so far)."""
        balances = self.balances  # read without [], which would add empty accounts to the state
        return -balances.get((Account.REALISED, module_id), 0) - balances.get((Account.COMMISSIONS, module_id), 0)

    def unrealised(self, module_id: str) -> Money:
        """Open P&L of a module at its last marks, before closing costs."""
        return sum(self.marks[position.position_id] - position.cost for position in self.positions_of(module_id))

    def pnl(self, module_id: str) -> Money:
        """Realised and open P&L of a module, after costs."""
        return self.realised(module_id) + self.unrealised(module_id)

    def day_pnl(self, module_id: str) -> Money:
        """P&L of a module since the close of the previous session."""
        return self.pnl(module_id) - self.modules[module_id].baseline

    def available(self, module_id: str) -> Money:
        """What a module may still put at work under the mindfolio's P&L policy."""
        if self.spec is None:
            return 0
        return available(
            self.spec.pnl_policy,
            self.modules[module_id].budget,
            self.used(module_id),
            self.held(module_id),
            self.realised(module_id),
        )

    @property
    def nav(self) -> Money:
        """Cash plus open positions at their last marks."""
        return self.cash + sum(self.marks[position_id] for position_id in self.positions)

    # --- fold ------------------------------------------------------------------------------------------------------
    def apply(self, seq: int, at: dt.datetime, event: ev.Event) -> Applied:
        """Fold one event in. Raises LedgerFault when it contradicts the state or breaks an invariant."""
        if seq != self.seq + 1:
            raise LedgerFault(f"entry {seq} does not follow entry {self.seq}")
        if self.spec is None and not isinstance(event, ev.MindfolioCreated):
            raise LedgerFault(f"entry {seq} ({type(event).__name__}) comes before the mindfolio was created")
        try:
            applied = _fold(self, seq, at, event)
        except (KeyError, ValueError) as error:
            raise LedgerFault(f"entry {seq} ({type(event).__name__}) contradicts the state: {error}") from error
        self.seq, self.last_at = seq, at
        for row in applied.postings:
            self.balances[row.account, row.module_id] += row.amount
        _assert_invariants(self, applied)
        return applied


def _assert_invariants(book: Book, applied: Applied) -> None:
    """What must hold after every event; a violation means that this program is wrong, and trading halts."""
    if not entries.is_balanced(applied.postings):
        raise LedgerFault(f"postings of entry {book.seq} do not sum to zero")
    plan = book.plan
    if plan.total != book.capital or min([plan.reserve, *plan.budgets.values()], default=0) < 0:
        raise LedgerFault(f"after entry {book.seq} budgets and reserve do not add up to capital")


def _fold(book: Book, seq: int, at: dt.datetime, event: ev.Event) -> Applied:
    match event:
        case ev.MindfolioCreated():
            return _created(book, seq, event)
        case ev.OrderFilled():
            return _filled(book, seq, at, event)
        case ev.PositionSettled():
            return _settled(book, seq, at, event)
        case ev.OrderIntended(order):
            _intended(book, order)
        case ev.OrderSubmitted() | ev.OrderAccepted() | ev.OrderRepriced() | ev.OrderCancelRequested():
            _order_moved(book, event)
        case ev.OrderEnded():
            _order_ended(book, event)
        case _:
            _state_changed(book, at, event)
    return Applied()


def _state_changed(book: Book, at: dt.datetime, event: ev.Event) -> None:
    match event:
        case ev.MarksRecorded(marks):
            if not marks.keys() <= book.positions.keys():
                raise LedgerFault(f"marks of positions that are not open: {sorted(marks.keys() - book.positions)}")
            for position_id, mark in marks.items():
                book.marks[position_id], book.marked_at[position_id] = mark, at
        case ev.ScanCompleted():
            book.modules[event.module_id].scanned_at = at
            book.modules[event.module_id].scans_today += 1
        case ev.ApprovalRequested(approval):
            book.approvals[approval.approval_id] = approval
            book.approvals_made += 1
        case ev.ApprovalDecided():
            del book.approvals[event.approval_id]
        case ev.BudgetReallocated():
            _reallocated(book, event)
        case _:
            _status_changed(book, at, event)


def _status_changed(book: Book, at: dt.datetime, event: ev.Event) -> None:
    match event:
        case ev.SessionOpened():
            book.session = event.day
            for module_id, module in book.modules.items():
                module.baseline = event.baselines[module_id]
                module.scans_today = module.executed_today = 0
        case ev.SessionClosed():
            book.session = None
        case ev.ModuleStatusChanged():
            module = book.modules[event.module_id]
            module.status = event.status
            module.status_why = event.why if event.status is ModuleStatus.PAUSED else ""
        case ev.EmergencyStopLatched():
            book.status, book.stop_why, book.stopped_at = MindfolioStatus.STOPPED, event.why, at
        case ev.MindfolioRearmed():
            book.status, book.stop_why, book.stopped_at = MindfolioStatus.ACTIVE, "", None
        case _:
            raise LedgerFault(f"no rule folds {type(event).__name__}")


def _reallocated(book: Book, event: ev.BudgetReallocated) -> None:
    if event.version != book.version + 1:
        raise LedgerFault(f"split {event.version} does not follow split {book.version}")
    book.version, book.reserve = event.version, event.reserve
    for module_id, module in book.modules.items():
        module.budget = event.budgets[module_id]


def _created(book: Book, seq: int, event: ev.MindfolioCreated) -> Applied:
    if book.spec is not None:
        raise LedgerFault("a journal holds one mindfolio only")
    spec = event.spec
    book.spec, book.environment, book.market, book.seed = spec, event.environment, event.market, event.seed
    book.limits, book.costs, book.waivers = event.limits, event.costs, event.waivers
    book.capital, book.reserve, book.version = spec.capital, spec.reserve, 1
    book.modules = {
        module.module_id: ModuleBook(
            module,
            spec.budgets[module.module_id],
            module.status,
            "set up as paused" if module.status is ModuleStatus.PAUSED else "",
        )
        for module in spec.modules
    }
    if book.modules.keys() != spec.budgets.keys() or len(book.modules) != len(spec.modules):
        raise LedgerFault("each module needs an id of its own and one budget")
    return Applied(entries.opening_deposit(seq, event))


def _intended(book: Book, order: Order) -> None:
    if order.order_id in book.orders:
        raise LedgerFault(f"order {order.order_id} was intended twice")
    if order.module_id not in book.modules or order.quantity <= 0:
        raise LedgerFault(f"order {order.order_id} is for {order.quantity} in {order.module_id}")
    position = book.positions.get(order.position_id)
    if order.purpose is OrderPurpose.OPEN:
        if position is not None or order.position_id in book.closed:
            raise LedgerFault(f"order {order.order_id} opens {order.position_id}, which was opened before")
        book.positions_made += 1
    else:
        # A close books to the module that holds the position, whoever asks for it.
        if position is None or position.module_id != order.module_id or position.quantity < order.quantity:
            raise LedgerFault(f"order {order.order_id} closes more of {order.position_id} than its module holds")
        _replace_position(book, order.position_id, status=PositionStatus.CLOSING)
    book.orders[order.order_id] = order
    book.orders_made += 1


def _order_moved(
    book: Book, event: ev.OrderSubmitted | ev.OrderAccepted | ev.OrderRepriced | ev.OrderCancelRequested
) -> None:
    order = _live_order(book, event.order_id)
    match event:
        case ev.OrderSubmitted():
            order = replace(order, status=OrderStatus.SENT)
        case ev.OrderAccepted():
            # A late acknowledgement does not undo a cancel that was asked for in the meantime.
            status = OrderStatus.WORKING if order.status is OrderStatus.SENT else order.status
            order = replace(order, status=status)
        case ev.OrderRepriced():
            order = replace(order, limit=event.limit, steps=event.steps)
        case ev.OrderCancelRequested():
            order = replace(order, status=OrderStatus.CANCEL_PENDING)
    book.orders[order.order_id] = order


def _order_ended(book: Book, event: ev.OrderEnded) -> None:
    order = _live_order(book, event.order_id)
    del book.orders[order.order_id]
    if order.purpose is OrderPurpose.CLOSE:
        _replace_position(book, order.position_id, status=PositionStatus.MONITORING)


def _filled(book: Book, seq: int, at: dt.datetime, event: ev.OrderFilled) -> Applied:
    order = _live_order(book, event.order_id)
    if event.quantity <= 0 or event.cumulative != order.filled + event.quantity or event.cumulative > order.quantity:
        raise LedgerFault(f"fill of {order.order_id}: {event.cumulative} of {order.quantity} does not add up")
    position = book.positions.get(order.position_id)
    rows = entries.fill(seq, event, order, position)
    closed: Position | None = None
    if order.purpose is OrderPurpose.OPEN:
        _opened(book, at, event, order, position)
    else:
        closed = _reduced(book, at, event, order)
    order = replace(order, filled=event.cumulative)
    if order.remaining:
        book.orders[order.order_id] = order
    else:
        del book.orders[order.order_id]
    return Applied(rows, closed)


def _opened(book: Book, at: dt.datetime, event: ev.OrderFilled, order: Order, position: Position | None) -> None:
    cost = _traded(event)
    if position is None:
        position = Position(order.position_id, order.module_id, order.structure, 0, 0, 0, at)
        book.marks[order.position_id] = 0
        book.modules[order.module_id].executed_today += 1
    book.positions[order.position_id] = replace(
        position,
        quantity=position.quantity + event.quantity,
        opened_quantity=position.opened_quantity + event.quantity,
        cost=position.cost + cost,
        opening_cost=position.opening_cost + cost,
        commissions=position.commissions + event.commission,
    )
    book.marks[order.position_id] += cost
    book.marked_at[order.position_id] = at


def _reduced(book: Book, at: dt.datetime, event: ev.OrderFilled, order: Order) -> Position | None:
    position = book.positions[order.position_id]
    cost = entries.cost_share(position, event.quantity)
    traded = _traded(event)
    left = position.quantity - event.quantity
    position = replace(
        position,
        quantity=left,
        cost=position.cost - cost,
        realised=position.realised - traded - cost,
        closing_cash=position.closing_cash - traded,
        commissions=position.commissions + event.commission,
    )
    if left:
        book.marks[position.position_id] = book.marks[position.position_id] * left // (left + event.quantity)
        book.positions[position.position_id] = position
        return None
    return _retire(book, replace(position, status=PositionStatus.CLOSED, closed_at=at, closed_why=order.why))


def _settled(book: Book, seq: int, at: dt.datetime, event: ev.PositionSettled) -> Applied:
    position = book.positions.get(event.position_id)
    if position is None:
        raise LedgerFault(f"position {event.position_id} was settled, but is not open")
    rows = entries.settlement(seq, event, position)
    settled = replace(
        position,
        quantity=0,
        cost=0,
        realised=position.realised + event.cash - position.cost,
        closing_cash=position.closing_cash + event.cash,
        status=PositionStatus.SETTLED,
        closed_at=at,
        closed_why="expired",
    )
    return Applied(rows, _retire(book, settled))


def _retire(book: Book, position: Position) -> Position:
    del book.positions[position.position_id]
    del book.marks[position.position_id]
    del book.marked_at[position.position_id]
    book.closed[position.position_id] = position
    return position


def _replace_position(book: Book, position_id: str, status: PositionStatus) -> None:
    if position_id in book.positions:
        book.positions[position_id] = replace(book.positions[position_id], status=status)


def _live_order(book: Book, order_id: str) -> Order:
    order = book.orders.get(order_id)
    if order is None:
        raise LedgerFault(f"order {order_id} is not live")
    return order


def _traded(event: ev.OrderFilled) -> Money:
    return event.net_price * MULTIPLIER * event.quantity
