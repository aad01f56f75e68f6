"""The trading half of a mindfolio's random life: budgets, cash, modules, and orders with whatever becomes of them."""

import copy
import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from engine.core.errors import LedgerFault
from engine.core.money import CENT, Money, dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.budget import BudgetPlan
from engine.domain.instrument import OptionContract, Right
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.ports import LedgerStore
from engine.domain.position import Position
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.ledger.book import Book
from tests.builders import (
    ALPHA,
    APRIL,
    BETA,
    MAY,
    MemoryStore,
    condor,
    contract,
    ledger,
    module_spec,
)
from tests.property.auditor import Auditor

CENTS = st.integers(-400, 400)
QUANTITY = st.integers(1, 4)
CHOICE = st.integers(0, 1000)
WORDS = st.text(max_size=6)
JUNE = dt.date(2026, 6, 19)
K = StructureKind


def option(strike: int, right: Right, ratio: int, day: dt.date = APRIL) -> Leg:
    return Leg(contract(strike, right, expiration=day), ratio)


PUT, CALL = Right.PUT, Right.CALL
STRUCTURES = (
    condor(),
    condor((235, 245, 275, 285)),
    Structure(K.SHORT_PUT, (option(250, PUT, -1),)),
    Structure(K.LONG_CALL, (option(260, CALL, 1),)),
    Structure(K.CALENDAR, (option(260, CALL, -1), option(260, CALL, 1, MAY))),
    Structure(K.LONG_STRADDLE, (option(260, PUT, 1), option(260, CALL, 1))),
    Structure(K.CALL_BACKSPREAD, (option(260, CALL, -1), option(270, CALL, 2))),
    shares_of("TSLA"),
    shares_of("TSLA", is_long=False),
)
COVERED = Structure(K.SHORT_CALL, (option(280, CALL, -1),))


