"""No module exceeds its budget, whatever comes in whatever order: a machine that plays market, broker, user and fate.

The machine drives a real kernel on a real ledger file. After every step a second book is folded from what the file
says, entry by entry, and each opening is held against what its module had left just before it. The ordinary run is 16
stories of 50 steps; `uv run pytest tests/property --stories 20` is the full figure.
"""

import datetime as dt
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerAccepted, BrokerEnded, BrokerFilled, BrokerKnows, BrokerReport
from engine.domain.budget import BudgetPlan
from engine.domain.candidate import Candidate
from engine.domain.evidence import Evidence
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import AccountRules, MindfolioSpec, MindfolioStatus, ModuleSpec, ModuleStatus, Waivers
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.ledger.book import Book
from engine.ledger.codec import decode_event
from engine.ledger.verify import verify_store
from engine.risk.latch import StopLatch, set_latch_file
from tests.builders import three_iv_services
from tests.fakes import Rig, ScriptedBroker, chain_update, filled, new_york, whole_budget_in_one_symbol

SYMBOLS = ("QQQ", "SPY")
WAIVED, LIMITS = Waivers(iv_rank=True, events=True), whole_budget_in_one_symbol()
MODULES = ("IV_SERVICE", "IV_SERVICE_2", "IV_SERVICE_3")
CAPITAL = dollars("2600")
"""Enough for six condors or so: budgets bind all the time."""

GAPS = (dt.timedelta(seconds=20), dt.timedelta(minutes=4), dt.timedelta(minutes=15), dt.timedelta(hours=21))

indices = st.integers(0, 9)
modules = st.sampled_from(MODULES)


def spec() -> MindfolioSpec:
    """Two modules that trade by themselves and one that asks, each allowed to risk more than it has."""
    limits = ModuleLimits(max_risk_per_trade=dollars("2000"), daily_loss_limit=dollars("900"))
    made = tuple(
        replace(module, limits=limits, status=ModuleStatus.ACTIVE, autotrade=module.module_id != "IV_SERVICE_2")
        for module in three_iv_services(SYMBOLS).modules
    )
    budgets = dict(zip(MODULES, (dollars("1000"), dollars("800"), dollars("500")), strict=True))
    return MindfolioSpec(
        "Properties", CAPITAL, budgets, dollars("300"), made, account_rules=AccountRules(margin_minimum=0)
    )


class GoodRecord:
    """A Backtester that vouches for everything, so that sizes above one contract occur."""

    def evidence(self, module: ModuleSpec, candidate: Candidate, now: dt.datetime) -> Evidence:
        return Evidence(trades=200, win_rate=0.8, expectancy=dollars("25"), source="test")


class MoodyBroker(ScriptedBroker):
    """A broker that answers when the machine says so, and knows what it did."""

    def __init__(self, latch: StopLatch) -> None:
        super().__init__()
        self.latch = latch
        self.live: dict[str, Order] = {}
        self.purposes: dict[str, OrderPurpose] = {}
        self.done: defaultdict[str, int] = defaultdict(int)
        self.frames: list[BrokerReport] = []
        self.sent_while_stopped: list[str] = []
        self.stops_after_next = False
        self.dies_after_next = False
        self.on_cancel = lambda _: []
        self.on_ask = self.tells_what_it_did
        self.orders: dict[str, Order] = {}
        self.ends: dict[str, OrderStatus] = {}
        self.fills: defaultdict[str, list[BrokerFilled]] = defaultdict(list)

    def submit(self, order: Order, now: dt.datetime) -> None:
        """Take the order; then perhaps a stop arrives, or the process dies before it can write anything down."""
        if order.purpose is OrderPurpose.OPEN and self.latch.is_set:
            self.sent_while_stopped.append(order.order_id)
        self.live[order.order_id] = self.orders[order.order_id] = order
        self.purposes[order.order_id] = order.purpose
        super().submit(order, now)
        self.frames.append(BrokerAccepted(order.order_id))
        if self.stops_after_next:
            self.stops_after_next = False
            self.latch.set("button", "while orders were leaving")
        if self.dies_after_next:
            self.dies_after_next = False
            raise SystemExit

    def fill(self, order_id: str, quantity: int, better_by: Money, now: dt.datetime) -> None:
        """Do some of what is left, at the limit in force or better."""
        order = self.live[order_id]
        self.done[order_id] = min(order.quantity, self.done[order_id] + quantity)
        price = self.limits.get(order_id, order.limit) - better_by
        frame = filled(order, price, self.done[order_id])
        self.fills[order_id].append(frame)
        self.tell(frame, now)
        if self.done[order_id] == order.quantity:
            del self.live[order_id]

    def end(self, order_id: str, status: OrderStatus, now: dt.datetime) -> None:
        """Say the final word on what is left."""
        del self.live[order_id]
        self.ends[order_id] = status
        self.tell(BrokerEnded(order_id, status, self.done[order_id], "the broker's reason"), now)

    def tell(self, frame: BrokerReport, now: dt.datetime) -> None:
        """Send a frame and keep it, so that it can be repeated."""
        self.frames.append(frame)
        self.say(frame, now)

    def tells_what_it_did(self, order_id: str) -> list[BrokerReport]:
        if order_id not in self.orders:
            return [BrokerKnows(order_id, False, None)]
        order, done = self.orders[order_id], self.done[order_id]
        working = OrderStatus.PARTLY_FILLED if done else OrderStatus.WORKING
        status = OrderStatus.FILLED if done == order.quantity else self.ends.get(order_id, working)
        return [
            BrokerKnows(order_id, True, status, tuple(self.fills[order_id]), self.limits.get(order_id, order.limit))
        ]

    def lose_frames(self) -> None:
        self.reports.clear()


