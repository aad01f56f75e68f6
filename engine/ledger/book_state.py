"""The state of a mindfolio as plain data, and the questions that can be asked of it. `book` folds events into it."""

import datetime as dt
from copy import copy
from dataclasses import dataclass, field, fields, replace
from typing import Self

from engine.core.money import Money
from engine.domain.account import CASH_ID, EXTERNAL, Difference
from engine.domain.budget import BudgetPlan, available
from engine.domain.candidate import Answer, Approval
from engine.domain.closing import ClosingPlan
from engine.domain.limits import Costs, GateLimits
from engine.domain.mindfolio import Environment, MindfolioSpec, MindfolioStatus, ModuleSpec, ModuleStatus, Waivers
from engine.domain.order import Order, OrderStatus
from engine.domain.position import OwnExits, Position
from engine.domain.records import FillRow, HistoryRow, OrderRow, PostingRow
from engine.domain.units import UnitNav
from engine.ledger.entries import PNL_ACCOUNTS, Account


@dataclass(slots=True)
class TradeStats:
    """Lineages of one module that ended, as sums; `opened` counts positions by month ("2026-03")."""

    closed: int = 0
    wins: int = 0
    won: Money = 0
    lost: Money = 0
    best: Money | None = None
    worst: Money | None = None
    opened: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class ModuleBook:
    """What the journal says of one module."""

    spec: ModuleSpec
    budget: Money
    status: ModuleStatus
    status_why: str = ""
    baseline: Money = 0
    """P&L at the close before the session: what a day's P&L is counted from."""
    closed: Money = 0
    """P&L at the newest close: the baseline of the session that follows."""
    scanned_at: dt.datetime | None = None
    scans_today: int = 0
    executed_today: int = 0
    stats: TradeStats = field(default_factory=TradeStats)


@dataclass(slots=True)
class Lineage:
    """A structure with its rolls, what was split off it and what it became: positions still open, and P&L so far."""

    open: int = 0
    net: Money = 0


@dataclass(slots=True)
class Applied:
    """What applying one event brought about besides the new state: what the read tables get."""

    postings: tuple[PostingRow, ...] = ()
    closed: tuple[Position, ...] = ()
    orders: tuple[OrderRow, ...] = ()
    fills: tuple[FillRow, ...] = ()
    history: tuple[HistoryRow, ...] = ()


