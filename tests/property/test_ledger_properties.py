"""Whatever happens, in whatever order: no money is made or lost, modules stay apart, the journal is the state.

Random but possible lives of a mindfolio, in memory and on a file. After every step the accounts must balance; at every
commit a ledger opened afresh must hold the same book field by field, and verify must find nothing.
"""

import copy
import datetime as dt
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from engine.core.errors import LedgerFault
from engine.core.money import CENT, Money, dollars
from engine.domain import events as ev
from engine.domain.budget import BudgetPlan
from engine.domain.candidate import ApprovalStatus
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.ports import LedgerStore
from engine.domain.position import Position
from engine.ledger.book import Book
from engine.ledger.entries import Account
from engine.ledger.ledger import Ledger
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_store
from tests.builders import ALPHA, BETA, Clerk, MemoryStore, approval, candidate, ledger

MODULES = (ALPHA, BETA)
MODULE = st.sampled_from(MODULES)
CENTS = st.integers(-400, 400)
QUANTITY = st.integers(1, 4)
CHOICE = st.integers(0, 1000)
WORDS = st.text(max_size=6)


class Life(RuleBasedStateMachine):
    """One mindfolio, kept in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.store = self.make_store()
        self.clerk = Clerk(ledger(self.store))
        self.commits = 0

    def make_store(self) -> LedgerStore:
        return MemoryStore()

    @property
    def book(self) -> Book:
        return self.clerk.ledger.book

    def alone(self, module_id: str, act: Callable[[], Any]) -> None:
        """Do something for one module; no other module's account may notice."""
        before = {key: amount for key, amount in self.book.balances.items() if key[1] != module_id}
        act()
        assert {key: amount for key, amount in self.book.balances.items() if key[1] != module_id} == before

    def pick_order(self, choice: int) -> Order:
        orders = list(self.book.orders.values())
        return orders[choice % len(orders)]

    def pick_position(self, choice: int) -> Position | None:
        """An open position without a live order."""
        busy = {live.position_id for live in self.book.orders.values()}
        free = [held for held in self.book.positions.values() if held.position_id not in busy]
        return free[choice % len(free)] if free else None

    # --- budgets -----------------------------------------------------------------------------------------------------
    @rule(amounts=st.tuples(*[st.integers(-(10**6), 6 * 10**8)] * 2), reserve=st.none() | st.integers(-(10**6), 10**9))
    def reallocate(self, amounts: tuple[Money, Money], reserve: Money | None) -> None:
        rest = self.book.capital - sum(amounts)
        plan = BudgetPlan(dict(zip(MODULES, amounts, strict=True)), rest if reserve is None else reserve)
        event = ev.BudgetReallocated(plan.budgets, plan.reserve, self.book.version + 1, "user", "")
        if plan.check(self.book.capital, frozenset(self.book.modules)):
            with pytest.raises(LedgerFault):
                copy.deepcopy(self.book).apply(self.book.seq + 1, self.clerk.at, event)
            return
        self.clerk.record(event)
        assert self.book.plan == plan

    @rule(ends=st.lists(st.none() | MODULE, min_size=2, max_size=2), share=st.integers(0, 100))
    def move_money(self, ends: list[str | None], share: int) -> None:
        source, target = ends
        before = self.book.plan
        amount = (before.reserve if source is None else before.budgets[source]) * share // 100
        plan = before.moved(amount, source, target)
        self.clerk.record(ev.BudgetReallocated(plan.budgets, plan.reserve, self.book.version + 1, "user", ""))
        assert self.book.plan == plan

    # --- trades ------------------------------------------------------------------------------------------------------
    @rule(module_id=MODULE, quantity=QUANTITY, cents=CENTS)
    def open_at_once(self, module_id: str, quantity: int, cents: int) -> None:
        price = f"{cents / 100:.2f}"
        self.alone(module_id, lambda: self.clerk.open(price, module_id=module_id, quantity=quantity))

    @rule(module_id=MODULE, quantity=QUANTITY, cents=CENTS, hold=st.integers(0, dollars(2000)))
    def intend_opening(self, module_id: str, quantity: int, cents: int, hold: Money) -> None:
        held = self.book.held(module_id)
        limit = cents * CENT
        self.clerk.intend(module_id=module_id, quantity=quantity, limit=limit, worst=limit + CENT, hold=hold)
        assert self.book.held(module_id) == held + hold * quantity

    @precondition(lambda self: self.book.positions)
    @rule(choice=CHOICE, quantity=QUANTITY)
    def intend_closing(self, choice: int, quantity: int) -> None:
        held = self.pick_position(choice)
        if held is not None:
            self.clerk.intend_close(held.position_id, min(quantity, held.quantity))

    @precondition(lambda self: self.book.orders)
    @rule(choice=CHOICE, quantity=QUANTITY, units=st.integers(-40_000, 40_000))
    def fill(self, choice: int, quantity: int, units: Money) -> None:
        live = self.pick_order(choice)
        price = f"{units / 10_000:.4f}"
        self.alone(live.module_id, lambda: self.clerk.fill(live.order_id, price, min(quantity, live.remaining)))

    @precondition(lambda self: self.book.orders)
    @rule(choice=CHOICE, step=st.sampled_from(["reprice", "cancel", "end", "reject"]))
    def move_order(self, choice: int, step: str) -> None:
        live = self.pick_order(choice)
        events: dict[str, ev.Event] = {
            "reprice": ev.OrderRepriced(live.order_id, live.limit + CENT, live.steps + 1),
            "cancel": ev.OrderCancelRequested(live.order_id, "ladder"),
            "end": ev.OrderEnded(live.order_id, OrderStatus.CANCELLED, ""),
            "reject": ev.OrderEnded(live.order_id, OrderStatus.REJECTED, "no"),
        }
        self.clerk.record(events[step])

    @precondition(lambda self: self.book.positions)
    @rule(choice=CHOICE, spot=st.integers(200, 320))
    def settle(self, choice: int, spot: int) -> None:
        held = self.pick_position(choice)
        if held is not None:
            self.alone(held.module_id, lambda: self.clerk.settle(held.position_id, str(spot)))

    @precondition(lambda self: self.book.positions)
    @rule(values=st.lists(st.integers(-(10**7), 10**6), min_size=1, max_size=5))
    def mark(self, values: list[Money]) -> None:
        marks = dict(zip(self.book.positions, values, strict=False))
        change = sum(value - self.book.marks[position_id] for position_id, value in marks.items())
        expected = self.book.nav + change
        self.clerk.record(ev.MarksRecorded(marks, expected))
        assert self.book.nav == expected

    # --- everything that moves no money ------------------------------------------------------------------------------
    @rule(module_id=MODULE, status=st.sampled_from([*ModuleStatus, *ApprovalStatus, *MindfolioStatus]), words=WORDS)
    def move_no_money(
        self, module_id: str, status: ModuleStatus | ApprovalStatus | MindfolioStatus, words: str
    ) -> None:
        nav = self.book.nav
        if isinstance(status, ModuleStatus):
            self.clerk.record(ev.ModuleStatusChanged(module_id, status, "user", words))
        elif isinstance(status, MindfolioStatus):
            stopped = self.book.status is MindfolioStatus.STOPPED
            self.clerk.record(ev.MindfolioRearmed("user", words) if stopped else ev.EmergencyStopLatched("user", words))
        elif self.book.approvals:
            self.clerk.record(ev.ApprovalDecided(next(iter(self.book.approvals)), status, "user", words))
        else:
            number = self.book.approvals_made + 1
            self.clerk.record(ev.ApprovalRequested(approval(f"A{number}", candidate=candidate(module_id))))
        assert self.book.nav == nav

    @rule(module_id=MODULE, executed=st.integers(0, 3), rows=st.lists(WORDS, max_size=2))
    def scan(self, module_id: str, executed: int, rows: list[str]) -> None:
        address = self.clerk.ledger.keep_evidence(rows)
        self.clerk.record(ev.ScanCompleted(module_id, 1, 3, executed, 0, 3 - executed, address))

    @rule(days=st.integers(0, 30))
    def new_session(self, days: int) -> None:
        day = self.clerk.at.date() + dt.timedelta(days=days)
        self.clerk.record(ev.SessionOpened(day, {module_id: self.book.pnl(module_id) for module_id in MODULES}))
        assert [self.book.day_pnl(module_id) for module_id in MODULES] == [0, 0]

    # --- restarts ----------------------------------------------------------------------------------------------------
    @rule(reopens=st.booleans())
    def commit(self, reopens: bool) -> None:
        self.clerk.ledger.commit()
        self.commits += 1
        other = Ledger(self.store)
        assert_same(other.book, self.book)
        assert other.head_hash == self.clerk.ledger.head_hash
        if reopens:
            at, self.clerk = self.clerk.at, Clerk(other)
            self.clerk.at = at

    def teardown(self) -> None:
        self.commit(reopens=False)
        assert verify_store(self.store).faults == ()
        sums: defaultdict[int, Money] = defaultdict(int)
        for row in self.store.postings():
            sums[row.seq] += row.amount
        assert set(sums.values()) == {0}
        self.store.close()

    # --- what must hold after every step ------------------------------------------------------------------------------
    @invariant()
    def accounts_balance_for_each_module_and_in_all(self) -> None:
        sums: defaultdict[str, Money] = defaultdict(int)
        for (_, module_id), amount in self.book.balances.items():
            sums[module_id] += amount
        assert set(sums.values()) == {0}

    @invariant()
    def the_split_is_whole(self) -> None:
        assert self.book.plan.check(self.book.capital, frozenset(MODULES)) == ()
        assert self.book.capital == dollars(50_000)

    @invariant()
    def nav_is_capital_and_results(self) -> None:
        assert self.book.nav == self.book.capital + sum(self.book.pnl(module_id) for module_id in MODULES)

    @invariant()
    def positions_explain_the_accounts(self) -> None:
        for module_id in MODULES:
            held = self.book.positions_of(module_id)
            ended = [each for each in self.book.closed.values() if each.module_id == module_id]
            assert self.book.balances.get((Account.POSITIONS, module_id), 0) == sum(each.cost for each in held)
            assert self.book.realised(module_id) == sum(each.net_pnl for each in [*held, *ended])
            for each in ended:
                assert (each.quantity, each.cost) == (0, 0)
                assert each.realised == each.closing_cash - each.opening_cost

    @invariant()
    def holds_are_those_of_live_openings(self) -> None:
        for module_id in MODULES:
            live = self.book.orders_of(module_id)
            assert self.book.held(module_id) == sum(
                each.hold * each.remaining for each in live if each.purpose is OrderPurpose.OPEN
            )
            assert all(each.remaining > 0 for each in live)

    @invariant()
    def marks_are_those_of_open_positions(self) -> None:
        assert self.book.marks.keys() == self.book.marked_at.keys() == self.book.positions.keys()
        assert not self.book.positions.keys() & self.book.closed.keys()


class LifeOnDisk(Life):
    """The same on a file; what is checked is read from the file."""

    def make_store(self) -> LedgerStore:
        self.folder = tempfile.TemporaryDirectory()
        return SqliteStore(Path(self.folder.name) / "ledger.sqlite")

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


def assert_same(book: Book, other: Book) -> None:
    """Equal field by field, so that a failure names the field."""
    for name in Book.__slots__:
        assert getattr(book, name) == getattr(other, name), name


def test_any_possible_life_keeps_its_money() -> None:
    run_state_machine_as_test(Life, settings=settings(max_examples=100, stateful_step_count=60, deadline=None))


def test_any_possible_life_is_the_same_on_disk() -> None:
    run_state_machine_as_test(LifeOnDisk, settings=settings(max_examples=10, stateful_step_count=40, deadline=None))
