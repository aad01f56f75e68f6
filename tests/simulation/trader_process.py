"""The real kernel over a busy market, trading against a broker in another process, until somebody kills it.

It is assembled as the application is, with another broker and a market of its own in which a person's tickets never
end. With a point of `mortal.POINTS` it ends itself with SIGKILL when it comes there for the n-th time. `settled` ends
what works and compares.
"""

import datetime as dt
import math
import os
import random
import traceback
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeAlias

from filelock import FileLock

from engine.core.calendar import next_session, session_at
from engine.core.clock import VirtualClock
from engine.core.money import UNIT, Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.budget import BudgetPlan
from engine.domain.candidate import Candidate
from engine.domain.evidence import Evidence
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import AccountLimits, GateLimits, ModuleLimits
from engine.domain.mindfolio import (
    Environment,
    MindfolioSpec,
    MindfolioStatus,
    ModuleKind,
    ModuleSpec,
    ModuleStatus,
    Waivers,
)
from engine.domain.order import OrderPurpose, OrderStatus
from engine.domain.package import package_quote, to_tick
from engine.domain.ports import ChainUpdate
from engine.domain.position import Position
from engine.domain.structure import Leg, StructureKind
from engine.domain.structure_shapes import held_structure
from engine.ledger.ledger import Ledger
from engine.market.store import MarketStore
from engine.runtime import defaults
from engine.runtime.desk import Desk
from engine.runtime.inbox import Inbox
from engine.runtime.kernel import Kernel
from engine.runtime.pacer import Pacer
from engine.runtime.places import Places
from engine.runtime.workers import Workers
from tests.fakes import RecordingPublisher, chain_update, new_york
from tests.simulation.broker_process import RemoteBroker
from tests.simulation.mortal import Death, MortalLatch, MortalStore

CAPITAL: Money = dollars(1_000_000)
MODULES = ("alpha", "beta", "gamma")
SYMBOLS = ("QQQ", "SPY")
STEP = dt.timedelta(seconds=20)
LONG_STEP = 60 * STEP
"""Of a market in which the close of a session is waited for."""
OPENS = new_york(9, 30)
TRADED_AFTER = dt.timedelta(days=14)
SETTLING = dt.timedelta(minutes=10)
BEGUN = b"begun"
OFTEN = 0.5
"""How likely what leads to the point is that a trader is to die at."""
KINDS = tuple(StructureKind)

Command: TypeAlias = cmd.Command