@dataclass(slots=True)
class BookState:
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
    status_why: str = ""
    stop_why: str = ""
    stopped_at: dt.datetime | None = None
    breaker: str = ""
    """The account limit that was reached, "" while none was; only a person's re-arm clears it."""
    breaker_planned: str = ""
    """The account limit that has brought about a closing plan: each does so once, not again for the same loss."""
    capital: Money = 0
    reserve: Money = 0
    units: int = 0
    """Units of NAV: bought by deposits, sold by withdrawals, so that neither is a gain or a loss."""
    version: int = 0
    session: dt.date | None = None
    modules: dict[str, ModuleBook] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    """Orders without a final word."""
    approvals: dict[str, Approval] = field(default_factory=dict)
    """Approvals that wait."""
    answers: dict[str, Answer] = field(default_factory=dict)
    """The newest answer to each module's suggestion about a position or a symbol, for a month."""
    rested: dict[str, dt.datetime] = field(default_factory=dict)
    """When a module's trade in a symbol last lost, or was ended by somebody else, by "module symbol", for a month."""
    positions: dict[str, Position] = field(default_factory=dict)
    own_exits: dict[str, OwnExits] = field(default_factory=dict)
    """Targets and stops that people gave to open positions, by id."""
    """Open positions."""
    lineages: dict[str, Lineage] = field(default_factory=dict)
    """Lineages with an open position."""
    marks: dict[str, Money] = field(default_factory=dict)
    marked_at: dict[str, dt.datetime] = field(default_factory=dict)
    balances: dict[tuple[str, str], Money] = field(default_factory=dict)
    differences: dict[str, Difference] = field(default_factory=dict)
    """What book and broker do not agree on, by instrument, until a person says what it is."""
    ignored: dict[str, int] = field(default_factory=dict)
    """What a person said to ignore: how much of an instrument the broker has more."""
    activity_floor: int = 0
    """Statement lines of the broker up to here are all booked..."""
    activity_ahead: tuple[int, ...] = ()
    """...and of those beyond, these."""
    broken: tuple[str, ...] = ()
    """References of trades that the broker broke and that are undone."""
    transfers: dict[str, Money] = field(default_factory=dict)
    """Cash that was moved and that the broker's statement has not named yet, by reference."""
    closing: ClosingPlan | None = None
    closing_by: str = ""
    """Who confirmed the closing plan, "" while it only waits."""
    baseline: Money = 0
    """What the account earned or paid by itself (interest, fees) up to the close before the session..."""
    closed: Money = 0
    """...and up to the newest close."""
    day_pnl_gone: Money = 0
    """Day P&L of modules that were removed since: the account's limits go on counting it."""
    gone_since_close: Money = 0
    """The same since the newest close."""
    loss_seen: Money = 0
    """Day loss when a person last re-armed: the account's limit counts from there until the session is over."""
    sample: UnitNav = field(default_factory=UnitNav)
    peak: UnitNav = field(default_factory=UnitNav)
    """The highest that two samples in a row reached, so that one bad print makes no peak. It survives re-arming."""
    reference: UnitNav = field(default_factory=UnitNav)
    """The same since the last re-arm: what a drawdown is measured from."""
    orders_made: int = 0
    positions_made: int = 0
    approvals_made: int = 0
    orders_today: int = 0
    """Orders sent and replacements asked for since the session opened."""
    _is_folding: bool = field(default=False, init=False, repr=False, compare=False)
    _by_module: dict[str, tuple[Position, ...]] | None = field(default=None, init=False, repr=False, compare=False)
    """Open positions of each module, found once between two events. What begins with _ is no part of the state."""

    @property
    def plan(self) -> BudgetPlan:
        """The split of capital in force."""
        return BudgetPlan({module_id: module.budget for module_id, module in self.modules.items()}, self.reserve)

    @property
    def next_position_id(self) -> str:
        """The id of the next position."""
        return f"P{self.positions_made + 1:06d}"

    @property
    def next_order_id(self) -> str:
        """The client id of the next order: never used before, at most 22 characters."""
        return f"O{self.orders_made + 1:06d}"

    def copied(self) -> Self:
        """A book of its own that starts from this state: what is applied to either leaves the other alone."""
        made = copy(self)
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, dict):
                setattr(made, each.name, dict(value))
        made.lineages = {key: replace(lineage) for key, lineage in self.lineages.items()}
        made.modules = {
            key: replace(module, stats=replace(module.stats, opened=dict(module.stats.opened)))
            for key, module in self.modules.items()
        }
        return made

    # --- cash --------------------------------------------------------------------------------------------------------
    def balance(self, account: Account, module_id: str) -> Money:
        """Balance of one account, debit positive."""
        return self.balances.get((account, module_id), 0)

    @property
    def broker_cash(self) -> Money:
        """All cash that the broker should have: the mindfolio's and what is EXTERNAL."""
        return sum(amount for (account, _), amount in self.balances.items() if account == Account.CASH)

    @property
    def cash(self) -> Money:
        """Cash of the mindfolio."""
        return self.broker_cash - self.balance(Account.CASH, EXTERNAL)

    # --- modules -----------------------------------------------------------------------------------------------------
    def positions_of(self, module_id: str) -> tuple[Position, ...]:
        """Open positions of a module, oldest first."""
        if self._is_folding:
            return tuple(position for position in self.positions.values() if position.module_id == module_id)
        if self._by_module is None:
            found: dict[str, list[Position]] = {}
            for position in self.positions.values():
                found.setdefault(position.module_id, []).append(position)
            self._by_module = {owner: tuple(held) for owner, held in found.items()}
        return self._by_module.get(module_id, ())

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
        """Realised P&L of a module after all costs so far, dividends and interest included."""
        return -sum(self.balance(account, module_id) for account in PNL_ACCOUNTS)

    def unsettled(self, module_id: str) -> Money:
        """Realised P&L since the last settlement: what was neither swept into capital nor settled out of it."""
        return self.realised(module_id) - self.balance(Account.SETTLED, module_id)

    def unrealised(self, module_id: str) -> Money:
        """Open P&L of a module at its last marks, before closing costs."""
        return sum(self.marks[position.position_id] - position.cost for position in self.positions_of(module_id))

    def pnl(self, module_id: str) -> Money:
        """Realised and open P&L of a module, after costs."""
        return self.realised(module_id) + self.unrealised(module_id)

    def day_pnl(self, module_id: str) -> Money:
        """P&L of a module since the close of the previous session."""
        return self.pnl(module_id) - self.modules[module_id].baseline

    def excess_loss(self, module_id: str) -> Money:
        """Unrealised loss beyond what positions use themselves (short stock, naked legs), >= 0."""
        return sum(
            max(0, position.cost - self.marks[position.position_id] - position.used)
            for position in self.positions_of(module_id)
        )

    def available(self, module_id: str) -> Money:
        """What a module may still put at work under the mindfolio's P&L policy."""
        if self.spec is None:
            return 0
        return available(
            self.spec.pnl_policy,
            self.modules[module_id].budget,
            self.used(module_id),
            self.held(module_id),
            self.unsettled(module_id),
            self.excess_loss(module_id),
        )

    # --- account -----------------------------------------------------------------------------------------------------
    @property
    def module_ids(self) -> tuple[str, ...]:
        """Every module that has something in the books, removed ones included, EXTERNAL left out."""
        booked = {module_id for _, module_id in self.balances if module_id not in ("", EXTERNAL)}
        return (*self.modules, *sorted(booked - self.modules.keys()))

    @property
    def account_available(self) -> Money:
        """Own cash that no position and no order has a claim on, over all modules: what gate and screen both go by."""
        owners = (*self.modules, EXTERNAL)  # what is EXTERNAL takes of the same account
        taken = sum(self.used(owner) + self.held(owner) for owner in owners)
        lost = sum(self.excess_loss(owner) for owner in owners)
        unsettled = sum(self.unsettled(module_id) for module_id in self.module_ids)
        missing = self.differences.get(CASH_ID)
        short = 0 if missing is None else min(0, missing.missing)
        return self.capital + min(0, unsettled) - taken - lost + short

    @property
    def nav(self) -> Money:
        """Cash plus open positions at their last marks; what is EXTERNAL is not the mindfolio's."""
        return self.cash + sum(
            self.marks[position_id]
            for position_id, position in self.positions.items()
            if position.module_id != EXTERNAL
        )

    @property
    def pnl_total(self) -> Money:
        """P&L of all that is or was a module, and of the account itself: NAV is capital and what is not settled."""
        settled = sum(amount for (account, _), amount in self.balances.items() if account == Account.SETTLED)
        return self.nav - self.capital + settled

    @property
    def day_loss(self) -> Money:
        """Loss of the account since the previous session's close, >= 0."""
        return max(0, -self.account_day_pnl)

    @property
    def account_day_pnl(self) -> Money:
        """P&L since the previous session's close: of all modules, removed ones too, and of the account itself."""
        own = self.realised("") - self.baseline
        return sum(self.day_pnl(module_id) for module_id in self.modules) + self.day_pnl_gone + own

    @property
    def halted_symbols(self) -> dict[str, str]:
        """Underlyings in which nothing may be opened, with the reason."""
        halted = {
            difference.symbol: f"book and broker differ in {difference.instrument}"
            for difference in self.differences.values()
            if difference.instrument != CASH_ID
        }
        for order in self.orders.values():
            if order.is_unsure or order.status in (OrderStatus.UNKNOWN, OrderStatus.LEGGED):
                halted.setdefault(order.structure.symbol, f"order {order.order_id} is {order.status.value}")
        return halted

    def has_activity(self, number: int) -> bool:
        """Whether a statement line of the broker is booked already; 0 never is."""
        return 0 < number <= self.activity_floor or number in self.activity_ahead

    def instruments(self) -> dict[str, int]:
        """Everything that the books hold, EXTERNAL included: OCC symbol or ticker -> signed quantity, no zeros."""
        held: dict[str, int] = {}
        for position in self.positions.values():
            for lot in position.lots:
                name = position.symbol if lot.contract is None else lot.contract.occ
                held[name] = held.get(name, 0) + lot.quantity
        return {name: quantity for name, quantity in held.items() if quantity}