class BudgetMachine(RuleBasedStateMachine):
    """Random interleavings of everything that can happen to a mindfolio."""

    rig: Rig | None = None

    @initialize(
        path=st.lists(
            st.tuples(st.sampled_from(GAPS), st.floats(0.92, 1.08), st.floats(0.14, 0.5)), min_size=8, max_size=14
        ),
        stops_at_once=st.sampled_from((False, False, True)),
    )
    def begin(self, path: list[tuple[dt.timedelta, float, float]], stops_at_once: bool) -> None:
        """`stops_at_once`: somebody stops everything while the first orders are leaving."""
        self.folder = tempfile.TemporaryDirectory(prefix="mindfolio-property-")
        at, spot, self.updates = new_york(10), 100.0, []
        for gap, move, volatility in [(dt.timedelta(0), 1.0, 0.25), *path]:
            at, spot = at + gap, min(115.0, max(86.0, spot * move))
            self.updates += [chain_update(at, spot, symbol=symbol, volatility=volatility) for symbol in SYMBOLS]
        self.broker = MoodyBroker(StopLatch(Path(self.folder.name) / "STOP"))
        self.broker.stops_after_next = stops_at_once
        self.shadow = Book()
        self.open_rig()
        self.pass_time(dt.timedelta(seconds=1))

    def open_rig(self) -> None:
        """Start the engine on the folder; it recovers by itself."""
        self.rig = Rig(
            Path(self.folder.name), self.updates, broker=self.broker, spec=spec(), waivers=WAIVED, limits=LIMITS
        )
        self.rig.desk.backtester = GoodRecord()
        # Processes die here, machines do not: waiting for the disk would be most of the run.
        self.rig.store._engine.raw_connection().cursor().execute("PRAGMA synchronous = OFF")
        self.rig.desk.latch = self.broker.latch

    @property
    def engine(self) -> Rig:
        assert self.rig is not None
        return self.rig

    def pass_time(self, gap: dt.timedelta, message: cmd.Command | None = None) -> None:
        """Let the engine work through a stretch of market time, after a command if one is given."""
        rig = self.engine
        if message is not None:
            rig.inbox.put(message)
        until = rig.desk.now + gap
        try:
            rig.run(until=until)
            rig.desk.clock.advance_to(until)
        except SystemExit:
            rig.store.close()
            self.open_rig()

    # --- market ------------------------------------------------------------------------------------------------------
    @rule(seconds=st.integers(1, 90))
    def time_passes(self, seconds: int) -> None:
        self.pass_time(dt.timedelta(seconds=seconds))

    @precondition(lambda self: self.has_quotes_left)
    @rule()
    def quotes_come(self) -> None:
        rig = self.engine
        at = rig.feed.next_at(rig.desk.now)
        assert at is not None
        if at - rig.desk.now > dt.timedelta(hours=1):
            for order_id in list(self.broker.live):  # day orders
                self.broker.end(order_id, OrderStatus.CANCELLED, rig.desk.now)
        self.pass_time(at - rig.desk.now)

    @precondition(lambda self: self.has_quotes_left)
    @rule()
    def quotes_come_and_everything_fills(self) -> None:
        self.broker_fills_everything()
        self.quotes_come()
        self.broker_fills_everything()

    @property
    def has_quotes_left(self) -> bool:
        """Whether the market goes on."""
        return self.rig is not None and self.rig.feed.next_at(self.rig.desk.now) is not None

    # --- broker ------------------------------------------------------------------------------------------------------
    @precondition(lambda self: self.rig is not None and bool(self.broker.live))
    @rule(index=indices, quantity=st.integers(1, 4), better_by=st.sampled_from((0, 100, 700)))
    def broker_fills(self, index: int, quantity: int, better_by: Money) -> None:
        self.broker.fill(self.live(index), quantity, better_by, self.engine.desk.now)
        self.pass_time(dt.timedelta(seconds=1))

    @precondition(lambda self: self.rig is not None and bool(self.broker.live))
    @rule()
    def broker_fills_everything(self) -> None:
        for order_id, order in list(self.broker.live.items()):
            self.broker.fill(order_id, order.quantity, 0, self.engine.desk.now)
        self.pass_time(dt.timedelta(seconds=1))

    @precondition(lambda self: self.rig is not None and bool(self.broker.live))
    @rule(index=indices, status=st.sampled_from((OrderStatus.CANCELLED, OrderStatus.REJECTED)))
    def broker_ends(self, index: int, status: OrderStatus) -> None:
        self.broker.end(self.live(index), status, self.engine.desk.now)
        self.pass_time(dt.timedelta(seconds=1))

    @precondition(lambda self: self.rig is not None and bool(self.broker.frames))
    @rule(chosen=st.lists(st.integers(0, 40), min_size=1, max_size=4))
    def broker_repeats_old_frames(self, chosen: list[int]) -> None:
        for index in chosen:
            self.broker.say(self.broker.frames[index % len(self.broker.frames)], self.engine.desk.now)
        self.pass_time(dt.timedelta(seconds=1))

    def live(self, index: int) -> str:
        return list(self.broker.live)[index % len(self.broker.live)]

    # --- user --------------------------------------------------------------------------------------------------------
    @rule(module_id=modules)
    def user_scans(self, module_id: str) -> None:
        self.pass_time(dt.timedelta(0), cmd.ScanNow(module_id, "user"))

    @precondition(lambda self: self.rig is not None and bool(self.rig.desk.book.approvals))
    @rule(index=indices, is_yes=st.booleans())
    def user_decides(self, index: int, is_yes: bool) -> None:
        waiting = list(self.engine.desk.book.approvals)
        approval_id = waiting[index % len(waiting)]
        decision = cmd.ApproveTrade(approval_id, "user") if is_yes else cmd.RefuseTrade(approval_id, "user", "no")
        self.pass_time(dt.timedelta(0), decision)

    @rule(
        giver=st.sampled_from((*MODULES, None)),
        taker=st.sampled_from((*MODULES, None)),
        share=st.sampled_from((1, 10, 40, 100)),
    )
    def user_reallocates(self, giver: str | None, taker: str | None, share: int) -> None:
        book = self.engine.desk.book
        amount = (book.reserve if giver is None else book.modules[giver].budget) * share // 100
        plan = book.plan.moved(amount, giver, taker)
        is_stopped = self.engine.desk.latch.is_set
        self.pass_time(dt.timedelta(0), cmd.ReallocateBudget(plan, book.version, "user", "test"))
        assert (self.engine.desk.book.plan == plan) or is_stopped

    @rule(
        wrong=st.sampled_from(("stale", "negative", "sum", "unknown")),
        amount=st.integers(1, CAPITAL),
        module_id=modules,
    )
    def user_sends_a_plan_that_cannot_be(self, wrong: str, amount: Money, module_id: str) -> None:
        book = self.engine.desk.book
        before = version, plan = book.version, book.plan
        if wrong == "stale":
            version, plan = version - 1, plan.moved(min(amount, plan.reserve), None, module_id)
        elif wrong == "negative":
            plan = plan.moved(plan.budgets[module_id] + amount, module_id, None)
        elif wrong == "sum":
            plan = replace(plan, reserve=plan.reserve + amount)
        else:
            plan = BudgetPlan({**plan.budgets, "NOBODY": 0}, plan.reserve)
        self.pass_time(dt.timedelta(0), cmd.ReallocateBudget(plan, version, "user", "test"))
        assert (self.engine.desk.book.version, self.engine.desk.book.plan) == before

    @rule(module_id=modules, pauses=st.booleans())
    def user_pauses_or_resumes(self, module_id: str, pauses: bool) -> None:
        make = cmd.PauseModule if pauses else cmd.ResumeModule
        self.pass_time(dt.timedelta(0), make(module_id, "user", "test"))

    @rule(how=st.sampled_from(("button", "file", "while sending")))
    def somebody_stops(self, how: str) -> None:
        if how == "button":
            self.pass_time(dt.timedelta(0), cmd.EmergencyStop("button", "test"))
        elif how == "file":
            set_latch_file(self.engine.folder / "STOP", "outside", "test")
            self.pass_time(dt.timedelta(0))
        else:
            self.broker.stops_after_next = True

    @rule()
    def user_rearms_and_resumes(self) -> None:
        if self.engine.desk.latch.is_set:
            self.pass_time(dt.timedelta(0), cmd.RearmMindfolio("user", "looked at everything"))
        for module_id in MODULES:
            self.pass_time(dt.timedelta(0), cmd.ResumeModule(module_id, "user", "test"))

    # --- fate --------------------------------------------------------------------------------------------------------
    @rule(frames_are_lost=st.sampled_from((False, False, False, True)))
    def process_restarts(self, frames_are_lost: bool) -> None:
        before = self.engine.desk.book
        self.engine.store.close()
        if frames_are_lost:
            self.broker.lose_frames()
        self.open_rig()
        after = self.engine.desk.book
        assert (after.plan, after.positions, after.balances) == (before.plan, before.positions, before.balances)
        assert after.orders.keys() == before.orders.keys(), "nothing ends on an assumption"

    @rule()
    def process_will_die_when_an_order_has_left(self) -> None:
        self.broker.dies_after_next = True

    # --- what must hold ----------------------------------------------------------------------------------------------
    @invariant()
    def every_opening_was_within_its_means(self) -> None:
        """Fold what the file says, and look at each module before and after every entry."""
        if self.rig is None:
            return
        for entry in self.rig.store.entries(after=self.shadow.seq):
            event = decode_event(entry.type, entry.version, entry.body)
            left = {module_id: self.shadow.available(module_id) for module_id in self.shadow.modules}
            account = account_left(self.shadow)
            self.shadow.apply(entry.seq, entry.at, event)
            self.check(event, left, account)
        assert self.shadow == self.rig.desk.book, "the book is the fold of the journal"

    def check(self, event: ev.Event, left: dict[str, Money], account: Money) -> None:
        """One entry: openings take only what was left, and nothing but a cut or a loss takes a module below zero."""
        if isinstance(event, ev.OrderIntended) and event.order.purpose is OrderPurpose.OPEN:
            assert 0 < event.order.held <= min(left[event.order.module_id], account)
        if isinstance(event, ev.OrderFilled):
            assert event.cumulative <= self.broker.done[event.order_id]
        for module_id, before in left.items():
            if before >= 0 > self.shadow.available(module_id):
                assert isinstance(event, ev.BudgetReallocated) or self.ends_a_position(event)

    def ends_a_position(self, event: ev.Event) -> bool:
        """Whether an entry can book a loss."""
        if isinstance(event, ev.OrderFilled):
            return self.broker.purposes[event.order_id] is OrderPurpose.CLOSE
        return isinstance(event, ev.PositionSettled)

    @invariant()
    def the_books_add_up_and_nothing_halted(self) -> None:
        if self.rig is None:
            return
        book = self.rig.desk.book
        assert sum(book.plan.budgets.values()) + book.reserve == book.capital == CAPITAL
        assert min(book.reserve, *book.plan.budgets.values()) >= 0
        assert sum(book.balances.values()) == 0
        assert book.cash == CAPITAL + sum(book.realised(m) for m in MODULES) - sum(
            position.cost for position in book.positions.values()
        )
        assert all(book.used(module_id) >= 0 <= book.held(module_id) for module_id in MODULES)
        assert self.rig.desk.halted == ""

    @invariant()
    def no_opening_left_after_a_stop(self) -> None:
        if self.rig is None:
            return
        assert self.broker.sent_while_stopped == []
        if self.rig.desk.book.status is MindfolioStatus.STOPPED:
            assert self.rig.desk.latch.is_set
            assert self.rig.desk.book.approvals == {}
            assert {module.status for module in self.rig.desk.book.modules.values()} == {ModuleStatus.PAUSED}

    def teardown(self) -> None:
        if self.rig is not None:
            assert verify_store(self.rig.store).faults == ()
            self.rig.store.close()
            self.folder.cleanup()


def account_left(book: Book) -> Money:
    """Own cash that nothing has a claim on, computed by itself."""
    taken = sum(book.used(name) + book.held(name) for name in book.modules)
    return book.capital + min(0, sum(book.realised(name) for name in book.modules)) - taken


@pytest.mark.timeout(3600)
def test_no_module_exceeds_its_budget_whatever_comes(request: pytest.FixtureRequest) -> None:
    run_state_machine_as_test(
        BudgetMachine,
        settings=settings(
            max_examples=16 * int(request.config.getoption("--stories")),
            stateful_step_count=50,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
