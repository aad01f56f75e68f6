"""Hedges over the real kernel, gate and paper broker: both sides, through zero, refused, and fifty in a row."""

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.candidate import Finding
from engine.domain.limits import GateLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec, ModuleStatus
from engine.domain.order import Order, OrderPurpose
from engine.domain.position import Position
from engine.domain.scan import Action, Exit, Hedge, ManageContext, ScanContext
from engine.domain.structure import StructureKind, shares_of
from engine.ledger.lots import total_cost
from engine.ledger.verify import verify_file
from tests.fakes import EXPIRATION, MONDAY, chain_update
from tests.trader_days.day import GATE, MINUTE, OPEN_DAYS, Day, at, call, made_of, mindfolio, module, put, usd

CALL, PUT = call("XYZ", 100, EXPIRATION), put("XYZ", 100, EXPIRATION)
STRADDLE = made_of((PUT, 1), (CALL, 1))
Answer = Callable[[Position, ManageContext], Any]


class Scripted:
    """A module that finds nothing and says of its positions what the test wants."""

    kind = ModuleKind.GAMMA_SCALPER

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        return ()

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        return self.answer(position, context)  # type: ignore[no-any-return]


def minute(number: int) -> dt.datetime:
    """So many minutes after ten."""
    return at(MONDAY, "10:00") + number * MINUTE


@pytest.fixture(autouse=True)
def _days_are_closed() -> Any:
    yield
    while OPEN_DAYS:
        OPEN_DAYS.pop().die()


def started(
    folder: Path, spots: Iterable[float], answer: Answer, *, budget: str = "45000", gate: GateLimits = GATE,
    changed: Callable[[ModuleSpec], ModuleSpec] = lambda spec: spec, structure: Any = STRADDLE,
) -> Day:  # fmt: skip
    """XYZ at these prices, a minute each from 10:00; at 10:01 the module holds a straddle that it hedges as told."""
    ticks = [
        chain_update(minute(number), spot, symbol="XYZ", strikes=(95.0, 106.0, 1.0))
        for number, spot in enumerate(spots)
    ]
    specs = [(changed(module("GAMMA", "XYZ")), budget), (module("OTHER", "XYZ"), "5000")]
    day = Day(folder, mindfolio(specs), ticks, gate=gate)
    silent = Scripted(lambda *_: ())
    scripted = Scripted(lambda position, context: answer(position, context) if context.now >= minute(2) else ())
    day.desk.strategy_of = lambda spec: scripted if spec.module_id == "GAMMA" else silent
    day.until(minute(0) + dt.timedelta(seconds=10))
    assert day.enter("GAMMA", structure, "6.60" if structure is STRADDLE else "3.10") == ()
    day.until(minute(1))
    assert list(day.book.positions) == ["P000001"]
    return day


def to(target: int) -> Answer:
    """Whatever takes the shares to a number."""
    return lambda position, _: (Hedge("P000001", target - position.shares, "tested"),)


def orders(day: Day) -> list[Order]:
    return [event.order for event in day.events(ev.OrderIntended) if isinstance(event, ev.OrderIntended)][1:]


def told(day: Day) -> list[str]:
    return [text for text in day.alerts if "should hedge" in text]


def held(day: Day) -> Position:
    return day.book.positions["P000001"]