class Trading(RuleBasedStateMachine):
    """Budgets, capital, modules and orders of one mindfolio."""

    def __init__(self) -> None:
        super().__init__()
        self.store = self.make_store()
        self.clerk = Auditor(ledger(self.store))
        self.fills: list[tuple[ev.OrderFilled, Order]] = []
        self.names = 0

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

    def module(self, choice: int) -> str:
        names = list(self.book.modules)
        return names[choice % len(names)]

    def pick_order(self, choice: int) -> Order:
        orders = list(self.book.orders.values())
        return orders[choice % len(orders)]

    def pick_position(self, choice: int, fits: Callable[[Position], bool] = lambda _: True) -> Position | None:
        """An open position of a module without a live order."""
        busy = {live.position_id for live in self.book.orders.values()}
        free = [
            held
            for held in self.book.positions.values()
            if held.position_id not in busy and held.module_id != EXTERNAL and fits(held)
        ]
        return free[choice % len(free)] if free else None

    # --- budgets and capital -----------------------------------------------------------------------------------------
    @rule(amounts=st.lists(st.integers(-(10**6), 6 * 10**8), min_size=4, max_size=4), odd=st.booleans())
    def reallocate(self, amounts: list[Money], odd: bool) -> None:
        budgets = dict(zip(self.book.modules, amounts, strict=False))
        budgets |= {name: 0 for name in self.book.modules if name not in budgets}
        plan = BudgetPlan(budgets, self.book.capital - sum(budgets.values()) + odd)
        event = ev.BudgetReallocated(plan.budgets, plan.reserve, self.book.version + 1, "user", "")
        if plan.check(self.book.capital, frozenset(self.book.modules)):
            self.refused(event)
            return
        self.clerk.record(event)
        assert self.book.plan == plan

    def refused(self, event: ev.Event) -> None:
        with pytest.raises(LedgerFault):
            copy.deepcopy(self.book).apply(self.book.seq + 1, self.clerk.at, event)

    @rule(ends=st.lists(st.none() | CHOICE, min_size=2, max_size=2), share=st.integers(0, 100))
    def move_money(self, ends: list[int | None], share: int) -> None:
        source, target = (None if end is None else self.module(end) for end in ends)
        before = self.book.plan
        amount = (before.reserve if source is None else before.budgets[source]) * share // 100
        plan = before.moved(amount, source, target)
        self.clerk.record(ev.BudgetReallocated(plan.budgets, plan.reserve, self.book.version + 1, "user", ""))
        assert self.book.plan == plan

    @rule(amount=st.integers(1, dollars(20_000)), comes_in=st.booleans())
    def move_cash(self, amount: Money, comes_in: bool) -> None:
        book = self.book
        if book.nav <= 0 or (not comes_in and amount > min(book.reserve, book.nav - 1)):
            return
        units = max(1, amount * book.units // book.nav)
        if not comes_in and units >= book.units:
            return
        nav, pnl = book.nav, book.pnl_total
        sign = 1 if comes_in else -1
        self.clerk.record(ev.CashDeposited(sign * amount, sign * units, "user", ""))
        assert (book.nav, book.pnl_total) == (nav + sign * amount, pnl)

    @rule(choice=CHOICE, share=st.integers(1, 100))
    def settle_pnl(self, choice: int, share: int) -> None:
        book, module_id = self.book, self.module(choice)
        left, nav = book.unsettled(module_id), book.nav
        part = abs(left) * share // 100
        if part == 0:
            self.refused(ev.GainSwept(module_id, max(left, 0) + 1, "user", ""))
            return
        if left > 0:
            self.clerk.record(ev.GainSwept(module_id, part, "user", ""))
            assert book.unsettled(module_id) == left - part
        else:
            from_reserve = min(part, book.reserve)
            if part - from_reserve > book.modules[module_id].budget:
                return
            self.clerk.record(ev.LossSettled(module_id, from_reserve, part - from_reserve, "user", ""))
            assert book.unsettled(module_id) == left + part
        assert book.nav == nav

    @rule(choice=CHOICE, adds=st.booleans())
    def change_modules(self, choice: int, adds: bool) -> None:
        module_id = self.module(choice)
        if adds and len(self.book.modules) < 4:
            self.names += 1
            self.clerk.record(ev.ModuleAdded(module_spec(f"more{self.names}"), "user", ""))
        elif module_id not in (ALPHA, BETA):
            event = ev.ModuleRemoved(module_id, "user", "")
            waits = any(each.candidate.module_id == module_id for each in self.book.approvals.values())
            if self.book.positions_of(module_id) or self.book.orders_of(module_id) or waits:
                self.refused(event)
            else:
                self.clerk.record(event)

    @rule(choice=CHOICE, risk=st.integers(1, dollars(5000)))
    def change_settings(self, choice: int, risk: Money) -> None:
        module = self.book.modules[self.module(choice)]
        spec = replace(module.spec, limits=replace(module.spec.limits, max_risk_per_trade=risk))
        plan = self.book.plan
        self.clerk.record(ev.ModuleChanged(spec, "user", ""))
        assert (module.spec, self.book.plan) == (spec, plan)

    # --- orders ------------------------------------------------------------------------------------------------------
    def price(self, cents: int, made: Structure) -> str:
        """A net price: about 260 a share for shares, of the right sign."""
        return f"{cents / 100:.2f}" if made.legs else f"{made.shares * (26_000 + cents) / 100:.2f}"

    def size(self, made: Structure, quantity: int) -> int:
        return quantity if made.legs else quantity * 50

    def fill_now(self, order_id: str, price: str, quantity: int | None = None) -> None:
        live = self.book.orders[order_id]
        self.clerk.fill(order_id, price, quantity)
        event = self.clerk.last
        assert isinstance(event, ev.OrderFilled)
        self.fills.append((event, live))

    @rule(choice=CHOICE, made=st.sampled_from(STRUCTURES), quantity=QUANTITY, cents=CENTS)
    def open_at_once(self, choice: int, made: Structure, quantity: int, cents: int) -> None:
        module_id = self.module(choice)
        order_id = self.clerk.intend(module_id=module_id, quantity=self.size(made, quantity), structure=made)
        self.alone(module_id, lambda: self.fill_now(order_id, self.price(cents, made)))

    @rule(
        choice=CHOICE, made=st.sampled_from(STRUCTURES), quantity=QUANTITY, cents=CENTS, hold=st.integers(0, 20_000_000)
    )
    def intend_opening(self, choice: int, made: Structure, quantity: int, cents: int, hold: Money) -> None:
        module_id = self.module(choice)
        held = self.book.held(module_id)
        limit, units = cents * CENT, self.size(made, quantity)
        self.clerk.intend(
            module_id=module_id, quantity=units, structure=made, limit=limit, worst=limit + CENT, hold=hold
        )
        assert self.book.held(module_id) == held + hold * units

    @precondition(lambda self: self.book.positions)
    @rule(choice=CHOICE, quantity=QUANTITY, shares_first=st.booleans())
    def intend_closing(self, choice: int, quantity: int, shares_first: bool) -> None:
        held = self.pick_position(choice)
        if held is None:
            return
        made, most = held.structure, held.quantity
        if held.shares and (shares_first or not held.structure.legs):
            made, most = shares_of(held.symbol, is_long=held.shares > 0), abs(held.shares)
        elif held.structure.shares:
            made = replace(held.structure, shares=0, kind=K.CUSTOM)
        order_id = self.clerk.intend(
            module_id=held.module_id, position_id=held.position_id, purpose=OrderPurpose.CLOSE, structure=made,
            quantity=min(self.size(made, quantity), most), hold=0,
        )  # fmt: skip
        self.refused(ev.OrderIntended(replace(self.book.orders[order_id], order_id="O999999", quantity=most + 1)))

    @precondition(lambda self: self.book.positions)
    @rule(choice=CHOICE, cents=st.integers(1, 400))
    def sell_call(self, choice: int, cents: int) -> None:
        held = self.pick_position(choice, lambda each: each.symbol == "TSLA" and each.held(None) >= 100)
        if held is not None:
            lots = held.held(None) // 100
            order_id = self.clerk.intend(
                module_id=held.module_id, position_id=held.position_id, structure=COVERED, quantity=lots
            )
            self.alone(held.module_id, lambda: self.fill_now(order_id, f"-{cents / 100:.2f}"))

    @precondition(lambda self: self.book.positions)
    @rule(choice=CHOICE, quantity=QUANTITY, cents=CENTS)
    def roll(self, choice: int, quantity: int, cents: int) -> None:
        held = self.pick_position(choice, lambda each: bool(each.structure.legs) and not each.structure.shares)
        if held is None or all(abs(leg.ratio) != 1 for leg in held.structure.legs):
            return
        new = tuple(Leg(later(leg.contract), leg.ratio) for leg in held.structure.legs)
        if {leg.contract for leg in new} & {leg.contract for leg in held.structure.legs}:
            return
        units = min(quantity, held.quantity)
        self.alone(held.module_id, lambda: self.clerk.roll(held.position_id, new, f"{cents / 100:.2f}", units))

    @precondition(lambda self: self.book.orders)
    @rule(choice=CHOICE, quantity=QUANTITY, units=st.integers(-40_000, 40_000))
    def fill(self, choice: int, quantity: int, units: Money) -> None:
        live = self.pick_order(choice)
        done = min(self.size(live.structure, quantity), live.remaining)
        uneven = live.legs_done and any(
            count != leg.ratio * live.filled for count, leg in zip(live.legs_done, live.trades, strict=True)
        )
        if uneven or (live.structure.legs and all(abs(leg.ratio) != 1 for leg in live.structure.legs)):
            return
        price = f"{units / 10_000:.4f}"
        self.alone(live.module_id, lambda: self.fill_now(live.order_id, price, done))

    @precondition(lambda self: self.book.orders)
    @rule(choice=CHOICE, parts=st.lists(st.integers(0, 3), min_size=8, max_size=8), cents=st.integers(0, 900))
    def fill_legs(self, choice: int, parts: list[int], cents: int) -> None:
        live = self.pick_order(choice)
        done = live.legs_done or (0,) * len(live.trades)
        quantities = []
        for leg, before, part in zip(live.trades, done, parts, strict=False):
            most = abs(leg.ratio * live.quantity - before)
            quantities.append(min(part, most) * (1 if leg.ratio > 0 else -1))
        if len(quantities) == len(live.trades) and any(quantities):
            prices = tuple(f"{(cents + 10 * number) / 100:.2f}" for number in range(len(quantities)))
            self.alone(live.module_id, lambda: self.clerk.fill_legs(live.order_id, tuple(quantities), prices))
            event = self.clerk.last
            assert isinstance(event, ev.OrderFilled)
            self.fills.append((event, live))

    @precondition(lambda self: self.book.orders)
    @rule(choice=CHOICE, step=st.sampled_from(["reprice", "replace", "unknown", "know", "cancel", "end", "reject"]))
    def move_order(self, choice: int, step: str) -> None:
        live = self.pick_order(choice)
        events: dict[str, ev.Event] = {
            "reprice": ev.OrderRepriced(live.order_id, live.limit + CENT, live.steps + 1),
            "replace": ev.OrderReplaced(live.order_id, live.limit + CENT),
            "unknown": ev.OrderUnknown(live.order_id, "no answer"),
            "know": ev.OrderAccepted(live.order_id),
            "cancel": ev.OrderCancelRequested(live.order_id, "ladder"),
            "end": ev.OrderEnded(live.order_id, OrderStatus.CANCELLED, ""),
            "reject": ev.OrderEnded(live.order_id, OrderStatus.REJECTED, "no"),
        }
        held = self.book.held(live.module_id)
        self.clerk.record(events[step])
        assert self.book.held(live.module_id) == held - (live.held if step in ("end", "reject") else 0)

    @precondition(lambda self: self.fills)
    @rule(choice=CHOICE)
    def bust(self, choice: int) -> None:
        number = choice % len(self.fills)
        event, asked = self.fills[number]
        live = self.book.orders.get(asked.order_id, asked)
        module_id = self.clerk.breaks_in(live)
        if module_id in self.book.modules:
            del self.fills[number]
            self.alone(module_id, lambda: self.clerk.bust(event, live))


def later(which: OptionContract) -> OptionContract:
    """What a contract is rolled into: June, and from there five dollars up."""
    if which.expiration != JUNE:
        return replace(which, expiration=JUNE)
    return replace(which, strike=which.strike + dollars(5))
