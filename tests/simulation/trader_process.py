"""The real kernel over a busy market, trading against a broker in another process, until somebody kills it.

`python -m tests.simulation.trader_process FOLDER PORT SEED trade|settle`. It is assembled as the application is, with
another broker and a market of its own in which a person's tickets never end. With `KILL=point:n` in the environment it
ends itself with SIGKILL when it comes to that point for the n-th time. `settle` ends what works and compares.
"""

import datetime as dt
import math
import os
import random
import signal
import sys
from dataclasses import dataclass, field
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
from engine.domain.mindfolio import Environment, MindfolioSpec, ModuleKind, ModuleSpec, ModuleStatus, Waivers
from engine.domain.order import OrderPurpose, OrderStatus
from engine.domain.package import package_quote, to_tick
from engine.domain.ports import ChainUpdate
from engine.domain.position import Position
from engine.domain.records import LedgerBatch
from engine.domain.structure import Leg, StructureKind
from engine.domain.structure_shapes import held_structure
from engine.ledger.ledger import Ledger
from engine.ledger.store import SqliteStore
from engine.market.store import MarketStore
from engine.risk.latch import StopLatch
from engine.runtime import defaults
from engine.runtime.desk import Desk
from engine.runtime.inbox import Inbox
from engine.runtime.kernel import Kernel
from engine.runtime.pacer import Pacer
from engine.runtime.places import Places
from engine.runtime.workers import Workers
from tests.fakes import RecordingPublisher, chain_update, new_york
from tests.simulation.broker_process import RemoteBroker

CAPITAL: Money = dollars(1_000_000)
MODULES = ("alpha", "beta", "gamma")
SYMBOLS = ("QQQ", "SPY")
STEP = dt.timedelta(seconds=20)
OPENS = new_york(9, 30)
TRADED_AFTER = dt.timedelta(days=14)
SETTLING = dt.timedelta(minutes=10)
HALTED = 3
KINDS = tuple(StructureKind)

Command: TypeAlias = cmd.Command


# --- dying -----------------------------------------------------------------------------------------------------------
class Death:
    """Kills this process at the n-th time that it comes to a point; "" is never."""

    def __init__(self, wanted: str) -> None:
        name, _, count = wanted.partition(":")
        self._name, self._left = name, int(count or 1)
        self.is_recovering = True
        """Until the kernel has recovered, points are those of the recovery as well."""

    def at(self, point: str) -> None:
        """Whether this was the last that was done."""
        names = {point, f"recovery-{point}", "recovery"} if self.is_recovering else {point}
        if self._name in names:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


class MortalStore(SqliteStore):
    """The real store, in a process that may end before or after any commit."""

    death: Death

    def append(self, batch: LedgerBatch) -> None:
        """As ever, with the points at which it may be the last."""
        kinds = {entry.type for entry in batch.entries}
        names = ["commit"] + [
            name
            for name, kind in (("intent", "OrderIntended"), ("submitted", "OrderSubmitted"), ("fill", "OrderFilled"))
            if kind in kinds
        ]
        names += ["seal"] if batch.checkpoint is not None else []
        for name in names:
            self.death.at(f"before-{name}")
        super().append(batch)
        for name in names:
            self.death.at(f"after-{name}")


# --- the market ------------------------------------------------------------------------------------------------------
class BusyFeed:
    """Two symbols quoted every 20 seconds of every session, their prices a function of the time alone."""

    def __init__(self) -> None:
        self.symbols = SYMBOLS
        self.first_at = OPENS
        self.inbox_of: Customer | None = None

    def next_at(self, after: dt.datetime) -> dt.datetime | None:
        """The next step of the session, or the next session's first."""
        past = (after - OPENS) % STEP
        following = after - past + STEP
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
    rests: bool = False
    done: list[str] = field(default_factory=list)

    def trade(self) -> None:
        """Send a few commands; what cannot be done is denied, as for any person."""
        if self.rests:
            return
        wishes = [self._open(), self._open(), self._close(), self._cancel(), self._reprice(), self._roll()]
        wishes += [self._budgets(), self._resume(), self._settle(), self._deposit()]
        for wish in wishes:
            if wish is not None:
                self.inbox.put(wish)

    def _often(self, probability: float) -> bool:
        return self.chance.random() < probability

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
        return cmd.CancelOrder(self.chance.choice(live), "customer", "busy") if live and self._often(0.3) else None

    def _reprice(self) -> Command | None:
        live = list(self.desk.book.orders.values())
        if not live or not self._often(0.3):
            return None
        order = self.chance.choice(live)
        return cmd.ReplaceOrder(order.order_id, min(order.worst, order.limit + 100), "customer")

    def _budgets(self) -> Command | None:
        """Leave a module little more than it has at work, so that what follows it may be too much."""
        if not self._often(0.05):
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
        return cmd.DepositCash(dollars(100), "customer", "busy") if self._often(0.03) else None

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


def assembled(folder: Path, port: int, seed: int, death: Death) -> tuple[Kernel, Customer, RecordingPublisher]:
    """As `engine.runtime.assembly` does it."""
    places = Places(folder, Environment.SIMULATED)
    places.folder.mkdir(parents=True, exist_ok=True)
    FileLock(places.lock).acquire(timeout=10)
    store = MortalStore(places.ledger)
    store.death = death
    ledger = Ledger(store)
    market, feed, publisher = MarketStore(), BusyFeed(), RecordingPublisher()
    broker = RemoteBroker(port, market, ledger.book.activity_floor, death.at)
    book_time = ledger.book.last_at or feed.first_at - dt.timedelta(seconds=1)
    desk = Desk(
        ledger=ledger,
        market=market,
        feed=feed,
        broker=broker,
        backtester=EvidenceOfOne(),
        clock=VirtualClock(max(book_time, broker.now)),
        latch=StopLatch(places.latch),
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
    death.is_recovering = False
    customer = Customer(desk, inbox, random.Random(os.getpid()))
    feed.inbox_of = customer
    return kernel, customer, publisher


def settled(kernel: Kernel, customer: Customer) -> None:
    """End everything that works, and let the books be compared."""
    desk = kernel.desk
    customer.rests = True
    customer.inbox.put(cmd.PauseMindfolio("customer", "the end"))
    for order in desk.book.orders.values():
        if order.purpose is OrderPurpose.CLOSE and order.status is not OrderStatus.CANCEL_PENDING:
            customer.inbox.put(cmd.CancelOrder(order.order_id, "customer", "the end"))
    start = desk.now if session_at(desk.now) is not None else next_session(desk.now).opens
    kernel.run(until=start + SETTLING)
    customer.inbox.put(cmd.Reconcile("customer"))
    kernel._closing = False
    kernel.run(until=start + 2 * SETTLING)


def main() -> None:
    """Trade until killed, or settle and say how it went."""
    folder, port, seed, how = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    kernel, customer, publisher = assembled(folder, port, seed, Death(os.environ.get("KILL", "")))
    os.write(sys.stdout.fileno(), b"trading\n")
    if how == "trade":
        kernel.run()
    else:
        settled(kernel, customer)
    desk = kernel.desk
    for difference in desk.book.differences.values():
        sys.stderr.write(f"{difference}\n")
    for order in desk.book.orders.values():
        sys.stderr.write(f"still live: {order.order_id} {order.status}\n")
    if desk.halted:
        sys.stderr.write(f"halted: {desk.halted}\n" + "\n".join(publisher.alerts[-5:]) + "\n")
        sys.exit(HALTED)
    desk.broker.close()
    desk.ledger.close()


if __name__ == "__main__":
    main()