class TestBothSides:
    def test_shares_are_sold_short_against_the_call_and_held_in_the_same_position(self, tmp_path: Path) -> None:
        day = started(tmp_path, [100, 100, 104, 104], to(-40))
        day.until(minute(3))
        (order,) = orders(day)
        assert (order.purpose, order.position_id, order.quantity) == (OrderPurpose.OPEN, "P000001", 40)
        assert order.structure == shares_of("XYZ", is_long=False)
        assert (held(day).shares, str(held(day).structure.kind)) == (-40, "Custom")
        # 40 at 103.99, the cent below 104: 4,159.60, and by Regulation T half as much again, beside the premium.
        premium = sum(lot.cost for lot in held(day).lots if lot.contract is not None)
        assert held(day).used == premium + dollars("4159.60") * 3 // 2
        day.agrees_with_the_broker()

    def test_shares_are_bought_against_the_put_and_paid_in_full(self, tmp_path: Path) -> None:
        day = started(tmp_path, [100, 100, 96, 96], to(40))
        day.until(minute(3))
        premium = sum(lot.cost for lot in held(day).lots if lot.contract is not None)
        assert held(day).shares == 40
        assert held(day).used == premium + 40 * dollars("96.01")
        day.agrees_with_the_broker()

    def test_what_is_held_comes_off_first_and_the_rest_follows_at_the_next_look(self, tmp_path: Path) -> None:
        targets = {2: -30, 3: 20, 4: 20, 5: 20}
        day = started(
            tmp_path, [100, 100, 103, 98, 98, 98],
            lambda position, context: to(targets[(context.now - minute(0)) // MINUTE])(position, context),
        )  # fmt: skip
        day.until(minute(6))
        assert [(each.purpose.value, each.structure.shares, each.quantity) for each in orders(day)] == [
            ("OPEN", -1, 30), ("CLOSE", -1, 30), ("OPEN", 1, 20),
        ]  # fmt: skip
        # Sold at 102.99, bought back at 98.01.
        assert (held(day).shares, held(day).realised) == (20, 30 * dollars("4.98"))
        assert [lot.quantity for lot in held(day).lots] == [1, 1, 20]

    def test_the_module_is_told_when_it_hedged_last(self, tmp_path: Path) -> None:
        seen: list[dt.datetime | None] = []

        def answer(position: Position, context: ManageContext) -> tuple[Action, ...]:
            seen.append(context.hedged_at)
            return to(-40)(position, context)  # type: ignore[no-any-return]

        day = started(tmp_path, [100, 100, 104, 104, 104], answer)
        day.until(minute(5))
        assert seen == [None, minute(2), minute(2)]
        assert len(orders(day)) == 1, "a hedge of nothing orders nothing"


class TestRefused:
    def test_more_than_the_calls_cover_is_never_sold_short_and_that_is_said_once(self, tmp_path: Path) -> None:
        day = started(tmp_path, [100, 100, 104, 104, 104], to(-101))
        day.until(minute(5))
        assert orders(day) == []
        (said,) = told(day)
        assert said == "-101 XYZ should hedge P000001 (tested) and cannot: STRUCTURE, MAX_RISK"

    @pytest.mark.parametrize(("wanted", "is_allowed"), [(-100, True), (-101, False)])
    def test_to_the_last_share_of_the_cover(self, tmp_path: Path, wanted: int, is_allowed: bool) -> None:
        day = started(tmp_path, [100, 100, 104, 104], to(wanted))
        day.until(minute(3))
        assert (held(day).shares == wanted) is is_allowed

    def test_a_put_alone_covers_no_shares_sold_short(self, tmp_path: Path) -> None:
        day = started(tmp_path, [100, 100, 104, 104], to(-1), structure=made_of((PUT, 1)))
        day.until(minute(3))
        assert (held(day).shares, len(told(day))) == (0, 1)

    def test_structures_that_are_not_enabled_are_not_traded(self, tmp_path: Path) -> None:
        only = (StructureKind.LONG_STRADDLE, StructureKind.LONG_STOCK)
        day = started(tmp_path, [100, 100, 104, 104], to(-10), changed=lambda spec: replace(spec, structures=only))
        day.until(minute(3))
        assert (held(day).shares, len(told(day))) == (0, 1)

    def test_beyond_the_budget_nothing_is_bought_and_the_next_wish_follows(self, tmp_path: Path) -> None:
        day = started(
            tmp_path, [100, 100, 96, 96],
            lambda position, context: (*to(50)(position, context), Exit("P000001", "else out")), budget="5000",
        )  # fmt: skip
        day.until(minute(3))
        (said,) = told(day)
        assert "BUDGET" in said
        assert [order.why for order in orders(day)] == ["else out"]

    def test_shares_of_another_module_are_netted_and_an_order_that_buys_them_is_a_conflict(
        self, tmp_path: Path
    ) -> None:
        day = started(tmp_path, [100, 100, 100, 104, 104, 104], lambda *_: ())
        assert day.enter("OTHER", shares_of("XYZ"), "100.05", 10) == ()
        day.until(minute(2))
        assert sorted(day.positions) == ["P000001", "P000002"]
        assert day.enter("OTHER", shares_of("XYZ"), "99.00", 1) == (), "it rests below the market"
        scripted = Scripted(to(-40))
        day.desk.strategy_of = lambda spec: scripted if spec.module_id == "GAMMA" else Scripted(lambda *_: ())
        day.until(minute(3) + dt.timedelta(seconds=30))
        (said,) = told(day)
        assert said.endswith("CONFLICT")
        (resting,) = day.book.orders
        assert day.say(cmd.CancelOrder(resting, "ann", "in the way")) == ()
        day.until(minute(6))
        # No order both closes and opens: the 10 that the account has, then what is left.
        assert [each.quantity for each in orders(day) if each.module_id == "GAMMA"] == [10, 30]
        assert (held(day).shares, day.book.positions["P000002"].shares) == (-40, 10)
        day.agrees_with_the_broker()

    @pytest.mark.parametrize("shares", [10**6, -(10**6)])
    def test_a_count_that_nobody_could_send_pauses_the_module(self, tmp_path: Path, shares: int) -> None:
        day = started(tmp_path, [100, 100, 104, 104], to(shares))
        day.until(minute(3))
        state = day.book.modules["GAMMA"]
        assert state.status is ModuleStatus.PAUSED
        assert "a hedge that nobody could send" in state.status_why
        assert orders(day) == []

    def test_after_hours_nothing_is_tried_and_nothing_said(self, tmp_path: Path) -> None:
        day = started(tmp_path, [100, 100], to(-40))
        late = chain_update(at(MONDAY, "16:05"), 104, symbol="XYZ")
        day.desk.feed._updates.append(late)  # type: ignore[attr-defined]
        day.until(at(MONDAY, "16:10"))
        assert (orders(day), told(day)) == ([], [])


class TestExits:
    @pytest.mark.parametrize("shares", [-40, 40])
    def test_shares_and_options_are_closed_one_after_the_other(self, tmp_path: Path, shares: int) -> None:
        day = started(
            tmp_path, [100, 100, 102, 102, 102, 102],
            lambda position, context: to(shares)(position, context)
            if context.now < minute(4)
            else (Exit("P000001", "out"),),
        )  # fmt: skip
        day.until(minute(6))
        closes = [each for each in orders(day) if each.purpose is OrderPurpose.CLOSE]
        assert [(len(each.structure.legs), each.quantity) for each in closes] == [(0, 40), (2, 1)]
        assert day.positions == {}
        day.agrees_with_the_broker()

    def test_a_person_closes_what_is_hedged_in_the_same_way(self, tmp_path: Path) -> None:
        day = started(tmp_path, [100, 100, 102, 102, 102], lambda p, c: to(-40)(p, c) if c.now < minute(3) else ())
        day.until(minute(3) + dt.timedelta(seconds=10))
        assert held(day).shares == -40
        assert day.say(cmd.ClosePosition("P000001", None, None, "ann", "enough")) == ()
        day.until(minute(4) + dt.timedelta(seconds=30))
        assert day.positions == {}


def test_fifty_hedges_leave_lots_cash_and_result_exact(tmp_path: Path) -> None:
    """A random walk and random targets within the cover, against an account kept here, first in first out."""
    random = np.random.default_rng(1)
    count = 60
    spots = np.round(np.clip(100 + np.cumsum(random.normal(0, 0.8, count)), 80, 120), 2).tolist()
    spots[:2] = 100.0, 100.0
    targets = random.integers(-100, 101, count).tolist()
    day = started(
        tmp_path,
        spots,
        lambda position, context: to(targets[(context.now - minute(0)) // MINUTE])(position, context),
        budget="45000",
    )
    options = [lot for lot in held(day).lots if lot.contract is not None]
    day.until(minute(count))
    known = {order.order_id: order for order in orders(day)}
    fills = [event for event in day.events(ev.OrderFilled) if isinstance(event, ev.OrderFilled)][1:]
    trades = [
        (fill.quantity * known[fill.order_id].structure.shares * side(known[fill.order_id]), fill.leg_prices[0])
        for fill in fills
    ]
    assert len(trades) >= 50
    lots: deque[list[int]] = deque()
    realised: Money = 0
    for shares, price in trades:
        left = shares
        while left and lots and lots[0][0] * left < 0:
            done = min(abs(left), abs(lots[0][0])) * (1 if left > 0 else -1)
            realised += -done * (price - lots[0][1])
            lots[0][0] += done
            left -= done
            if lots[0][0] == 0:
                lots.popleft()
        if left:
            lots.append([left, price])
    found = held(day)
    assert [lot for lot in found.lots if lot.contract is not None] == options, "the options are as they were"
    assert [[lot.quantity, lot.cost] for lot in found.lots if lot.contract is None] == [
        [quantity, quantity * price] for quantity, price in lots
    ]
    assert found.realised == realised
    assert found.cost == total_cost(found.lots)
    assert found.shares == sum(quantity for quantity, _ in lots)
    assert found.opening_cost - found.closing_cash + found.realised == found.cost
    spent = sum(shares * price for shares, price in trades)
    assert usd(realised) == usd(sum(q * p for q, p in lots) - spent)
    assert day.book.used("GAMMA") == found.used > 0
    day.agrees_with_the_broker()
    assert verify_file(day.folder / "ledger.sqlite").faults == ()


def side(order: Order) -> int:
    """1 where an order trades its structure as it stands, -1 where it closes it."""
    return -1 if order.purpose is OrderPurpose.CLOSE else 1