# --- the market ------------------------------------------------------------------------------------------------------
class BusyFeed:
    """Two symbols quoted every 20 seconds of every session, their prices a function of the time alone."""

    def __init__(self) -> None:
        self.symbols = SYMBOLS
        self.first_at = OPENS
        self.step = STEP
        self.inbox_of: Customer | None = None

    def next_at(self, after: dt.datetime) -> dt.datetime | None:
        """The next step of the session, or the next session's first."""
        past = (after - OPENS) % STEP
        following = after - past + self.step
        return following if session_at(following) is not None else next_session(after).opens

    def read(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """Quotes; and whoever trades here sees them, and sends what it wants done."""
        if self.inbox_of is not None:
            self.inbox_of.trade()
        return self._quotes(at)

    def last_known(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """The quotes of the newest step."""
        session = session_at(at)
        return self._quotes(at - (at - OPENS) % STEP) if session is not None else ()

    def _quotes(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        steps = (at - OPENS) / STEP
        return tuple(
            chain_update(
                at,
                round(100 + 3 * math.sin(steps / 90 + number) + 0.4 * math.sin(steps * 1.7 + number), 2),
                symbol=symbol,
                expirations=fridays(at),
                strikes=(88.0, 113.0, 1.0),
            )
            for number, symbol in enumerate(SYMBOLS)
        )


def fridays(at: dt.datetime) -> tuple[dt.date, ...]:
    """The next four."""
    day = at.date()
    first = day + dt.timedelta(days=(4 - day.weekday()) % 7)
    return tuple(first + dt.timedelta(weeks=week) for week in range(4))


class EvidenceOfOne:
    """A backtest that has always gone well: what is tried here is not the evidence."""

    def evidence(self, module: ModuleSpec, candidate: Candidate, now: dt.datetime) -> Evidence:
        """Enough of everything."""
        return Evidence(trades=100, win_rate=0.8, expectancy=dollars(10), source="made up")


# --- who trades ------------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Customer:
    """A person with many hands: opens, closes, rolls, reprices, cancels, moves budgets, at every quote."""

    desk: Desk
    inbox: Inbox
    chance: random.Random
    comes_to: str = ""
    rests: bool = False
    done: list[str] = field(default_factory=list)

    def trade(self) -> None:
        """Send a few commands; what cannot be done is denied, as for any person."""
        if self.rests:
            return
        wishes = [self._open(), self._open(), self._close(), self._cancel(), self._reprice(), self._roll()]
        wishes += [self._budgets(), self._resume(), self._settle(), self._deposit(), self._stop(), self._rearm()]
        for wish in wishes:
            if wish is not None:
                self.inbox.put(wish)

    def _often(self, probability: float, *words: str) -> bool:
        is_wanted = any(word in self.comes_to for word in words)
        return self.chance.random() < (OFTEN if is_wanted else probability)

    def _legs(self, symbol: str) -> tuple[Leg, ...]:
        expiration = self.chance.choice([day for day in fridays(self.desk.now) if self._is_traded(day)])
        kind, low, wide = self.chance.choice("PCI"), self.chance.randint(94, 98), self.chance.choice((1, 2))
        put = [Leg(OptionContract(symbol, expiration, k * UNIT, Right.PUT), r) for k, r in ((low, 1), (low + wide, -1))]
        high = low + self.chance.randint(3, 7)
        call = [
            Leg(OptionContract(symbol, expiration, k * UNIT, Right.CALL), r) for k, r in ((high, -1), (high + wide, 1))
        ]
        return tuple({"P": put, "C": call, "I": put + call}[kind])

    def _is_traded(self, day: dt.date) -> bool:
        return day - self.desk.now.date() >= TRADED_AFTER

    def _open(self) -> Command | None:
        if len(self.desk.book.positions) + len(self.desk.book.orders) > 16 or not self._often(0.9):
            return None
        symbol = self.chance.choice(SYMBOLS)
        legs = self._legs(symbol)
        quote = package_quote(legs, self.desk.quotes_of(legs), OrderPurpose.OPEN)
        if quote is None or quote.natural >= 0:
            return None
        structure, _ = held_structure(symbol, legs, 0)
        limit = to_tick(self.chance.choice((quote.mid, quote.natural)))
        quantity = self.chance.randint(1, 4)
        return cmd.EnterTrade(
            self.chance.choice(MODULES), structure, quantity, limit, to_tick(quote.natural), "customer", "busy"
        )

    def _position(self) -> Position | None:
        held = list(self.desk.book.positions.values())
        return self.chance.choice(held) if held else None

    def _close(self) -> Command | None:
        position = self._position()
        if position is None or len(self.desk.book.positions) < 5:
            return None
        quantity = None if self._often(0.5) else self.chance.randint(1, position.quantity)
        return cmd.ClosePosition(position.position_id, quantity, None, "customer", "busy")

    def _roll(self) -> Command | None:
        position = self._position()
        if position is None or not self._often(0.1) or len(position.structure.legs) != 2:
            return None
        old = position.structure.legs
        new = tuple(
            Leg(OptionContract(leg.contract.underlying, day, leg.contract.strike, leg.contract.right), leg.ratio)
            for leg, day in zip(old, (fridays(self.desk.now)[-1],) * 2, strict=True)
        )
        return cmd.RollPosition(position.position_id, old, new, None, "customer", "busy")

    def _cancel(self) -> Command | None:
        live = list(self.desk.book.orders)
        return (
            cmd.CancelOrder(self.chance.choice(live), "customer", "busy")
            if live and self._often(0.3, "cancel")
            else None
        )

    def _reprice(self) -> Command | None:
        live = list(self.desk.book.orders.values())
        if not live or not self._often(0.3):
            return None
        order = self.chance.choice(live)
        return cmd.ReplaceOrder(order.order_id, min(order.worst, order.limit + 100), "customer")

    def _budgets(self) -> Command | None:
        """Leave a module little more than it has at work, so that what follows it may be too much."""
        if not self._often(0.05, "budgets"):
            return None
        book = self.desk.book
        module_id = self.chance.choice(MODULES)
        taken = book.used(module_id) + book.held(module_id) - min(0, book.unsettled(module_id))
        budgets = {each: module.budget for each, module in book.modules.items()}
        budgets[module_id] = taken + self.chance.randint(0, 3000) * UNIT
        reserve = book.capital - sum(budgets.values())
        return cmd.ReallocateBudget(BudgetPlan(budgets, reserve), book.version, "customer", "busy")

    def _settle(self) -> Command | None:
        return cmd.SettleLoss(self.chance.choice(MODULES), "customer", "busy") if self._often(0.01) else None

    def _deposit(self) -> Command | None:
        return cmd.DepositCash(dollars(100), "customer", "busy") if self._often(0.03, "cash", "fund") else None

    def _stop(self) -> Command | None:
        """Not while everything is ended, and seldom enough that something is traded in between."""
        is_active = self.desk.book.status is MindfolioStatus.ACTIVE
        return (
            cmd.EmergencyStop("customer", "busy")
            if is_active and self._often(0.01, "stop", "rearm", "latch", "lift")
            else None
        )

    def _rearm(self) -> Command | None:
        is_stopped = self.desk.book.status is MindfolioStatus.STOPPED
        return cmd.RearmMindfolio("customer", "busy") if is_stopped and self._often(0.5) else None

    def _resume(self) -> Command | None:
        for module_id, module in self.desk.book.modules.items():
            if module.status is ModuleStatus.PAUSED and self._often(0.2):
                return cmd.ResumeModule(module_id, "customer", "busy")
        return None


# --- assembly --------------------------------------------------------------------------------------------------------
def specification() -> MindfolioSpec:
    """Three modules without scans of their own, and limits that are not reached by the way."""
    limits = ModuleLimits(max_risk_per_trade=dollars(5_000), daily_loss_limit=dollars(500_000))
    modules = tuple(
        ModuleSpec(
            module_id, ModuleKind.IV_SERVICE, module_id, limits, autotrade=False, universe=SYMBOLS, structures=KINDS
        )
        for module_id in MODULES
    )
    return MindfolioSpec(
        name="busy",
        capital=CAPITAL,
        budgets=dict.fromkeys(MODULES, dollars(30_000)),
        reserve=CAPITAL - len(MODULES) * dollars(30_000),
        modules=modules,
        account_limits=AccountLimits(day_loss=None, drawdown_pct=None),
    )


def assembled(
    folder: Path, port: int, seed: int, death: Death
) -> tuple[Kernel, Customer, BusyFeed, RecordingPublisher]:
    """As `engine.runtime.assembly` does it."""
    places = Places(folder, Environment.SIMULATED)
    places.folder.mkdir(parents=True, exist_ok=True)
    FileLock(places.lock).acquire(timeout=10)
    ledger = Ledger(MortalStore(places.ledger, death))
    death.at("after-fold")
    market, feed, publisher = MarketStore(), BusyFeed(), RecordingPublisher()
    death.at("before-hello")
    broker = RemoteBroker(port, market, ledger.book.activity_floor, death)
    book_time = ledger.book.last_at or feed.first_at - dt.timedelta(seconds=1)
    desk = Desk(
        ledger=ledger,
        market=market,
        feed=feed,
        broker=broker,
        backtester=EvidenceOfOne(),
        clock=VirtualClock(max(book_time, broker.now)),
        latch=MortalLatch(places.latch, death),
        publisher=publisher,
    )
    if ledger.book.spec is None:
        gate = GateLimits(
            max_quote_age=dt.timedelta(minutes=2), max_positions_per_symbol=100, max_symbol_share_pct=100,
            max_orders_per_minute=10_000, max_orders_per_day=10_000_000,
        )  # fmt: skip
        desk.record(
            ev.MindfolioCreated(
                specification(), Environment.SIMULATED, "busy", seed, gate, defaults.costs(),
                Waivers(iv_rank=True, events=True),
            )
        )  # fmt: skip
        desk.commit()
    inbox = Inbox()
    kernel = Kernel(desk, inbox, Workers(inbox), Pacer(math.inf), publishes=False)
    kernel.recover()
    death.recovered()
    customer = Customer(desk, inbox, random.Random(os.getpid()))
    feed.inbox_of = customer
    return kernel, customer, feed, publisher


def settled(kernel: Kernel, customer: Customer) -> list[str]:
    """End everything that works, and let the books be compared; what did not end although nothing stood in its way."""
    desk = kernel.desk
    customer.rests = True
    customer.inbox.put(cmd.PauseMindfolio("customer", "the end"))
    for order in desk.book.orders.values():
        if order.purpose is OrderPurpose.CLOSE and order.status is not OrderStatus.CANCEL_PENDING:
            customer.inbox.put(cmd.CancelOrder(order.order_id, "customer", "the end"))
    end = desk.now if session_at(desk.now) is not None else next_session(desk.now).opens
    # Modules go on closing what has come to its target, so that one of these orders may be on its way at any end.
    for _ in range(12):
        live = set(desk.book.orders)
        if desk.book.status is MindfolioStatus.STOPPED:
            customer.inbox.put(cmd.RearmMindfolio("customer", "the end"))
        customer.inbox.put(cmd.Reconcile("customer"))
        end += SETTLING
        kernel._closing = False
        kernel.run(until=end)
        if not desk.book.orders and desk.book.status is not MindfolioStatus.STOPPED:
            return []
    return [f"{'never ended' if name in live else 'still live'}: {desk.book.orders[name]}" for name in desk.book.orders]


@dataclass(frozen=True, slots=True)
class Life:
    """One process of a trader: where it trades, whether it settles, and the point at whose n-th time it dies."""

    folder: Path
    port: int
    seed: int
    settles: bool = False
    point: str = ""
    count: int = 1
    is_again: bool = False
    """The life before ended within its recovery."""


def live(life: Life, tells: Connection) -> None:
    """Trade until killed, or settle; tells BEGUN, the point that it dies at, and everything that is wrong."""
    try:
        _lived(life, tells)
    except Exception:  # noqa: BLE001 - told to whoever started this
        tells.send_bytes(traceback.format_exc().encode())


def _lived(life: Life, tells: Connection) -> None:
    death = Death(life.point, life.count, tells, again=life.is_again)
    kernel, customer, feed, publisher = assembled(life.folder, life.port, life.seed, death)
    tells.send_bytes(BEGUN)
    customer.comes_to = life.point
    if life.point.endswith("seal"):
        feed.step = LONG_STEP
    wrong: list[str] = []
    if life.settles:
        wrong += settled(kernel, customer)
    else:
        kernel.run()
    desk = kernel.desk
    wrong += [str(difference) for difference in desk.book.differences.values()]
    wrong += [f"halted: {desk.halted}", *publisher.alerts[-5:]] if desk.halted else []
    wrong += ["still stopped"] if desk.book.status is MindfolioStatus.STOPPED else []
    if wrong:
        tells.send_bytes("\n".join(wrong).encode())
    desk.broker.close()
    desk.ledger.close()
